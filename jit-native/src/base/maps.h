/* Maps of the kernel: the system gives a process only so many (vm.max_map_count), and an engine its part of them. */
#ifndef PVMJIT_MAPS_H
#define PVMJIT_MAPS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct maps {
    atomic_uint_fast64_t
        used; /* an upper bound at every moment: counted before they are made, as long as they may stay */
    uint64_t limit;
};

/* False when that would be more than the limit. */
bool maps_reserve(struct maps *maps, uint64_t count);

static inline void maps_return(struct maps *maps, uint64_t count) {
    atomic_fetch_sub(&maps->used, count);
}

#endif
