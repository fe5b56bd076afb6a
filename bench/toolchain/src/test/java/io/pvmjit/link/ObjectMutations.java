package io.pvmjit.link;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Damages an ELF file in ways that a reader may not expect. */
final class ObjectMutations {
    private static final int ELF_HEADER = 64;
    private static final int SECTION_HEADER = 64;
    private static final int SECTION_HEADERS_OFFSET = 0x28;
    private static final int SYMBOLS = 2;
    private static final int RELOCATIONS = 4;
    private static final int RELOCATION = 24;

    private final byte[] sound;
    private final int headers;
    private final SplittableRandom random;

    ObjectMutations(byte[] sound, long seed) {
        this.sound = sound;
        this.headers = (int) ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).getLong(SECTION_HEADERS_OFFSET);
        this.random = new SplittableRandom(seed);
    }

    /** The next damaged file. */
    byte[] next() {
        var damaged = sound.clone();
        for (int changes = 1 << random.nextInt(4); changes > 0; changes--) {
            switch (random.nextInt(8)) {
                case 0 -> damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
                case 1 -> damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
                case 2, 3 -> header(damaged);
                case 4, 5, 6 -> table(damaged);
                default -> swap(damaged);
            }
        }
        return random.nextInt(50) == 0 ? Arrays.copyOf(damaged, random.nextInt(damaged.length)) : damaged;
    }

    private long edge() {
        long[] edges = {0, 1, -1, 4, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL, 1L << 40,
            0xff86_ffff_0000_000cL, Long.MAX_VALUE, Long.MIN_VALUE, sound.length, sound.length - 1};
        return edges[random.nextInt(edges.length)];
    }

    /** A field of a header gets a value at the edge of what it can hold. */
    private void header(byte[] damaged) {
        boolean first = random.nextInt(4) == 0;
        int length = first ? ELF_HEADER : damaged.length - headers;
        put(damaged, (first ? 0 : headers) + random.nextInt(length / 4 - 2) * 4, edge());
    }

    private void put(byte[] damaged, int position, long value) {
        var fields = ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN);
        switch (random.nextInt(3)) {
            case 0 -> fields.putShort(position, (short) value);
            case 1 -> fields.putInt(position, (int) value);
            default -> fields.putLong(position, value);
        }
    }

    /** Something of a symbol or of a relocation changes: what it means is checked by nobody before us. */
    private void table(byte[] damaged) {
        var fields = ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN);
        int header = headers + random.nextInt(1, (sound.length - headers) / SECTION_HEADER) * SECTION_HEADER;
        var original = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
        int type = original.getInt(header + 4);
        int offset = (int) original.getLong(header + 0x18);
        int size = (int) original.getLong(header + 0x20);
        if (type != SYMBOLS && type != RELOCATIONS || size < 2 * RELOCATION) {
            return;
        }
        int entry = offset + random.nextInt(size / RELOCATION) * RELOCATION;
        switch (random.nextInt(5)) {
            case 0 -> put(damaged, entry + random.nextInt(3) * 8 % 16, edge());
            case 1 -> fields.putInt(entry + 8, random.nextInt(64));
            case 2 -> fields.putLong(entry + 16, edge());
            case 3 -> fields.putLong(entry, fields.getLong(entry) + random.nextInt(64) - 32);
            default -> damaged[entry + random.nextInt(RELOCATION)] = (byte) random.nextInt();
        }
    }

    /** Two words change places. */
    private void swap(byte[] damaged) {
        var words = ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN);
        int a = random.nextInt(damaged.length / 4) * 4;
        int b = random.nextInt(damaged.length / 4) * 4;
        int word = words.getInt(a);
        words.putInt(a, words.getInt(b));
        words.putInt(b, word);
    }
}
