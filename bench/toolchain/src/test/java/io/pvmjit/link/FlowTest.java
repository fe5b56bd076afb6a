package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.link.Branches.Operand;
import io.pvmjit.link.Branches.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is known of registers: which are live, which instructions melt into one, how comparisons turn out. */
class FlowTest {
    private static final List<RiscvOpcode> COMPARISONS = List.of(RiscvOpcode.BEQ, RiscvOpcode.BNE, RiscvOpcode.BLT,
            RiscvOpcode.BGE, RiscvOpcode.BLTU, RiscvOpcode.BGEU);
    private static final long[] VALUES = {0, 1, -1, 2, Long.MAX_VALUE, Long.MIN_VALUE, 0xffff_ffffL};

    @TempDir
    private Path folder;

    private CodeGraph graph(String body) throws IOException, LinkException {
        var source = Files.writeString(folder.resolve("guest.S"), "    .globl refine\n    .type refine, @function\nrefine:\n"
                + "    " + body.replace("; ", "\n    ") + "\n    .size refine, .-refine\n");
        var object = ElfObject.read(Guests.object(source, folder.resolve("guest.o")));
        var problems = new Problems();
        var graph = new CodeGraph(object, List.of(object.global("refine")), problems);
        problems.check();
        return graph;
    }

    /** Names of registers in a set. */
    private static String names(int set) {
        var names = new ArrayList<String>();
        for (int number = 0; number < Registers.COUNT; number++) {
            if ((set >> number & 1) != 0) {
                names.add(RiscvInstruction.registerName(Registers.riscvNumber(number)));
            }
        }
        return String.join(" ", names);
    }

    /** What is live before the first instruction. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "ret | ra sp s0 s1 a0 a1",
        "li a0, 1; li a1, 2; ret | ra sp s0 s1",
        "add a0, a2, a3; ret | ra sp s0 s1 a1 a2 a3",
        "sd t0, 0(t1); ret | ra sp t0 t1 s0 s1 a0 a1",
        "unimp | ''", "ebreak | ''",
        "mv t0, t2; unimp | t2",
        // Both ways of a branch, and around a loop.
        "beqz a5, 1f; mv a0, a4; 1: ret | ra sp s0 s1 a0 a1 a4 a5",
        "bltu a2, a3, 1f; li a0, 0; 1: li a0, 1; ret | ra sp s0 s1 a1 a2 a3",
        "1: addi a2, a2, -1; mv a0, t2; bnez a2, 1b; ret | ra sp t2 s0 s1 a1 a2",
        "j 1f; 2: add a0, a0, a5; ret; 1: mv a5, a4; bgez a3, 2b; unimp | ra sp s0 s1 a0 a1 a3 a4",
        // Host calls read arguments and write two results; calls may read anything.
        "li a0, 1; .insn i 0x0b, 0, x0, x0, 7; ret | ra sp s0 s1 a1 a2 a3 a4 a5",
        ".insn i 0x0b, 0, x0, x0, 7; unimp | a0 a1 a2 a3 a4 a5",
        "mv t0, ra; call refine; jr t0 | ra sp t1 t2 s0 s1 a0 a1 a2 a3 a4 a5",
        "jr t0 | ra sp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5",
        "jalr t1, a0; unimp | ra sp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5",
        // What writes to zero writes nothing; what is read of zero is nothing.
        "mv zero, a2; add a0, zero, zero; ret | ra sp s0 s1 a1 a2"
    })
    void liveRegisters(String body, String live) throws IOException, LinkException {
        var graph = graph(body.strip());
        assertEquals(live, names(new Liveness(graph).before(0)));
    }

    private static RiscvInstruction instruction(RiscvOpcode opcode, int rd, int rs1, int immediate) {
        return new RiscvInstruction(opcode, rd, rs1, 0, immediate);
    }

    /** Two shifts by every distance: what comes out is what both do, for values that tell. */
    @Test
    void shiftsThatExtend() {
        var found = new ArrayList<String>();
        for (var right : List.of(RiscvOpcode.SRLI, RiscvOpcode.SRAI)) {
            for (int distance = 0; distance < 64; distance++) {
                var fused = Fusion.shifts(instruction(RiscvOpcode.SLLI, 10, 11, distance),
                        instruction(right, 10, 10, distance));
                if (fused == null) {
                    continue;
                }
                found.add(right + " " + distance);
                assertEquals(10, fused.rd());
                assertEquals(11, fused.rs1());
                for (long value : new long[] {0, -1, 0x80, 0x7f, 0x8000, 0x7fff, 0x8000_0000L, 0x7fff_ffffL,
                    0x1234_5678_9abc_deffL}) {
                    long both = right == RiscvOpcode.SRAI ? value << distance >> distance : value << distance >>> distance;
                    assertEquals(both, computed(fused, value), () -> fused + " of " + value);
                }
            }
        }
        assertEquals(List.of("SRLI 48", "SRLI 56", "SRAI 32", "SRAI 48", "SRAI 56"), found);
    }

    private static long computed(RiscvInstruction instruction, long value) {
        return switch (instruction.opcode()) {
            case ADDIW -> (int) value;
            case ANDI -> value & instruction.immediate();
            case ZEXT_H -> value & 0xffff;
            case SEXT_H -> (short) value;
            case SEXT_B -> (byte) value;
            default -> throw new AssertionError(instruction);
        };
    }

    @Test
    void shiftsThatDoNot() {
        var left = instruction(RiscvOpcode.SLLI, 10, 11, 48);
        assertNull(Fusion.shifts(left, instruction(RiscvOpcode.SRLI, 10, 10, 56)), "another distance");
        assertNull(Fusion.shifts(left, instruction(RiscvOpcode.SRLI, 10, 12, 48)), "another operand");
        assertNull(Fusion.shifts(left, instruction(RiscvOpcode.SRLI, 12, 10, 48)), "the shifted value is kept");
        assertNull(Fusion.shifts(left, instruction(RiscvOpcode.SLLI, 10, 10, 48)), "another direction");
        assertNull(Fusion.shifts(instruction(RiscvOpcode.SLLIW, 10, 11, 16), instruction(RiscvOpcode.SRLI, 10, 10, 16)));
    }

    /** A branch on whether a comparison has set its register to something but zero. */
    @ParameterizedTest
    @CsvSource({"SLT, BNE, BLT", "SLT, BEQ, BGE", "SLTI, BNE, BLT", "SLTI, BEQ, BGE", "SLTU, BNE, BLTU", "SLTU, BEQ, BGEU",
        "SLTIU, BNE, BLTU", "SLTIU, BEQ, BGEU"})
    void comparisonsThatBranch(RiscvOpcode compare, RiscvOpcode branch, RiscvOpcode both) {
        var comparison = new RiscvInstruction(compare, 12, 10, 11, 0);
        for (var form : List.of(new RiscvInstruction(branch, 0, 12, 0, 8), new RiscvInstruction(branch, 0, 0, 12, 8))) {
            assertTrue(Fusion.isCompareAndBranch(comparison, form));
            assertEquals(both, Fusion.comparison(comparison, form));
        }
        assertFalse(Fusion.isCompareAndBranch(comparison, new RiscvInstruction(branch, 0, 12, 12, 8)));
        assertFalse(Fusion.isCompareAndBranch(comparison, new RiscvInstruction(branch, 0, 0, 0, 8)));
        assertFalse(Fusion.isCompareAndBranch(comparison, new RiscvInstruction(branch, 0, 13, 0, 8)));
        assertFalse(Fusion.isCompareAndBranch(comparison, new RiscvInstruction(RiscvOpcode.BLT, 0, 12, 0, 8)));
        assertFalse(Fusion.isCompareAndBranch(new RiscvInstruction(compare, 0, 10, 11, 0),
                new RiscvInstruction(branch, 0, 0, 0, 8)));
        assertFalse(Fusion.isCompareAndBranch(new RiscvInstruction(RiscvOpcode.SUB, 12, 10, 11, 0),
                new RiscvInstruction(branch, 0, 12, 0, 8)));
    }

    @Test
    void comparisonsOfConstants() {
        var registers = new RegisterFile(new io.pvmjit.asm.ProgramBuilder());
        var branches = new Branches(new io.pvmjit.asm.ProgramBuilder(), registers);
        for (var comparison : COMPARISONS) {
            var opposite = Branches.negate(comparison);
            assertEquals(comparison, Branches.negate(opposite));
            for (long a : VALUES) {
                for (long b : VALUES) {
                    var outcome = branches.outcome(comparison, Operand.constant(a), Operand.constant(b));
                    assertEquals(holds(comparison, a, b) ? Outcome.ALWAYS : Outcome.NEVER, outcome);
                    assertEquals(outcome == Outcome.ALWAYS ? Outcome.NEVER : Outcome.ALWAYS,
                            branches.outcome(opposite, Operand.constant(a), Operand.constant(b)));
                }
                // A register against a constant depends; against itself it does not.
                assertEquals(Outcome.DEPENDS,
                        branches.outcome(comparison, Operand.of(registers, 10), Operand.constant(a)));
                registers.set(11, a);
                assertEquals(holds(comparison, a, 0) ? Outcome.ALWAYS : Outcome.NEVER,
                        branches.outcome(comparison, Operand.of(registers, 11), Operand.of(registers, Registers.ZERO)));
            }
            assertEquals(holds(comparison, 5, 5) ? Outcome.ALWAYS : Outcome.NEVER,
                    branches.outcome(comparison, Operand.of(registers, 10), Operand.of(registers, 10)));
        }
        for (var opcode : EnumSet.complementOf(EnumSet.copyOf(COMPARISONS))) {
            assertThrows(IllegalArgumentException.class, () -> Branches.negate(opcode), opcode::toString);
        }
    }

    private static boolean holds(RiscvOpcode comparison, long a, long b) {
        return switch (comparison) {
            case BEQ -> a == b;
            case BNE -> a != b;
            case BLT -> a < b;
            case BGE -> a >= b;
            case BLTU -> a + Long.MIN_VALUE < b + Long.MIN_VALUE;
            default -> a + Long.MIN_VALUE >= b + Long.MIN_VALUE;
        };
    }

    /** Constants reach a register when they are needed there, once; what is written is known no more. */
    @Test
    void pendingConstants() {
        var builder = new io.pvmjit.asm.ProgramBuilder();
        var registers = new RegisterFile(builder);
        registers.set(10, 5);
        registers.set(11, 1L << 40);
        assertEquals(0, builder.codeLength(), "nothing is loaded yet");
        assertTrue(registers.isImmediate(10));
        assertFalse(registers.isImmediate(11));
        assertTrue(registers.isWord(10));
        assertFalse(registers.isWord(11));
        assertEquals(Registers.mask(10) | Registers.mask(11), registers.pending());
        assertEquals(Registers.number(10), registers.read(10));
        int loaded = builder.codeLength();
        assertTrue(loaded > 0);
        registers.read(10);
        assertEquals(loaded, builder.codeLength(), "it is there already");
        assertEquals(Registers.mask(11), registers.pending());
        assertEquals(5, registers.constant(10), "and still known");
        registers.write(10);
        assertFalse(registers.isConstant(10));
        assertFalse(registers.isWord(10));
        registers.writeWord(10);
        assertTrue(registers.isWord(10));
        // What is overwritten is not loaded; a pending constant is not in its register, and survives that.
        registers.clobber(Registers.number(11));
        assertEquals(1L << 40, registers.constant(11));
        registers.materialize(Registers.ALL);
        assertEquals(0, registers.pending());
        registers.clobber(Registers.number(11));
        assertFalse(registers.isConstant(11));
        // Zero, and arguments that nothing can have written.
        registers.set(Registers.ZERO, 7);
        assertEquals(0, registers.constant(Registers.ZERO));
        assertTrue(registers.isConstant(16) && registers.isConstant(17));
        assertEquals(0, registers.pending());
    }

    /** Words of a frame that hold what came of arithmetic: told to who has loaded them before. */
    @Test
    void stackSlots() {
        var slots = new StackSlots();
        var store = new RiscvInstruction(RiscvOpcode.SD, 0, Registers.STACK_POINTER, 10, 16);
        var load = instruction(RiscvOpcode.LD, 11, Registers.STACK_POINTER, 16);
        assertFalse(slots.store(1, store), "nobody has loaded it");
        assertTrue(slots.load(1, load));
        assertFalse(slots.load(2, load), "another function");
        assertFalse(slots.load(1, instruction(RiscvOpcode.LD, 11, Registers.STACK_POINTER, 24)), "another word");
        assertFalse(slots.load(1, instruction(RiscvOpcode.LD, 11, 8, 16)), "another base");
        assertFalse(slots.load(1, instruction(RiscvOpcode.LW, 11, Registers.STACK_POINTER, 16)), "half of it");
        assertTrue(slots.store(2, store), "news to the load of that function");
        assertFalse(slots.store(2, store), "no news");
        assertFalse(slots.store(3, new RiscvInstruction(RiscvOpcode.SD, 0, 10, 11, 0)), "not in the frame");
        assertFalse(slots.load(3, instruction(RiscvOpcode.LD, 11, 10, 0)));
    }
}
