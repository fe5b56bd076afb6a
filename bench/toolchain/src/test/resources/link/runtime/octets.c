/* Functions on octets and strings, at every alignment and length, with the end of all memory behind what they read. */
#ifndef __PVM__
#define _GNU_SOURCE
#endif
#include "family.h"

#ifdef __PVM__
#include <pvm.h>
extern uint8_t __heap_end[];
#else
#include <sys/mman.h>
#endif

enum { PAGE = 4096, ROOM = 512, PLACES = 42 * 128 };

/* Where memory ends: from there on nothing can be read. The octets before it are free to use. */
static uint8_t *end_of_memory(void) {
    static uint8_t *end;
    if (end == NULL) {
#ifdef __PVM__
        u64 last = (u64)(uintptr_t)__heap_end / PAGE + 1;
        end = pvm_grow_heap(last) == last ? (uint8_t *)(uintptr_t)(last * PAGE) : NULL;
#else
        uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(pages + PAGE, PAGE, PROT_NONE);
        end = pages + PAGE;
#endif
    }
    return end;
}

typedef u64 __attribute__((may_alias)) word;
enum { WORDS = 2 * ROOM / sizeof(word) };

/* Fills memory with octets of a case: few different ones, so that there is something to be found, and some others. */
static uint8_t *fill(u64 index) {
    word *begin = (word *)(void *)(end_of_memory() - 2 * ROOM);
    for (u64 i = 0; i < WORDS; i++) {
        u64 random = random_word(index, i);
        begin[i] = (random & UINT64_C(0x0303030303030303)) + UINT64_C(0x6161616161616161);
        if (i % 8 == index % 8) {
            begin[i] ^= random & UINT64_C(0xff0000ff0000ff00);
        }
    }
    return (uint8_t *)begin;
}

/* What is in it, and where a function's result points to. */
static u64 digest_of(const uint8_t *begin, const void *result) {
    u64 digest = result == NULL ? 1 : (u64)((const uint8_t *)result - begin) + 2;
    const word *words = (const word *)(const void *)begin;
    for (u64 i = 0; i < WORDS; i++) {
        digest = (digest ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        digest ^= digest >> 29;
    }
    return digest;
}

/*
 * Operands: where something begins, counted from the begin of that memory, and its length; the second of what is
 * compared or copied; a value. What is read ends with memory itself in every second case.
 */
static void places(u64 number, value *x) {
    static const u64 LENGTHS[] = {31, 32, 33, 39, 40, 41, 63, 64, 65, 71, 127, 128, 129, 200, 255, 256, 257, 300};
    u64 index = spread(number, PLACES);
    u64 length = index % (24 + COUNT(LENGTHS));
    length = length < 24 ? length : LENGTHS[length - 24];
    u64 round = index / (24 + COUNT(LENGTHS));
    x[0].u64 = round % 8;
    x[1].u64 = length;
    x[2].u64 = round / 8 % 2 == 0 ? 2 * ROOM - length : ROOM + (round % 8 * 3 + round / 16) % 16;
    x[3].u64 = random_word(number, 0);
}

/* How two octets or strings compare, of which only the sign says something. */
static i32 sign(int order) {
    return (order > 0) - (order < 0);
}

/* The two places in memory, and the value. */
#define TO (memory + x[0].u64)
#define FROM (memory + x[2].u64)
#define LENGTH x[1].u64
#define OCTET (int)x[3].u16
/* Where something overlaps itself: nearer than its length, on either side. */
#define OVERLAP (memory + 64 + (x[3].u64 >> 32) % 48 - 24)

/* A function is called by its name on either side: natively it is the one of this machine's library. */
#define CALL(name, declaration, member, prepare, expression)                                                           \
    FUNCTION(name, declaration, member,                                                                                \
             __extension__({                                                                                           \
                 uint8_t *memory = fill(x[3].u64);                                                                     \
                 prepare;                                                                                              \
                 expression;                                                                                           \
             }),                                                                                                       \
             __extension__({                                                                                           \
                 uint8_t *memory = fill(x[3].u64);                                                                     \
                 prepare;                                                                                              \
                 expression;                                                                                           \
             }))
#define CHANGES(name, declaration, prepare, call) CALL(name, declaration, u64, prepare, digest_of(memory, call))
#define COMPARES(name, declaration, prepare, call) CALL(name, declaration, i32, prepare, sign(call))

/* The same at both places, but perhaps for one octet. */
static void make_alike(uint8_t *to, const uint8_t *from, const value *x) {
    for (u64 i = 0; i < x[1].u64; i++) {
        to[i] = from[i];
    }
    if (x[1].u64 != 0 && x[3].u64 >> 60 != 0) {
        to[(x[3].u64 >> 20) % x[1].u64] ^= (uint8_t)(1u << (x[3].u64 >> 50) % 8);
    }
}

static const char *on_octets(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        CHANGES(memcpy, void *memcpy(void *, const void *, size_t), , memcpy(TO, FROM, LENGTH))
        CHANGES(memcpy, void *memcpy(void *, const void *, size_t), , memcpy(FROM, TO, LENGTH))
        CHANGES(mempcpy, void *mempcpy(void *, const void *, size_t), , mempcpy(FROM, TO, LENGTH))
        CHANGES(memmove, void *memmove(void *, const void *, size_t), , memmove(memory + 64, OVERLAP, LENGTH))
        CHANGES(memmove, void *memmove(void *, const void *, size_t), , memmove(FROM, FROM, LENGTH))
        CHANGES(memset, void *memset(void *, int, size_t), , memset(FROM, OCTET, LENGTH))
        CHANGES(memchr, void *memchr(const void *, int, size_t), , memchr(FROM, OCTET, LENGTH))
        CHANGES(memchr, void *memchr(const void *, int, size_t), , memchr(FROM, 'c' + (OCTET << 8), LENGTH))
        COMPARES(memcmp, int memcmp(const void *, const void *, size_t), , memcmp(TO, FROM, LENGTH))
        COMPARES(memcmp, int memcmp(const void *, const void *, size_t), make_alike(TO, FROM, x),
                 memcmp(TO, FROM, LENGTH))
        CALL(bcmp, int bcmp(const void *, const void *, size_t), i32, make_alike(TO, FROM, x),
             bcmp(TO, FROM, LENGTH) != 0)
        default: return NULL;
    }
}

const family octets = {.name = "octets", .apply = on_octets, .operands = places, .edges = PLACES, .slow = 1};

/* Ends strings: behind what is compared or copied, and without zeros before. */
static void end_strings(uint8_t *memory, const value *x) {
    for (u64 i = 0; i < 2 * ROOM; i++) {
        memory[i] = memory[i] != 0 ? memory[i] : 'a';
    }
    TO[LENGTH] = 0;
    FROM[LENGTH - 1] = 0;
}

/* A string has one octet at least. */
static void string_places(u64 index, value *x) {
    places(index, x);
    if (x[1].u64 == 0) {
        x[1].u64 = 1;
        x[2].u64--;
    }
}

#define STRINGS end_strings(memory, x)
#define A (char *)TO
#define B (const char *)FROM
/* Two that begin alike. */
#define ALIKE STRINGS; make_alike(TO, FROM, x); TO[LENGTH] = 0
#define LIMIT (size_t)((x[3].u64 >> 24) % 80)
/* A few characters of what is searched. */
#define SET(count) (const char[]){'a', (char)('b' + count % 2), (char)(count % 3 == 0 ? 'c' : 0), 0}

static const char *on_strings(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        CALL(strlen, size_t strlen(const char *), u64, STRINGS, strlen(B))
        CALL(strnlen, size_t strnlen(const char *, size_t), u64, STRINGS, strnlen(B, LIMIT))
        CALL(strnlen, size_t strnlen(const char *, size_t), u64, , strnlen((const char *)FROM, LENGTH))
        COMPARES(strcmp, int strcmp(const char *, const char *), STRINGS, strcmp(A, B))
        COMPARES(strcmp, int strcmp(const char *, const char *), ALIKE, strcmp(A, B))
        COMPARES(strncmp, int strncmp(const char *, const char *, size_t), ALIKE, strncmp(A, B, LIMIT))
        COMPARES(strncmp, int strncmp(const char *, const char *, size_t), ALIKE, strncmp(A, B, LENGTH + 1))
        CHANGES(strcpy, char *strcpy(char *, const char *), STRINGS, strcpy(A, B))
        CHANGES(stpcpy, char *stpcpy(char *, const char *), STRINGS, stpcpy(A, B))
        CHANGES(strncpy, char *strncpy(char *, const char *, size_t), STRINGS, strncpy(A, B, LIMIT))
        CHANGES(strcat, char *strcat(char *, const char *), STRINGS; TO[LENGTH / 8] = 0, strcat(A, B))
        CHANGES(strchr, char *strchr(const char *, int), STRINGS, strchr(B, OCTET))
        CHANGES(strchr, char *strchr(const char *, int), STRINGS, strchr(B, 0))
        CHANGES(strchr, char *strchr(const char *, int), STRINGS, strchr(B, 'b' + (OCTET << 8)))
        CHANGES(strrchr, char *strrchr(const char *, int), STRINGS, strrchr(B, 'a'))
        CHANGES(strrchr, char *strrchr(const char *, int), STRINGS, strrchr(B, OCTET & 127))
        CHANGES(strrchr, char *strrchr(const char *, int), STRINGS, strrchr(B, 0))
        CHANGES(strstr, char *strstr(const char *, const char *), STRINGS, strstr(B, SET(x[3].u64)))
        CHANGES(strstr, char *strstr(const char *, const char *), ALIKE; TO[LENGTH] = 0, strstr(A, B))
        CHANGES(strstr, char *strstr(const char *, const char *), STRINGS, strstr(B, ""))
        CALL(strspn, size_t strspn(const char *, const char *), u64, STRINGS, strspn(B, SET(x[3].u64)))
        CALL(strcspn, size_t strcspn(const char *, const char *), u64, STRINGS, strcspn(B, SET(x[3].u64) + 1))
        CALL(strcspn, size_t strcspn(const char *, const char *), u64, STRINGS, strcspn(B, ""))
        default: return NULL;
    }
}

const family strings = {.name = "strings", .apply = on_strings, .operands = string_places, .edges = PLACES, .slow = 1};
