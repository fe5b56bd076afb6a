/* Functions of any number of arguments: numbers of every size, structures, lists that are passed on and begun again. */
#include "digest.h"

typedef uint64_t u64;

struct s16 {
    long a, b;
};
struct s40 {
    long a[5];
};
struct s3 {
    char c[3];
};
struct e {};
__attribute__((noinline)) static u64 sum(int n, ...) {
    va_list l;
    va_start(l, n);
    u64 r = 0;
    while (n--)
        r = r * 3 + va_arg(l, int);
    va_end(l);
    return r;
}

__attribute__((noinline)) static u64 mix(const char *f, ...) {
    va_list l, m;
    va_start(l, f);
    va_copy(m, l);
    u64 r = 0;
    for (const char *p = f; *p; p++)
        switch (*p) {
        case 'i': r = r * 7 + va_arg(l, int); break;
        case 'l': r = r * 7 + va_arg(l, long); break;
        case 'd': r = r * 7 + (long)(va_arg(l, double) * 16); break;
        case 's': {
            const char *s = va_arg(l, const char *);
            while (*s)
                r = r * 31 + *s++;
            break;
        }
        case 'q': {
            __int128 v = va_arg(l, __int128);
            r = r * 7 + (u64)v + (u64)(v >> 64);
            break;
        }
        case 'S': {
            struct s16 v = va_arg(l, struct s16);
            r = r * 7 + v.a * 3 + v.b;
            break;
        }
        case 'B': {
            struct s40 v = va_arg(l, struct s40);
            r = r * 7 + v.a[0] + v.a[4];
            break;
        }
        case '3': {
            struct s3 v = va_arg(l, struct s3);
            r = r * 7 + v.c[0] + v.c[2];
            break;
        }
        case 'p': r = r * 7 + *va_arg(l, int *); break;
        }
    va_end(l);
    if (*f == 'i')
        r += va_arg(m, int);
    va_end(m);
    return r;
}

static u64 vsum(int n, va_list l) {
    u64 r = 0;
    while (n--)
        r = r * 5 + va_arg(l, long);
    return r;
}

__attribute__((noinline)) static u64 fwd(int n, ...) {
    va_list l;
    va_start(l, n);
    u64 r = vsum(n, l);
    va_end(l);
    return r;
}

__attribute__((noinline)) static u64 two(int n, ...) {
    va_list l;
    va_start(l, n);
    u64 r = vsum(n, l);
    va_end(l);
    va_start(l, n);
    r ^= vsum(n, l) << 1;
    va_end(l);
    return r;
}

__attribute__((noinline)) static u64 late(int a, int b, int c, int d, int e, ...) {
    va_list l;
    va_start(l, e);
    u64 r = a + b * c - d * e + va_arg(l, int);
    va_end(l);
    return r;
}

__attribute__((noinline)) static void nores(u64 *p, ...) {
    va_list l;
    va_start(l, p);
    *p = va_arg(l, int);
    va_end(l);
}
typedef u64 (*vf)(int, ...);
vf volatile table[] = {sum, fwd, two};
uint64_t run(uint64_t parameter) {
    u64 s = parameter % 6;
    int k = s + 5;
    u64 n;
    struct s16 x = {s, 9};
    struct s40 y = {{1, s, 3, 4, 5}};
    struct s3 z = {{1, 2, s}};
    u64 h = sum(3, 1, (int)s, -7) + sum(0) + sum(5, 1, 2, 3, 4, (int)s);
    h = h * 31 + mix("il", (int)s, 1234567890123L);
    h = h * 31 + mix("ds", 1.5 * s, "hello");
    h = h * 31 + mix("dd", 0.25 * s, -3.0);
    h = h * 31 + mix("q", (__int128)s << 70 | 5);
    h = h * 31 + mix("iS", 3, x);
    h = h * 31 + mix("B", y);
    h = h * 31 + mix("3p", z, &k);
    h = h * 31 + mix("ilsp", k, (long)s, "x", &k);
    for (int i = 0; i < 3; i++)
        h = h * 31 + table[i](4, 10L, (long)s, 30L, 40L);
    h += late(1, 2, 3, 4, 5, (int)s);
    nores(&n, 77);
    return h + n;
}
