package io.pvmjit.bench.scaling;

import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.RefineContext;
import io.pvmjit.rules.HostFunction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/**
 * One refinement with inner machines of one module. Its host calls are made in the name of an outer machine that does not
 * run.
 */
final class InnerMachines implements AutoCloseable {
    private static final long PLENTY = 1L << 62;
    private static final long INNER_GAS = 1_000_000;
    private static final long BUFFER = 0x20000;
    private static final long FRAME = BUFFER + 0x1000;
    private static final int FRAME_OCTETS = 112;
    private static final int BUFFER_PAGES = 2;

    /** What the outer machine needs of RAM. */
    static final MemoryImage OUTER = MemoryImage.of(List.of(MemoryImage.Region.of(
            (int) (BUFFER / MemoryImage.PAGE_SIZE), BUFFER_PAGES, PageAccess.WRITE, new byte[0])));

    private final Instance outer;
    private final HostCalls calls;
    private final RefineContext context;
    private final HostCallTable table;
    private final HostContext call;
    private final byte[] frame = ByteBuffer.allocate(FRAME_OCTETS).order(ByteOrder.LITTLE_ENDIAN)
            .putLong(INNER_GAS).putLong(StandardProgram.HALT_ADDRESS).array();

    InnerMachines(Engine engine, Instance outer) {
        this.outer = outer;
        this.calls = new HostCalls(engine.rules());
        this.context = new RefineContext(engine, new InMemoryEnvironment(0, Map.of(), Map.of(), 0));
        this.table = calls.refine(context, new Heap(0, 0));
        this.call = new HostContext(outer);
        var inner = Assembler.assemble("jump_ind ra\n");
        outer.memory().write(BUFFER, inner);
        require(0, call(HostFunction.COMPILE, 0, BUFFER, inner.length));
    }

    /** Makes a machine and invokes it once. */
    long makeAndInvoke() {
        long number = call(HostFunction.MACHINE, 0, 0, 0);
        outer.memory().write(FRAME, frame);
        require(0, call(HostFunction.INVOKE, number, FRAME, 0));
        return number;
    }

    /** Ends a machine. */
    void expunge(long number) {
        // It answers with the machine's pc; errors are the largest numbers.
        if (call(HostFunction.EXPUNGE, 0, number, 0) < 0) {
            throw new IllegalStateException("there is no machine " + number);
        }
    }

    private long call(HostFunction function, long r7, long r8, long r9) {
        outer.gas(PLENTY).register(7, r7).register(8, r8).register(9, r9);
        long number = calls.rules().hostCalls().of(function).orElseThrow();
        if (table.get(number).handle(call) != HostCall.Outcome.CONTINUE) {
            throw new IllegalStateException("host call " + number + " ended the run");
        }
        return outer.register(7);
    }

    private static void require(long expected, long answer) {
        if (answer != expected) {
            throw new IllegalStateException("a host call answered " + answer + ", not " + expected);
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
