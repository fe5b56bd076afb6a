/* The sieve of Eratosthenes over odd numbers, one octet each, up to the parameter (at most LIMIT). */
#include <string.h>

#include "workload.h"

enum { LIMIT = 1 << 22 };

static uint8_t composite[LIMIT / 2];

/* The primes below `limit`, counted and summed. */
static uint64_t sieve(uint64_t limit, uint64_t *count) {
    memset(composite, 0, limit / 2);
    uint64_t sum = 2;
    *count = 1;
    for (uint64_t number = 3; number < limit; number += 2) {
        if (composite[number / 2]) {
            continue;
        }
        ++*count;
        sum += number;
        for (uint64_t multiple = number * number; multiple < limit; multiple += 2 * number) {
            composite[multiple / 2] = 1;
        }
    }
    return sum;
}

uint64_t run(uint64_t parameter) {
    uint64_t count;
    if (sieve(10000, &count) != 5736396 || count != 1229) {
        return 0;
    }
    uint64_t sum = sieve(parameter < LIMIT ? parameter : LIMIT, &count);
    return mix(count, sum);
}
