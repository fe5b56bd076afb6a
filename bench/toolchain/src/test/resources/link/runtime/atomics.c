/* Atomic operations, called by their names: on the object, what is read before, and what is written. */
#include "family.h"

typedef uint8_t u8;
typedef int8_t i8;
typedef int16_t i16;

/* Under another name here: the compilers have built-in functions of these names and other types. */
#define OWN(name) CONCAT(own, name)
#define DECLARE(type, name, ...) EITHER(type OWN(name)(__VA_ARGS__) __asm__(#name), )

/* The object in the middle of others, which must stay. */
typedef struct {
    u64 before;
    value object;
    u64 after;
} surrounded;

/* What an operation leaves, and what it returns. */
static u64 outcome(const surrounded *place, u128 returned) {
    u64 digest = place->before * 3 + place->after * 5;
    digest = (digest ^ place->object.words[0]) * UINT64_C(0x9e3779b97f4a7c15);
    digest = (digest ^ digest >> 29 ^ place->object.words[1]) * UINT64_C(0x9e3779b97f4a7c15);
    digest = (digest ^ digest >> 29 ^ (u64)returned) * UINT64_C(0x9e3779b97f4a7c15);
    return (digest ^ digest >> 29 ^ (u64)(returned >> 64)) * UINT64_C(0x9e3779b97f4a7c15);
}

/* The object has x[0], the operand is x[1], what is expected of the object x[2]. */
#define PLACE surrounded place = {1, x[0], 2}
#define OBJECT(type) (*(type *)&place.object)
#define OPERAND(type) ((type)x[1].u128)

#define ATOMIC(name, declaration, guest, native)                                                                       \
    FUNCTION(name, declaration, u64,                                                                                   \
             __extension__({                                                                                           \
                 PLACE;                                                                                                \
                 u128 returned = guest;                                                                                \
                 outcome(&place, returned);                                                                            \
             }),                                                                                                       \
             __extension__({                                                                                           \
                 PLACE;                                                                                                \
                 u128 returned = native;                                                                               \
                 outcome(&place, returned);                                                                            \
             }))

/* An operation that returns what was there, and one that returns what is there then. */
#define OLD(type, expression)                                                                                          \
    __extension__({                                                                                                    \
        type old = OBJECT(type);                                                                                       \
        OBJECT(type) = (type)(expression);                                                                             \
        old;                                                                                                           \
    })
#define NEW(type, expression)                                                                                          \
    __extension__({                                                                                                    \
        type old = OBJECT(type);                                                                                       \
        OBJECT(type) = (type)(expression);                                                                             \
    })
#define FETCH(size, type, operation, expression)                                                                       \
    ATOMIC(__atomic_fetch_##operation##_##size,                                                                        \
           DECLARE(type, __atomic_fetch_##operation##_##size, void *, type, int),                                      \
           OWN(__atomic_fetch_##operation##_##size)(&place.object, OPERAND(type), 5), OLD(type, expression))           \
    ATOMIC(__atomic_##operation##_fetch_##size,                                                                        \
           DECLARE(type, __atomic_##operation##_fetch_##size, void *, type, int),                                      \
           OWN(__atomic_##operation##_fetch_##size)(&place.object, OPERAND(type), 5), NEW(type, expression))           \
    ATOMIC(__sync_fetch_and_##operation##_##size,                                                                      \
           DECLARE(type, __sync_fetch_and_##operation##_##size, void *, type),                                         \
           OWN(__sync_fetch_and_##operation##_##size)(&place.object, OPERAND(type)), OLD(type, expression))            \
    ATOMIC(__sync_##operation##_and_fetch_##size,                                                                      \
           DECLARE(type, __sync_##operation##_and_fetch_##size, void *, type),                                         \
           OWN(__sync_##operation##_and_fetch_##size)(&place.object, OPERAND(type)), NEW(type, expression))
#define EXTREME(size, type, kind, operation, better)                                                                   \
    ATOMIC(__sync_fetch_and_##operation##_##size, DECLARE(type, __sync_fetch_and_##operation##_##size, void *, type),  \
           OWN(__sync_fetch_and_##operation##_##size)(&place.object, OPERAND(type)),                                   \
           OLD(type, (kind)OPERAND(type) better (kind)old ? OPERAND(type) : old))

/* What was there; where that was expected, the operand is there then. */
#define SWAPPED(type)                                                                                                  \
    OLD(type, old == (type)x[2].u128 ? OPERAND(type) : old)

#define OF_SIZE(size, type, kind)                                                                                      \
    ATOMIC(__atomic_load_##size, DECLARE(type, __atomic_load_##size, const void *, int),                               \
           OWN(__atomic_load_##size)(&place.object, 5), OBJECT(type))                                                  \
    ATOMIC(__atomic_store_##size, DECLARE(void, __atomic_store_##size, void *, type, int),                             \
           (OWN(__atomic_store_##size)(&place.object, OPERAND(type), 5), 0), (OBJECT(type) = OPERAND(type), 0))        \
    ATOMIC(__atomic_exchange_##size, DECLARE(type, __atomic_exchange_##size, void *, type, int),                       \
           OWN(__atomic_exchange_##size)(&place.object, OPERAND(type), 5), OLD(type, OPERAND(type)))                   \
    ATOMIC(__atomic_compare_exchange_##size,                                                                           \
           DECLARE(_Bool, __atomic_compare_exchange_##size, void *, void *, type, int, int), __extension__({           \
               value expected = x[2];                                                                                  \
               u128 equal = OWN(__atomic_compare_exchange_##size)(&place.object, &expected, OPERAND(type), 5, 5);      \
               expected.u128 * 2 + equal;                                                                              \
           }),                                                                                                         \
           __extension__({                                                                                             \
               value expected = x[2];                                                                                  \
               type old = SWAPPED(type);                                                                               \
               u128 equal = old == *(type *)&expected;                                                                 \
               *(type *)&expected = old;                                                                               \
               expected.u128 * 2 + equal;                                                                              \
           }))                                                                                                         \
    ATOMIC(__sync_val_compare_and_swap_##size,                                                                         \
           DECLARE(type, __sync_val_compare_and_swap_##size, void *, type, type),                                      \
           OWN(__sync_val_compare_and_swap_##size)(&place.object, (type)x[2].u128, OPERAND(type)), SWAPPED(type))      \
    ATOMIC(__sync_bool_compare_and_swap_##size,                                                                        \
           DECLARE(_Bool, __sync_bool_compare_and_swap_##size, void *, type, type),                                    \
           OWN(__sync_bool_compare_and_swap_##size)(&place.object, (type)x[2].u128, OPERAND(type)),                    \
           SWAPPED(type) == (type)x[2].u128)                                                                           \
    ATOMIC(__sync_lock_test_and_set_##size, DECLARE(type, __sync_lock_test_and_set_##size, void *, type),              \
           OWN(__sync_lock_test_and_set_##size)(&place.object, OPERAND(type)), OLD(type, OPERAND(type)))               \
    ATOMIC(__sync_lock_release_##size, DECLARE(void, __sync_lock_release_##size, void *),                              \
           (OWN(__sync_lock_release_##size)(&place.object), 0), (OBJECT(type) = 0, 0))                                 \
    FETCH(size, type, add, old + OPERAND(type))                                                                        \
    FETCH(size, type, sub, old - OPERAND(type))                                                                        \
    FETCH(size, type, and, old & OPERAND(type))                                                                        \
    FETCH(size, type, or, old | OPERAND(type))                                                                         \
    FETCH(size, type, xor, old ^ OPERAND(type))                                                                        \
    FETCH(size, type, nand, ~(old & OPERAND(type)))                                                                    \
    EXTREME(size, type, kind, max, >)                                                                                  \
    EXTREME(size, type, kind, min, <)                                                                                  \
    EXTREME(size, type, type, umax, >)                                                                                 \
    EXTREME(size, type, type, umin, <)

/* Objects of any size, up to that of a value. */
#define LENGTH (size_t)(x[3].u64 % 17)

static u128 copied(value *to, const value *from, size_t length, u128 result) {
    for (size_t i = 0; i < length; i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
    return result;
}

/* Whether the first octets are alike. */
static int alike(const value *left, const value *right, size_t length) {
    size_t i = 0;
    while (i < length && ((const uint8_t *)left)[i] == ((const uint8_t *)right)[i]) {
        i++;
    }
    return i == length;
}

static const char *atomic(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        OF_SIZE(1, u8, i8)
        OF_SIZE(2, u16, i16)
        OF_SIZE(4, u32, i32)
        OF_SIZE(8, u64, i64)
        OF_SIZE(16, u128, i128)
        ATOMIC(__atomic_load, DECLARE(void, __atomic_load, size_t, const void *, void *, int), __extension__({
                   value read = x[1];
                   OWN(__atomic_load)(LENGTH, &place.object, &read, 5);
                   read.u128;
               }),
               __extension__({
                   value read = x[1];
                   copied(&read, &place.object, LENGTH, 0);
                   read.u128;
               }))
        ATOMIC(__atomic_store, DECLARE(void, __atomic_store, size_t, void *, const void *, int),
               (OWN(__atomic_store)(LENGTH, &place.object, &x[1], 5), 0), copied(&place.object, &x[1], LENGTH, 0))
        ATOMIC(__atomic_exchange, DECLARE(void, __atomic_exchange, size_t, void *, const void *, void *, int),
               __extension__({
                   value old = x[2];
                   OWN(__atomic_exchange)(LENGTH, &place.object, &x[1], &old, 5);
                   old.u128;
               }),
               __extension__({
                   value old = x[2];
                   copied(&old, &place.object, LENGTH, 0);
                   copied(&place.object, &x[1], LENGTH, old.u128);
               }))
        ATOMIC(__atomic_compare_exchange,
               DECLARE(_Bool, __atomic_compare_exchange, size_t, void *, void *, const void *, int, int),
               __extension__({
                   value expected = x[2];
                   u128 equal = OWN(__atomic_compare_exchange)(LENGTH, &place.object, &expected, &x[1], 5, 5);
                   expected.u128 * 2 + equal;
               }),
               __extension__({
                   value expected = x[2];
                   u128 equal = alike(&place.object, &expected, LENGTH);
                   equal ? copied(&place.object, &x[1], LENGTH, 0) : copied(&expected, &place.object, LENGTH, 0);
                   expected.u128 * 2 + equal;
               }))
        ATOMIC(__atomic_test_and_set, DECLARE(_Bool, __atomic_test_and_set, void *, int),
               OWN(__atomic_test_and_set)(&place.object, 5), OLD(u8, 1) != 0)
        ATOMIC(__atomic_is_lock_free, DECLARE(_Bool, __atomic_is_lock_free, size_t, const void *),
               OWN(__atomic_is_lock_free)(LENGTH * 2, &place.object), LENGTH <= 8)
        ATOMIC(__sync_synchronize, DECLARE(void, __sync_synchronize, void), (OWN(__sync_synchronize)(), 0), 0)
        default: return NULL;
    }
}

static const u64 WORDS[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
    INT64_MAX, (u64)INT64_MAX + 1, UINT64_MAX};

/* What is expected is there in every second case. */
static void object_and_operand(u64 index, value *x) {
    if (index < COUNT(WORDS) * COUNT(WORDS)) {
        x[0].u128 = wide(WORDS[index % 5], WORDS[index % COUNT(WORDS)]);
        x[1].u128 = wide(WORDS[index % 7], WORDS[index / COUNT(WORDS)]);
    } else {
        x[0].u128 = wide(random_word(index, 0), random_word(index, 1));
        x[1].u128 = wide(random_word(index, 2), random_word(index, 3));
    }
    x[2] = x[index % 2];
    x[2].words[index / 2 % 2] += index % 3 == 0 ? (u64)1 << random_word(index, 4) % 64 : 0;
    x[3].u64 = random_word(index, 5);
}

const family atomics = {.name = "atomics", .apply = atomic, .operands = object_and_operand,
                        .edges = COUNT(WORDS) * COUNT(WORDS)};
