/* Words to the compiler, each put where it was measured to pay. */
#ifndef PVMJIT_HINTS_H
#define PVMJIT_HINTS_H

#define INLINED static inline __attribute__((always_inline))
#define NOT_INLINED static __attribute__((noinline))
#define RARELY(condition) __builtin_expect(condition, 0)

#endif
