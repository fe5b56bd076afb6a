/* Switches of compilers' kinds: tables of jumps, of values, of strings and of functions, one within another. */
#include "digest.h"

#define C(n)                                                                                                           \
    case n: x = x * 31 + n * 7; break;
__attribute__((noinline)) static unsigned long sw(unsigned i, unsigned long x) {
    switch (i) {
        C(0) C(1) C(2) C(3) C(4) C(5) C(6) C(7) C(8) C(9) C(10) C(11) case 12 : x ^= 99;
    case 13: x -= 5;
    case 14: return x * x;
    case 15 ... 40:
        x += i;
        break;
        C(1000) C(1001) C(1002) C(1003) C(1004) C(1005) C(1006) default : x = ~x;
    }
    return x + 1;
}

__attribute__((noinline)) static const char *name(int i) {
    switch (i) {
    case 0: return "zero";
    case 1: return "one";
    case 2: return "two!";
    case 3: return "three";
    case 4: return "four four";
    case 5: return "five";
    case 6: return "6";
    default: return "other";
    }
}

__attribute__((noinline)) static long values(int i) {
    switch (i) {
    case -3: return 10;
    case -2: return 200000000000;
    case -1: return -5;
    case 0: return 77;
    case 1: return 13;
    case 2: return 1;
    case 3: return 99999;
    default: return -1;
    }
}

__attribute__((noinline)) static unsigned nested(unsigned i, unsigned j) {
    switch (i) {
    case 0:
        switch (j) {
        case 0: return 1;
        case 1: return 20;
        case 2: return 30;
        case 3: return 40;
        case 4: return 55;
        }
        return 9;
    case 1:
        switch (j) {
        case 3: return 3;
        case 4: return 25;
        case 5: return 37;
        case 6: return 48;
        case 7: return 59;
        }
        return 8;
    case 2: return sw(j, 3);
    case 3: return sw(j, 5);
    case 4: return j;
    case 5: return nested(j % 2, j);
    }
    return 0;
}
typedef unsigned long (*op)(unsigned, unsigned long);
static unsigned long a1(unsigned i, unsigned long x) {
    return x + i;
}

static unsigned long a2(unsigned i, unsigned long x) {
    return x * (i + 3);
}

static unsigned long a3(unsigned i, unsigned long x) {
    return x ^ (i << 4);
}

__attribute__((noinline)) static op pick(int i) {
    switch (i) {
    case 0: return a1;
    case 1: return a2;
    case 2: return a3;
    case 3: return sw;
    case 4: return a1;
    default: return a2;
    }
}

uint64_t run(uint64_t parameter) {
    uint64_t s = parameter % 6;
    unsigned long h = s;
    for (unsigned i = 0; i < 1100; i++)
        h = h * 33 + sw(i, h);
    for (int i = -5; i < 9; i++) {
        for (const char *p = name(i); *p; p++)
            h = h * 31 + *p;
        h ^= values(i);
        h += nested(i & 7, (h >> 3) & 7);
        h += pick(i)(i, h);
    }
    return h;
}
