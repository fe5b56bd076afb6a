/* Memory, ends and sorting: the part of the C library's <stdlib.h> that the guest runtime has. */
#ifndef PVM_STDLIB_H
#define PVM_STDLIB_H

#include <stddef.h>

#ifdef __cplusplus
#define _Noreturn [[noreturn]]
extern "C" {
#endif

/* Memory is aligned to 16 octets; NULL when the heap cannot grow any more (host call grow_heap). */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void free(void *memory);

/* Both end the program with a panic: a guest has no other way to end early. */
_Noreturn void abort(void);
_Noreturn void exit(int status);
#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
void *bsearch(const void *key, const void *base, size_t count, size_t size,
              int (*compare)(const void *, const void *));

static inline int abs(int value) {
    return value < 0 ? -value : value;
}

static inline long labs(long value) {
    return value < 0 ? -value : value;
}

/* Accepted, and never called: what a guest has ends with it. */
int atexit(void (*function)(void));

#ifdef __cplusplus
#undef _Noreturn
}
#endif

#endif
