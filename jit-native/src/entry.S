/* Into and out of generated code. r15 is the context, rcx the scratch register; the guest's registers live where
 * host_register in codegen.c says, the same table as EACH_REGISTER here. rsp stays the thread's stack pointer
 * throughout, so signal handlers and HotSpot find a valid stack. */
#include "layout.h"

        .intel_syntax noprefix
        .text

/* enum pvm_exit, which assembly cannot include; asserted in api.c by the names below. */
        .set EXIT_HALT, 0
        .set EXIT_PANIC, 1
        .set EXIT_HOST_CALL, 3
        .set EXIT_OUT_OF_GAS, 4

        .macro EACH_REGISTER op
        \op r14, 0
        \op r8, 1
        \op r9, 2
        \op r10, 3
        \op r11, 4
        \op rbx, 5
        \op rbp, 6
        \op rdi, 7
        \op rsi, 8
        \op rax, 9
        \op rdx, 10
        \op r12, 11
        \op r13, 12
        .endm

        .macro LOAD_REGISTER host, guest
        mov \host, [r15 + 8 * \guest]
        .endm

        .macro STORE_REGISTER host, guest
        mov [r15 + 8 * \guest], \host
        .endm

        .macro FUNCTION name
        .globl \name
        .hidden \name
        .type \name, @function
        .balign 32
\name:
        .endm

/* uint32_t pvm_enter(pvm_context *context, const void *target): runs machine code from target until it exits. */
FUNCTION pvm_enter
        .cfi_startproc
        push rbp
        .cfi_adjust_cfa_offset 8
        push rbx
        .cfi_adjust_cfa_offset 8
        push r12
        .cfi_adjust_cfa_offset 8
        push r13
        .cfi_adjust_cfa_offset 8
        push r14
        .cfi_adjust_cfa_offset 8
        push r15
        .cfi_adjust_cfa_offset 8
        mov r15, rdi
        mov [r15 + PRIVATE_STACK_POINTER], rsp
        mov rcx, rsi
        EACH_REGISTER LOAD_REGISTER
        jmp rcx
        .cfi_endproc
        .size pvm_enter, . - pvm_enter

/* The same with the base of guest RAM in GS. Reading GS is cheap, setting it is not. */
FUNCTION pvm_enter_gs
        .cfi_startproc
        rdgsbase rax
        mov rcx, [rdi + CONTEXT_MEMORY]
        cmp rax, rcx
        je pvm_enter
        wrgsbase rcx
        jmp pvm_enter
        .cfi_endproc
        .size pvm_enter_gs, . - pvm_enter_gs

        .macro EXIT name, kind
FUNCTION \name
        EACH_REGISTER STORE_REGISTER
        mov eax, \kind
        mov [r15 + CONTEXT_EXIT_PC], ecx
        jmp leave
        .size \name, . - \name
        .endm

EXIT pvm_exit_panic, EXIT_PANIC
EXIT pvm_exit_out_of_gas, EXIT_OUT_OF_GAS
EXIT pvm_exit_check_failed, ENTRY_CHECK_FAILED

/* A dynamic jump that left the table: to the halt address, or a panic. */
FUNCTION pvm_exit_dynamic
        cmp ecx, HALT_ADDRESS_ROTATED
        jne pvm_exit_dynamic_panic
        EACH_REGISTER STORE_REGISTER
        mov eax, EXIT_HALT
        jmp leave
        .size pvm_exit_dynamic, . - pvm_exit_dynamic

/* Where invalid entries of jump tables lead. */
FUNCTION pvm_exit_dynamic_panic
        EACH_REGISTER STORE_REGISTER
        mov eax, EXIT_PANIC
        jmp leave
        .size pvm_exit_dynamic_panic, . - pvm_exit_dynamic_panic

/* The signal handler sends a faulting guest here, its registers as they were before the instruction. */
FUNCTION pvm_exit_hardware_fault
        EACH_REGISTER STORE_REGISTER
        mov eax, ENTRY_HARDWARE_FAULT
        jmp leave
        .size pvm_exit_hardware_fault, . - pvm_exit_hardware_fault

FUNCTION pvm_exit_host_call
        EACH_REGISTER STORE_REGISTER
        movsxd rax, dword ptr [rcx]
        mov [r15 + CONTEXT_EXIT_ARGUMENT], rax
        mov eax, [rcx + 4]
        mov [r15 + CONTEXT_EXIT_PC], eax
        mov eax, [rcx + 8]
        mov [r15 + CONTEXT_PC], eax
        add rcx, 12
        mov [r15 + PRIVATE_RESUME_NATIVE], rcx
        mov eax, EXIT_HOST_CALL
leave:
        mov rsp, [r15 + PRIVATE_STACK_POINTER]
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbx
        pop rbp
        ret
        .size pvm_exit_host_call, . - pvm_exit_host_call

        .section .note.GNU-stack, "", @progbits
