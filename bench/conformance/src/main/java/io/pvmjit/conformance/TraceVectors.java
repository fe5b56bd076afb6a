package io.pvmjit.conformance;

import io.pvmjit.Engine;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import java.math.BigInteger;
import java.util.List;

/** Kind traces: a service run with its host calls answered from a recording. */
final class TraceVectors {
    private final Guest guest;
    private final Instance instance;
    private final Differences differences;

    private TraceVectors(Guest guest, Differences differences) {
        this.guest = guest;
        this.instance = guest.instance();
        this.differences = differences;
    }

    static void check(Engine engine, VectorFile file, Fields vector, Differences differences) {
        var program = file.standardProgram(vector.get("program").text());
        try (var guest = Guest.of(engine, program.programBlob(), program.image(vector.get("args").hex()));
                var _ = guest.instance().hold()) {
            var start = vector.get("start");
            guest.startAt(start.get("pc").unsigned());
            guest.instance().gas(start.get("gas").unsigned()).registers(start.get("regs").registers());
            new TraceVectors(guest, differences).replay(vector.get("calls").elements(), vector.get("end"));
        }
    }

    private void replay(List<Fields> calls, Fields end) {
        for (int i = 0; i < calls.size(); i++) {
            differences.about("call " + i);
            var call = calls.get(i);
            var kind = guest.run();
            compareCall(kind, call);
            if (!differences.isEmpty()) {
                // From here on everything would differ.
                return;
            }
            answer(call);
            if (call.has("oog") && call.get("oog").flag()) {
                differences.about("end");
                compareEnd(ExitKind.OUT_OF_GAS, end);
                compareUnpaidGas(end.get("gas").integer());
                return;
            }
        }
        differences.about("end");
        var kind = guest.run();
        compareEnd(kind, end);
        differences.expect("gas", instance.gas(), end.get("gas").unsigned());
    }

    private void compareCall(ExitKind kind, Fields call) {
        differences.expect("status", Status.of(kind), Status.of(ExitKind.HOST_CALL));
        if (kind == ExitKind.HOST_CALL) {
            differences.expect("id", instance.exitArgument(), call.get("id").word());
        }
        differences.expect("pc", guest.exitPc(), call.get("pc").unsigned());
        differences.expect("gas", instance.gas(), call.get("gas").unsigned());
        differences.expectRegisters(instance.registers(), call.get("regs").registers());
        if (call.has("reads")) {
            for (var read : call.get("reads").elements()) {
                compareRead(read.elements(2));
            }
        }
    }

    private void compareRead(List<Fields> read) {
        long address = read.get(0).unsigned();
        var expected = read.get(1).hex();
        var actual = new byte[expected.length];
        if (instance.memory().read(address, actual)) {
            differences.expect("RAM at " + Long.toUnsignedString(address), actual, expected);
        } else {
            differences.add(expected.length + " octets at " + Long.toUnsignedString(address) + " are not readable");
        }
    }

    private void answer(Fields call) {
        if (call.has("writes")) {
            for (var write : call.get("writes").elements()) {
                var pair = write.elements(2);
                if (!instance.memory().write(pair.get(0).unsigned(), pair.get(1).hex())) {
                    differences.add("RAM at " + Long.toUnsignedString(pair.get(0).unsigned()) + " is not writable");
                }
            }
        }
        if (call.has("setregs")) {
            var registers = call.get("setregs");
            for (var name : registers.names()) {
                instance.register(register(name), registers.get(name).unsigned());
            }
        }
        if (call.has("setgas")) {
            // Signed, for a call that could not be paid.
            instance.gas(call.get("setgas").word());
        }
    }

    static int register(String name) {
        if (!name.matches("[0-9]|1[0-2]")) {
            throw new MalformedVectorException("malformed: there is no register '" + name + "'");
        }
        return Integer.parseInt(name);
    }

    private void compareEnd(ExitKind kind, Fields end) {
        differences.expect("status", Status.of(kind), Status.of(Status.parse(end.get("status"))));
        differences.expect("pc", guest.exitPc(), end.get("pc").unsigned());
        differences.expectRegisters(instance.registers(), end.get("regs").registers());
        differences.expect("memory_sha256", Ram.digest(instance.memory()), end.get("memory_sha256").text());
    }

    /** The gas at the end of a call that could not be paid is the recorded host's: what it left, or none. */
    private void compareUnpaidGas(BigInteger expected) {
        if (expected.signum() != 0) {
            differences.expect("gas", instance.gas(), expected.longValue());
        }
    }
}
