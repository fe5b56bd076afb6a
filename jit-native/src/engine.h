/* An engine: what its modules and instances share. */
#ifndef PVMJIT_ENGINE_H
#define PVMJIT_ENGINE_H

#include "base/maps.h"
#include "base/pieces.h"
#include "code/arena.h"
#include "isa/revisions.h"
#include "memory/instance.h"
#include "pvmjit.h"

#include <stdatomic.h>
#include <stdbool.h>

struct pvm_engine {
    pvm_engine_config config; /* defaults filled in */
    bool use_gs;              /* RAM is addressed by GS */
    const struct revision_rules *rules;
    uint8_t weights[256]; /* codegen_weights */
    struct maps maps;
    struct arena arena;
    struct pieces pieces;
    struct pool pool;
    atomic_uint_fast64_t modules_alive;
};

#endif
