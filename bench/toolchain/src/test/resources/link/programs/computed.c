/* Computed goto of many kinds: interpreters, tables of differences, return addresses, steps between labels. */
#include "digest.h"

typedef uint64_t u64;

__attribute__((noinline)) static u64 vm(const unsigned char *p, u64 x) {
    static const void *const ops[] = {&&add, &&mul, &&flip, &&jnz, &&end, &&push, &&pop};
    u64 st[8];
    int sp = 0;
#define N goto *ops[*p++]
    N;
add:
    x += *p++;
    N;
mul:
    x *= *p++ | 1;
    N;
flip:
    x ^= *p++ << 3;
    N;
jnz:
    if (x & 1)
        p += *p;
    else
        p++;
    N;
push:
    st[sp++ & 7] = x;
    N;
pop:
    x += st[--sp & 7] * 3;
    N;
end:
    return x;
}

__attribute__((noinline)) static u64 rel(const unsigned char *p, u64 x) {
    static const int ops[] = {&&add - &&add, &&mul - &&add, &&flip - &&add, &&end - &&add};
#undef N
#define N goto *(&&add + ops[*p++])
    N;
add:
    x += *p++;
    N;
mul:
    x *= *p++ | 1;
    N;
flip:
    x ^= *p++ << 3;
    N;
end:
    return x;
}

__attribute__((noinline)) static u64 rellong(const unsigned char *p, u64 x) {
    static const long ops[] = {&&add - &&end, &&mul - &&end, &&flip - &&end, &&end - &&end};
#undef N
#define N goto *(&&end + ops[*p++])
    N;
add:
    x += *p++;
    N;
mul:
    x *= *p++ | 1;
    N;
flip:
    x ^= *p++ << 3;
    N;
end:
    return x;
}
struct fr {
    void *ret;
    u64 x;
};
__attribute__((noinline)) static u64 machine(u64 n) {
    struct fr st[16];
    int sp = 0;
    u64 r = 0;
    st[sp].ret = &&done;
    st[sp++].x = n;
    goto call;
call:
    if (st[sp - 1].x < 2) {
        r = st[sp - 1].x;
        goto *st[--sp].ret;
    }
    st[sp].ret = &&after;
    st[sp].x = st[sp - 1].x - 1;
    sp++;
    goto call;
after:
    r += st[sp - 1].x * 3;
    goto *st[--sp].ret;
done:
    return r;
}

__attribute__((noinline)) static u64 stepping(u64 n, u64 x) {
    void *p = &&a;
    long d = &&b - &&a;
    long e = &&c - &&b;
    for (;;) {
        goto *p;
    a:
        x += 3;
        p = (char *)p + d;
        if (n-- == 0)
            break;
        continue;
    b:
        x *= 3;
        p = (char *)p + e;
        if (n-- == 0)
            break;
        continue;
    c:
        x ^= 0x55;
        p = (char *)p - d - e;
        if (n-- == 0)
            break;
        continue;
    }
    return x;
}

uint64_t run(uint64_t parameter) {
    u64 s = parameter % 6;
    static const unsigned char p1[] = {0, 5, 5, 1, 77, 2, 9, 3, 3, 0, 44, 6, 1, 3, 4, 4, 4, 4, 4};
    static const unsigned char p2[] = {0, 5, 1, 77, 2, 9, 0, 44, 1, 3, 3, 3, 3};
    u64 h = vm(p1, s);
    h = h * 31 + rel(p2, s + h);
    h = h * 31 + rellong(p2, s + h);
    h = h * 31 + machine(s + 3);
    for (int i = 0; i < 9; i++)
        h = h * 31 + stepping(i, h);
    return h;
}
