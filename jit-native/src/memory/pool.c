/* The pool: slots of instances that have ended wait for the next ones, which like best one of their own layout. */
#include "memory/pool.h"

#include "memory/slot.h"
#include "memory/window.h"

/* Idle slots that a new instance looks at for one of its own layout. */
#define POOL_SEARCH 16

bool pool_open(struct pool *pool, const pvm_engine_config *config, struct maps *maps) {
    pool->config = config;
    pool->maps = maps;
    pool->windows.file = -1;
    if (pthread_mutex_init(&pool->mutex, NULL) != 0) {
        return false;
    }
    if (!pool_is_always_checked(pool)) {
        window_file_open(&pool->windows, config->instance_limit);
    }
    return true;
}

void pool_close(struct pool *pool) {
    while (pool->slots != NULL) {
        struct instance *slot = pool->slots;
        pool->slots = slot->next_slot;
        slot_destroy(slot);
    }
    window_file_close(&pool->windows);
    pthread_mutex_destroy(&pool->mutex);
}

static struct instance *unlink_idle(struct pool *pool, struct instance **link) {
    struct instance *slot = *link;
    *link = slot->next_idle;
    slot->next_idle = NULL;
    pool->idle_count--;
    pool->idle_bytes -= slot->idle_bytes;
    return slot;
}

/* An idle slot of this layout, else a new one, else any idle one; null with the error filled in. */
static struct instance *take_slot(struct pool *pool, const pvm_region *regions, uint32_t count, pvm_error *error) {
    int searched = 0;
    for (struct instance **link = &pool->idle; *link != NULL && searched < POOL_SEARCH; link = &(*link)->next_idle) {
        if (slot_has_layout(*link, regions, count)) {
            return unlink_idle(pool, link);
        }
        searched++;
    }
    /* With many idle slots of other layouts it is better to convert one than to add to them. */
    bool room = (pool->idle == NULL || pool->idle_count <= POOL_SEARCH) &&
                pool->slot_count < pool->config->instance_limit && maps_reserve(pool->maps, SLOT_MAPS);
    if (pool->idle != NULL && !room) {
        return unlink_idle(pool, &pool->idle);
    }
    if (!room) {
        fail(error, PVM_RESOURCE_LIMIT, 0, "%llu instances are alive, the limit is %u instances and %llu maps",
             (unsigned long long)pool->instances_alive, pool->config->instance_limit,
             (unsigned long long)pool->maps->limit);
        return NULL;
    }
    struct instance *slot = slot_create(pool, pool->slots_made, error);
    if (slot == NULL) {
        maps_return(pool->maps, SLOT_MAPS);
        return pool->idle != NULL ? unlink_idle(pool, &pool->idle) : NULL;
    }
    pool->slots_made++;
    pool->slot_count++;
    slot->next_slot = pool->slots;
    pool->slots = slot;
    return slot;
}

static status check_regions(const pvm_region *regions, uint32_t count, pvm_error *error) {
    uint32_t free_from = FIRST_ACCESSIBLE_PAGE;
    for (uint32_t n = 0; n < count; n++) {
        const pvm_region *region = &regions[n];
        if (region->first_page < free_from || region->page_count == 0 || region->first_page > PVM_PAGE_COUNT ||
            region->page_count > PVM_PAGE_COUNT - region->first_page ||
            (region->access != PVM_ACCESS_READ && region->access != PVM_ACCESS_WRITE) ||
            region->contents_length > (uint64_t)region->page_count * PVM_PAGE_SIZE ||
            (region->contents == NULL && region->contents_length != 0)) {
            return fail(error, PVM_INVALID_ARGUMENT, 0, "region %u is not valid: pages [%u, +%u), access %u", n,
                        region->first_page, region->page_count, region->access);
        }
        free_from = region->first_page + region->page_count;
    }
    return PVM_OK;
}

status pool_take(struct pool *pool, const pvm_region *regions, uint32_t count, struct instance **instance,
                 pvm_error *error) {
    status result = check_regions(regions, count, error);
    if (result != PVM_OK) {
        return result;
    }
    pthread_mutex_lock(&pool->mutex);
    struct instance *slot = take_slot(pool, regions, count, error);
    pool->instances_alive += slot != NULL;
    pthread_mutex_unlock(&pool->mutex);
    if (slot == NULL) {
        return PVM_RESOURCE_LIMIT;
    }
    result = slot_prepare(slot, regions, count, error);
    if (result != PVM_OK) {
        slot->layout_known = false;
        pool_give(slot);
        return result;
    }
    *instance = slot;
    return PVM_OK;
}

/* Its RAM goes back to the system when idle slots hold enough. Wiping may take long: not under the lock. */
void pool_give(struct instance *instance) {
    struct pool *pool = instance->pool;
    uint64_t octets = (uint64_t)instance->window.allocated_pages * PVM_PAGE_SIZE;
    for (uint32_t n = 0; n < instance->layout_count; n++) {
        octets += (uint64_t)instance->layout[n].page_count * PVM_PAGE_SIZE;
    }
    pthread_mutex_lock(&pool->mutex);
    bool keep = instance->layout_known && !instance->broken && pool->idle_bytes + octets <= pool->config->pool_bytes;
    pthread_mutex_unlock(&pool->mutex);
    if (!keep && !instance->lost) {
        /* A slot that cannot be wiped now is wiped, or refused, when it is taken again. */
        instance->layout_known = slot_wipe(instance, NULL) == PVM_OK && window_give_back(instance, NULL) == PVM_OK;
        octets = 0;
    }
    instance->module = NULL;
    instance->idle_bytes = octets;
    pthread_mutex_lock(&pool->mutex);
    if (!instance->lost) {
        instance->next_idle = pool->idle;
        pool->idle = instance;
        pool->idle_bytes += octets;
        pool->idle_count++;
    } else {
        pool->slot_count--;
    }
    pool->instances_alive--;
    pthread_mutex_unlock(&pool->mutex);
}
