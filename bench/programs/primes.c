/* Counts the primes below a number: 8 octets in, 8 octets out, both little-endian. */
#include <pvm.h>
#include <stdlib.h>
#include <string.h>

static uint64_t result;

pvm_octets refine(const uint8_t *arguments, uint64_t length) {
    uint64_t limit = 0;
    memcpy(&limit, arguments, length < sizeof limit ? length : sizeof limit);
    uint8_t *composite = calloc(limit, 1);
    if (composite == NULL) {
        __builtin_trap();
    }
    for (uint64_t number = 2; number < limit; number++) {
        if (!composite[number]) {
            result++;
            for (uint64_t multiple = number * number; multiple < limit; multiple += number) {
                composite[multiple] = 1;
            }
        }
    }
    return (pvm_octets){&result, sizeof result};
}
