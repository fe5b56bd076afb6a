package io.pvmjit.cli;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.PvmException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code pvm doctor}: whether this machine can run programs as machine code, which making an engine tries. */
@Command(
        name = "doctor",
        description = "Tells what of this machine matters, and whether programs run as machine code on it. Below each line "
                + "it says what that is for (-), and what mends it where something is amiss (!).",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {"", "Exit codes: 0 the jit works, 1 it does not (programs run on the interpreter then)."})
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var out = spec.commandLine().getOut();
        SystemFindings.all().forEach(finding -> finding.print(out));
        JvmFindings.all().forEach(finding -> finding.print(out));
        var signals = JvmFindings.handledSignals();
        try (var engine = EngineOptions.engine(Backend.JIT, EngineConfig.defaults().rules())) {
            JvmFindings.signals(signals).print(out);
            works(engine, out);
            return ExitCodes.OK;
        } catch (PvmException e) {
            Finding.amiss("jit", "does not work: " + e.getMessage(),
                    "an engine was made and programs were to run, fault and be interrupted on it",
                    "see what is amiss above; until then programs run on the interpreter, 20 to 60 times as slowly")
                    .print(out);
            return ExitCodes.FAILED;
        } finally {
            backend(out);
        }
    }

    private static void works(Engine engine, PrintWriter out) {
        engine.library().ifPresent(library -> Finding.fine("loaded from", library.path() + ", ABI version "
                + library.abiVersion(),
                System.getProperty("pvmjit.library", "").isEmpty()
                        ? "the copy of the library, of the hash above, deleted since; the ABI version is that of the classes"
                        : "-Dpvmjit.library named it; the ABI version is that of the classes")
                .print(out));
        var statistics = engine.statistics();
        Finding.fine("code arena", (statistics.codeBytesLimit() >> 20) + " MiB, "
                + (engine.config().singleMapping() ? "one mapping, because two cannot be used"
                        : "two mappings, one to write and one to run"),
                "machine code of all modules; what finds no room there runs on the interpreter").print(out);
        Finding.fine("jit", "works, for up to " + statistics.instanceLimit() + " instances",
                "an engine was made and a program ran, faulted and was stopped on it").print(out);
    }

    private static void backend(PrintWriter out) {
        var named = System.getProperty("pvmjit.backend");
        try (var engine = Engine.create()) {
            Finding.fine("backend", engine.backend() + ", " + (named != null ? "named by -Dpvmjit.backend"
                    : engine.backend() == Backend.JIT ? "because it works" : "because the jit does not work"),
                    "what programs run on unless told otherwise").print(out);
        } catch (PvmException | IllegalArgumentException e) {
            Finding.amiss("backend", "none: " + e.getMessage(), "-Dpvmjit.backend=" + named + " asks for it",
                    "leave the property away").print(out);
        }
    }
}
