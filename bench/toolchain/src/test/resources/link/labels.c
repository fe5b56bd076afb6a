/*
 * Differences of labels, which the assembler computes where it can: in tables, by way of memory, with the base in a
 * register, in data or nowhere to be seen; and tables of whole addresses, which are none of that.
 */
typedef unsigned long u64;

struct octets {
    const void *data;
    u64 length;
};

static u64 results[6];

__attribute__((noinline)) static u64 table_of_differences(u64 i, u64 x) {
    static const int table[] = {&&first - &&first, &&second - &&first, &&third - &&first};
    goto *(&&first + table[i]);
first:
    x += 3;
second:
    x *= 5;
third:
    return x + 1;
}

__attribute__((noinline)) static u64 backwards_by_memory(u64 i, u64 x) {
    static const int table[] = {&&first - &&third, &&second - &&third, &&third - &&third};
    static void *const base = &&third;
    char *volatile target = (char *)base + table[i];
    if (x == 1000) {
        target += (char *)&&second - (char *)&&first;
    }
    goto *target;
first:
    x += 3;
second:
    x *= 5;
third:
    return x + 1;
}

static void *shared_base;

__attribute__((noinline)) static u64 base_by_memory(u64 i, u64 x) {
    static const int table[] = {&&first - &&second, &&second - &&second, &&third - &&second};
    shared_base = &&second;
    __asm__ volatile("" : : : "memory");
    goto *(shared_base + table[i]);
first:
    x += 7;
    if (x > 1 << 20) {
        return 0;
    }
second:
    x *= 3;
third:
    return x + 2;
}

__attribute__((noinline)) static u64 difference_alone(u64 i, u64 x) {
    static const long distance = &&second - &&first;
    static void *const targets[] = {&&first, &&second};
    goto *((char *)targets[0] + (i == 0 ? 0 : distance));
first:
    x += 11;
second:
    return x * 2;
}

__attribute__((noinline)) static u64 whole_addresses(u64 i, u64 x) {
    static const void *const operations[] = {&&add, &&multiply, &&end};
    static const unsigned char program[] = {0, 1, 0, 1, 2};
    u64 at = i;
    goto *operations[program[at++]];
add:
    x += 3;
    goto *operations[program[at++]];
multiply:
    x *= 5;
    goto *operations[program[at++]];
end:
    return x;
}

__attribute__((noinline)) static u64 cases(u64 i, u64 x) {
    switch (i + (x & 7)) {
        case 0:
            return x + 1;
        case 1:
            return x * 17;
        case 2:
            return x ^ 99;
        case 3:
            return x - 5;
        case 4:
            return x << 3;
        case 5:
            return x * x;
        case 7:
            return 12345;
        default:
            return ~x;
    }
}

struct octets refine(const unsigned char *arguments, u64 length) {
    u64 i = length % 3;
    results[0] = table_of_differences(i, arguments[0]);
    results[1] = backwards_by_memory(i, arguments[0]);
    results[2] = base_by_memory(i, arguments[0]);
    results[3] = difference_alone(i, arguments[0]);
    results[4] = whole_addresses(i, arguments[0]);
    results[5] = cases(i, arguments[0]);
    return (struct octets){results, sizeof results};
}
