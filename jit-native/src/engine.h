/* An engine: what its modules and instances share. */
#ifndef PVMJIT_ENGINE_H
#define PVMJIT_ENGINE_H

#include "base/maps.h"
#include "base/pieces.h"
#include "code/arena.h"
#include "isa/program.h"
#include "memory/instance.h"
#include "pvmjit.h"

#include <stdatomic.h>
#include <stdbool.h>

struct pvm_engine {
    pvm_engine_config config;     /* defaults filled in */
    bool use_gs;                  /* RAM is addressed by GS */
    struct program_octets octets; /* with their weights for codegen_likely_octets */
    struct maps maps;
    struct arena arena;
    struct pieces pieces;
    struct pool pool;
    atomic_uint_fast64_t modules_alive;
};

static inline bool engine_has(const pvm_engine *engine, enum pvm_engine_flag flag) {
    return (engine->config.flags & (uint32_t)flag) != 0;
}

#endif
