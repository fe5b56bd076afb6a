package io.pvmjit.program;

import java.io.ByteArrayOutputStream;
import java.util.BitSet;

/**
 * Builds program blobs octet by octet, for tests that must not depend on the assembler. Immediates and offsets always
 * have four octets, so that an instruction's length follows from its form: targets can be given as plain addresses.
 */
public final class TestProgram {
    private static final int IMMEDIATE = 4;

    private final ByteArrayOutputStream code = new ByteArrayOutputStream();
    private final BitSet starts = new BitSet();
    private long[] jumpTable = {};
    private int entrySize;

    /** One without instructions. */
    public TestProgram() {}

    /** Address of what is added next. */
    public int here() {
        return code.size();
    }

    /** Adds an instruction as it stands: opcode, then operand octets. */
    public TestProgram raw(int... octets) {
        starts.set(here());
        for (int octet : octets) {
            code.write(octet);
        }
        return this;
    }

    private TestProgram immediate(long value) {
        for (int i = 0; i < IMMEDIATE; i++) {
            code.write((int) (value >>> (8 * i)));
        }
        return this;
    }

    /** 1 octet. */
    public TestProgram none(Opcode opcode) {
        return raw(opcode.code());
    }

    /** 5 octets. */
    public TestProgram ecalli(int number) {
        return raw(Opcode.ECALLI.code()).immediate(number);
    }

    /** 5 octets. */
    public TestProgram jump(int target) {
        int pc = here();
        return raw(Opcode.JUMP.code()).immediate(target - pc);
    }

    /** 10 octets. */
    public TestProgram loadImmediate64(int a, long x) {
        return raw(Opcode.LOAD_IMM_64.code(), a).immediate(x).immediate(x >>> 32);
    }

    /** 10 octets. */
    public TestProgram twoImmediates(Opcode opcode, long x, int y) {
        return raw(opcode.code(), IMMEDIATE).immediate(x).immediate(y);
    }

    /** 6 octets. */
    public TestProgram immediate(Opcode opcode, int a, long x) {
        return raw(opcode.code(), a).immediate(x);
    }

    /** 10 octets. */
    public TestProgram twoImmediates(Opcode opcode, int a, long x, int y) {
        return raw(opcode.code(), IMMEDIATE << 4 | a).immediate(x).immediate(y);
    }

    /** 10 octets. */
    public TestProgram offset(Opcode opcode, int a, long x, int target) {
        int pc = here();
        return raw(opcode.code(), IMMEDIATE << 4 | a).immediate(x).immediate(target - pc);
    }

    /** 2 octets. */
    public TestProgram unary(Opcode opcode, int d, int a) {
        return raw(opcode.code(), a << 4 | d);
    }

    /** 6 octets. */
    public TestProgram immediate(Opcode opcode, int a, int b, long x) {
        return raw(opcode.code(), b << 4 | a).immediate(x);
    }

    /** 6 octets. */
    public TestProgram branch(Opcode opcode, int a, int b, int target) {
        int pc = here();
        return raw(opcode.code(), b << 4 | a).immediate(target - pc);
    }

    /** {@code load_imm_jump_ind}: 11 octets. */
    public TestProgram loadAndJump(int a, int b, long x, int y) {
        return raw(Opcode.LOAD_IMM_JUMP_IND.code(), b << 4 | a, IMMEDIATE).immediate(x).immediate(y);
    }

    /** 3 octets. */
    public TestProgram binary(Opcode opcode, int d, int a, int b) {
        return raw(opcode.code(), b << 4 | a, d);
    }

    public TestProgram jumpTable(int entrySize, long... entries) {
        this.entrySize = entrySize;
        this.jumpTable = entries;
        return this;
    }

    public byte[] blob() {
        return Program.encode(code.toByteArray(), starts, jumpTable, entrySize);
    }

    public Program parse() {
        return Program.parse(blob());
    }
}
