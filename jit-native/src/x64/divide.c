/* Division by a constant. Why the product is exact, for a divisor D with 2^L < D < 2^(L + 1):
 *
 * Let F be 2^(64 + L) / D rounded up, too large by E / D with 0 < E < D. Then n * F / 2^(64 + L) is n / D, and
 * n * E / (D * 2^(64 + L)) more. Where E <= 2^L that is less than 1 / D for all n < 2^64, and n / D is at least as far below the
 * next whole number: rounding down gives the quotient. F is less than 2^64.
 *
 * Else let F be rounded down, too small by R / D with R = D - E < 2^L. Then (n + 1) * F / 2^(64 + L) is (n + 1) / D less what is
 * more than 0 and at most 1 / D: it is at least n / D rounded down, and less than the next whole number. For n = 2^64 - 1, n
 * stands in place of n + 1. That gives the quotient of n - 1, which is that of n unless D divides n. But then 2^64 % D is 1,
 * 2^(64 + L) % D is 2^L, E is D - 2^L, less than 2^L, and F is rounded up.
 *
 * With D and n of 32 bits, 2^64 / D rounded up is enough: n * E < 2^64. */
#include "x64/divide.h"

/* The scratch register of guest code. */
#define QUOTIENT_IN RCX

static bool is_power_of_two(uint64_t n) {
    return (n & (n - 1)) == 0;
}

static uint32_t logarithm(uint64_t n) {
    return 63 - (uint32_t)__builtin_clzll(n);
}

struct reciprocal reciprocal_of(uint64_t divisor) {
    uint32_t shift = logarithm(divisor);
    unsigned __int128 power = (unsigned __int128)1 << (64 + shift);
    uint64_t down = (uint64_t)(power / divisor), excess = divisor - (uint64_t)(power % divisor);
    bool up = excess <= UINT64_C(1) << shift;
    return (struct reciprocal){down + up, shift, !up};
}

struct reciprocal reciprocal_of_32(uint32_t divisor) {
    return (struct reciprocal){UINT64_MAX / divisor + 1, 0, false};
}

static void emit_move(struct x64_emitter *e, enum x64_width width, enum x64_register to, enum x64_register from) {
    if (to != from) {
        x64_mov_rr(e, width, to, from);
    }
}

static void emit_by_power_of_two(struct x64_emitter *e, enum x64_width width, bool remainder, enum x64_register d,
                                 enum x64_register a, uint64_t divisor) {
    emit_move(e, width, d, a);
    if (remainder) {
        x64_alu_ri(e, ALU_AND, width, d, (int32_t)(divisor - 1));
    } else if (divisor > 1) {
        x64_shift_ri(e, SHIFT_SHR, width, d, (int)logarithm(divisor));
    }
}

/* a / divisor in rcx. */
static void emit_quotient(struct x64_emitter *e, enum x64_width width, enum x64_register a, uint64_t divisor) {
    struct reciprocal r = width == W64 ? reciprocal_of(divisor) : reciprocal_of_32((uint32_t)divisor);
    x64_mov_rr(e, width, QUOTIENT_IN, a);
    if (r.increment) {
        x64_alu_ri(e, ALU_ADD, W64, QUOTIENT_IN, 1);
        x64_alu_ri(e, ALU_SBB, W64, QUOTIENT_IN, 0);
    }
    x64_push(e, RDX);
    x64_mov_ri(e, RDX, (int64_t)r.factor);
    x64_mulx(e, QUOTIENT_IN, QUOTIENT_IN, QUOTIENT_IN);
    x64_pop(e, RDX);
    if (r.shift > 0) {
        x64_shift_ri(e, SHIFT_SHR, W64, QUOTIENT_IN, (int)r.shift);
    }
}

void emit_divide_by_constant(struct x64_emitter *e, enum x64_width width, bool remainder, enum x64_register d,
                             enum x64_register a, int32_t constant) {
    uint64_t divisor = width == W64 ? (uint64_t)constant : (uint32_t)constant;
    enum x64_register result = d;
    if (is_power_of_two(divisor)) {
        emit_by_power_of_two(e, width, remainder, d, a, divisor);
    } else {
        emit_quotient(e, width, a, divisor);
        if (remainder) {
            x64_imul_rri(e, width, QUOTIENT_IN, QUOTIENT_IN, constant);
            emit_move(e, width, d, a);
            x64_alu_rr(e, ALU_SUB, width, d, QUOTIENT_IN);
        } else {
            result = QUOTIENT_IN;
        }
    }
    if (width == W32) {
        x64_movsxd_rr(e, d, result);
    } else {
        emit_move(e, W64, d, result);
    }
}
