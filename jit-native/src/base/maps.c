/* The count of an engine's maps. */
#include "base/maps.h"

bool maps_reserve(struct maps *maps, uint64_t count) {
    uint64_t used = atomic_load(&maps->used);
    do {
        if (used + count > maps->limit) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&maps->used, &used, used + count));
    return true;
}
