package io.pvmjit.bench.scaling;

import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.bench.sample.SamplePrograms;
import io.pvmjit.hostcalls.refine.Limits;
import java.util.List;
import java.util.function.IntConsumer;

/** Makes and drops thousands of inner machines, and looks at what this process takes before and after. */
public final class MachineGrowth {
    private static final double KIBIBYTES = 1024;
    /** What comes before has as many machines: the pools, the heap and the compiled code are then as large as they get. */
    private static final int WARMUPS = 2;

    private MachineGrowth() {}

    /** Measures both ways in which machines end. */
    public static List<Growth> measure(int machines) {
        try (var engine = SamplePrograms.engine("jit");
                var module = engine.compile(SamplePrograms.assemble(SamplePrograms.ADD));
                var outer = module.instantiate(InnerMachines.OUTER)) {
            return List.of(
                    measure("made, invoked once, expunged", machines, count -> expunged(engine, outer, count)),
                    measure("made, invoked once, left to the end of their refinement, " + Limits.MACHINES + " in each",
                            machines, count -> left(engine, outer, count)));
        }
    }

    private static Growth measure(String what, int machines, IntConsumer work) {
        for (int i = 0; i < WARMUPS; i++) {
            work.accept(machines);
        }
        System.gc();
        var before = ProcessUse.now();
        long begin = System.nanoTime();
        work.accept(machines);
        double nanoseconds = (double) (System.nanoTime() - begin) / machines;
        System.gc();
        var after = ProcessUse.now();
        return new Growth(what, machines,
                Math.round((after.residentMebibytes() - before.residentMebibytes()) * KIBIBYTES),
                after.maps() - before.maps(), after.descriptors() - before.descriptors(), nanoseconds);
    }

    private static void expunged(Engine engine, Instance outer, int machines) {
        try (var refinement = new InnerMachines(engine, outer)) {
            for (int i = 0; i < machines; i++) {
                refinement.expunge(refinement.makeAndInvoke());
            }
        }
    }

    private static void left(Engine engine, Instance outer, int machines) {
        for (int made = 0; made < machines; made += Limits.MACHINES) {
            try (var refinement = new InnerMachines(engine, outer)) {
                for (int i = 0; i < Math.min(Limits.MACHINES, machines - made); i++) {
                    refinement.makeAndInvoke();
                }
            }
        }
    }
}
