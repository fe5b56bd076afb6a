/* Values of every kind: structures by value, unions, bit-fields, variable arguments, 128 bits, unaligned, volatile. */
#include "digest.h"

#define NO_INLINE __attribute__((noinline))

struct one { uint8_t a; };
struct three { uint8_t a[3]; };
struct eight { uint32_t a, b; };
struct twelve { uint32_t a, b, c; };
struct sixteen { uint64_t a; int32_t b; uint8_t c; };
struct large { uint64_t a[5]; struct three b; };
union either { uint64_t wide; uint32_t half[2]; uint8_t octets[8]; };
struct bits { unsigned a : 3; int b : 7; uint64_t c : 40; unsigned : 0; signed d : 1; uint8_t e : 5; };
struct __attribute__((packed)) packed { uint8_t a; uint32_t b; uint64_t c; uint16_t d; };

NO_INLINE static struct one one(struct one x) { x.a++; return x; }
NO_INLINE static struct three three(struct three x, struct one y) { x.a[1] = (uint8_t)(x.a[0] + y.a); return x; }
NO_INLINE static struct eight eight(struct eight x) { return (struct eight){x.b, x.a + 1}; }
NO_INLINE static struct twelve twelve(struct twelve x, int y) { x.c += x.a * (uint32_t)y; return x; }
NO_INLINE static struct sixteen sixteen(struct sixteen x, struct sixteen y) {
    return (struct sixteen){x.a - y.a, x.b ^ y.b, (uint8_t)(x.c + y.c)};
}
NO_INLINE static struct large large(struct large x, struct large y) {
    for (int i = 0; i < 5; i++) {
        x.a[i] += y.a[4 - i];
    }
    x.b = y.b;
    return x;
}
NO_INLINE static union either either(union either x) { x.half[0] = ~x.half[1]; return x; }
NO_INLINE static struct bits bits(struct bits x, int by) {
    x.a += (unsigned)by;
    x.b -= by;
    x.c *= 3;
    x.d = by & 1;
    x.e ^= x.a;
    return x;
}
NO_INLINE static uint64_t six(uint8_t a, int16_t b, uint32_t c, int64_t d, uint64_t e, _Bool f) {
    return a + (uint64_t)b * 3 + c * UINT64_C(5) + (uint64_t)d * 7 + e * 11 + f;
}

NO_INLINE static uint64_t variable(int count, ...) {
    va_list list, again;
    va_start(list, count);
    va_copy(again, list);
    uint64_t sum = 0;
    for (int i = 0; i < count; i++) {
        sum = sum * 31 + va_arg(list, uint64_t);
    }
    for (int i = 0; i < count; i++) {
        sum = sum * 37 + (uint64_t)va_arg(again, int);
    }
    va_end(again);
    va_end(list);
    return sum;
}

/* With a frame of more than 2 KiB the compiler reaches what it saves in another way. */
NO_INLINE static uint64_t variable_large(const char *format, ...) {
    char buffer[6000];
    va_list list;
    va_start(list, format);
    for (unsigned i = 0; i < sizeof buffer; i++) {
        buffer[i] = format[i % 5];
    }
    uint64_t sum = 0;
    for (const char *c = format; *c; c++) {
        sum = sum * 7 + (*c == 'd' ? (uint64_t)va_arg(list, int) : *c == 'p' ? *va_arg(list, uint64_t *) : 1);
    }
    va_end(list);
    for (unsigned i = 0; i < sizeof buffer; i += 97) {
        sum += (uint64_t)buffer[i] * i;
    }
    return sum;
}

typedef unsigned __int128 wide;
static void take_wide(wide x) { take((uint64_t)x); take((uint64_t)(x >> 64)); }
static wide random_wide(void) { wide high = random_value(); return high << 64 | random_value(); }

static void wide_arithmetic(void) {
    for (int i = 0; i < 300; i++) {
        wide a = random_wide(), b = random_wide() >> random_value() % 128;
        __int128 c = (__int128)a, d = (__int128)b;
        take_wide(a + b);
        take_wide(a - b);
        take_wide(a * b);
        take_wide(a << i % 128);
        take_wide(a >> i % 128);
        take_wide((wide)(c >> i % 128));
        take(a < b ? 1 : c < d ? 2 : a == b ? 3 : 4);
        if (b != 0) {
            take_wide(a / b);
            take_wide(a % b);
            if (d != -1) {
                take_wide((wide)(c / d));
                take_wide((wide)(c % d));
            }
        }
    }
}

static void integer_arithmetic(void) {
    for (int i = 0; i < 500; i++) {
        uint64_t a = random_value(), b = random_value();
        int64_t c = (int64_t)a, d = (int64_t)b;
        uint32_t e = (uint32_t)a, f = (uint32_t)b;
        int32_t g = (int32_t)a, h = (int32_t)b;
        take(b ? a / b + a % b : a);
        take(d && d != -1 ? (uint64_t)(c / d + c % d) : 0);
        take(f ? e / f + e % f : e);
        take(h && h != -1 ? (uint64_t)(g / h + g % h) : 0);
        take(a / 10 + a % 1000003 + (uint64_t)(c / 7) + (uint64_t)(g % 13) + e / 641);
        take((uint64_t)(g >> f % 32) + (e << f % 32) + (a >> b % 64));
        take((uint64_t)(int8_t)a + (uint64_t)(int16_t)b + (uint16_t)a + (uint8_t)b);
        take((uint64_t)__builtin_popcountll(a) + (b ? (uint64_t)__builtin_clzll(b) + (uint64_t)__builtin_ctzll(b) : 0));
        take(__builtin_bswap64(a) + __builtin_bswap32(f) + __builtin_bswap16((uint16_t)b));
        take(c < d ? a : b);
        take((c > d) + (a >= b) * 2 + (g < h) * 4 + (e <= f) * 8 + (c == g) * 16 + (a == e) * 32);
        take(a << 7 | a >> 57);
        take((uint64_t)(int32_t)(e << 5 | e >> 27));
        int sum, product;
        take((uint64_t)__builtin_add_overflow(g, h, &sum) * 2 + (uint64_t)__builtin_mul_overflow(g, h, &product));
        take((uint64_t)sum ^ (uint64_t)product);
    }
}

static void unaligned(void) {
    uint8_t buffer[64];
    for (unsigned i = 0; i < sizeof buffer; i++) {
        buffer[i] = (uint8_t)random_value();
    }
    for (unsigned i = 0; i < 40; i++) {
        uint64_t a;
        uint32_t b;
        int16_t c;
        memcpy(&a, buffer + i, sizeof a);
        memcpy(&b, buffer + i + 3, sizeof b);
        memcpy(&c, buffer + i + 1, sizeof c);
        take(a + b + (uint64_t)c);
        a = a * 3 + i;
        memcpy(buffer + i + 5, &a, sizeof a);
    }
    struct packed packed = {1, 2, 3, 4};
    packed.b += (uint32_t)random_value();
    packed.c -= packed.b;
    packed.d = (uint16_t)packed.c;
    uint8_t octets[sizeof packed];
    memcpy(octets, &packed, sizeof octets);
    for (unsigned i = 0; i < sizeof octets; i++) {
        take(octets[i]);
    }
}

static volatile uint32_t port;

uint64_t run(uint64_t parameter) {
    for (int i = 0; i < 50; i++) {
        uint64_t a = random_value(), b = random_value();
        struct one x1 = one((struct one){(uint8_t)a});
        struct three x3 = three((struct three){{(uint8_t)a, (uint8_t)b, 9}}, x1);
        struct eight x8 = eight((struct eight){(uint32_t)a, (uint32_t)b});
        struct twelve x12 = twelve((struct twelve){(uint32_t)a, (uint32_t)b, 3}, i);
        struct sixteen x16 = sixteen((struct sixteen){a, (int32_t)b, 7}, (struct sixteen){b, (int32_t)a, 255});
        struct large x43 = large((struct large){{a, b, 1, 2, 3}, x3}, (struct large){{5, 6, a, b, 7}, {{1, 2, x1.a}}});
        union either u = either((union either){a});
        struct bits f = bits((struct bits){1, 2, a & 0xffffffffff, 0, 5}, (int)(b & 7));
        take(x1.a + x3.a[0] + x3.a[1] * 3 + x3.a[2]);
        take(x8.a + x8.b * UINT64_C(3));
        take(x12.a + x12.b * UINT64_C(3) + x12.c);
        take(x16.a + (uint64_t)x16.b + x16.c);
        take(x43.a[0] + x43.a[1] * 3 + x43.a[2] * 5 + x43.a[3] * 7 + x43.a[4] + x43.b.a[2]);
        take(u.wide);
        take(f.a + (uint64_t)f.b + f.c + (uint64_t)f.d + f.e);
        take(six((uint8_t)a, (int16_t)b, (uint32_t)a, (int64_t)b, a, b & 1));
        take(variable(0));
        take(variable(1, a));
        take(variable(3, a, b, a));
        take(variable(5, a, b, a ^ b, b, a));
        take(variable_large("dpxdp", (int)a, &b, (int)b, &a));
        port = (uint32_t)a;
        port += 3;
        take(port);
    }
    wide_arithmetic();
    integer_arithmetic();
    unaligned();
    return digest + parameter;
}
