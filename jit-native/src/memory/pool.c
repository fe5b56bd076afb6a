/* The pool: slots of instances that have ended wait for the next ones, which like best one of their owner's and of their own
 * layout: an owner finds again what it left, whatever the others do meanwhile. */
#include "memory/pool.h"

#include "memory/kept.h"
#include "memory/reuse.h"
#include "memory/slot.h"
#include "memory/window.h"

/* Idle slots that a new instance looks at for one that suits. */
#define POOL_SEARCH 16
/* So many idle slots, and others are used again before new ones are made. */
#define POOL_IDLE 128

#define OF_ALL offsetof(struct instance, of_all)
#define OF_OWNERS offsetof(struct instance, of_owners)

static struct idle_links *links_at(struct instance *slot, size_t offset) {
    return (struct idle_links *)(void *)((uint8_t *)slot + offset);
}

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

static void link_first(struct idle_list *list, struct instance *slot, size_t links) {
    struct idle_links *own = links_at(slot, links);
    *own = (struct idle_links){NULL, list->first};
    *(list->first != NULL ? &links_at(list->first, links)->newer : &list->last) = slot;
    list->first = slot;
}

static void unlink_from(struct idle_list *list, struct instance *slot, size_t links) {
    struct idle_links own = *links_at(slot, links);
    *(own.newer != NULL ? &links_at(own.newer, links)->older : &list->first) = own.older;
    *(own.older != NULL ? &links_at(own.older, links)->newer : &list->last) = own.newer;
}

static void link_idle(struct pool *pool, struct instance *slot) {
    struct idle_owners *owners = kept_owners(pool, slot->owner);
    link_first(&pool->idle, slot, OF_ALL);
    link_first(&owners->list, slot, OF_OWNERS);
    pool->idle_count++;
}

static struct instance *unlink_idle(struct pool *pool, struct instance *slot) {
    struct idle_owners *owners = kept_owners(pool, slot->owner);
    unlink_from(&pool->idle, slot, OF_ALL);
    unlink_from(&owners->list, slot, OF_OWNERS);
    kept_forget(pool, slot);
    pool->idle_count--;
    return slot;
}

/* Whether a slot is good for these regions as it is: it has their pages, or a machine's, which asks for pages later. */
static bool suits(const struct instance *slot, const pvm_region *regions, uint32_t count) {
    return count == 0 && slot->began_empty ? slot->layout_known : slot_has_layout(slot, regions, count);
}

/* An idle slot of this owner's that suits; else the one of its own that became idle last, in *other. */
static struct instance *find_own(struct pool *pool, uint64_t owner, const pvm_region *regions, uint32_t count,
                                 struct instance **other) {
    int searched = 0;
    *other = NULL;
    for (struct instance *slot = kept_owners(pool, owner)->list.first; slot != NULL && searched < POOL_SEARCH;
         slot = slot->of_owners.older, searched++) {
        if (slot->owner == owner && suits(slot, regions, count)) {
            return slot;
        }
        if (slot->owner == owner && *other == NULL) {
            *other = slot;
        }
    }
    return NULL;
}

/* A slot of the owner's that suits, else a new one as long as few are idle, else one of its own, else one that has been idle
 * for longest; null with the error filled in. */
static struct instance *take_slot(struct pool *pool, uint64_t owner, const pvm_region *regions, uint32_t count,
                                  pvm_error *error) {
    struct instance *own;
    struct instance *slot = find_own(pool, owner, regions, count, &own);
    if (slot != NULL) {
        return unlink_idle(pool, slot);
    }
    slot = own != NULL ? own : pool->idle.last;
    bool room = (slot == NULL || pool->idle_count < POOL_IDLE) && pool->slot_count < pool->config->instance_limit &&
                maps_reserve(pool->maps, SLOT_MAPS);
    if (slot != NULL && !room) {
        return unlink_idle(pool, slot);
    }
    if (!room) {
        fail(error, PVM_RESOURCE_LIMIT, 0, "%llu instances are alive, the limit is %u instances and %llu maps",
             (unsigned long long)pool->instances_alive, pool->config->instance_limit,
             (unsigned long long)pool->maps->limit);
        return NULL;
    }
    struct instance *made = slot_create(pool, pool->slots_made, error);
    if (made == NULL) {
        maps_return(pool->maps, SLOT_MAPS);
        return slot != NULL ? unlink_idle(pool, slot) : NULL;
    }
    pool->slots_made++;
    pool->slot_count++;
    made->next_slot = pool->slots;
    pool->slots = made;
    return made;
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

status pool_take(struct pool *pool, uint64_t owner, const pvm_region *regions, uint32_t count,
                 struct instance **instance, pvm_error *error) {
    status result = check_regions(regions, count, error);
    if (result != PVM_OK) {
        return result;
    }
    pthread_mutex_lock(&pool->mutex);
    struct instance *slot = take_slot(pool, owner, regions, count, error);
    pool->instances_alive += slot != NULL;
    if (slot != NULL) {
        slot->owner = owner;
        /* What the instance has not asked for yet is what the pool keeps. */
        if (count == 0 && reuse_can_begin(slot) && !kept_count(pool, slot, kept_octets(slot))) {
            slot->layout_known = false;
        }
    }
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
    reuse_remember(instance);
    uint64_t octets = kept_octets(instance);
    pthread_mutex_lock(&pool->mutex);
    kept_forget(pool, instance);
    bool kept = instance->layout_known && !instance->broken && kept_count(pool, instance, octets);
    pthread_mutex_unlock(&pool->mutex);
    if (!kept && !instance->lost) {
        /* A slot that cannot be wiped now is wiped, or refused, when it is taken again. */
        instance->layout_known = slot_wipe(instance, NULL) == PVM_OK && window_give_back(instance, NULL) == PVM_OK;
    }
    if (kept && !instance->began_empty) {
        slot_clear(instance);
    }
    instance->module = NULL;
    pthread_mutex_lock(&pool->mutex);
    if (!instance->lost) {
        link_idle(pool, instance);
    } else {
        pool->slot_count--;
    }
    pool->instances_alive--;
    pthread_mutex_unlock(&pool->mutex);
}
