/* What idle slots may keep: half of the pool's octets are shares, the same for each of POOL_OWNERS groups of owners, the other half
 * is common. Under the pool's mutex, where nothing else is said. */
#ifndef PVMJIT_KEPT_H
#define PVMJIT_KEPT_H

#include "memory/instance.h"

#include <stdbool.h>
#include <stdint.h>

/* The group of an owner. */
struct idle_owners *kept_owners(struct pool *pool, uint64_t owner);

/* RAM that a slot keeps of its last instance. For who has the slot. */
uint64_t kept_octets(const struct instance *slot);

/* Counts so much for a slot and its owner; false, and nothing done, where that is too much. */
bool kept_count(struct pool *pool, struct instance *slot, uint64_t octets);

/* A slot does not count any more. */
void kept_forget(struct pool *pool, struct instance *slot);

/* The same, without the mutex. */
void kept_forget_instance(struct instance *instance);

#endif
