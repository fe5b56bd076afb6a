/*
 * malloc, calloc, realloc and free: chunks with a size in front, free ones in lists by size, neighbours joined at once.
 *
 * A chunk is 8 octets of size and two flags, then what the caller uses, aligned to 16 octets. A free chunk holds the
 * links of its list after the size and its size again in its last 8 octets, where its right neighbour finds it. The
 * heap ends with a chunk of size 0 that counts as used.
 */
#include <stdlib.h>
#include <string.h>

#include "octets.h"

#ifdef __PVM__
#include <pvm.h>

/* Both from the linker: behind the program's data, and the end of the pages that are writable at the start. */
extern uint8_t __heap_start[];
extern uint8_t __heap_end[];

static uintptr_t first_end(void) {
    return (uintptr_t)__heap_end;
}

/* Makes the octets up to `end` (of a page) writable. */
static int extend(uintptr_t end) {
    return pvm_grow_heap(end / PVM_PAGE_SIZE) == end / PVM_PAGE_SIZE;
}

#define HEAP_START ((uintptr_t)__heap_start)
#define PAGE 4096
#define HEAP_LIMIT (UINT64_C(1) << 32)
#else
/* The same for WebAssembly, where the benchmarks run the same programs. */
extern uint8_t __heap_base[];

static uintptr_t first_end(void) {
    return __builtin_wasm_memory_size(0) * 65536;
}

static int extend(uintptr_t end) {
    return __builtin_wasm_memory_grow(0, end / 65536 - __builtin_wasm_memory_size(0)) != (size_t)-1;
}

#define HEAP_START ((uintptr_t)__heap_base)
#define PAGE 65536
#define HEAP_LIMIT (UINT64_C(1) << 31)
#endif

#define USED UINT64_C(1)      /* this chunk is in use */
#define LEFT_USED UINT64_C(2) /* the chunk before it is */
#define FLAGS UINT64_C(15)
#define SMALLEST UINT64_C(32)
#define GROWTH UINT64_C(65536) /* the heap grows by no less, if it can */

struct chunk {
    uint64_t header;
    struct chunk *next; /* these two in a free chunk only */
    struct chunk *previous;
};

/* List i < 30: sizes of exactly 32 + 16 i octets; above: sizes from 2^(i - 21) to less than twice that. */
enum { EXACT_LISTS = 30, LISTS = 54 };

static struct {
    uint64_t filled; /* bit i: list i is not empty */
    struct chunk *lists[LISTS];
    uintptr_t end; /* of the heap; 0 before the first use */
} heap;

static uint64_t size_of(const struct chunk *chunk) {
    return chunk->header & ~FLAGS;
}

static struct chunk *right_of(struct chunk *chunk) {
    return (struct chunk *)((uintptr_t)chunk + (uintptr_t)size_of(chunk));
}

static uint64_t *last_word(struct chunk *chunk) {
    return (uint64_t *)((uintptr_t)right_of(chunk) - 8);
}

static void *contents(struct chunk *chunk) {
    return (void *)((uintptr_t)chunk + 8);
}

static struct chunk *chunk_of(void *memory) {
    return (struct chunk *)((uintptr_t)memory - 8);
}

/* Sizes below 512 have lists of their own; 512 is 2^9 and goes to list 30. */
static unsigned list_of(uint64_t size) {
    if (size < 512) {
        return (unsigned)(size / 16) - 2;
    }
    return EXACT_LISTS + (63 - (unsigned)__builtin_clzll(size)) - 9;
}

static void put(struct chunk *chunk) {
    unsigned list = list_of(size_of(chunk));
    *last_word(chunk) = size_of(chunk);
    chunk->previous = NULL;
    chunk->next = heap.lists[list];
    if (chunk->next != NULL) {
        chunk->next->previous = chunk;
    }
    heap.lists[list] = chunk;
    heap.filled |= UINT64_C(1) << list;
}

static void take(struct chunk *chunk) {
    if (chunk->next != NULL) {
        chunk->next->previous = chunk->previous;
    }
    if (chunk->previous != NULL) {
        chunk->previous->next = chunk->next;
        return;
    }
    unsigned list = list_of(size_of(chunk));
    heap.lists[list] = chunk->next;
    if (chunk->next == NULL) {
        heap.filled &= ~(UINT64_C(1) << list);
    }
}

/* Makes a chunk free, with what is free beside it. */
static void release(struct chunk *chunk) {
    uint64_t size = size_of(chunk);
    struct chunk *right = right_of(chunk);
    if ((right->header & USED) == 0) {
        take(right);
        size += size_of(right);
    }
    if ((chunk->header & LEFT_USED) == 0) {
        struct chunk *left = (struct chunk *)((uintptr_t)chunk - (uintptr_t)((uint64_t *)chunk)[-1]);
        take(left);
        size += size_of(left);
        chunk = left;
    }
    chunk->header = size | LEFT_USED; /* two free chunks are never side by side */
    right_of(chunk)->header &= ~LEFT_USED;
    put(chunk);
}

/* Cuts a used chunk to `size` octets and frees the rest, if that is a chunk. */
static void cut(struct chunk *chunk, uint64_t size) {
    uint64_t rest = size_of(chunk) - size;
    if (rest < SMALLEST) {
        return;
    }
    chunk->header = size | (chunk->header & FLAGS);
    struct chunk *tail = right_of(chunk);
    tail->header = rest | USED | LEFT_USED;
    release(tail);
}

/* The first chunk of the heap, as large as the pages that are there, and the one that ends it. */
static int begin(void) {
    uintptr_t start = (HEAP_START + 8 + 15) / 16 * 16 - 8; /* what follows the header is aligned */
    uintptr_t end = first_end();
    if (end < start + SMALLEST + 8) {
        end = (start + SMALLEST + 8 + PAGE - 1) / PAGE * PAGE;
        if (!extend(end)) {
            return 0;
        }
    }
    struct chunk *last = (struct chunk *)(end - 8);
    struct chunk *first = (struct chunk *)start;
    last->header = USED;
    first->header = (uint64_t)((uintptr_t)last - start) | USED | LEFT_USED;
    heap.end = end;
    release(first);
    return 1;
}

/* Adds pages for a chunk of `size` octets behind the end. */
static int grow(uint64_t size) {
    uint64_t least = (heap.end + size + PAGE - 1) / PAGE * PAGE;
    uint64_t end = (heap.end + (size > GROWTH ? size : GROWTH) + PAGE - 1) / PAGE * PAGE;
    if (least > HEAP_LIMIT) {
        return 0;
    }
    if (end > HEAP_LIMIT || !extend((uintptr_t)end)) {
        end = least;
        if (!extend((uintptr_t)end)) {
            return 0;
        }
    }
    /* The chunk of size 0 that ended the heap begins the new one. */
    struct chunk *added = (struct chunk *)(heap.end - 8);
    struct chunk *last = (struct chunk *)(uintptr_t)(end - 8);
    last->header = USED;
    added->header = (uint64_t)((uintptr_t)last - (uintptr_t)added) | USED | (added->header & LEFT_USED);
    heap.end = (uintptr_t)end;
    release(added);
    return 1;
}

static struct chunk *find(uint64_t size) {
    unsigned list = list_of(size);
    if (list >= EXACT_LISTS) {
        for (struct chunk *chunk = heap.lists[list]; chunk != NULL; chunk = chunk->next) {
            if (size_of(chunk) >= size) {
                return chunk;
            }
        }
        list++;
    }
    uint64_t candidates = heap.filled >> list << list;
    return candidates == 0 ? NULL : heap.lists[__builtin_ctzll(candidates)];
}

/* Octets of a chunk that holds `size`; 0 when there can be none. */
static uint64_t chunk_size(size_t size) {
    if (size > HEAP_LIMIT) {
        return 0;
    }
    uint64_t whole = ((uint64_t)size + 8 + 15) & ~UINT64_C(15);
    return whole < SMALLEST ? SMALLEST : whole;
}

/* malloc by another name: compilers replace malloc and memset in a row by calloc, also within calloc. */
static void *allocate(size_t size) {
    uint64_t whole = chunk_size(size);
    if (whole == 0 || (heap.end == 0 && !begin())) {
        return NULL;
    }
    struct chunk *chunk = find(whole);
    if (chunk == NULL) {
        if (!grow(whole)) {
            return NULL;
        }
        chunk = find(whole);
    }
    take(chunk);
    chunk->header |= USED;
    right_of(chunk)->header |= LEFT_USED;
    cut(chunk, whole);
    return contents(chunk);
}

RUNTIME void *malloc(size_t size) {
    return allocate(size);
}

RUNTIME void free(void *memory) {
    if (memory != NULL) {
        release(chunk_of(memory));
    }
}

RUNTIME void *calloc(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        return NULL;
    }
    void *memory = allocate(total);
    return memory == NULL ? NULL : memset(memory, 0, total);
}

RUNTIME void *realloc(void *memory, size_t size) {
    if (memory == NULL) {
        return allocate(size);
    }
    uint64_t whole = chunk_size(size);
    if (whole == 0) {
        return NULL;
    }
    struct chunk *chunk = chunk_of(memory);
    struct chunk *right = right_of(chunk);
    if (size_of(chunk) < whole && (right->header & USED) == 0 && size_of(chunk) + size_of(right) >= whole) {
        take(right);
        chunk->header += size_of(right);
        right_of(chunk)->header |= LEFT_USED;
    }
    if (size_of(chunk) >= whole) {
        cut(chunk, whole);
        return memory;
    }
    void *moved = allocate(size);
    if (moved != NULL) {
        memcpy(moved, memory, (size_t)(size_of(chunk) - 8));
        free(memory);
    }
    return moved;
}
