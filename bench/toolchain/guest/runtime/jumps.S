/*
 * setjmp and longjmp, and the functions that save and restore the registers of others (-msave-restore). Of the registers
 * that calls keep, the PVM has ra, sp, s0 and s1.
 */

    .macro function name
    .section .text.\name, "ax", @progbits
    .weak \name
    .type \name, @function
\name:
    .endm

    .macro end name
    .size \name, . - \name
    .endm

    .irp name, setjmp, _setjmp
    function \name
    sd ra, 0(a0)
    sd sp, 8(a0)
    sd s0, 16(a0)
    sd s1, 24(a0)
    li a0, 0
    ret
    end \name
    .endr

    .irp name, longjmp, _longjmp
    function \name
    ld ra, 0(a0)
    ld sp, 8(a0)
    ld s0, 16(a0)
    ld s1, 24(a0)
    seqz a0, a1
    add a0, a0, a1
    ret
    end \name
    .endr

/* Called with the return address in t0. Where callers find arguments on the stack depends on the room that is taken. */
    .macro save count, room
    function __riscv_save_\count
    addi sp, sp, -\room
    sd ra, \room - 8(sp)
    sd s0, \room - 16(sp)
    .if \room > 16
    sd s1, \room - 24(sp)
    .endif
    jr t0
    end __riscv_save_\count

    function __riscv_restore_\count
    .if \room > 16
    ld s1, \room - 24(sp)
    .endif
    ld s0, \room - 16(sp)
    ld ra, \room - 8(sp)
    addi sp, sp, \room
    ret
    end __riscv_restore_\count
    .endm

#ifdef __riscv_abi_rve
    save 0, 24
    save 1, 24
    save 2, 24
#else
    save 0, 16
    save 1, 16
    save 2, 32
#endif
