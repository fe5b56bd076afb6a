/* What idle slots keep, and unsettled instances: they have pages that they have not asked for. */
#include "memory/kept.h"

struct idle_owners *kept_owners(struct pool *pool, uint64_t owner) {
    /* Where the pool lies nobody can foresee, nor who falls together with whom. */
    return &pool->owners[(owner ^ (uintptr_t)pool) * UINT64_C(0x9E3779B97F4A7C15) >> 32 & (POOL_OWNERS - 1)];
}

/* What of so many octets is beyond the share of those whose numbers fall together. */
static uint64_t beyond_share(const struct pool *pool, uint64_t octets) {
    uint64_t share = pool->config->pool_bytes / 2 / POOL_OWNERS;
    return octets > share ? octets - share : 0;
}

/* Half of what idle slots may keep are shares, the other half is common. */
static bool may_keep(struct pool *pool, const struct idle_owners *owners, uint64_t octets) {
    uint64_t more = beyond_share(pool, owners->bytes + octets) - beyond_share(pool, owners->bytes);
    return more <= pool->config->pool_bytes / 2 - pool->common_bytes;
}

static void count_kept(struct pool *pool, struct idle_owners *owners, uint64_t octets) {
    pool->common_bytes -= beyond_share(pool, owners->bytes);
    owners->bytes = octets;
    pool->common_bytes += beyond_share(pool, owners->bytes);
}

uint64_t kept_octets(const struct instance *slot) {
    uint64_t octets = (uint64_t)slot->window.allocated_pages * PVM_PAGE_SIZE;
    for (uint32_t n = 0; n < slot->layout_count; n++) {
        octets += (uint64_t)slot->layout[n].page_count * PVM_PAGE_SIZE;
    }
    return octets;
}

bool kept_count(struct pool *pool, struct instance *slot, uint64_t octets) {
    struct idle_owners *owners = kept_owners(pool, slot->owner);
    bool may = may_keep(pool, owners, octets);
    if (may) {
        count_kept(pool, owners, owners->bytes + octets);
        slot->idle_bytes = octets;
    }
    return may;
}

void kept_forget(struct pool *pool, struct instance *slot) {
    struct idle_owners *owners = kept_owners(pool, slot->owner);
    count_kept(pool, owners, owners->bytes - slot->idle_bytes);
    slot->idle_bytes = 0;
}

void kept_forget_instance(struct instance *instance) {
    struct pool *pool = instance->pool;
    pthread_mutex_lock(&pool->mutex);
    kept_forget(pool, instance);
    pthread_mutex_unlock(&pool->mutex);
}
