package io.pvmjit.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pvmjit.InvalidProgramException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The encoding of natural numbers, both ways, and what is none. */
class NaturalEncodingTest {
    /** The least and greatest value of every length. */
    @ParameterizedTest
    @CsvSource({
        "0, 00", "7f, 7f",
        "80, 8080", "3fff, bfff",
        "4000, c00040", "1fffff, dfffff",
        "200000, e0000020", "fffffff, efffffff",
        "10000000, f000000010", "7ffffffff, f7ffffffff",
        "800000000, f80000000008", "3ffffffffff, fbffffffffff",
        "40000000000, fc000000000004", "1ffffffffffff, fdffffffffffff",
        "2000000000000, fe00000000000002", "ffffffffffffff, feffffffffffffff",
        "100000000000000, ff0000000000000001", "ffffffffffffffff, ffffffffffffffffff",
        "12345, c14523",
    })
    void readsAndWrites(String value, String encoding) {
        long number = Long.parseUnsignedLong(value, 16);
        byte[] octets = HexFormat.of().parseHex(encoding);
        assertArrayEquals(octets, NaturalEncoding.encode(number));
        assertEquals(new NaturalEncoding.Decoded(number, octets.length), NaturalEncoding.read(octets, 0, "number"));
    }

    @Test
    void readsFromTheMiddle() {
        byte[] octets = HexFormat.of().parseHex("ffff8080ff");
        assertEquals(new NaturalEncoding.Decoded(128, 4), NaturalEncoding.read(octets, 2, "number"));
    }

    /** One octet more than needed, for every length. */
    @ParameterizedTest
    @ValueSource(strings = {
        "8000", "807f", "c0ff3f", "e0ffff1f", "f0ffffff0f", "f8ffffffff07", "fcffffffffff03", "feffffffffffff01",
        "ffffffffffffffff00", "ff0000000000000000",
    })
    void rejectsLongerThanNeeded(String encoding) {
        byte[] octets = HexFormat.of().parseHex(encoding);
        var thrown = assertThrows(InvalidProgramException.class, () -> NaturalEncoding.read(octets, 0, "number"));
        assertEquals(0, thrown.offset());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "80", "c000", "ff00000000000000"})
    void rejectsMissingOctets(String encoding) {
        byte[] octets = HexFormat.of().parseHex(encoding);
        var thrown = assertThrows(InvalidProgramException.class, () -> NaturalEncoding.read(octets, 0, "number"));
        assertEquals(octets.length, thrown.offset());
    }
}
