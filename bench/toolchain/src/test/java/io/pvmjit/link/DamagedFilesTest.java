package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that are damaged or made to do harm are linked or refused with a message: no other exception, and no hang. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DamagedFilesTest {
    private static final int MUTATIONS = 400;
    private static final int SYMBOLS = 2;
    private static final int SYMBOL = 24;
    private static final int SECTION_HEADER = 64;
    private static final int SECTION_HEADERS_OFFSET = 0x28;

    private final List<String> wrong = new ArrayList<>();

    @TempDir
    private Path folder;

    private byte[] sound() throws IOException {
        var source = Guests.resource("relocations.S", folder);
        return Files.readAllBytes(Guests.object(source, folder.resolve("sound.o"), "-g0"));
    }

    /** Links; whether that went well. */
    private boolean link(byte[] octets, String what) throws IOException {
        var file = Files.write(folder.resolve("damaged.o"), octets);
        try {
            Linker.link(file, LinkOptions.defaults());
            return true;
        } catch (LinkException e) {
            assertFalse(e.getMessage().isBlank(), what);
            return false;
        } catch (RuntimeException | OutOfMemoryError e) {
            wrong.add(what + ": " + e);
            return false;
        }
    }

    @AfterEach
    void nothingElseWasThrown() {
        assertEquals(List.of(), wrong);
    }

    @Test
    void truncated() throws IOException {
        var sound = sound();
        assertTrue(link(sound, "sound"));
        for (int length = 0; length < sound.length; length += 1 + length / 16) {
            assertFalse(link(Arrays.copyOf(sound, length), "truncated to " + length));
        }
    }

    /** {@code scripts/fuzz --objects} does the same for longer. */
    @ParameterizedTest
    @CsvSource({"GCC, relocations.S", "CLANG, relocations.S", "CLANG, text.S", "CLANG, labels.c"})
    void mutations(Guests.Compiler compiler, String name) throws IOException {
        var object = Guests.object(compiler, Guests.resource(name, folder), folder.resolve("sound.o"), "-g0", "-w",
                "-mrelax");
        var mutations = new ObjectMutations(Files.readAllBytes(object), 1);
        for (int i = 0; i < MUTATIONS; i++) {
            link(mutations.next(), "mutation " + i + " of " + name + " by " + compiler);
        }
    }

    /** A symbol whose value was none: it once reached the linker as an index. */
    @Test
    void valuesOfSymbols() throws IOException {
        var sound = sound();
        var fields = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
        int headers = (int) fields.getLong(SECTION_HEADERS_OFFSET);
        for (int header = headers; header < sound.length; header += SECTION_HEADER) {
            if (fields.getInt(header + 4) != SYMBOLS) {
                continue;
            }
            int begin = (int) fields.getLong(header + 0x18);
            for (int symbol = begin; symbol < begin + fields.getLong(header + 0x20); symbol += SYMBOL) {
                for (long value : new long[] {0xff86_ffff_0000_000cL, -4, Long.MIN_VALUE, Long.MAX_VALUE - 3, 1L << 34}) {
                    var damaged = sound.clone();
                    ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putLong(symbol + 8, value);
                    link(damaged, "symbol at " + symbol + ": " + value);
                }
            }
        }
    }

    /** Sections of every type, and with each flag turned: one of code that had become zeros had no octets to look at. */
    @Test
    void kindsOfSections() throws IOException {
        var sound = sound();
        var fields = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
        int headers = (int) fields.getLong(SECTION_HEADERS_OFFSET);
        int sections = 0;
        for (int header = headers; header + SECTION_HEADER <= sound.length; header += SECTION_HEADER, sections++) {
            for (int type = 0; type < 20; type++) {
                var damaged = sound.clone();
                ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putInt(header + 4, type);
                link(damaged, "section at " + header + " of type " + type);
            }
            for (int flag = 0; flag < 12; flag++) {
                var damaged = sound.clone();
                damaged[header + 8 + flag / Byte.SIZE] ^= (byte) (1 << flag % Byte.SIZE);
                link(damaged, "section at " + header + " with flag " + flag + " turned");
            }
        }
        assertTrue(sections > 4, () -> "the file has a table of sections at " + headers);
    }

    @Test
    void filesOfOtherKinds() throws IOException {
        for (var contents : new byte[][] {{}, {0x7f, 'E', 'L', 'F'}, "int main;".getBytes(), new byte[4096]}) {
            var file = Files.write(folder.resolve("other.o"), contents);
            var e = assertThrows(LinkException.class, () -> Linker.link(file, LinkOptions.defaults()));
            assertTrue(e.getMessage().startsWith(file + " is not a sound ELF file: "), e.getMessage());
        }
        var missing = folder.resolve("missing.o");
        assertThrows(LinkException.class, () -> Linker.link(missing, LinkOptions.defaults()));
        assertThrows(LinkException.class, () -> Linker.link(folder, LinkOptions.defaults()));
    }
}
