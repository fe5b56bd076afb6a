/* Where control goes: switches of every shape, computed jumps, recursion, tables of functions. */
#include "digest.h"

static int dense(int x) {
    switch (x) {
        case 0: return 5;
        case 1: return 9;
        case 2: return -1;
        case 3: return 77;
        case 4: return 1000000;
        case 5: return 3;
        case 6: return x * 7;
        case 7: return -x;
        default: return 123;
    }
}

static int sparse(long x) {
    switch (x) {
        case -5: return 1;
        case 0: return 2;
        case 17: return 3;
        case 1000: return 4;
        case 123456789: return 5;
        case 0x7fffffffffff: return 6;
        case -0x7fffffffffff: return 7;
        default: return 8;
    }
}

static int characters(unsigned char c) {
    switch (c) {
        case 'a' ... 'f': return c - 'a' + 10;
        case 'A' ... 'F': return c - 'A' + 10;
        case '0' ... '9': return c - '0';
        case ' ':
        case '\t':
        case '\n': return 100;
        case 255: return 101;
        default: return -1;
    }
}

/* Statements with effects, some of which fall into the next. */
static uint64_t falling(unsigned x) {
    uint64_t sum = 1;
    switch (x % 12) {
        case 11: sum += 3;
        case 10: sum *= 5;
        case 9: sum ^= x; break;
        case 8: sum = 99;
        case 7: sum += x; /* fall through */
        case 6: sum <<= 3; break;
        case 4: sum -= 17;
        case 3: sum *= sum;
        case 0: sum += 1;
    }
    return sum;
}

static uint64_t interpreter(const uint8_t *code, uint64_t x) {
    static const void *const targets[] = {&&increment, &&doubled, &&negate, &&mix, &&stop};
    static const int distances[] = {
        &&increment - &&increment, &&doubled - &&increment, &&negate - &&increment, &&mix - &&increment,
        &&stop - &&increment
    };
    goto *targets[*code++ % 4];
increment:
    x++;
    goto *targets[*code++ % 5];
doubled:
    x *= 2;
    goto *(&&increment + distances[*code++ % 5]);
negate:
    x = -x;
    goto *targets[*code++ % 5];
mix:
    x ^= x >> 7;
    goto *(&&increment + distances[*code++ % 5]);
stop:
    return x;
}

static unsigned ackermann(unsigned m, unsigned n) {
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static int is_odd(unsigned n);
static int is_even(unsigned n) { return n == 0 ? 1 : is_odd(n - 1); }
static int is_odd(unsigned n) { return n == 0 ? 0 : is_even(n - 1); }

typedef uint64_t operation(uint64_t, uint64_t);
static uint64_t add(uint64_t a, uint64_t b) { return a + b; }
static uint64_t subtract(uint64_t a, uint64_t b) { return a - b; }
static uint64_t multiply(uint64_t a, uint64_t b) { return a * b; }
static uint64_t divide(uint64_t a, uint64_t b) { return b == 0 ? 0 : a / b; }
static operation *const constant_table[] = {add, subtract, multiply, divide};
static operation *table[4];
static struct {
    const char *name;
    operation *compute;
} named[] = {{"multiply", multiply}, {"add", add}, {"divide", divide}};

static operation *choose(unsigned i) { return i & 1 ? add : i & 2 ? divide : multiply; }

static uint64_t apply(operation *compute, uint64_t a, uint64_t b) { return compute(compute(a, b), a ^ b); }

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

uint64_t run(uint64_t parameter) {
    for (int i = -3; i < 12; i++) {
        take(dense(i));
        take(dense((int)parameter + i));
    }
    static const long values[] = {-5, 0, 17, 1000, 123456789, 0x7fffffffffff, -0x7fffffffffff, 16, 18, -1};
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        take(sparse(values[i]));
        take(sparse(values[i] + (long)(parameter & 1)));
    }
    for (int i = 0; i < 256; i++) {
        take(characters((unsigned char)i));
        take(falling((unsigned)(i + parameter)));
    }
    uint8_t code[64];
    for (int i = 0; i < 40; i++) {
        for (unsigned j = 0; j < sizeof code; j++) {
            code[j] = (uint8_t)(random_value() % 4);
        }
        code[sizeof code - 1] = 4;
        take(interpreter(code, parameter + (uint64_t)i));
    }
    take(ackermann(2, 9 + parameter % 3));
    take(is_even(100 + parameter % 10));
    for (unsigned i = 0; i < 4; i++) {
        table[i] = constant_table[(i + parameter) % 4];
    }
    for (unsigned i = 0; i < 16; i++) {
        uint64_t a = random_value(), b = random_value() >> (a % 64);
        take(table[i % 4](a, b));
        take(choose(i + (unsigned)parameter)(a, b));
        take(apply(constant_table[(a >> 7) % 4], a, b));
        take(named[a % 3].compute(b, a) + (uint64_t)named[a % 3].name[1]);
    }
    uint64_t sorted[50];
    for (int i = 0; i < 50; i++) {
        sorted[i] = random_value();
    }
    qsort(sorted, 50, sizeof sorted[0], compare);
    for (int i = 0; i < 50; i++) {
        take(sorted[i]);
    }
    return digest;
}
