package io.pvmjit.link;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a file is that is to be linked, by what is in it.
 *
 * @param elf an object file
 * @param archive an archive of object files
 * @param gcc it has intermediate code of GCC ({@code -flto}) and no other
 * @param llvm it has bitcode of LLVM
 */
record InputKind(boolean elf, boolean archive, boolean gcc, boolean llvm) {
    private static final String ELF = "\u007fELF";
    private static final String ARCHIVE = "!<arch>\n";
    /** Of an archive that has only the names of its members. */
    private static final String THIN_ARCHIVE = "!<thin>\n";
    private static final String BITCODE = "BC\u00c0\u00de";
    /** How a member's header ends in an archive. */
    private static final String MEMBER = "`\n";
    /** The symbol of GCC's objects that have no code beside the intermediate code. */
    private static final String SLIM = "\0__gnu_lto_slim\0";

    static InputKind of(Path file) throws LinkException {
        try {
            var octets = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            boolean elf = octets.startsWith(ELF);
            boolean archive = octets.startsWith(ARCHIVE) || octets.startsWith(THIN_ARCHIVE);
            return new InputKind(elf, archive, (elf || archive) && octets.contains(SLIM),
                    archive ? octets.contains(MEMBER + BITCODE) : octets.startsWith(BITCODE));
        } catch (IOException e) {
            throw new LinkException(file + " cannot be read: " + e);
        }
    }

    /** Whether it is something that a linker takes. */
    boolean isLinkable() {
        return elf || archive || llvm;
    }
}
