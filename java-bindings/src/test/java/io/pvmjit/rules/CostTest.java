package io.pvmjit.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Costs that grow, against the same with numbers of any size. */
class CostTest {
    private static final BigInteger LIMIT = BigInteger.TWO.pow(64);
    private static final long[] EDGES = {
        0, 1, 1023, 1024, 1025, 264, 366, Long.MAX_VALUE, Long.MIN_VALUE, -1024, -1023, -2, -1
    };

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }

    private static void check(GrowingCost cost, BigInteger expected, long amount) {
        boolean fits = expected.compareTo(LIMIT) < 0;
        assertEquals(fits, cost.fits(amount), () -> cost + " of " + Long.toUnsignedString(amount));
        if (fits) {
            assertEquals(expected.longValue(), cost.of(amount), () -> cost + " of " + Long.toUnsignedString(amount));
        }
    }

    private static void check(long base, long factor, long amount) {
        var product = unsigned(factor).multiply(unsigned(amount));
        check(new UnitCost(base, factor), unsigned(base).add(product), amount);
        var perOctet = product.add(BigInteger.valueOf(1023)).shiftRight(10);
        check(new OctetCost(base, factor), unsigned(base).add(perOctet), amount);
    }

    @Test
    void edges() {
        for (long base : EDGES) {
            for (long factor : EDGES) {
                for (long amount : EDGES) {
                    check(base, factor, amount);
                }
            }
        }
    }

    @Test
    void random() {
        var random = new SplittableRandom(1);
        for (int i = 0; i < 100_000; i++) {
            check(random.nextLong() >>> random.nextInt(64), random.nextLong() >>> random.nextInt(64),
                    random.nextLong() >>> random.nextInt(64));
        }
    }
}
