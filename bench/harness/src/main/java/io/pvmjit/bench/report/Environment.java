package io.pvmjit.bench.report;

import io.pvmjit.bench.workload.SetupException;
import io.pvmjit.bench.workload.Tool;
import io.pvmjit.bench.workload.ToolVersions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where and with what was measured.
 *
 * @param governor of the processor's frequency; "not exposed" on most virtual machines
 * @param treeDirty whether the sources differed from the commit; true, too, when that is not known
 * @param loadBefore the kernel's load averages over 1, 5 and 15 minutes
 * @param toolVersions what tools say about themselves, by name
 * @param jvmArguments what the JVM was started with, the part that matters for speed
 */
public record Environment(
        String date,
        String cpu,
        int cores,
        String governor,
        String kernel,
        String jdk,
        String commit,
        boolean treeDirty,
        String loadBefore,
        String loadAfter,
        String memory,
        String libraryBuild,
        List<String> jvmArguments,
        Map<String, String> toolVersions) {

    private static final List<String> TOOLS = List.of("gcc", "riscv64-unknown-elf-gcc", "clang", "wasm-ld", "node");

    /** Looks around, before the measurements. */
    public static Environment observe(Path repository, String date, String libraryBuild, List<String> jvmArguments) {
        var tools = new TreeMap<String, String>();
        var versions = new ToolVersions();
        for (var tool : TOOLS) {
            try {
                tools.put(tool, versions.of(tool));
            } catch (SetupException _) {
                tools.put(tool, "not installed");
            }
        }
        tools.put("endive", Assets.version("endive"));
        return new Environment(
                date,
                field("/proc/cpuinfo", "model name"),
                Runtime.getRuntime().availableProcessors(),
                line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "not exposed"),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
                git(repository, "unknown", "rev-parse", "HEAD"),
                !git(repository, "unknown", "status", "--porcelain").isEmpty(),
                line("/proc/loadavg", "unknown"),
                "",
                field("/proc/meminfo", "MemTotal"),
                libraryBuild,
                List.copyOf(jvmArguments),
                Map.copyOf(tools));
    }

    /** The same with the load there is now. */
    public Environment finished() {
        return new Environment(date, cpu, cores, governor, kernel, jdk, commit, treeDirty, loadBefore,
                line("/proc/loadavg", "unknown"), memory, libraryBuild, jvmArguments, toolVersions);
    }

    /** The processor's name as a part of a folder's name. */
    public String cpuSlug() {
        var words = cpu.toLowerCase(Locale.ROOT)
                .replaceAll("\\((r|tm)\\)|@.*|\\b(cpu|processor|[0-9]+-core)\\b", " ")
                .replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
        return words.isEmpty() ? "unknown" : words;
    }

    private static String git(Path repository, String otherwise, String... arguments) {
        var command = new java.util.ArrayList<String>(List.of("git"));
        command.addAll(List.of(arguments));
        try {
            return Tool.run(repository, command).strip();
        } catch (SetupException _) {
            return otherwise;
        }
    }

    private static String field(String file, String name) {
        try (var lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(name)).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse("unknown");
        } catch (IOException _) {
            return "unknown";
        }
    }

    private static String line(String file, String otherwise) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException _) {
            return otherwise;
        }
    }
}
