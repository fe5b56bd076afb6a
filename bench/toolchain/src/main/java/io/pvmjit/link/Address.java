package io.pvmjit.link;

import java.util.Arrays;

/** What a register holds, as far as it has to do with addresses of the code. */
record Address(Kind kind, Section section, long offset) {
    /** In the order in which they give way to each other where ways meet. */
    enum Kind {
        /** A number, or an address as it is. */
        UNKNOWN,
        /** An offset of a section. */
        TEXT,
        /** One of several addresses of the code, or none. */
        ANY_TEXT,
        /** Came of arithmetic. */
        SUM,
        /** Came of arithmetic on an address of the code. */
        TAINTED,
        /** What auipc has made without a relocation: no address that means anything in the PVM. */
        RAW,
        /** That, or something else. */
        MIXED;

        boolean isComputed() {
            return this == SUM || this == TAINTED;
        }
    }

    static final Address UNKNOWN = new Address(Kind.UNKNOWN, null, 0);
    static final Address SUM = new Address(Kind.SUM, null, 0);
    static final Address TAINTED = new Address(Kind.TAINTED, null, 0);
    private static final Address ANY_TEXT = new Address(Kind.ANY_TEXT, null, 0);
    private static final Address MIXED = new Address(Kind.MIXED, null, 0);

    static Address raw(Section section, long offset) {
        return new Address(Kind.RAW, section, offset);
    }

    static Address text(Section section, long offset) {
        return new Address(Kind.TEXT, section, offset);
    }

    static Address[] unknown() {
        var registers = new Address[Registers.COUNT];
        Arrays.fill(registers, UNKNOWN);
        return registers;
    }

    /** What is in a register; in one that the PVM lacks, nothing of interest. */
    static Address get(Address[] registers, int register) {
        return Registers.mask(register) == 0 ? UNKNOWN : registers[Registers.number(register)];
    }

    static void set(Address[] registers, int register, Address address) {
        if (Registers.mask(register) != 0) {
            registers[Registers.number(register)] = address;
        }
    }

    boolean isText() {
        return kind == Kind.TEXT;
    }

    Address plus(long distance) {
        return new Address(kind, section, offset + distance);
    }

    private Address join(Address other) {
        if (equals(other)) {
            return this;
        }
        if (kind.compareTo(Kind.RAW) >= 0 || other.kind.compareTo(Kind.RAW) >= 0) {
            return MIXED;
        }
        var higher = kind.compareTo(other.kind) >= 0 ? this : other;
        return higher.kind == Kind.TEXT ? ANY_TEXT : higher;
    }

    /** Adds what comes from elsewhere to registers; whether that changes them. */
    static boolean join(Address[] registers, Address[] others) {
        boolean changed = false;
        for (int i = 0; i < registers.length; i++) {
            var joined = registers[i].join(others[i]);
            changed |= !joined.equals(registers[i]);
            registers[i] = joined;
        }
        return changed;
    }
}
