package io.pvmjit.asm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Octets of {@code .rodata} or {@code .data}; values that depend on labels are put in later. */
final class DataSection {
    /** The length field of a standard program has three octets. */
    static final int MAXIMUM_LENGTH = (1 << 24) - 1;

    /** A value to be put in. */
    private record Value(int offset, int width, Expression expression) {}

    private byte[] octets = new byte[64];
    private int length;
    private final List<Value> values = new ArrayList<>();

    int length() {
        return length;
    }

    /** Whether so many octets more can be had. */
    boolean hasRoom(long count) {
        return Long.compareUnsigned(count, MAXIMUM_LENGTH - length) <= 0;
    }

    private int extend(int count) {
        int offset = length;
        length += count;
        if (length > octets.length) {
            octets = Arrays.copyOf(octets, Math.max(length, Math.min(MAXIMUM_LENGTH, 2 * octets.length)));
        }
        return offset;
    }

    void add(byte[] added) {
        int offset = extend(added.length);
        System.arraycopy(added, 0, octets, offset, added.length);
    }

    void addZeros(int count) {
        extend(count);
    }

    void add(Expression expression, int width) {
        values.add(new Value(extend(width), width, expression));
    }

    /** The octets, little-endian values put in. */
    byte[] resolve(Expression.Names names) {
        var result = Arrays.copyOf(octets, length);
        for (var value : values) {
            long number = value.expression.value(names);
            int bits = 8 * value.width;
            if (bits < 64 && number >> bits != 0 && number >> (bits - 1) != -1) {
                throw value.expression.error("the value " + number + " does not fit " + value.width + " octet"
                        + (value.width == 1 ? "" : "s"), "use a wider directive: .byte, .u16, .u32 or .u64");
            }
            for (int i = 0; i < value.width; i++) {
                result[value.offset + i] = (byte) (number >> 8 * i);
            }
        }
        return result;
    }
}
