/*
 * Sweeps over memory: filled, read forward by words, backward by octets, in strides of a page and a bit, and copied.
 * The parameter is the KiB to sweep, 4 MiB at most at a time.
 */
#include <string.h>

#include "workload.h"

enum { WORDS = 1 << 19, STRIDE = 521 };

static uint64_t memory[WORDS];

static uint64_t sweep(size_t words, uint64_t number) {
    for (size_t i = 0; i < words; i++) {
        memory[i] = i * (number + 3);
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < words; i++) {
        sum += memory[i] ^ number;
    }
    uint64_t checksum = mix(number, sum);
    const uint8_t *octets = (const uint8_t *)memory;
    for (size_t i = words; i-- > 0;) {
        sum = sum * 3 + octets[i];
    }
    checksum = mix(checksum, sum);
    size_t index = 0;
    for (size_t i = 0; i < words / 4; i++) {
        memory[index] += sum;
        sum ^= memory[index];
        index = (index + STRIDE) % words;
    }
    checksum = mix(checksum, sum);
    memmove(memory + 3, memory, words * 4);
    memcpy(memory + words / 2, memory, words * 4);
    return mix(checksum, memory[words / 2 + 17] ^ memory[words - 1]);
}

uint64_t run(uint64_t parameter) {
    uint64_t checksum = parameter;
    uint64_t left = parameter * 128;
    for (uint64_t number = 0; left >= 128; number++) {
        size_t words = left < WORDS ? (size_t)left : WORDS;
        checksum = mix(checksum, sweep(words, number));
        left -= words;
    }
    return checksum;
}
