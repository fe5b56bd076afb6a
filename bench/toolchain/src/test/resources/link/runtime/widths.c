/* Conversions between formats of floats: of 16 bits (IEEE 754's, and the upper half of a float), 32, 64 and 128. */
#include "family.h"

enum { QUAD_FRACTION = 112, QUAD_BIAS = 16383, HALF_BIAS = 15 };

/* A number of 128 bits from its parts. */
static f128 quad(u64 sign, int exponent, u128 fraction) {
    value result = {.u128 = (u128)sign << 127 | (u128)(unsigned)exponent << QUAD_FRACTION
                            | (fraction & (((u128)1 << QUAD_FRACTION) - 1))};
    return result.f128;
}

#ifndef __PVM__
/* What a number of 16 bits without its sign is worth: exactly, and at the exponent of infinity as if that went on. */
static f128 worth(u32 number, int exponent_bits) {
    int fraction_bits = 15 - exponent_bits;
    int bias = (1 << (exponent_bits - 1)) - 1;
    int exponent = (int)(number >> fraction_bits);
    u32 fraction = number & ((1u << fraction_bits) - 1);
    f128 last = quad(0, QUAD_BIAS + (exponent == 0 ? 1 : exponent) - bias - fraction_bits, 0);
    return last * (f128)(exponent == 0 ? fraction : fraction | 1u << fraction_bits);
}

/* The number of 16 bits that is nearest, found by looking at them: of two, the one that is even. */
static u64 nearest(f128 number, int exponent_bits) {
    u32 infinite = ((1u << exponent_bits) - 1) << (15 - exponent_bits);
    value whole = {.f128 = number};
    u64 above = ~(u64)0xffff;
    u64 sign = whole.words[1] >> 63 << 15;
    f128 magnitude = sign != 0 ? -number : number;
    if (number != number) {
        return above | infinite | 1u << (14 - exponent_bits);
    }
    u32 low = 0;
    for (u32 high = infinite; high - low > 1;) {
        u32 middle = (low + high) / 2;
        *(worth(middle, exponent_bits) <= magnitude ? &low : &high) = middle;
    }
    if (magnitude >= worth(infinite, exponent_bits)) {
        return above | sign | infinite;
    }
    f128 below = magnitude - worth(low, exponent_bits);
    f128 beyond = worth(low + 1, exponent_bits) - magnitude;
    return above | sign | (below < beyond || (below == beyond && low % 2 == 0) ? low : low + 1);
}

/* Any of them, as a number. */
static f128 widened(u32 number, int exponent_bits) {
    u32 infinite = ((1u << exponent_bits) - 1) << (15 - exponent_bits);
    f128 magnitude = (number & 0x7fff) == infinite  ? (f128)__builtin_inff()
                     : (number & 0x7fff) > infinite ? (f128)__builtin_nanf("")
                                                    : worth(number & 0x7fff, exponent_bits);
    return number >> 15 != 0 ? -magnitude : magnitude;
}
#endif

/* Around the least and greatest numbers of each format, where subnormal ones end, and around 1. */
static const int FROM_AND_TO[][2] = {{-16383, -16381}, {-1077, -1072}, {-1024, -1020}, {-152, -147}, {-135, -124},
                                     {-27, -22}, {-16, -12}, {-1, 1}, {14, 17}, {126, 129}, {1022, 1025},
                                     {16383, 16384}};
enum { FIRST_BIT = 30, BITS = QUAD_FRACTION - FIRST_BIT, ENDINGS = 4 };

static int exponent_at(u64 index) {
    for (u64 i = 0; i < COUNT(FROM_AND_TO); i++) {
        u64 length = (u64)(FROM_AND_TO[i][1] - FROM_AND_TO[i][0] + 1);
        if (index < length) {
            return FROM_AND_TO[i][0] + (int)index;
        }
        index -= length;
    }
    return 0;
}

enum { EXPONENTS = 59 };

/* One number in each format, of the same sign and, where that can be, exponent, with the same bits at the front. */
static void numbers(u64 index, value *x) {
    u128 fraction = wide(random_word(index, 0), random_word(index, 1));
    u64 sign = random_word(index, 2) & 1;
    int exponent = (int)(random_word(index, 3) % 400) - 200;
    if (index < EXPONENTS * BITS * ENDINGS) {
        index = spread(index, EXPONENTS * BITS * ENDINGS);
        /* What ends at every bit in half of the last place, after an even and an odd one, or a little beside that. */
        int bit = FIRST_BIT + (int)(index / ENDINGS % BITS);
        u128 half = (u128)1 << (bit - 1);
        u128 kept = fraction >> bit << bit;
        u128 endings[ENDINGS] = {kept | half, kept | half << 1 | half, kept | half | 1, (kept | half) - 1};
        fraction = endings[index % ENDINGS];
        exponent = exponent_at(index / ENDINGS / BITS);
    }
    x[0].f128 = quad(sign, exponent + QUAD_BIAS, fraction);
    int e = exponent < -1023 ? -1023 : exponent > 1024 ? 1024 : exponent;
    u128 rest = fraction & (((u128)1 << 60) - 1);
    x[1].u64 = sign << 63 | (u64)(e + 1023) << 52 | (u64)(fraction << 16 >> 76) | (rest != 0);
    e = exponent < -127 ? -127 : exponent > 128 ? 128 : exponent;
    x[2].u32 = (u32)sign << 31 | (u32)(e + 127) << 23 | (u32)(fraction << 16 >> 105) | (rest != 0);
}

#define NARROW(name, A, operand, exponent_bits)                                                                        \
    FUNCTION(name, u64 name(A), u64, name(operand), nearest(operand, exponent_bits))

static const char *convert(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        FUNCTION(__extendsfdf2, f64 __extendsfdf2(f32), f64, __extendsfdf2(x[2].f32), (f64)x[2].f32)
        FUNCTION(__extendsftf2, f128 __extendsftf2(f32), f128, __extendsftf2(x[2].f32), (f128)x[2].f32)
        FUNCTION(__extenddftf2, f128 __extenddftf2(f64), f128, __extenddftf2(x[1].f64), (f128)x[1].f64)
        FUNCTION(__truncdfsf2, f32 __truncdfsf2(f64), f32, __truncdfsf2(x[1].f64), (f32)x[1].f64)
        FUNCTION(__trunctfsf2, f32 __trunctfsf2(f128), f32, __trunctfsf2(x[0].f128), (f32)x[0].f128)
        FUNCTION(__trunctfdf2, f64 __trunctfdf2(f128), f64, __trunctfdf2(x[0].f128), (f64)x[0].f128)
        NARROW(__truncsfhf2, f32, x[2].f32, 5)
        NARROW(__truncdfhf2, f64, x[1].f64, 5)
        NARROW(__trunctfhf2, f128, x[0].f128, 5)
        NARROW(__truncsfbf2, f32, x[2].f32, 8)
        NARROW(__truncdfbf2, f64, x[1].f64, 8)
        NARROW(__trunctfbf2, f128, x[0].f128, 8)
        FUNCTION(__gnu_f2h_ieee, u16 __gnu_f2h_ieee(f32), u16, __gnu_f2h_ieee(x[2].f32), (u16)nearest(x[2].f32, 5))
        default: return NULL;
    }
}

const family widths = {.name = "widths", .apply = convert, .operands = numbers, .edges = EXPONENTS * BITS * ENDINGS};

/* All there are. */
static void every_half(u64 index, value *x) {
    x[0].u64 = ~(u64)0xffff | spread(index, 1 << 16);
}

static const char *widen(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        FUNCTION(__extendhfsf2, f32 __extendhfsf2(u64), f32, __extendhfsf2(x[0].u64), (f32)widened(x[0].u16, 5))
        FUNCTION(__extendhfdf2, f64 __extendhfdf2(u64), f64, __extendhfdf2(x[0].u64), (f64)widened(x[0].u16, 5))
        FUNCTION(__extendhftf2, f128 __extendhftf2(u64), f128, __extendhftf2(x[0].u64), widened(x[0].u16, 5))
        FUNCTION(__gnu_h2f_ieee, f32 __gnu_h2f_ieee(u16), f32, __gnu_h2f_ieee(x[0].u16), (f32)widened(x[0].u16, 5))
        FUNCTION(__extendbfsf2, f32 __extendbfsf2(u64), f32, __extendbfsf2(x[0].u64), (f32)widened(x[0].u16, 8))
        default: return NULL;
    }
}

const family halves = {.name = "halves", .apply = widen, .operands = every_half, .edges = 1 << 16};
