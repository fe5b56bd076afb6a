package io.pvmjit.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Java's instruction set is the specification's and the C library's. */
class OpcodeTest {
    private static final int OPCODE_COUNT = 139;

    @Test
    void codesFindTheirOpcodes() {
        for (var opcode : Opcode.values()) {
            assertSame(opcode, Opcode.of(opcode.code()));
        }
        assertEquals(OPCODE_COUNT, Opcode.values().length);
        assertNull(Opcode.of(3));
        assertNull(Opcode.of(255));
    }

    @Test
    void agreesWithTheSpecification() {
        var lines = SourceFiles.lines(SourceFiles.specification("instructions.tsv"));
        assertEquals("opcode name operands terminator cycles decode_slots alu load store mul div",
                lines.get(0).replace('\t', ' '));
        var expected = lines.subList(1, lines.size()).stream().filter(line -> !line.isBlank()).toList();
        var actual = Arrays.stream(Opcode.values()).map(OpcodeTest::specificationRow).toList();
        assertEquals(String.join("\n", expected), String.join("\n", actual));
    }

    private static String specificationRow(Opcode opcode) {
        var units = opcode.units();
        return String.join("\t", Integer.toString(opcode.code()), opcode.mnemonic(),
                opcode.form().name().toLowerCase(Locale.ROOT), opcode.terminator() ? "1" : "0",
                opcode.cycles() == Opcode.BRANCH_CYCLES ? "branch(1,20)" : Integer.toString(opcode.cycles()),
                slots(opcode), Integer.toString(units.alu), Integer.toString(units.load), Integer.toString(units.store),
                Integer.toString(units.mul), Integer.toString(units.div));
    }

    /** The rule of the decode slots, found out by asking. A first source that overlaps is a source that does. */
    private static String slots(Opcode opcode) {
        int none = opcode.decodeSlots(false, false);
        int other = opcode.decodeSlots(false, true);
        int first = opcode.decodeSlots(true, true);
        if (none == other && other == first) {
            return Integer.toString(none);
        }
        return none == other ? "overlapA(" + first + "," + none + ")" : "overlap(" + other + "," + none + ")";
    }

    @Test
    void agreesWithTheLibrary() {
        var file = SourceFiles.repository().resolve("jit-native/src/opcodes.def");
        var expected = SourceFiles.lines(file).stream()
                .filter(line -> line.startsWith("OPCODE("))
                .map(line -> line.replaceAll("\\s+", ""))
                .collect(Collectors.joining("\n"));
        var actual = Arrays.stream(Opcode.values()).map(OpcodeTest::libraryRow).collect(Collectors.joining("\n"));
        assertEquals(expected, actual);
    }

    private static String libraryRow(Opcode opcode) {
        int none = opcode.decodeSlots(false, false);
        int other = opcode.decodeSlots(false, true);
        int first = opcode.decodeSlots(true, true);
        var rule = none == first ? "FIXED" : none == other ? "FIRST" : "ANY";
        return "OPCODE(%d,%s,%s,%d,%s,%s,%d,%d,%s)".formatted(opcode.code(), opcode.mnemonic(), opcode.form(),
                opcode.terminator() ? 1 : 0,
                opcode.cycles() == Opcode.BRANCH_CYCLES ? "BRANCH" : Integer.toString(opcode.cycles()),
                rule, first, none, opcode.units());
    }
}
