package io.pvmjit.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.pvmjit.PipelineStep;
import io.pvmjit.Revision;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import io.pvmjit.program.TestProgram;
import io.pvmjit.rules.Rules;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The price of a basic block: single rules by hand, random blocks against the literal model. */
class GasModelTest {
    private static final int RANDOM_BLOCKS = 4_000;

    private static int cost(TestProgram program, Revision revision) {
        return new GasModel(Program.parse(program.blob(), Rules.of(revision))).cost(0);
    }

    private static int cost(TestProgram program) {
        return cost(program, Revision.NEXT);
    }

    /**
     * Counted by hand. A single instruction is decoded in cycle 0, waits from 1, starts in 1, has nothing left after
     * its own cycles, is finished one later and retired one after that: 3 more than it takes, and 3 are taken off.
     */
    @Test
    void single() {
        assertEquals(2, cost(new TestProgram().none(Opcode.TRAP)));
        assertEquals(2, cost(new TestProgram().none(Opcode.FALLTHROUGH)));
        assertEquals(15, cost(new TestProgram().jump(0)));
        assertEquals(22, cost(new TestProgram().immediate(Opcode.JUMP_IND, 1, 0)));
    }

    @Test
    void branchesAreCheapBesideTrapsAndUnlikely() {
        // The octets behind the branch and at its target: 5 octets of jump at 7, load_imm (51) at 12.
        var load = new TestProgram().branch(Opcode.BRANCH_EQ, 1, 2, 12).none(Opcode.FALLTHROUGH).jump(0)
                .immediate(Opcode.LOAD_IMM, 1, 0).none(Opcode.TRAP);
        assertEquals(20, cost(load));
        var trapBehind = new TestProgram().branch(Opcode.BRANCH_EQ, 1, 2, 7).none(Opcode.TRAP).jump(0);
        assertEquals(1, cost(trapBehind));
        var unlikelyBehind = new TestProgram().branch(Opcode.BRANCH_EQ, 1, 2, 7).none(Opcode.UNLIKELY).jump(0);
        assertEquals(1, cost(unlikelyBehind));
        var trapTarget = new TestProgram().branch(Opcode.BRANCH_EQ, 1, 2, 7).none(Opcode.FALLTHROUGH).none(Opcode.TRAP);
        assertEquals(1, cost(trapTarget));
        for (int outside : new int[] {-1, 12, 100_000, Integer.MAX_VALUE}) {
            var program = new TestProgram().branch(Opcode.BRANCH_EQ, 1, 2, outside).none(Opcode.FALLTHROUGH).jump(0);
            assertEquals(1, cost(program));
        }
        assertEquals(1, cost(new TestProgram().branch(Opcode.BRANCH_EQ, 1, 2, 0)));
        // Octets count, whether or not an instruction starts there: the offset of this branch to itself plus 2 is 2.
        assertEquals(1, cost(new TestProgram().branch(Opcode.BRANCH_EQ, 1, 2, 2).none(Opcode.FALLTHROUGH).jump(0)));
    }

    /** Divisions wait for the one divider, loads do not wait for each other. */
    @Test
    void units() {
        var divisions = new TestProgram();
        var loads = new TestProgram();
        for (int i = 0; i < 4; i++) {
            divisions.binary(Opcode.DIV_U_64, i, 10, 11);
            loads.immediate(Opcode.LOAD_U8, i, 0);
        }
        assertEquals(4 * 60, cost(divisions.none(Opcode.TRAP)));
        assertEquals(25, cost(loads.none(Opcode.TRAP)));
    }

    /** A chain of additions takes one cycle each; a move in between passes the dependency on and costs nothing. */
    @Test
    void dependencies() {
        var chain = new TestProgram();
        var moved = new TestProgram();
        for (int i = 0; i < 10; i++) {
            chain.binary(Opcode.MUL_64, 1, 1, 2);
            moved.binary(Opcode.MUL_64, 1, 3, 2).unary(Opcode.MOVE_REG, 3, 1);
        }
        assertEquals(10 * 3, cost(chain.none(Opcode.TRAP)));
        assertEquals(10 * 3, cost(moved.none(Opcode.TRAP)));
    }

    /** Whether a conditional move waits for its destination. */
    @Test
    void conditionalMoveByRevision() {
        for (var move : List.of(Opcode.CMOV_IZ, Opcode.CMOV_NZ)) {
            var program = new TestProgram().immediate(Opcode.LOAD_U64, 3, 0).binary(move, 3, 1, 2).none(Opcode.TRAP);
            assertEquals(25, cost(program, Revision.V0_8_0));
            assertEquals(27, cost(program, Revision.NEXT));
        }
        for (var move : List.of(Opcode.CMOV_IZ_IMM, Opcode.CMOV_NZ_IMM)) {
            var program = new TestProgram().immediate(Opcode.LOAD_U64, 3, 0).immediate(move, 3, 2, 0).none(Opcode.TRAP);
            assertEquals(25, cost(program, Revision.V0_8_0));
            assertEquals(27, cost(program, Revision.NEXT));
        }
    }

    /** The blocks of a program are priced apart. */
    @Test
    void oneModelForManyBlocks() {
        var program = new TestProgram().immediate(Opcode.LOAD_U64, 3, 0).jump(11).immediate(Opcode.LOAD_IMM, 3, 0)
                .none(Opcode.TRAP).parse();
        var model = new GasModel(program);
        for (int i = 0; i < 2; i++) {
            assertEquals(25, model.cost(0));
            assertEquals(2, model.cost(11));
        }
    }

    /** Random blocks, many registers in common or few, against the rules copied out. */
    @ParameterizedTest
    @EnumSource
    void equalsTheLiteralRules(Revision revision) {
        long seed = System.nanoTime();
        var random = new SplittableRandom(seed);
        for (int i = 0; i < RANDOM_BLOCKS; i++) {
            var code = randomBlock(random);
            var program = Program.parse(code, Rules.of(revision));
            int expected = LiteralGasModel.cost(program, revision, 0);
            int actual = new GasModel(program).cost(0);
            if (expected != actual) {
                fail("block costs %d, not %d: blob %s, seed %d, number %d"
                        .formatted(expected, actual, HexFormat.of().formatHex(code), seed, i));
            }
        }
    }

    /** The times of random blocks keep the rules of the pipeline, and come to the price. */
    @Test
    void timelinesKeepTheRules() {
        var random = new SplittableRandom(14);
        for (int i = 0; i < RANDOM_BLOCKS / 10; i++) {
            var program = Program.parse(randomBlock(random));
            var model = new GasModel(program);
            var steps = model.timeline(0);
            assertEquals(steps, model.timeline(0));
            int cost = model.cost(0);
            int retired = 0;
            int decoded = 0;
            int pc = 0;
            for (var step : steps) {
                assertEquals(pc, step.pc());
                var instruction = program.decode(pc);
                pc = instruction.next();
                assertTrue(step.decoded() >= decoded, step::toString);
                decoded = step.decoded();
                if (instruction.opcode() == Opcode.MOVE_REG) {
                    assertEquals(new PipelineStep(step.pc(), decoded, decoded, decoded, decoded), step);
                    continue;
                }
                assertTrue(step.started() > step.decoded(), step::toString);
                int cycles = instruction.opcode().cycles();
                assertTrue(step.finished() - step.started() == cycles || cycles == Opcode.BRANCH_CYCLES, step::toString);
                assertTrue(step.retired() >= Math.max(retired, step.finished() + 2), step::toString);
                retired = step.retired();
            }
            assertTrue(program.decode(steps.getLast().pc()).opcode().terminator());
            assertEquals(Math.max(1, retired - 3), cost);
        }
    }

    private static byte[] randomBlock(SplittableRandom random) {
        var opcodes = Opcode.values();
        // A block of few opcodes exhausts a unit, a window or the decoder; one of all does not.
        var chosen = random.ints(random.nextInt(1, 12), 0, opcodes.length).mapToObj(i -> opcodes[i]).toList();
        int registers = random.nextInt(1, 14);
        int length = random.nextInt(random.nextInt(1, 100) + 1);
        var code = new byte[length * 3 + 16];
        var starts = new BitSet();
        for (int i = 0; i < length; i++) {
            var opcode = random.nextInt(8) == 0 ? Opcode.MOVE_REG : chosen.get(random.nextInt(chosen.size()));
            code[3 * i] = (byte) (opcode.terminator() ? Opcode.UNLIKELY : opcode).code();
            code[3 * i + 1] = (byte) (random.nextInt(registers) << 4 | random.nextInt(registers));
            code[3 * i + 2] = (byte) random.nextInt(registers);
            starts.set(3 * i);
        }
        var ends = Arrays.stream(opcodes).filter(Opcode::terminator).toList();
        int last = 3 * length;
        code[last] = (byte) ends.get(random.nextInt(ends.size())).code();
        code[last + 1] = (byte) (random.nextInt(registers) << 4 | random.nextInt(registers));
        code[last + 2] = (byte) random.nextInt();
        starts.set(last);
        // What follows decides the price of branches.
        code[last + 3] = (byte) (random.nextBoolean() ? Opcode.FALLTHROUGH : Opcode.UNLIKELY).code();
        starts.set(last + 3);
        starts.set(last + 4);
        return Program.encode(Arrays.copyOf(code, last + 5), starts, new long[0], 0);
    }

    /** A million divisions one after the other: a price that a simulation cycle by cycle would count up for long. */
    @Test
    void longestBlock() {
        var code = new byte[Rules.defaults().maximumCodeLength() / 32];
        Arrays.fill(code, (byte) Opcode.DIV_U_64.code());
        code[code.length - 1] = 0;
        var starts = new BitSet();
        starts.set(0, code.length);
        var program = Program.parse(Program.encode(code, starts, new long[0], 0));
        assertEquals(60 * (code.length - 1), new GasModel(program).cost(0));
    }
}
