package io.pvmjit.conformance;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.InvocationResult;
import io.pvmjit.hostcalls.UnknownCall;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Kind runs: whole programs from entry to exit, without host calls or with every call unknown. */
final class RunVectors {
    /** A host call as it arrived. */
    private record Call(long number, long pc, long gas) {
        @Override
        public String toString() {
            return "[" + number + ", " + pc + ", " + Long.toUnsignedString(gas) + "]";
        }
    }

    /** Serves every call as unknown, and keeps a record. */
    private static final class Recorder implements HostCall {
        private final HostCall unknown = new UnknownCall();
        private final List<Call> calls = new ArrayList<>();
        private boolean unpaid;

        @Override
        public Outcome handle(HostContext context) {
            calls.add(new Call(context.number(), context.instance().exitPc(), context.gas()));
            var outcome = unknown.handle(context);
            unpaid = outcome == Outcome.OUT_OF_GAS;
            return outcome;
        }
    }

    /** The vectors do not record long outputs, but have an empty one in their place: a bound below all of these. */
    private static final int RECORDED_OUTPUT = 1 << 12;

    private final Recorder recorder = new Recorder();
    private final ArgumentInvocation invocation;
    private final Fields vector;
    private final Differences differences;

    private RunVectors(Fields vector, Differences differences) {
        this.vector = vector;
        this.differences = differences;
        this.invocation = new ArgumentInvocation(vector.get("entry-pc").unsigned(), vector.get("gas").unsigned(),
                vector.get("args").hex(), HostCallTable.builder().unknown(recorder).build());
    }

    static void check(Engine engine, VectorFile file, Fields vector, Differences differences) {
        new RunVectors(vector, differences).check(engine, file);
    }

    private void check(Engine engine, VectorFile file) {
        var program = file.standardProgram(vector.get("program").text());
        boolean served = switch (vector.get("host-calls").text()) {
            case "none" -> false;
            case "what" -> true;
            default -> throw new MalformedVectorException("malformed: host-calls should be 'none' or 'what'");
        };
        try (var guest = Guest.of(engine, program.programBlob(), program.image(invocation.arguments()));
                var _ = guest.instance().hold()) {
            guest.startAt(invocation.entryPc());
            guest.instance().gas(invocation.gas()).registers(program.registers(invocation.arguments()));
            var exit = served ? guest.run(invocation.calls()) : Exit.of(guest.run(), guest.instance().exitArgument());
            compare(guest, exit, vector.get("expect"));
            if (vector.has("calls")) {
                compareCalls(vector.get("calls").elements());
            }
        }
    }

    private void compare(Guest guest, Exit exit, Fields expected) {
        var instance = guest.instance();
        differences.expect("status", Status.of(exit), Status.of(Status.parse(expected.get("status"))));
        differences.expect("pc", guest.exitPc(), expected.get("pc").unsigned());
        compareGas(instance, expected.get("gas").integer());
        differences.expectRegisters(instance.registers(), expected.get("regs").registers());
        if (exit instanceof Exit.PageFault(long page) && expected.has("page-fault-address")) {
            differences.expect("page-fault-address", page, expected.get("page-fault-address").unsigned());
        }
        if (exit instanceof Exit.HostCall(long number) && expected.has("hostcall")) {
            differences.expect("hostcall", number, expected.get("hostcall").word());
        }
        if (exit instanceof Exit.Halt && expected.has("output")) {
            compareOutput(instance, expected.get("output").hex());
        }
        differences.expect("memory_sha256", Ram.digest(instance.memory()), expected.get("memory_sha256").text());
    }

    private void compareGas(Instance instance, BigInteger expected) {
        if (recorder.unpaid) {
            // After a call that could not be paid all gas counts as used. The counter itself is written as 0, or as it
            // was, or as the negative number that the subtraction gives: all say the same.
            var before = new BigInteger(Long.toUnsignedString(recorder.calls.getLast().gas));
            if (expected.signum() == 0 || expected.equals(before)
                    || expected.equals(before.subtract(BigInteger.valueOf(UnknownCall.COST)))) {
                return;
            }
        }
        differences.expect("gas", new BigInteger(Long.toUnsignedString(instance.gas())), expected);
    }

    private void compareOutput(Instance instance, byte[] expected) {
        if (expected.length == 0 && instance.register(8) > RECORDED_OUTPUT
                && instance.memory().readable(instance.register(7), instance.register(8))) {
            // By A.8 there is an output. It follows from registers and RAM, which are compared anyway.
            return;
        }
        switch (invocation.result(instance, new Exit.Halt())) {
            case InvocationResult.Output(var output, var _) -> differences.expect("output", output, expected);
            case InvocationResult other -> differences.add("the result is " + other + ", expected an output");
        }
    }

    private void compareCalls(List<Fields> expected) {
        var calls = expected.stream().map(call -> call.elements(3))
                .map(call -> new Call(call.get(0).word(), call.get(1).unsigned(), call.get(2).unsigned())).toList();
        for (int i = 0; i < Math.max(calls.size(), recorder.calls.size()); i++) {
            differences.expect("call " + i, i < recorder.calls.size() ? recorder.calls.get(i) : "missing",
                    i < calls.size() ? calls.get(i) : "none");
        }
    }
}
