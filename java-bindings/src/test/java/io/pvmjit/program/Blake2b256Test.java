package io.pvmjit.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Random;
import org.bouncycastle.crypto.digests.Blake2bDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The hash is the library's, whatever memory the octets lie in and however they are cut into chunks. */
class Blake2b256Test {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65535, 65536, 65537, 200000})
    void hashesEveryLength(int length) {
        var octets = new byte[length];
        new Random(length).nextBytes(octets);
        var digest = new Blake2bDigest(256);
        digest.update(octets, 0, length);
        var expected = new byte[32];
        digest.doFinal(expected, 0);
        assertArrayEquals(expected, Blake2b256.of(octets).octets());
        try (var arena = Arena.ofConfined()) {
            var copy = arena.allocate(Math.max(1, length)).asSlice(0, length).copyFrom(MemorySegment.ofArray(octets));
            assertEquals(Blake2b256.of(octets), Blake2b256.of(copy));
        }
    }

    /** The empty string's, as RFC 7693's reference code has it. */
    @Test
    void hashesNothing() {
        var expected = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
        assertEquals(expected, HexFormat.of().formatHex(Blake2b256.of(new byte[0]).octets()));
    }
}
