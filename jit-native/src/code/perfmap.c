/* Names for Linux's perf, in the form of its documentation (jit-interface.txt): START SIZE NAME, in hexadecimal. */
#include "code/perfmap.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(FILE *map, const struct variant *variant, uint64_t start, uint64_t end, unsigned number,
                const char *what, uint32_t pc) {
    static const char *const kinds[VARIANT_COUNT] = {"fast", "exact", "checked"};
    fprintf(map, "%" PRIxPTR " %" PRIx64 " pvm_%u_%s_%s_%" PRIu32 "\n", (uintptr_t)variant->code + start, end - start,
            number, kinds[variant->kind], what, pc);
}

/* The file of this process; null when it cannot be had, or is not a file of this user's alone. */
static FILE *open_map(void) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%ld.map", (long)getpid());
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    struct stat status;
    FILE *map = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
                        status.st_uid == geteuid()
                    ? fdopen(file, "a")
                    : NULL;
    if (map == NULL && file >= 0) {
        close(file);
    }
    return map;
}

void perfmap_write(const struct variant *variant, const struct program *program, const pvm_block *blocks) {
    static atomic_uint modules;
    FILE *map = open_map();
    if (map == NULL) {
        return;
    }
    unsigned number = atomic_fetch_add(&modules, 1) + 1;
    for (uint32_t n = variant->section.first.block; n < variant->section.end.block; n++) {
        bool last = n + 1 == variant->section.end.block;
        uint64_t start = variant->offsets[variant_slot(variant, program, blocks[n].pc)];
        uint64_t end = last ? variant->end_offset : variant->offsets[variant_slot(variant, program, blocks[n + 1].pc)];
        put(map, variant, start, end, number, "block", blocks[n].pc);
    }
    put(map, variant, variant->end_offset, variant->size, number, "exits", 0);
    fclose(map);
}
