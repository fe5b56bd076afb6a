package io.pvmjit.bench.flags;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.StandardProgram;
import io.pvmjit.bench.workload.Workload;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.link.GuestToolchain;
import io.pvmjit.link.LinkException;
import io.pvmjit.link.LinkOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a workload costs as a guest, with its small parameter.
 *
 * @param gas of the run, by the default rules
 * @param instructions executed
 * @param octets of the JAM blob
 */
public record GuestCost(long gas, long instructions, int octets) {
    private static final long MUCH_GAS = 1L << 40;
    /** So many that no workload asks for more. */
    private static final int HEAP_PAGES = 1024;

    /**
     * Builds the workload and runs it instruction by instruction.
     *
     * @param workloads their folder
     * @param flags for the compiler
     * @throws LinkException with what the compiler or the linker had to say
     * @throws IllegalStateException when the run does not halt
     */
    public static GuestCost of(Workload workload, Path workloads, GuestToolchain toolchain, List<String> flags)
            throws LinkException {
        var sources = new ArrayList<Path>();
        workload.sources().forEach(source -> sources.add(workloads.resolve(source)));
        sources.add(workloads.resolve("workload_guest.c"));
        var all = new ArrayList<>(workload.flags());
        all.add("-I" + workloads);
        all.addAll(flags);
        var linked = toolchain.build(sources, all, LinkOptions.defaults()
                .withStackSize(workload.stack()).withHeapPages(HEAP_PAGES));
        var parameter = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(workload.smallParameter())
                .array();
        var program = StandardProgram.parse(linked.jamBlob());
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(Backend.INTERPRETER));
                var module = engine.compile(linked.programBlob());
                var instance = module.instantiate(program.image(parameter))) {
            // The first stop is at once: there is no gas. What the registers are at the start is set by then.
            new ArgumentInvocation(0, 0, parameter, HostCallTable.empty()).start(instance, program);
            long instructions = run(instance.pc(0).gas(MUCH_GAS));
            return new GuestCost(MUCH_GAS - instance.gas(), instructions, linked.jamBlob().length);
        }
    }

    /** Runs to the halt; how many instructions were executed. */
    private static long run(Instance instance) {
        for (long instructions = 1;; instructions++) {
            var exit = instance.step();
            if (exit instanceof Exit.Halt) {
                return instructions;
            }
            if (exit != null) {
                throw new IllegalStateException("the workload ended with " + exit + " at pc " + instance.exitPc());
            }
        }
    }
}
