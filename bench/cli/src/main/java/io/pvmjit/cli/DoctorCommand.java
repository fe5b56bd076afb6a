package io.pvmjit.cli;

import io.pvmjit.Backend;
import io.pvmjit.EngineConfig;
import io.pvmjit.PvmException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code pvm doctor}: whether this machine can run programs as machine code, which making an engine tries. */
@Command(
        name = "doctor",
        description = "Tells what of this machine matters, and whether programs run as machine code on it.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {"", "Exit codes: 0 the jit works, 1 it does not (programs run on the interpreter then)."})
final class DoctorCommand implements Callable<Integer> {
    /** What the machine code uses, by the kernel's names; LZCNT is called abm there. */
    private static final List<String> PROCESSOR_FEATURES = List.of("bmi1", "bmi2", "abm", "popcnt", "fsgsbase");

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var out = spec.commandLine().getOut();
        line(out, "JDK", System.getProperty("java.vendor.version", System.getProperty("java.vendor")) + " "
                + Runtime.version());
        line(out, "system", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors() + " processors");
        var flags = processorFlags();
        PROCESSOR_FEATURES.forEach(feature -> line(out, feature, flags.contains(feature) ? "yes" : "not found"));
        line(out, "vm.max_map_count", content("/proc/sys/vm/max_map_count"));
        try (var engine = EngineOptions.engine(Backend.JIT, EngineConfig.defaults().rules())) {
            line(out, "code arena", engine.config().singleMapping()
                    ? "one mapping, because two cannot be used"
                    : "two mappings, one to write and one to run");
            line(out, "jit", "works, for up to " + engine.statistics().instanceLimit() + " instances");
            return ExitCodes.OK;
        } catch (PvmException e) {
            line(out, "jit", "does not work: " + e.getMessage());
            return ExitCodes.FAILED;
        }
    }

    private static void line(PrintWriter out, String what, String value) {
        out.println(Text.line("%-18s%s".formatted(what, value)));
    }

    private static Set<String> processorFlags() {
        return content("/proc/cpuinfo").lines().filter(line -> line.startsWith("flags"))
                .flatMap(line -> Arrays.stream(line.split("\\s+"))).collect(Collectors.toSet());
    }

    private static String content(String file) {
        // In one read: files of /proc/sys answer only the first.
        try (var stream = new FileInputStream(file)) {
            return new String(stream.readNBytes(1 << 20), StandardCharsets.UTF_8).strip();
        } catch (IOException _) {
            return "unknown";
        }
    }
}
