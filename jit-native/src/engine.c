/* Engines: configuration, parts, statistics, and what is done to all of their instances. */
#include "engine.h"

#include "base/error.h"
#include "memory/pool.h"
#include "trap.h"
#include "x64/codegen.h"
#include "x64/processor.h"

#include <stdio.h>
#include <stdlib.h>

#define KNOWN_FLAGS                                                                                                    \
    (PVM_FLAG_NO_GS | PVM_FLAG_ALWAYS_CHECKED | PVM_FLAG_SINGLE_MAPPING | PVM_FLAG_PERF_MAP | PVM_FLAG_RETPOLINES |    \
     PVM_FLAG_BLINDED_CONSTANTS)
#define DEFAULT_CODE_ARENA_BYTES (UINT64_C(1) << 30)
#define MAXIMUM_CODE_ARENA_BYTES (UINT64_C(1) << 31)
#define DEFAULT_MAPS_PER_INSTANCE 64
#define DEFAULT_POOL_BYTES (UINT64_C(256) << 20)
#define DEFAULT_INSTANCE_LIMIT 8192
/* vm.max_map_count where it cannot be read. */
#define DEFAULT_MAXIMUM_MAPS 65530

uint32_t pvm_abi_version(void) {
    return PVM_ABI_VERSION;
}

static uint64_t maximum_maps(void) {
    uint64_t maps = DEFAULT_MAXIMUM_MAPS;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    if (file != NULL) {
        unsigned long long read;
        if (fscanf(file, "%llu", &read) == 1) {
            maps = read;
        }
        fclose(file);
    }
    return maps;
}

static status fill_config(pvm_engine_config *config, pvm_error *error) {
    if (config->revision >= REVISION_COUNT) {
        return fail(error, PVM_INVALID_ARGUMENT, 0, "revision %u is not known", config->revision);
    }
    if ((config->flags & ~(uint32_t)KNOWN_FLAGS) != 0) {
        return fail(error, PVM_INVALID_ARGUMENT, 0, "flags 0x%x are not known", config->flags & ~(uint32_t)KNOWN_FLAGS);
    }
    if (config->code_arena_bytes > MAXIMUM_CODE_ARENA_BYTES) {
        return fail(error, PVM_INVALID_ARGUMENT, 0, "a code arena has at most 2^31 octets, %llu are asked for",
                    (unsigned long long)config->code_arena_bytes);
    }
    if (config->code_arena_bytes == 0) {
        config->code_arena_bytes = DEFAULT_CODE_ARENA_BYTES;
    }
    if (config->maps_per_instance == 0) {
        config->maps_per_instance = DEFAULT_MAPS_PER_INSTANCE;
    }
    if (config->map_limit == 0) {
        config->map_limit = maximum_maps() / 4 * 3;
    }
    if (config->instance_limit == 0) {
        uint64_t by_maps = config->map_limit / 4;
        config->instance_limit = by_maps < DEFAULT_INSTANCE_LIMIT ? (uint32_t)by_maps : DEFAULT_INSTANCE_LIMIT;
    }
    if (config->pool_bytes == 0) {
        config->pool_bytes = DEFAULT_POOL_BYTES;
    }
    return PVM_OK;
}

/* Makes the parts of an engine whose configuration is filled in, or none. */
static status open_parts(pvm_engine *engine, pvm_error *error) {
    bool once = (engine->config.flags & (PVM_FLAG_SINGLE_MAPPING | PVM_FLAG_PERF_MAP)) != 0;
    status result = arena_create(&engine->arena, engine->config.code_arena_bytes,
                                 once ? ARENA_MAPPED_ONCE : ARENA_MAPPED_TWICE, PROCESSOR_TRAP_OCTET, error);
    if (result != PVM_OK) {
        return result;
    }
    bool pieces = pieces_open(&engine->pieces, &engine->maps);
    bool pool = pieces && pool_open(&engine->pool, &engine->config, &engine->maps);
    result = pool ? trap_register(engine->arena.executable, engine->arena.size, error)
                  : fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for an engine");
    if (result == PVM_OK) {
        return PVM_OK;
    }
    if (pool) {
        pool_close(&engine->pool);
    }
    if (pieces) {
        pieces_close(&engine->pieces);
    }
    arena_destroy(&engine->arena);
    return result;
}

int32_t pvm_engine_create(const pvm_engine_config *config, pvm_engine **engine, pvm_error *error) {
    status result = (status)pvm_supported(error);
    if (result != PVM_OK) {
        return (int32_t)result;
    }
    pvm_engine *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return (int32_t)fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for an engine");
    }
    if (config != NULL) {
        made->config = *config;
    }
    result = fill_config(&made->config, error);
    if (result == PVM_OK) {
        made->use_gs = processor_has_fsgsbase() && (made->config.flags & PVM_FLAG_NO_GS) == 0;
        uint8_t weights[256];
        const struct revision_rules *rules = &revision_table[made->config.revision];
        codegen_weights(rules, engine_has(made, PVM_FLAG_BLINDED_CONSTANTS), weights);
        program_octets_fill(&made->octets, rules, weights);
        made->maps.limit = made->config.map_limit;
        made->maps.used = ARENA_MAPS + POOL_MAPS;
        result = open_parts(made, error);
    }
    if (result != PVM_OK) {
        free(made);
        return (int32_t)result;
    }
    *engine = made;
    return PVM_OK;
}

int32_t pvm_engine_destroy(pvm_engine *engine, pvm_error *error) {
    if (engine == NULL) {
        return PVM_OK;
    }
    pthread_mutex_lock(&engine->pool.mutex);
    uint64_t instances = engine->pool.instances_alive, modules = atomic_load(&engine->modules_alive);
    pthread_mutex_unlock(&engine->pool.mutex);
    if (instances != 0 || modules != 0) {
        return (int32_t)fail(error, PVM_INVALID_ARGUMENT, 0, "%llu modules and %llu instances are alive",
                             (unsigned long long)modules, (unsigned long long)instances);
    }
    trap_unregister(engine->arena.executable);
    pool_close(&engine->pool);
    pieces_close(&engine->pieces);
    arena_destroy(&engine->arena);
    free(engine);
    return PVM_OK;
}

void pvm_engine_statistics(pvm_engine *engine, pvm_statistics *statistics) {
    pthread_mutex_lock(&engine->arena.mutex);
    statistics->code_bytes_used = engine->arena.used;
    pthread_mutex_unlock(&engine->arena.mutex);
    statistics->code_bytes_limit = engine->arena.size;
    pthread_mutex_lock(&engine->pool.mutex);
    statistics->modules_alive = atomic_load(&engine->modules_alive);
    statistics->instances_alive = engine->pool.instances_alive;
    statistics->instances_checked = atomic_load(&engine->pool.instances_checked);
    statistics->instances_pooled = engine->pool.idle_count;
    statistics->instance_limit = engine->config.instance_limit;
    statistics->maps_used = atomic_load(&engine->maps.used);
    statistics->map_limit = engine->maps.limit;
    pthread_mutex_unlock(&engine->pool.mutex);
}

int32_t pvm_interrupt_all(pvm_engine *engine, pvm_error *error) {
    int32_t result = PVM_OK;
    pthread_mutex_lock(&engine->pool.mutex);
    for (struct instance *each = engine->pool.slots; each != NULL; each = each->next_slot) {
        /* One that ends now keeps its slot until the mutex is free. */
        if (atomic_load(&each->alive)) {
            int32_t one = pvm_interrupt(&each->context, error);
            result = one == PVM_OK ? result : one;
        }
    }
    pthread_mutex_unlock(&engine->pool.mutex);
    return result;
}
