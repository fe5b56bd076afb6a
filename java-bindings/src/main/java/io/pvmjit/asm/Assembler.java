package io.pvmjit.asm;

import java.util.regex.Pattern;

/**
 * Turns the text form of a program, described in {@code docs/assembly.md}, into octets. What it makes is always valid.
 * Thread-safe.
 */
public final class Assembler {
    private static final Pattern STANDARD_DIRECTIVE =
            Pattern.compile("(?md)^[ \\t]*\\.(rodata|data|heap_pages|stack)\\b");

    private Assembler() {}

    /**
     * The program blob of a text.
     *
     * @throws AssemblyException when the text has a mistake
     */
    public static byte[] assemble(String text) {
        return new Linker(Parser.parse(text, false), 0, 0).program();
    }

    /**
     * The standard program of a text, with its data, heap and stack (a JAM blob without metadata).
     *
     * @throws AssemblyException when the text has a mistake
     */
    public static byte[] assembleStandard(String text) {
        var source = Parser.parse(text, true);
        int readOnlyLength = source.readOnlyData.length();
        var linker = new Linker(source, StandardLayout.readOnlyBase(), StandardLayout.dataBase(readOnlyLength));
        var program = linker.program();
        return StandardLayout.encode(source.readOnlyData.resolve(linker::valueOf),
                source.data.resolve(linker::valueOf), source.heapPages, source.stackSize, program);
    }

    /** Whether a text is one for {@link #assembleStandard}: a line begins with a directive for data, heap or stack. */
    public static boolean isStandard(String text) {
        return STANDARD_DIRECTIVE.matcher(text).find();
    }
}
