/*
 * What compilers call in C++ programs without exceptions and RTTI, by its mangled names. Objects that are static are
 * constructed before the entry runs (or where they are first met) and never destroyed: the guest's memory ends with it.
 */
#include <stdlib.h>

#include "octets.h"

#define FUNCTION(type, name, ...)                                                                                      \
    type name(__VA_ARGS__);                                                                                            \
    RUNTIME type name(__VA_ARGS__)

/* Without exceptions there is nothing else to do when memory runs out. */
static void *allocate(size_t size) {
    void *memory = malloc(size);
    if (memory == NULL) {
        __builtin_trap();
    }
    return memory;
}

/* What an aligned object takes; where that is more than there can be, the greatest size, which there never is. */
static size_t padded(size_t size, size_t alignment) {
    size_t more = alignment + sizeof(void *);
    return size > SIZE_MAX - more ? SIZE_MAX : size + more;
}

/* Memory at a multiple of an alignment, which the delete of such types gets, too; where it began stands before it. */
static void *align(void *memory, size_t alignment) {
    if (memory == NULL) {
        return NULL;
    }
    uintptr_t aligned = ((uintptr_t)memory + sizeof(void *) + alignment - 1) & (0 - alignment);
    ((void **)aligned)[-1] = memory;
    return (void *)aligned;
}

static void release(void *memory) {
    if (memory != NULL) {
        free(((void **)memory)[-1]);
    }
}

#define NEW(name)                                                                                                      \
    FUNCTION(void *, name##m, size_t size) {                                                                           \
        return allocate(size);                                                                                         \
    }                                                                                                                  \
    FUNCTION(void *, name##mRKSt9nothrow_t, size_t size, const void *tag) {                                            \
        (void)tag;                                                                                                     \
        return malloc(size);                                                                                           \
    }                                                                                                                  \
    FUNCTION(void *, name##mSt11align_val_t, size_t size, size_t alignment) {                                          \
        return align(allocate(padded(size, alignment)), alignment);                                                    \
    }                                                                                                                  \
    FUNCTION(void *, name##mSt11align_val_tRKSt9nothrow_t, size_t size, size_t alignment, const void *tag) {           \
        (void)tag;                                                                                                     \
        return align(malloc(padded(size, alignment)), alignment);                                                      \
    }

#define DELETE(name)                                                                                                   \
    FUNCTION(void, name##Pv, void *memory) {                                                                           \
        free(memory);                                                                                                  \
    }                                                                                                                  \
    FUNCTION(void, name##Pvm, void *memory, size_t size) {                                                             \
        (void)size;                                                                                                    \
        free(memory);                                                                                                  \
    }                                                                                                                  \
    FUNCTION(void, name##PvRKSt9nothrow_t, void *memory, const void *tag) {                                            \
        (void)tag;                                                                                                     \
        free(memory);                                                                                                  \
    }                                                                                                                  \
    FUNCTION(void, name##PvSt11align_val_t, void *memory, size_t alignment) {                                          \
        (void)alignment;                                                                                               \
        release(memory);                                                                                               \
    }                                                                                                                  \
    FUNCTION(void, name##PvmSt11align_val_t, void *memory, size_t size, size_t alignment) {                            \
        (void)size, (void)alignment;                                                                                   \
        release(memory);                                                                                               \
    }                                                                                                                  \
    FUNCTION(void, name##PvSt11align_val_tRKSt9nothrow_t, void *memory, size_t alignment, const void *tag) {           \
        (void)alignment, (void)tag;                                                                                    \
        release(memory);                                                                                               \
    }

NEW(_Znw)
NEW(_Zna)
DELETE(_Zdl)
DELETE(_Zda)

FUNCTION(void, __cxa_pure_virtual, void) {
    __builtin_trap();
}

FUNCTION(void, __cxa_deleted_virtual, void) {
    __builtin_trap();
}

FUNCTION(void, __cxa_throw_bad_array_new_length, void) {
    __builtin_trap();
}

extern void *__dso_handle;
RUNTIME void *__dso_handle;

FUNCTION(int, __cxa_atexit, void (*destroy)(void *), void *object, void *library) {
    (void)destroy, (void)object, (void)library;
    return 0;
}

FUNCTION(int, atexit, void (*function)(void)) {
    (void)function;
    return 0;
}

/* The first octet of a guard says whether its object is there. */
FUNCTION(int, __cxa_guard_acquire, uint64_t *guard) {
    return *(const uint8_t *)guard == 0;
}

FUNCTION(void, __cxa_guard_release, uint64_t *guard) {
    *(uint8_t *)guard = 1;
}

FUNCTION(void, __cxa_guard_abort, uint64_t *guard) {
    (void)guard;
}
