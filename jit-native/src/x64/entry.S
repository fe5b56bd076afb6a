/* Into and out of generated code. r15 is the context, or the gas counter in code that keeps it there; rcx is the scratch
 * register; the guest's registers live where registers.def says. rsp stays the thread's stack pointer throughout, so
 * signal handlers and HotSpot find a valid stack.
 *
 * Where the gas counter is: from the end of pvm_enter_with_gas (pvm_entered_with_gas), or of the answer to a host call
 * (pvm_answered_with_gas), to behind the first instruction of the exits "with gas" in r15, else in the context. x64/fault.h tells
 * an interrupt by these addresses.
 *
 * What is entered "by return" is so as machine code that has retpolines jumps (x64/indirect.h): no processor predicts where. */
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

        .macro SAVE_OF_CALLER
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
        .endm

        /* Behind a push of the target, with an instruction or none, and ret, behind: goes there by return. */
        .macro RETPOLINE
        lfence
        call 4f
3:      pause
        lfence
        jmp 3b
4:      add rsp, 8
        .endm

        .macro FUNCTION name
        .globl \name
        .hidden \name
        .type \name, @function
        .balign 32
\name:
        .endm

        .globl pvm_entry_begin, pvm_entry_end
        .hidden pvm_entry_begin, pvm_entry_end
pvm_entry_begin:

        .macro BEGIN
        SAVE_OF_CALLER
        mov r15, rdi
        mov [r15 + PRIVATE_STACK_POINTER], rsp
        .endm

/* uint32_t pvm_enter(pvm_context *context, const void *target): runs machine code from target until it exits. */
FUNCTION pvm_enter
        .cfi_startproc
        BEGIN
        mov rcx, rsi
        LOAD_REGISTERS
        jmp rcx
        .cfi_endproc
        .size pvm_enter, . - pvm_enter

FUNCTION pvm_enter_by_return
        .cfi_startproc
        BEGIN
        push rsi
        .cfi_adjust_cfa_offset 8
        LOAD_REGISTERS
        RETPOLINE
        ret
        .cfi_endproc
        .size pvm_enter_by_return, . - pvm_enter_by_return

        /* With the base of guest RAM in GS. Reading GS is cheap, setting it is not. */
        .macro ENTER_GS then
        .cfi_startproc
        rdgsbase rax
        mov rcx, [rdi + CONTEXT_MEMORY]
        cmp rax, rcx
        je \then
        wrgsbase rcx
        jmp \then
        .cfi_endproc
        .endm

FUNCTION pvm_enter_gs
        ENTER_GS pvm_enter
        .size pvm_enter_gs, . - pvm_enter_gs

FUNCTION pvm_enter_gs_by_return
        ENTER_GS pvm_enter_by_return
        .size pvm_enter_gs_by_return, . - pvm_enter_gs_by_return

        /* The same for code that keeps gas in r15. The context is on top of the stack, where the exits find it. */
        .macro BEGIN_WITH_GAS
        rdgsbase rax
        mov rcx, [rdi + CONTEXT_MEMORY]
        cmp rax, rcx
        jne 2f
1:      BEGIN
        push r15
        .cfi_adjust_cfa_offset 8
        .endm

        .macro SET_GS
2:      wrgsbase rcx
        jmp 1b
        .endm

FUNCTION pvm_enter_with_gas
        .cfi_startproc
        BEGIN_WITH_GAS
        mov rcx, rsi
        LOAD_REGISTERS
        mov r15, [r15 + CONTEXT_GAS]
        .globl pvm_entered_with_gas
        .hidden pvm_entered_with_gas
pvm_entered_with_gas:
        jmp rcx
        .cfi_adjust_cfa_offset -56
        SET_GS
        .cfi_endproc
        .size pvm_enter_with_gas, . - pvm_enter_with_gas

FUNCTION pvm_enter_with_gas_by_return
        .cfi_startproc
        BEGIN_WITH_GAS
        push rsi
        .cfi_adjust_cfa_offset 8
        LOAD_REGISTERS
        RETPOLINE
        mov r15, [r15 + CONTEXT_GAS]
        .globl pvm_entered_with_gas_by_return
        .hidden pvm_entered_with_gas_by_return
pvm_entered_with_gas_by_return:
        ret
        .cfi_adjust_cfa_offset -64
        SET_GS
        .cfi_endproc
        .size pvm_enter_with_gas_by_return, . - pvm_enter_with_gas_by_return

        /* An exit "with gas", which goes on in the one that follows. */
        .macro WITH_GAS name
FUNCTION \name\()_with_gas
        mov gs:[GS_CONTEXT + CONTEXT_GAS], r15
        mov r15, [rsp]
        .size \name\()_with_gas, . - \name\()_with_gas
        .globl \name
        .hidden \name
        .type \name, @function
\name:
        .endm

        .macro EXIT name, kind
        STORE_REGISTERS
        mov eax, \kind
        mov [r15 + CONTEXT_EXIT_PC], ecx
        jmp leave
        .size \name, . - \name
        .endm

WITH_GAS pvm_exit_panic
        EXIT pvm_exit_panic, EXIT_PANIC
WITH_GAS pvm_exit_jump
        EXIT pvm_exit_jump, ENTRY_JUMP
FUNCTION pvm_exit_check_failed
        EXIT pvm_exit_check_failed, ENTRY_CHECK_FAILED

/* The return address says which group of blocks; exit_pc becomes the octets pushed before, which say which of them. */
FUNCTION pvm_exit_out_of_gas_with_gas
        mov gs:[GS_CONTEXT + CONTEXT_GAS], r15
        mov r15, gs:[GS_CONTEXT + PRIVATE_STACK_POINTER]
        mov r15, [r15 - 8]
        pop qword ptr [r15 + PRIVATE_FAULT_NATIVE]
        STORE_REGISTERS
        mov rcx, [r15 + PRIVATE_STACK_POINTER]
        sub rcx, 8
        jmp out_of_gas
        .size pvm_exit_out_of_gas_with_gas, . - pvm_exit_out_of_gas_with_gas

FUNCTION pvm_exit_out_of_gas
        pop qword ptr [r15 + PRIVATE_FAULT_NATIVE]
        STORE_REGISTERS
        mov rcx, [r15 + PRIVATE_STACK_POINTER]
out_of_gas:
        sub rcx, rsp
        mov [r15 + CONTEXT_EXIT_PC], ecx
        mov eax, EXIT_OUT_OF_GAS
        jmp leave
        .size pvm_exit_out_of_gas, . - pvm_exit_out_of_gas

/* Where invalid entries of jump tables lead. */
WITH_GAS pvm_exit_dynamic_panic
        STORE_REGISTERS
        mov eax, EXIT_PANIC
        jmp leave
        .size pvm_exit_dynamic_panic, . - pvm_exit_dynamic_panic

/* Where pointers lead to whose code is not known yet; rcx says where the pointer stands, if it is one of the
 * jump table. */
WITH_GAS pvm_exit_unresolved
        mov [r15 + PRIVATE_FAULT_NATIVE], rcx
        STORE_REGISTERS
        mov eax, ENTRY_UNRESOLVED
        jmp leave
        .size pvm_exit_unresolved, . - pvm_exit_unresolved

/* The signal handler sends a faulting guest here, its registers as they were before the instruction. */
WITH_GAS pvm_exit_hardware_fault
        STORE_REGISTERS
        mov eax, ENTRY_HARDWARE_FAULT
        jmp leave
        .size pvm_exit_hardware_fault, . - pvm_exit_hardware_fault

/* The host call that is answered in place (struct answer); rdi is where register 7 lives. The counter, which is in the context
 * meanwhile, is read once. When an interrupt has put the gas aside by then, less is there than the call costs, and the way out is
 * taken, as when too little is left for code that keeps gas in r15. When one comes later, the guest is shown what it had, and the
 * cost is taken from nothing: the sum is right, and the next check stops the run. */
FUNCTION pvm_exit_host_call_with_gas
        mov gs:[GS_CONTEXT + CONTEXT_GAS], r15
        mov r15, [rsp]
        push rax
        movsxd rax, dword ptr [rcx]
        cmp rax, [r15 + ANSWER_NUMBER]
        jne 1f
        mov rax, [r15 + CONTEXT_GAS]
        sub rax, [r15 + ANSWER_COST]
        jl 1f
        add rax, [r15 + ANSWER_HELD]
        mov rdi, rax
        mov rax, [r15 + ANSWER_COST]
        sub [r15 + CONTEXT_GAS], rax
        pop rax
        add rcx, HOST_CALL_OCTETS
        mov r15, [r15 + CONTEXT_GAS]
        .globl pvm_answered_with_gas
        .hidden pvm_answered_with_gas
pvm_answered_with_gas:
        jmp rcx
1:      pop rax
        .size pvm_exit_host_call_with_gas, . - pvm_exit_host_call_with_gas
        .globl pvm_exit_host_call
        .hidden pvm_exit_host_call
        .type pvm_exit_host_call, @function
pvm_exit_host_call:
        STORE_REGISTERS
        movsxd rax, dword ptr [rcx]
        mov [r15 + CONTEXT_EXIT_ARGUMENT], rax
        mov eax, [rcx + 4]
        mov [r15 + CONTEXT_EXIT_PC], eax
        movzx edx, byte ptr [rcx + 8]
        add eax, edx
        mov [r15 + CONTEXT_PC], eax
        add rcx, HOST_CALL_OCTETS
        mov [r15 + PRIVATE_RESUME_NATIVE], rcx
        mov eax, EXIT_HOST_CALL
leave:
        mov rsp, [r15 + PRIVATE_STACK_POINTER]
        mov qword ptr [r15 + PRIVATE_STACK_POINTER], 0
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbx
        pop rbp
        ret
        .size pvm_exit_host_call, . - pvm_exit_host_call
pvm_entry_end:

        .section .note.GNU-stack, "", @progbits
