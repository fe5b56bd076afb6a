/* Sections that are collected by their names, between the symbols that linkers define. */
#include "digest.h"

typedef uint64_t u64;

struct e {
    int id;
    u64 (*f)(u64);
};

static u64 f1(u64 x) {
    return x + 1;
}

static u64 f2(u64 x) {
    return x * 3;
}

static u64 f3(u64 x) {
    return x ^ 0x55;
}

__attribute__((section("entries"), used)) static const struct e e1 = {1, f1}, e2 = {2, f2};
__attribute__((section("entries"), used)) static const struct e e3 = {3, f3};
__attribute__((section("numbers"), used)) static int n1 = 5;
__attribute__((section("numbers"), used)) static int n2 = 7, n3 = 9;
__attribute__((section("zeros"))) int z[10];
extern const struct e __start_entries[], __stop_entries[];
extern int __start_numbers[], __stop_numbers[];
extern int __start_zeros[] __attribute__((weak)), __stop_zeros[] __attribute__((weak));
extern int __start_nothing[] __attribute__((weak)), __stop_nothing[] __attribute__((weak));

uint64_t run(uint64_t parameter) {
    u64 s = parameter % 6;
    u64 h = s, g = 0;
    for (const struct e *p = __start_entries; p < __stop_entries; p++)
        g += p->f(h) * p->id;
    for (int *p = __start_numbers; p != __stop_numbers; p++)
        g += *p * *p;
    h = h * 31 + (__stop_numbers - __start_numbers);
    h = h * 31 + (__stop_entries - __start_entries);
    z[3] = s;
    h += __stop_zeros - __start_zeros;
    for (int *p = __start_zeros; p < __stop_zeros; p++)
        h = h * 3 + *p;
    if (__start_nothing)
        h += 1000;
    h += __stop_nothing - __start_nothing;
    return h + g;
}
