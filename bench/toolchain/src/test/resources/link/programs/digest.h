/* What the programs share that run both as guests and natively: random values, and a digest of all that they compute. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint64_t digest, random_state;

/* Mixes a result into the digest. */
static inline void take(uint64_t value) {
    digest = (digest << 13 | digest >> 51) * 0x9e3779b97f4a7c15 + value;
}

/* xorshift64*; every third value is small, or at an edge. */
static inline uint64_t random_value(void) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    uint64_t value = random_state * 0x2545f4914f6cdd1d;
    switch (value >> 60) {
        case 0: return value % 200;
        case 1: return -(value % 200);
        case 2: return UINT64_C(1) << value % 64;
        case 3: return (UINT64_C(1) << value % 64) - 1;
        case 4: return value & 0xffffffff;
        default: return value;
    }
}

uint64_t run(uint64_t parameter);

#ifdef __PVM__
#include <pvm.h>

/* The result for a parameter of 8 octets. */
pvm_octets refine(const uint8_t *arguments, uint64_t length) {
    static uint64_t result;
    uint64_t parameter = 0;
    memcpy(&parameter, arguments, length < 8 ? length : 8);
    digest = 0;
    random_state = parameter * 2 + 1;
    result = run(parameter);
    return (pvm_octets){&result, sizeof result};
}
#else
uint64_t start(uint64_t parameter) {
    digest = 0;
    random_state = parameter * 2 + 1;
    return run(parameter);
}
#endif
