/* What compilers call in C++ programs, by its mangled names, and how programs end early. */
#include "family.h"

#include <stdlib.h>

#ifdef __PVM__
_Noreturn void __stack_chk_fail(void);
void __cxa_pure_virtual(void);
void __cxa_deleted_virtual(void);
void __cxa_throw_bad_array_new_length(void);
int __cxa_guard_acquire(u64 *guard);
void __cxa_guard_release(u64 *guard);
void __cxa_guard_abort(u64 *guard);
int __cxa_atexit(void (*destroy)(void *), void *object, void *library);
void *_Znwm(size_t), *_Znam(size_t);
void *_ZnwmRKSt9nothrow_t(size_t, const void *), *_ZnamRKSt9nothrow_t(size_t, const void *);
void *_ZnwmSt11align_val_t(size_t, size_t), *_ZnamSt11align_val_t(size_t, size_t);
void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t, size_t, const void *);
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t, size_t, const void *);
void _ZdlPv(void *), _ZdaPv(void *), _ZdlPvm(void *, size_t), _ZdaPvm(void *, size_t);
void _ZdlPvRKSt9nothrow_t(void *, const void *), _ZdaPvRKSt9nothrow_t(void *, const void *);
void _ZdlPvSt11align_val_t(void *, size_t), _ZdaPvSt11align_val_t(void *, size_t);
void _ZdlPvmSt11align_val_t(void *, size_t, size_t), _ZdaPvmSt11align_val_t(void *, size_t, size_t);
void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *, size_t, const void *);
void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *, size_t, const void *);
#endif

/* A size and an alignment, from the least to that of a page. */
static void size_and_alignment(u64 index, value *x) {
    static const u64 SIZES[] = {0, 1, 8, 15, 16, 17, 100, 4096, 10000};
    x[0].u64 = SIZES[index % COUNT(SIZES)];
    x[1].u64 = (u64)1 << index / COUNT(SIZES) % 13;
}

/* Several objects at once lie where they should and keep what is in them; then they are deleted, in another order. */
#define OBJECTS(create, delete_it, alignment)                                                                          \
    __extension__({                                                                                                    \
        u64 size = x[0].u64, sound = 0;                                                                                \
        uint8_t *objects[6];                                                                                           \
        for (u64 i = 0; i < COUNT(objects); i++) {                                                                     \
            objects[i] = create;                                                                                       \
            memset(objects[i], (int)i + 1, size);                                                                      \
        }                                                                                                              \
        for (u64 i = 0; i < COUNT(objects); i++) {                                                                     \
            uint8_t *object = objects[i * 5 % COUNT(objects)];                                                         \
            sound += (uintptr_t)object % alignment == 0;                                                               \
            sound += size == 0 || (object[0] == i * 5 % COUNT(objects) + 1 && object[size - 1] == object[0]);          \
            delete_it;                                                                                                 \
        }                                                                                                              \
        sound;                                                                                                         \
    })
#define ALL_SOUND 12

/* A new by some name, and the delete that goes with it. */
#define NEW(names, create, delete_it, alignment)                                                                       \
    FUNCTION(names, , u64, OBJECTS(create, delete_it, alignment), ALL_SOUND)

/* What would have to be more than there is, and what wraps to little when something is added. */
#define NO_MORE(names, create) FUNCTION(names, , u64, (create) == NULL, 1)

static const char *objects(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        NEW(_Znwm _ZdlPv, _Znwm(size), _ZdlPv(object), 16)
        NEW(_Znam _ZdaPv, _Znam(size), _ZdaPv(object), 16)
        NEW(_Znwm _ZdlPvm, _Znwm(size), _ZdlPvm(object, size), 16)
        NEW(_Znam _ZdaPvm, _Znam(size), _ZdaPvm(object, size), 16)
        NEW(_ZnwmRKSt9nothrow_t _ZdlPvRKSt9nothrow_t, _ZnwmRKSt9nothrow_t(size, ""), _ZdlPvRKSt9nothrow_t(object, ""),
            16)
        NEW(_ZnamRKSt9nothrow_t _ZdaPvRKSt9nothrow_t, _ZnamRKSt9nothrow_t(size, ""), _ZdaPvRKSt9nothrow_t(object, ""),
            16)
        NEW(_ZnwmSt11align_val_t _ZdlPvSt11align_val_t, _ZnwmSt11align_val_t(size, x[1].u64),
            _ZdlPvSt11align_val_t(object, x[1].u64), x[1].u64)
        NEW(_ZnamSt11align_val_t _ZdaPvSt11align_val_t, _ZnamSt11align_val_t(size, x[1].u64),
            _ZdaPvSt11align_val_t(object, x[1].u64), x[1].u64)
        NEW(_ZnwmSt11align_val_tRKSt9nothrow_t _ZdlPvmSt11align_val_t,
            _ZnwmSt11align_val_tRKSt9nothrow_t(size, x[1].u64, ""), _ZdlPvmSt11align_val_t(object, size, x[1].u64),
            x[1].u64)
        NEW(_ZnamSt11align_val_tRKSt9nothrow_t _ZdaPvmSt11align_val_t,
            _ZnamSt11align_val_tRKSt9nothrow_t(size, x[1].u64, ""), _ZdaPvmSt11align_val_t(object, size, x[1].u64),
            x[1].u64)
        NEW(_ZdlPvSt11align_val_tRKSt9nothrow_t, _ZnwmSt11align_val_t(size, x[1].u64),
            _ZdlPvSt11align_val_tRKSt9nothrow_t(object, x[1].u64, ""), x[1].u64)
        NEW(_ZdaPvSt11align_val_tRKSt9nothrow_t, _ZnamSt11align_val_t(size, x[1].u64),
            _ZdaPvSt11align_val_tRKSt9nothrow_t(object, x[1].u64, ""), x[1].u64)
        NO_MORE(_ZnwmRKSt9nothrow_t, _ZnwmRKSt9nothrow_t(SIZE_MAX - x[0].u64, ""))
        NO_MORE(_ZnamRKSt9nothrow_t, _ZnamRKSt9nothrow_t(SIZE_MAX - x[0].u64, ""))
        NO_MORE(_ZnwmSt11align_val_tRKSt9nothrow_t,
                _ZnwmSt11align_val_tRKSt9nothrow_t(SIZE_MAX - x[0].u64, x[1].u64, ""))
        NO_MORE(_ZnamSt11align_val_tRKSt9nothrow_t,
                _ZnamSt11align_val_tRKSt9nothrow_t(SIZE_MAX - x[0].u64, x[1].u64, ""))
        FUNCTION(_ZdlPv _ZdaPv, , u64, (_ZdlPv(NULL), _ZdaPv(NULL), _ZdlPvm(NULL, 8), _ZdaPvm(NULL, 8), 1), 1)
        FUNCTION(_ZdlPvSt11align_val_t, , u64, (_ZdlPvSt11align_val_t(NULL, 64), _ZdaPvSt11align_val_t(NULL, 64), 1), 1)
        FUNCTION(__cxa_guard_acquire __cxa_guard_release __cxa_guard_abort, , u64, __extension__({
                     /* Taken until it is released, not just given up; only the first octet counts. */
                     u64 guard = random_word(x[0].u64, 0) << 8, outcome = __cxa_guard_acquire(&guard) != 0;
                     __cxa_guard_abort(&guard);
                     outcome = outcome * 2 + (__cxa_guard_acquire(&guard) != 0);
                     __cxa_guard_release(&guard);
                     outcome * 2 + (__cxa_guard_acquire(&guard) != 0);
                 }), 6)
        FUNCTION(__cxa_atexit atexit, , u64, (u64)(__cxa_atexit(free, NULL, NULL) | atexit(abort)), 0)
        default: return NULL;
    }
}

const family cplusplus = {.name = "cplusplus", .apply = objects, .operands = size_and_alignment, .edges = 9 * 13};

/* Each ends the program with a panic. */
#define ENDING(names, call) FUNCTION(names, , i32, (call, 0), 1)

static const char *end(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        ENDING(abort, abort())
        ENDING(exit, exit((int)x[0].u64))
        ENDING(__stack_chk_fail, __stack_chk_fail())
        ENDING(__cxa_pure_virtual, __cxa_pure_virtual())
        ENDING(__cxa_deleted_virtual, __cxa_deleted_virtual())
        ENDING(__cxa_throw_bad_array_new_length, __cxa_throw_bad_array_new_length())
        ENDING(_Znwm, _Znwm(SIZE_MAX))
        ENDING(_Znam, _Znam((size_t)1 << 40))
        ENDING(_ZnwmSt11align_val_t, _ZnwmSt11align_val_t(SIZE_MAX, 64))
        ENDING(_ZnamSt11align_val_t, _ZnamSt11align_val_t(SIZE_MAX - 70, 64))
        default: return NULL;
    }
}

const family ends = {.name = "ends", .apply = end, .operands = size_and_alignment, .edges = 1, .panics = 1};
