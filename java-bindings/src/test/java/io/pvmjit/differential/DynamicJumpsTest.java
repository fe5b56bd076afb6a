package io.pvmjit.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Hardening;
import io.pvmjit.asm.Assembler;
import io.pvmjit.stress.Setup;
import java.util.EnumSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Dynamic jumps on every backend: of the sum of a register and an offset the lower 32 bits count alone, which machine code
 * finds out in two ways, by tables whose entries all lead to blocks and by others, with pointers that are unresolved at
 * first and without.
 */
class DynamicJumpsTest {
    private static final long GAS = 1000;
    private static final long HALT = 0xffff_0000L;
    private static final String[] JUMPS =
            {"jump_ind a0 %s", "load_imm_jump_ind a1, 5, a0 %s", "load_imm_jump_ind a0, 5, a0 %s"};
    /** The last has more entries than machine code has pointers for: as many as half of the code's octets. */
    private static final String[] TABLES = {
        "first, second, first", "first, second, first, 1", "1, first, second", "first, 1, second" + ", first".repeat(9)
    };
    private static final int[] OFFSETS = {
        0, 2, -2, 7, 0x2000, -0x8002, 1 << 28, (1 << 28) + 1, -(1 << 28) - 1, 1 << 30, Integer.MAX_VALUE, Integer.MIN_VALUE
    };
    private static final long[] ADDRESSES = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x2000_0002, 0x4000_0002, 0x8000_0002L, HALT, HALT + 1, 0xffff_fffeL
    };
    private static final long[] UPPER_HALVES = {0, 1, 0x3fff_ffff, 0x4000_0000, 0x8000_0000L, 0xffff_ffffL};

    static Stream<EngineConfig> configs() {
        return Stream.of(
                Stream.of(Setup.values()).map(Setup::config),
                Stream.of(Setup.JIT, Setup.JIT_CHECKED).map(setup -> setup.config().withSectionBytes(1)),
                Stream.of(Setup.JIT.config().withHardening(EnumSet.allOf(Hardening.class))))
                .flatMap(stream -> stream);
    }

    @ParameterizedTest
    @MethodSource("configs")
    void lowerHalvesOfSums(EngineConfig config) {
        try (var engine = Engine.create(config)) {
            for (var jump : JUMPS) {
                for (var table : TABLES) {
                    for (int offset : OFFSETS) {
                        var sum = offset < 0 ? "- " + -(long) offset : "+ " + offset;
                        jumps(engine, jump.formatted(sum), table, offset);
                    }
                }
            }
        }
    }

    private static void jumps(Engine engine, String jump, String table, int offset) {
        var names = table.split(", ");
        var text = """
                %s
                first: load_imm a2, 1
                trap
                second: load_imm a2, 2
                trap
                .jump_table %s
                """.formatted(jump, table);
        try (var module = engine.compile(Assembler.assemble(text));
                var instance = module.instantiate()) {
            long cost = module.blockCosts().getFirst().cost();
            for (long address : ADDRESSES) {
                for (long upper : UPPER_HALVES) {
                    long base = (upper << 32 | address) - offset;
                    instance.pc(0).gasCharged(false).gas(GAS).register(7, base).register(9, 0);
                    var exit = instance.run();
                    var what = "%s by %s with 0x%x".formatted(jump, table, base);
                    int target = address % 2 == 0 && address >= 2 && address <= 2 * names.length
                            ? target(names[(int) address / 2 - 1]) : 0;
                    assertSame(address == HALT ? Exit.Halt.class : Exit.Panic.class, exit.getClass(), what);
                    assertEquals(target, instance.register(9), what);
                    long costs = cost + (target == 0 ? 0 : module.blockCosts().get(target).cost());
                    assertEquals(GAS - costs, instance.gas(), what);
                    assertEquals(jump.contains("a0, 5") ? 5 : base, instance.register(7), what);
                }
            }
        }
    }

    /** What is in a2 where an entry leads; 0 when it leads to no block. */
    private static int target(String name) {
        return switch (name) {
            case "first" -> 1;
            case "second" -> 2;
            default -> 0;
        };
    }
}
