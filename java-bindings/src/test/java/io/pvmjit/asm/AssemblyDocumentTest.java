package io.pvmjit.asm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.ExitKind;
import io.pvmjit.StandardProgram;
import io.pvmjit.program.Opcode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The examples of docs/assembly.md work, and it shows every operand form. */
class AssemblyDocumentTest {
    private static final Pattern EXAMPLE = Pattern.compile("```asm\n(.*?)```", Pattern.DOTALL);

    private static String document() throws IOException {
        return Files.readString(Path.of("docs/assembly.md"));
    }

    private static List<String> examples() throws IOException {
        return EXAMPLE.matcher(document()).results().map(found -> found.group(1)).toList();
    }

    @Test
    void theFirstExampleRuns() throws IOException {
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(Backend.INTERPRETER));
                var module = engine.compile(Assembler.assemble(examples().get(0)));
                var instance = module.instantiate()) {
            assertEquals(Exit.of(ExitKind.HALT, 0), instance.gas(10_000).run());
            assertEquals(55, instance.register(7));
        }
    }

    @Test
    void allExamplesAssemble() throws IOException {
        assertTrue(examples().size() >= 5);
        for (var example : examples()) {
            if (Assembler.isStandard(example)) {
                StandardProgram.parse(Assembler.assembleStandard(example));
            } else {
                Assembler.assemble(example);
            }
        }
    }

    @Test
    void everyOperandFormIsNamed() throws IOException {
        var document = document();
        for (var opcode : List.of(Opcode.TRAP, Opcode.ECALLI, Opcode.LOAD_IMM_64, Opcode.STORE_IMM_U8, Opcode.JUMP,
                Opcode.JUMP_IND, Opcode.LOAD_IMM, Opcode.LOAD_U8, Opcode.STORE_U8, Opcode.STORE_IMM_IND_U8,
                Opcode.LOAD_IMM_JUMP, Opcode.BRANCH_EQ_IMM, Opcode.MOVE_REG, Opcode.STORE_IND_U8, Opcode.LOAD_IND_U8,
                Opcode.ADD_IMM_64, Opcode.BRANCH_EQ, Opcode.LOAD_IMM_JUMP_IND, Opcode.ADD_64)) {
            assertTrue(document.contains("`" + opcode.mnemonic() + "`"), opcode.mnemonic());
        }
    }
}
