/* Floating point, which guests compute in software: the bits of every result. NaNs count as one value. */
#include "digest.h"

static double number(uint64_t bits) { double x; memcpy(&x, &bits, sizeof x); return x; }
static float single(uint32_t bits) { float x; memcpy(&x, &bits, sizeof x); return x; }

static void take_double(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    take(x != x ? 1 : bits);
}

static void take_single(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    take(x != x ? 1 : bits);
}

/* Any bits, or near to 1, or whole, or near to what they were: exponents that meet. */
static double random_double(double other) {
    uint64_t bits = random_value();
    switch (random_value() % 6) {
        case 0: return number(bits);
        case 1: return number((bits & 0x800fffffffffffff) | (0x3f0 + bits % 32) << 52);
        case 2: return (double)(int64_t)bits;
        case 3: return number(bits & 0x800fffffffffffff);
        case 4: {
            uint64_t near;
            memcpy(&near, &other, sizeof near);
            return number(near + (bits & 0x80000000000000ff) - 128);
        }
        default: return number((bits & 1) << 63 | (bits & 2 ? 0x7ff0000000000000 : 0));
    }
}

static void doubles(double a, double b) {
    take_double(a + b);
    take_double(a - b);
    take_double(a * b);
    take_double(a / b);
    take_double(-a);
    take((a < b) | (a <= b) << 1 | (a == b) << 2 | (a != b) << 3 | (a >= b) << 4 | (a > b) << 5);
    take((uint64_t)__builtin_isunordered(a, b));
    take_single((float)a);
    if (a > -0x1p63 && a < 0x1p63) {
        take((uint64_t)(int64_t)a);
        take((uint64_t)(__int128)a);
    }
    if (a > -0x1p31 && a < 0x1p31) {
        take((uint64_t)(int32_t)a);
    }
    if (a >= 0 && a < 0x1p64) {
        take((uint64_t)a);
    }
    if (a >= 0 && a < 0x1p32) {
        take((uint32_t)a);
    }
}

static void singles(float a, float b) {
    take_single(a + b);
    take_single(a - b);
    take_single(a * b);
    take_single(a / b);
    take((a < b) | (a <= b) << 1 | (a == b) << 2 | (a != b) << 3 | (a >= b) << 4 | (a > b) << 5);
    take_double((double)a);
    if (a > -0x1p63f && a < 0x1p63f) {
        take((uint64_t)(int64_t)a);
    }
    if (a > -0x1p31f && a < 0x1p31f) {
        take((uint64_t)(int32_t)a);
    }
    if (a >= 0 && a < 0x1p64f) {
        take((uint64_t)a);
    }
}

uint64_t run(uint64_t parameter) {
    double a = (double)parameter, b = 1;
    for (int i = 0; i < 700; i++) {
        b = random_double(a);
        doubles(a, b);
        a = random_double(b);
        doubles(a, b);
        uint64_t bits = random_value();
        singles((float)a, (float)b);
        singles(single((uint32_t)bits), single((uint32_t)(bits >> 32)));
        singles(single((uint32_t)bits), single((uint32_t)bits + (uint32_t)(bits >> 60)));
        take_double((double)(int64_t)bits);
        take_double((double)bits);
        take_double((int32_t)bits);
        take_double((uint32_t)bits);
        take_single((float)(int64_t)bits);
        take_single((float)bits);
        take_single((float)(int32_t)bits);
        take_single((float)(uint32_t)bits);
        take_double((double)((unsigned __int128)bits << bits % 64));
        take_double((double)((__int128)bits * (int64_t)bits));
    }
    return digest;
}
