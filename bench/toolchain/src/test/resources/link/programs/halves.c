/* Numbers of 16 bits, all of them, and what other numbers become of them. */
#include "digest.h"

#include <string.h>

static uint64_t bits_of(_Float16 value) {
    uint16_t bits;
    memcpy(&bits, &value, 2);
    return value == value ? bits : 1;
}

uint64_t run(uint64_t parameter) {
    for (uint32_t i = 0; i < 0x10000; i += 61) {
        uint16_t bits = (uint16_t)i;
        volatile _Float16 half;
        memcpy((void *)&half, &bits, 2);
        float wide = (float)half;
        uint32_t wide_bits;
        memcpy(&wide_bits, &wide, 4);
        take(wide == wide ? wide_bits : 1);
        take(bits_of((_Float16)(wide * 1.0001f)));
        take(bits_of(half * half + half));
        double widest = (double)half * 1.00048828125;
        take(bits_of((_Float16)widest));
        take((uint64_t)(half < 3));
    }
    for (int i = 0; i < 300; i++) {
        uint64_t value = random_value();
        uint32_t low = (uint32_t)value;
        double number;
        float single;
        memcpy(&number, &value, 8);
        memcpy(&single, &low, 4);
        take(bits_of((_Float16)number));
        take(bits_of((_Float16)single));
        take(bits_of((_Float16)(double)(int32_t)(low % 200000)));
    }
    return digest + parameter;
}
