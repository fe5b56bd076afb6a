package io.pvmjit.hostcalls.refine;

import io.pvmjit.asm.Assembler;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * Writes the text of an outer program: host calls one after the other, whose results (register 7) are the output if it
 * halts. Arguments are numbers, or names of data: {@code results}, {@code frame} (112 octets), {@code buffer}.
 */
final class OuterProgram {
    /** Octets that programs may write to under the name {@code buffer}. */
    static final int BUFFER = 8192;

    private final StringBuilder readOnlyData = new StringBuilder();
    private final StringBuilder code = new StringBuilder();
    private int stack = 4096;
    private int heapPages;
    private int results;

    OuterProgram stack(int octets) {
        stack = octets;
        return this;
    }

    OuterProgram heapPages(int pages) {
        heapPages = pages;
        return this;
    }

    /** Read-only data under a name. */
    OuterProgram data(String name, byte[] octets) {
        readOnlyData.append(name).append(": .hex ").append(HexFormat.of().formatHex(octets)).append('\n');
        return this;
    }

    /** Lines of assembly. */
    OuterProgram lines(String text) {
        code.append(text).append('\n');
        return this;
    }

    /** Sets registers 7 and up, calls, and keeps register 7. */
    OuterProgram call(int number, Object... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            lines("load_imm_64 a" + i + ", " + arguments[i]);
        }
        lines("ecalli " + number);
        return lines("store_u64 [results + " + 8 * results++ + "], a0");
    }

    /** Sets what {@code invoke} takes from the frame: the gas, and the address that halts in register 0. */
    OuterProgram frame(long gas) {
        lines("load_imm_64 t0, " + gas + "\nstore_u64 [frame], t0");
        return lines("load_imm_64 t0, 0xffff0000\nstore_u64 [frame + 8], t0");
    }

    /** Halts, with the results as the output. */
    OuterProgram halt() {
        lines("load_imm_64 a0, results\nload_imm a1, " + 8 * results);
        return lines("load_imm_64 ra, 0xffff0000\njump_ind ra");
    }

    OuterProgram trap() {
        return lines("trap");
    }

    /** Runs until the gas is used up. */
    OuterProgram spin() {
        return lines("fallthrough\nspin: jump spin");
    }

    /** The program as a JAM blob. */
    byte[] jamBlob() {
        return Assembler.assembleStandard(".heap_pages " + heapPages + "\n.stack " + stack + "\n.rodata\n"
                + readOnlyData
                + ".data\nresults: .zero 1024\nframe: .zero 112\nbuffer: .zero " + BUFFER + "\n.code\n" + code);
    }

    /** The program as service code, with some metadata. */
    MemorySegment serviceCode() {
        return serviceCode(jamBlob(), 3);
    }

    /** A JAM blob as service code, with so many octets of metadata. */
    static MemorySegment serviceCode(byte[] jamBlob, int metadata) {
        var length = naturalLength(metadata);
        var code = ByteBuffer.allocate(length.length + metadata + jamBlob.length);
        return MemorySegment.ofArray(code.put(length).position(length.length + metadata).put(jamBlob).array());
    }

    /** The encoding of a length below 2^28. */
    private static byte[] naturalLength(int length) {
        if (length < 1 << 7) {
            return new byte[] {(byte) length};
        }
        int more = length < 1 << 14 ? 1 : length < 1 << 21 ? 2 : 3;
        var octets = ByteBuffer.allocate(1 + more).put((byte) (0xff00 >> more | length >> 8 * more));
        for (int i = 0; i < more; i++) {
            octets.put((byte) (length >> 8 * i));
        }
        return octets.array();
    }

    /** The results in an output. */
    static long[] results(byte[] output) {
        var words = new long[output.length / Long.BYTES];
        ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
        return words;
    }
}
