package io.pvmjit.bench.scaling;

import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import io.pvmjit.bench.sample.SamplePrograms;
import io.pvmjit.bench.scaling.Curve.Line;
import io.pvmjit.bench.scaling.Curve.Point;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.Limits;
import io.pvmjit.hostcalls.refine.RefineContext;
import io.pvmjit.rules.HostFunction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Making inner machines of one module and invoking each once, all alive together, through the host calls. */
final class MachineCurve {
    private static final int[] COUNTS = {1, 2, 4, 8, 16, 24, 32, 48, Limits.MACHINES};
    private static final long PLENTY = 1L << 62;
    private static final long INNER_GAS = 1_000_000;
    private static final long BUFFER = 0x20000;
    private static final long FRAME = BUFFER + 0x1000;
    private static final int FRAME_OCTETS = 112;
    private static final int BUFFER_PAGES = 2;

    private MachineCurve() {}

    static List<Curve> measure(int milliseconds) {
        var points = new ArrayList<Point>();
        try (var engine = SamplePrograms.engine("jit");
                var module = engine.compile(SamplePrograms.assemble(SamplePrograms.ADD));
                var outer = module.instantiate(MemoryImage.of(List.of(MemoryImage.Region.of(
                        (int) (BUFFER / MemoryImage.PAGE_SIZE), BUFFER_PAGES, PageAccess.WRITE, new byte[0]))))) {
            medianTime(engine, outer, Limits.MACHINES, milliseconds);
            for (int count : COUNTS) {
                points.add(new Point(count, medianTime(engine, outer, count, milliseconds)));
            }
        }
        var fit = Fit.linear(points);
        var line = new Line("machine and invoke", points, fit,
                "Each inner machine, made and invoked once, takes %.2f µs more (R² %.3f).".formatted(
                        fit.slope(), fit.determination()));
        return List.of(new Curve("machines", "Inner machines made and invoked", "inner machines", "time of all, µs",
                false, List.of(line)));
    }

    private static double medianTime(Engine engine, Instance outer, int machines, int milliseconds) {
        var times = new ArrayList<Long>();
        long end = System.nanoTime() + milliseconds * 1_000_000L / COUNTS.length;
        do {
            try (var refinement = new Refinement(engine, outer)) {
                times.add(refinement.makeAndInvoke(machines));
            }
        } while (System.nanoTime() < end);
        var sorted = times.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2] / 1e3;
    }

    /** One refinement, whose host calls are made in the name of an outer machine that does not run. */
    private static final class Refinement implements AutoCloseable {
        private final Instance outer;
        private final HostCalls calls;
        private final RefineContext context;
        private final io.pvmjit.hostcalls.HostCallTable table;
        private final HostContext call;

        Refinement(Engine engine, Instance outer) {
            this.outer = outer;
            this.calls = new HostCalls(engine.rules());
            this.context = new RefineContext(engine, new InMemoryEnvironment(0, Map.of(), Map.of(), 0));
            this.table = calls.refine(context, new Heap(0, 0));
            this.call = new HostContext(outer);
            var inner = Assembler.assemble("jump_ind ra\n");
            outer.memory().write(BUFFER, inner);
            require(0, call(HostFunction.COMPILE, 0, BUFFER, inner.length));
        }

        /** Nanoseconds. */
        long makeAndInvoke(int machines) {
            var frame = ByteBuffer.allocate(FRAME_OCTETS).order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(INNER_GAS).putLong(StandardProgram.HALT_ADDRESS).array();
            long begin = System.nanoTime();
            for (int i = 0; i < machines; i++) {
                long number = call(HostFunction.MACHINE, 0, 0, 0);
                outer.memory().write(FRAME, frame);
                require(0, call(HostFunction.INVOKE, number, FRAME, 0));
            }
            return System.nanoTime() - begin;
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
}
