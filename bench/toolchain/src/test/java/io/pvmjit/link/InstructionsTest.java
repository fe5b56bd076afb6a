package io.pvmjit.link;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.pvmjit.Backend;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InvocationResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every instruction that the linker takes, on edges and random values, with registers that are the same, zero, or known
 * constants, against what the processor of this machine computes.
 */
class InstructionsTest {
    private static final int A = 14;
    private static final int B = 15;
    private static final int C = 13;
    private static final int UNKNOWN = 12;
    /** Where values go through memory that the linker shall not know. */
    private static final int HIDDEN = RandomProgram.WINDOW_END - RandomProgram.WINDOW_SIZE;
    private static final int STACK_POINTER = 2;
    /** Takes up every result. */
    private static final int DIGEST = 10;
    private static final long[] VALUES = {
        0, 1, -1, 5, 31, 32, 63, 64, 2047, -2048, 0xffff, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 31, 0xffff_ffffL,
        1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, 0x0123_4567_89ab_cdefL, 0xfedc_ba98_7654_3210L
    };
    private static final long[] SHORT_IMMEDIATES = {0, 1, -1, 2, 255, 1024, 2047, -2048, -2047};

    @TempDir
    private Path folder;

    /** A program that computes one result after the other, and what the processor made of the same. */
    private static final class Trial {
        final List<AssemblyLine> lines = new ArrayList<>();
        long digest;
        int labels;

        /** A register gets a value, known to the linker or not. */
        void operand(int register, boolean known, long value) {
            if (register != 0) {
                lines.add(AssemblyLine.li(register, value));
            }
            if (register != 0 && !known) {
                lines.add(AssemblyLine.store("sd", register, STACK_POINTER, HIDDEN));
                lines.add(AssemblyLine.withImmediate("ld", register, STACK_POINTER, HIDDEN));
            }
        }

        void add(AssemblyLine line, long result) {
            lines.add(line);
            take(line.rd(), result);
        }

        void take(int register, long result) {
            if (register != 0) {
                lines.add(AssemblyLine.withImmediate("rori", DIGEST, DIGEST, 7));
                lines.add(AssemblyLine.of("add", DIGEST, DIGEST, register));
                digest = Long.rotateRight(digest, 7) + result;
            }
        }

        void finish(ProgramBatch batch) {
            batch.add(lines, new long[ProgramBatch.REGISTERS.length], DIGEST, digest);
        }
    }

    /** Where the operands lie: rd, rs1, rs2. */
    private static final int[][] PLACES = {
        {C, A, B}, {A, A, B}, {B, A, B}, {C, A, A}, {A, A, A}, {C, 0, B}, {C, A, 0}, {B, 0, B}, {A, A, 0}, {C, 0, 0},
        {0, A, B}
    };

    private final SplittableRandom random = new SplittableRandom(4);

    @Test
    void instructionsOfTwoRegisters() throws IOException, LinkException {
        var batch = new ProgramBatch();
        try (var processor = new NativeInstructions(folder)) {
            for (var mnemonic : new TreeSet<>(AssemblyLine.REGISTERS)) {
                for (int place = 0; place < PLACES.length; place++) {
                    // Neither is known, the first, the second, both.
                    for (int known = 0; known < 4; known++) {
                        binary(batch, processor, mnemonic, PLACES[place], (known & 1) != 0, (known & 2) != 0);
                    }
                }
            }
        }
        batch.check(folder);
    }

    private void binary(ProgramBatch batch, NativeInstructions processor, String mnemonic, int[] place, boolean knowsA,
            boolean knowsB) {
        boolean same = place[1] == place[2];
        if (knowsA && place[1] == 0 || knowsB && place[2] == 0 || same && knowsB) {
            return;
        }
        var trial = new Trial();
        // All values where one operand is known: there the linker chooses between instructions.
        int step = knowsA != knowsB && place[0] != place[1] ? 1 : 4;
        for (int i = 0; i < VALUES.length; i += step) {
            long a = VALUES[i];
            long b = random.nextBoolean() ? VALUES[(i * 7 + 3) % VALUES.length] : RandomProgram.value(random);
            trial.operand(place[1], knowsA, a);
            if (!same) {
                trial.operand(place[2], knowsB, b);
            }
            trial.add(AssemblyLine.of(mnemonic, place[0], place[1], place[2]),
                    processor.compute(mnemonic, place[1] == 0 ? 0 : a, place[2] == 0 ? 0 : same ? a : b));
        }
        trial.finish(batch);
    }

    @Test
    void instructionsWithImmediates() throws IOException, LinkException {
        var batch = new ProgramBatch();
        try (var processor = new NativeInstructions(folder)) {
            for (var mnemonic : new TreeSet<>(AssemblyLine.IMMEDIATES)) {
                withImmediates(batch, processor, mnemonic, SHORT_IMMEDIATES);
            }
            for (var mnemonic : new TreeSet<>(AssemblyLine.SHIFTS_64)) {
                withImmediates(batch, processor, mnemonic, new long[] {0, 1, 8, 31, 32, 33, 48, 56, 63});
            }
            for (var mnemonic : new TreeSet<>(AssemblyLine.SHIFTS_32)) {
                withImmediates(batch, processor, mnemonic, new long[] {0, 1, 8, 16, 24, 31});
            }
            for (var mnemonic : new TreeSet<>(AssemblyLine.UNARIES)) {
                withImmediates(batch, processor, mnemonic, new long[] {0});
            }
        }
        batch.check(folder);
    }

    private void withImmediates(ProgramBatch batch, NativeInstructions processor, String mnemonic, long[] immediates) {
        // The instruction on registers: addi is add, sltiu sltu, sraiw sraw.
        var operation = AssemblyLine.UNARIES.contains(mnemonic) ? mnemonic
                : mnemonic.equals("sltiu") ? "sltu" : mnemonic.replaceFirst("i(w?)$", "$1");
        for (int[] place : new int[][] {{C, A}, {A, A}, {C, 0}, {0, A}}) {
            var trial = new Trial();
            for (long value : VALUES) {
                for (long immediate : immediates) {
                    boolean known = random.nextInt(4) == 0;
                    trial.operand(place[1], known, value);
                    trial.add(AssemblyLine.withImmediate(mnemonic, place[0], place[1], immediate),
                            processor.compute(operation, place[1] == 0 ? 0 : value, immediate));
                }
            }
            trial.finish(batch);
        }
    }

    @Test
    void upperImmediates() throws IOException, LinkException {
        var batch = new ProgramBatch();
        var trial = new Trial();
        for (int immediate : new int[] {0, 1, 0x7ffff, 0x80000, 0xfffff, 0x12345}) {
            trial.add(new AssemblyLine("lui", A, 0, 0, immediate, -1), immediate << 12);
            for (long low : SHORT_IMMEDIATES) {
                trial.lines.add(new AssemblyLine("lui", A, 0, 0, immediate, -1));
                trial.add(AssemblyLine.withImmediate("addi", B, A, low), (immediate << 12) + low);
                trial.add(AssemblyLine.withImmediate("addiw", A, A, low), (immediate << 12) + (int) low);
            }
        }
        trial.finish(batch);
        batch.check(folder);
    }

    /** Over one move, which becomes a conditional one, and over two. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void branches(int over) throws IOException, LinkException {
        var batch = new ProgramBatch();
        try (var processor = new NativeInstructions(folder)) {
            for (var mnemonic : new TreeSet<>(AssemblyLine.BRANCHES)) {
                for (int[] place : new int[][] {{A, B}, {B, A}, {A, A}, {0, A}, {A, 0}, {0, 0}}) {
                    for (int known = 0; known < 4; known++) {
                        branches(batch, processor, mnemonic, place, known, over);
                    }
                }
            }
        }
        batch.check(folder);
    }

    private void branches(ProgramBatch batch, NativeInstructions processor, String mnemonic, int[] place, int known,
            int over) {
        var trial = new Trial();
        for (int i = 0; i < VALUES.length; i++) {
            long a = VALUES[i];
            long b = i % 3 == 0 ? a : i % 3 == 1 ? VALUES[(i + 1) % VALUES.length] : RandomProgram.value(random);
            // The places may have them the other way round.
            trial.operand(A, (known & 1) != 0, a);
            trial.operand(B, (known & 2) != 0, b);
            boolean taken = processor.compute(mnemonic, place(place[0], a, b), place(place[1], a, b)) != 0;
            for (int constant : new int[] {0, 1}) {
                int label = trial.labels++;
                trial.lines.add(AssemblyLine.li(C, 77));
                trial.lines.add(AssemblyLine.branch(mnemonic, place[0], place[1], label));
                trial.lines.add(constant == 0 ? AssemblyLine.withImmediate("addi", C, B, 0)
                        : AssemblyLine.li(C, -5));
                if (over == 2) {
                    trial.lines.add(AssemblyLine.withImmediate("xori", C, C, 3));
                }
                trial.lines.add(AssemblyLine.label(label));
                long moved = constant == 0 ? b : -5;
                trial.take(C, taken ? 77 : over == 2 ? moved ^ 3 : moved);
            }
        }
        trial.finish(batch);
    }

    private static long place(int register, long a, long b) {
        return register == 0 ? 0 : register == A ? a : b;
    }

    @Test
    void loadsAndStores() throws IOException, LinkException {
        var batch = new ProgramBatch();
        long window = ProgramBatch.STACK_POINTER + RandomProgram.WINDOW_END - RandomProgram.WINDOW_SIZE;
        for (long value : VALUES) {
            var trial = new Trial();
            var lines = trial.lines;
            trial.operand(UNKNOWN, false, value);
            // Addresses that are known, with the sign of 32 bits and without, and one that is not.
            for (long base : new long[] {window + 64, (int) (window + 64), 0}) {
                boolean knowsBase = base != 0;
                long address = knowsBase ? base : window + 64;
                for (var store : new TreeSet<>(AssemblyLine.STORES)) {
                    for (boolean known : new boolean[] {false, true}) {
                        trial.operand(B, knowsBase, address);
                        trial.operand(A, known, value);
                        lines.add(AssemblyLine.store("sd", 0, B, 8));
                        lines.add(AssemblyLine.store(store, A, B, 8));
                        long mask = store.equals("sd") ? -1 : (1L << (store.equals("sb") ? 8 : store.equals("sh") ? 16
                                : 32)) - 1;
                        trial.add(AssemblyLine.withImmediate("ld", C, B, 8), value & mask);
                    }
                }
                lines.add(AssemblyLine.store("sd", UNKNOWN, B, -16));
                for (var load : new TreeSet<>(AssemblyLine.LOADS)) {
                    for (int rd : new int[] {C, B, 0}) {
                        trial.operand(B, knowsBase, address);
                        trial.add(AssemblyLine.withImmediate(load, rd, B, -16), loaded(load, value));
                    }
                }
            }
            trial.finish(batch);
        }
        batch.check(folder);
    }

    private static long loaded(String load, long value) {
        return switch (load) {
            case "lb" -> (byte) value;
            case "lh" -> (short) value;
            case "lw" -> (int) value;
            case "lbu" -> value & 0xff;
            case "lhu" -> value & 0xffff;
            case "lwu" -> value & 0xffff_ffffL;
            default -> value;
        };
    }

    /** The linker knows these and nothing else. */
    @Test
    void everyInstructionIsTested() {
        var tested = Stream.of(AssemblyLine.REGISTERS, AssemblyLine.IMMEDIATES, AssemblyLine.SHIFTS_64,
                AssemblyLine.SHIFTS_32, AssemblyLine.UNARIES, AssemblyLine.BRANCHES, AssemblyLine.LOADS,
                AssemblyLine.STORES, AssemblyLine.OTHERS,
                // InstructionSequencesTest and RelocationsTest.
                Set.of("jal", "jalr", "host.call", "auipc"),
                // RefusalsTest.
                Set.of("fence.i"),
                // Here.
                Set.of("lui", "ebreak", "unimp")).flatMap(Set::stream).collect(toCollection(TreeSet::new));
        var known = Arrays.stream(RiscvOpcode.values()).map(RiscvOpcode::mnemonic)
                .collect(toCollection(TreeSet::new));
        assertEquals(known, tested);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ebreak", "unimp"})
    void traps(String instruction) throws IOException, LinkException {
        var source = Files.writeString(folder.resolve("trap.S"),
                "    .globl refine\n    .type refine, @function\nrefine:\n    " + instruction + "\n    ret\n");
        var program = Guests.toolchain().build(List.of(source), List.of(), LinkOptions.defaults());
        assertInstanceOf(InvocationResult.Panic.class,
                Guests.result(program, new byte[0], HostCallTable.empty(), Backend.CROSSCHECK));
    }
}
