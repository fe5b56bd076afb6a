package io.pvmjit.cli;

import io.pvmjit.EngineRules;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.StandardProgram;
import io.pvmjit.input.AssemblyFile;
import io.pvmjit.input.FileKind;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import io.pvmjit.program.Program;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file that holds a program.
 *
 * @param standard what is around the program blob, if there is anything
 * @param blob the program blob: a valid one
 */
record ProgramFile(Path path, Optional<StandardProgram> standard, byte[] blob) {
    /**
     * Reads a JAM blob with or without metadata, or a bare program blob: whichever it is and holds a valid program.
     *
     * @throws InputException when it is none of these
     */
    static ProgramFile read(Path path, EngineRules rules) {
        return of(path, AssemblyFile.program(path, rules), rules);
    }

    /** What a file has that may hold a program or something else: assembled when it is text and its name says so. */
    static byte[] contents(Path path, EngineRules rules) {
        var contents = Inputs.file(path);
        boolean isText = path.toString().endsWith(AssemblyFile.ENDING) && FileKind.of(path, contents) == FileKind.ASSEMBLY;
        return isText ? AssemblyFile.program(path, rules) : contents;
    }

    static ProgramFile of(Path path, byte[] contents, EngineRules rules) {
        requireContents(path, contents);
        String asStandard;
        try {
            var standard = StandardProgram.detect(contents);
            var blob = standard.programBlob().toArray(ValueLayout.JAVA_BYTE);
            try {
                Program.parse(blob, rules);
                return new ProgramFile(path, Optional.of(standard), blob);
            } catch (InvalidProgramException e) {
                asStandard = "its program blob, from octet " + standard.programOffset() + " on, is invalid: "
                        + reason(e);
            }
        } catch (InvalidProgramException e) {
            asStandard = e.reason();
        }
        try {
            Program.parse(contents, rules);
            return new ProgramFile(path, Optional.empty(), contents);
        } catch (InvalidProgramException e) {
            requireBlob(path, contents);
            throw new InputException(path + " is no program. As a standard program: " + asStandard
                    + ". As a bare program blob: " + reason(e));
        }
    }

    /** Reads a JAM blob with or without metadata, whose program need not be valid. */
    static StandardProgram standard(Path path, EngineRules rules) {
        return standard(path, AssemblyFile.program(path, rules), rules);
    }

    /** A JAM blob with or without metadata, of this path, whose program need not be valid. */
    static StandardProgram standard(Path path, byte[] contents, EngineRules rules) {
        requireContents(path, contents);
        try {
            return StandardProgram.detect(contents);
        } catch (InvalidProgramException e) {
            if (isProgram(contents, rules)) {
                throw new InputException(path + " is a bare program blob: --raw runs it");
            }
            requireBlob(path, contents);
            throw new InputException(path + " is no standard program: " + reason(e));
        }
    }

    /** Reads what should be a bare program blob, valid or not. */
    static byte[] bare(Path path, EngineRules rules) {
        var contents = AssemblyFile.program(path, rules);
        requireContents(path, contents);
        return contents;
    }

    /** Says what a file is that holds no valid program, when it does not look like one that was damaged. */
    static void requireBlob(Path path, byte[] contents) {
        FileKind.BLOB.require("a program", path, contents);
    }

    private static void requireContents(Path path, byte[] contents) {
        if (contents.length == 0) {
            throw new InputException(path + " is empty");
        }
    }

    private static boolean isProgram(byte[] contents, EngineRules rules) {
        try {
            Program.parse(contents, rules);
            return true;
        } catch (InvalidProgramException _) {
            return false;
        }
    }

    /** Whether this is a JAM blob, with or without metadata, whose program is valid. */
    static boolean isStandard(byte[] contents, EngineRules rules) {
        try {
            return isProgram(StandardProgram.detect(contents).programBlob().toArray(ValueLayout.JAVA_BYTE), rules);
        } catch (InvalidProgramException _) {
            return false;
        }
    }

    static String reason(InvalidProgramException e) {
        return e.reason() + " (octet " + e.offset() + ")";
    }

    /** What kind of file it is, for people. */
    String description() {
        return standard.map(program -> program.metadata().byteSize() > 0
                ? "JAM blob with " + program.metadata().byteSize() + " octets of metadata"
                : "JAM blob")
                .orElse("program blob");
    }
}
