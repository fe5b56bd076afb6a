/* abort and exit: a guest can end early only by a panic. So does a function that finds its frame overwritten. */
#include <stdint.h>
#include <stdlib.h>

#include "octets.h"

RUNTIME _Noreturn void abort(void) {
    __builtin_trap();
}

RUNTIME _Noreturn void exit(int status) {
    (void)status;
    __builtin_trap();
}

/* What compilers put between the variables and the return address (-fstack-protector), with a zero that ends strings. */
RUNTIME uintptr_t __stack_chk_guard = 0x595e9fbd94fda700;

_Noreturn void __stack_chk_fail(void);
RUNTIME _Noreturn void __stack_chk_fail(void) {
    __builtin_trap();
}
