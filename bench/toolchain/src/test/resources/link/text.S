# Data between instructions, reached by distances that the assembler may compute itself, and by relocations. The result
# has 8 octets: 1 for each step that came out right, so 0xff in the lowest.

    # Sets a bit of a0 when two registers are equal.
    .macro right bit, a, b
    bne \a, \b, 99f
    ori a0, a0, 1 << \bit
99:
    .endm

    .text
    .globl refine
    .type refine, @function
refine:
    addi sp, sp, -16
    sd ra, 0(sp)
    li a0, 0
    # 0: a word of a table
    lla t0, table
    ld t1, 8(t0)
    li t2, 1000
    right 0, t1, t2
    # 1: the length of the table, whose end is where a function begins
    lui t1, %hi(table_end)
    addi t1, t1, %lo(table_end)
    sub t1, t1, t0
    li t2, 40
    right 1, t1, t2
    # 2: by its absolute address
    lui t0, %hi(word)
    lw t1, %lo(word)(t0)
    li t2, 77
    right 2, t1, t2
    # 3: a function by its address in the table
    lla t0, pointer
    ld t1, 0(t0)
    li a2, 37
    jalr t1
    li t2, 42
    right 3, a2, t2
    # 4: the same called, and its address used after other instructions
    lla t1, five
    addi t0, sp, 3
    beqz t0, 1f
    addi a2, t1, 0
1:  jalr a2
    li t2, 5
    sub t1, a2, t1
    right 4, t1, t2
    # 5: a function behind another, by its distance
    lla t1, five
    addi t1, t1, 8
    li a2, 1
    jalr t1
    li t2, 7
    right 5, a2, t2
    # 6: octets of a pattern
    li t1, 0x00ff010080000001
    orc.b t1, t1
    li t2, 0x00ffff00ff0000ff
    right 6, t1, t2
    # 7: an instruction that is spelled out
    li t1, 5
    .word 0x00630313    # addi t1, t1, 6
    li t2, 11
    right 7, t1, t2
    lla t0, out
    sd a0, 0(t0)
    mv a0, t0
    li a1, 8
    ld ra, 0(sp)
    addi sp, sp, 16
    ret
    .size refine, .-refine
    .p2align 3
table:
    .dword 1, 1000, 3
word:
    .word 77
    .p2align 3
pointer:
    .dword five
table_end:
    .type five, @function
five:
    addi a2, a2, 5
    ret
    .size five, .-five
    .type six, @function
six:
    addi a2, a2, 6
    ret
    .size six, .-six

    .bss
    .p2align 3
out:
    .space 8
