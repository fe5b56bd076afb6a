/* Binary search, of which the library knows one kind. */
#ifndef PVMJIT_SEARCH_H
#define PVMJIT_SEARCH_H

#include <stdint.h>

/* Index of the last of `count` rising values, `stride` words apart, that is at most `key`; the first is, unseen. */
static inline uint32_t search_last(const uint32_t *values, uint32_t count, uint32_t stride, uint32_t key) {
    uint32_t low = 0, high = count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (values[(uint64_t)middle * stride] <= key) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

#endif
