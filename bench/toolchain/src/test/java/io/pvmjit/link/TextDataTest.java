package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.link.ElfObject.Relocation;
import io.pvmjit.link.ElfObject.Symbol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Data between instructions: which octets are data, where they are kept, and what symbols and relocations become. */
class TextDataTest {
    /** Offsets: code to 8, a table to 32, code to 40, an object to 44, code to 48, words at the end to 56. */
    private static final String ASSEMBLY = """
                .text
                .p2align 3
                .type f, @function
            f:  nop
                ret
                .p2align 3
            table: .dword f, 5
                .word 6, 7
            table_end:
                .type g, @function
            g:  nop
                ret
                .type object, @object
            object: .word 0x00000013
                .size object, 4
            behind: ret
                .dword 9
            end:
            """;

    @TempDir
    private static Path folder;

    private static ElfObject object;
    private static Section text;

    @BeforeAll
    static void assemble() throws IOException, LinkException {
        var source = Files.writeString(folder.resolve("text.S"), ASSEMBLY);
        object = ElfObject.read(Guests.object(Guests.Compiler.CLANG, source, folder.resolve("text.o"), "-mno-relax"));
        text = object.sections().stream().filter(section -> section.executable).findFirst().orElseThrow();
    }

    private static Symbol symbol(String name) {
        return object.symbols().stream().filter(symbol -> symbol.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void octets() {
        assertEquals(56, text.size);
        for (long offset = 0; offset <= text.size; offset++) {
            boolean isData = offset >= 8 && offset < 32 || offset >= 40 && offset < 44 || offset >= 48 && offset < 56;
            assertEquals(isData, text.data.has(offset), "offset " + offset);
            assertEquals(offset == 32 || offset == 44 || offset == 56, text.data.isEnd(offset), "end at " + offset);
            // Only g begins where data end.
            assertEquals(offset == 32, text.data.isBegin(offset), "begin at " + offset);
        }
    }

    @Test
    void symbolsOfData() {
        var table = symbol("table");
        assertNotEquals(text, table.section());
        assertFalse(table.section().executable);
        assertEquals(0, table.value());
        assertEquals(24, table.section().size);
        assertArrayEquals(new byte[] {5, 0, 0, 0}, java.util.Arrays.copyOfRange(table.section().contents, 8, 12));
        // A label where data end and a function begins is that of the data's end.
        assertSame(table.section(), symbol("table_end").section());
        assertEquals(24, symbol("table_end").value());
        var variable = symbol("object");
        assertEquals(0x13, variable.section().contents[(int) variable.value()]);
        // Aligned as it was: the copy begins at a multiple of the section's alignment.
        assertEquals(40 % text.alignment, variable.value());
        assertSame(symbol("end").section(),
                text.data.moved(new Symbol("", text, 48, 0, false, true, false, true)).section());
    }

    @Test
    void symbolsOfCode() {
        for (var name : new String[] {"f", "g", "behind"}) {
            assertSame(text, symbol(name).section(), name);
        }
        assertEquals(32, symbol("g").value());
        assertEquals(44, symbol("behind").value());
    }

    /** What a relocation of a symbol and an addend leads to: an offset of the code, or of data. */
    @ParameterizedTest
    @CsvSource({"f, 0, code, 0", "f, 4, code, 4", "f, 8, data, 0", "f, 20, data, 12", "f, 31, data, 23", "g, 0, code, 32",
        "g, -4, data, 20", "g, 8, data, 0", "behind, 0, code, 44", "behind, 4, data, 0", "f, 36, code, 36"})
    void relocations(String name, long addend, String kind, long offset) {
        var relocation = new Relocation(100, RelocationType.HI20.number(), symbol(name), addend);
        var moved = text.data.moved(relocation);
        assertEquals(100, moved.offset());
        assertEquals(relocation.number(), moved.number());
        assertEquals(kind.equals("code"), moved.symbol().section() == text);
        assertEquals(offset, moved.symbol().value() + moved.addend());
    }

    /** What changes data changes the copy, where it lies there. */
    @Test
    void relocationsOfData() {
        var inTable = symbol("table").section().relocations;
        assertEquals(1, inTable.size());
        assertEquals(0, inTable.getFirst().offset());
        assertEquals(RelocationType.ADDRESS_64, inTable.getFirst().type());
        assertEquals("f", inTable.getFirst().symbol().name());
        assertTrue(symbol("object").section().relocations.isEmpty());
    }

    @Test
    void none() {
        assertFalse(TextData.NONE.has(0));
        assertFalse(TextData.NONE.isEnd(0));
        var symbol = symbol("f");
        assertSame(symbol, TextData.NONE.moved(symbol));
        var relocation = new Relocation(0, RelocationType.HI20.number(), symbol, 8);
        assertSame(relocation, TextData.NONE.moved(relocation));
    }

    /** Objects that overlap, that are empty, or that reach beyond the section; data without an end. */
    @Test
    void marks() {
        var marks = new TextData.Marks();
        marks.object(8, 8);
        marks.object(12, 12);
        marks.object(8, 4);
        marks.object(28, 0);
        marks.object(52, 8);
        marks.code(0);
        marks.data(32);
        marks.data(36);
        marks.code(40);
        marks.code(44);
        marks.data(48);
        var data = TextData.of(text, marks);
        for (long offset = 0; offset < text.size; offset++) {
            boolean isData = offset >= 8 && offset < 24 || offset >= 32 && offset < 40 || offset >= 48;
            assertEquals(isData, data.has(offset), "offset " + offset);
        }
    }
}
