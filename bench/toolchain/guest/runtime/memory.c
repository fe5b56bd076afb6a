/* memcpy, memmove, memset, memcmp and memchr, eight octets at a time. */
#include <string.h>

#include "octets.h"

#if defined(__GNUC__) && !defined(__clang__)
/* Else the compiler would recognise the loops below and replace each by a call of the function that it is in. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

/* Fewer than 8 octets. All loads come before the stores, so that the two may overlap. */
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t length) {
    if (length >= 4) {
        uint32_t first = load32(from);
        uint32_t last = load32(from + length - 4);
        store32(to, first);
        store32(to + length - 4, last);
    } else if (length != 0) {
        uint8_t first = from[0];
        uint8_t middle = from[length >> 1];
        uint8_t last = from[length - 1];
        to[0] = first;
        to[length >> 1] = middle;
        to[length - 1] = last;
    }
}

/* From the front; the last 8 octets are loaded first and stored last, so that `to` may overlap what comes after it. */
static inline void copy_forward(uint8_t *to, const uint8_t *from, size_t length) {
    if (length < 8) {
        copy_short(to, from, length);
        return;
    }
    uint8_t *end = to + length - 8;
    uint64_t last = load64(from + length - 8);
    while (length > 32) {
        uint64_t a = load64(from);
        uint64_t b = load64(from + 8);
        uint64_t c = load64(from + 16);
        uint64_t d = load64(from + 24);
        store64(to, a);
        store64(to + 8, b);
        store64(to + 16, c);
        store64(to + 24, d);
        from += 32;
        to += 32;
        length -= 32;
    }
    while (to < end) {
        store64(to, load64(from));
        from += 8;
        to += 8;
    }
    store64(end, last);
}

/* From the back, the first 8 octets last. */
static inline void copy_backward(uint8_t *to, const uint8_t *from, size_t length) {
    if (length < 8) {
        copy_short(to, from, length);
        return;
    }
    uint64_t first = load64(from);
    const uint8_t *source = from + length;
    uint8_t *target = to + length;
    while (target > to + 8) {
        source -= 8;
        target -= 8;
        store64(target, load64(source));
    }
    store64(to, first);
}

RUNTIME void *memcpy(void *restrict to, const void *restrict from, size_t length) {
    copy_forward(to, from, length);
    return to;
}

RUNTIME void *memmove(void *to, const void *from, size_t length) {
    if ((uintptr_t)to - (uintptr_t)from < length) {
        copy_backward(to, from, length);
    } else {
        copy_forward(to, from, length);
    }
    return to;
}

RUNTIME void *memset(void *to, int value, size_t length) {
    uint8_t *target = to;
    uint64_t word = (uint64_t)(uint8_t)value * UINT64_C(0x0101010101010101);
    if (length >= 8) {
        uint8_t *end = target + length - 8;
        while (length > 32) {
            store64(target, word);
            store64(target + 8, word);
            store64(target + 16, word);
            store64(target + 24, word);
            target += 32;
            length -= 32;
        }
        while (target < end) {
            store64(target, word);
            target += 8;
        }
        store64(end, word);
    } else if (length >= 4) {
        store32(target, (uint32_t)word);
        store32(target + length - 4, (uint32_t)word);
    } else if (length != 0) {
        target[0] = (uint8_t)value;
        target[length >> 1] = (uint8_t)value;
        target[length - 1] = (uint8_t)value;
    }
    return to;
}

RUNTIME int memcmp(const void *left, const void *right, size_t length) {
    const uint8_t *a = left;
    const uint8_t *b = right;
    while (length >= 8) {
        uint64_t x = load64(a);
        uint64_t y = load64(b);
        if (x != y) {
            return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
        }
        a += 8;
        b += 8;
        length -= 8;
    }
    for (; length != 0; a++, b++, length--) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}

RUNTIME void *memchr(const void *data, int value, size_t length) {
    const uint8_t *octet = data;
    for (; length != 0; octet++, length--) {
        if (*octet == (uint8_t)value) {
            return (void *)(uintptr_t)octet;
        }
    }
    return NULL;
}
