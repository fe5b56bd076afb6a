/* Machine code that a signal has interrupted, in the registers that the kernel saved for the handler. */
#ifndef PVMJIT_FAULT_H
#define PVMJIT_FAULT_H

#include "code/variant.h"
#include "memory/instance.h"
#include "x64/entry.h"

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* The instruction that faulted, or was about to run, whosoever it is. */
static inline const uint8_t *fault_instruction(const ucontext_t *saved) {
    return (const uint8_t *)saved->uc_mcontext.gregs[REG_RIP];
}

/* Lets the thread, which runs the instance, go on in pvm_exit_hardware_fault. */
static inline void fault_leave(ucontext_t *saved, const struct instance *instance) {
    bool with_gas = instance->variant->kind == VARIANT_FAST;
    saved->uc_mcontext.gregs[REG_RIP] = (greg_t)(with_gas ? pvm_exit_hardware_fault_with_gas : pvm_exit_hardware_fault);
}

/* Whether an instruction is one of an instance's machine code, or of those of entry.S, before which the gas counter is in its
 * register. */
static inline bool fault_is_with_gas(const struct instance *instance, const uint8_t *instruction) {
    const uint8_t *const of_entry[] = {
        pvm_entered_with_gas,
        pvm_entered_with_gas_by_return,
        pvm_answered_with_gas,
        (const uint8_t *)pvm_exit_panic_with_gas,
        (const uint8_t *)pvm_exit_out_of_gas_with_gas,
        (const uint8_t *)pvm_exit_host_call_with_gas,
        (const uint8_t *)pvm_exit_jump_with_gas,
        (const uint8_t *)pvm_exit_dynamic_panic_with_gas,
        (const uint8_t *)pvm_exit_unresolved_with_gas,
        (const uint8_t *)pvm_exit_hardware_fault_with_gas,
    };
    bool is = instruction >= instance->code_start && instruction < instance->code_end;
    for (size_t n = 0; n < sizeof of_entry / sizeof *of_entry; n++) {
        is |= instruction == of_entry[n];
    }
    return is;
}

static inline uint64_t fault_exchange_context_gas(struct instance *instance, uint64_t gas) {
    uint64_t before = instance->context.gas;
    instance->context.gas = gas;
    return before;
}

/* Puts a value in the gas counter of an instance that the interrupted thread runs, wherever that is now, and gives what was
 * there. False, and nothing done, when the interrupted code is neither the guest's nor of this library: then it is a
 * signal handler on top of the guest, and the register is saved somewhere below. */
static inline bool fault_exchange_gas(ucontext_t *saved, struct instance *instance, uint64_t gas, uint64_t *before) {
    const uint8_t *instruction = fault_instruction(saved);
    bool running = instance->fields.stack_pointer != 0;
    if (instance->variant->kind != VARIANT_FAST || !running) {
        *before = fault_exchange_context_gas(instance, gas);
    } else if (fault_is_with_gas(instance, instruction)) {
        *before = (uint64_t)saved->uc_mcontext.gregs[REG_R15];
        saved->uc_mcontext.gregs[REG_R15] = (greg_t)gas;
    } else if (instruction >= pvm_entry_begin && instruction < pvm_entry_end) {
        *before = fault_exchange_context_gas(instance, gas);
    } else {
        return false;
    }
    return true;
}

#endif
