/*
 * Tests of the runtime's functions, each by itself: what the guest's function computes, beside what this machine
 * computes for the same operands. A family is a list of functions that take the same operands. One file has both: as a
 * guest it calls the function by its name, natively it has another way to the result.
 */
#ifndef FAMILY_H
#define FAMILY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;
typedef int32_t i32;
typedef uint32_t u32;
typedef int64_t i64;
typedef uint64_t u64;
typedef uint16_t u16;
typedef float f32;
typedef double f64;
#ifdef __PVM__
typedef long double f128;
#else
__extension__ typedef __float128 f128;
#endif

/* An operand or a result. The octets behind a shorter one are zero. */
typedef union {
    u128 u128;
    i128 i128;
    u64 u64;
    i64 i64;
    u32 u32;
    i32 i32;
    u16 u16;
    f32 f32;
    f64 f64;
    f128 f128;
    u64 words[2];
} value;

enum { OPERANDS = 4 };

/*
 * Computes a function of the family for operands x; its name, or NULL when the family has no such function. Without a
 * result only the name is asked for.
 */
typedef const char *application(u64 function, const value *x, value *result);

typedef struct {
    const char *name;
    application *apply;
    /*
     * The operands of a case. Those from `edges` on are random, and there is no end of them; of those before, a short
     * run takes the first.
     */
    void (*operands)(u64 number, value *x);
    u64 edges;
    /* Cases that take long: a short run has fewer of them. */
    int slow;
    /* Natively, of a family whose results need not be the same: whether the guest's will do. */
    int (*agree)(u64 function, const value *x, const value *actual);
    /* What runs, panics: each case has a run of its own. The result tells natively whether it is to. */
    int panics;
} family;

#ifdef __PVM__
#define EITHER(guest, native) guest
#else
#define EITHER(guest, native) native
#endif

#define STRING_OF(name) #name
#define STRING(name) STRING_OF(name)
#define CONCAT_OF(first, second) first##second
#define CONCAT(first, second) CONCAT_OF(first, second)

/*
 * A function within the `switch` of an application: its declaration, and the member of `result` that gets what it comes
 * to in the guest, and what it must come to. FIRST is the number of the family's first function.
 */
#define FUNCTION(name, declaration, member, guest, native)                                                             \
    case __COUNTER__ - FIRST:                                                                                          \
        if (result != NULL) {                                                                                          \
            EITHER(declaration;, )                                                                                     \
            result->member = EITHER(guest, CONCAT(SAME_, member)(native));                                             \
        }                                                                                                              \
        return STRING(name);

/* The result of an invalid operation is always one NaN: the quiet positive one. Natively it may be another. */
static inline f32 SAME_f32(f32 number) {
    value quiet = {.u32 = 0x7fc00000};
    return number == number ? number : quiet.f32;
}

static inline f64 SAME_f64(f64 number) {
    value quiet = {.u64 = UINT64_C(0x7ff8) << 48};
    return number == number ? number : quiet.f64;
}

static inline f128 SAME_f128(f128 number) {
    value quiet = {.words = {0, UINT64_C(0x7fff8) << 44}};
    return number == number ? number : quiet.f128;
}

#define SAME_u16(number) (number)
#define SAME_i32(number) (number)
#define SAME_u32(number) (number)
#define SAME_i64(number) (number)
#define SAME_u64(number) (number)
#define SAME_i128(number) (number)
#define SAME_u128(number) (number)

/* The same number for the same case and place, whatever else is asked for (SplitMix64). */
static inline u64 random_word(u64 number, u64 place) {
    u64 mixed = (number * 16 + place + 1) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* Numbers below a count in such an order that the first of them are of all kinds: one as far as the other. */
static inline u64 spread(u64 number, u64 count) {
    return (u64)((u128)number * 2654435761 % count);
}

static inline u128 wide(u64 high, u64 low) {
    return (u128)high << 64 | low;
}

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

#endif
