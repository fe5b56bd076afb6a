package io.pvmjit.input;

import io.pvmjit.EngineRules;
import io.pvmjit.asm.Assembler;
import io.pvmjit.asm.AssemblyException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A file of assembly text. Commands that take programs take such files as well, by the end of their names.
 *
 * @param standard whether the text has directives for data, heap or stack, so that it becomes a JAM blob
 */
public record AssemblyFile(Path path, String text, boolean standard) {
    /** How the names of such files end; a blob's ends in .pvm or .jam, if in anything. */
    public static final String ENDING = ".pvmasm";

    /** @throws InputException when there is no such file, or it is not text */
    public static AssemblyFile read(Path path) {
        var contents = Inputs.file(path);
        for (byte octet : contents) {
            if (octet == 0) {
                throw FileKind.of(path, contents).insteadOf("assembly text", path);
            }
        }
        try {
            var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(contents)).toString();
            return new AssemblyFile(path, text, Assembler.isStandard(text));
        } catch (CharacterCodingException _) {
            throw new InputException(path + " is not text in UTF-8");
        }
    }

    /** @throws InputException when the text has a mistake */
    public byte[] assemble(EngineRules rules) {
        try {
            return standard ? Assembler.assembleStandard(text, rules) : Assembler.assemble(text, rules);
        } catch (AssemblyException e) {
            FileKind.ASSEMBLY.require("assembly text", path, text.getBytes(StandardCharsets.UTF_8));
            throw new InputException(path + ":" + e.line() + ":" + e.column() + ": " + e.problem() + "; " + e.advice());
        }
    }

    /** The program in a file: what it assembles to when its name says that it is text, else its contents. */
    public static byte[] program(Path path, EngineRules rules) {
        return path.toString().endsWith(ENDING) ? read(path).assemble(rules) : Inputs.file(path);
    }
}
