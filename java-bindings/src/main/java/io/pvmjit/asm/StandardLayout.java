package io.pvmjit.asm;

import io.pvmjit.StandardProgram;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes the container of a standard program, and says where its data lie in RAM (Gray Paper A.7). */
public final class StandardLayout {
    private static final long ZONE = StandardProgram.ZONE_SIZE;
    /** Octets of the lengths, the heap size and the stack size. */
    static final int HEADER = 11;

    private StandardLayout() {}

    /** Address of the read-only data. */
    static long readOnlyBase() {
        return ZONE;
    }

    /** Address of the data that can be written. */
    static long dataBase(int readOnlyLength) {
        return 2 * ZONE + Math.ceilDiv(readOnlyLength, ZONE) * ZONE;
    }

    /**
     * The octets of a standard program. Its parts always fit into RAM: the fields of their sizes see to that.
     *
     * @param readOnlyData at most 2^24 - 1 octets
     * @param data initialized data that can be written, at most 2^24 - 1 octets
     * @param heapPages zero pages behind it, at most 2^16 - 1
     * @param stackSize octets, at most 2^24 - 1
     * @param program the program blob
     */
    public static byte[] encode(byte[] readOnlyData, byte[] data, int heapPages, int stackSize, byte[] program) {
        var blob = ByteBuffer.allocate(HEADER + readOnlyData.length + data.length + Integer.BYTES + program.length);
        blob.order(ByteOrder.LITTLE_ENDIAN);
        putThree(blob, readOnlyData.length);
        putThree(blob, data.length);
        blob.putShort((short) heapPages);
        putThree(blob, stackSize);
        blob.put(readOnlyData).put(data).putInt(program.length).put(program);
        return blob.array();
    }

    private static void putThree(ByteBuffer blob, int value) {
        blob.putShort((short) value).put((byte) (value >> 16));
    }
}
