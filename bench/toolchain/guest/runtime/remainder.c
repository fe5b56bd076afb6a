/* The remainder of floats, which compilers call for an operator of languages that have one: exact, bit by bit. */
#include "octets.h"

double fmod(double left, double right);
float fmodf(float left, float right);

typedef union {
    double value;
    uint64_t bits;
} wide;

/* The significand with its leading one at bit 52, and the exponent that goes with it. */
static inline uint64_t unpack(uint64_t bits, int *exponent) {
    uint64_t fraction = bits & (UINT64_MAX >> 12);
    *exponent = (int)(bits >> 52);
    if (*exponent != 0) {
        return fraction | UINT64_C(1) << 52;
    }
    int shift = __builtin_clzll(fraction) - 11;
    *exponent = 1 - shift;
    return fraction << shift;
}

RUNTIME double fmod(double left, double right) {
    wide a = {.value = left};
    wide b = {.value = right};
    uint64_t sign = a.bits & ~(UINT64_MAX >> 1);
    uint64_t x = a.bits ^ sign;
    uint64_t y = b.bits & (UINT64_MAX >> 1);
    if (x >= UINT64_C(0x7ff0000000000000) || y > UINT64_C(0x7ff0000000000000) || y == 0) {
        a.bits = UINT64_C(0x7ff8000000000000);
        return a.value;
    }
    if (x < y) {
        return left;
    }
    int exponent;
    int end;
    x = unpack(x, &exponent);
    y = unpack(y, &end);
    for (; exponent > end; exponent--) {
        x = (x >= y ? x - y : x) << 1;
    }
    x = x >= y ? x - y : x;
    if (x != 0) {
        int shift = __builtin_clzll(x) - 11;
        x <<= shift;
        exponent -= shift;
        x = exponent < 1 ? x >> (1 - exponent) : (x & (UINT64_MAX >> 12)) | (uint64_t)(unsigned)exponent << 52;
    }
    a.bits = sign | x;
    return a.value;
}

RUNTIME float fmodf(float left, float right) {
    return (float)fmod(left, right);
}
