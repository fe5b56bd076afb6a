package io.pvmjit.cli;

import static io.pvmjit.cli.Finding.fine;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What {@code pvm doctor} finds out about the processor and the kernel, from their files alone. */
final class SystemFindings {
    /** What the machine code uses, by the kernel's names; LZCNT is called abm there. */
    private static final Map<String, String> NEEDED = Map.of(
            "bmi1", "BMI1: andn", "bmi2", "BMI2: shlx, mulx, rorx", "abm", "LZCNT: leading zeros",
            "popcnt", "POPCNT: bits set", "sse4_1", "SSE4.1");
    private static final long USUAL_MAPS = 65_530;

    private SystemFindings() {}

    static List<Finding> all() {
        return List.of(system(), processor(), addressing(), maps(), overcommit(), memfd(), seccomp(),
                limit("Max address space", "address space", "the code arena and 4 GiB for each instance are reserved in it",
                        "'ulimit -v unlimited' before java"),
                limit("Max file size", "file size", "two mappings of the code arena share a file in memory of that size",
                        "'ulimit -f unlimited' before java: else there is one mapping, which is written and run"));
    }

    private static Finding system() {
        return fine("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors() + " processors",
                "machine code is made for Linux on x86-64; elsewhere programs run on the interpreter");
    }

    private static Finding processor() {
        var missing = NEEDED.keySet().stream().filter(feature -> !flags().contains(feature)).sorted()
                .map(NEEDED::get).collect(Collectors.joining(", "));
        return Finding.of(missing.isEmpty(), "processor", missing.isEmpty() ? "has all of "
                + NEEDED.keySet().stream().sorted().collect(Collectors.joining(" ")) : "lacks " + missing,
                "machine code uses these: Haswell, Zen and later have them",
                "a newer processor, or a virtual machine that shows the guest all of its host's (cpu=host)");
    }

    private static Finding addressing() {
        return Finding.of(flags().contains("fsgsbase"), "fsgsbase", flags().contains("fsgsbase") ? "yes" : "not found",
                "RAM is addressed through GS with it, and a little slower through a register without",
                "nothing needs mending; Linux 5.9 and later let programs use it");
    }

    private static Finding maps() {
        var limit = content("/proc/sys/vm/max_map_count");
        boolean enough = !limit.matches("[0-9]+") || Long.parseLong(limit) >= USUAL_MAPS;
        long used = content("/proc/self/maps").lines().count();
        return Finding.of(enough, "vm.max_map_count", limit + ", " + used + " in use now",
                "regions of memory of a process; three quarters are for instances, which run checked when they are used up",
                "as root: sysctl vm.max_map_count=" + USUAL_MAPS + " or more");
    }

    private static Finding overcommit() {
        var mode = content("/proc/sys/vm/overcommit_memory");
        return Finding.of(!mode.equals("2"), "overcommit", "vm.overcommit_memory is " + mode,
                "address space is reserved that will not be used; the kernel counts all of it in mode 2 alone",
                "as root: sysctl vm.overcommit_memory=1, or fewer instances: EngineConfig.withInstanceLimit");
    }

    private static Finding memfd() {
        var mode = content("/proc/sys/vm/memfd_noexec");
        return Finding.of(!mode.equals("2"), "memfd", "vm.memfd_noexec is " + mode,
                "machine code is written through one mapping of a file in memory and run through another",
                "as root: sysctl vm.memfd_noexec=0 (of the pid namespace): else one mapping is written and run");
    }

    private static Finding seccomp() {
        var mode = status("Seccomp");
        return fine("seccomp", switch (mode) {
            case "0" -> "none";
            case "2" -> "a filter, as containers have";
            default -> mode;
        }, "a filter must allow memfd_create, mmap with PROT_EXEC, mprotect, madvise, rt_sigaction, tgkill; containers' do");
    }

    private static Finding limit(String kernelsName, String what, String meaning, String remedy) {
        var line = Pattern.compile("(?m)^" + kernelsName + " +(\\S+)").matcher(content("/proc/self/limits"));
        var value = line.find() ? line.group(1) : "unknown";
        return Finding.of(!value.matches("[0-9]+"), what, value, meaning, remedy);
    }

    /** A line of what the kernel tells of this process. */
    static String status(String name) {
        var line = Pattern.compile("(?m)^" + name + ":\\s*(\\S+)").matcher(content("/proc/self/status"));
        return line.find() ? line.group(1) : "unknown";
    }

    private static Set<String> flags() {
        return content("/proc/cpuinfo").lines().filter(line -> line.startsWith("flags")).limit(1)
                .flatMap(line -> Arrays.stream(line.split("\\s+"))).collect(Collectors.toSet());
    }

    static String content(String file) {
        // In one read: files of /proc/sys answer only the first.
        try (var stream = new FileInputStream(file)) {
            return new String(stream.readNBytes(1 << 22), StandardCharsets.UTF_8).strip();
        } catch (IOException _) {
            return "unknown";
        }
    }
}
