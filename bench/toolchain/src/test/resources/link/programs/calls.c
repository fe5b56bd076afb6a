/*
 * What compilers call by themselves: arithmetic that traps when it overflows (with -ftrapv), of complex numbers, of long
 * double and of numbers of 16 bits, atomic operations, counts of bits; and what they make of setjmp and large frames.
 */
#include "digest.h"

#include <setjmp.h>
#include <string.h>

static void bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    take(value == value ? bits : 1);
}

/* By way of values that the compiler does not know. */
static double any_double(void) {
    uint64_t kind = random_value() % 12;
    volatile double zero = 0;
    switch (kind) {
        case 0: return zero;
        case 1: return -zero;
        case 2: return 1 / zero;
        case 3: return -1 / zero;
        case 4: return zero / zero;
        default: return (double)(int64_t)random_value() * (kind < 8 ? 0x1p-70 : 1.5);
    }
}

__attribute__((noinline)) static void complex_numbers(void) {
    double parts[4] = {any_double(), any_double(), any_double(), any_double()};
    _Complex double a = __builtin_complex(parts[0], parts[1]);
    _Complex double b = __builtin_complex(parts[2], parts[3]);
    _Complex double product = a * b;
    int finite = __builtin_isfinite(__real__ a) && __builtin_isfinite(__imag__ a) && __builtin_isfinite(__real__ b)
        && __builtin_isfinite(__imag__ b);
    bits_of_double(__real__ product);
    bits_of_double(__imag__ product);
    _Complex double quotient = a / b;
    /* Libraries round quotients in ways of their own: the half of the digits. */
    if (finite && __builtin_isfinite(__real__ quotient) && (__real__ b != 0 || __imag__ b != 0)) {
        _Complex double back = quotient * b - a;
        double size = __builtin_fabs(__real__ a) + __builtin_fabs(__imag__ a);
        take(__builtin_fabs(__real__ back) + __builtin_fabs(__imag__ back) <= size * 0x1p-30 || size < 0x1p-900);
    }
    take(__builtin_isinf(__real__ quotient) || __builtin_isinf(__imag__ quotient));
    _Complex float small = __builtin_complex((float)(random_value() % 100), 3.0f);
    small *= small;
    bits_of_double(__real__ small);
    double base = 1 + (double)(random_value() % 5) / 4;
    int exponent = (int)(random_value() % 19) - 9;
    take(__builtin_powi(base, exponent) > 1);
    bits_of_double((double)__builtin_powif((float)(exponent + 10), (int)(base * 4) - 4));
}

__attribute__((noinline)) static void checked(void) {
    volatile int32_t word = (int32_t)(random_value() % 40000) - 20000;
    volatile int64_t wide = (int64_t)(random_value() % 2000000000) - 1000000000;
    volatile __int128 widest = (__int128)wide * 12345;
    take((uint64_t)(word * word + word - (-word)));
    take((uint64_t)(wide * wide + wide - (-wide)));
    take((uint64_t)(widest * 77 + widest - (-widest)));
    take((uint64_t)(word < 0 ? -word : word));
    __int128 result;
    /* Where it overflows GCC traps, told to trap elsewhere. */
    __int128 factor = (int64_t)random_value();
    take(__builtin_mul_overflow(factor, (int64_t)random_value(), &result));
    take((uint64_t)(result >> 60));
    int64_t product;
    int64_t any = (int64_t)random_value();
    take(__builtin_mul_overflow(any, (int64_t)random_value(), &product));
    take((uint64_t)__builtin_clrsbll(any) + (uint64_t)__builtin_clrsb((int)any));
    take((uint64_t)__builtin_ffsll(any) * 100 + (uint64_t)__builtin_ffs((int)any));
    take((uint64_t)__builtin_parityll(random_value()));
}

static uint64_t shared[2];
static unsigned char flag;

__attribute__((noinline)) static void atomics(void) {
    uint64_t value = random_value();
    take(__atomic_fetch_add(&shared[0], value, __ATOMIC_SEQ_CST));
    take(__atomic_sub_fetch(&shared[0], 5, __ATOMIC_RELAXED));
    take(__atomic_exchange_n(&shared[1], value, __ATOMIC_ACQ_REL));
    take(__atomic_or_fetch((uint8_t *)&shared[1] + 1, 0x81, __ATOMIC_SEQ_CST));
    take(__atomic_fetch_and((uint16_t *)&shared[1], 0xff0f, __ATOMIC_SEQ_CST));
    take(__atomic_xor_fetch((uint32_t *)&shared[1], 0x12345, __ATOMIC_SEQ_CST));
    take(__atomic_fetch_nand(&shared[0], value | 3, __ATOMIC_SEQ_CST));
    uint64_t expected = value & 1 ? shared[0] : 17;
    take(__atomic_compare_exchange_n(&shared[0], &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    take(expected + __atomic_load_n(&shared[0], __ATOMIC_ACQUIRE));
    take(__sync_val_compare_and_swap(&shared[1], shared[1], value));
    take(__sync_fetch_and_add((uint32_t *)&shared[0], 7));
    take(__sync_bool_compare_and_swap((uint8_t *)&shared[0], 3, 4));
    __sync_synchronize();
    flag = 0;
    take(__atomic_test_and_set(&flag, __ATOMIC_SEQ_CST));
    take(__atomic_test_and_set(&flag, __ATOMIC_SEQ_CST));
    __atomic_store_n(&shared[0], 0, __ATOMIC_SEQ_CST);
}

static jmp_buf environment;

__attribute__((noinline)) static void jump(int depth, uint64_t value) {
    volatile uint64_t kept[4] = {value, 2, 3, 4};
    if (depth == 0) {
        longjmp(environment, (int)(value % 3));
    }
    if (depth > 0) {
        jump(depth - 1, value);
    }
    take(kept[1]);
}

__attribute__((noinline)) static void jumps(void) {
    volatile uint64_t before = random_value();
    volatile int count = 0;
    int result = setjmp(environment);
    take((uint64_t)result);
    if (count++ < 4) {
        jump(count * 3, before + (uint64_t)count);
    }
    take(before);
}

/* A frame whose size is known only then, and one that is larger than an immediate. */
__attribute__((noinline)) static uint64_t frames(uint64_t length) {
    uint32_t numbers[length];
    uint8_t large[10000];
    for (uint64_t i = 0; i < length; i++) {
        numbers[i] = (uint32_t)random_value();
    }
    memset(large, (int)length, sizeof large);
    __asm__ volatile("" : : "r"(numbers), "r"(large) : "memory");
    uint64_t sum = large[9999];
    for (uint64_t i = 0; i < length; i++) {
        sum = sum * 3 + numbers[i];
    }
    return sum;
}

struct __attribute__((packed)) packed {
    uint8_t first;
    uint32_t second;
    uint64_t third;
    uint16_t fourth;
};

struct large {
    uint64_t words[9];
};

__attribute__((noinline)) static struct large by_value(struct large given, struct packed packed) {
    given.words[packed.first % 9] += packed.third ^ packed.second;
    given.words[8] -= packed.fourth;
    return given;
}

__attribute__((noinline)) static void structures(void) {
    uint64_t any = random_value();
    struct packed packed = {(uint8_t)any, (uint32_t)(any >> 7), any * 3, (uint16_t)(any >> 30)};
    struct large large = {{1, 2, 3, 4, 5, 6, 7, 8, random_value()}};
    struct large result = by_value(large, packed);
    for (int i = 0; i < 9; i++) {
        take(result.words[i]);
    }
}

/* Symbols that the linker defines: all of a section. */
__attribute__((section("numbers"), used)) static const uint64_t first_number = 41;
__attribute__((section("numbers"), used)) static const uint64_t second_number = 59;
extern const uint64_t __start_numbers[];
extern const uint64_t __stop_numbers[];

static uint64_t constructed;

__attribute__((constructor)) static void construct(void) {
    constructed += 100;
}

uint64_t run(uint64_t parameter) {
    uint64_t sum = 0;
    for (const uint64_t *number = __start_numbers; number < __stop_numbers; number++) {
        sum += *number;
    }
    take(sum);
    take(constructed);
    for (int i = 0; i < 25; i++) {
        complex_numbers();
        checked();
        atomics();
        structures();
        take(frames(random_value() % 50));
    }
    jumps();
    shared[0] = shared[1] = 0;
    return digest + parameter;
}
