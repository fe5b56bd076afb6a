/*
 * The program that runs in inner machines: over words in memory that appears as it is touched, it sorts by insertion in
 * runs, sums, and asks its host about each run. It has no static data, so that its code alone is a program; natively,
 * nested.c includes this file and the same function is called.
 */
#include "nested.h"

uint64_t inner(uint64_t *words, uint64_t count) {
    uint64_t sum = count;
    for (uint64_t begin = 0; begin < count; begin += RUN) {
        uint64_t end = begin + RUN < count ? begin + RUN : count;
        for (uint64_t i = begin + 1; i < end; i++) {
            uint64_t word = words[i];
            uint64_t j = i;
            for (; j > begin && words[j - 1] > word; j--) {
                words[j] = words[j - 1];
            }
            words[j] = word;
        }
        for (uint64_t i = begin; i < end; i++) {
            sum = (sum ^ words[i]) * MULTIPLIER;
            sum ^= sum >> 29;
        }
        sum += ask(sum);
    }
    return sum;
}

#ifdef __PVM__
/* Arguments and result in registers: the words and their number, and the answer in a1. */
pvm_octets refine(const uint8_t *arguments, uint64_t length) {
    return (pvm_octets){NULL, inner((uint64_t *)(uintptr_t)arguments, length)};
}
#endif
