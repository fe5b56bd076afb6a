/* Complex products and quotients, powers with a whole exponent, remainders. */
#ifndef __PVM__
#define _GNU_SOURCE
#include <math.h>
#endif
#include "family.h"

double fmod(double left, double right);
float fmodf(float left, float right);
f128 __powitf2(f128 base, int exponent);

static const f64 PARTS[] = {0.0, -0.0, 1, -1, 3, -0.75, 0x1p-1074, 0x1p-1022, -0x1p-700, 0x1p-149, 0x1.8p-80, 0x1p70,
    0x1.fffffep127, -0x1p700, 0x1.fffffffffffffp1023, __builtin_inf(), -__builtin_inf(), __builtin_nan("")};
enum { PART_COUNT = COUNT(PARTS), PAIR_COUNT = PART_COUNT * PART_COUNT, QUOTIENTS = PAIR_COUNT * PAIR_COUNT };

/* A part: one of those, or of a size that is not far from that of the others, with few or many digits. */
static f64 part(u64 index, u64 place) {
    if (index < QUOTIENTS) {
        index = spread(index, QUOTIENTS);
        for (u64 i = 0; i < place; i++) {
            index /= PART_COUNT;
        }
        return PARTS[index % PART_COUNT];
    }
    u64 word = random_word(index, place);
    u64 exponent = 1023 - 40 + (word >> 58) + (random_word(index, 4) % 4 == 0 ? random_word(index, 5) % 960 : 0);
    value bits = {.u64 = (word & UINT64_C(0x800fffffffffffff)) | exponent << 52};
    return word >> 57 & 1 ? bits.f64 : (f64)(i32)word;
}

static void four_doubles(u64 index, value *x) {
    for (u64 place = 0; place < OPERANDS; place++) {
        x[place].f64 = part(index, place);
    }
}

static void four_singles(u64 index, value *x) {
    for (u64 place = 0; place < OPERANDS; place++) {
        x[place].f32 = (f32)part(index, place);
    }
}

typedef _Complex float complex_f32;
typedef _Complex double complex_f64;
#ifdef __PVM__
typedef _Complex long double complex_f128;
#else
typedef _Complex float __attribute__((mode(TC))) complex_f128;
#endif

#define BOTH_PARTS(name, F, native)                                                                                    \
    FUNCTION(name, complex_##F name(F, F, F, F), F, __real__ name(x[0].F, x[1].F, x[2].F, x[3].F), __real__(native))   \
    FUNCTION(name, complex_##F name(F, F, F, F), F, __imag__ name(x[0].F, x[1].F, x[2].F, x[3].F), __imag__(native))

/*
 * What C (annex G) says of a quotient whose operands are not just numbers: infinite when one part is, whatever the
 * other, or zero; of others it says nothing.
 */
enum { ANY, INFINITE, ZERO };
#define IS_INFINITE(x) (x == x && x - x != 0)
#define QUOTIENT_KIND(x, member)                                                                                       \
    __extension__({                                                                                                    \
        int infinite = IS_INFINITE(x[0].member) || IS_INFINITE(x[1].member);                                           \
        int by_infinite = IS_INFINITE(x[2].member) || IS_INFINITE(x[3].member);                                        \
        int numbers = x[0].member == x[0].member && x[1].member == x[1].member;                                        \
        int by_numbers = x[2].member == x[2].member && x[3].member == x[3].member;                                     \
        int zero = x[0].member == 0 && x[1].member == 0;                                                               \
        int by_zero = x[2].member == 0 && x[3].member == 0;                                                            \
        infinite && by_numbers && !by_infinite    ? INFINITE                                                           \
        : numbers && !zero && by_zero             ? INFINITE                                                           \
        : numbers && !infinite && by_infinite     ? ZERO                                                               \
                                                  : ANY;                                                               \
    })
#define KIND(name, F)                                                                                                  \
    FUNCTION(name, complex_##F name(F, F, F, F), i32, __extension__({                                                  \
                 complex_##F quotient = name(x[0].F, x[1].F, x[2].F, x[3].F);                                          \
                 int infinite = IS_INFINITE(__real__ quotient) || IS_INFINITE(__imag__ quotient);                      \
                 QUOTIENT_KIND(x, F) == ANY ? ANY : infinite ? INFINITE : quotient == 0 ? ZERO : 3;                    \
             }),                                                                                                       \
             QUOTIENT_KIND(x, F))

#ifndef __PVM__
#define PAIR(F, real, imaginary)                                                                                       \
    __extension__({                                                                                                    \
        complex_##F pair;                                                                                              \
        __real__ pair = real;                                                                                          \
        __imag__ pair = imaginary;                                                                                     \
        pair;                                                                                                          \
    })

/* The exponent of the greater of two parts, and both without it. */
static int exponent_of(f128 *parts) {
    f128 greater = fmaxf128(fabsf128(parts[0]), fabsf128(parts[1]));
    int exponent = greater == 0 ? 0 : ilogbf128(greater);
    parts[0] = scalbnf128(parts[0], -exponent);
    parts[1] = scalbnf128(parts[1], -exponent);
    return exponent;
}

/*
 * A quotient is not rounded once only: it must be near to the exact one beside the greater of its parts, where all are
 * numbers and the divisor is not zero; else its kind is what matters. `last` is the least number of the format,
 * `greatest` the greatest.
 */
static int near_quotient(f128 *x, int imaginary, f128 actual, f128 error, f128 last, f128 greatest) {
    if (!isfinite(x[0]) || !isfinite(x[1]) || !isfinite(x[2]) || !isfinite(x[3]) || (x[2] == 0 && x[3] == 0)) {
        return 1;
    }
    int exponent = exponent_of(x) - exponent_of(x + 2);
    f128 norm = x[2] * x[2] + x[3] * x[3];
    f128 parts[] = {scalbnf128((x[0] * x[2] + x[1] * x[3]) / norm, exponent),
                    scalbnf128((x[1] * x[2] - x[0] * x[3]) / norm, exponent)};
    f128 exact = parts[imaginary];
    f128 limit = fmaxf128(fabsf128(parts[0]), fabsf128(parts[1])) * error + last;
    return isfinite(actual) ? fabsf128(actual - exact) <= limit
                            : actual == actual && fabsf128(exact) > greatest - limit && (actual < 0) == (exact < 0);
}

#define AGREE(F, error, last, greatest)                                                                                \
    static int agree_##F(u64 function, const value *x, const value *actual) {                                          \
        f128 operands[OPERANDS] = {x[0].F, x[1].F, x[2].F, x[3].F};                                                    \
        return function >= 2 && function < 4 &&                                                                        \
               near_quotient(operands, (int)function - 2, actual->F, error, last, greatest);                           \
    }
AGREE(f32, 0x1p-21, 0x1p-148, 0x1.fffffep127)
AGREE(f64, 0x1p-50, 0x1p-1073, 0x1.fffffffffffffp1023)
AGREE(f128, 0x1p-108, 0x1p-16493Q, 0x1.ffffffffffffffffffffffffffffp16383Q)
#define AGREE_WITH(F) .agree = agree_##F,
#else
#define AGREE_WITH(F)
#endif

#define COMPLEX_FAMILY(F, suffix)                                                                                      \
    static const char *apply_##F(u64 function, const value *x, value *result) {                                        \
        enum { FIRST = __COUNTER__ + 1 };                                                                              \
        switch (function) {                                                                                            \
            BOTH_PARTS(__mul##suffix##3, F, PAIR(F, x[0].F, x[1].F) * PAIR(F, x[2].F, x[3].F))                         \
            BOTH_PARTS(__div##suffix##3, F, PAIR(F, x[0].F, x[1].F) / PAIR(F, x[2].F, x[3].F))                         \
            KIND(__div##suffix##3, F)                                                                                  \
            default: return NULL;                                                                                      \
        }                                                                                                              \
    }

COMPLEX_FAMILY(f32, sc)
COMPLEX_FAMILY(f64, dc)
const family complex_singles = {.name = "complex_singles", .apply = apply_f32, .operands = four_singles,
                                AGREE_WITH(f32).edges = QUOTIENTS};
const family complex_doubles = {.name = "complex_doubles", .apply = apply_f64, .operands = four_doubles,
                                AGREE_WITH(f64).edges = QUOTIENTS};
#if !defined(__PVM__) || defined(__riscv_abi_rve)
static void four_quads(u64 index, value *x) {
    for (u64 place = 0; place < OPERANDS; place++) {
        x[place].f128 = (f128)part(index, place);
        /* Of the size that only these have, in every third case. */
        if (index % 3 == 0 && x[place].f128 - x[place].f128 == 0 && x[place].f128 != 0) {
            x[place].words[1] += (x[place].words[1] & UINT64_C(0x4000000000000000)) ? UINT64_C(0x3bff) << 48
                                                                                     : -(UINT64_C(0x3bff) << 48);
        }
        /* Digits that a double does not have. */
        x[place].u128 += index % 2 != 0 && x[place].f128 - x[place].f128 == 0 ? random_word(index, place + 8) >> 10 : 0;
    }
}

COMPLEX_FAMILY(f128, tc)
const family complex_quads = {.name = "complex_quads", .apply = apply_f128, .operands = four_quads,
                              AGREE_WITH(f128).edges = QUOTIENTS};
#endif

static const i32 EXPONENTS[] = {0, 1, -1, 2, -2, 3, 7, 10, -31, 64, 1023, -1074, 16383, INT32_MAX, INT32_MIN,
                                INT32_MIN + 1};

/* Bases at the edges, and such that their powers go neither to zero nor to infinity at once. */
static void base_and_exponent(u64 index, value *x) {
    f64 base = 1 + (f64)(i64)random_word(index, 0) * 0x1p-67;
    x[3].i32 = EXPONENTS[index / PART_COUNT % COUNT(EXPONENTS)];
    if (index < PART_COUNT * COUNT(EXPONENTS)) {
        base = PARTS[index % PART_COUNT];
    } else if (index % 2 == 0) {
        x[3].i32 = (i32)random_word(index, 1) >> random_word(index, 2) % 32;
    }
    x[0].f32 = (f32)base;
    x[1].f64 = base;
    x[2].f128 = (f128)base;
}

#define POWER(name, F, place)                                                                                          \
    FUNCTION(name, F name(F, int), F, name(x[place].F, x[3].i32), power_##F(x[place].F, x[3].i32))
#ifndef __PVM__
#define power_f32 __builtin_powif
#define power_f64 __builtin_powi
#define power_f128 __powitf2
#endif

static const char *power(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        POWER(__powisf2, f32, 0)
        POWER(__powidf2, f64, 1)
        POWER(__powitf2, f128, 2)
        default: return NULL;
    }
}

const family powers = {.name = "powers", .apply = power, .operands = base_and_exponent,
                       .edges = PART_COUNT * COUNT(EXPONENTS)};

/* Any two, and a multiple with what is left of it. */
static void two_doubles(u64 index, value *x) {
    for (u64 place = 0; place < 2; place++) {
        if (index < PAIR_COUNT) {
            x[place].f64 = PARTS[place == 0 ? index / PART_COUNT : index % PART_COUNT];
        } else {
            x[place].u64 = random_word(index, place) & ~(index % 3 == 0 ? UINT64_C(0x7ff) << 52 : 0);
        }
    }
    if (index >= PAIR_COUNT && index % 4 == 0) {
        x[0].f64 = x[1].f64 * (f64)(random_word(index, 2) >> random_word(index, 3) % 64);
    }
}

static const char *remain(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        FUNCTION(fmod, f64 fmod(f64, f64), f64, fmod(x[0].f64, x[1].f64), fmod(x[0].f64, x[1].f64))
        FUNCTION(fmodf, f32 fmodf(f32, f32), f32, fmodf((f32)x[0].f64, (f32)x[1].f64),
                 fmodf((f32)x[0].f64, (f32)x[1].f64))
        default: return NULL;
    }
}

const family remainders = {.name = "remainders", .apply = remain, .operands = two_doubles, .edges = PAIR_COUNT};
