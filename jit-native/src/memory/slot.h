/* The life of a slot: made once, then prepared for one instance after the other. */
#ifndef PVMJIT_SLOT_H
#define PVMJIT_SLOT_H

#include "memory/instance.h"

#include <stdbool.h>
#include <stdint.h>

/* A blank slot; null with the error filled in. Its SLOT_MAPS have been counted. */
struct instance *slot_create(struct pool *pool, uint64_t number, pvm_error *error);

/* Gives the address space back, if it is still the slot's. */
void slot_destroy(struct instance *instance);

/* Whether a slot has pages with exactly the access that the regions ask for. */
bool slot_has_layout(const struct instance *slot, const pvm_region *regions, uint32_t count);

/* No page accessible, all RAM zero, nothing remembered. */
status slot_wipe(struct instance *instance, pvm_error *error);

/* Makes zero what the last instance may have written and the next one of its regions does not fill: nobody waits for that when
 * an instance ends, and whoever makes one does. */
void slot_clear(struct instance *instance);

/* Gives RAM the access and contents that the regions ask for. */
status slot_prepare(struct instance *instance, const pvm_region *regions, uint32_t count, pvm_error *error);

#endif
