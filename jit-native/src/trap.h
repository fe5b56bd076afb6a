/* Faults of generated code: signals that become exits of the guest. */
#ifndef PVMJIT_TRAP_H
#define PVMJIT_TRAP_H

#include "base/error.h"

#include <stdint.h>

/* Makes faults in this code range the guest's own. */
status trap_register(const uint8_t *code, uint64_t size, pvm_error *error);
void trap_unregister(const uint8_t *code);

#endif
