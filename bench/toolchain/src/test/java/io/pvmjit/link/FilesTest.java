package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files are known by what is in them, and headers are looked at before anything believes them; options have ranges. */
class FilesTest {
    private static final int HEADER = 64;
    private static final int SECTIONS = 3;
    private static final int LENGTH = HEADER + SECTIONS * HEADER + 32;

    @TempDir
    private Path folder;

    /** Of what is in a file: whether it is an object, an archive, has code of GCC, bitcode; and can be linked. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'' | false, false, false, false, false",
        "int main; | false, false, false, false, false",
        "<ELF> | true, false, false, false, true",
        "<ELF>...<0>__gnu_lto_slim<0>... | true, false, true, false, true",
        "<ELF>...__gnu_lto_slim... | true, false, false, false, true",
        "<0>__gnu_lto_slim<0> | false, false, false, false, false",
        "!<arch><n>... | false, true, false, false, true",
        "!<arch>... | false, false, false, false, false",
        "!<thin><n>... | false, true, false, false, true",
        "!<arch><n>a.o 10 `<n>BC<C0DE>... | false, true, false, true, true",
        "!<arch><n>a.o 10 `<n><ELF>...BC<C0DE> | false, true, false, false, true",
        "!<arch><n>a.o 10 `<n><ELF>..<0>__gnu_lto_slim<0>`<n>BC<C0DE> | false, true, true, true, true",
        "BC<C0DE> | false, false, false, true, true",
        "BC | false, false, false, false, false",
        " <ELF> | true, false, false, false, true"
    })
    void kinds(String contents, String kind) throws Exception {
        var text = contents.strip().replace("<ELF>", "\u007fELF").replace("<0>", "\0").replace("<n>", "\n").replace("<C0DE>",
                "\u00c0\u00de");
        var file = Files.write(folder.resolve("file.c"), text.getBytes(StandardCharsets.ISO_8859_1));
        var found = InputKind.of(file);
        assertEquals(kind.strip(), String.join(", ", List.of(found.elf(), found.archive(), found.gcc(), found.llvm(),
                found.isLinkable()).stream().map(String::valueOf).toList()));
    }

    @Test
    void filesThatCannotBeRead() {
        for (var file : List.of(folder, folder.resolve("nothing.o"))) {
            var e = assertThrows(LinkException.class, () -> InputKind.of(file));
            assertTrue(e.getMessage().startsWith(file + " cannot be read: "), e.getMessage());
        }
    }

    /** A header with a section of contents, one of zeros, and one that is none. */
    private static ByteBuffer sound() {
        var file = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        file.put("\u007fELF".getBytes(StandardCharsets.ISO_8859_1)).put((byte) 2).put((byte) 1);
        file.putLong(0x28, HEADER).putShort(0x3a, (short) HEADER).putShort(0x3c, (short) SECTIONS);
        section(file, 1, 1, LENGTH - 32, 32);
        section(file, 2, 8, 1L << 40, 1L << 40);
        return file;
    }

    private static void section(ByteBuffer file, int index, int type, long offset, long length) {
        int header = HEADER + index * HEADER;
        file.putInt(header + 4, type).putLong(header + 0x18, offset).putLong(header + 0x20, length);
    }

    @Test
    void soundHeaders() {
        assertDoesNotThrow(() -> ElfHeaders.check(sound().array()));
        // What is for 32 bits is laid out otherwise; that it is not for us is said by who reads it.
        var other = sound().put(4, (byte) 1).putLong(0x28, -1);
        assertDoesNotThrow(() -> ElfHeaders.check(other.array()));
    }

    /** A field of so many octets at an offset of the header gets a value. */
    @ParameterizedTest
    @CsvSource({
        "5, 1, 2, it is not little-endian", "0x28, 8, -1, its section headers are not in it",
        "0x28, 8, 0x7fffffffffffffff, its section headers are not in it", "0x28, 8, 0x61, its section headers are not in it",
        "0x3a, 2, 63, its section headers are not in it", "0x3a, 2, 0xffff, its section headers are not in it",
        "0x3c, 2, 5, its section headers are not in it", "0x3c, 2, 0xffff, its section headers are not in it",
        "0x3c, 2, 0, it has more than 65 279 sections: compile with -fno-function-sections -fno-data-sections"
    })
    void headersThatAreWrong(String offset, int octets, String value, String message) {
        var file = sound();
        long number = Long.decode(value);
        for (int i = 0; i < octets; i++) {
            file.put(Integer.decode(offset) + i, (byte) (number >> 8 * i));
        }
        refused(file.array(), message.replace("65 279", "65,279"));
    }

    /** The first section with contents. */
    @ParameterizedTest
    @CsvSource({
        "1, -1, 8, section 1 is not in it", "1, 0, -1, section 1 is not in it",
        "1, 9223372036854775807, 9223372036854775807, section 1 is not in it", "1, 256, 33, section 1 is not in it",
        "1, 289, 0, section 1 is not in it", "5, 256, 8, it is linked dynamically", "6, 256, 8, it is linked dynamically",
        "11, 256, 8, it is linked dynamically", "0x6ffffff6, 256, 8, it is linked dynamically",
        "7, 256, 11, section 1 is no note"
    })
    void sectionsThatAreWrong(String type, long offset, long length, String message) {
        var file = sound();
        section(file, 1, Integer.decode(type), offset, length);
        refused(file.array(), message);
    }

    /** Octets of a name and of a description, of which there are 20. */
    @ParameterizedTest
    @CsvSource({"4, 16, true", "20, 0, true", "4, 17, false", "-1, 0, false", "0, -1, false", "-1, -1, false",
        "2147483647, 2147483647, false"})
    void notes(int name, int description, boolean isSound) {
        var file = sound();
        section(file, 1, 7, LENGTH - 32, 32);
        file.putInt(LENGTH - 32, name).putInt(LENGTH - 28, description);
        if (isSound) {
            assertDoesNotThrow(() -> ElfHeaders.check(file.array()));
        } else {
            refused(file.array(), "section 1 is no note");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 63})
    void shortFiles(int length) {
        refused(java.util.Arrays.copyOf(sound().array(), length), "it has " + length + " octets only");
    }

    private static void refused(byte[] file, String message) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, () -> ElfHeaders.check(file)).getMessage());
    }

    @Test
    void rangesOfOptions() {
        var defaults = LinkOptions.defaults();
        assertEquals(1 << 20, defaults.stackSize());
        assertEquals(0, defaults.heapPages());
        assertTrue(defaults.entry().isEmpty());
        for (int size : new int[] {0, 1, (1 << 24) - 1}) {
            assertEquals(size, defaults.withStackSize(size).stackSize());
        }
        for (int pages : new int[] {0, 1, (1 << 16) - 1}) {
            assertEquals(pages, defaults.withHeapPages(pages).heapPages());
        }
        var e = assertThrows(IllegalArgumentException.class, () -> defaults.withStackSize(1 << 24));
        assertEquals("a stack has 0 to 2^24 - 1 octets, got 16777216", e.getMessage());
        e = assertThrows(IllegalArgumentException.class, () -> defaults.withHeapPages(1 << 16));
        assertEquals("a heap has 0 to 65535 pages at the start, got 65536", e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> defaults.withStackSize(-1));
        assertThrows(IllegalArgumentException.class, () -> defaults.withHeapPages(-1));
        // Each keeps the others.
        var all = defaults.withHeapPages(3).withEntry("f").withStackSize(8).withHeapPages(4);
        assertEquals("f", all.entry().orElseThrow());
        assertEquals(8, all.stackSize());
        assertEquals(4, all.heapPages());
        assertFalse(all.equals(defaults));
    }
}
