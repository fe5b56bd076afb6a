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
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are damaged or made to do harm are linked or refused with a message: no other exception, and no hang. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DamagedFilesTest {
    private static final int MUTATIONS = 250;
    private static final int ELF_HEADER = 64;
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

    /** Octets anywhere get random values. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void randomOctets(long seed) throws IOException {
        var random = new SplittableRandom(seed);
        var sound = sound();
        for (int i = 0; i < MUTATIONS; i++) {
            var damaged = sound.clone();
            for (int changes = 1 << random.nextInt(5); changes > 0; changes--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            link(damaged, "seed " + seed + ", mutation " + i);
        }
    }

    /** Fields of the headers get values at the edges of what they can hold. */
    @Test
    void headers() throws IOException {
        var random = new SplittableRandom(3);
        var sound = sound();
        var buffer = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
        int sections = (int) buffer.getLong(SECTION_HEADERS_OFFSET);
        long[] edges = {0, 1, -1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL, 1L << 40,
            Long.MAX_VALUE, Long.MIN_VALUE, sound.length, sound.length - 1};
        for (int i = 0; i < 2 * MUTATIONS; i++) {
            var damaged = sound.clone();
            var fields = ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN);
            boolean inElfHeader = random.nextInt(4) == 0;
            int count = inElfHeader ? ELF_HEADER : sound.length - sections;
            int position = (inElfHeader ? 0 : sections) + random.nextInt(count / 4 - 2) * 4;
            long edge = edges[random.nextInt(edges.length)];
            switch (random.nextInt(3)) {
                case 0 -> fields.putShort(position, (short) edge);
                case 1 -> fields.putInt(position, (int) edge);
                default -> fields.putLong(position, edge);
            }
            link(damaged, "mutation " + i + " at " + position + ": " + edge);
        }
    }

    /** Relocations, symbols, and names of other entries of the tables. */
    @Test
    void tables() throws IOException {
        var random = new SplittableRandom(5);
        var sound = sound();
        var headers = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
        int begin = (int) headers.getLong(SECTION_HEADERS_OFFSET);
        int count = (sound.length - begin) / SECTION_HEADER;
        for (int i = 0; i < MUTATIONS; i++) {
            var damaged = sound.clone();
            int header = begin + random.nextInt(1, count) * SECTION_HEADER;
            int offset = (int) headers.getLong(header + 0x18);
            int size = (int) headers.getLong(header + 0x20);
            int type = headers.getInt(header + 4);
            // SHT_SYMTAB and SHT_RELA: what the octets mean is checked by nobody before us.
            if (size == 0 || type != 2 && type != 4) {
                continue;
            }
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                damaged[offset + random.nextInt(size)] = (byte) (random.nextBoolean() ? random.nextInt() : -1);
            }
            link(damaged, "mutation " + i + " of section header at " + header);
        }
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
