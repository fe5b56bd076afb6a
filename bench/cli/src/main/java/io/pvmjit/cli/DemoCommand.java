package io.pvmjit.cli;

import io.pvmjit.Engine;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.RefineInvocation;
import io.pvmjit.hostcalls.refine.Refinement;
import io.pvmjit.hostcalls.refine.WorkResult;
import io.pvmjit.input.InputException;
import io.pvmjit.program.Blake2b256;
import io.pvmjit.rules.HostFunction;
import io.pvmjit.rules.Rules;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code pvm demo}: a refinement that drives 63 inner machines. */
@Command(
        name = "demo",
        description = {
            "Assembles a service and an inner program and refines: the service compiles the inner program from a "
                    + "preimage, makes 63 machines from the one handle, expunges the handle, gives each machine its "
                    + "input, runs it through a page fault and a host call, and exports the sum of the results. The "
                    + "host calls are those of Gray Paper #530 as merged, e5375148.",
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {"", "Exit codes: 0 the result is right, 1 it is not, 2 bad input."})
final class DemoCommand implements Callable<Integer> {
    private static final long SERVICE = 5;
    private static final long GAS = 100_000_000;
    /** As in outer.pvmasm. */
    private static final int MACHINES = 63;
    private static final int FACTOR = 3;
    /** Refinements after the first, for the JVM to compile what it runs. */
    private static final int WARM_UP = 200;

    @Spec
    private CommandSpec spec;

    @Mixin
    private EngineOptions options;

    @Override
    public Integer call() {
        var inner = Assembler.assemble(text("inner.pvmasm"));
        var outer = Assembler.assembleStandard(text("outer.pvmasm"));
        var hash = Blake2b256.of(inner).octets();
        var environment = new InMemoryEnvironment(SERVICE, Map.of(InMemoryEnvironment.Key.of(SERVICE, hash), inner),
                Map.of(), 0);
        try (var engine = options.engine()) {
            if (!Rules.of(engine.rules()).hostCalls().has(HostFunction.COMPILE)) {
                throw new InputException("revision " + engine.revision() + " has no compile: the demo needs 'next'");
            }
            return show(engine, environment, ServiceCode.of(outer), hash, inner.length);
        }
    }

    private static String text(String name) {
        try (InputStream stream = DemoCommand.class.getResourceAsStream("demo/" + name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError("the demo's " + name + " is packaged", e);
        }
    }

    private int show(Engine engine, InMemoryEnvironment environment, MemorySegment code, byte[] hash, int innerLength) {
        var out = spec.commandLine().getOut();
        out.println("service: " + code.byteSize() + " octets; inner program: " + innerLength + " octets, from a preimage");
        var first = Run.of(engine, environment, code, hash);
        var warm = first;
        for (int i = 0; i < WARM_UP; i++) {
            warm = Run.of(engine, environment, code, hash);
        }
        out.println("%-9s %6s  %-24s %14s %14s".formatted("call", "times", "outcome", "mean us, first", "mean us, warm"));
        var warmSummaries = warm.record.summaries().iterator();
        for (var summary : first.record.summaries()) {
            out.println("%-9s %6d  %-24s %14.2f %14.2f".formatted(summary.name(), summary.count(), summary.outcomes(),
                    summary.meanMicroseconds(), warmSummaries.next().meanMicroseconds()));
        }
        out.println("whole refinement: %.0f us the first time, %.0f us the %,dth (backend %s, revision %s)".formatted(
                first.nanoseconds / 1e3, warm.nanoseconds / 1e3, WARM_UP + 1, engine.backend(), engine.revision()));
        out.println("gas used: " + Long.toUnsignedString(first.refinement.gasUsed()) + " of " + GAS);
        return check(out, first.refinement);
    }

    /** One refinement: what came of it and how long it took. */
    private record Run(Refinement refinement, CallRecord record, long nanoseconds) {
        static Run of(Engine engine, InMemoryEnvironment environment, MemorySegment code, byte[] arguments) {
            var record = new CallRecord(Rules.of(engine.rules()).hostCalls());
            var invocation = new RefineInvocation(engine, new HostCalls(engine.rules()), record::around);
            long begin = System.nanoTime();
            var refinement = invocation.run(environment, code, arguments, GAS);
            return new Run(refinement, record, System.nanoTime() - begin);
        }
    }

    private static int check(PrintWriter out, Refinement refinement) {
        long expected = 0;
        for (long n = 1; n <= MACHINES; n++) {
            expected += FACTOR * (n * (n + 1) * (2 * n + 1) / 6);
        }
        boolean exported = refinement.exports().size() == 1 && word(refinement.exports().getFirst()) == expected;
        boolean right = exported && refinement.result() instanceof WorkResult.Output(byte[] octets)
                && octets.length == Long.BYTES && word(octets) == expected;
        out.println("result: " + describe(refinement) + (right ? ", as it must be" : ", expected " + expected));
        return right ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private static String describe(Refinement refinement) {
        return refinement.result() instanceof WorkResult.Output(byte[] octets) && octets.length == Long.BYTES
                ? word(octets) + ", exported in " + refinement.exports().size() + " segment"
                : refinement.result().toString();
    }

    private static long word(byte[] octets) {
        return MemorySegment.ofArray(octets).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    }
}
