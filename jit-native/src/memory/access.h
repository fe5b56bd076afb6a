/* The access of pages: what the page table and the hardware grant. */
#ifndef PVMJIT_ACCESS_H
#define PVMJIT_ACCESS_H

#include "memory/instance.h"

#include <stdbool.h>
#include <stdint.h>

/* Sets the access of pages, at least one. After a failure the instance may be broken. */
status access_set(struct instance *instance, uint32_t first, uint32_t count, uint32_t access, pvm_error *error);

/* All RAM becomes one map; from now on access is checked in software. */
status access_check_in_software(struct instance *instance, pvm_error *error);

/* Gives all RAM the access in hardware that the page table says. */
bool access_protect_all(struct instance *instance);

/* A checked instance that does not need too many maps is checked by the hardware from now on. After a failure it is checked in
 * software as before, or broken. */
status access_check_in_hardware(struct instance *instance, pvm_error *error);

/* Hardware and page table may differ: the guest does not run any more, and the host finds no page to touch. */
void access_give_up(struct instance *instance);

/* Where the instance's RAM denies the access: index of the lowest such octet before the modulo, or -1. */
int64_t access_denied(struct instance *instance, uint32_t address, uint32_t size, bool write);

/* Maps that the instance may take from now on; false when the engine has not that many more. */
bool access_raise_maps(struct instance *instance, uint64_t maps);
void access_lower_maps(struct instance *instance, uint64_t maps);

#endif
