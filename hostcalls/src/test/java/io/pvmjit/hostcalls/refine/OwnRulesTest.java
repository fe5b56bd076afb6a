package io.pvmjit.hostcalls.refine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.asm.Assembler;
import io.pvmjit.asm.Disassembler;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.program.Opcode;
import io.pvmjit.rules.GasSchedule.Fixed;
import io.pvmjit.rules.HostFunction;
import io.pvmjit.rules.Rules;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** A revision is data: one that nobody has heard of, made up here, runs on the interpreter without a change elsewhere. */
class OwnRulesTest {
    private static final long GAS = 100_000;
    private static final int FREE_OCTET = 231;

    /** One opcode renumbered, one cost changed, one host call moved. */
    private static final Rules FOURTH = Rules.defaults().change("fourth")
            .opcodes(Rules.defaults().opcodes().with(Opcode.ADD_64, FREE_OCTET))
            .hostCalls(Rules.defaults().hostCalls().with(HostFunction.GAS, 40))
            .gasSchedule(Rules.defaults().gasSchedule().with(Fixed.GAS, 4_800))
            .rules();

    /** Asks for the gas by the number given and by 0, and leaves the sum of 40 and 2, and both answers. */
    private static String text(int gasNumber) {
        return """
                .data
                results: .zero 24
                .code
                ecalli %d
                store_u64 [results + 8], a0
                ecalli 0
                store_u64 [results + 16], a0
                load_imm a0, 40
                load_imm a1, 2
                add_64 a0, a0, a1
                store_u64 [results], a0
                load_imm_64 a0, results
                load_imm a1, 24
                jump_ind ra
                """.formatted(gasNumber);
    }

    private static Refinement run(Rules rules, byte[] blob) {
        var config = EngineConfig.defaults().withBackend(Backend.INTERPRETER).withRules(rules);
        try (var engine = Engine.create(config)) {
            return new RefineInvocation(engine).run(
                    Refinements.world(), OuterProgram.serviceCode(blob, 0), new byte[0], GAS);
        }
    }

    @Test
    void runsByRulesOfItsOwn() {
        var next = run(Rules.defaults(), Assembler.assembleStandard(text(0)));
        var blob = Assembler.assembleStandard(text(40), FOURTH);
        assertArrayEquals(blob, Assembler.assembleStandard(Disassembler.disassembleStandard(blob, FOURTH), FOURTH));
        var fourth = run(FOURTH, blob);
        var results = ByteBuffer.wrap(Refinements.output(fourth)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(42, results.getLong());
        long left = results.getLong();
        assertTrue(left > 0 && left < GAS, () -> "gas left: " + left);
        assertEquals(HostResults.WHAT, results.getLong());
        // In `next` both calls are gas, 48 each; here one is, for 4,800, and the other is unknown, for 1,000.
        assertEquals(4_800 + 1_000 - 2 * 48, fourth.gasUsed() - next.gasUsed());
    }

    @Test
    void otherRulesRefuseItsPrograms() {
        var blob = Assembler.assembleStandard(text(40), FOURTH);
        assertInstanceOf(WorkResult.Panic.class, run(Rules.defaults(), blob).result());
        assertInstanceOf(WorkResult.Panic.class, run(FOURTH, Assembler.assembleStandard(text(0))).result());
    }
}
