/* A module: one compiled program of an engine. */
#ifndef PVMJIT_MODULE_H
#define PVMJIT_MODULE_H

#include "code/variant.h"
#include "isa/program.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct pvm_module {
    pvm_engine *engine;
    atomic_uint_fast64_t references;
    struct program program;
    struct piece blocks_memory;
    pvm_block *blocks;     /* by rising pc */
    bool priced;           /* all blocks have their costs */
    pthread_mutex_t mutex; /* guards the making of variants */
    _Atomic(struct variant *) variants[VARIANT_COUNT];
};

/* The block that contains pc, a valid start. */
const pvm_block *module_block(const pvm_module *module, uint32_t pc);

/* The kind of variant that most runs take, where hardware protects the pages, which is made with the module. */
enum variant_kind module_main_kind(const pvm_module *module);

/* The variant of this kind, made now if need be. */
status module_variant(pvm_module *module, enum variant_kind kind, struct variant **variant, pvm_error *error);

#endif
