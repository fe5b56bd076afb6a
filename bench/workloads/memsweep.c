/*
 * Sweeps over 4 MiB: filled, read forward by words, backward by octets, in strides of a page and a bit, and copied. The
 * parameter is the number of sweeps.
 */
#include <string.h>

#include "workload.h"

enum { WORDS = 1 << 19, STRIDE = 521 };

static uint64_t memory[WORDS];

uint64_t run(uint64_t parameter) {
    uint64_t checksum = 1;
    for (uint64_t sweep = 0; sweep < parameter; sweep++) {
        for (size_t i = 0; i < WORDS; i++) {
            memory[i] = i * (sweep + 3);
        }
        uint64_t sum = 0;
        for (size_t i = 0; i < WORDS; i++) {
            sum += memory[i] ^ sweep;
        }
        checksum = mix(checksum, sum);
        const uint8_t *octets = (const uint8_t *)memory;
        sum = 0;
        for (size_t i = sizeof memory / 8; i-- > 0;) {
            sum = sum * 3 + octets[i];
        }
        checksum = mix(checksum, sum);
        size_t index = 0;
        for (size_t i = 0; i < WORDS / 4; i++) {
            sum ^= memory[index] += sum;
            index = (index + STRIDE) % WORDS;
        }
        checksum = mix(checksum, sum);
        memmove(memory + 3, memory, sizeof memory / 2);
        memcpy(memory + WORDS / 2, memory, sizeof memory / 2);
        checksum = mix(checksum, memory[WORDS / 2 + 17] ^ memory[WORDS - 1]);
    }
    return checksum;
}
