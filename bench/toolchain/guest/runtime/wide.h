/* A 128-bit number divided by a 64-bit one, with 64-bit divisions. Internal to the runtime. */
#ifndef PVM_RUNTIME_WIDE_H
#define PVM_RUNTIME_WIDE_H

#include <stdint.h>

/*
 * The quotient of high * 2^64 + low by a divisor whose top bit is set, high < divisor: schoolbook division with two
 * digits of 32 bits. Each digit is estimated by the divisor's upper half and then at most 2 too large.
 */
static inline uint64_t divide_wide(uint64_t high, uint64_t low, uint64_t divisor, uint64_t *remainder) {
    uint64_t upper = divisor >> 32;
    uint64_t lower = divisor & 0xffffffff;
    uint64_t quotient = 0;
    uint64_t rest = high;
    for (int digit = 0; digit < 2; digit++) {
        uint64_t estimate = rest / upper;
        uint64_t left = rest % upper;
        uint64_t next = digit == 0 ? low >> 32 : low & 0xffffffff;
        while (estimate >> 32 != 0 || estimate * lower > (left << 32 | next)) {
            estimate--;
            left += upper;
            if (left >> 32 != 0) {
                break;
            }
        }
        rest = (rest << 32 | next) - estimate * divisor;
        quotient = quotient << 32 | estimate;
    }
    *remainder = rest;
    return quotient;
}

#endif
