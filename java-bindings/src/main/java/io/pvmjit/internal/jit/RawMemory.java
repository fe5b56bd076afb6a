package io.pvmjit.internal.jit;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Memory off the heap by address. One constant segment that spans everything costs an access nothing, where a segment of
 * each instance costs three loads and two checks. <b>Nothing here is checked</b>: callers see to it that the address is
 * that of an object which is alive, and lies inside.
 */
final class RawMemory {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    /** What handlers copy most: octets of a hash or a key. Four words save 3 to 4 ns of the JVM's copy. */
    private static final int HASH = 32;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private RawMemory() {}

    static byte getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    static int getInt(long address) {
        return ALL.get(ValueLayout.JAVA_INT, address);
    }

    static void setInt(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT, address, value);
    }

    static long getLong(long address) {
        return ALL.get(ValueLayout.JAVA_LONG, address);
    }

    static void setLong(long address, long value) {
        ALL.set(ValueLayout.JAVA_LONG, address, value);
    }

    /** Fills an array. */
    static void copy(long address, byte[] target) {
        if (target.length == HASH) {
            LONGS.set(target, 0, word(address));
            LONGS.set(target, 8, word(address + 8));
            LONGS.set(target, 16, word(address + 16));
            LONGS.set(target, 24, word(address + 24));
        } else {
            MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, address, target, 0, target.length);
        }
    }

    /** Copies an array. */
    static void copy(byte[] source, long address) {
        if (source.length == HASH) {
            word(address, (long) LONGS.get(source, 0));
            word(address + 8, (long) LONGS.get(source, 8));
            word(address + 16, (long) LONGS.get(source, 16));
            word(address + 24, (long) LONGS.get(source, 24));
        } else {
            MemorySegment.copy(source, 0, ALL, ValueLayout.JAVA_BYTE, address, source.length);
        }
    }

    private static long word(long address) {
        return ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address);
    }

    private static void word(long address, long value) {
        ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, address, value);
    }
}
