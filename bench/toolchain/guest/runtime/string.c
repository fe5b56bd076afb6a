/* Functions on strings that end with a zero octet. */
#include <string.h>

#include "octets.h"

#if defined(__GNUC__) && !defined(__clang__)
/* Else the compiler would recognise loops below and replace them by calls of the functions that they are in. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#define LOW_BITS UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Not zero when one of the eight octets is zero. */
static inline uint64_t zero_octets(uint64_t word) {
    return (word - LOW_BITS) & ~word & HIGH_BITS;
}

RUNTIME size_t strlen(const char *string) {
    const uint8_t *octet = (const uint8_t *)string;
    /* Words at multiples of 8 never reach into a page that the string is not in. */
    for (; ((uintptr_t)octet & 7) != 0; octet++) {
        if (*octet == 0) {
            return (size_t)(octet - (const uint8_t *)string);
        }
    }
    while (zero_octets(load64(octet)) == 0) {
        octet += 8;
    }
    while (*octet != 0) {
        octet++;
    }
    return (size_t)(octet - (const uint8_t *)string);
}

RUNTIME size_t strnlen(const char *string, size_t limit) {
    size_t length = 0;
    while (length < limit && string[length] != 0) {
        length++;
    }
    return length;
}

RUNTIME int strcmp(const char *left, const char *right) {
    while (*left != 0 && *left == *right) {
        left++;
        right++;
    }
    return (uint8_t)*left - (uint8_t)*right;
}

RUNTIME int strncmp(const char *left, const char *right, size_t limit) {
    while (limit != 0 && *left != 0 && *left == *right) {
        left++;
        right++;
        limit--;
    }
    return limit == 0 ? 0 : (uint8_t)*left - (uint8_t)*right;
}

RUNTIME char *strcpy(char *restrict to, const char *restrict from) {
    char *target = to;
    while ((*target++ = *from++) != 0) {
    }
    return to;
}

RUNTIME char *strncpy(char *restrict to, const char *restrict from, size_t limit) {
    size_t i = 0;
    for (; i < limit && from[i] != 0; i++) {
        to[i] = from[i];
    }
    for (; i < limit; i++) {
        to[i] = 0;
    }
    return to;
}

RUNTIME char *strcat(char *restrict to, const char *restrict from) {
    char *target = to;
    while (*target != 0) {
        target++;
    }
    while ((*target++ = *from++) != 0) {
    }
    return to;
}

RUNTIME char *strchr(const char *string, int character) {
    for (;; string++) {
        if (*string == (char)character) {
            return (char *)(uintptr_t)string;
        }
        if (*string == 0) {
            return NULL;
        }
    }
}

RUNTIME char *strrchr(const char *string, int character) {
    const char *found = NULL;
    for (;; string++) {
        if (*string == (char)character) {
            found = string;
        }
        if (*string == 0) {
            return (char *)(uintptr_t)found;
        }
    }
}

RUNTIME char *strstr(const char *string, const char *part) {
    for (;; string++) {
        size_t i = 0;
        while (part[i] != 0 && part[i] == string[i]) {
            i++;
        }
        if (part[i] == 0) {
            return (char *)(uintptr_t)string;
        }
        if (*string == 0) {
            return NULL;
        }
    }
}

static size_t span(const char *string, const char *set, int wanted) {
    size_t length = 0;
    for (; string[length] != 0; length++) {
        int found = 0;
        for (const char *member = set; *member != 0; member++) {
            found |= *member == string[length];
        }
        if (found != wanted) {
            break;
        }
    }
    return length;
}

RUNTIME size_t strspn(const char *string, const char *accepted) {
    return span(string, accepted, 1);
}

RUNTIME size_t strcspn(const char *string, const char *rejected) {
    return span(string, rejected, 0);
}

/* By other names. */
RUNTIME int bcmp(const void *left, const void *right, size_t length) {
    return memcmp(left, right, length);
}

RUNTIME void *mempcpy(void *restrict to, const void *restrict from, size_t length) {
    return (char *)memcpy(to, from, length) + length;
}

RUNTIME char *stpcpy(char *restrict to, const char *restrict from) {
    size_t length = strlen(from);
    return (char *)memcpy(to, from, length + 1) + length;
}
