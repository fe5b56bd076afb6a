package io.pvmjit.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.BlockCost;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Revision;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import io.pvmjit.stress.Setup;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks of one instruction, which the C library prices in a way of their own, and of two. */
class ShortBlocksTest {
    /** Each terminator in front of each: what a branch costs depends on what follows it. */
    private static byte[] program() {
        var codes = Stream.of(Opcode.values()).filter(Opcode::terminator).mapToInt(Opcode::code).toArray();
        var octets = new ArrayList<Integer>();
        for (int first : codes) {
            for (int second : codes) {
                octets.addAll(List.of(first, second, Opcode.UNLIKELY.code(), first, Opcode.MOVE_REG.code(), second));
            }
        }
        var code = new byte[octets.size()];
        for (int i = 0; i < code.length; i++) {
            code[i] = octets.get(i).byteValue();
        }
        var starts = new BitSet(code.length);
        starts.set(0, code.length);
        return Program.encode(code, starts, new long[0], 0);
    }

    private static List<BlockCost> costs(EngineConfig config) {
        try (var engine = Engine.create(config);
                var module = engine.compile(program())) {
            return List.copyOf(module.blockCosts());
        }
    }

    @ParameterizedTest
    @EnumSource
    void costTheSame(Revision revision) {
        var expected = costs(Setup.INTERPRETER.config().withRevision(revision));
        assertTrue(expected.stream().map(BlockCost::cost).distinct().count() >= 4, expected::toString);
        for (var setup : Setup.values()) {
            assertEquals(expected, costs(setup.config().withRevision(revision)), setup.name());
        }
    }
}
