/* Jumps out of functions: the C library's <setjmp.h>. */
#ifndef PVM_SETJMP_H
#define PVM_SETJMP_H

#ifdef __cplusplus
extern "C" {
#define _Noreturn [[noreturn]]
#endif

/* ra, sp, s0 and s1. */
typedef unsigned long jmp_buf[4];

int setjmp(jmp_buf environment) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf environment, int value);

#ifdef __cplusplus
#undef _Noreturn
}
#endif

#endif
