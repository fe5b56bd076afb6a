/* Numbers of 128 bits, which the machine that runs the tests has by another name. */
#include "digest.h"

#include <string.h>

#ifdef __PVM__
typedef long double quad;
#else
typedef __float128 quad;
#endif
__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

static void take_quad(quad value) {
    uint64_t bits[2];
    memcpy(bits, &value, 16);
    take(value == value ? bits[0] : 1);
    take(value == value ? bits[1] : 1);
}

static void take_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    take(value == value ? bits : 1);
}

static void take_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    take(value == value ? bits : 1);
}

/* All kinds: of any exponent, near each other, whole, and those that are no numbers. */
static quad any_quad(void) {
    uint64_t bits[2] = {random_value(), random_value()};
    uint64_t kind = random_value() % 8;
    quad value;
    if (kind < 3) {
        bits[1] = (bits[1] & 0x8000ffffffffffff) | (0x3fff + random_value() % 130 - 60) << 48;
    } else if (kind == 3) {
        bits[1] &= 0x8003ffffffffffff;
    } else if (kind == 4) {
        return (quad)(int64_t)bits[0];
    } else if (kind == 5) {
        uint64_t number = bits[0];
        double narrow;
        memcpy(&narrow, &number, 8);
        return narrow;
    }
    memcpy(&value, bits, 16);
    return value;
}

uint64_t run(uint64_t parameter) {
    for (int i = 0; i < 120; i++) {
        quad a = any_quad();
        quad b = any_quad();
        take_quad(a + b);
        take_quad(a - b);
        take_quad(a * b);
        take_quad(a / b);
        take_quad(-a);
        take((uint64_t)((a < b) | (a <= b) << 1 | (a > b) << 2 | (a >= b) << 3 | (a == b) << 4 | (a != b) << 5));
        take((uint64_t)__builtin_isunordered(a, b));
        take_double((double)a);
        take_float((float)a);
        if (a > -0x1p31 && a < 0x1p31) {
            take((uint64_t)(int32_t)a + (uint64_t)(int64_t)a);
        }
        if (a >= 0 && a < 0x1p63) {
            take((uint64_t)a + (uint64_t)(int128)a + (uint64_t)(uint128)a + (uint64_t)(int64_t)a);
        }
        if (a >= 0 && a < 0x1p127) {
            take((uint64_t)((uint128)(int128)a >> 64) + (uint64_t)(uint128)a);
        }
        uint64_t high = random_value();
        uint64_t low = random_value();
        uint128 wide = (uint128)high << 64 | low;
        take_quad((quad)wide);
        take_quad((quad)(int128)wide);
        take_quad((quad)low);
        take_quad((quad)(int64_t)low);
        take_quad((quad)(int32_t)low);
        take_quad((quad)(uint32_t)low);
        uint32_t single = (uint32_t)high;
        float narrow;
        memcpy(&narrow, &single, 4);
        take_quad(narrow);
        double wide_number;
        memcpy(&wide_number, &high, 8);
        take_quad(wide_number);
    }
    return digest + parameter;
}
