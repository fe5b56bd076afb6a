/* How a program that has only `main` begins, and how programs end early. */
#include <pvm.h>
#include <stdlib.h>

#include "octets.h"

int main(void);

pvm_octets __pvm_main(const uint8_t *arguments, uint64_t length);

/* The linker takes this for refine in a program that has a main and no refine. */
RUNTIME pvm_octets __pvm_main(const uint8_t *arguments, uint64_t length) {
    static int64_t result;
    (void)arguments;
    (void)length;
    result = main();
    return (pvm_octets){&result, sizeof result};
}
