package io.pvmjit.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.StandardProgram;
import io.pvmjit.conformance.RefineScenario;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InvocationObserver;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.RefineInvocation;
import io.pvmjit.hostcalls.refine.Refinement;
import io.pvmjit.hostcalls.refine.WorkResult;
import io.pvmjit.hostcalls.trace.TraceRecorder;
import io.pvmjit.input.InputException;
import java.io.PrintWriter;
import java.lang.foreign.ValueLayout;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Stack;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm refine}: runs a whole refine invocation. */
@Command(
        name = "refine",
        description = "Runs a refine invocation and prints its result, its exports and the gas it used.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "SCENARIO is a JSON object:",
            "  code           service code: a JAM blob with or without metadata in front, or assembly text",
            "  arguments      octets (default: none)",
            "  gas            number (default: 1000000000)",
            "  service        own index (default: 0)",
            "  preimages      list of {service (default: own), hash (default: BLAKE2b-256 of the blob), blob}",
            "  fetch          list of {selector, first, second, item}: what fetch finds; first and second are indices "
                    + "(default: 0)",
            "  export-offset  segments exported before (default: 0)",
            "  revision       next, 0.8.0 or 0.8.0-vectors (default: next; --revision wins)",
            "Octets are hexadecimal digits, or @PATH: the contents of a file, relative to the scenario; a file "
                    + "whose name ends in .pvmasm is assembled. Numbers may be strings, decimal or 0x and hexadecimal.",
            "",
            "Exit codes: 0 the invocation ran, whatever became of it; 2 bad input."
        })
final class RefineCommand implements Callable<Integer> {
    private static final int SHOWN_OCTETS = 64;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "SCENARIO", description = "What to refine: see below.")
    private Path file;

    @Option(names = "--trace", paramLabel = "TRACE", arity = "0..1", parameterConsumer = TraceConsumer.class,
            description = "Print every host call with its arguments and its result; behind SCENARIO and with the name of a "
                    + "file, write their trace to it instead, in the form of JIP-7.")
    private String trace;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private EngineOptions options;

    @Override
    public Integer call() {
        var scenario = RefineScenario.read(file, options.revision());
        try (var engine = options.engine(scenario.rules())) {
            var record = new CallRecord(scenario.rules().hostCalls());
            var progress = Progress.of(spec.commandLine().getErr(), "host calls, of the gas", scenario.gas());
            UnaryOperator<HostCallTable> observer = calls -> record.around(calls).wrap(call -> context -> {
                progress.step(scenario.gas() - context.gas());
                return call.handle(context);
            });
            Refinement refinement;
            // A guest may compute for long without a call.
            try (var _ = progress.ticking()) {
                refinement = refine(engine, scenario, observer);
            } finally {
                progress.clear();
            }
            print(engine, scenario, record, refinement);
        }
        return ExitCodes.OK;
    }

    private Refinement refine(Engine engine, RefineScenario scenario, UnaryOperator<HostCallTable> watch) {
        var calls = new HostCalls(scenario.rules());
        if (trace == null || trace.isEmpty()) {
            return run(new RefineInvocation(engine, calls, watch), scenario);
        }
        try (var file = TraceFile.create(Path.of(trace))) {
            var code = scenario.serviceCode().toArray(ValueLayout.JAVA_BYTE);
            var recorder = new TraceRecorder(file.writer(), code);
            return run(new RefineInvocation(engine, calls, new InvocationObserver() {
                @Override
                public HostCallTable begin(ArgumentInvocation invocation, StandardProgram program, Instance instance) {
                    return watch.apply(recorder.begin(invocation, program, instance));
                }

                @Override
                public void end(Instance instance, Exit exit) {
                    recorder.end(instance, exit);
                }
            }), scenario);
        } catch (InvalidPathException e) {
            throw new InputException("--trace: " + e.getMessage());
        }
    }

    private static Refinement run(RefineInvocation invocation, RefineScenario scenario) {
        return invocation.run(scenario.environment(), scenario.serviceCode(), scenario.arguments(), scenario.gas());
    }

    private boolean printsCalls() {
        return trace != null && trace.isEmpty();
    }

    private void print(Engine engine, RefineScenario scenario, CallRecord record, Refinement refinement) {
        var out = spec.commandLine().getOut();
        if (json) {
            Json.print(out, json(engine, record, refinement));
            return;
        }
        if (printsCalls()) {
            record.calls().forEach(call -> out.println(describe(call)));
        }
        out.println("result    " + describe(refinement.result()));
        out.println("gas used  " + Long.toUnsignedString(refinement.gasUsed()) + " of "
                + Long.toUnsignedString(scenario.gas()));
        printExports(out, refinement);
        out.println("backend " + engine.backend() + ", revision " + engine.revision());
    }

    private static void printExports(PrintWriter out, Refinement refinement) {
        out.println("exports   " + Text.count(refinement.exports().size(), "segment"));
        for (int i = 0; i < refinement.exports().size(); i++) {
            out.println("          " + i + ": " + hex(refinement.exports().get(i)));
        }
    }

    private static String describe(CallRecord.Call call) {
        var arguments = new ArrayList<String>();
        for (long argument : call.arguments()) {
            arguments.add(Long.compareUnsigned(argument, 10) < 0
                    ? Long.toString(argument)
                    : "0x" + Long.toHexString(argument));
        }
        var value = call.result().equals("FAULT") || call.result().equals("HOST")
                ? " 0x" + Long.toHexString(call.value())
                : "";
        return "pc %d: %s(%s) = %s%s, gas %s -> %s".formatted(call.pc(), call.name(), String.join(", ", arguments),
                call.result(), value, Long.toUnsignedString(call.gasBefore()), Long.toUnsignedString(call.gasAfter()));
    }

    private static String describe(WorkResult result) {
        return switch (result) {
            case WorkResult.Output(byte[] octets) -> Text.count(octets.length, "octet")
                    + (octets.length == 0 ? "" : ": " + hex(octets));
            case WorkResult.OutputTooLong(long length) -> length + " octets: too many to show";
            case WorkResult.OutOfGas() -> "OOG";
            case WorkResult.Panic() -> "PANIC";
            case WorkResult.Bad() -> "BAD";
            case WorkResult.Big() -> "BIG";
        };
    }

    private static String hex(byte[] octets) {
        int shown = Math.min(octets.length, SHOWN_OCTETS);
        return HexFormat.of().formatHex(octets, 0, shown) + (shown < octets.length ? "... (--json prints all)" : "");
    }

    private ObjectNode json(Engine engine, CallRecord record, Refinement refinement) {
        var node = Json.object();
        switch (refinement.result()) {
            case WorkResult.Output(byte[] octets) ->
                node.put("result", "output").put("output", HexFormat.of().formatHex(octets));
            case WorkResult.OutputTooLong(long length) -> node.put("result", "output").put("output-length", length);
            case WorkResult.OutOfGas(), WorkResult.Panic(), WorkResult.Bad(), WorkResult.Big() ->
                node.put("result", describe(refinement.result()));
        }
        node.put("gas-used", Json.unsigned(refinement.gasUsed()));
        var exports = node.putArray("exports");
        refinement.exports().forEach(segment -> exports.add(HexFormat.of().formatHex(segment)));
        if (printsCalls()) {
            var calls = node.putArray("calls");
            for (var call : record.calls()) {
                var object = calls.addObject().put("name", call.name()).put("pc", call.pc());
                var arguments = object.putArray("arguments");
                for (long argument : call.arguments()) {
                    arguments.add(Json.unsigned(argument));
                }
                object.put("gas-before", Json.unsigned(call.gasBefore())).put("gas-after", Json.unsigned(call.gasAfter()))
                        .put("result", call.result()).put("register-8", Json.unsigned(call.value()));
            }
        }
        return node.put("backend", engine.backend().label()).put("revision", engine.revision().label());
    }

    /** Takes the name of a file when SCENARIO is known: else what follows is that. */
    static final class TraceConsumer implements IParameterConsumer {
        @Override
        public void consumeParameters(Stack<String> arguments, ArgSpec option, CommandSpec command) {
            boolean named = command.positionalParameters().getFirst().getValue() != null && !arguments.isEmpty()
                    && !arguments.peek().startsWith("-");
            option.setValue(named ? arguments.pop() : "");
        }
    }
}
