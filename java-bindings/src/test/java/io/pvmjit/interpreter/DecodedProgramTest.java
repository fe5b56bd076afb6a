package io.pvmjit.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.BlockCost;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs are decoded and priced where they are entered, and that takes no more than is allowed. */
class DecodedProgramTest {
    private static final int MUCH = 1 << 30;

    /** Valid instructions of any kind; one of so many ends a block. */
    private static Program random(long seed, int instructions, int blockLength) {
        var random = new SplittableRandom(seed);
        var opcodes = Opcode.values();
        var code = new byte[instructions * 10 + 1];
        var starts = new BitSet();
        int pc = 0;
        for (int i = 0; i < instructions; i++) {
            var opcode = opcodes[random.nextInt(opcodes.length)];
            while (opcode.terminator() != (random.nextInt(blockLength) == 0)) {
                opcode = opcodes[random.nextInt(opcodes.length)];
            }
            starts.set(pc);
            code[pc++] = (byte) opcode.code();
            for (int operands = random.nextInt(9); operands > 0; operands--) {
                code[pc++] = (byte) random.nextInt();
            }
        }
        starts.set(pc);
        code[pc++] = (byte) Opcode.TRAP.code();
        return Program.parse(Program.encode(Arrays.copyOf(code, pc), starts, new long[0], 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 100, 10_000})
    void stretchesAreTheProgram(int blockLength) {
        var program = random(blockLength, 3_000, blockLength);
        var decoded = new DecodedProgram(program, new AtomicLong(MUCH));
        for (int pass = 0; pass < 2; pass++) {
            int pc = 0;
            while (pc < program.codeLength()) {
                var stretch = decoded.stretch(pc);
                assertEquals(pc, stretch.pc());
                assertTrue(stretch.length() >= 1 && stretch.length() <= Stretch.CAPACITY);
                for (int i = 0; i < stretch.length(); i++) {
                    var instruction = program.decode(pc);
                    assertEquals(pc, stretch.address(i));
                    assertSame(instruction.opcode(), Stretch.opcode(stretch.operation(i)));
                    assertEquals((int) instruction.x(), stretch.first(i));
                    boolean ends = instruction.opcode().terminator() || instruction.opcode() == Opcode.ECALLI;
                    assertTrue(!ends || i == stretch.length() - 1, "goes on behind what ends it");
                    pc = instruction.next();
                }
                assertEquals(pc, stretch.end());
                assertEquals(pc, stretch.address(stretch.length()));
                assertEquals(new GasModel(program).cost(program.blockAt(stretch.pc())), decoded.cost(stretch));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 100, 10_000})
    void pricesAreThoseOfTheModel(int blockLength) {
        var program = random(blockLength, 5_000, blockLength);
        var prices = new BlockPrices(program);
        var starts = program.blockStarts();
        assertEquals(program.blockCount(), starts.length);
        for (int pass = 0; pass < 2; pass++) {
            for (int start : starts) {
                assertEquals(new GasModel(program).cost(start), prices.cost(start), () -> "block " + start);
            }
        }
        var costs = new DecodedProgram(program, new AtomicLong(MUCH)).blockCosts();
        assertEquals(starts.length, costs.size());
        assertEquals(new BlockCost(starts[starts.length - 1], prices.cost(starts[starts.length - 1])), costs.getLast());
    }

    /** The most that blocks of few octets can cost still fits beside them. */
    @Test
    void pricesOfShortBlocks() {
        for (int length = 1; length <= 6; length++) {
            for (var filler : new Opcode[] {Opcode.ECALLI, Opcode.DIV_S_64, Opcode.UNLIKELY, Opcode.LOAD_U64}) {
                for (var last : new Opcode[] {Opcode.JUMP_IND, Opcode.BRANCH_EQ, Opcode.TRAP}) {
                    var code = new byte[length * 100 + 1];
                    for (int i = 0; i < code.length - 1; i++) {
                        code[i] = (byte) (i % length == length - 1 ? last.code() : filler.code());
                    }
                    var starts = new BitSet();
                    starts.set(0, code.length);
                    var program = Program.parse(Program.encode(code, starts, new long[0], 0));
                    var prices = new BlockPrices(program);
                    for (int pass = 0; pass < 2; pass++) {
                        for (int start : program.blockStarts()) {
                            assertEquals(new GasModel(program).cost(start), prices.cost(start));
                        }
                    }
                }
            }
        }
    }

    @Test
    void theTableTakesWhatIsAllowed() {
        var program = random(7, 20_000, 4);
        long fixed = new DecodedProgram(program, new AtomicLong(0)).tableOctets();
        assertTrue(fixed < 2 * program.codeLength() + 64 * Stretch.OCTETS, () -> fixed + " octets");
        for (long allowed : new long[] {0, 100_000, MUCH}) {
            var allowance = new AtomicLong(allowed);
            var decoded = new DecodedProgram(program, allowance);
            for (int pass = 0; pass < 20; pass++) {
                for (int pc = 0; pc < program.codeLength(); pc = decoded.stretch(pc).end()) {
                    assertTrue(allowance.get() >= 0 && allowance.get() <= allowed);
                }
            }
            assertEquals(allowed == 0, allowance.get() == allowed, "taken of " + allowed);
            decoded.close();
            assertEquals(allowed, allowance.get());
        }
    }
}
