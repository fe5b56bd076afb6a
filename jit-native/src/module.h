/* A module: one compiled program of an engine. Its machine code is made section by section: the first with the module, the others
 * when a run first gets to them. */
#ifndef PVMJIT_MODULE_H
#define PVMJIT_MODULE_H

#include "code/variant.h"
#include "isa/program.h"
#include "links.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct pvm_module {
    pvm_engine *engine;
    atomic_uint_fast64_t references;
    struct program program;
    struct piece blocks_memory;
    pvm_block *blocks;      /* by rising pc; those of a section that has no variant are not filled in */
    pthread_mutex_t mutex;  /* guards the making of variants */
    struct arena_room room; /* for the machine code that is still to be made (make_room) */
    struct links links;
    uint64_t publication; /* in the arena, of what it was compiled with */
    bool may_run;         /* instances of it may be made, from then on by any thread */
};

/* The block that contains pc, a valid start, whose section has a variant. */
const pvm_block *module_block(const pvm_module *module, uint32_t pc);

/* The kind of variant that most runs take, where hardware protects the pages. */
enum variant_kind module_main_kind(const pvm_module *module);

/* The variant of this kind of the section that contains pc, made now if need be. */
status module_variant(pvm_module *module, uint32_t pc, enum variant_kind kind, struct variant **variant,
                      pvm_error *error);

/* Makes all variants of a kind. */
status module_complete(pvm_module *module, enum variant_kind kind, pvm_error *error);

#endif
