/* The way into machine code and out of it (entry.S). */
#ifndef PVMJIT_ENTRY_H
#define PVMJIT_ENTRY_H

#include "memory/instance.h"
#include "x64/layout.h"

#include <stdbool.h>
#include <stdint.h>

/* Run machine code from target until it exits; return enum pvm_exit, or one of ENTRY_*. The second addresses RAM by GS, and
 * so does the third, whose code keeps gas in a register. */
uint32_t pvm_enter(pvm_context *context, const void *target);
uint32_t pvm_enter_gs(pvm_context *context, const void *target);
uint32_t pvm_enter_with_gas(pvm_context *context, const void *target);

/* The same for machine code that has retpolines: no processor predicts where they enter it. */
uint32_t pvm_enter_by_return(pvm_context *context, const void *target);
uint32_t pvm_enter_gs_by_return(pvm_context *context, const void *target);
uint32_t pvm_enter_with_gas_by_return(pvm_context *context, const void *target);

/* Where machine code leaves to. */
void pvm_exit_panic(void);
void pvm_exit_out_of_gas(void);
void pvm_exit_host_call(void);
void pvm_exit_jump(void);
void pvm_exit_dynamic_panic(void);
void pvm_exit_unresolved(void);
void pvm_exit_check_failed(void);
void pvm_exit_hardware_fault(void);

/* The same for code that keeps gas in a register. */
void pvm_exit_panic_with_gas(void);
void pvm_exit_out_of_gas_with_gas(void);
void pvm_exit_host_call_with_gas(void);
void pvm_exit_jump_with_gas(void);
void pvm_exit_dynamic_panic_with_gas(void);
void pvm_exit_unresolved_with_gas(void);
void pvm_exit_hardware_fault_with_gas(void);

/* In entry.S: where it begins and ends, and the last instructions of what enters with gas, and of the answer to a host call. */
extern const uint8_t pvm_entry_begin[], pvm_entry_end[], pvm_entered_with_gas[], pvm_entered_with_gas_by_return[],
    pvm_answered_with_gas[];

/* Tells an instance how to enter machine code, and machine code how to leave. */
void entry_connect(struct instance *instance, bool use_gs, bool retpolines);

#endif
