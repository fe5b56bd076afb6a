/* Into and out of generated code. r15 is the context, rcx the scratch register; the guest's registers live where
 * registers.def says. rsp stays the thread's stack pointer
 * throughout, so signal handlers and HotSpot find a valid stack. */
#include "x64/layout.h"

        .intel_syntax noprefix
        .text

        .macro LOAD_REGISTERS
#define REGISTER(guest, host) mov host, [r15 + 8 * guest]
#include "x64/registers.def"
#undef REGISTER
        .endm

        .macro STORE_REGISTERS
#define REGISTER(guest, host) mov [r15 + 8 * guest], host
#include "x64/registers.def"
#undef REGISTER
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
        LOAD_REGISTERS
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
        STORE_REGISTERS
        mov eax, \kind
        mov [r15 + CONTEXT_EXIT_PC], ecx
        jmp leave
        .size \name, . - \name
        .endm

EXIT pvm_exit_panic, EXIT_PANIC
EXIT pvm_exit_check_failed, ENTRY_CHECK_FAILED
EXIT pvm_exit_jump, ENTRY_JUMP

/* The return address says which group of blocks; exit_pc becomes the octets pushed before, which say which of them. */
FUNCTION pvm_exit_out_of_gas
        pop qword ptr [r15 + PRIVATE_FAULT_NATIVE]
        STORE_REGISTERS
        mov rcx, [r15 + PRIVATE_STACK_POINTER]
        sub rcx, rsp
        mov [r15 + CONTEXT_EXIT_PC], ecx
        mov eax, EXIT_OUT_OF_GAS
        jmp leave
        .size pvm_exit_out_of_gas, . - pvm_exit_out_of_gas

/* Where invalid entries of jump tables lead. */
FUNCTION pvm_exit_dynamic_panic
        STORE_REGISTERS
        mov eax, EXIT_PANIC
        jmp leave
        .size pvm_exit_dynamic_panic, . - pvm_exit_dynamic_panic

/* The signal handler sends a faulting guest here, its registers as they were before the instruction. */
FUNCTION pvm_exit_hardware_fault
        STORE_REGISTERS
        mov eax, ENTRY_HARDWARE_FAULT
        jmp leave
        .size pvm_exit_hardware_fault, . - pvm_exit_hardware_fault

FUNCTION pvm_exit_host_call
        STORE_REGISTERS
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
