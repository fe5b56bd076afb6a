/*
 * Integer operations that compilers call instead of emitting them: 128-bit multiplication, division and shifts, and
 * counts of bits for targets without Zbb. Their names are the compilers' own.
 */
#include "octets.h"
#include "wide.h"

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

int128 __multi3(int128 left, int128 right);
uint128 __udivmodti4(uint128 dividend, uint128 divisor, uint128 *remainder);
int128 __divmodti4(int128 dividend, int128 divisor, int128 *remainder);
uint128 __udivti3(uint128 dividend, uint128 divisor);
uint128 __umodti3(uint128 dividend, uint128 divisor);
int128 __divti3(int128 dividend, int128 divisor);
int128 __modti3(int128 dividend, int128 divisor);
int128 __ashlti3(int128 value, int count);
int128 __lshrti3(int128 value, int count);
int128 __ashrti3(int128 value, int count);
int128 __negti2(int128 value);
int __clzsi2(uint32_t value);
int __clzdi2(uint64_t value);
int __clzti2(int128 value);
int __ctzsi2(uint32_t value);
int __ctzdi2(uint64_t value);
int __ctzti2(int128 value);
int __ffssi2(uint32_t value);
int __ffsdi2(uint64_t value);
int __ffsti2(int128 value);
int __popcountsi2(uint32_t value);
int __popcountdi2(uint64_t value);
int __popcountti2(int128 value);
int __paritysi2(uint32_t value);
int __paritydi2(uint64_t value);
uint32_t __bswapsi2(uint32_t value);
uint64_t __bswapdi2(uint64_t value);

typedef union {
    uint128 whole;
    struct {
        uint64_t low;
        uint64_t high;
    };
} halves;

/* The upper 64 bits of a product, by the four products of 32-bit halves: where the machine has no such instruction. */
static inline uint64_t multiply_upper(uint64_t left, uint64_t right) {
#ifdef __riscv
    uint64_t upper;
    __asm__("mulhu %0, %1, %2" : "=r"(upper) : "r"(left), "r"(right));
    return upper;
#else
    uint64_t a = left >> 32, b = left & 0xffffffff, c = right >> 32, d = right & 0xffffffff;
    uint64_t middle = a * d + (b * d >> 32);
    uint64_t carry = (middle & 0xffffffff) + b * c;
    return a * c + (middle >> 32) + (carry >> 32);
#endif
}

RUNTIME int128 __multi3(int128 left, int128 right) {
    halves a = {.whole = (uint128)left};
    halves b = {.whole = (uint128)right};
    halves product = {.low = a.low * b.low, .high = multiply_upper(a.low, b.low) + a.high * b.low + a.low * b.high};
    return (int128)product.whole;
}

static inline int leading_zeros(uint64_t value) {
    int count = 0;
    for (int step = 32; step != 0; step /= 2) {
        if (value >> (64 - step) == 0) {
            value <<= step;
            count += step;
        }
    }
    return count + (value == 0);
}

static inline uint128 divide(uint128 dividend, uint128 divisor, uint128 *remainder) {
    halves a = {.whole = dividend};
    halves b = {.whole = divisor};
    halves quotient = {.whole = 0};
    halves rest = {.whole = 0};
    if (b.high == 0) {
        if (a.high == 0) {
            quotient.low = a.low / b.low;
            rest.low = a.low % b.low;
        } else {
            int shift = __builtin_clzll(b.low);
            uint64_t normal = b.low << shift;
            quotient.high = a.high / b.low;
            uint64_t high = a.high % b.low;
            if (shift != 0) {
                high = high << shift | a.low >> (64 - shift);
            }
            quotient.low = divide_wide(high, a.low << shift, normal, &rest.low);
            rest.low >>= shift;
        }
    } else if (divisor > dividend) {
        rest = a;
    } else {
        /* The quotient has 64 bits at most: estimated with the upper 64 bits of the divisor, at most 1 too large. */
        int shift = __builtin_clzll(b.high);
        if (shift == 0) {
            quotient.low = 1;
            rest.whole = dividend - divisor;
        } else {
            uint64_t ignored;
            uint64_t normal = b.high << shift | b.low >> (64 - shift);
            quotient.low = divide_wide(a.high >> 1, a.high << 63 | a.low >> 1, normal, &ignored) >> (63 - shift);
            if (quotient.low != 0) {
                quotient.low--;
            }
            rest.whole = dividend - (uint128)__multi3((int128)quotient.whole, (int128)divisor);
            if (rest.whole >= divisor) {
                quotient.low++;
                rest.whole -= divisor;
            }
        }
    }
    *remainder = rest.whole;
    return quotient.whole;
}

RUNTIME uint128 __udivmodti4(uint128 dividend, uint128 divisor, uint128 *remainder) {
    uint128 rest;
    uint128 quotient = divide(dividend, divisor, &rest);
    if (remainder != 0) {
        *remainder = rest;
    }
    return quotient;
}

RUNTIME uint128 __udivti3(uint128 dividend, uint128 divisor) {
    return __udivmodti4(dividend, divisor, 0);
}

RUNTIME uint128 __umodti3(uint128 dividend, uint128 divisor) {
    uint128 remainder;
    __udivmodti4(dividend, divisor, &remainder);
    return remainder;
}

RUNTIME int128 __divmodti4(int128 dividend, int128 divisor, int128 *remainder) {
    uint128 a = dividend < 0 ? -(uint128)dividend : (uint128)dividend;
    uint128 b = divisor < 0 ? -(uint128)divisor : (uint128)divisor;
    uint128 rest;
    uint128 quotient = __udivmodti4(a, b, &rest);
    if (remainder != 0) {
        *remainder = (int128)(dividend < 0 ? -rest : rest);
    }
    return (int128)((dividend < 0) != (divisor < 0) ? -quotient : quotient);
}

RUNTIME int128 __divti3(int128 dividend, int128 divisor) {
    return __divmodti4(dividend, divisor, 0);
}

RUNTIME int128 __modti3(int128 dividend, int128 divisor) {
    int128 remainder;
    __divmodti4(dividend, divisor, &remainder);
    return remainder;
}

RUNTIME int128 __ashlti3(int128 value, int count) {
    halves v = {.whole = (uint128)value};
    if ((count & 64) != 0) {
        v.high = v.low << (count & 63);
        v.low = 0;
    } else if (count != 0) {
        v.high = v.high << count | v.low >> (64 - count);
        v.low <<= count;
    }
    return (int128)v.whole;
}

RUNTIME int128 __lshrti3(int128 value, int count) {
    halves v = {.whole = (uint128)value};
    if ((count & 64) != 0) {
        v.low = v.high >> (count & 63);
        v.high = 0;
    } else if (count != 0) {
        v.low = v.low >> count | v.high << (64 - count);
        v.high >>= count;
    }
    return (int128)v.whole;
}

RUNTIME int128 __ashrti3(int128 value, int count) {
    halves v = {.whole = (uint128)value};
    if ((count & 64) != 0) {
        v.low = (uint64_t)((int64_t)v.high >> (count & 63));
        v.high = (uint64_t)((int64_t)v.high >> 63);
    } else if (count != 0) {
        v.low = v.low >> count | v.high << (64 - count);
        v.high = (uint64_t)((int64_t)v.high >> count);
    }
    return (int128)v.whole;
}

RUNTIME int128 __negti2(int128 value) {
    return (int128)-(uint128)value;
}

RUNTIME int __clzsi2(uint32_t value) {
    return leading_zeros(value) - 32;
}

RUNTIME int __clzdi2(uint64_t value) {
    return leading_zeros(value);
}

RUNTIME int __clzti2(int128 value) {
    halves v = {.whole = (uint128)value};
    return v.high != 0 ? leading_zeros(v.high) : 64 + leading_zeros(v.low);
}

RUNTIME int __ctzdi2(uint64_t value) {
    return 63 - leading_zeros(value & -value);
}

RUNTIME int __ctzsi2(uint32_t value) {
    return __ctzdi2(value);
}

RUNTIME int __ctzti2(int128 value) {
    halves v = {.whole = (uint128)value};
    return v.low != 0 ? __ctzdi2(v.low) : 64 + __ctzdi2(v.high);
}

RUNTIME int __ffsdi2(uint64_t value) {
    return value == 0 ? 0 : __ctzdi2(value) + 1;
}

RUNTIME int __ffssi2(uint32_t value) {
    return __ffsdi2(value);
}

RUNTIME int __ffsti2(int128 value) {
    return value == 0 ? 0 : __ctzti2(value) + 1;
}

/* Adds neighbouring fields of 1, 2, 4 bits, and then all octets by a multiplication. */
RUNTIME int __popcountdi2(uint64_t value) {
    value -= value >> 1 & UINT64_C(0x5555555555555555);
    value = (value & UINT64_C(0x3333333333333333)) + (value >> 2 & UINT64_C(0x3333333333333333));
    value = (value + (value >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (int)(value * UINT64_C(0x0101010101010101) >> 56);
}

RUNTIME int __popcountsi2(uint32_t value) {
    return __popcountdi2(value);
}

RUNTIME int __popcountti2(int128 value) {
    halves v = {.whole = (uint128)value};
    return __popcountdi2(v.low) + __popcountdi2(v.high);
}

RUNTIME int __paritydi2(uint64_t value) {
    return __popcountdi2(value) & 1;
}

RUNTIME int __paritysi2(uint32_t value) {
    return __popcountdi2(value) & 1;
}

/* By loops, which compilers do not take for the operation that they call this function for. */
RUNTIME uint64_t __bswapdi2(uint64_t value) {
    uint64_t reversed = 0;
    for (int octet = 0; octet < 8; octet++) {
        reversed = reversed << 8 | (value & 255);
        value >>= 8;
    }
    return reversed;
}

RUNTIME uint32_t __bswapsi2(uint32_t value) {
    return (uint32_t)(__bswapdi2(value) >> 32);
}
