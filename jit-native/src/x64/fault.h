/* A fault of machine code, in the registers that the kernel saved for the signal handler. */
#ifndef PVMJIT_FAULT_H
#define PVMJIT_FAULT_H

#include "pvmjit.h"
#include "x64/entry.h"

#include <stdint.h>
#include <ucontext.h>

/* The instruction that faulted, whosoever it is. */
static inline const uint8_t *fault_instruction(const ucontext_t *saved) {
    return (const uint8_t *)saved->uc_mcontext.gregs[REG_RIP];
}

/* Whose instruction it is, if it is one of generated code: that keeps its context in r15. */
static inline pvm_context *fault_context(const ucontext_t *saved) {
    return (pvm_context *)saved->uc_mcontext.gregs[REG_R15];
}

/* Lets the thread go on in pvm_exit_hardware_fault. */
static inline void fault_leave(ucontext_t *saved) {
    saved->uc_mcontext.gregs[REG_RIP] = (greg_t)pvm_exit_hardware_fault;
}

#endif
