package io.pvmjit.internal.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.EngineConfig;
import io.pvmjit.Hardening;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.internal.jit.NativeEngine;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The room that is set aside for machine code is as much as it takes. */
class CodeEstimateTest {
    /** For one section, and for several. */
    private static final int[] INSTRUCTIONS = {300, 6000};

    private static final CodeEstimate ESTIMATE = CodeEstimate.of(EngineConfig.defaults());

    private static MemorySegment repeated(Opcode opcode, int instructions, int length, SplittableRandom random) {
        var code = new byte[instructions * length + 1];
        var starts = new BitSet();
        random.nextBytes(code);
        for (int i = 0; i < instructions; i++) {
            code[i * length] = (byte) opcode.code();
            starts.set(i * length);
        }
        code[code.length - 1] = (byte) Opcode.TRAP.code();
        starts.set(code.length - 1);
        return MemorySegment.ofArray(Program.encode(code, starts, new long[] {0, 1}, 3));
    }

    static Stream<EngineConfig> configurations() {
        var plain = EngineConfig.defaults();
        return Stream.of(
                plain,
                plain.withHardening(Set.of(Hardening.values())),
                plain.withAlwaysChecked(true),
                plain.withAddressing(EngineConfig.Addressing.BASE_REGISTER));
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void noInstructionTakesMore(EngineConfig config) {
        var random = new SplittableRandom(3);
        var engine = NativeEngine.create(config);
        var estimates = CodeEstimate.of(config);
        for (var opcode : Opcode.values()) {
            for (int n = 0; n < 10 * INSTRUCTIONS.length; n++) {
                var blob = repeated(opcode, INSTRUCTIONS[n / 10], 1 + n % 10, random);
                var module = engine.compile(blob);
                long code = module.footprint().code();
                assertTakesNoMore(code, engine, opcode);
                module.blockCosts();
                assertTakesNoMore(code, engine, opcode);
                module.close();
                long estimate = estimates.of(blob);
                assertTrue(code <= estimate, () -> opcode + ": " + code + " octets, estimated " + estimate);
                assertTrue(estimate <= estimates.ofLength(blob.byteSize()), opcode::toString);
            }
        }
        engine.close();
    }

    /** What the arena has given away, with room for code that is still to be made, is what is counted. */
    private static void assertTakesNoMore(long code, NativeEngine engine, Opcode opcode) {
        long used = engine.statistics().codeBytesUsed();
        assertTrue(used <= code, () -> opcode + ": " + used + " octets of the arena, " + code + " counted");
    }

    @Test
    void lengthsThatDoNotFit() {
        for (var octets : new byte[][] {{0, 0, 0}, {0, 0, 9, 1}, {0, 0, (byte) 0xff, -1, -1, -1, -1, -1, -1, -1, -1}}) {
            var blob = MemorySegment.ofArray(octets);
            assertEquals(CodeEstimate.MODULE, ESTIMATE.of(blob));
        }
        for (var octets : new byte[][] {{}, {0}, {0, 0}, {(byte) 0x80, 0}}) {
            var blob = MemorySegment.ofArray(octets);
            assertThrows(InvalidProgramException.class, () -> ESTIMATE.of(blob));
        }
    }
}
