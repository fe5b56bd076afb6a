/* Words to the compiler, each put where it was measured to pay. */
#ifndef PVMJIT_HINTS_H
#define PVMJIT_HINTS_H

#define INLINED static inline __attribute__((always_inline))
#define NOT_INLINED static __attribute__((noinline))
#define RARELY(condition) __builtin_expect(condition, 0)
/* Of this value the compiler knows nothing, so it does not put it together again from what it was made of. */
#define OPAQUE(value) __asm__("" : "+r"(value))

#endif
