/* Division by a constant that is known when code is made: a product with its reciprocal. */
#ifndef PVMJIT_DIVIDE_H
#define PVMJIT_DIVIDE_H

#include "x64/x64.h"

#include <stdbool.h>
#include <stdint.h>

/* The quotient of n by a divisor that is no power of two is, for each n of 64 bits (of 32, where the divisor has so many),
 *
 *     (n * factor >> 64) >> shift, or with `increment` of n + 1 instead of n, but no more than 2^64 - 1. */
struct reciprocal {
    uint64_t factor;
    uint32_t shift;
    bool increment;
};

/* The divisor is not 0 and no power of two. */
struct reciprocal reciprocal_of(uint64_t divisor);
struct reciprocal reciprocal_of_32(uint32_t divisor);

/* d = a / divisor or a % divisor without sign, extended by the sign of 32 bits where they are of so many. The divisor is the
 * lower half of the constant or the constant extended by its sign, and not 0. Takes up to 50 octets, and rcx. */
void emit_divide_by_constant(struct x64_emitter *e, enum x64_width width, bool remainder, enum x64_register d,
                             enum x64_register a, int32_t constant);

#endif
