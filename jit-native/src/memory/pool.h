/* The pool of slots of an engine. Thread-safe. */
#ifndef PVMJIT_POOL_H
#define PVMJIT_POOL_H

#include "memory/instance.h"

#include <stdbool.h>
#include <stdint.h>

/* Maps that a pool takes beside those of its slots: the writable view of windows. */
#define POOL_MAPS 1

/* An empty pool, from one that is all zero; false without a mutex. */
bool pool_open(struct pool *pool, const pvm_engine_config *config, struct maps *maps);

/* No instance may be alive. */
void pool_close(struct pool *pool);

/* A slot whose RAM is as the regions say, for an owner (see pvm_instance_create_for). */
status pool_take(struct pool *pool, uint64_t owner, const pvm_region *regions, uint32_t count,
                 struct instance **instance, pvm_error *error);

/* Takes a slot back. */
void pool_give(struct instance *instance);

#endif
