/* qsort and bsearch: heap sort, which needs no memory and has no bad inputs. */
#include <stdlib.h>

#include "octets.h"

static void swap(uint8_t *left, uint8_t *right, size_t size) {
    for (; size >= 8; left += 8, right += 8, size -= 8) {
        uint64_t word = load64(left);
        store64(left, load64(right));
        store64(right, word);
    }
    for (; size != 0; left++, right++, size--) {
        uint8_t octet = *left;
        *left = *right;
        *right = octet;
    }
}

/* Moves the element at `root` down until no child is greater. */
static void sift(uint8_t *base, size_t root, size_t count, size_t size, int (*compare)(const void *, const void *)) {
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= count) {
            return;
        }
        if (child + 1 < count && compare(base + child * size, base + (child + 1) * size) < 0) {
            child++;
        }
        if (compare(base + root * size, base + child * size) >= 0) {
            return;
        }
        swap(base + root * size, base + child * size, size);
        root = child;
    }
}

RUNTIME void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *)) {
    for (size_t root = count / 2; root-- > 0;) {
        sift(base, root, count, size, compare);
    }
    for (size_t end = count; end-- > 1;) {
        swap(base, (uint8_t *)base + end * size, size);
        sift(base, 0, end, size, compare);
    }
}

RUNTIME void *bsearch(const void *key, const void *base, size_t count, size_t size,
                      int (*compare)(const void *, const void *)) {
    const uint8_t *low = base;
    while (count != 0) {
        const uint8_t *middle = low + count / 2 * size;
        int order = compare(key, middle);
        if (order == 0) {
            return (void *)(uintptr_t)middle;
        }
        if (order > 0) {
            low = middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}
