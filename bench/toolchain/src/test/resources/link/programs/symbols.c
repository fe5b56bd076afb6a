/* Symbols of every kind, of two files: symbols_other.c is the other one. */
#include "digest.h"

extern int absent(int) __attribute__((weak));
extern int absent_number __attribute__((weak));
extern uint64_t shared_number, shared_array[], common_number;
extern const char shared_text[];
uint64_t overridden(uint64_t x);
uint64_t other(uint64_t x);
uint64_t other_address(void);

__attribute__((weak)) uint64_t overridden(uint64_t x) { return x + 1000; }
__attribute__((weak)) uint64_t kept(uint64_t x) { return x * 3; }
static uint64_t aliased(uint64_t x) { return x - 5; }
uint64_t alias(uint64_t x) __attribute__((alias("aliased")));

static uint64_t zeros[3 << 15];
static uint8_t __attribute__((aligned(4096))) page[100];
static uint8_t __attribute__((aligned(64))) line[3] = {1, 2, 3};
static struct {
    uint32_t count;
    uint64_t items[];
} flexible = {3, {7, 8, 9}};
static char empty[0];
static const uint64_t *const pointers[] = {&zeros[5], &shared_number, &shared_array[2]};
static const char *const texts[] = {"one", "two", shared_text, shared_text + 2};
static uint64_t *moved = &zeros[1000];

static uint64_t counter(void) {
    static uint64_t calls = 41;
    return calls = calls == 44 ? 42 : calls + 1;
}

uint64_t run(uint64_t parameter) {
    static uint64_t first_calls;
    for (int i = 0; i < 3; i++) {
        first_calls = counter();
    }
    take(first_calls);
    take(absent ? (uint64_t)absent(3) : 77);
    take(&absent_number ? (uint64_t)absent_number : 78);
    take(overridden(parameter));
    take(kept(parameter));
    take(alias(parameter));
    take(other(parameter));
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i += 1000) {
        take(zeros[i]);
        zeros[i] = i + parameter;
    }
    uintptr_t addresses[] = {(uintptr_t)page, (uintptr_t)line};
    __asm__ volatile("" : : "r"(addresses) : "memory");
    take(addresses[0] % 4096);
    take(addresses[1] % 64);
    take(line[0] + line[1] + line[2] + page[99]);
    for (uint32_t i = 0; i < flexible.count; i++) {
        take(flexible.items[i]);
    }
    take(sizeof empty);
    for (int i = 0; i < 3; i++) {
        take(*pointers[i]);
    }
    for (int i = 0; i < 4; i++) {
        take((uint64_t)texts[i][0] + strlen(texts[i]));
    }
    moved -= 3;
    *moved = parameter;
    take(zeros[997]);
    take((uint64_t)(moved - zeros));
    moved = &zeros[1000];
    shared_number += common_number;
    take(shared_number);
    common_number = parameter;
    take(other_address() == (uintptr_t)&common_number);
    take(other(3));
    common_number = 0;
    shared_number = 12;
    memset(zeros, 0, sizeof zeros);
    return digest;
}
