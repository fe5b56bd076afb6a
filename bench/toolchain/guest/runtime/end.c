/* abort and exit: a guest can end early only by a panic. */
#include <stdlib.h>

#include "octets.h"

RUNTIME _Noreturn void abort(void) {
    __builtin_trap();
}

RUNTIME _Noreturn void exit(int status) {
    (void)status;
    __builtin_trap();
}
