/*
 * Integer operations that compilers call by themselves: those that trap when the result does not fit (-ftrapv), those
 * that report it, and plain ones of 32 and 64 bits for targets that lack them. Their names are the compilers' own.
 */
#include "octets.h"

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/* A function with its declaration, which no header has. */
#define FUNCTION(type, name, ...)                                                                                      \
    type name(__VA_ARGS__);                                                                                            \
    RUNTIME type name(__VA_ARGS__)

#define CHECKED(suffix, count, type)                                                                                   \
    FUNCTION(type, __addv##suffix##3, type left, type right) {                                                         \
        type result;                                                                                                   \
        if (__builtin_add_overflow(left, right, &result)) {                                                            \
            __builtin_trap();                                                                                          \
        }                                                                                                              \
        return result;                                                                                                 \
    }                                                                                                                  \
    FUNCTION(type, __subv##suffix##3, type left, type right) {                                                         \
        type result;                                                                                                   \
        if (__builtin_sub_overflow(left, right, &result)) {                                                            \
            __builtin_trap();                                                                                          \
        }                                                                                                              \
        return result;                                                                                                 \
    }                                                                                                                  \
    FUNCTION(type, __mulv##suffix##3, type left, type right) {                                                         \
        int overflow;                                                                                                  \
        type result = __mulo##suffix##4(left, right, &overflow);                                                       \
        if (overflow != 0) {                                                                                           \
            __builtin_trap();                                                                                          \
        }                                                                                                              \
        return result;                                                                                                 \
    }                                                                                                                  \
    FUNCTION(type, __negv##suffix##2, type value) {                                                                    \
        return __subv##suffix##3(0, value);                                                                            \
    }                                                                                                                  \
    FUNCTION(type, __absv##suffix##2, type value) {                                                                    \
        return value < 0 ? __subv##suffix##3(0, value) : value;                                                        \
    }

FUNCTION(int32_t, __mulosi4, int32_t left, int32_t right, int *overflow) {
    int64_t product = (int64_t)left * right;
    *overflow = product != (int32_t)product;
    return (int32_t)product;
}

FUNCTION(int64_t, __mulodi4, int64_t left, int64_t right, int *overflow) {
    int128 product = (int128)left * right;
    *overflow = product != (int64_t)product;
    return (int64_t)product;
}

FUNCTION(int128, __muloti4, int128 left, int128 right, int *overflow) {
    uint128 a = left < 0 ? -(uint128)left : (uint128)left;
    uint128 b = right < 0 ? -(uint128)right : (uint128)right;
    uint128 limit = ((uint128)1 << 127) - ((left < 0) == (right < 0));
    *overflow = a != 0 && b > limit / a;
    return (int128)((uint128)left * (uint128)right);
}

CHECKED(si, 32, int32_t)
CHECKED(di, 64, int64_t)
CHECKED(ti, 128, int128)

/* 0, 1 or 2: less, equal, greater. */
#define COMPARISON(name, type)                                                                                         \
    FUNCTION(int, name, type left, type right) {                                                                       \
        return left < right ? 0 : left == right ? 1 : 2;                                                               \
    }
COMPARISON(__cmpdi2, int64_t)
COMPARISON(__cmpti2, int128)
COMPARISON(__ucmpdi2, uint64_t)
COMPARISON(__ucmpti2, uint128)

#define PLAIN(type, name, operator)                                                                                    \
    FUNCTION(type, name, type left, type right) {                                                                      \
        return left operator right;                                                                                    \
    }
PLAIN(int32_t, __divsi3, /)
PLAIN(int32_t, __modsi3, %)
PLAIN(uint32_t, __udivsi3, /)
PLAIN(uint32_t, __umodsi3, %)
PLAIN(uint32_t, __mulsi3, *)
PLAIN(int64_t, __divdi3, /)
PLAIN(int64_t, __moddi3, %)
PLAIN(uint64_t, __udivdi3, /)
PLAIN(uint64_t, __umoddi3, %)
PLAIN(uint64_t, __muldi3, *)

#define BOTH(type, name)                                                                                               \
    FUNCTION(type, name, type dividend, type divisor, type *remainder) {                                               \
        *remainder = dividend % divisor;                                                                               \
        return dividend / divisor;                                                                                     \
    }
BOTH(int32_t, __divmodsi4)
BOTH(uint32_t, __udivmodsi4)
BOTH(int64_t, __divmoddi4)

FUNCTION(uint64_t, __udivmoddi4, uint64_t dividend, uint64_t divisor, uint64_t *remainder) {
    if (remainder != 0) {
        *remainder = dividend % divisor;
    }
    return dividend / divisor;
}

FUNCTION(uint64_t, __ashldi3, uint64_t value, int count) {
    return value << count;
}

FUNCTION(uint64_t, __lshrdi3, uint64_t value, int count) {
    return value >> count;
}

FUNCTION(int64_t, __ashrdi3, int64_t value, int count) {
    return value >> count;
}

FUNCTION(uint64_t, __negdi2, uint64_t value) {
    return 0 - value;
}

/* Copies of the sign below it. */
FUNCTION(int, __clrsbdi2, int64_t value) {
    uint64_t bits = (uint64_t)(value ^ value >> 63);
    return bits == 0 ? 63 : __builtin_clzll(bits) - 1;
}

FUNCTION(int, __clrsbsi2, int32_t value) {
    return __clrsbdi2(value) - 32;
}

FUNCTION(int, __clrsbti2, int128 value) {
    uint128 bits = (uint128)(value ^ value >> 127);
    uint64_t high = (uint64_t)(bits >> 64);
    uint64_t low = (uint64_t)bits;
    return high != 0 ? __builtin_clzll(high) - 1 : low != 0 ? 63 + __builtin_clzll(low) : 127;
}

FUNCTION(int, __parityti2, int128 value) {
    return __builtin_popcountll((uint64_t)value ^ (uint64_t)((uint128)value >> 64)) & 1;
}

FUNCTION(int, ffs, int value) {
    return value == 0 ? 0 : __builtin_ctzl((uint64_t)value) + 1;
}

FUNCTION(int, ffsl, long value) {
    return value == 0 ? 0 : __builtin_ctzl((uint64_t)value) + 1;
}

FUNCTION(int, ffsll, long long value) {
    return value == 0 ? 0 : __builtin_ctzl((uint64_t)value) + 1;
}
