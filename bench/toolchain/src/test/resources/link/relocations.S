# Makes use of every relocation that the linker knows. The result has 8 octets for each step below; what they hold is in
# RelocationsTest.

    # Puts a value into the next 8 octets of the result; s0 points there.
    .macro result register
    sd \register, 0(s0)
    addi s0, s0, 8
    .endm

    # Jumps to what a table of distances from its first case says for case 2 of 3.
    .macro by_distance load, shift, table, first
    lla t1, \table
    \load t2, 2 << \shift(t1)
    lla t1, \first
    add t1, t1, t2
    jr t1
    .endm

    # Three cases, of which the last one counts.
    .macro cases name, value
\name\()_0:
    li a2, 0
    j \name\()_end
\name\()_1:
    li a2, 1
    j \name\()_end
\name\()_2:
    li a2, \value
\name\()_end:
    result a2
    .endm

    .section .text.refine, "ax", @progbits
    .globl refine
    .type refine, @function
refine:
    .reloc ., R_RISCV_NONE
    addi sp, sp, -32
    sd ra, 0(sp)
    sd s0, 8(sp)
    lla s0, results

    # 1: through the table of addresses
    .option push
    .option pic
    la t0, exported
    .option pop
    ld a2, 0(t0)
    result a2
    # 2, 3: relative to the instruction, load and store
    lla t0, local
    ld a2, 0(t0)
    result a2
    li a2, 3
1:  auipc t0, %pcrel_hi(written)
    sd a2, %pcrel_lo(1b)(t0)
    lla t0, written
    ld a2, 0(t0)
    result a2
    # 4, 5, 6: absolute, with addends: load, store, address
    lui t0, %hi(pair)
    ld a2, %lo(pair + 8)(t0)
    result a2
    li a2, 5
    lui t0, %hi(pair + 16)
    sd a2, %lo(pair + 16)(t0)
    lla t0, pair
    ld a2, 16(t0)
    result a2
    lui a2, %hi(pair + 0x12345)
    addi a2, a2, %lo(pair + 0x12345)
    lla t0, pair
    sub a2, a2, t0
    result a2
    # 7 to 10: distances of cases in 8, 16, 32, 64 bits
    by_distance lb, 0, distances_8, d8_0
    cases d8, 7
    by_distance lh, 1, distances_16, d16_0
    cases d16, 8
    by_distance lw, 2, distances_32, d32_0
    cases d32, 9
    by_distance ld, 3, distances_64, d64_0
    cases d64, 10
    # 11: distances from the table itself
    lla t1, from_table
    lw t2, 8(t1)
    add t1, t1, t2
    jr t1
    cases ft, 11
    # 12, 13: addresses of cases in 32 and 64 bits
    lla t1, addresses_32
    lw t1, 8(t1)
    jr t1
    cases a32, 12
    lla t1, addresses_64
    ld t1, 16(t1)
    jr t1
    cases a64, 13
    # 14: a function by its address in data
    li a2, 0
    lla t1, functions
    ld t1, 8(t1)
    jalr t1
    result a2
    # 15: by its address in code
    lui t1, %hi(add_seven)
    jalr ra, %lo(add_seven)(t1)
    result a2
    # 16, 17, 18: called by jal, by call as of now and as of old
    jal add_seven
    result a2
    call add_seven
    result a2
    .reloc ., R_RISCV_CALL, add_seven
    auipc ra, 0
    jalr ra, 0(ra)
    result a2
    # 19: a branch to another section, from where it goes on here
    li a3, 1
    bnez a3, elsewhere
    .globl back
back:
    result a2
    # 20: distance from the place of a word
    lla t0, relative
    lw t1, 0(t0)
    add t0, t0, t1
    ld a2, 0(t0)
    result a2
    # 21, 22, 23: an address in 32 bits, less the address; distances in 16 and 8 bits
    lla t1, local
    lla t0, set
    lw a2, 0(t0)
    sub a2, a2, t1
    result a2
    lhu a2, 4(t0)
    result a2
    lbu a2, 6(t0)
    result a2
    # 24, 25: addresses of data in 64 and 32 bits, with addends
    lla t0, pointers
    ld t1, 0(t0)
    ld a2, 0(t1)
    result a2
    lwu t1, 8(t0)
    ld a2, 0(t1)
    result a2
    # 26: what is weak and not defined is 0
    lui a2, %hi(absent)
    addi a2, a2, %lo(absent)
    result a2
    # 27: a number
    lui a2, %hi(number)
    addi a2, a2, %lo(number)
    result a2
    # 28: behind a loop that is aligned
    li a2, 0
    .p2align 4
1:  addi a2, a2, 4
    slti t0, a2, 28
    bnez t0, 1b
    result a2
    # 29 to 36: constants, which the linker knows
    lla t0, constants
    .irp load, lb, lbu, lh, lhu, lw, lwu, ld
    \load a2, 0(t0)
    result a2
    .endr
    lwu a2, 2(t0)
    result a2
    # 37: half of it an address, which the linker does not know yet
    ld a2, 12(t0)
    lwu t1, 16(t0)
    slli t1, t1, 32
    lwu t2, 12(t0)
    or t1, t1, t2
    sub a2, a2, t1
    addi a2, a2, 31
    result a2

    lla a0, results
    sub a1, s0, a0
    ld ra, 0(sp)
    ld s0, 8(sp)
    addi sp, sp, 32
    tail finish
    .size refine, .-refine

    .section .text.other, "ax", @progbits
    .type add_seven, @function
add_seven:
    addi a2, a2, 7
    ret
    .size add_seven, .-add_seven
    .globl elsewhere
elsewhere:
    li a2, 19
    j back
    .type finish, @function
finish:
    ret
    .size finish, .-finish
    .type unused, @function
unused:
    call undefined_function
    .size unused, .-unused

    .section .rodata
distances_8:    .byte d8_0 - d8_0, d8_1 - d8_0, d8_2 - d8_0
    .p2align 1
distances_16:   .half d16_0 - d16_0, d16_1 - d16_0, d16_2 - d16_0
    .p2align 2
distances_32:   .word d32_0 - d32_0, d32_1 - d32_0, d32_2 - d32_0
    .p2align 3
distances_64:   .dword d64_0 - d64_0, d64_1 - d64_0, d64_2 - d64_0
from_table:     .word ft_0 - from_table, ft_1 - from_table, ft_2 - from_table
addresses_32:   .word a32_0, a32_1, a32_2
    .p2align 3
addresses_64:   .dword a64_0, a64_1, a64_2
constants:      .dword 0x8182838485868788, 0x0102030405060708, local, 5

    .data
    .p2align 3
    .globl exported
exported:       .dword 1
local:          .dword 2
pair:           .dword 40, 4, 0
functions:      .dword refine, add_seven
relative:
    .reloc ., R_RISCV_32_PCREL, twenty
    .word 0
    .p2align 3
set:
    .reloc ., R_RISCV_SET32, local
    .word 0
    .reloc ., R_RISCV_SET16, pair
    .reloc ., R_RISCV_SUB16, local
    .half 0
    .reloc ., R_RISCV_SET8, functions
    .reloc ., R_RISCV_SUB8, pair
    .byte 0
    .p2align 3
pointers:       .dword twenty + 8
                .word before + 64
    .p2align 3
twenty:         .dword 20, 24
before:         .space 64
                .dword 25
    .bss
    .p2align 3
written:        .space 8
results:        .space 40 * 8

    .weak absent
    .globl number
    .set number, 0x12345678
