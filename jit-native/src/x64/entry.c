/* The C side of entry.S: that its numbers are those of the structures, and where instances learn of it. */
#include "x64/entry.h"

#include "x64/x64.h"

#include <stddef.h>

_Static_assert((int)PVM_EXIT_HALT == EXIT_HALT && (int)PVM_EXIT_PANIC == EXIT_PANIC &&
                   (int)PVM_EXIT_HOST_CALL == EXIT_HOST_CALL && (int)PVM_EXIT_OUT_OF_GAS == EXIT_OUT_OF_GAS,
               "layout.h");
_Static_assert((int)PVM_EXIT_INTERRUPTED < ENTRY_HARDWARE_FAULT && ENTRY_HARDWARE_FAULT != ENTRY_CHECK_FAILED,
               "layout.h");
_Static_assert(offsetof(pvm_context, registers) == 0, "entry.S");
_Static_assert(offsetof(pvm_context, gas) == CONTEXT_GAS, "layout.h");
_Static_assert(offsetof(pvm_context, exit_argument) == CONTEXT_EXIT_ARGUMENT, "layout.h");
_Static_assert(offsetof(pvm_context, pc) == CONTEXT_PC, "layout.h");
_Static_assert(offsetof(pvm_context, exit_pc) == CONTEXT_EXIT_PC, "layout.h");
_Static_assert(offsetof(pvm_context, memory) == CONTEXT_MEMORY, "layout.h");
#define ASSERT_PRIVATE(field, displacement)                                                                            \
    _Static_assert((long)offsetof(struct instance, fields.field) - (long)offsetof(struct instance, context) ==         \
                       (displacement),                                                                                 \
                   "layout.h")
ASSERT_PRIVATE(exit_panic, PRIVATE_EXIT_PANIC);
ASSERT_PRIVATE(exit_out_of_gas, PRIVATE_EXIT_OUT_OF_GAS);
ASSERT_PRIVATE(exit_host_call, PRIVATE_EXIT_HOST_CALL);
ASSERT_PRIVATE(exit_jump, PRIVATE_EXIT_JUMP);
ASSERT_PRIVATE(exit_check_failed, PRIVATE_EXIT_CHECK_FAILED);
ASSERT_PRIVATE(exit_fault, PRIVATE_EXIT_FAULT);
ASSERT_PRIVATE(jump_table, PRIVATE_JUMP_TABLE);
ASSERT_PRIVATE(resume_native, PRIVATE_RESUME_NATIVE);
ASSERT_PRIVATE(stack_pointer, PRIVATE_STACK_POINTER);
ASSERT_PRIVATE(fault_native, PRIVATE_FAULT_NATIVE);
ASSERT_PRIVATE(exit_panic_with_gas, PRIVATE_EXIT_PANIC_WITH_GAS);
ASSERT_PRIVATE(exit_out_of_gas_with_gas, PRIVATE_EXIT_OUT_OF_GAS_WITH_GAS);
ASSERT_PRIVATE(exit_host_call_with_gas, PRIVATE_EXIT_HOST_CALL_WITH_GAS);
ASSERT_PRIVATE(exit_jump_with_gas, PRIVATE_EXIT_JUMP_WITH_GAS);
enum {
#define REGISTER(guest, host) HOST_OF_##guest = (host),
#include "x64/registers.def"
#undef REGISTER
};
_Static_assert((int)HOST_OF_7 == (int)RDI, "the answer to a host call in entry.S");
#define ASSERT_ANSWER(field, displacement)                                                                             \
    _Static_assert(offsetof(struct instance, answer.field) - offsetof(struct instance, context) == (displacement),     \
                   "layout.h")
ASSERT_ANSWER(number, ANSWER_NUMBER);
ASSERT_ANSWER(cost, ANSWER_COST);
ASSERT_ANSWER(held, ANSWER_HELD);
_Static_assert(GS_CONTEXT == SLOT_CONTEXT - SLOT_MEMORY, "layout.h");

void entry_connect(struct instance *instance, bool use_gs, bool retpolines) {
    if (retpolines) {
        instance->enter = use_gs ? pvm_enter_gs_by_return : pvm_enter_by_return;
        instance->enter_with_gas = pvm_enter_with_gas_by_return;
    } else {
        instance->enter = use_gs ? pvm_enter_gs : pvm_enter;
        instance->enter_with_gas = pvm_enter_with_gas;
    }
    instance->answer.number = ANSWERS_NONE;
    instance->answers_in_place = !retpolines;
    instance->fields.exit_panic = pvm_exit_panic;
    instance->fields.exit_out_of_gas = pvm_exit_out_of_gas;
    instance->fields.exit_host_call = pvm_exit_host_call;
    instance->fields.exit_jump = pvm_exit_jump;
    instance->fields.exit_fault = pvm_exit_hardware_fault;
    instance->fields.exit_check_failed = pvm_exit_check_failed;
    instance->fields.exit_panic_with_gas = pvm_exit_panic_with_gas;
    instance->fields.exit_out_of_gas_with_gas = pvm_exit_out_of_gas_with_gas;
    instance->fields.exit_host_call_with_gas = pvm_exit_host_call_with_gas;
    instance->fields.exit_jump_with_gas = pvm_exit_jump_with_gas;
}
