package io.pvmjit.input;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** What a file looks like that is not what a command takes, so that the command can name the one that helps. */
public enum FileKind {
    OBJECT_FILE("an object file or an archive", "'pvm link %s -o OUT.pvm' makes a JAM blob of object files"),
    C_SOURCE("C source text", "'pvm cc %s -o OUT.pvm' makes a JAM blob of it"),
    TRACE("a trace", "'pvm replay %s' runs it again"),
    JSON("JSON", "'pvm vectors', 'pvm gas' and 'pvm refine' read such files"),
    ASSEMBLY("assembly text", "'pvm asm %s -o OUT.pvm' makes a blob of it; commands that take programs "
            + "take *" + AssemblyFile.ENDING + " as it is"),
    BLOB("a blob", "'pvm disasm %s' prints the assembly text of a program blob");

    private static final List<String> OBJECT_FILES = List.of("\u007fELF", "!<arch>", "!<thin>", "BC\u00c0\u00de");
    private static final Pattern RECORD_OF_TRACE =
            Pattern.compile("(?<![0-9A-Za-z_])(program 0x[0-9a-fA-F]|start pc=\\d|ecalli=\\d)");

    private final String description;
    private final String advice;

    FileKind(String description, String advice) {
        this.description = description;
        this.advice = advice;
    }

    /** What it looks like; octets that are not text are a blob. */
    public static FileKind of(Path path, byte[] contents) {
        var begin = new String(contents, 0, Math.min(contents.length, 8), StandardCharsets.ISO_8859_1);
        if (OBJECT_FILES.stream().anyMatch(begin::startsWith)) {
            return OBJECT_FILE;
        }
        if (!isText(contents)) {
            return BLOB;
        }
        if (path.toString().matches(".*\\.([chsS]|cc|cpp|cxx|hpp)")) {
            return C_SOURCE;
        }
        var text = new String(contents, StandardCharsets.UTF_8).strip();
        if (text.startsWith("{") || text.startsWith("[")) {
            return JSON;
        }
        return RECORD_OF_TRACE.matcher(text).find() ? TRACE : ASSEMBLY;
    }

    private static boolean isText(byte[] contents) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(contents)).chars()
                    .noneMatch(character -> character < ' ' && "\t\n\r\f".indexOf(character) < 0);
        } catch (CharacterCodingException _) {
            return false;
        }
    }

    /** Fails when a file is not of this kind. */
    public void require(String wanted, Path path, byte[] contents) {
        if (contents.length == 0) {
            throw new InputException(path + " is empty");
        }
        var kind = of(path, contents);
        if (kind != this) {
            throw kind.insteadOf(wanted, path);
        }
    }

    /** What to say when a file is of this kind and should be another. */
    public InputException insteadOf(String wanted, Path path) {
        return new InputException(path + " is " + description + ", not " + wanted + ": " + advice.formatted(path));
    }
}
