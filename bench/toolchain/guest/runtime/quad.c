/* Arithmetic of long double, which has 128 bits on RISC-V, and its conversions from and to the narrower types. */
#include <stdint.h>

#define FLOAT long double
#define WORD uint128
#define SIGNED_WORD int128
#define WORD_BITS 128
#define FRACTION_BITS 112
#define NAME(stem, suffix) __##stem##tf##suffix
#define NAME_FROM(stem, integer) __##stem##integer##tf
#include "float_format.h"

long double __extenddftf2(double value);
long double __extendsftf2(float value);
double __trunctfdf2(long double value);
float __trunctfsf2(long double value);
long double __extendhftf2(uint64_t half);
uint64_t __trunctfhf2(long double value);
uint64_t __trunctfbf2(long double value);
float __extendhfsf2(uint64_t half);
uint64_t __truncdfhf2(double value);
uint64_t __truncdfbf2(double value);

typedef union {
    double value;
    uint64_t bits;
} narrow;

RUNTIME long double __extenddftf2(double value) {
    narrow operand = {.value = value};
    uint64_t bits = operand.bits & (UINT64_MAX >> 1);
    WORD sign = (WORD)(operand.bits >> 63) << 127;
    int exponent = (int)(bits >> 52);
    uint64_t fraction = bits & (UINT64_MAX >> 12);
    if (exponent == 0x7ff) {
        return float_of(fraction != 0 ? QUIET_NAN : sign | INFINITE);
    }
    if (exponent == 0) {
        if (fraction == 0) {
            return float_of(sign);
        }
        int shift = __builtin_clzll(fraction) - 11;
        fraction = (fraction << shift) & (UINT64_MAX >> 12);
        exponent = 1 - shift;
    }
    return float_of(sign | (WORD)(exponent - 1023 + BIAS) << FRACTION_BITS | (WORD)fraction << (FRACTION_BITS - 52));
}

RUNTIME long double __extendsftf2(float value) {
    return __extenddftf2(value);
}

/*
 * To a double or float of so many bits of fraction: rounded to nearest even, or, for what is rounded once more, to odd,
 * which keeps what has to be known for that.
 */
static inline uint64_t truncate(WORD bits, int odd) {
    uint64_t sign = (uint64_t)(bits >> 127) << 63;
    bits &= ~SIGN;
    if (bits > INFINITE) {
        return UINT64_C(0x7ff8000000000000);
    }
    int exponent = exponent_of(bits) - BIAS + 1023;
    if (exponent >= 0x7ff) {
        return sign | (odd && bits < INFINITE ? UINT64_C(0x7fefffffffffffff) : UINT64_C(0x7ff0000000000000));
    }
    /* The fraction, with two bits below it: the next one, and whether there are more. */
    WORD significand = (bits & (IMPLICIT - 1)) | (exponent_of(bits) == 0 ? 0 : IMPLICIT);
    significand = shift_sticky(significand, FRACTION_BITS - 54);
    if (exponent < 1) {
        significand = shift_sticky(significand, 1 - exponent);
        exponent = 0;
    } else {
        exponent--;
    }
    uint64_t low = (uint64_t)significand & 3;
    uint64_t kept = (uint64_t)(significand >> 2);
    kept = odd ? kept | (low != 0) : kept + (low == 3 || (low == 2 && (kept & 1) != 0));
    return sign | (((uint64_t)(unsigned)exponent << 52) + kept);
}

RUNTIME double __trunctfdf2(long double value) {
    narrow result = {.bits = truncate(bits_of(value), 0)};
    return result.value;
}

RUNTIME float __trunctfsf2(long double value) {
    narrow wide = {.bits = truncate(bits_of(value), 1)};
    return (float)wide.value;
}

RUNTIME long double __extendhftf2(uint64_t half) {
    return __extendhfsf2(half);
}

RUNTIME uint64_t __trunctfhf2(long double value) {
    narrow wide = {.bits = truncate(bits_of(value), 1)};
    return __truncdfhf2(wide.value);
}

RUNTIME uint64_t __trunctfbf2(long double value) {
    narrow wide = {.bits = truncate(bits_of(value), 1)};
    return __truncdfbf2(wide.value);
}
