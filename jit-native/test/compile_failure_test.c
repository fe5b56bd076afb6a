/* The system refuses a call while a block is compiled that is longer than what is looked at at a time: for each call, alone and with
 * all behind it, on a stack that is not clean. */
#include "check.h"
#include "guest.h"
#include "refuse.h"

static struct guest guest;
static uint32_t flags;

/* What compiling finds on its stack: nothing that it may take for its own. */
static __attribute__((noinline)) void soil_stack(void) {
    volatile uint8_t octets[128 << 10];
    for (size_t n = 0; n < sizeof octets; n++) {
        octets[n] = 0x55;
    }
}

/* Of an engine that has no code space with memory yet. */
static bool long_block_step(int fail_at, bool persistent) {
    pvm_error error = {0};
    pvm_statistics statistics;
    pvm_module *module = NULL;
    uint64_t length;
    uint8_t *blob = guest_blob(&guest, &length);
    pvm_engine *engine = make_engine(flags, PVM_REVISION_NEXT);
    soil_stack();
    arm(fail_at, persistent);
    int32_t result = pvm_module_compile(engine, blob, length, &module, &error);
    bool met = disarm();
    free(blob);
    CHECK(result == PVM_OK ||
          (result == PVM_RESOURCE_LIMIT && error.status == PVM_RESOURCE_LIMIT && error.message[0] != 0));
    pvm_module_release(module);
    pvm_engine_statistics(engine, &statistics);
    CHECK_EQ(statistics.code_bytes_used, 0);
    destroy_engine(engine);
    return met;
}

/* A block for which there is room at its beginning, and not at its end. */
TEST(a_block_that_room_ends_in) {
    guest_clear(&guest);
    while (guest.length < 80000) {
        put_reg_imm(&guest, OP_load_imm, 1, -123456789);
    }
    put_opcode(&guest, OP_trap);
    static const uint32_t flag_sets[] = {0, PVM_FLAG_SINGLE_MAPPING, PVM_FLAG_ALWAYS_CHECKED | HARDENED};
    for (size_t n = 0; n < sizeof flag_sets / sizeof *flag_sets; n++) {
        flags = flag_sets[n];
        with_every_failure(long_block_step);
    }
}

int main(void) {
    RUN(a_block_that_room_ends_in);
    return check_finish();
}
