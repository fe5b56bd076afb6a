package io.pvmjit.internal.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.EngineConfig;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.internal.jit.NativeEngine;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The room that is set aside for machine code is as much as it takes. */
class CodeEstimateTest {
    private static final int INSTRUCTIONS = 500;

    private static MemorySegment repeated(Opcode opcode, int length, SplittableRandom random) {
        var code = new byte[INSTRUCTIONS * length + 1];
        var starts = new BitSet();
        random.nextBytes(code);
        for (int i = 0; i < INSTRUCTIONS; i++) {
            code[i * length] = (byte) opcode.code();
            starts.set(i * length);
        }
        code[code.length - 1] = (byte) Opcode.TRAP.code();
        starts.set(code.length - 1);
        return MemorySegment.ofArray(Program.encode(code, starts, new long[] {0, 1}, 3));
    }

    @Test
    void noInstructionTakesMore() {
        var random = new SplittableRandom(3);
        var engine = NativeEngine.create(EngineConfig.defaults());
        for (var opcode : Opcode.values()) {
            for (int length = 1; length <= 10; length++) {
                var blob = repeated(opcode, length, random);
                var module = engine.compile(blob);
                long code = module.footprint().code();
                module.close();
                long estimate = CodeEstimate.of(blob, Rules.defaults());
                assertTrue(code <= estimate, () -> opcode + ": " + code + " octets, estimated " + estimate);
                assertTrue(estimate <= CodeEstimate.ofLength(blob.byteSize()), opcode::toString);
            }
        }
        engine.close();
    }

    @Test
    void lengthsThatDoNotFit() {
        for (var octets : new byte[][] {{0, 0, 0}, {0, 0, 9, 1}, {0, 0, (byte) 0xff, -1, -1, -1, -1, -1, -1, -1, -1}}) {
            var blob = MemorySegment.ofArray(octets);
            assertEquals(CodeEstimate.MODULE, CodeEstimate.of(blob, Rules.defaults()));
        }
        for (var octets : new byte[][] {{}, {0}, {0, 0}, {(byte) 0x80, 0}}) {
            var blob = MemorySegment.ofArray(octets);
            assertThrows(InvalidProgramException.class, () -> CodeEstimate.of(blob, Rules.defaults()));
        }
    }
}
