/* Names of blocks for perf: a line for each, in the file of this process; none where somebody else has put something. */
#include "check.h"
#include "guest.h"

#include <unistd.h>

static char path[64];
static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;

/* A call of the host, and a jump back to it. */
static void compile_with_map(void) {
    pvm_engine_config config = {.flags = PVM_FLAG_PERF_MAP, .code_arena_bytes = 1 << 20};
    pvm_error error = {0};
    if (pvm_engine_create(&config, &engine, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
    guest_clear(&guest);
    put_imm(&guest, OP_ecalli, 0);
    put_off(&guest, OP_jump, 0);
    module = compile(engine, &guest);
}

static void close_engine(void) {
    pvm_module_release(module);
    destroy_engine(engine);
}

/* The lines name the blocks in order, and together they are the machine code, without a gap. */
TEST(every_block_has_a_line) {
    compile_with_map();
    const struct variant *variant = links_variant(&module->links, 0, module_main_kind(module));
    FILE *map = fopen(path, "r");
    CHECK(map != NULL);
    uint64_t next = (uint64_t)(uintptr_t)variant->code + variant->offsets[0], start, size;
    uint32_t lines = 0;
    char name[64], expected[64];
    while (fscanf(map, "%" SCNx64 " %" SCNx64 " %63s", &start, &size, name) == 3) {
        CHECK_EQ(start, next);
        next = start + size;
        if (lines < module->program.block_count) {
            snprintf(expected, sizeof expected, "_block_%u", module->blocks[lines].pc);
        } else {
            snprintf(expected, sizeof expected, "_exits_0");
        }
        CHECK(strncmp(name, "pvm_", 4) == 0 && strstr(name, expected) != NULL);
        lines++;
    }
    fclose(map);
    CHECK_EQ(lines, module->program.block_count + 1);
    CHECK_EQ(next, (uint64_t)(uintptr_t)variant->code + variant->size);
    close_engine();
}

/* A link there is not followed, and the program runs all the same. */
TEST(a_link_is_not_followed) {
    char target[80];
    snprintf(target, sizeof target, "%s.target", path);
    unlink(path);
    CHECK(symlink(target, path) == 0);
    compile_with_map();
    CHECK(access(target, F_OK) != 0);
    close_engine();
}

int main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    snprintf(path, sizeof path, "/tmp/perf-%ld.map", (long)getpid());
    RUN(every_block_has_a_line);
    RUN(a_link_is_not_followed);
    unlink(path);
    return check_finish();
}
