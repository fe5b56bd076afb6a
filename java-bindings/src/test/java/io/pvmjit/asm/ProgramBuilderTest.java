package io.pvmjit.asm;

import static io.pvmjit.program.Opcode.ADD_64;
import static io.pvmjit.program.Opcode.ADD_IMM_64;
import static io.pvmjit.program.Opcode.BRANCH_EQ;
import static io.pvmjit.program.Opcode.BRANCH_NE_IMM;
import static io.pvmjit.program.Opcode.FALLTHROUGH;
import static io.pvmjit.program.Opcode.JUMP;
import static io.pvmjit.program.Opcode.JUMP_IND;
import static io.pvmjit.program.Opcode.LOAD_IMM;
import static io.pvmjit.program.Opcode.LOAD_IMM_64;
import static io.pvmjit.program.Opcode.LOAD_IMM_JUMP;
import static io.pvmjit.program.Opcode.LOAD_IMM_JUMP_IND;
import static io.pvmjit.program.Opcode.LOAD_IND_U8;
import static io.pvmjit.program.Opcode.STORE_IMM_IND_U16;
import static io.pvmjit.program.Opcode.STORE_IMM_U8;
import static io.pvmjit.program.Opcode.STORE_IND_U32;
import static io.pvmjit.program.Opcode.TRAP;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Programs built by calls are those of the text. */
class ProgramBuilderTest {
    @Test
    void sameAsText() {
        var builder = new ProgramBuilder();
        var loop = builder.label();
        var end = builder.label();
        builder.append(LOAD_IMM, 7, 10).append(LOAD_IMM_64, 8, Long.MIN_VALUE).append(FALLTHROUGH);
        builder.place(loop).append(ADD_64, 9, 8, 7).append(STORE_IMM_U8, 0x20000, -1);
        builder.append(STORE_IMM_IND_U16, 1, 8, 5);
        builder.append(STORE_IND_U32, 1, -4, 7).append(LOAD_IND_U8, 7, 1, 3).append(ADD_IMM_64, 7, 7, -1);
        builder.appendTo(BRANCH_NE_IMM, loop, 7, 0).appendTo(BRANCH_EQ, end, 7, 8).append(JUMP_IND, 0, 4);
        builder.appendTo(LOAD_IMM_JUMP, loop, 0, 2).append(LOAD_IMM_JUMP_IND, 0, 2, 7, 6).append(JUMP, 100);
        builder.octets((byte) 51, (byte) 0x17, (byte) 5);
        builder.place(end).append(TRAP);
        assertEquals(2, builder.entry(loop));
        assertEquals(4, builder.entry(77));
        assertArrayEquals(Assembler.assemble("""
                    load_imm a0, 10
                    load_imm_64 a1, 0x8000000000000000
                    fallthrough
                loop:
                    add_64 a2, a1, a0
                    store_imm_u8 [0x20000], -1
                    store_imm_ind_u16 [sp + 8], 5
                    store_ind_u32 [sp - 4], a0
                    load_ind_u8 a0, [sp + 3]
                    add_imm_64 a0, a0, -1
                    branch_ne_imm a0, 0, loop
                    branch_eq a0, a1, end
                    jump_ind ra + 4
                    load_imm_jump ra, 2, loop
                    load_imm_jump_ind ra, 2, a0 + 6
                    jump . + 100
                    .octets 33 17 05
                end:
                    trap
                .jump_table loop, 77
                """), builder.build());
        assertEquals(3 + 10 + 1, builder.pc(loop));
        assertEquals(builder.codeLength() - 1, builder.pc(end));
    }

    @Test
    void wrongUse() {
        var builder = new ProgramBuilder();
        assertThrows(IllegalArgumentException.class, () -> builder.append(TRAP, 1));
        assertThrows(IllegalArgumentException.class, () -> builder.append(LOAD_IMM, 13, 1));
        assertThrows(IllegalArgumentException.class, () -> builder.append(LOAD_IMM, 1, 1L << 31));
        assertThrows(IllegalArgumentException.class, () -> builder.append(STORE_IMM_U8, 1, 1L << 31));
        assertThrows(IllegalArgumentException.class, () -> builder.appendTo(LOAD_IMM, builder.label(), 1));
        assertThrows(IllegalArgumentException.class, () -> builder.octets());
        assertThrows(IllegalArgumentException.class, () -> builder.octets(new byte[26]));
        assertThrows(IllegalArgumentException.class, () -> builder.place(new ProgramBuilder().label()));
        assertThrows(IllegalArgumentException.class, () -> builder.entrySize(256));
        var label = builder.label();
        assertThrows(IllegalStateException.class, () -> builder.pc(label));
        builder.place(label);
        assertThrows(IllegalStateException.class, () -> builder.place(label));
        builder.appendTo(JUMP, builder.label());
        assertThrows(IllegalStateException.class, builder::build);
    }

    @Test
    void entriesThatDoNotFit() {
        var builder = new ProgramBuilder().append(TRAP).entrySize(1);
        builder.entry(256);
        assertThrows(IllegalArgumentException.class, builder::build);
        var mixed = new ProgramBuilder().append(TRAP).emptyEntries(3);
        mixed.entry(0);
        assertThrows(IllegalStateException.class, mixed::build);
    }
}
