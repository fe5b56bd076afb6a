/* All families, and how they are run: as a guest, and natively by the test. */
#include "family.h"

#define EVERY(X)                                                                                                       \
    X(doubles) X(doubles_to_integers) X(integers_to_doubles) X(singles) X(singles_to_integers) X(integers_to_singles)  \
    X(quads) X(quads_to_integers) X(integers_to_quads) X(widths) X(halves) X(integers) X(integers_128) X(shifts)       \
    X(bits) X(checked) X(overflows) X(complex_singles) X(complex_doubles) X(powers) X(remainders) X(octets) X(strings) \
    X(atomics) X(heaps) X(sorting) X(jumps) X(cplusplus) X(ends)

#define DECLARE(name) extern const family name;
#define ADDRESS(name) &name,
EVERY(DECLARE)

#if !defined(__PVM__) || defined(__riscv_abi_rve)
extern const family complex_quads;
#define WITH_MANY_ARGUMENTS &complex_quads
#else
/* Its functions have more arguments than an ABI of six registers without a stack for them. */
#define WITH_MANY_ARGUMENTS NULL
#endif

static const family *const FAMILIES[] = {EVERY(ADDRESS) WITH_MANY_ARGUMENTS};

/* What is to be run: a function or, with ALL, every one, for so many cases. */
typedef struct {
    u64 family, function, first, count;
} order;

#define ALL UINT64_MAX

/* The results, function by function; how many. */
static u64 run_order(const order *wanted, value *results) {
    const family *chosen = FAMILIES[wanted->family];
    u64 done = 0;
    if (chosen == NULL) {
        return 0;
    }
    u64 function = wanted->function == ALL ? 0 : wanted->function;
    do {
        for (u64 number = wanted->first; number < wanted->first + wanted->count; number++) {
            value x[OPERANDS] = {{0}};
            chosen->operands(number, x);
            results[done] = (value){0};
            if (chosen->apply(function, x, &results[done]) == NULL) {
                return done;
            }
            done++;
        }
        function++;
    } while (wanted->function == ALL);
    return done;
}

#ifdef __PVM__
#include <pvm.h>

pvm_octets refine(const uint8_t *arguments, uint64_t length) {
    static value results[1 << 17];
    return (pvm_octets){results, run_order((const order *)(const void *)arguments, results) * sizeof *results};
}
#else
u64 run(u64 number, u64 function, u64 first, u64 count, value *results) {
    return run_order(&(order){number, function, first, count}, results);
}

const char *family_name(u64 number) {
    return number < COUNT(FAMILIES) ? FAMILIES[number]->name : NULL;
}

const char *function_name(u64 number, u64 function) {
    return FAMILIES[number]->apply(function, NULL, NULL);
}

u64 edges(u64 number) {
    return FAMILIES[number]->edges;
}

u64 panics(u64 number) {
    return (u64)FAMILIES[number]->panics;
}

u64 slow(u64 number) {
    return (u64)FAMILIES[number]->slow;
}

void operands(u64 number, u64 index, value *x) {
    FAMILIES[number]->operands(index, x);
}

int agree(u64 number, u64 function, u64 index, const value *actual) {
    value x[OPERANDS] = {{0}};
    operands(number, index, x);
    return FAMILIES[number]->agree != NULL && FAMILIES[number]->agree(function, x, actual);
}
#endif
