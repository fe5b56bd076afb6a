/* Conversions of numbers of 16 bits, IEEE 754 ones and those that are the upper half of a float. */
#include "octets.h"

typedef union {
    float value;
    uint32_t bits;
} single;

typedef union {
    double value;
    uint64_t bits;
} wide;

/* A float in an integer register with ones above it, as the ABI passes such a number. */
#define BOXED(bits) ((uint64_t)(bits) | ~(uint64_t)0xffff)

#define FUNCTION(type, name, argument)                                                                                 \
    type name(argument);                                                                                               \
    RUNTIME type name(argument)

static inline float widen(uint32_t half) {
    uint32_t sign = (half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 31;
    uint32_t fraction = half & 0x3ff;
    single result;
    if (exponent == 31) {
        result.bits = fraction != 0 ? 0x7fc00000 : sign | 0x7f800000;
    } else if (exponent != 0) {
        result.bits = sign | (exponent + 112) << 23 | fraction << 13;
    } else {
        result.value = (float)fraction * 0x1p-24f;
        result.bits |= sign;
    }
    return result.value;
}

/* Rounds to so many bits of exponent and fraction, from nearest to even. */
static inline uint32_t narrow(uint64_t bits, int exponent_bits, int fraction_bits) {
    uint32_t sign = (uint32_t)(bits >> 63) << 15;
    uint32_t infinite = ((UINT32_C(1) << exponent_bits) - 1) << fraction_bits;
    bits &= UINT64_MAX >> 1;
    if (bits > UINT64_C(0x7ff0000000000000)) {
        return infinite | UINT32_C(1) << (fraction_bits - 1);
    }
    int exponent = (int)(bits >> 52) - 1023 + (1 << (exponent_bits - 1)) - 1;
    if (exponent >= (1 << exponent_bits) - 1) {
        return sign | infinite;
    }
    uint64_t significand = (bits & (UINT64_MAX >> 12)) | UINT64_C(1) << 52;
    int shift = 52 - fraction_bits + (exponent < 1 ? 1 - exponent : 0);
    if (shift > 54) {
        return sign;
    }
    uint64_t kept = significand >> shift;
    uint64_t lost = significand & ((UINT64_C(1) << shift) - 1);
    uint64_t half = UINT64_C(1) << (shift - 1);
    kept += lost > half || (lost == half && (kept & 1) != 0);
    return sign | (((uint32_t)(exponent < 1 ? 0 : exponent - 1) << fraction_bits) + (uint32_t)kept);
}

static inline uint64_t bits_of(double value) {
    wide both = {.value = value};
    return both.bits;
}

FUNCTION(float, __extendhfsf2, uint64_t half) {
    return widen((uint32_t)half & 0xffff);
}

FUNCTION(double, __extendhfdf2, uint64_t half) {
    return widen((uint32_t)half & 0xffff);
}

FUNCTION(float, __gnu_h2f_ieee, uint16_t half) {
    return widen(half);
}

FUNCTION(uint64_t, __truncsfhf2, float value) {
    return BOXED(narrow(bits_of(value), 5, 10));
}

FUNCTION(uint64_t, __truncdfhf2, double value) {
    return BOXED(narrow(bits_of(value), 5, 10));
}

FUNCTION(uint16_t, __gnu_f2h_ieee, float value) {
    return (uint16_t)narrow(bits_of(value), 5, 10);
}

FUNCTION(float, __extendbfsf2, uint64_t half) {
    single result = {.bits = (uint32_t)half << 16};
    if ((result.bits & 0x7fffffff) > 0x7f800000) {
        result.bits = 0x7fc00000;
    }
    return result.value;
}

FUNCTION(uint64_t, __truncsfbf2, float value) {
    return BOXED(narrow(bits_of(value), 8, 7));
}

FUNCTION(uint64_t, __truncdfbf2, double value) {
    return BOXED(narrow(bits_of(value), 8, 7));
}
