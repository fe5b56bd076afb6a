package io.pvmjit.stress;

import io.pvmjit.asm.Assembler;

/** Small guest programs, which the tests of this package and of the API run. */
public final class Guests {
    private Guests() {}

    /** Halts at once: a1 more in a0. */
    public static final byte[] ADD = Assembler.assemble("""
            add_64 a0, a0, a1
            load_imm ra, -0x10000
            jump_ind ra
            """);

    /** Counts in a0 until the gas is used up. */
    public static final byte[] ENDLESS = Assembler.assemble("""
            loop: add_imm_64 a0, a0, 1
            jump loop
            """);

    /** Counts in a0 and makes host call 7, for ever. */
    public static final byte[] CALLS = Assembler.assemble("""
            loop: add_imm_64 a0, a0, 1
            ecalli 7
            jump loop
            """);

    /** Writes a1 at a0, makes host call 1, reads a2 from there and halts. */
    public static final byte[] STORE = Assembler.assemble("""
            store_ind_u64 [a0], a1
            ecalli 1
            load_ind_u64 a2, [a0]
            load_imm ra, -0x10000
            jump_ind ra
            """);

    /** Reads the octet at a0 into a1 and halts. */
    public static final byte[] LOAD = Assembler.assemble("""
            load_ind_u8 a1, [a0]
            load_imm ra, -0x10000
            jump_ind ra
            """);

    /** What {@link #FAULTS} divides in each round, by fours. */
    public static final int DIVISIONS = 1200;

    /**
     * For a1 rounds: writes a value across the two pages from 0x20000 on, reads a part of it from the second one and an
     * octet from the third, adds both up in a3, and makes host call 9. The value is a new one each round. Before all that it
     * divides {@link #DIVISIONS} times, and so has spent what would have it checked in software for its faults.
     */
    public static final byte[] FAULTS = Assembler.assemble("""
            load_imm a4, 0x20ffc
            load_imm t0, 0x22000
            jump loop
            loop: load_imm s0, %d
            fallthrough
            divide: div_u_64 s1, s1, s0
            div_u_64 s1, s1, s0
            div_u_64 s1, s1, s0
            div_u_64 s1, s1, s0
            add_imm_64 s0, s0, -1
            branch_ne_imm s0, 0, divide
            mul_imm_64 a2, a2, 0x5851f42d
            add_imm_64 a2, a2, 0x14057b7e
            store_ind_u64 [a4], a2
            load_ind_u32 t1, [a4 + 4]
            load_ind_u8 t2, [t0 + 0x10]
            xor a3, a3, t1
            add_64 a3, a3, t2
            ecalli 9
            add_imm_64 a1, a1, -1
            branch_ne_imm a1, 0, loop
            load_imm ra, -0x10000
            jump_ind ra
            """.formatted(DIVISIONS));

    /**
     * Adds a1 to the u64 at every 4096th address from a0 on, a2 times, sums up in a3 what it finds there, and halts.
     */
    public static final byte[] WALK = Assembler.assemble("""
            loop: load_ind_u64 t0, [a0]
            add_64 a3, a3, t0
            add_64 t0, t0, a1
            store_ind_u64 [a0], t0
            add_imm_64 a0, a0, 4096
            add_imm_64 a2, a2, -1
            branch_ne_imm a2, 0, loop
            load_imm ra, -0x10000
            jump_ind ra
            """);
}
