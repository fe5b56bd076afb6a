/*
 * The functions of one format of floats, for every pair of numbers at its edges. doubles.c, singles.c and quads.c
 * include this with
 *   F, U               members of `value`: the format, and unsigned integers of its size
 *   BITS, FRACTION     its bits, and those of its fraction
 *   NAME(stem, count)  the compilers' name of an operation
 *   TO(stem, integer), FROM(stem, integer)  those of conversions to and from integers
 *   FAMILY, FAMILY_TO, FAMILY_FROM          the names of the families
 */
#include "family.h"

enum { TOP = (1 << (BITS - 1 - FRACTION)) - 1, MIDDLE = TOP / 2 };

#define ONE_BIT(bit) ((U)1 << (bit))
#define FRACTIONS (ONE_BIT(FRACTION) - 1)

/*
 * Exponents as they are stored: zero and subnormal numbers, the least and the greatest normal ones, infinity and NaN,
 * those around 1, where sums lose bits, and around the ends of integers.
 */
static const int EXPONENTS[] = {0, 1, 2, FRACTION, MIDDLE / 2, MIDDLE - FRACTION - 1, MIDDLE - 1, MIDDLE, MIDDLE + 1,
    MIDDLE + 2, MIDDLE + FRACTION, MIDDLE + FRACTION + 1, MIDDLE + FRACTION + 2, MIDDLE * 3 / 2, TOP - 2, TOP - 1, TOP};

/* Fractions: even and odd ones, halves of the last place of shorter ones, the least and the greatest. */
static const U EXACT[] = {0, 1, 2, ONE_BIT(FRACTION - 1), ONE_BIT(FRACTION - 1) + 1, FRACTIONS - 1, FRACTIONS};

enum { NUMBERS = COUNT(EXPONENTS) * COUNT(EXACT) * 2 };

/* A number from its parts. */
static F number(U sign, int exponent, U fraction) {
    value result = {.U = sign << (BITS - 1) | (U)exponent << FRACTION | (fraction & FRACTIONS)};
    return result.F;
}

static F edge(u64 index) {
    U fraction = EXACT[index / 2 % COUNT(EXACT)];
    return number(index & 1, EXPONENTS[index / 2 / COUNT(EXACT)], fraction);
}

static U random_bits(u64 index, u64 place) {
    return (U)wide(random_word(index, place), random_word(index, place + 1));
}

/* Any bits, or at an edge, or near to 1, or near to the other: such sums and quotients are hard to round. */
static F random_float(u64 index, u64 place, F other) {
    U bits = random_bits(index, place);
    u64 choice = random_word(index, place + 2);
    U sign = (U)(choice >> 8 & 1);
    value near = {.F = other};
    switch (choice % 6) {
        case 0: near.U = bits; return near.F;
        case 1: return number(sign, EXPONENTS[(choice >> 16) % COUNT(EXPONENTS)], bits);
        case 2: return number(sign, MIDDLE + (int)(choice >> 16 & 63) - 32, bits);
        case 3: return number(sign, MIDDLE + (int)(choice >> 16 & 63) - 32, bits & bits << 5 & bits << 9);
        case 4: near.U ^= sign << (BITS - 1); near.U += bits & 15; return near.F;
        default:
            return number(sign, (int)((near.U >> FRACTION) + (choice >> 16 & 7)) & TOP, bits | bits >> 3 | bits << 7);
    }
}

static void two_floats(u64 index, value *x) {
    if (index < NUMBERS * NUMBERS) {
        u64 pair = spread(index, NUMBERS * NUMBERS);
        x[0].F = edge(pair / NUMBERS);
        x[1].F = edge(pair % NUMBERS);
    } else {
        x[0].F = random_float(index, 0, 1);
        x[1].F = random_float(index, 4, x[0].F);
    }
}

/* Of comparisons only the sign says something, and how it is to be taken of what cannot be ordered. */
#define COMPARISON(stem, operator)                                                                                     \
    FUNCTION(NAME(stem, 2), int NAME(stem, 2)(F, F), i32, NAME(stem, 2)(x[0].F, x[1].F) operator 0,                    \
             x[0].F operator x[1].F)

static const char *arithmetic(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        FUNCTION(NAME(add, 3), F NAME(add, 3)(F, F), F, NAME(add, 3)(x[0].F, x[1].F), x[0].F + x[1].F)
        FUNCTION(NAME(sub, 3), F NAME(sub, 3)(F, F), F, NAME(sub, 3)(x[0].F, x[1].F), x[0].F - x[1].F)
        FUNCTION(NAME(mul, 3), F NAME(mul, 3)(F, F), F, NAME(mul, 3)(x[0].F, x[1].F), x[0].F * x[1].F)
        FUNCTION(NAME(div, 3), F NAME(div, 3)(F, F), F, NAME(div, 3)(x[0].F, x[1].F), x[0].F / x[1].F)
        COMPARISON(eq, ==)
        COMPARISON(ne, !=)
        COMPARISON(lt, <)
        COMPARISON(le, <=)
        COMPARISON(gt, >)
        COMPARISON(ge, >=)
        FUNCTION(NAME(unord, 2), int NAME(unord, 2)(F, F), i32, NAME(unord, 2)(x[0].F, x[1].F) != 0,
                 x[0].F != x[0].F || x[1].F != x[1].F)
        default: return NULL;
    }
}

const family FAMILY = {.name = STRING(FAMILY), .apply = arithmetic, .operands = two_floats, .edges = NUMBERS * NUMBERS};

/* Around every power of two that is the end of an integer, its half, and what lies between two integers. */
enum { LEAST_POWER = -2, POWERS = 134, AROUND = 9 };

static void one_float(u64 index, value *x) {
    if (index < NUMBERS) {
        x[0].F = edge(index);
    } else if (index < NUMBERS + POWERS * AROUND * 2) {
        u64 rest = index - NUMBERS;
        value power = {.F = number(rest & 1, MIDDLE + LEAST_POWER + (int)(rest / 2 / AROUND), 0)};
        power.U += (U)(rest / 2 % AROUND) - AROUND / 2;
        x[0].F = power.F;
    } else {
        x[0].F = random_float(index, 0, number(0, MIDDLE + 60, random_bits(index, 4)));
        if (random_word(index, 5) % 2 == 0) {
            x[0].F = number((U)(random_word(index, 6) & 1), MIDDLE + (int)(random_word(index, 7) % 130),
                            random_bits(index, 8));
        }
    }
}

/* Toward zero; the nearest integer there is, and the greatest one for what is no number. */
#define TO_INTEGER(stem, mode, I, least, greatest, end)                                                                \
    FUNCTION(TO(stem, mode), I TO(stem, mode)(F), I, TO(stem, mode)(x[0].F),                                           \
             x[0].F != x[0].F || x[0].F >= (end) ? (greatest) : x[0].F <= (F)(least) ? (least) : (I)x[0].F)

static const char *to_integers(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        TO_INTEGER(fix, si, i32, INT32_MIN, INT32_MAX, 0x1p31f)
        TO_INTEGER(fix, di, i64, INT64_MIN, INT64_MAX, 0x1p63f)
        TO_INTEGER(fix, ti, i128, -((i128)1 << 126) * 2, (i128)(~(u128)0 >> 1), (F)0x1p127f)
        TO_INTEGER(fixuns, si, u32, (u32)0, UINT32_MAX, 0x1p32f)
        TO_INTEGER(fixuns, di, u64, (u64)0, UINT64_MAX, 0x1p64f)
        TO_INTEGER(fixuns, ti, u128, (u128)0, ~(u128)0, (F)0x1p127f * 2)
        FUNCTION(NAME(neg, 2), F NAME(neg, 2)(F), U, ((value){.F = NAME(neg, 2)(x[0].F)}).U, x[0].U ^ ONE_BIT(BITS - 1))
        default: return NULL;
    }
}

const family FAMILY_TO = {.name = STRING(FAMILY_TO), .apply = to_integers, .operands = one_float,
                          .edges = NUMBERS + POWERS * AROUND * 2};

/* Integers of a certain length with what decides about rounding at its end: halves, a little more, a little less. */
static const i32 ENDS[] = {0, 1, -1, 2, -2, 3, -3};
enum { LENGTHS = 128, ROUNDED = LENGTHS * COUNT(ENDS) * 4 };

static void one_integer(u64 index, value *x) {
    if (index < ROUNDED) {
        int length = (int)(index / 4 / COUNT(ENDS));
        /* The last bit that is kept, and the one behind it. */
        u128 last = length > FRACTION ? (u128)1 << (length - FRACTION) : 1;
        u128 number = ((u128)1 << length) | (index & 1 ? last : 0) | (index & 2 ? last >> 1 : 0);
        x[0].u128 = number + (u128)(i128)ENDS[index / 4 % COUNT(ENDS)];
    } else {
        x[0].u128 = wide(random_word(index, 0), random_word(index, 1)) >> random_word(index, 2) % 128;
        if (random_word(index, 3) % 2 == 0) {
            x[0].u128 = -x[0].u128;
        }
    }
}

#define FROM_INTEGER(stem, mode, I)                                                                                    \
    FUNCTION(FROM(stem, mode), F FROM(stem, mode)(I), F, FROM(stem, mode)(x[0].I), (F)x[0].I)

static const char *from_integers(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        FROM_INTEGER(float, si, i32)
        FROM_INTEGER(float, di, i64)
        FROM_INTEGER(float, ti, i128)
        FROM_INTEGER(floatun, si, u32)
        FROM_INTEGER(floatun, di, u64)
        FROM_INTEGER(floatun, ti, u128)
        default: return NULL;
    }
}

const family FAMILY_FROM = {.name = STRING(FAMILY_FROM), .apply = from_integers, .operands = one_integer,
                            .edges = ROUNDED};
