/* Counts the ways to put as many queens as the parameter says on a board of that size: backtracking over bit sets. */
#include "workload.h"

static uint64_t place(uint64_t free, uint64_t columns, uint64_t rising, uint64_t falling) {
    uint64_t open = free & ~(columns | rising | falling);
    uint64_t solutions = 0;
    while (open != 0) {
        uint64_t queen = open & -open;
        open ^= queen;
        uint64_t taken = columns | queen;
        solutions += taken == free ? 1 : place(free, taken, (rising | queen) << 1, (falling | queen) >> 1);
    }
    return solutions;
}

uint64_t run(uint64_t parameter) {
    uint64_t size = parameter < 20 ? parameter : 20;
    if (place((1 << 6) - 1, 0, 0, 0) != 4) {
        return 0;
    }
    return mix(size, place((UINT64_C(1) << size) - 1, 0, 0, 0));
}
