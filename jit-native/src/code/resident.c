/* Pages that have memory. */
#include "code/resident.h"

#include <stddef.h>
#include <stdlib.h>

#define PAGES_IN_WORD 64

bool resident_open(struct resident *resident, uint64_t pages) {
    resident->words = calloc(pages / PAGES_IN_WORD + 1, sizeof *resident->words);
    return resident->words != NULL;
}

void resident_close(struct resident *resident) {
    free(resident->words);
    resident->words = NULL;
}

/* The bits of pages from `first` up to the end, in the word that the first one has its bit in; *next: the first one behind it. */
static uint64_t bits_in_word(uint64_t first, uint64_t end, uint64_t *next) {
    uint64_t behind = (first / PAGES_IN_WORD + 1) * PAGES_IN_WORD;
    *next = behind < end ? behind : end;
    uint64_t count = *next - first;
    return (count == PAGES_IN_WORD ? UINT64_MAX : (UINT64_C(1) << count) - 1) << first % PAGES_IN_WORD;
}

/* Others may change other bits of it. */
static uint64_t word_of(const struct resident *resident, uint64_t page) {
    return __atomic_load_n(&resident->words[page / PAGES_IN_WORD], __ATOMIC_RELAXED);
}

void resident_set(struct resident *resident, uint64_t first, uint64_t end, bool memory) {
    for (uint64_t next; first < end; first = next) {
        uint64_t bits = bits_in_word(first, end, &next), word = word_of(resident, first);
        __atomic_store_n(&resident->words[first / PAGES_IN_WORD], memory ? word | bits : word & ~bits,
                         __ATOMIC_RELAXED);
    }
}

uint64_t resident_count(const struct resident *resident, uint64_t first, uint64_t end) {
    uint64_t count = 0;
    for (uint64_t next; first < end; first = next) {
        uint64_t bits = bits_in_word(first, end, &next);
        count += (uint64_t)__builtin_popcountll(word_of(resident, first) & bits);
    }
    return count;
}

uint64_t resident_skip(const struct resident *resident, uint64_t first, uint64_t end) {
    for (uint64_t next; first < end; first = next) {
        uint64_t without = bits_in_word(first, end, &next) & ~word_of(resident, first);
        if (without != 0) {
            return first / PAGES_IN_WORD * PAGES_IN_WORD + (uint64_t)__builtin_ctzll(without);
        }
    }
    return end;
}
