/* The parts of the runtime that keep something: the heap, sorting and searching, jumps out of functions, atomics. */
#include "family.h"

#include <setjmp.h>
#include <stdlib.h>

int _setjmp(jmp_buf environment) __attribute__((returns_twice));
_Noreturn void _longjmp(jmp_buf environment, int value);

/* A digest of what a program comes to: natively of what it is to come to, found without the function. */
static u64 mix(u64 digest, u64 word) {
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 29;
}

static void only_number(u64 index, value *x) {
    x[0].u64 = index;
}

/* The heap: blocks of a history of requests keep what is written to them, lie apart, and are aligned. */
enum { BLOCKS = 24, STEPS = 160 };

typedef struct {
    uint8_t *memory;
    size_t size;
    uint8_t content;
} block;

/* 1 when a block is as it should be: at a multiple of 16, its own octets in it, and no other block. */
static u64 is_sound(const block *all, const block *one) {
    if (one->memory == NULL) {
        return one->size == 0;
    }
    for (size_t i = 0; i < one->size; i += i + 8 < one->size ? 8 : 1) {
        if (one->memory[i] != one->content) {
            return 0;
        }
    }
    for (const block *other = all; other < all + BLOCKS; other++) {
        uintptr_t begin = (uintptr_t)one->memory, its_begin = (uintptr_t)other->memory;
        if (other != one && other->memory != NULL && begin < its_begin + other->size && its_begin < begin + one->size) {
            return 0;
        }
    }
    return (uintptr_t)one->memory % 16 == 0;
}

/* Mostly small; some that the heap has to grow for. */
static size_t size_at(u64 index, u64 step) {
    u64 word = random_word(index, step);
    return (size_t)(word >> 8) % (word % 16 == 0 ? 70000 : word % 4 == 0 ? 2000 : 100);
}

static void put(block *one, uint8_t *memory, size_t size, uint8_t content) {
    *one = (block){memory, memory == NULL ? 0 : size, content};
    if (memory != NULL) {
        memset(memory, content, size);
    }
}

/* How many of the checks of a history hold, step for step: allocations of every kind, freed in any order. */
static u64 history(u64 index) {
    static block blocks[BLOCKS];
    u64 sound = 0;
    memset(blocks, 0, sizeof blocks);
    for (u64 step = 0; step < STEPS; step++) {
        u64 choice = random_word(index, step + STEPS);
        block *one = &blocks[choice % BLOCKS];
        size_t size = size_at(index, step);
        uint8_t content = (uint8_t)(step + 1);
        sound += is_sound(blocks, one);
        if (one->memory == NULL && choice >> 32 & 1) {
            uint8_t *memory = calloc(size / 8 + 1, 8);
            size = (size / 8 + 1) * 8;
            for (size_t i = 0; i < size; i += 8) {
                sound += memory[i] == 0 && memory[i + 7] == 0;
            }
            put(one, memory, size, content);
        } else if (one->memory == NULL) {
            put(one, malloc(size), size, content);
        } else if (choice >> 33 & 1) {
            uint8_t *memory = realloc(one->memory, size + 1);
            size_t kept = one->size < size + 1 ? one->size : size + 1;
            for (size_t i = 0; i < kept; i += 8) {
                sound += memory[i] == one->content;
            }
            put(one, memory, size + 1, content);
        } else {
            free(one->memory);
            *one = (block){NULL, 0, 0};
        }
    }
    for (block *one = blocks; one < blocks + BLOCKS; one++) {
        sound += is_sound(blocks, one);
        free(one->memory);
    }
    return sound;
}

/* A block that grows and shrinks in place where there is room, beside one that stays: 1 for each thing that holds. */
static u64 resizing(u64 index) {
    size_t size = (size_t)(index % 97 + 1);
    uint8_t *first = malloc(size), *second = malloc(size);
    memset(first, 1, size);
    memset(second, 2, size);
    first = realloc(first, size * 40);
    memset(first + size, 3, size * 39);
    u64 holds = first[0] == 1 && first[size - 1] == 1 && second[0] == 2 && second[size - 1] == 2;
    first = realloc(first, size);
    uint8_t *third = realloc(NULL, size);
    memset(third, 4, size);
    holds += first[0] == 1 && first[size - 1] == 1 && second[0] == 2 && second[size - 1] == 2;
    free(second);
    first = realloc(first, size * 2);
    holds += first[size - 1] == 1 && third[0] == 4 && third[size - 1] == 4;
    free(first);
    free(third);
    free(NULL);
    return holds;
}

/* What cannot be had is NULL, and what is there stays: sizes beyond the memory, and products beyond their type. */
static u64 refusals(u64 index) {
    uint8_t *kept = malloc(64);
    memset(kept, 5, 64);
    volatile size_t most = SIZE_MAX - index % 40, many = (size_t)1 << 32;
    u64 holds = malloc(most) == NULL;
    holds += malloc((size_t)1 << 33) == NULL || EITHER(0, 1);
    holds += calloc(most / 2, 3) == NULL;
    holds += calloc(many, many) == NULL;
    holds += realloc(kept, most) == NULL;
    holds += kept[0] == 5 && kept[63] == 5;
    uint8_t *nothing = malloc(0), *other = malloc(1);
    holds += nothing != other;
    free(nothing);
    free(other);
    free(kept);
    return holds;
}

/* The heap does not grow for ever when blocks are freed: 1 when the last of many lies where those before did. */
static u64 reuse(u64 index) {
    size_t size = (size_t)(index % 50 + 1) * 3000;
    uintptr_t greatest = 0;
    for (int round = 0; round < 20; round++) {
        void *blocks[8];
        for (int i = 0; i < 8; i++) {
            blocks[i] = malloc(size);
            if (round == 0 && (uintptr_t)blocks[i] > greatest) {
                greatest = (uintptr_t)blocks[i];
            }
            if ((uintptr_t)blocks[i] > greatest) {
                return 0;
            }
        }
        for (int i = 0; i < 8; i++) {
            free(blocks[(i * 3 + round) % 8]);
        }
    }
    return 1;
}

#define SAME_ON_BOTH(name, call) FUNCTION(name, , u64, call, call)

static const char *on_heap(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        SAME_ON_BOTH(malloc calloc realloc free, history(x[0].u64))
        SAME_ON_BOTH(realloc, resizing(x[0].u64))
        SAME_ON_BOTH(malloc calloc, refusals(x[0].u64))
        FUNCTION(free, , u64, reuse(x[0].u64), 1)
        default: return NULL;
    }
}

const family heaps = {.name = "heap", .apply = on_heap, .operands = only_number, .edges = 200, .slow = 1};

/* Sorting and searching: elements of any size, by a key that several may have. */
enum { MOST = 120 };

static size_t element_size;
static u64 comparisons;

static int by_key(const void *left, const void *right) {
    const uint8_t *a = left, *b = right;
    comparisons++;
    return a[element_size - 1] - b[element_size - 1];
}

static size_t elements(u64 index, uint8_t *array) {
    static const uint8_t SIZES[] = {1, 2, 3, 7, 8, 9, 16, 23};
    element_size = SIZES[index % COUNT(SIZES)];
    size_t count = (size_t)(index / COUNT(SIZES) % MOST);
    for (size_t i = 0; i < count * element_size; i++) {
        u64 word = random_word(index, i);
        array[i] = (uint8_t)(index % 3 == 0 ? word % 4 : index % 3 == 1 ? word : i / element_size);
    }
    return count;
}

/* What does not depend on the order of elements: a sum over all of them. */
static u64 contents(const uint8_t *array, size_t count) {
    u64 sum = 0;
    for (size_t i = 0; i < count; i++) {
        u64 one = 0;
        for (size_t octet = 0; octet < element_size; octet++) {
            one = mix(one, array[i * element_size + octet]);
        }
        sum += one;
    }
    return sum;
}

/* The keys in their order, and what all elements are; 0 when it took too many comparisons, as bad sorts may. */
static u64 sorted(u64 index) {
    static uint8_t array[MOST * 32];
    size_t count = elements(index, array);
    comparisons = 0;
    qsort(array, count, element_size, by_key);
    u64 digest = EITHER(comparisons > 2 * 8 * MOST, 0) ? 0 : contents(array, count);
    for (size_t i = 0; i < count; i++) {
        digest = mix(digest, array[i * element_size + element_size - 1]);
    }
    return digest;
}

/* For each key whether it is there; what is found must have it. */
static u64 searched(u64 index) {
    static uint8_t array[MOST * 32];
    size_t count = elements(index, array);
    qsort(array, count, element_size, by_key);
    u64 digest = 0;
    for (unsigned key = 0; key < 256; key += 1 + key / 16) {
        uint8_t wanted[32] = {0};
        wanted[element_size - 1] = (uint8_t)key;
        const uint8_t *found = bsearch(wanted, array, count, element_size, by_key);
        digest = mix(digest, found == NULL ? 2
                             : (size_t)(found - array) % element_size == 0 && found[element_size - 1] == key);
    }
    return digest;
}

static const char *sort(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        SAME_ON_BOTH(qsort, sorted(x[0].u64))
        SAME_ON_BOTH(bsearch, searched(x[0].u64))
        FUNCTION(abs labs, , u64, (u64)abs((int)x[0].u64 - 300) + (u64)labs(300 - (long)x[0].u64),
                 2 * (x[0].u64 > 300 ? x[0].u64 - 300 : 300 - x[0].u64))
        default: return NULL;
    }
}

const family sorting = {.name = "sorting", .apply = sort, .operands = only_number, .edges = 8 * MOST, .slow = 1};

/* Jumps out of any number of calls, with registers in use on both sides. */
static jmp_buf outer;
static volatile int is_ready = 1;

__attribute__((noinline)) static u64 descend(u64 depth, u64 value) {
    volatile u64 room[8] = {depth, value};
    if (depth == 0 && is_ready) {
        longjmp(outer, (int)value);
    }
    if (depth == 0) {
        return value;
    }
    return descend(depth - 1, value) + room[depth % 8];
}

/* The value that comes back: never 0. What is computed before and after is kept. */
static u64 jumped(u64 index) {
    volatile u64 passes = 0;
    u64 a = random_word(index, 0), b = random_word(index, 1);
    int value = (int)(index % 5) - 2;
    u64 before = a * 3 + b;
    int back = setjmp(outer);
    passes = passes + 1;
    if (back == 0) {
        return descend(index % 40, (u64)(i64)value);
    }
    return passes == 2 && before == a * 3 + b ? (u64)(u32)back : 0;
}

/* An inner jump within an outer one: each returns to its own place. */
static u64 nested(u64 index) {
    jmp_buf inner;
    volatile u64 path = 1;
    int back = _setjmp(outer);
    if (back != 0) {
        return path * 10 + (u64)back;
    }
    for (volatile u64 i = 0; i < 3; i = i + 1) {
        int again = setjmp(inner);
        path = path * 10 + (u64)again;
        if (again < (int)(index % 4)) {
            longjmp(inner, again + 1);
        }
    }
    _longjmp(outer, 7);
}

/* What nested is to come to: digits 0 to the greatest, three times, and then 7. */
static u64 path_of(u64 index) {
    u64 path = 1;
    for (int i = 0; i < 3; i++) {
        for (u64 digit = 0; digit <= index % 4; digit++) {
            path = path * 10 + digit;
        }
    }
    return path * 10 + 7;
}

/*
 * Which registers a jump brings back, by a function whose registers no compiler chooses: 1 for s0, 2 for s1, 4 for sp,
 * and 8 times the value that comes back.
 */
#ifdef __PVM__
u64 registers_kept(jmp_buf environment, u64 value);
__asm__("    .section .text.registers_kept, \"ax\", @progbits\n"
        "    .globl registers_kept\n"
        "    .type registers_kept, @function\n"
        "registers_kept:\n"
        "    addi sp, sp, -64\n"
        "    sd ra, 0(sp)\n"
        "    sd s0, 8(sp)\n"
        "    sd s1, 16(sp)\n"
        "    sd a0, 24(sp)\n"
        "    sd a1, 32(sp)\n"
        "    li s0, 0x123456\n"
        "    addi s1, sp, 3\n"
        "    call setjmp\n"
        "    bnez a0, 1f\n"
        "    ld a0, 24(sp)\n"
        "    ld a1, 32(sp)\n"
        "    li s0, 1\n"
        "    li s1, 2\n"
        "    addi sp, sp, -128\n"
        "    call longjmp\n"
        "1:  slli a0, a0, 3\n"
        "    li t0, 0x123456\n"
        "    bne t0, s0, 2f\n"
        "    ori a0, a0, 1\n"
        "2:  addi t0, sp, 3\n"
        "    bne t0, s1, 3f\n"
        "    ori a0, a0, 2\n"
        "3:  ld t0, 32(sp)\n"
        "    slli t0, t0, 3\n"
        "    ori t1, a0, 7\n"
        "    ori t0, t0, 7\n"
        "    bne t0, t1, 4f\n"
        "    ori a0, a0, 4\n"
        "4:  ld ra, 0(sp)\n"
        "    ld s0, 8(sp)\n"
        "    ld s1, 16(sp)\n"
        "    addi sp, sp, 64\n"
        "    ret\n"
        "    .size registers_kept, .-registers_kept\n");
#endif

static const char *jump(u64 function, const value *x, value *result) {
    enum { FIRST = __COUNTER__ + 1 };
    switch (function) {
        FUNCTION(setjmp longjmp, , u64, jumped(x[0].u64),
                 x[0].u64 % 5 == 2 ? 1 : (u64)(u32)((i32)(x[0].u64 % 5) - 2))
        FUNCTION(setjmp longjmp, , u64, registers_kept(outer, x[0].u64 + 1), (x[0].u64 + 1) * 8 + 7)
        FUNCTION(_setjmp _longjmp, , u64, nested(x[0].u64), path_of(x[0].u64))
        default: return NULL;
    }
}

const family jumps = {.name = "jumps", .apply = jump, .operands = only_number, .edges = 200, .slow = 1};
