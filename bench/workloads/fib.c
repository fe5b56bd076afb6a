/* Fibonacci numbers by the doubly recursive definition: calls, returns and little else. The parameter is the index. */
#include "workload.h"

static __attribute__((noinline)) uint64_t fibonacci(uint64_t n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

uint64_t run(uint64_t parameter) {
    if (fibonacci(15) != 610) {
        return 0;
    }
    return mix(parameter, fibonacci(parameter));
}
