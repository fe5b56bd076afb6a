package io.pvmjit.asm;

import io.pvmjit.EngineRules;
import io.pvmjit.rules.Rules;
import java.util.regex.Pattern;

/**
 * Turns the text form of a program, described in {@code docs/assembly.md}, into octets. What it makes is always valid.
 * Thread-safe.
 */
public final class Assembler {
    private static final Pattern STANDARD_DIRECTIVE =
            Pattern.compile("(?md)^[ \\t]*\\.(rodata|data|heap_pages|stack)\\b");

    private Assembler() {}

    /** {@link #assemble(String, EngineRules)} for the default revision. */
    public static byte[] assemble(String text) {
        return assemble(text, Rules.defaults());
    }

    /**
     * The program blob of a text.
     *
     * @param rules which octets stand for the opcodes, and how long code and jump table may be
     * @throws AssemblyException when the text has a mistake
     */
    public static byte[] assemble(String text, EngineRules rules) {
        var row = Rules.of(rules);
        return new NameResolver(Parser.parse(text, row, false), row, 0, 0).program();
    }

    /** {@link #assembleStandard(String, EngineRules)} for the default revision. */
    public static byte[] assembleStandard(String text) {
        return assembleStandard(text, Rules.defaults());
    }

    /**
     * The standard program of a text, with its data, heap and stack (a JAM blob without metadata).
     *
     * @param rules as for {@link #assemble(String, EngineRules)}
     * @throws AssemblyException when the text has a mistake
     */
    public static byte[] assembleStandard(String text, EngineRules rules) {
        var row = Rules.of(rules);
        var source = Parser.parse(text, row, true);
        int readOnlyLength = source.readOnlyData.length();
        var resolver = new NameResolver(
                source, row, StandardLayout.readOnlyBase(), StandardLayout.dataBase(readOnlyLength));
        var program = resolver.program();
        return StandardLayout.encode(source.readOnlyData.resolve(resolver::valueOf),
                source.data.resolve(resolver::valueOf), source.heapPages, source.stackSize, program);
    }

    /** Whether a text is one for {@link #assembleStandard}: a line begins with a directive for data, heap or stack. */
    public static boolean isStandard(String text) {
        return STANDARD_DIRECTIVE.matcher(text).find();
    }
}
