/*
 * Atomic operations as compilers call them where there is no instruction for them. A guest has one thread, so that an
 * operation is atomic by itself.
 */
#include <string.h>

#include "octets.h"

__extension__ typedef unsigned __int128 uint128;

/* Under another name here than for the linker: the compilers have built-in functions of these names and other types. */
#define FUNCTION(type, name, ...)                                                                                      \
    type own##name(__VA_ARGS__) __asm__(#name);                                                                        \
    RUNTIME type own##name(__VA_ARGS__)

#define FETCH(size, type, operation, expression)                                                                       \
    FUNCTION(type, __atomic_fetch_##operation##_##size, volatile void *object, type value, int order) {                \
        (void)order;                                                                                                   \
        volatile type *place = object;                                                                                 \
        type old = *place;                                                                                             \
        *place = (type)(expression);                                                                                   \
        return old;                                                                                                    \
    }                                                                                                                  \
    FUNCTION(type, __atomic_##operation##_fetch_##size, volatile void *object, type value, int order) {                \
        (void)order;                                                                                                   \
        volatile type *place = object;                                                                                 \
        type old = *place;                                                                                             \
        return *place = (type)(expression);                                                                            \
    }                                                                                                                  \
    FUNCTION(type, __sync_fetch_and_##operation##_##size, volatile void *object, type value) {                         \
        return own__atomic_fetch_##operation##_##size(object, value, 0);                                                  \
    }                                                                                                                  \
    FUNCTION(type, __sync_##operation##_and_fetch_##size, volatile void *object, type value) {                         \
        return own__atomic_##operation##_fetch_##size(object, value, 0);                                                  \
    }

#define EXTREME(size, type, kind, operation, better)                                                                   \
    FUNCTION(type, __sync_fetch_and_##operation##_##size, volatile void *object, type value) {                         \
        volatile type *place = object;                                                                                 \
        type old = *place;                                                                                             \
        if ((kind)value better (kind) old) {                                                                           \
            *place = value;                                                                                            \
        }                                                                                                              \
        return old;                                                                                                    \
    }

#define ATOMIC(size, type, kind)                                                                                       \
    FUNCTION(type, __atomic_load_##size, const volatile void *object, int order) {                                     \
        (void)order;                                                                                                   \
        return *(const volatile type *)object;                                                                         \
    }                                                                                                                  \
    FUNCTION(void, __atomic_store_##size, volatile void *object, type value, int order) {                              \
        (void)order;                                                                                                   \
        *(volatile type *)object = value;                                                                              \
    }                                                                                                                  \
    FUNCTION(type, __atomic_exchange_##size, volatile void *object, type value, int order) {                           \
        (void)order;                                                                                                   \
        volatile type *place = object;                                                                                 \
        type old = *place;                                                                                             \
        *place = value;                                                                                                \
        return old;                                                                                                    \
    }                                                                                                                  \
    FUNCTION(_Bool, __atomic_compare_exchange_##size, volatile void *object, void *expected, type value, int success,  \
             int failure) {                                                                                            \
        (void)success, (void)failure;                                                                                  \
        volatile type *place = object;                                                                                 \
        type old = *place;                                                                                             \
        _Bool equal = old == *(type *)expected;                                                                        \
        if (equal) {                                                                                                   \
            *place = value;                                                                                            \
        } else {                                                                                                       \
            *(type *)expected = old;                                                                                   \
        }                                                                                                              \
        return equal;                                                                                                  \
    }                                                                                                                  \
    FUNCTION(type, __sync_val_compare_and_swap_##size, volatile void *object, type expected, type value) {             \
        own__atomic_compare_exchange_##size(object, &expected, value, 0, 0);                                              \
        return expected;                                                                                               \
    }                                                                                                                  \
    FUNCTION(_Bool, __sync_bool_compare_and_swap_##size, volatile void *object, type expected, type value) {           \
        return own__atomic_compare_exchange_##size(object, &expected, value, 0, 0);                                       \
    }                                                                                                                  \
    FUNCTION(type, __sync_lock_test_and_set_##size, volatile void *object, type value) {                               \
        return own__atomic_exchange_##size(object, value, 0);                                                             \
    }                                                                                                                  \
    FUNCTION(void, __sync_lock_release_##size, volatile void *object) {                                                \
        *(volatile type *)object = 0;                                                                                  \
    }                                                                                                                  \
    FETCH(size, type, add, old + value)                                                                                \
    FETCH(size, type, sub, old - value)                                                                                \
    FETCH(size, type, and, old & value)                                                                                \
    FETCH(size, type, or, old | value)                                                                                 \
    FETCH(size, type, xor, old ^ value)                                                                                \
    FETCH(size, type, nand, ~(old & value))                                                                            \
    EXTREME(size, type, kind, max, >)                                                                                  \
    EXTREME(size, type, kind, min, <)                                                                                  \
    EXTREME(size, type, type, umax, >)                                                                                 \
    EXTREME(size, type, type, umin, <)

ATOMIC(1, uint8_t, int8_t)
ATOMIC(2, uint16_t, int16_t)
ATOMIC(4, uint32_t, int32_t)
ATOMIC(8, uint64_t, int64_t)
ATOMIC(16, uint128, __int128)

/* Objects of any size. */
FUNCTION(void, __atomic_load, size_t size, const void *object, void *value, int order) {
    (void)order;
    memcpy(value, object, size);
}

FUNCTION(void, __atomic_store, size_t size, void *object, const void *value, int order) {
    (void)order;
    memcpy(object, value, size);
}

FUNCTION(void, __atomic_exchange, size_t size, void *object, const void *value, void *old, int order) {
    (void)order;
    memcpy(old, object, size);
    memcpy(object, value, size);
}

FUNCTION(_Bool, __atomic_compare_exchange, size_t size, void *object, void *expected, const void *value, int success,
         int failure) {
    (void)success, (void)failure;
    _Bool equal = memcmp(object, expected, size) == 0;
    memcpy(equal ? object : expected, equal ? value : object, size);
    return equal;
}

FUNCTION(_Bool, __atomic_is_lock_free, size_t size, const volatile void *object) {
    (void)object;
    return size <= 16;
}

FUNCTION(_Bool, __atomic_test_and_set, volatile void *object, int order) {
    return own__atomic_exchange_1(object, 1, order) != 0;
}

FUNCTION(void, __sync_synchronize, void) {}
