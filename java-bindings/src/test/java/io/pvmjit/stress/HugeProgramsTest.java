package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.Quotas;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The largest programs there can be: they compile, or are refused for want of room, and the engine goes on. Each in a
 * JVM of its own, whose heap holds little more than the blob.
 */
class HugeProgramsTest {
    private static final int CODE_LENGTH = Rules.defaults().maximumCodeLength();

    /** Compiles one huge program, runs it if it may, and then a small one. */
    static final class Compile {
        private static final long GAS = 1L << 34;
        /** Where a run begins: so many octets in front of the end. */
        private static final int LAST_OCTETS = 1 << 20;

        private Compile() {}

        static void main(String[] arguments) {
            var config = EngineConfig.defaults()
                    .withBackend(Backend.of(arguments[0]))
                    .withCodeArenaBytes(Long.parseLong(arguments[2]));
            try (var engine = Engine.create(config)) {
                System.out.println("OUTCOME " + compile(engine, blob(arguments[1])));
                assertEquals(0, engine.statistics().modulesAlive());
                assertEquals(0, engine.statistics().codeBytesUsed());
                try (var module = engine.compile(Guests.ADD);
                        var instance = module.instantiate()) {
                    assertEquals(new Exit.Halt(), instance.gas(1000).register(8, 42).run());
                    assertEquals(42, instance.register(7));
                }
            }
        }

        private static String compile(Engine engine, byte[] blob) {
            long start = System.nanoTime();
            try (var module = engine.compile(blob)) {
                long milliseconds = (System.nanoTime() - start) / 1_000_000;
                return "compiled in " + milliseconds + " ms, " + module.statistics() + ", " + run(module);
            } catch (ResourceLimitException e) {
                return "refused: " + e.getMessage();
            }
        }

        private static Exit run(Module module) {
            try (var instance = module.instantiate()) {
                // Where dynamic jumps lead: the last entry of a full jump table.
                instance.gas(GAS).register(0, 2L * Rules.defaults().maximumJumpTableLength());
                long begin = module.statistics().codeLength() - LAST_OCTETS;
                var exit = instance.pc(module.isStart(begin) ? begin : 0).run();
                assertTrue(instance.gas() >= 0 && instance.gas() < GAS, () -> "gas " + instance.gas());
                return exit;
            }
        }
    }

    static byte[] blob(String kind) {
        return switch (kind) {
            case "jump-table" -> jumpTable();
            case "random" -> random();
            case "unterminated" -> repeated(CODE_LENGTH, Opcode.ADD_64, Opcode.ADD_64);
            case "divisions" -> repeated(CODE_LENGTH / 4, Opcode.DIV_S_64, Opcode.TRAP);
            default -> repeated(CODE_LENGTH, Opcode.valueOf(kind), Opcode.TRAP);
        };
    }

    /** Instructions of one octet each, whose operands are the octets of those behind. */
    private static byte[] repeated(int length, Opcode opcode, Opcode last) {
        var code = new byte[length];
        Arrays.fill(code, (byte) opcode.code());
        code[length - 1] = (byte) last.code();
        var starts = new BitSet(length);
        starts.set(0, length);
        return Program.encode(code, starts, new long[0], 0);
    }

    private static byte[] random() {
        var random = new SplittableRandom(14);
        var opcodes = Opcode.values();
        var code = new byte[CODE_LENGTH];
        var starts = new BitSet(CODE_LENGTH);
        int pc = 0;
        while (pc < CODE_LENGTH - 1) {
            starts.set(pc);
            code[pc] = (byte) opcodes[random.nextInt(opcodes.length)].code();
            int length = Math.min(random.nextInt(8), CODE_LENGTH - 2 - pc);
            for (int i = 1; i <= length; i++) {
                code[pc + i] = (byte) random.nextInt();
            }
            pc += 1 + length;
        }
        starts.set(CODE_LENGTH - 1);
        return Program.encode(code, starts, new long[0], 0);
    }

    /** The longest jump table; every second entry leads to the trap, the others to no block. */
    private static byte[] jumpTable() {
        var code = new byte[] {(byte) Opcode.JUMP_IND.code(), 0, 0};
        var starts = new BitSet();
        starts.set(0);
        starts.set(2);
        var table = new long[Rules.defaults().maximumJumpTableLength()];
        for (int i = 0; i < table.length; i++) {
            table[i] = i % 2 == 0 ? 0xffff_ffffL : 2;
        }
        return Program.encode(code, starts, table, 4);
    }

    private static String outcome(String backend, String kind) throws Exception {
        return outcome(backend, kind, 1L << 30);
    }

    private static String outcome(String backend, String kind, long codeArenaBytes) throws Exception {
        var flags = List.of(ChildJvm.NATIVE_ACCESS, "-Xmx600m", "-XX:+UseSerialGC");
        var result = ChildJvm.run(Compile.class, flags, backend, kind, Long.toString(codeArenaBytes))
                .requireSuccess();
        assertEquals(1, result.linesAfter("OUTCOME ").size(), result::output);
        var outcome = result.linesAfter("OUTCOME ").getFirst();
        System.out.println(kind + " on the " + backend + ": " + outcome);
        return outcome;
    }

    @ParameterizedTest
    @CsvSource({"FALLTHROUGH", "ECALLI", "random", "jump-table"})
    void compile(String kind) throws Exception {
        var outcome = outcome("jit", kind);
        assertTrue(outcome.startsWith("compiled"), outcome);
        var exit = kind.equals("ECALLI") ? "HostCall[number=0]" : "Panic[]";
        assertTrue(outcome.contains(exit), outcome);
    }

    /** Machine code of a division of one octet is sixteen times as long: a quarter of the longest program is enough. */
    @Test
    void machineCodeBeyondTheArena() throws Exception {
        var outcome = outcome("jit", "divisions", 64L << 20);
        assertTrue(outcome.startsWith("compiled") && outcome.contains("nativeBytes=0"), outcome);
        assertTrue(outcome.contains("Panic[]"), outcome);
    }

    @ParameterizedTest
    @CsvSource({"FALLTHROUGH", "jump-table"})
    void interpret(String kind) throws Exception {
        var outcome = outcome("interpreter", kind);
        assertTrue(outcome.startsWith("compiled") || outcome.contains("Java heap"), outcome);
    }

    @ParameterizedTest
    @EnumSource(names = {"JIT", "INTERPRETER"})
    void invalidInTheLastOctet(Setup setup) {
        var blob = blob("unterminated");
        var longer = new byte[blob.length + 1];
        System.arraycopy(blob, 0, longer, 0, blob.length);
        try (var engine = setup.engine()) {
            var problem = assertThrows(InvalidProgramException.class, () -> engine.compile(blob));
            assertTrue(problem.offset() >= CODE_LENGTH - 1, problem::getMessage);
            assertThrows(InvalidProgramException.class, () -> engine.compile(longer));
            assertEquals(0, engine.statistics().modulesAlive());
        }
    }

    /** A program that no array holds, as guests may have in RAM: nothing but zeros, which is none. */
    @ParameterizedTest
    @EnumSource(names = {"JIT", "INTERPRETER", "CROSSCHECK"})
    void longerThanAnyArray(Setup setup, @TempDir Path temporary) throws IOException {
        var config = setup.config().withQuotas(Quotas.defaults().withMemory(1L << 40));
        try (var file = new RandomAccessFile(temporary.resolve("zeros").toFile(), "rw");
                var arena = Arena.ofConfined();
                var engine = Engine.create(config)) {
            file.setLength(1L << 31);
            var blob = file.getChannel().map(FileChannel.MapMode.READ_ONLY, 0, file.length(), arena);
            var expected = setup == Setup.JIT ? InvalidProgramException.class : ResourceLimitException.class;
            assertThrows(expected, () -> engine.compile(blob));
            assertEquals(0, engine.statistics().modulesAlive());
        }
    }

    /** Has a program of a million blocks cross-checked, whose prices are compared. */
    static final class ManyBlocks {
        private static final int BLOCKS = 1 << 20;

        private ManyBlocks() {}

        static void main(String[] arguments) {
            var code = new byte[BLOCKS];
            Arrays.fill(code, (byte) Opcode.TRAP.code());
            var starts = new BitSet(BLOCKS);
            starts.set(0, BLOCKS);
            try (var engine = Setup.CROSSCHECK.engine();
                    var module = engine.compile(Program.encode(code, starts, new long[0], 0))) {
                var costs = module.blockCosts();
                assertEquals(BLOCKS, costs.size());
                assertEquals(BLOCKS - 1, costs.getLast().pc());
                assertThrows(IndexOutOfBoundsException.class, () -> costs.get(BLOCKS));
                System.out.println("PRICED");
            }
        }
    }

    @Test
    void pricesTakeLittleOfTheHeap() throws Exception {
        var result = ChildJvm.run(ManyBlocks.class, List.of(ChildJvm.NATIVE_ACCESS, "-Xmx32m", "-XX:+UseSerialGC"))
                .requireSuccess();
        assertEquals(1, result.linesAfter("PRICED").size(), result::output);
    }
}
