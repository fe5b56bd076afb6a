/*
 * A hash table with chains in malloc'ed nodes: insertions, look-ups and deletions in turn, growing as it fills. The
 * parameter is the number of operations.
 */
#include <stdlib.h>

#include "workload.h"

typedef struct node {
    struct node *next;
    uint64_t key;
    uint64_t value;
} node;

typedef struct {
    node **buckets;
    size_t size; /* a power of two */
    size_t count;
} table;

static size_t bucket_of(const table *t, uint64_t key) {
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (t->size - 1);
}

/* The link that points at the key's node, or at the end of its chain. */
static node **locate(const table *t, uint64_t key) {
    node **link = &t->buckets[bucket_of(t, key)];
    while (*link != NULL && (*link)->key != key) {
        link = &(*link)->next;
    }
    return link;
}

static int resize(table *t, size_t size) {
    node **old = t->buckets;
    size_t old_size = t->size;
    t->buckets = calloc(size, sizeof *t->buckets);
    if (t->buckets == NULL) {
        t->buckets = old;
        return 0;
    }
    t->size = size;
    for (size_t i = 0; i < old_size; i++) {
        for (node *entry = old[i]; entry != NULL;) {
            node *next = entry->next;
            node **link = &t->buckets[bucket_of(t, entry->key)];
            entry->next = *link;
            *link = entry;
            entry = next;
        }
    }
    free(old);
    return 1;
}

static int put(table *t, uint64_t key, uint64_t value) {
    node **link = locate(t, key);
    if (*link == NULL) {
        if (t->count >= t->size) {
            if (!resize(t, t->size * 2)) {
                return 0;
            }
            link = locate(t, key);
        }
        *link = malloc(sizeof **link);
        if (*link == NULL) {
            return 0;
        }
        (*link)->next = NULL;
        (*link)->key = key;
        t->count++;
    }
    (*link)->value = value;
    return 1;
}

static uint64_t delete(table *t, uint64_t key) {
    node **link = locate(t, key);
    node *entry = *link;
    if (entry == NULL) {
        return 0;
    }
    uint64_t value = entry->value;
    *link = entry->next;
    free(entry);
    t->count--;
    return value;
}

uint64_t run(uint64_t parameter) {
    table t = {NULL, 0, 0};
    if (!resize(&t, 16)) {
        return 0;
    }
    uint64_t state = NUMBERS_START;
    uint64_t checksum = parameter;
    for (uint64_t i = 0; i < parameter; i++) {
        uint64_t number = next_number(&state);
        uint64_t key = number >> 40 & 0x3fff;
        switch (number >> 60 & 3) {
        case 0:
        case 1:
            if (!put(&t, key, i)) {
                return 0;
            }
            break;
        case 2: {
            const node *entry = *locate(&t, key);
            checksum = mix(checksum, entry == NULL ? key : entry->value);
            break;
        }
        default: checksum = mix(checksum, delete(&t, key)); break;
        }
    }
    checksum = mix(checksum, t.count);
    for (size_t i = 0; i < t.size; i++) {
        while (t.buckets[i] != NULL) {
            checksum += delete(&t, t.buckets[i]->key) * (i + 1);
        }
    }
    free(t.buckets);
    return t.count != 0 ? 0 : checksum;
}
