package io.pvmjit.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Hardening;
import io.pvmjit.Instance;
import io.pvmjit.PageAccess;
import io.pvmjit.asm.Assembler;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import io.pvmjit.stress.Setup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What machine code makes of several instructions together, or of a block piece by piece: divisions by constants, both
 * halves of a product, blocks of more than 256 instructions. Every backend comes to what Java comes to.
 */
class JoinedInstructionsTest {
    private static final long[] EDGES = {
        0, 1, 2, 3, 6, 7, 9, 10, 255, 1000, Integer.MAX_VALUE, 1L << 31, (1L << 31) + 1, 0xffff_fffeL, 0xffff_ffffL,
        1L << 32,
        Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1, -1000, -7, -2, -1
    };
    private static final int[] DIVISORS = {
        0, 1, 2, 3, 5, 6, 7, 10, 641, 1000, 1 << 16, 65_537, Integer.MAX_VALUE, Integer.MIN_VALUE, -1000, -7, -2, -1
    };
    private static final long FIRST_PAGE = 32;

    static Stream<EngineConfig> configs() {
        var hardened = Setup.JIT.config().withHardening(EnumSet.allOf(Hardening.class));
        return Stream.concat(Stream.of(Setup.values()).map(Setup::config), Stream.of(hardened));
    }

    @ParameterizedTest
    @MethodSource("configs")
    void divisionsByConstants(EngineConfig config) {
        try (var engine = Engine.create(config)) {
            for (int divisor : DIVISORS) {
                var results = run(engine, """
                        load_imm a1, %d
                        div_u_64 a2, a0, a1
                        rem_u_64 a3, a0, a1
                        div_u_32 a4, a0, a1
                        rem_u_32 a5, a0, a1
                        trap
                        """.formatted(divisor));
                for (int i = 0; i < EDGES.length; i++) {
                    long n = EDGES[i];
                    var what = n + " by " + divisor;
                    var registers = results.get(i);
                    boolean zero = divisor == 0;
                    assertEquals(zero ? -1 : Long.divideUnsigned(n, divisor), registers[9], what);
                    assertEquals(zero ? n : Long.remainderUnsigned(n, divisor), registers[10], what);
                    assertEquals(zero ? -1 : Integer.divideUnsigned((int) n, divisor), registers[11], what);
                    assertEquals(zero ? (int) n : Integer.remainderUnsigned((int) n, divisor), registers[12], what);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void bothHalvesOfProducts(EngineConfig config) {
        try (var engine = Engine.create(config)) {
            for (long factor : EDGES) {
                var results = run(engine, """
                        load_imm_64 a1, 0x%x
                        mul_64 a2, a0, a1
                        mul_upper_u_u a3, a1, a0
                        mul_64 a4, a3, a1
                        mul_upper_u_u a3, a3, a1
                        trap
                        """.formatted(factor));
                for (int i = 0; i < EDGES.length; i++) {
                    long upper = Math.unsignedMultiplyHigh(EDGES[i], factor);
                    var what = EDGES[i] + " times " + factor;
                    var registers = results.get(i);
                    assertEquals(EDGES[i] * factor, registers[9], what);
                    assertEquals(upper * factor, registers[11], what);
                    assertEquals(Math.unsignedMultiplyHigh(upper, factor), registers[10], what);
                }
            }
        }
    }

    /** A fault on either side of each end of a piece finds the registers and the gas that all backends find. */
    @ParameterizedTest
    @MethodSource("configs")
    void faultsInLongBlocks(EngineConfig config) {
        for (int before : new int[] {250, 252, 253, 254, 255, 256, 257, 510, 511, 512, 513}) {
            var text = "add_imm_64 a0, a0, 4\n".repeat(before)
                    + "move_reg a2, a0\nadd_32 a3, a0, a0\nadd_64 a4, a1, a0\nload_ind_u64 a5, [a4 + 8]\n"
                    + "add_imm_64 a0, a0, 1\n".repeat(300) + "trap\n";
            try (var engine = Engine.create(config);
                    var module = engine.compile(Assembler.assemble(text));
                    var instance = module.instantiate()) {
                instance.gas(100_000).register(7, 0).register(8, FIRST_PAGE << 12);
                var fault = assertInstanceOf(Exit.PageFault.class, instance.run());
                assertEquals(FIRST_PAGE << 12, fault.page());
                long sum = 4L * before;
                assertEquals(List.of(sum, sum, 2 * sum, (FIRST_PAGE << 12) + sum),
                        List.of(instance.register(7), instance.register(9), instance.register(10), instance.register(11)));
                assertTrue(instance.memory().protect(FIRST_PAGE, 1, PageAccess.WRITE, true));
                assertInstanceOf(Exit.Panic.class, instance.run());
                assertEquals(sum + 300, instance.register(7));
                assertEquals(0, instance.register(12));
            }
        }
    }

    /** Sums that the faulting instruction reads, as its value and as its address, are there once. */
    @ParameterizedTest
    @MethodSource("configs")
    void sumsAtTheEndsOfPieces(EngineConfig config) {
        for (int before = 250; before < 258; before++) {
            var text = "add_imm_32 a5, a5, 1\n".repeat(before)
                    + "add_imm_64 a0, a0, 8\nadd_imm_64 a1, a1, 16\nstore_ind_u64 [a1], a0\n"
                    + "load_ind_u32 a1, [a1]\n" + "add_imm_32 a5, a5, 1\n".repeat(20) + "trap\n";
            try (var engine = Engine.create(config);
                    var module = engine.compile(Assembler.assemble(text));
                    var instance = module.instantiate()) {
                instance.gas(100_000).register(7, 1000).register(8, FIRST_PAGE << 12);
                assertInstanceOf(Exit.PageFault.class, instance.run());
                assertEquals(List.of(1008L, (FIRST_PAGE << 12) + 16, (long) before),
                        List.of(instance.register(7), instance.register(8), instance.register(12)));
                assertTrue(instance.memory().protect(FIRST_PAGE, 1, PageAccess.WRITE, true));
                assertInstanceOf(Exit.Panic.class, instance.run());
                assertEquals(List.of(1008L, 1008L), List.of(instance.register(7), instance.register(8)));
            }
        }
    }

    /** With so many instructions of one octet behind it nothing of a loop is put off or there twice: its gas is the same. */
    @ParameterizedTest
    @MethodSource("configs")
    void crowdedCode(EngineConfig config) {
        var text = """
                loop:
                move_reg a2, a0
                add_64 a4, a1, a0
                load_ind_u64 a5, [a4 + 8]
                add_imm_64 a0, a0, 8
                branch_lt_u_imm a0, 8192, loop
                trap
                """;
        var crowded = text + "fallthrough\n".repeat(1000) + "trap\n";
        for (var program : List.of(text, crowded)) {
            try (var engine = Engine.create(config);
                    var module = engine.compile(Assembler.assemble(program));
                    var instance = module.instantiate()) {
                instance.gas(1_000_000).register(7, 0).register(8, FIRST_PAGE << 12);
                for (long page = FIRST_PAGE; page < FIRST_PAGE + 3; page++) {
                    long rounds = page == FIRST_PAGE ? 0 : (page - FIRST_PAGE) * 512 - 1;
                    var fault = assertInstanceOf(Exit.PageFault.class, instance.run());
                    assertEquals(page << 12, fault.page());
                    assertEquals(List.of(8 * rounds, 8 * rounds, (FIRST_PAGE << 12) + 8 * rounds),
                            List.of(instance.register(7), instance.register(9), instance.register(11)));
                    assertEquals(1_000_000 - (rounds + 1) * module.blockCosts().getFirst().cost(), instance.gas());
                    assertTrue(instance.memory().protect(page, 1, PageAccess.WRITE, true));
                }
                assertInstanceOf(Exit.Panic.class, instance.run());
                assertEquals(8192, instance.register(7));
            }
        }
    }

    /** Instructions of one octet, whose operands are the octets behind them: as on the interpreter, wherever runs begin. */
    @ParameterizedTest
    @MethodSource("configs")
    void crowdedOpcodes(EngineConfig config) {
        var random = new SplittableRandom(3);
        var opcodes = Opcode.values();
        try (var engine = Engine.create(config);
                var interpreter = Engine.create(Setup.INTERPRETER.config())) {
            for (int program = 0; program < 20; program++) {
                var code = new byte[300];
                var starts = new BitSet();
                starts.set(0, code.length);
                for (int pc = 0; pc < code.length - 1; pc++) {
                    code[pc] = (byte) opcodes[random.nextInt(opcodes.length)].code();
                }
                code[code.length - 1] = (byte) Opcode.TRAP.code();
                var blob = Program.encode(code, starts, new long[0], 0);
                assertEquals(stops(interpreter, blob), stops(engine, blob));
            }
        }
    }

    /** How runs from each instruction end, with registers that are addresses, most of them. */
    private static List<String> stops(Engine engine, byte[] blob) {
        var stops = new ArrayList<String>();
        try (var module = engine.compile(blob);
                var instance = module.instantiate()) {
            assertTrue(instance.memory().protect(FIRST_PAGE, 2, PageAccess.WRITE, true));
            for (int pc = 0; pc < 300; pc++) {
                instance.pc(pc).gasCharged(false).gas(300);
                for (int register = 0; register < Instance.REGISTER_COUNT; register++) {
                    instance.register(register, (FIRST_PAGE << 12) + 999 * register);
                }
                var exit = instance.run();
                var registers = IntStream.range(0, Instance.REGISTER_COUNT).mapToObj(instance::register).toList();
                stops.add(pc + ": " + exit + " at " + instance.pc() + ", gas " + instance.gas() + ", " + registers);
            }
        }
        return stops;
    }

    /** All registers at the trap, for each of the edges in a0. */
    private static List<long[]> run(Engine engine, String text) {
        try (var module = engine.compile(Assembler.assemble(text))) {
            return Arrays.stream(EDGES).mapToObj(edge -> {
                try (var instance = module.instantiate()) {
                    instance.gas(10_000).register(7, edge);
                    assertInstanceOf(Exit.Panic.class, instance.run());
                    return instance.registers();
                }
            }).toList();
        }
    }
}
