/* Arithmetic of integers: plain, of 128 bits, shifts, counts of bits, and what tells of overflow. */
#include "family.h"

#define TOP_BIT ((u64)1 << 63)

/* Words at the edges of 32 and 64 bits, which a division in digits of either size finds hard. */
static const u64 WORDS[] = {0, 1, 2, 3, 10, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000001, TOP_BIT - 1,
    TOP_BIT, TOP_BIT + 1, -(u64)0x80000000, -(u64)0x100000000, -(u64)2, -(u64)1};
enum { WORD_COUNT = COUNT(WORDS), WIDE_COUNT = WORD_COUNT * WORD_COUNT };

static u128 wide_edge(u64 index) {
    return wide(WORDS[index / WORD_COUNT % WORD_COUNT], WORDS[index % WORD_COUNT]);
}

/* Of any length, of either sign. */
static u128 random_wide(u64 index, u64 place) {
    u128 bits = wide(random_word(index, place), random_word(index, place + 1));
    u64 choice = random_word(index, place + 2);
    bits >>= choice & 127;
    return choice >> 7 & 1 ? -bits : bits;
}

static void two_integers(u64 index, value *x) {
    if (index < WIDE_COUNT * WIDE_COUNT) {
        u64 pair = spread(index, WIDE_COUNT * WIDE_COUNT);
        x[0].u128 = wide_edge(pair / WIDE_COUNT);
        x[1].u128 = wide_edge(pair % WIDE_COUNT);
        return;
    }
    x[0].u128 = random_wide(index, 0);
    x[1].u128 = random_wide(index, 3);
    if (index % 2 == 0) {
        /* A multiple, or one less: where an estimated quotient is one too large. */
        x[0].u128 = x[0].u128 * x[1].u128 - (index / 2 % 2);
    }
}

static void two_words(u64 index, value *x) {
    if (index < WORD_COUNT * WORD_COUNT) {
        x[0].u64 = WORDS[index / WORD_COUNT];
        x[1].u64 = WORDS[index % WORD_COUNT];
    } else {
        x[0].u64 = (u64)random_wide(index, 0);
        x[1].u64 = (u64)random_wide(index, 3);
    }
}

/* Division by zero, and of the least number by -1, are nobody's business in C: there is 1 instead. */
#define DIVISOR(member, I) ((I)(x[1].member == 0 || x[1].member == (I)-1 ? 1 : x[1].member))
#define DIVISION(name, I, operator)                                                                                    \
    FUNCTION(name, I name(I, I), I, name(x[0].I, DIVISOR(I, I)), x[0].I operator DIVISOR(I, I))
#define BOTH(name, I)                                                                                                  \
    FUNCTION(name, I name(I, I, I *), u128,                                                                            \
             __extension__({                                                                                           \
                 I rest;                                                                                               \
                 I quotient = name(x[0].I, DIVISOR(I, I), &rest);                                                      \
                 wide((u64)quotient, (u64)rest);                                                                       \
             }),                                                                                                       \
             wide((u64)(x[0].I / DIVISOR(I, I)), (u64)(x[0].I % DIVISOR(I, I))))
#define OTHER(name, I, native) FUNCTION(name, I name(I, I), I, name(x[0].I, x[1].I), (I)(native))
#define COMPARISON(name, I)                                                                                            \
    FUNCTION(name, int name(I, I), i32, name(x[0].I, x[1].I), x[0].I < x[1].I ? 0 : x[0].I == x[1].I ? 1 : 2)
/* The product modulo 2^N; behind it whether that is all of it. */
#define TELLING(name, I, narrow)                                                                                       \
    FUNCTION(name, I name(I, I, int *), u128,                                                                          \
             __extension__({                                                                                           \
                 int overflow;                                                                                         \
                 I product = name(x[0].I, x[1].I, &overflow);                                                          \
                 (u128)narrow product << 1 | (u128)(overflow != 0);                                                    \
             }),                                                                                                       \
             __extension__({                                                                                           \
                 I product;                                                                                            \
                 u128 overflow = __builtin_mul_overflow(x[0].I, x[1].I, &product);                                     \
                 (u128)narrow product << 1 | overflow;                                                                 \
             }))

static const char *plain(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        DIVISION(__divsi3, i32, /)
        DIVISION(__modsi3, i32, %)
        DIVISION(__udivsi3, u32, /)
        DIVISION(__umodsi3, u32, %)
        DIVISION(__divdi3, i64, /)
        DIVISION(__moddi3, i64, %)
        DIVISION(__udivdi3, u64, /)
        DIVISION(__umoddi3, u64, %)
        BOTH(__divmodsi4, i32)
        BOTH(__udivmodsi4, u32)
        BOTH(__divmoddi4, i64)
        BOTH(__udivmoddi4, u64)
        OTHER(__mulsi3, u32, x[0].u32 * x[1].u32)
        OTHER(__muldi3, u64, x[0].u64 * x[1].u64)
        COMPARISON(__cmpdi2, i64)
        COMPARISON(__ucmpdi2, u64)
        TELLING(__mulosi4, i32, (u32))
        TELLING(__mulodi4, i64, (u64))
        FUNCTION(__negdi2, u64 __negdi2(u64), u64, __negdi2(x[0].u64), -x[0].u64)
        default: return NULL;
    }
}

const family integers = {.name = "integers", .apply = plain, .operands = two_words, .edges = WORD_COUNT * WORD_COUNT};

static const char *of_128_bits(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        OTHER(__multi3, i128, x[0].u128 * x[1].u128)
        DIVISION(__divti3, i128, /)
        DIVISION(__modti3, i128, %)
        DIVISION(__udivti3, u128, /)
        DIVISION(__umodti3, u128, %)
        FUNCTION(__divmodti4, i128 __divmodti4(i128, i128, i128 *), i128,
                 __extension__({
                     i128 rest;
                     i128 quotient = __divmodti4(x[0].i128, DIVISOR(i128, i128), &rest);
                     (i128)((u128)quotient * 3 + (u128)rest);
                 }),
                 (i128)((u128)(x[0].i128 / DIVISOR(i128, i128)) * 3 + (u128)(x[0].i128 % DIVISOR(i128, i128))))
        FUNCTION(__udivmodti4, u128 __udivmodti4(u128, u128, u128 *), u128,
                 __extension__({
                     u128 rest;
                     u128 quotient = __udivmodti4(x[0].u128, DIVISOR(u128, u128), &rest);
                     quotient == __udivmodti4(x[0].u128, DIVISOR(u128, u128), NULL) ? quotient * 3 + rest : ~quotient;
                 }),
                 x[0].u128 / DIVISOR(u128, u128) * 3 + x[0].u128 % DIVISOR(u128, u128))
        COMPARISON(__cmpti2, i128)
        COMPARISON(__ucmpti2, u128)
        TELLING(__muloti4, i128, )
        FUNCTION(__negti2, i128 __negti2(i128), i128, __negti2(x[0].i128), (i128)-x[0].u128)
        default: return NULL;
    }
}

const family integers_128 = {.name = "integers_128", .apply = of_128_bits, .operands = two_integers,
                             .edges = WIDE_COUNT * WIDE_COUNT};

/* Every count on every edge. */
static void value_and_count(u64 index, value *x) {
    u64 pair = spread(index, WIDE_COUNT * 128);
    x[0].u128 = index < WIDE_COUNT * 128 ? wide_edge(pair / 128) : random_wide(index, 0);
    x[1].i32 = (i32)(pair % 128);
}

#define SHIFT(name, I, mask, operator)                                                                                 \
    FUNCTION(name, I name(I, int), I, name(x[0].I, x[1].i32 & mask), (I)(x[0].I operator(x[1].i32 & mask)))

static const char *shift(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        SHIFT(__ashldi3, u64, 63, <<)
        SHIFT(__lshrdi3, u64, 63, >>)
        SHIFT(__ashrdi3, i64, 63, >>)
        SHIFT(__ashlti3, u128, 127, <<)
        SHIFT(__lshrti3, u128, 127, >>)
        SHIFT(__ashrti3, i128, 127, >>)
        default: return NULL;
    }
}

const family shifts = {.name = "shifts", .apply = shift, .operands = value_and_count, .edges = WIDE_COUNT * 128};

/* Bits alone, runs of them from either end, and others. */
static void any_bits(u64 index, value *x) {
    u128 one = (u128)1 << index % 128;
    u128 choices[] = {one, one - 1, -one, ~one, one | 1, one | (u128)1 << 127, wide_edge(index), random_wide(index, 0)};
    x[0].u128 = choices[index / 128 % COUNT(choices)];
}

/* The least bit that is one, plus 1; 0 when there is none. */
#define FIRST_ONE(bits, I) (bits == 0 ? 0 : __builtin_ctzll((u64)(bits)) + 1)
#define HIGH(value) ((u64)(value >> 64))
/* Of those that are not for zero, 1 instead. */
#define SOME(I) (x[0].I == 0 ? 1 : x[0].I)
#define COUNTING(name, I, operand, native) FUNCTION(name, int name(I), i32, name(operand), native)

static const char *count(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        COUNTING(__clzsi2, u32, SOME(u32), __builtin_clz(SOME(u32)))
        COUNTING(__clzdi2, u64, SOME(u64), __builtin_clzll(SOME(u64)))
        COUNTING(__clzti2, u128, SOME(u128), HIGH(SOME(u128)) != 0 ? __builtin_clzll(HIGH(x[0].u128))
                                                                   : 64 + __builtin_clzll((u64)SOME(u128)))
        COUNTING(__ctzsi2, u32, SOME(u32), __builtin_ctz(SOME(u32)))
        COUNTING(__ctzdi2, u64, SOME(u64), __builtin_ctzll(SOME(u64)))
        COUNTING(__ctzti2, u128, SOME(u128), (u64)SOME(u128) != 0 ? __builtin_ctzll((u64)SOME(u128))
                                                                  : 64 + __builtin_ctzll(HIGH(x[0].u128)))
        COUNTING(__ffssi2, u32, x[0].u32, __builtin_ffs(x[0].i32))
        COUNTING(__ffsdi2, u64, x[0].u64, __builtin_ffsll(x[0].i64))
        COUNTING(__ffsti2, u128, x[0].u128, x[0].u64 != 0 ? __builtin_ffsll(x[0].i64)
                                            : x[0].u128 == 0 ? 0 : 64 + __builtin_ffsll((i64)HIGH(x[0].u128)))
        COUNTING(__popcountsi2, u32, x[0].u32, __builtin_popcount(x[0].u32))
        COUNTING(__popcountdi2, u64, x[0].u64, __builtin_popcountll(x[0].u64))
        COUNTING(__popcountti2, u128, x[0].u128,
                 __builtin_popcountll(x[0].u64) + __builtin_popcountll(HIGH(x[0].u128)))
        COUNTING(__paritysi2, u32, x[0].u32, __builtin_parity(x[0].u32))
        COUNTING(__paritydi2, u64, x[0].u64, __builtin_parityll(x[0].u64))
        COUNTING(__parityti2, u128, x[0].u128, __builtin_parityll(x[0].u64 ^ HIGH(x[0].u128)))
        COUNTING(__clrsbsi2, i32, x[0].i32, __builtin_clrsb(x[0].i32))
        COUNTING(__clrsbdi2, i64, x[0].i64, __builtin_clrsbll(x[0].i64))
        COUNTING(__clrsbti2, i128, x[0].i128,
                 __builtin_clrsbll((i64)HIGH(x[0].u128)) < 63 ? __builtin_clrsbll((i64)HIGH(x[0].u128))
                 : (x[0].i64 < 0) != (x[0].i128 < 0) ? 63 : 64 + __builtin_clrsbll(x[0].i64))
        COUNTING(ffs, i32, x[0].i32, __builtin_ffs(x[0].i32))
        FUNCTION(ffsl, int ffsl(long), i32, ffsl(x[0].i64), __builtin_ffsll(x[0].i64))
        FUNCTION(ffsll, int ffsll(long long), i32, ffsll(x[0].i64), __builtin_ffsll(x[0].i64))
        FUNCTION(__bswapsi2, u32 __bswapsi2(u32), u32, __bswapsi2(x[0].u32), __builtin_bswap32(x[0].u32))
        FUNCTION(__bswapdi2, u64 __bswapdi2(u64), u64, __bswapdi2(x[0].u64), __builtin_bswap64(x[0].u64))
        default: return NULL;
    }
}

const family bits = {.name = "bits", .apply = count, .operands = any_bits, .edges = 128 * 8};

/* What traps when the result does not fit: asked only where it does. */
#define FITTING(name, I, operation)                                                                                    \
    FUNCTION(name, I name(I, I), I,                                                                                    \
             __extension__({                                                                                           \
                 I fits;                                                                                               \
                 __builtin_##operation##_overflow(x[0].I, x[1].I, &fits) ? 0 : name(x[0].I, x[1].I);                   \
             }),                                                                                                       \
             __extension__({                                                                                           \
                 I fits;                                                                                               \
                 __builtin_##operation##_overflow(x[0].I, x[1].I, &fits) ? 0 : fits;                                   \
             }))
#define FITTING_SIGN(name, I, negative)                                                                                \
    FUNCTION(name, I name(I), I,                                                                                       \
             __extension__({                                                                                           \
                 I fits;                                                                                               \
                 __builtin_sub_overflow((I)0, x[0].I, &fits) ? 0 : name(x[0].I);                                       \
             }),                                                                                                       \
             __extension__({                                                                                           \
                 I fits;                                                                                               \
                 __builtin_sub_overflow((I)0, x[0].I, &fits) ? 0 : negative ? fits : x[0].I;                           \
             }))
#define CHECKED(mode, I)                                                                                               \
    FITTING(__addv##mode##3, I, add)                                                                                   \
    FITTING(__subv##mode##3, I, sub)                                                                                   \
    FITTING(__mulv##mode##3, I, mul)                                                                                   \
    FITTING_SIGN(__negv##mode##2, I, 1)                                                                                \
    FITTING_SIGN(__absv##mode##2, I, x[0].I < 0)

static const char *check(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        CHECKED(si, i32)
        CHECKED(di, i64)
        CHECKED(ti, i128)
        default: return NULL;
    }
}

/* Mostly such that fit. */
static void two_that_may_fit(u64 index, value *x) {
    if (index < WIDE_COUNT * WORD_COUNT) {
        x[0].u128 = wide_edge(index / WORD_COUNT);
        x[1].i128 = (i64)WORDS[index % WORD_COUNT];
    } else {
        x[0].i128 = (i64)random_word(index, 0) >> random_word(index, 1) % 64;
        x[1].i128 = (i64)random_word(index, 2) >> random_word(index, 3) % 64;
    }
}

const family checked = {.name = "checked", .apply = check, .operands = two_that_may_fit,
                        .edges = WIDE_COUNT * WORD_COUNT};

/* Where a result of 32, 64 and 128 bits does not fit by one, or wraps to what looks like a small one. */
static void at_the_ends(u64 index, value *x) {
    int length = 32 << index / 6;
    u128 end = (u128)1 << (length - 1);
    u128 root = (u128)1 << length / 2;
    u128 pairs[][2] = {{end - 1, 1}, {-end, -(u128)1}, {-end, 1}, {end / 2, 2}, {root, root}, {end - 1, 2}};
    x[0].u128 = pairs[index % COUNT(pairs)][0];
    x[1].u128 = pairs[index % COUNT(pairs)][1];
}

#define TRAPPING(name, I, operation)                                                                                   \
    FUNCTION(name, I name(I, I), i32, name(x[0].I, x[1].I) == 0, __extension__({                                       \
                 I wrapped;                                                                                            \
                 __builtin_##operation##_overflow(x[0].I, x[1].I, &wrapped);                                           \
             }))
#define TRAPPING_SIGN(name, I)                                                                                         \
    FUNCTION(name, I name(I), i32, name(x[0].I) == 0, __extension__({                                                  \
                 I wrapped;                                                                                            \
                 __builtin_sub_overflow((I)0, x[0].I, &wrapped);                                                       \
             }))
#define TRAPS(mode, I)                                                                                                 \
    TRAPPING(__addv##mode##3, I, add)                                                                                  \
    TRAPPING(__subv##mode##3, I, sub)                                                                                  \
    TRAPPING(__mulv##mode##3, I, mul)                                                                                  \
    TRAPPING_SIGN(__negv##mode##2, I)                                                                                  \
    TRAPPING_SIGN(__absv##mode##2, I)

static const char *overflow(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        TRAPS(si, i32)
        TRAPS(di, i64)
        TRAPS(ti, i128)
        default: return NULL;
    }
}

const family overflows = {.name = "overflows", .apply = overflow, .operands = at_the_ends, .edges = 18, .panics = 1};
