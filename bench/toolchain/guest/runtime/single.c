/* Arithmetic of float, for machines without floating point, and its conversions from and to double. */
#define FLOAT float
#define WORD uint32_t
#define SIGNED_WORD int32_t
#define WORD_BITS 32
#define FRACTION_BITS 23
#define NAME(stem, suffix) __##stem##sf##suffix
#define NAME_FROM(stem, integer) __##stem##integer##sf
#include "float_format.h"

double __extendsfdf2(float value);
float __truncdfsf2(double value);

typedef union {
    double value;
    uint64_t bits;
} wide;

RUNTIME double __extendsfdf2(float value) {
    uint32_t bits = bits_of(value);
    uint64_t sign = (uint64_t)(bits & SIGN) << 32;
    bits &= ~SIGN;
    wide result = {.bits = sign};
    if (bits > INFINITE) {
        result.bits = UINT64_C(0x7ff8000000000000);
    } else if (bits == INFINITE) {
        result.bits |= UINT64_C(0x7ff0000000000000);
    } else if (bits != 0) {
        int exponent;
        uint64_t fraction = unpack(bits, &exponent) & (IMPLICIT - 1);
        result.bits |= (uint64_t)(exponent - BIAS + 1023) << 52 | fraction << (52 - FRACTION_BITS);
    }
    return result.value;
}

RUNTIME float __truncdfsf2(double value) {
    wide operand = {.value = value};
    uint32_t sign = (uint32_t)(operand.bits >> 32) & SIGN;
    uint64_t bits = operand.bits & (UINT64_MAX >> 1);
    if (bits > UINT64_C(0x7ff0000000000000)) {
        return float_of(QUIET_NAN);
    }
    int exponent = (int)(bits >> 52);
    if (exponent == 0) {
        return float_of(sign); /* what is subnormal as a double is far below the least float */
    }
    uint64_t significand = (bits & (UINT64_MAX >> 12)) | UINT64_C(1) << 52;
    uint32_t top = (uint32_t)(significand >> 22) | ((significand & (UINT64_MAX >> 42)) != 0);
    return round_to_float(sign, exponent - 1023 + BIAS, top);
}
