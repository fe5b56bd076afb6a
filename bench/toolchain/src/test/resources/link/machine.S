# Runs cases of generated programs on a machine of RISC-V under Linux: for each, the program's address and the registers
# at its start from `cases`, what they hold at its end and a digest of the window to standard output. Programs use x1,
# x2, x5 to x15; the rest is ours. WINDOW, STACK_POINTER, PATTERN and WORDS are defined by whoever assembles this.

    .macro each operation, base, offset
    \operation x1, \offset(\base)
    \operation x5, \offset+16(\base)
    \operation x6, \offset+24(\base)
    \operation x7, \offset+32(\base)
    \operation x8, \offset+40(\base)
    \operation x9, \offset+48(\base)
    \operation x10, \offset+56(\base)
    \operation x11, \offset+64(\base)
    \operation x12, \offset+72(\base)
    \operation x13, \offset+80(\base)
    \operation x14, \offset+88(\base)
    \operation x15, \offset+96(\base)
    .endm

    .text
    .globl _start
_start:
    la s2, cases
    la s3, results
    la s4, case_count
    ld s4, (s4)
next:
    beqz s4, done
    li s5, WINDOW
    li s6, PATTERN
    li s7, WORDS
    mv s8, s6
fill:
    sd s8, (s5)
    add s8, s8, s6
    addi s5, s5, 8
    addi s7, s7, -1
    bnez s7, fill
    each ld, s2, 8
    li x2, STACK_POINTER
    ld s5, (s2)
    jr s5
finish:
    each sd, s3, 0
    sd x2, 8(s3)
    li s5, WINDOW
    li s7, WORDS
    li s8, 0
    li s9, 31
digest:
    ld s6, (s5)
    mul s8, s8, s9
    add s8, s8, s6
    addi s5, s5, 8
    addi s7, s7, -1
    bnez s7, digest
    sd s8, 104(s3)
    addi s2, s2, 112
    addi s3, s3, 112
    addi s4, s4, -1
    j next
done:
    la a1, results
    sub a2, s3, a1
    li a0, 1
    li a7, 64
    ecall
    li a0, 0
    li a7, 93
    ecall

    .section .window, "aw", @nobits
    .zero 8192
