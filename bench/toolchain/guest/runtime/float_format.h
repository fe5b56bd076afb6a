/*
 * IEEE 754 arithmetic on one binary format in integer registers, rounding to nearest even. Internal to the runtime.
 * double.c, single.c and quad.c include this with
 *   FLOAT, WORD, SIGNED_WORD  the type, and unsigned and signed integers of its size
 *   WORD_BITS, FRACTION_BITS  their bits, and those of the fraction
 *   NAME(stem)                the compilers' name of an operation, from its stem
 *
 * Significands are worked on with their leading one at bit WORD_BITS - 2 and an exponent as it is stored; the bits
 * below the fraction are for rounding, the lowest of them stands for whatever was shifted out ("sticky"). Results that
 * are not a number are one quiet NaN, whatever the operands were, as on RISC-V. No exceptions are recorded.
 */
#include "octets.h"
#include "wide.h"

#define EXTRA_BITS (WORD_BITS - 2 - FRACTION_BITS)
#define EXPONENT_MASK ((1 << (WORD_BITS - 1 - FRACTION_BITS)) - 1)
#define BIAS (EXPONENT_MASK >> 1)
#define SIGN ((WORD)1 << (WORD_BITS - 1))
#define IMPLICIT ((WORD)1 << FRACTION_BITS)
#define INFINITE ((WORD)EXPONENT_MASK << FRACTION_BITS)
#define QUIET_NAN (INFINITE | (IMPLICIT >> 1))

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

static inline WORD bits_of(FLOAT value) {
    union {
        FLOAT value;
        WORD bits;
    } both = {.value = value};
    return both.bits;
}

static inline FLOAT float_of(WORD bits) {
    union {
        WORD bits;
        FLOAT value;
    } both = {.bits = bits};
    return both.value;
}

#if WORD_BITS == 128
/* What an integer of 64 bits that is not one becomes has more bits than such an integer. */
#define MAGNITUDE uint128

static inline int leading_zeros(WORD value) {
    uint64_t high = (uint64_t)(value >> 64);
    return high != 0 ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)value);
}

/* The upper word of a product; the lower one besides. */
static inline WORD multiply(WORD left, WORD right, WORD *low) {
    uint64_t a = (uint64_t)(left >> 64), b = (uint64_t)left, c = (uint64_t)(right >> 64), d = (uint64_t)right;
    WORD bottom = (WORD)b * d;
    WORD middle = (WORD)a * d + (uint64_t)(bottom >> 64);
    WORD other = (WORD)b * c + (uint64_t)middle;
    *low = other << 64 | (uint64_t)bottom;
    return (WORD)a * c + (middle >> 64) + (other >> 64);
}

/* The quotient of `high` with a word of zeros behind it, which is below the divisor: bit by bit. */
static inline WORD divide(WORD high, WORD divisor, WORD *remainder) {
    WORD quotient = 0;
    for (int bit = 0; bit < WORD_BITS; bit++) {
        int carry = (high & SIGN) != 0;
        high <<= 1;
        quotient <<= 1;
        if (carry || high >= divisor) {
            high -= divisor;
            quotient |= 1;
        }
    }
    *remainder = high;
    return quotient;
}
#else
#define MAGNITUDE uint64_t

static inline int leading_zeros(WORD value) {
    return WORD_BITS == 64 ? __builtin_clzll(value) : __builtin_clz((unsigned)value);
}

#if WORD_BITS == 64
static inline WORD multiply(WORD left, WORD right, WORD *low) {
    uint128 product = (uint128)left * right;
    *low = (WORD)product;
    return (WORD)(product >> 64);
}

static inline WORD divide(WORD high, WORD divisor, WORD *remainder) {
    return divide_wide(high, 0, divisor, remainder);
}
#else
static inline WORD multiply(WORD left, WORD right, WORD *low) {
    uint64_t product = (uint64_t)left * right;
    *low = (WORD)product;
    return (WORD)(product >> WORD_BITS);
}

static inline WORD divide(WORD high, WORD divisor, WORD *remainder) {
    *remainder = (WORD)(((uint64_t)high << WORD_BITS) % divisor);
    return (WORD)(((uint64_t)high << WORD_BITS) / divisor);
}
#endif
#endif

static inline int exponent_of(WORD bits) {
    return (int)(bits >> FRACTION_BITS) & EXPONENT_MASK;
}

/* A shift to the right that keeps in the lowest bit whether ones were lost. */
static inline WORD shift_sticky(WORD value, int count) {
    if (count == 0) {
        return value;
    }
    if (count >= WORD_BITS) {
        return value != 0;
    }
    return value >> count | (WORD)((WORD)(value << (WORD_BITS - count)) != 0);
}

/* Rounds and packs. The significand is below 2^(WORD_BITS - 1); if its leading one is missing, the exponent is <= 1. */
static inline FLOAT round_to_float(WORD sign, int exponent, WORD significand) {
    if (exponent >= EXPONENT_MASK) {
        return float_of(sign | INFINITE);
    }
    if (exponent < 1) {
        significand = shift_sticky(significand, 1 - exponent);
        exponent = 1;
    }
    WORD lost = significand & (((WORD)1 << EXTRA_BITS) - 1);
    WORD half = (WORD)1 << (EXTRA_BITS - 1);
    significand >>= EXTRA_BITS;
    significand += lost > half || (lost == half && (significand & 1) != 0);
    /* The leading one adds 1 to the exponent field; so does a carry out of the rounding, up to infinity. */
    return float_of(sign | (WORD)(((WORD)(exponent - 1) << FRACTION_BITS) + significand));
}

/* The same for a significand that is not zero and has its leading one anywhere below the top bit. */
static inline FLOAT normalize_to_float(WORD sign, int exponent, WORD significand) {
    int shift = leading_zeros(significand) - 1;
    return round_to_float(sign, exponent - shift, (WORD)(significand << shift));
}

static inline FLOAT add(WORD a, WORD b) {
    if ((WORD)(a << 1) < (WORD)(b << 1)) {
        WORD swapped = a;
        a = b;
        b = swapped;
    }
    WORD sign = a & SIGN;
    int exponent = exponent_of(a);
    int lesser = exponent_of(b);
    if (exponent == EXPONENT_MASK) {
        int both = lesser == EXPONENT_MASK && ((a ^ b) & SIGN) != 0;
        return float_of((a & ~SIGN) > INFINITE || both ? QUIET_NAN : a);
    }
    WORD left = a & (IMPLICIT - 1);
    WORD right = b & (IMPLICIT - 1);
    if (exponent == 0) {
        exponent = 1;
    } else {
        left |= IMPLICIT;
    }
    if (lesser == 0) {
        lesser = 1;
    } else {
        right |= IMPLICIT;
    }
    left = (WORD)(left << EXTRA_BITS);
    right = shift_sticky((WORD)(right << EXTRA_BITS), exponent - lesser);
    if (((a ^ b) & SIGN) == 0) {
        WORD sum = left + right;
        if (sum >> (WORD_BITS - 1) != 0) {
            sum = sum >> 1 | (sum & 1);
            exponent++;
        }
        return round_to_float(sign, exponent, sum);
    }
    WORD difference = left - right;
    return difference == 0 ? float_of(0) : normalize_to_float(sign, exponent, difference);
}

/* The significand with its leading one at FRACTION_BITS, and the exponent that goes with it; for numbers but zero. */
static inline WORD unpack(WORD bits, int *exponent) {
    WORD fraction = bits & (IMPLICIT - 1);
    *exponent = exponent_of(bits);
    if (*exponent != 0) {
        return fraction | IMPLICIT;
    }
    int shift = leading_zeros(fraction) - (WORD_BITS - 1 - FRACTION_BITS);
    *exponent = 1 - shift;
    return (WORD)(fraction << shift);
}

FLOAT NAME(add, 3)(FLOAT left, FLOAT right);
FLOAT NAME(sub, 3)(FLOAT left, FLOAT right);
FLOAT NAME(mul, 3)(FLOAT left, FLOAT right);
FLOAT NAME(div, 3)(FLOAT left, FLOAT right);
FLOAT NAME(neg, 2)(FLOAT value);
int NAME(eq, 2)(FLOAT left, FLOAT right);
int NAME(ne, 2)(FLOAT left, FLOAT right);
int NAME(lt, 2)(FLOAT left, FLOAT right);
int NAME(le, 2)(FLOAT left, FLOAT right);
int NAME(gt, 2)(FLOAT left, FLOAT right);
int NAME(ge, 2)(FLOAT left, FLOAT right);
int NAME(unord, 2)(FLOAT left, FLOAT right);
int32_t NAME(fix, si)(FLOAT value);
int64_t NAME(fix, di)(FLOAT value);
int128 NAME(fix, ti)(FLOAT value);
uint32_t NAME(fixuns, si)(FLOAT value);
uint64_t NAME(fixuns, di)(FLOAT value);
uint128 NAME(fixuns, ti)(FLOAT value);
FLOAT NAME_FROM(float, si)(int32_t value);
FLOAT NAME_FROM(float, di)(int64_t value);
FLOAT NAME_FROM(float, ti)(int128 value);
FLOAT NAME_FROM(floatun, si)(uint32_t value);
FLOAT NAME_FROM(floatun, di)(uint64_t value);
FLOAT NAME_FROM(floatun, ti)(uint128 value);

RUNTIME FLOAT NAME(add, 3)(FLOAT left, FLOAT right) {
    return add(bits_of(left), bits_of(right));
}

RUNTIME FLOAT NAME(sub, 3)(FLOAT left, FLOAT right) {
    return add(bits_of(left), bits_of(right) ^ SIGN);
}

RUNTIME FLOAT NAME(neg, 2)(FLOAT value) {
    return float_of(bits_of(value) ^ SIGN);
}

RUNTIME FLOAT NAME(mul, 3)(FLOAT left, FLOAT right) {
    WORD a = bits_of(left);
    WORD b = bits_of(right);
    WORD sign = (a ^ b) & SIGN;
    a &= ~SIGN;
    b &= ~SIGN;
    if (a >= INFINITE || b >= INFINITE) {
        int invalid = a > INFINITE || b > INFINITE || a == 0 || b == 0;
        return float_of(invalid ? QUIET_NAN : sign | INFINITE);
    }
    if (a == 0 || b == 0) {
        return float_of(sign);
    }
    int first;
    int second;
    a = (WORD)(unpack(a, &first) << EXTRA_BITS);
    b = (WORD)(unpack(b, &second) << (EXTRA_BITS + 1));
    WORD low;
    WORD high = multiply(a, b, &low);
    int exponent = first + second - BIAS + 1;
    if (high >> (WORD_BITS - 2) == 0) {
        high = (WORD)(high << 1) | low >> (WORD_BITS - 1);
        low = (WORD)(low << 1);
        exponent--;
    }
    return round_to_float(sign, exponent, high | (low != 0));
}

RUNTIME FLOAT NAME(div, 3)(FLOAT left, FLOAT right) {
    WORD a = bits_of(left);
    WORD b = bits_of(right);
    WORD sign = (a ^ b) & SIGN;
    a &= ~SIGN;
    b &= ~SIGN;
    if (a > INFINITE || b > INFINITE || (a == b && (a == 0 || a == INFINITE))) {
        return float_of(QUIET_NAN);
    }
    if (a == INFINITE || b == 0) {
        return float_of(sign | INFINITE);
    }
    if (b == INFINITE || a == 0) {
        return float_of(sign);
    }
    int first;
    int second;
    a = (WORD)(unpack(a, &first) << EXTRA_BITS);
    b = (WORD)(unpack(b, &second) << (EXTRA_BITS + 1));
    /* a < b as integers, so this quotient fits; it is at least 2^(WORD_BITS - 2). */
    WORD remainder;
    WORD quotient = divide(a, b, &remainder);
    int exponent = first - second + BIAS;
    if (quotient >> (WORD_BITS - 1) != 0) {
        quotient = quotient >> 1 | (quotient & 1);
    } else {
        exponent--;
    }
    return round_to_float(sign, exponent, quotient | (remainder != 0));
}

static inline int is_nan(WORD bits) {
    return (bits & ~SIGN) > INFINITE;
}

/* -1, 0 or 1; `unordered` when one is not a number. */
static inline int compare(FLOAT left, FLOAT right, int unordered) {
    WORD a = bits_of(left);
    WORD b = bits_of(right);
    if (is_nan(a) || is_nan(b)) {
        return unordered;
    }
    if (a == b || ((a | b) & ~SIGN) == 0) {
        return 0;
    }
    /* As integers of sign and magnitude; two negative ones are ordered the other way round. */
    if ((a & b & SIGN) != 0) {
        return a > b ? -1 : 1;
    }
    return (SIGNED_WORD)a < (SIGNED_WORD)b ? -1 : 1;
}

RUNTIME int NAME(eq, 2)(FLOAT left, FLOAT right) {
    return compare(left, right, 1);
}

RUNTIME int NAME(ne, 2)(FLOAT left, FLOAT right) {
    return compare(left, right, 1);
}

RUNTIME int NAME(lt, 2)(FLOAT left, FLOAT right) {
    return compare(left, right, 1);
}

RUNTIME int NAME(le, 2)(FLOAT left, FLOAT right) {
    return compare(left, right, 1);
}

RUNTIME int NAME(gt, 2)(FLOAT left, FLOAT right) {
    return compare(left, right, -1);
}

RUNTIME int NAME(ge, 2)(FLOAT left, FLOAT right) {
    return compare(left, right, -1);
}

RUNTIME int NAME(unord, 2)(FLOAT left, FLOAT right) {
    return is_nan(bits_of(left)) || is_nan(bits_of(right));
}

/*
 * To integers, toward zero. What does not fit becomes the nearest integer that does, and no number the greatest one, as
 * the instructions of RISC-V have it; C leaves both open.
 */
static inline uint64_t magnitude(WORD bits, uint64_t greatest) {
    int exponent = exponent_of(bits) - BIAS;
    if (exponent < 0) {
        return 0;
    }
    if (exponent >= 64) {
        return greatest;
    }
    MAGNITUDE significand = (bits & (IMPLICIT - 1)) | IMPLICIT;
    MAGNITUDE value = exponent < FRACTION_BITS ? significand >> (FRACTION_BITS - exponent)
                                              : significand << (exponent - FRACTION_BITS);
    return value > greatest ? greatest : (uint64_t)value;
}

static inline int64_t to_signed(WORD bits, int64_t greatest) {
    if ((bits & SIGN) == 0 || is_nan(bits)) {
        return (int64_t)magnitude(bits, (uint64_t)greatest);
    }
    return (int64_t)(0 - magnitude(bits, (uint64_t)greatest + 1));
}

static inline uint64_t to_unsigned(WORD bits, uint64_t greatest) {
    return (bits & SIGN) == 0 || is_nan(bits) ? magnitude(bits, greatest) : 0;
}

RUNTIME int32_t NAME(fix, si)(FLOAT value) {
    return (int32_t)to_signed(bits_of(value), INT32_MAX);
}

RUNTIME int64_t NAME(fix, di)(FLOAT value) {
    return to_signed(bits_of(value), INT64_MAX);
}

RUNTIME uint32_t NAME(fixuns, si)(FLOAT value) {
    return (uint32_t)to_unsigned(bits_of(value), UINT32_MAX);
}

RUNTIME uint64_t NAME(fixuns, di)(FLOAT value) {
    return to_unsigned(bits_of(value), UINT64_MAX);
}

static inline uint128 wide_magnitude(WORD bits, uint128 greatest) {
    int exponent = exponent_of(bits) - BIAS;
    if (exponent < 64) {
        return magnitude(bits, UINT64_MAX);
    }
    if (exponent >= 128) {
        return greatest;
    }
    uint128 significand = (bits & (IMPLICIT - 1)) | IMPLICIT;
    uint128 value = exponent < FRACTION_BITS ? significand >> (FRACTION_BITS - exponent)
                                             : significand << (exponent - FRACTION_BITS);
    return value > greatest ? greatest : value;
}

RUNTIME int128 NAME(fix, ti)(FLOAT value) {
    WORD bits = bits_of(value);
    uint128 greatest = ~(uint128)0 >> 1;
    if ((bits & SIGN) == 0 || is_nan(bits)) {
        return (int128)wide_magnitude(bits, greatest);
    }
    return (int128)(0 - wide_magnitude(bits, greatest + 1));
}

RUNTIME uint128 NAME(fixuns, ti)(FLOAT value) {
    WORD bits = bits_of(value);
    return (bits & SIGN) == 0 || is_nan(bits) ? wide_magnitude(bits, ~(uint128)0) : 0;
}

/* From integers. */
static inline FLOAT from_magnitude(WORD sign, uint64_t value) {
    if (value == 0) {
        return float_of(sign);
    }
    /* The leading one to bit 62, and from there to WORD_BITS - 2. */
    int shift = __builtin_clzll(value) - 1;
    int exponent = BIAS + 62 - shift;
#if WORD_BITS == 128
    if (shift < 0) {
        return round_to_float(sign, exponent, (WORD)value << 63);
    }
#endif
    value = shift < 0 ? value >> 1 | (value & 1) : value << shift;
#if WORD_BITS == 128
    return round_to_float(sign, exponent, (WORD)value << 64);
#else
#if WORD_BITS == 32
    value = value >> 32 | ((value & UINT32_MAX) != 0);
#endif
    return round_to_float(sign, exponent, (WORD)value);
#endif
}

static inline FLOAT from_wide_magnitude(WORD sign, uint128 value) {
    uint64_t high = (uint64_t)(value >> 64);
    if (high == 0) {
        return from_magnitude(sign, (uint64_t)value);
    }
    int shift = __builtin_clzll(high);
    value <<= shift;
#if WORD_BITS == 128
    return round_to_float(sign, BIAS + 127 - shift, value >> 1 | (value & 1));
#else
    uint64_t top = (uint64_t)(value >> 64) >> 1 | ((uint64_t)(value >> 64) & 1) | ((uint64_t)value != 0);
#if WORD_BITS == 32
    top = top >> 32 | ((top & UINT32_MAX) != 0);
#endif
    return round_to_float(sign, BIAS + 127 - shift, (WORD)top);
#endif
}

RUNTIME FLOAT NAME_FROM(float, si)(int32_t value) {
    return NAME_FROM(float, di)(value);
}

RUNTIME FLOAT NAME_FROM(float, di)(int64_t value) {
    return from_magnitude(value < 0 ? SIGN : 0, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

RUNTIME FLOAT NAME_FROM(float, ti)(int128 value) {
    return from_wide_magnitude(value < 0 ? SIGN : 0, value < 0 ? 0 - (uint128)value : (uint128)value);
}

RUNTIME FLOAT NAME_FROM(floatun, si)(uint32_t value) {
    return from_magnitude(0, value);
}

RUNTIME FLOAT NAME_FROM(floatun, di)(uint64_t value) {
    return from_magnitude(0, value);
}

RUNTIME FLOAT NAME_FROM(floatun, ti)(uint128 value) {
    return from_wide_magnitude(0, value);
}
