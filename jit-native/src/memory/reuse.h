/* Pages that a slot keeps for the next machine in it.
 *
 * A machine begins without accessible pages and asks for them later: mostly for those that the one before it in its slot
 * had. So they stay as hardware has them, out of the page table and with what is in them, and the instance is unsettled:
 * a page that is asked for as it was is made zero and entered into the page table, without a change of protection. Before
 * the instance runs, or when it asks for anything else, or for what takes more maps than it may have, it is settled: pages that
 * nobody asked for are given back. So it is when it asks that it becomes checked, and not when it runs.
 *
 * While it is unsettled it has no window and is not checked, and hardware grants each page of the page table exactly the
 * access that is there. */
#ifndef PVMJIT_REUSE_H
#define PVMJIT_REUSE_H

#include "memory/instance.h"

#include <stdbool.h>
#include <stdint.h>

/* Remembers which pages an instance that ends has, if that is simple enough; one that began with regions loses others. */
void reuse_remember(struct instance *instance);

/* Whether an instance without accessible pages can keep what the slot remembers. */
bool reuse_can_begin(const struct instance *slot);

/* Begins such an instance; false where that cannot be. */
bool reuse_begin(struct instance *instance);

/* Changes the access of pages of an unsettled instance like pvm_memory_protect; false, and nothing done, when it has to be
 * settled first. */
bool reuse_protect(struct instance *instance, uint32_t first, uint32_t count, uint32_t access, bool zero,
                   status *result, pvm_error *error);

/* Hardware is as the page table says from now on, and other pages are zero. After a failure the instance is broken. */
status reuse_settle(struct instance *instance, pvm_error *error);

#endif
