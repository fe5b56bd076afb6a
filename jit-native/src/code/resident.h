/* Which pages of a range have memory: a bit for each. One thread at a time changes them; anybody may ask about pages that no
 * other changes meanwhile. */
#ifndef PVMJIT_RESIDENT_H
#define PVMJIT_RESIDENT_H

#include <stdbool.h>
#include <stdint.h>

struct resident {
    uint64_t *words;
};

/* None has at first. False without memory; resident_close is due in any case. */
bool resident_open(struct resident *resident, uint64_t pages);
void resident_close(struct resident *resident);

/* Pages from the first one up to the end from now on have memory, or have not. */
void resident_set(struct resident *resident, uint64_t first, uint64_t end, bool memory);

/* How many of them have. */
uint64_t resident_count(const struct resident *resident, uint64_t first, uint64_t end);

/* The first of them that has not, or the end. */
uint64_t resident_skip(const struct resident *resident, uint64_t first, uint64_t end);

#endif
