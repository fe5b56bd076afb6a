/* The heap, and what is done to strings and blocks of memory. */
#include "digest.h"

#define BLOCKS 64

static uint8_t *blocks[BLOCKS];
static size_t sizes[BLOCKS];

static void check(unsigned i) {
    for (size_t j = 0; j < sizes[i]; j++) {
        take(blocks[i][j]);
    }
}

static void fill(unsigned i, size_t from) {
    for (size_t j = from; j < sizes[i]; j++) {
        blocks[i][j] = (uint8_t)(j * 7 + i);
    }
}

static void heap(void) {
    for (int step = 0; step < 400; step++) {
        unsigned i = (unsigned)(random_value() % BLOCKS);
        size_t size = random_value() % (random_value() % 16 == 0 ? 9000 : 200) + 1;
        switch (random_value() % 4) {
            case 0:
                free(blocks[i]);
                blocks[i] = NULL;
                sizes[i] = 0;
                break;
            case 1: {
                size_t before = sizes[i] < size ? sizes[i] : size;
                blocks[i] = realloc(blocks[i], size);
                sizes[i] = size;
                fill(i, before);
                break;
            }
            case 2:
                free(blocks[i]);
                blocks[i] = calloc(size, 3);
                sizes[i] = size * 3;
                for (size_t j = 0; j < sizes[i]; j++) {
                    take(blocks[i][j]);
                }
                fill(i, 0);
                break;
            default:
                free(blocks[i]);
                blocks[i] = malloc(size);
                sizes[i] = size;
                fill(i, 0);
                break;
        }
        take((uintptr_t)blocks[i] & 15);
        if (step % 50 == 0) {
            check(i);
        }
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        check(i);
        free(blocks[i]);
        blocks[i] = NULL;
        sizes[i] = 0;
    }
}

static int sign(int x) { return (x > 0) - (x < 0); }

static void copies(void) {
    uint8_t a[300], b[300];
    for (unsigned i = 0; i < sizeof a; i++) {
        a[i] = (uint8_t)random_value();
        b[i] = (uint8_t)(a[i] ^ (random_value() % 50 == 0));
    }
    for (int i = 0; i < 300; i++) {
        size_t from = random_value() % 100, to = random_value() % 100, length = random_value() % 200;
        switch (i % 5) {
            case 0: memmove(a + to, a + from, length); break;
            case 1: memcpy(b + to, a + from, length); break;
            case 2: memset(a + to, i, length / 8); break;
            case 3: take((uint64_t)sign(memcmp(a + from, b + from, length))); break;
            default: {
                uint8_t *found = memchr(a + from, i, length);
                take(found ? (uint64_t)(found - a) : 1000);
            }
        }
    }
    for (unsigned i = 0; i < sizeof a; i++) {
        take(a[i]);
        take(b[i]);
    }
}

static void strings(void) {
    char a[200], b[100];
    for (int i = 0; i < 100; i++) {
        size_t length = random_value() % 60;
        for (size_t j = 0; j < length; j++) {
            a[j] = (char)('a' + random_value() % 3);
            b[j] = (char)('a' + random_value() % 3);
        }
        a[length] = 0;
        b[length / 3] = 0;
        take(strlen(a) + strnlen(b, 7));
        take((uint64_t)sign(strcmp(a, b)));
        take((uint64_t)sign(strncmp(a, b, 3)));
        char *found = strchr(a, 'b');
        take(found ? (uint64_t)(found - a) : 1000);
        found = strrchr(a, 'c');
        take(found ? (uint64_t)(found - a) : 1000);
        b[2] = 0;
        found = strstr(a, b);
        take(found ? (uint64_t)(found - a) : 1000);
        take(strspn(a, "ab") * 100 + strcspn(a, "c"));
        char c[128];
        strcpy(c, a);
        strcat(c, b);
        strncpy(c + 5, b, 4);
        take(strlen(c));
        for (char *p = c; *p; p++) {
            take((uint64_t)*p);
        }
    }
}

uint64_t run(uint64_t parameter) {
    heap();
    copies();
    strings();
    return digest + parameter;
}
