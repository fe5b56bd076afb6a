/* Pointers to functions: in tables, compared, encoded, exchanged. */
#include "digest.h"

typedef uint64_t u64;
typedef u64 (*fn)(u64);

static u64 f0(u64 x) {
    return x + 1;
}

static u64 f1(u64 x) {
    return x * 3;
}

u64 f2(u64 x) {
    return x ^ 77;
}

static u64 f3(u64 x) {
    return ~x;
}

static const fn table[] = {f0, f1, f2, f3};

struct o {
    const char *n;
    fn f;
    int k;
} os[] = {{"a", f3, 1}, {"bc", f2, 2}, {"d", f1, 3}};

__attribute__((noinline)) static fn sel(int i) {
    return i == 0 ? f0 : i == 1 ? f1 : f2;
}

__attribute__((noinline)) static u64 call(fn f, u64 x) {
    return f(x);
}

__attribute__((noinline)) static u64 tail(int i, u64 x) {
    return table[i & 3](x);
}

__attribute__((noinline)) static u64 tail2(u64 x) {
    return f2(x + 1);
}

static fn volatile mut = f0;

__attribute__((noinline)) static u64 direct(fn f) {
    return f == f0 ? 1 : f == f1 ? 2 : f == f2 ? 3 : f == f3 ? 4 : 5;
}

__attribute__((noinline)) static fn xored(fn f, u64 key) {
    return (fn)(((u64)f ^ key));
}

uint64_t run(uint64_t parameter) {
    u64 s = parameter % 6;
    u64 h = s;
    for (int i = 0; i < 4; i++) {
        h = h * 31 + table[i](h) + sel(i)(h) + call(table[3 - i], h) + tail(i, h) + direct(table[i]);
        mut = table[i];
        h += mut(h);
        h += xored(xored(table[i], 0x1234567), 0x1234567)(h);
    }
    for (int i = 0; i < 3; i++)
        h = h * 31 + os[i].f(h) * os[i].k + *os[i].n;
    h += tail2(h);
    fn first = os[0].f;
    os[0].f = os[1].f;
    h += os[0].f(h);
    os[0].f = first;
    return h;
}
