package io.pvmjit.interpreter;

import io.pvmjit.EngineConfig;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.sharing.Unbounded;
import io.pvmjit.program.TestProgram;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Machines for tests of the interpreter, with plenty of gas. */
final class TestMachine {
    static final long GAS = 1_000_000;
    static final int PAGE = MemoryImage.PAGE_SIZE;
    /** A writable page, and behind it a read-only one that holds 1, 2, 3 and so on. */
    static final int WRITABLE = 0x20000;
    static final int READ_ONLY = WRITABLE + PAGE;

    private TestMachine() {}

    static BackendMachine of(TestProgram program) {
        return of(program, MemoryImage.empty());
    }

    static BackendMachine of(TestProgram program, MemoryImage image) {
        var engine = new InterpreterEngine(EngineConfig.defaults());
        var machine = engine.compile(MemorySegment.ofArray(program.blob())).instantiate(image, Unbounded.spending());
        machine.gas(GAS);
        return machine;
    }

    static MemoryImage memory() {
        var counting = new byte[PAGE];
        for (int i = 0; i < counting.length; i++) {
            counting[i] = (byte) (i + 1);
        }
        return MemoryImage.of(List.of(
                MemoryImage.Region.of(WRITABLE / PAGE, 1, PageAccess.WRITE, new byte[0]),
                MemoryImage.Region.of(READ_ONLY / PAGE, 1, PageAccess.READ, counting)));
    }

    static long[] registers(BackendMachine machine) {
        var values = new long[Instance.REGISTER_COUNT];
        for (int i = 0; i < values.length; i++) {
            values[i] = machine.register(i);
        }
        return values;
    }

    static byte[] octets(BackendMachine machine, long address, int length) {
        var octets = new byte[length];
        if (!machine.read(address, MemorySegment.ofArray(octets), 0, length)) {
            throw new AssertionError("not readable: " + length + " octets at 0x" + Long.toHexString(address));
        }
        return octets;
    }

    /** Where a machine stands after a run. */
    record Stop(ExitKind kind, long argument, long exitPc, long pc, long gas, boolean gasCharged) {
        static Stop of(BackendMachine machine) {
            var kind = machine.run();
            return new Stop(kind, machine.exitArgument(), machine.exitPc(), machine.pc(), machine.gas(),
                    machine.gasCharged());
        }
    }
}
