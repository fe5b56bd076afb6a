/* Instances: how they begin and end. What one is, memory/instance.h says. */
#include "base/error.h"
#include "engine.h"
#include "memory/paging.h"
#include "memory/pool.h"
#include "module.h"
#include "x64/entry.h"

#include <string.h>

/* Registers, gas and pc 0; RAM stays. */
static void reset(pvm_context *context) {
    uint8_t *memory = context->memory;
    const uint8_t *page_access = context->page_access;
    memset(context, 0, sizeof *context);
    context->memory = memory;
    context->page_access = page_access;
}

int32_t pvm_instance_create(pvm_module *module, const pvm_region *regions, uint32_t region_count, pvm_context **context,
                            pvm_error *error) {
    return pvm_instance_create_for(module, 0, regions, region_count, context, error);
}

int32_t pvm_instance_create_for(pvm_module *module, uint64_t owner, const pvm_region *regions, uint32_t region_count,
                                pvm_context **context, pvm_error *error) {
    pvm_engine *engine = module->engine;
    struct instance *instance;
    status result = pool_take(&engine->pool, owner, regions, region_count, &instance, error);
    if (result != PVM_OK) {
        return (int32_t)result;
    }
    arena_synchronize(&engine->arena, module->publication);
    uint64_t pages = 0;
    for (uint32_t n = 0; n < region_count; n++) {
        pages += regions[n].page_count;
    }
    reset(&instance->context);
    entry_connect(instance, engine->use_gs, engine_has(engine, PVM_FLAG_RETPOLINES));
    instance->module = module;
    instance->fields.resume_native = 0;
    instance->variant = NULL;
    paging_reset(instance, pages);
    instance->code_start = engine->arena.executable;
    instance->code_end = engine->arena.executable + engine->arena.size;
    pvm_module_retain(module);
    atomic_store_explicit(&instance->alive, true, memory_order_release);
    if (instance->checked) {
        atomic_fetch_add(&engine->pool.instances_checked, 1);
    }
    *context = &instance->context;
    return PVM_OK;
}

void pvm_instance_destroy(pvm_context *context) {
    if (context == NULL) {
        return;
    }
    struct instance *instance = instance_of(context);
    pvm_module *module = instance->module;
    atomic_store_explicit(&instance->alive, false, memory_order_release);
    if (instance->checked) {
        atomic_fetch_sub(&instance->pool->instances_checked, 1);
    }
    pool_give(instance);
    pvm_module_release(module);
}
