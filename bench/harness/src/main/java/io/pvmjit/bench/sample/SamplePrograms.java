package io.pvmjit.bench.sample;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.PageAccess;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.program.Opcode;
import java.util.List;
import java.util.SplittableRandom;

/** Guest programs that the smaller benchmarks compile and run, and what they start from. */
public final class SamplePrograms {
    /** Where the programs find their data. */
    public static final long DATA_ADDRESS = 0x2_0000;
    /** More gas than any run takes, positive also when it is looked at as signed. */
    public static final long MUCH_GAS = 1L << 62;

    /** Of programs that are generated, on average. */
    public static final double OCTETS_OF_INSTRUCTION = 3.82;

    private static final int DATA_PAGES = 1024;

    /** The a0-th Fibonacci number modulo 2^64, to a0: additions that wait for each other, and moves. */
    public static final String FIBONACCI = """
                load_imm t0, 0
                load_imm t1, 1
                fallthrough
            loop:
                add_64 t2, t0, t1
                move_reg t0, t1
                move_reg t1, t2
                add_imm_64 a0, a0, -1
                branch_ne_imm a0, 0, loop
                move_reg a0, t0
                jump_ind ra
            """;

    /** Copies a2 octets, a multiple of 8, from a0 to a1. */
    public static final String COPY = """
            loop:
                load_ind_u64 t0, [a0]
                store_ind_u64 [a1], t0
                add_imm_64 a0, a0, 8
                add_imm_64 a1, a1, 8
                add_imm_64 a2, a2, -8
                branch_ne_imm a2, 0, loop
                jump_ind ra
            """;

    /** Counts the primes below a0, a multiple of 8, to a0: short loops, loads, stores, branches hard to foresee. */
    public static final String SIEVE = """
                load_imm s0, 0x20000
                move_reg t0, s0
                add_64 t1, s0, a0
                fallthrough
            clear:
                store_imm_ind_u64 [t0], 0
                add_imm_64 t0, t0, 8
                branch_lt_u t0, t1, clear
                load_imm t0, 2
                load_imm a1, 0
                fallthrough
            next:
                add_64 t1, s0, t0
                load_ind_u8 t2, [t1]
                branch_ne_imm t2, 0, composite
                add_imm_64 a1, a1, 1
                mul_64 t1, t0, t0
                branch_ge_u t1, a0, composite
            strike:
                add_64 t2, s0, t1
                store_imm_ind_u8 [t2], 1
                add_64 t1, t1, t0
                branch_lt_u t1, a0, strike
            composite:
                add_imm_64 t0, t0, 1
                branch_lt_u t0, a0, next
                move_reg a0, a1
                jump_ind ra
            """;

    /** Makes host call 7 a0 times, with the number of calls that are left in a0. */
    public static final String CALLS = """
            loop:
                ecalli 7
                add_imm_64 a0, a0, -1
                branch_ne_imm a0, 0, loop
                jump_ind ra
            """;

    /** Adds a1 to a0. */
    public static final String ADD = """
                add_64 a0, a0, a1
                jump_ind ra
            """;

    /** Four MiB of writable pages. */
    public static final MemoryImage DATA = MemoryImage.of(List.of(Region.of(
            (int) (DATA_ADDRESS / MemoryImage.PAGE_SIZE), DATA_PAGES, PageAccess.WRITE, new byte[0])));

    /** What a small standard program has: read-only data, writable data, a stack; 12 pages. */
    public static final MemoryImage SMALL = MemoryImage.of(List.of(
            Region.of(16, 2, PageAccess.READ, new byte[5_000]),
            Region.of(48, 6, PageAccess.WRITE, new byte[3_000]),
            Region.of(1_044_444, 4, PageAccess.WRITE, new byte[0])));

    private SamplePrograms() {}

    /** An engine that compiles whatever it is given: the module cache would make compiling a look-up. */
    public static Engine engine(String backend) {
        return Engine.create(EngineConfig.defaults().withBackend(Backend.of(backend)).withModuleCacheBytes(0));
    }

    /** The same, whose modules have all their machine code before they run. */
    public static Engine engineOfWholes() {
        return Engine.create(EngineConfig.defaults().withBackend(Backend.JIT).withModuleCacheBytes(0)
                .withSectionBytes(Integer.MAX_VALUE));
    }

    public static byte[] assemble(String text) {
        return Assembler.assemble(text);
    }

    /** Puts an instance at the start of its program. */
    public static Instance rewind(Instance instance) {
        return instance.pc(0).gasCharged(false).gas(MUCH_GAS).register(0, StandardProgram.HALT_ADDRESS);
    }

    /** Requires that a run halted with this in a0. */
    public static void requireResult(Instance instance, ExitKind kind, long expected) {
        if (kind != ExitKind.HALT || instance.register(7) != expected) {
            throw new IllegalStateException("expected a halt with " + expected + ", but it was " + kind + " at pc "
                    + instance.exitPc() + " with " + instance.register(7));
        }
    }

    /**
     * A program of so many instructions in the proportions of compiled code: about half arithmetic, a quarter memory
     * accesses, and blocks of six instructions on average.
     */
    public static byte[] generate(int instructions) {
        var random = new SplittableRandom(instructions);
        var builder = new ProgramBuilder();
        var start = builder.label();
        builder.place(start);
        for (int i = 0; i < instructions - 1; i++) {
            int a = random.nextInt(13);
            int b = random.nextInt(13);
            int d = random.nextInt(13);
            switch (random.nextInt(24)) {
                case 0, 1, 2, 3 -> builder.append(Opcode.ADD_IMM_64, a, b, random.nextInt(-2_048, 2_048));
                case 4, 5, 6 -> builder.append(Opcode.ADD_64, d, a, b);
                case 7 -> builder.append(Opcode.AND_IMM, a, b, random.nextInt(256));
                case 8 -> builder.append(Opcode.SHLO_L_IMM_64, a, b, random.nextInt(64));
                case 9 -> builder.append(Opcode.XOR, d, a, b);
                case 10 -> builder.append(Opcode.MUL_64, d, a, b);
                case 11 -> builder.append(Opcode.SET_LT_U, d, a, b);
                case 12, 13 -> builder.append(Opcode.LOAD_IMM, a, random.nextInt());
                case 14, 15, 16, 17 -> builder.append(Opcode.LOAD_IND_U64, a, b, random.nextInt(512));
                case 18, 19 -> builder.append(Opcode.STORE_IND_U64, b, random.nextInt(512), a);
                case 20, 21 -> builder.appendTo(Opcode.BRANCH_NE, start, a, b);
                case 22 -> builder.appendTo(Opcode.BRANCH_EQ_IMM, start, a, random.nextInt(16));
                default -> builder.append(Opcode.FALLTHROUGH);
            }
        }
        return builder.append(Opcode.TRAP).build();
    }
}
