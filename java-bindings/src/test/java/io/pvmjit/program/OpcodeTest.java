package io.pvmjit.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.pvmjit.program.Operand.Use;
import io.pvmjit.rules.OpcodeOctets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Java's instruction set is the specification's and the C library's. */
class OpcodeTest {
    private static final int OPCODE_COUNT = 139;

    @Test
    void octetsFindTheirOpcodes() {
        var octets = OpcodeOctets.standard();
        for (var opcode : Opcode.values()) {
            assertEquals(opcode.code(), octets.octet(opcode));
            assertSame(opcode, Opcode.of(octets, opcode.code()));
        }
        assertEquals(OPCODE_COUNT, Opcode.values().length);
        assertEquals(OPCODE_COUNT, IntStream.range(0, 256).filter(octet -> Opcode.of(octets, octet) != null).count());
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
                decodeSlots(opcode), Integer.toString(units.alu), Integer.toString(units.load),
                Integer.toString(units.store),
                Integer.toString(units.mul), Integer.toString(units.div));
    }

    /** The rule of the decode slots, found out by asking. A first source that overlaps is a source that does. */
    private static String decodeSlots(Opcode opcode) {
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
        assertEquals(SourceFiles.rows("opcodes.def", "OPCODE"),
                Arrays.stream(Opcode.values()).map(OpcodeTest::libraryRow).collect(Collectors.joining("\n")));
    }

    private static String libraryRow(Opcode opcode) {
        int none = opcode.decodeSlots(false, false);
        int other = opcode.decodeSlots(false, true);
        int first = opcode.decodeSlots(true, true);
        var rule = none == first ? "FIXED" : none == other ? "FIRST" : "ANY";
        return "OPCODE(%d,%s,%s,%s,%d,%s,%s,%d,%d,%s)".formatted(opcode.code(), opcode.mnemonic(), opcode.operands(),
                opcode.access(), opcode.terminator() ? 1 : 0,
                opcode.cycles() == Opcode.BRANCH_CYCLES ? "BRANCH" : Integer.toString(opcode.cycles()),
                rule, first, none, opcode.units());
    }

    @Test
    void operandsAgreeWithTheLibrary() {
        assertEquals(SourceFiles.rows("operands.def", "OPERANDS"),
                Arrays.stream(Operands.values()).map(OpcodeTest::libraryRow).collect(Collectors.joining("\n")));
    }

    private static String libraryRow(Operands operands) {
        var address = operands.list().stream().filter(Operand::isAddress).toList();
        return "OPERANDS(%s,%s,%s,%s,%s,%s,%s)".formatted(operands, operands.form(), registers(operands, Use.READ),
                registers(operands, Use.WRITE), registers(operands, Use.UPDATE),
                names(address.stream().map(Operand::register)), names(address.stream().map(Operand::immediate)));
    }

    private static String registers(Operands operands, Use use) {
        return names(operands.list().stream().filter(operand -> operand.use() == use).map(Operand::register));
    }

    private static String names(Stream<Operand.Field> fields) {
        var names = fields.filter(Objects::nonNull).map(Enum::name).sorted().collect(Collectors.joining());
        return names.isEmpty() ? "NONE" : names;
    }

    /** An instruction has an access exactly when it has an operand in brackets, and it is one of the units it takes. */
    @Test
    void accessesAreOperandsInBrackets() {
        for (var opcode : Opcode.values()) {
            boolean inBrackets = opcode.operands().list().stream().anyMatch(Operand::isMemory);
            assertEquals(inBrackets, opcode.access() != Access.NONE, opcode.mnemonic());
            assertEquals(inBrackets, opcode.units().load + opcode.units().store == 1, opcode.mnemonic());
        }
    }
}
