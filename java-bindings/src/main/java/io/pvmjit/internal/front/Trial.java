package io.pvmjit.internal.front;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.PageAccess;
import io.pvmjit.PvmException;
import io.pvmjit.internal.lifetime.Closing;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;

/**
 * Runs a small program on a new engine and does with it what every embedder does. It shows what this machine does not
 * allow; and it initialises and links, while there is heap and stack, all that running and closing needs: later an
 * OutOfMemoryError or a StackOverflowError in the middle of that would make it unusable for good.
 */
final class Trial {
    /**
     * <pre>
     * store_ind_u64 [a0], a1
     * ecalli 1
     * load_ind_u64 a2, [a0]
     * load_imm ra, -0x10000
     * jump_ind ra
     * </pre>
     */
    static final byte[] PROGRAM = HexFormat.of().parseHex("00000d7b780a01827933000000ff32005508");

    private static final int PAGE = 32;
    private static final long ADDRESS = (long) PAGE * MemoryImage.PAGE_SIZE;
    private static final MemoryImage IMAGE =
            MemoryImage.of(List.of(Region.of(PAGE, 1, PageAccess.READ, new byte[] {1})));

    private Trial() {}

    /**
     * Tries the engine, which is empty afterwards as it was before.
     *
     * @throws PvmException when something does not go as it should
     */
    static void run(Engine engine) {
        try {
            engine.compile(new byte[0]).close();
            throw failed("a program of no octets", "rejected", "compiled");
        } catch (InvalidProgramException _) {
            // So it should be; and rejecting others needs no class that is not initialised.
        }
        try (var account = engine.open("a trial");
                var module = engine.compile(MemorySegment.ofArray(PROGRAM), account)) {
            require("a turn", true, account.turn().begin());
            require("an instruction at pc 2", true, module.isStart(2));
            require("blocks", module.statistics().blockCount(), (long) module.blockCosts().size());
            module.listing();
            // The second one is made of what the first one leaves.
            for (int i = 0; i < 2; i++) {
                try (var instance = module.instantiate(IMAGE)) {
                    run(instance);
                }
            }
        }
        var statistics = engine.statistics();
        require("what is left", 0L, statistics.modulesAlive() + statistics.instancesAlive());
        engine.cacheStatistics();
        Closing.after(null, null, null, null); // Here for the class that it loads.
    }

    private static void run(Instance instance) {
        var memory = instance.memory();
        var octets = new byte[Long.BYTES];
        instance.register(7, ADDRESS).register(8, 42);
        require("a run without gas", true, instance.run() instanceof Exit.OutOfGas);
        instance.gas(1000);
        require("a store to a read-only page", true,
                instance.run() instanceof Exit.PageFault(long address) && address == ADDRESS);
        memory.protect(PAGE, 1, PageAccess.WRITE, true);
        require("a store to a writable page and a host call", true,
                instance.run() instanceof Exit.HostCall(long number) && number == 1);
        require("reading RAM", true, memory.read(ADDRESS, octets));
        require("what was stored", 42, (int) octets[0]);
        octets[0] = 43;
        require("writing RAM", true, memory.write(ADDRESS, octets));
        memory.protect(PAGE, 1, PageAccess.READ, false);
        octets[1] = 1;
        require("filling RAM", true, memory.fill(ADDRESS, octets));
        require("a run to the end", true, instance.run() instanceof Exit.Halt);
        require("what was loaded", 0x12bL, instance.registers()[9]);
        require("a start where no instruction is", true,
                instance.pc(1).gasCharged(false).run() instanceof Exit.Panic);
        require("compiling what cannot be read", true, instance.module().engine().compile(memory, 0, 1) == null);
        instance.checked();
        try (var _ = instance.hold()) {
            require("a run in a hold", ExitKind.PAGE_FAULT, instance.resume());
        }
    }

    private static void require(String what, Object expected, Object actual) {
        if (!expected.equals(actual)) {
            throw failed(what, expected, actual);
        }
    }

    private static PvmException failed(String what, Object expected, Object actual) {
        return new PvmException("a program that was tried did not run as it should: " + what + " gave " + actual
                + ", not " + expected);
    }
}
