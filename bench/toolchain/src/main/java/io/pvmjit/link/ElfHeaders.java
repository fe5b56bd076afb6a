package io.pvmjit.link;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Checks of an ELF file before the library reads it, which believes what section headers claim and allocates that. */
final class ElfHeaders {
    private static final int HEADER_LENGTH = 64;
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int TYPE_NULL = 0;
    private static final int TYPE_NOTE = 7;
    private static final int TYPE_NOBITS = 8;
    private static final int TYPE_HASH = 5;
    private static final int TYPE_DYNAMIC = 6;
    private static final int TYPE_DYNAMIC_SYMBOLS = 11;
    private static final int TYPE_GNU_HASH = 0x6fff_fff6;
    private static final int NOTE_HEADER = 12;

    private ElfHeaders() {}

    /**
     * Refuses files whose sections are not within them, and files for dynamic linking. What else may be wrong, the
     * library finds.
     *
     * @throws IllegalArgumentException with the reason
     */
    static void check(byte[] octets) {
        if (octets.length < HEADER_LENGTH) {
            throw new IllegalArgumentException("it has " + octets.length + " octets only");
        }
        if (octets[4] != CLASS_64) {
            // What else there is to say of it, its reader says.
            return;
        }
        if (octets[5] != LITTLE_ENDIAN) {
            throw new IllegalArgumentException("it is not little-endian");
        }
        var file = ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN);
        long begin = file.getLong(0x28);
        int size = Short.toUnsignedInt(file.getShort(0x3a));
        int count = Short.toUnsignedInt(file.getShort(0x3c));
        if (begin < 0 || begin > octets.length || size < HEADER_LENGTH
                || (long) count * size > octets.length - begin) {
            throw new IllegalArgumentException("its section headers are not in it");
        }
        if (count == 0 && begin != 0) {
            throw new IllegalArgumentException("it has more than 65,279 sections: compile with -fno-function-sections "
                    + "-fno-data-sections");
        }
        for (int i = 0; i < count; i++) {
            section(file, i, (int) begin + i * size);
        }
    }

    private static void section(ByteBuffer file, int index, int header) {
        int type = file.getInt(header + 4);
        long offset = file.getLong(header + 0x18);
        long length = file.getLong(header + 0x20);
        if (type == TYPE_NULL || type == TYPE_NOBITS) {
            return;
        }
        if (offset < 0 || length < 0 || offset > file.capacity() || length > file.capacity() - offset) {
            throw new IllegalArgumentException("section " + index + " is not in it");
        }
        switch (type) {
            case TYPE_HASH, TYPE_DYNAMIC, TYPE_DYNAMIC_SYMBOLS, TYPE_GNU_HASH ->
                throw new IllegalArgumentException("it is linked dynamically");
            case TYPE_NOTE -> {
                if (length < NOTE_HEADER || Integer.toUnsignedLong(file.getInt((int) offset))
                        + Integer.toUnsignedLong(file.getInt((int) offset + 4)) > length - NOTE_HEADER) {
                    throw new IllegalArgumentException("section " + index + " is no note");
                }
            }
            default -> {}
        }
    }
}
