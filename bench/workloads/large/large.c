/*
 * One large program: 256 parts made from part.h, each with operations, constants, orders and sizes of its own, more
 * than 1 MB of PVM code in all. Every part can be reached through a table; the parameter is the number of calls, which
 * take the parts in turn, a prime number of them apart.
 */
#include "../workload.h"

typedef uint64_t part(uint64_t value);

#define HIGH 0
#include "sixteen.h"
#undef HIGH
#define HIGH 1
#include "sixteen.h"
#undef HIGH
#define HIGH 2
#include "sixteen.h"
#undef HIGH
#define HIGH 3
#include "sixteen.h"
#undef HIGH
#define HIGH 4
#include "sixteen.h"
#undef HIGH
#define HIGH 5
#include "sixteen.h"
#undef HIGH
#define HIGH 6
#include "sixteen.h"
#undef HIGH
#define HIGH 7
#include "sixteen.h"
#undef HIGH
#define HIGH 8
#include "sixteen.h"
#undef HIGH
#define HIGH 9
#include "sixteen.h"
#undef HIGH
#define HIGH 10
#include "sixteen.h"
#undef HIGH
#define HIGH 11
#include "sixteen.h"
#undef HIGH
#define HIGH 12
#include "sixteen.h"
#undef HIGH
#define HIGH 13
#include "sixteen.h"
#undef HIGH
#define HIGH 14
#include "sixteen.h"
#undef HIGH
#define HIGH 15
#include "sixteen.h"
#undef HIGH

#define ROW(high)                                                                                                      \
    part_##high##_0, part_##high##_1, part_##high##_2, part_##high##_3, part_##high##_4, part_##high##_5,              \
        part_##high##_6, part_##high##_7, part_##high##_8, part_##high##_9, part_##high##_10, part_##high##_11,        \
        part_##high##_12, part_##high##_13, part_##high##_14, part_##high##_15

static part *const parts[256] = {ROW(0), ROW(1), ROW(2),  ROW(3),  ROW(4),  ROW(5),  ROW(6),  ROW(7),
                                 ROW(8), ROW(9), ROW(10), ROW(11), ROW(12), ROW(13), ROW(14), ROW(15)};

uint64_t run(uint64_t parameter) {
    uint64_t checksum = parameter;
    for (uint64_t i = 0; i < parameter; i++) {
        checksum = mix(checksum, parts[i * 37 % 256](checksum + i));
    }
    return checksum;
}
