package io.pvmjit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** JAM blobs and service code: what is read from them, the RAM that it gives, and which are refused. */
class StandardProgramTest {
    private static final byte[] TRAP = {0, 0, 1, 0, 1};

    private static byte[] blob(byte[] readOnly, byte[] readWrite, int heapPages, int stackSize, byte[] program) {
        var blob = new ByteArrayOutputStream();
        number(blob, readOnly.length, 3);
        number(blob, readWrite.length, 3);
        number(blob, heapPages, 2);
        number(blob, stackSize, 3);
        blob.writeBytes(readOnly);
        blob.writeBytes(readWrite);
        number(blob, program.length, 4);
        blob.writeBytes(program);
        return blob.toByteArray();
    }

    private static void number(ByteArrayOutputStream target, int value, int octets) {
        for (int i = 0; i < octets; i++) {
            target.write(value >>> 8 * i);
        }
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] octets(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] concat(byte[] first, byte[] second) {
        var both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    @Test
    void takesABlobApart() {
        var program = StandardProgram.parse(blob(text("ro"), text("rwd"), 2, 5000, TRAP));
        assertEquals(2, program.readOnlyLength());
        assertEquals(3, program.readWriteLength());
        assertEquals(2, program.heapPages());
        assertEquals(5000, program.stackSize());
        assertEquals(0, program.offset());
        assertEquals(3 + 3 + 2 + 3 + 2 + 3 + 4, program.programOffset());
        assertEquals(0, program.metadata().byteSize());
        assertArrayEquals(TRAP, octets(program.programBlob()));
        assertTrue(program.programBlob().isReadOnly());
    }

    @Test
    void laysOutRam() {
        var program = StandardProgram.parse(blob(text("ro"), text("rwd"), 2, 5000, TRAP));
        var regions = program.image(text("argument")).regions();
        assertEquals(4, regions.size());
        assertRegion(regions.get(0), 0x10000, 1, PageAccess.READ, "ro");
        assertRegion(regions.get(1), 0x30000, 1 + 2, PageAccess.WRITE, "rwd");
        assertRegion(regions.get(2), 0xfefe0000L - 2 * 4096, 2, PageAccess.WRITE, "");
        assertRegion(regions.get(3), 0xfeff0000L, 1, PageAccess.READ, "argument");
    }

    private static void assertRegion(
            MemoryImage.Region region, long address, int pages, PageAccess access, String text) {
        assertEquals(address, region.firstPage() * (long) MemoryImage.PAGE_SIZE);
        assertEquals(pages, region.pageCount());
        assertEquals(access, region.access());
        assertArrayEquals(text(text), octets(region.contents()));
    }

    @ParameterizedTest
    @CsvSource({"0, 0x20000", "1, 0x30000", "65536, 0x30000", "65537, 0x40000"})
    void placesTheHeapBehindWholeZones(int readOnlyLength, String heapStart) {
        var program = StandardProgram.parse(blob(new byte[readOnlyLength], text("w"), 0, 0, TRAP));
        assertEquals(Long.decode(heapStart), program.heapStart());
        var heap = program.image(new byte[0]).regions().getLast();
        assertEquals(Long.decode(heapStart), heap.firstPage() * (long) MemoryImage.PAGE_SIZE);
    }

    @Test
    void hasNoRegionForNothing() {
        assertEquals(List.of(), StandardProgram.parse(blob(new byte[0], new byte[0], 0, 0, new byte[0]))
                .image(new byte[0]).regions());
    }

    @Test
    void setsRegisters() {
        var program = StandardProgram.parse(blob(text("ro"), text("rw"), 0, 0, TRAP));
        assertArrayEquals(new long[] {0xffff0000L, 0xfefe0000L, 0, 0, 0, 0, 0, 0xfeff0000L, 3, 0, 0, 0, 0},
                program.registers(text("abc")));
    }

    @Test
    void sharesRegionsBetweenImages() {
        var program = StandardProgram.parse(blob(text("ro"), text("rw"), 1, 1, TRAP));
        var first = program.image(text("a")).regions();
        var second = program.image(text("a")).regions();
        for (int i = 0; i < 3; i++) {
            assertSame(first.get(i), second.get(i));
        }
        assertNotSame(first.get(3), second.get(3));
        // Arguments are one run's: no memory slot is to remember them.
        assertEquals(0, second.get(3).contentsId());
        assertNotEquals(0, second.get(0).contentsId());
    }

    @Test
    void keepsItsOwnCopy() {
        var source = blob(text("ro"), text("rw"), 0, 0, TRAP);
        var program = StandardProgram.parse(source);
        Arrays.fill(source, (byte) 0x55);
        assertArrayEquals(TRAP, octets(program.programBlob()));
        assertArrayEquals(text("ro"), octets(program.image(new byte[0]).regions().getFirst().contents()));
    }

    @Test
    void readsNativeMemory() {
        var source = blob(text("ro"), text("rw"), 0, 0, TRAP);
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocate(source.length).copyFrom(MemorySegment.ofArray(source));
            assertArrayEquals(TRAP, octets(StandardProgram.parse(segment).programBlob()));
        }
    }

    @Test
    void rejectsEveryPrefix() {
        var whole = blob(text("ro"), text("rwd"), 2, 5000, TRAP);
        for (int length = 0; length < whole.length; length++) {
            var prefix = Arrays.copyOf(whole, length);
            var e = assertThrows(InvalidProgramException.class, () -> StandardProgram.parse(prefix));
            assertEquals(length, e.offset());
        }
    }

    @Test
    void rejectsWhatIsLeftOver() {
        var longer = concat(blob(text("ro"), text("rwd"), 2, 5000, TRAP), new byte[1]);
        var e = assertThrows(InvalidProgramException.class, () -> StandardProgram.parse(longer));
        assertEquals(longer.length - 1, e.offset());
    }

    /** Lengths that nothing backs must be refused before anything is made of them. */
    @Test
    void rejectsEnormousClaims() {
        var claims = new byte[11];
        Arrays.fill(claims, (byte) 0xff);
        assertThrows(InvalidProgramException.class, () -> StandardProgram.parse(claims));
        var code = blob(new byte[0], new byte[0], 0, 0, new byte[0]);
        Arrays.fill(code, 11, 15, (byte) 0xff);
        assertThrows(InvalidProgramException.class, () -> StandardProgram.parse(code));
        var metadata = new byte[9];
        Arrays.fill(metadata, (byte) 0xff);
        assertThrows(InvalidProgramException.class, () -> StandardProgram.parseServiceCode(metadata));
    }

    /** The largest lengths there are fit: the condition on their sum can not fail. */
    @Test
    void acceptsTheLargestLengths() {
        int most = (1 << 24) - 1;
        var program = StandardProgram.parse(blob(new byte[most], new byte[most], 0xffff, most, TRAP));
        var regions = program.image(new byte[StandardProgram.MAXIMUM_ARGUMENT_LENGTH]).regions();
        assertEquals(List.of(4096, 4096 + 0xffff, 4096, 4096),
                regions.stream().map(MemoryImage.Region::pageCount).toList());
        for (int i = 1; i < regions.size(); i++) {
            var before = regions.get(i - 1);
            int gap = regions.get(i).firstPage() - before.firstPage() - before.pageCount();
            assertTrue(gap >= StandardProgram.ZONE_SIZE / MemoryImage.PAGE_SIZE, "a free zone between regions");
        }
    }

    @Test
    void limitsArguments() {
        var program = StandardProgram.parse(blob(new byte[0], new byte[0], 0, 0, TRAP));
        var tooMany = new byte[StandardProgram.MAXIMUM_ARGUMENT_LENGTH + 1];
        assertThrows(IllegalArgumentException.class, () -> program.image(tooMany));
        assertThrows(IllegalArgumentException.class, () -> program.registers(tooMany));
    }

    /** Lengths at the borders of the encoding's forms, with their encodings. */
    @ParameterizedTest
    @CsvSource({"0, 00", "1, 01", "127, 7f", "128, 8080", "255, 80ff", "16383, bfff", "16384, c00040", "65536, c10000"})
    void readsServiceCode(int length, String encoding) {
        var metadata = new byte[length];
        Arrays.fill(metadata, (byte) 0x6d);
        var standard = blob(text("ro"), text("rw"), 0, 0, TRAP);
        var prefix = HexFormat.of().parseHex(encoding);
        var service = StandardProgram.parseServiceCode(concat(concat(prefix, metadata), standard));
        assertArrayEquals(metadata, octets(service.metadata()));
        assertEquals(prefix.length + length, service.offset());
        assertArrayEquals(TRAP, octets(service.programBlob()));
    }

    /** A value has one encoding: one that takes more octets than it needs is none. */
    @ParameterizedTest
    @ValueSource(strings = {"8000", "807f", "c00000", "c0ff3f", "e0000000", "fe00000000000000", "ffffffffffffffff00"})
    void rejectsLongerEncodings(String encoding) {
        var prefix = HexFormat.of().parseHex(encoding);
        var blob = concat(concat(prefix, new byte[0x3fff]), blob(text("ro"), text("rw"), 0, 0, TRAP));
        var e = assertThrows(InvalidProgramException.class, () -> StandardProgram.parseServiceCode(blob));
        assertEquals(0, e.offset());
        assertTrue(e.getMessage().contains("shortest"), e.getMessage());
    }

    @Test
    void detectsBothForms() {
        var standard = blob(text("ro"), text("rw"), 0, 0, TRAP);
        assertEquals(0, StandardProgram.detect(standard).offset());
        var service = concat(concat(new byte[] {4}, text("meta")), standard);
        assertArrayEquals(text("meta"), octets(StandardProgram.detect(service).metadata()));
        var e = assertThrows(InvalidProgramException.class, () -> StandardProgram.detect(text("something else")));
        assertTrue(e.getMessage().contains("neither a JAM blob"), e.getMessage());
    }
}
