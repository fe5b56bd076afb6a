package io.pvmjit.conformance;

import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.InvocationResult;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.Limits;
import io.pvmjit.hostcalls.refine.RefineContext;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Kind refine: whole programs that drive inner machines. */
final class RefineVectors {
    /** A host call: what it found and what it left. */
    private record Call(long number, long pc, long gasBefore, long gasAfter, long register7, long register8, String exit) {}

    private final List<Call> calls = new ArrayList<>();
    private final Engine engine;
    private final Fields vector;
    private final Differences differences;

    private RefineVectors(Engine engine, Fields vector, Differences differences) {
        this.engine = engine;
        this.vector = vector;
        this.differences = differences;
    }

    static void check(Engine engine, VectorFile file, Fields vector, Differences differences) {
        new RefineVectors(engine, vector, differences).check();
    }

    private void check() {
        var environment = new InMemoryEnvironment(
                0, Map.of(), Map.of(), vector.get("segment-offset").index(Limits.EXPORTS));
        StandardProgram program;
        Module module;
        try {
            program = StandardProgram.parse(vector.get("program").hex());
            module = engine.compile(program.programBlob());
        } catch (InvalidProgramException e) {
            throw new MalformedVectorException("malformed: the program: " + e.getMessage());
        }
        var arguments = vector.get("args").hex();
        try (module;
                var instance = module.instantiate(program.image(arguments));
                var context = new RefineContext(engine, environment)) {
            var table = table(context, program).wrap(this::recorded);
            var invocation = new ArgumentInvocation(
                    vector.get("entry-pc").unsigned(), vector.get("gas").unsigned(), arguments, table);
            var result = invocation.result(instance, invocation.start(instance, program));
            var expected = vector.get("expect");
            compareResult(result, expected);
            compareCalls(expected.get("calls").elements());
            compareExports(result instanceof InvocationResult.Output ? context.exports() : List.of(), expected);
            compareMachines(context, expected.get("machines").elements());
        }
    }

    private HostCallTable table(RefineContext context, StandardProgram program) {
        return new HostCalls(engine.rules()).refine(context, Heap.of(engine.rules(), program));
    }

    private HostCall recorded(HostCall call) {
        return (HostContext context) -> {
            Instance instance = context.instance();
            long number = context.number();
            long pc = instance.exitPc();
            long gas = context.gas();
            var outcome = call.handle(context);
            var exit = outcome.name().toLowerCase(Locale.ROOT).replace('_', '-');
            calls.add(new Call(number, pc, gas, context.gas(), context.register(7), context.register(8), exit));
            return outcome;
        };
    }

    private void compareResult(InvocationResult result, Fields expected) {
        var status = switch (result) {
            case InvocationResult.Output _, InvocationResult.OutputTooLong _ -> "halt";
            case InvocationResult.Panic _ -> "panic";
            case InvocationResult.OutOfGas _ -> "out-of-gas";
        };
        differences.expect("status", status, expected.get("status").text());
        differences.expect("gas-used", result.gasUsed(), expected.get("gas-used").unsigned());
        if (result instanceof InvocationResult.Output(var output, var _) && expected.has("output")) {
            differences.expect("output", output, expected.get("output").hex());
        }
    }

    private void compareCalls(List<Fields> expected) {
        differences.expect("the number of calls", calls.size(), expected.size());
        for (int i = 0; i < Math.min(calls.size(), expected.size()); i++) {
            var call = calls.get(i);
            var fields = expected.get(i).elements(7);
            differences.about("call " + i);
            differences.expect("number", call.number(), fields.get(0).word());
            differences.expect("pc", call.pc(), fields.get(1).unsigned());
            differences.expect("gas before", call.gasBefore(), fields.get(2).unsigned());
            // A call that could not be paid is recorded with the negative number that the subtraction gives.
            var after = fields.get(3).anyInteger().max(BigInteger.ZERO);
            differences.expect("gas after", new BigInteger(Long.toUnsignedString(call.gasAfter())), after);
            differences.expect("register 7", call.register7(), fields.get(4).unsigned());
            differences.expect("register 8", call.register8(), fields.get(5).unsigned());
            differences.expect("exit", call.exit(), fields.get(6).text());
            differences.about("");
        }
    }

    private void compareExports(List<byte[]> exports, Fields expected) {
        var digests = exports.stream().map(segment -> Ram.digest(MemorySegment.ofArray(segment))).toList();
        var expectedDigests = expected.get("exports-sha256").elements().stream().map(Fields::text).toList();
        differences.expect("exports-sha256", digests, expectedDigests);
    }

    private void compareMachines(RefineContext context, List<Fields> expected) {
        var machines = context.machineStates();
        differences.expect("the number of machines", machines.size(), expected.size());
        for (int i = 0; i < Math.min(machines.size(), expected.size()); i++) {
            var machine = machines.get(i);
            var fields = expected.get(i);
            differences.about("machine " + i);
            differences.expect("index", machine.number(), fields.get("index").unsigned());
            differences.expect("pc", machine.pc(), fields.get("pc").unsigned());
            differences.expect("charged", machine.gasCharged(), fields.get("charged").flag());
            differences.expect("pages", pages(context, machine.number()), expectedPages(fields.get("pages")));
            differences.about("");
        }
    }

    private static List<String> pages(RefineContext context, int machine) {
        var pages = new ArrayList<String>();
        for (var segment : Ram.segments(context.machineMemory(machine))) {
            for (int page = segment.firstPage(); page < segment.firstPage() + segment.pages(); page++) {
                pages.add(page + " " + segment.letter());
            }
        }
        return pages;
    }

    private static List<String> expectedPages(Fields pages) {
        return pages.elements().stream()
                .map(page -> page.elements(2))
                .map(page -> Long.toUnsignedString(page.get(0).unsigned()) + " " + page.get(1).text())
                .toList();
    }
}
