# Runs generated programs, case by case. The arguments are cases: the number of a program in the table, and 13 registers.
# The result has for each case the 13 registers at its end and a digest of the memory that programs may use: 512 octets
# that end 512 below the stack pointer. Programs begin with load_registers and end at finish.

    .macro load_registers
    la ra, inputs
    ld t0, 16(ra)
    ld t1, 24(ra)
    ld t2, 32(ra)
    ld s0, 40(ra)
    ld s1, 48(ra)
    ld a0, 56(ra)
    ld a1, 64(ra)
    ld a2, 72(ra)
    ld a3, 80(ra)
    ld a4, 88(ra)
    ld a5, 96(ra)
    ld ra, 0(ra)
    .endm

    .bss
    .p2align 3
inputs:     .space 13 * 8
cursor:     .space 8
end:        .space 8
home:       .space 8
stack:      .space 8
result:     .space 8
results:    .space 1024 * 14 * 8

    .text
    .globl refine
    .type refine, @function
refine:
    la t0, cursor
    sd a0, 0(t0)
    add a1, a0, a1
    sd a1, 8(t0)
    sd ra, 16(t0)
    sd sp, 24(t0)
    la t1, results
    sd t1, 32(t0)
next_case:
    la t0, cursor
    ld a0, 0(t0)
    ld a1, 8(t0)
    beq a0, a1, done
    ld sp, 24(t0)
    addi sp, sp, -256
    la t1, inputs
    .set offset, 0
    .rept 13
    ld t2, offset + 8(a0)
    sd t2, offset(t1)
    .set offset, offset + 8
    .endr
    addi a2, sp, -1024
    addi a3, sp, -512
    li a4, 0x9e3779b97f4a7c15
    mv a5, a4
1:  sd a5, 0(a2)
    add a5, a5, a4
    addi a2, a2, 8
    bne a2, a3, 1b
    ld t2, 0(a0)
    addi a0, a0, 112
    sd a0, 0(t0)
    la t1, table
    slli t2, t2, 3
    add t1, t1, t2
    ld t1, 0(t1)
    jr t1

finish:
    addi sp, sp, -128
    sd ra, 0(sp)
    sd t0, 16(sp)
    sd t1, 24(sp)
    sd t2, 32(sp)
    sd s0, 40(sp)
    sd s1, 48(sp)
    sd a0, 56(sp)
    sd a1, 64(sp)
    sd a2, 72(sp)
    sd a3, 80(sp)
    sd a4, 88(sp)
    sd a5, 96(sp)
    addi t0, sp, 128
    sd t0, 8(sp)
    la t0, cursor
    ld t1, 24(t0)
    addi a2, t1, -1280
    addi a3, t1, -768
    li a0, 0
    li a4, 31
1:  mul a0, a0, a4
    ld a5, 0(a2)
    add a0, a0, a5
    addi a2, a2, 8
    bne a2, a3, 1b
    sd a0, 104(sp)
    ld t1, 32(t0)
    .set offset, 0
    .rept 14
    ld a0, offset(sp)
    sd a0, offset(t1)
    .set offset, offset + 8
    .endr
    addi t1, t1, 112
    sd t1, 32(t0)
    j next_case

done:
    la t0, cursor
    ld ra, 16(t0)
    ld sp, 24(t0)
    ld a1, 32(t0)
    la a0, results
    sub a1, a1, a0
    ret
    .size refine, .-refine
