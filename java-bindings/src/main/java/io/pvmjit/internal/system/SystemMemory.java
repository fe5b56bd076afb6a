package io.pvmjit.internal.system;

import java.util.List;

/** How much memory this machine has, or the container that the JVM runs in. */
public final class SystemMemory {
    /** The JVM's maximum heap is this part of it, unless somebody set it. */
    private static final int PART_OF_HEAP = 4;
    private static final List<String> LIMITS =
            List.of("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes");

    private static final long OCTETS = find();

    private SystemMemory() {}

    /** In octets; where the system does not say, what the JVM seems to have found. */
    public static long octets() {
        return OCTETS;
    }

    private static long find() {
        long total = total();
        for (var file : LIMITS) {
            total = Math.min(total, number(SystemFiles.firstLine(file)));
        }
        return total;
    }

    private static long total() {
        // MemTotal:       24685072 kB
        long kibibytes = number(SystemFiles.firstLine("/proc/meminfo").replaceAll("[^0-9]", ""));
        return kibibytes < Long.MAX_VALUE >> 10 ? kibibytes << 10 : PART_OF_HEAP * Runtime.getRuntime().maxMemory();
    }

    /** What is no number is no limit. */
    private static long number(String text) {
        return SystemFiles.number(text, Long.MAX_VALUE);
    }
}
