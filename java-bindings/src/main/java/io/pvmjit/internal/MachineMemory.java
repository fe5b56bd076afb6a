package io.pvmjit.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much memory this machine has, or the container that the JVM runs in. */
final class MachineMemory {
    /** The JVM's maximum heap is this part of it, unless somebody set it. */
    private static final int PART_OF_HEAP = 4;
    private static final List<String> LIMITS =
            List.of("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes");

    private static final long OCTETS = find();

    private MachineMemory() {}

    /** In octets; where the system does not say, what the JVM seems to have found. */
    static long octets() {
        return OCTETS;
    }

    private static long find() {
        long total = total();
        for (var file : LIMITS) {
            total = Math.min(total, number(first(file)));
        }
        return total;
    }

    private static long total() {
        // MemTotal:       24685072 kB
        long kibibytes = number(first("/proc/meminfo").replaceAll("[^0-9]", ""));
        return kibibytes < Long.MAX_VALUE >> 10 ? kibibytes << 10 : PART_OF_HEAP * Runtime.getRuntime().maxMemory();
    }

    /** The first line of a file; empty when there is none. */
    private static String first(String file) {
        try (var lines = Files.newBufferedReader(Path.of(file))) {
            var line = lines.readLine();
            return line == null ? "" : line;
        } catch (IOException _) {
            return "";
        }
    }

    /** What is no number is no limit. */
    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException _) {
            return Long.MAX_VALUE;
        }
    }
}
