/* A revision is a row of data: one that never was, with an opcode renumbered, one taken out, another way to read third
 * registers and other limits, decides in every part of the library without a line of code. */
#include "check.h"
#include "guest.h"

/* sub_64 has the octet 3 here, unlikely 4 and trap 5; min_u does not exist. */
static const uint8_t opcodes[256] = {
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    [OP_##name == OP_sub_64        ? 3                                                                                 \
        : OP_##name == OP_unlikely ? 4                                                                                 \
        : OP_##name == OP_trap     ? 5                                                                                 \
                                   : (code)] = OP_##name == OP_min_u ? OP_undefined : OP_##name,
#include "isa/opcodes.def"
#undef OPCODE
};

static const struct revision_rules rules = {.label = "made up",
                                            .opcodes = opcodes,
                                            .third_register_mask = 7,
                                            .maximum_code_length = 64,
                                            .maximum_jump_table_length = 2,
                                            .empty_entries_count = true,
                                            .cmov_reads_destination = false};

static struct guest guest;
static pvm_engine *engine;

static void check_refused(const char *message) {
    uint64_t length;
    uint8_t *blob = guest_blob(&guest, &length);
    pvm_module *module;
    pvm_error error = {0};
    CHECK_EQ(pvm_module_compile(engine, blob, length, &module, &error), PVM_INVALID_PROGRAM);
    free(blob);
    CHECK_STR(error.message, message);
}

TEST(octets_and_third_registers) {
    guest_clear(&guest);
    put_start(&guest, 3); /* sub_64 */
    put_octet(&guest, 0x21);
    put_octet(&guest, 0xFE);
    uint32_t trap = put_start(&guest, 5);
    pvm_module *module = compile(engine, &guest);
    pvm_context *context = instantiate(module, NULL, 0);
    context->gas = 1000;
    context->registers[1] = 50;
    context->registers[2] = 8;
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    CHECK_EQ(context->exit_pc, trap);
    CHECK_EQ(context->registers[6], 42);
    pvm_instance_destroy(context);
    pvm_module_release(module);
}

TEST(octets_that_mean_nothing) {
    static const uint8_t undefined[] = {OCTET_trap, OCTET_unlikely, OCTET_sub_64, OCTET_min_u, 255};
    for (size_t n = 0; n < sizeof undefined; n++) {
        char message[64];
        guest_clear(&guest);
        put_start(&guest, undefined[n]);
        put_start(&guest, 5);
        snprintf(message, sizeof message, "opcode %u at pc 0 is not defined", undefined[n]);
        check_refused(message);
    }
}

TEST(limits) {
    guest_clear(&guest);
    guest.entry_count = 3;
    put_start(&guest, 5);
    check_refused("more than 2 jump table entries, the limit of revision made up");
    guest.entry_count = 2;
    for (int n = 1; n < 64; n++) {
        put_start(&guest, 5);
    }
    pvm_module_release(compile(engine, &guest));
    put_start(&guest, 5);
    check_refused("more than 64 octets of code, the limit of revision made up");
}

/* The cost of a branch goes by what the octets at its successors mean: 0 is nothing here, 4 and 5 are cold. */
TEST(gas) {
    static const uint8_t successors[] = {4, 5, OCTET_fallthrough, OCTET_ecalli};
    static const uint32_t costs[] = {1, 1, 20, 20};
    for (size_t n = 0; n < sizeof successors; n++) {
        guest_clear(&guest);
        put_reg_reg_off(&guest, OP_branch_eq, 1, 2, 0);
        put_start(&guest, successors[n]);
        put_start(&guest, 5);
        pvm_module *module = compile(engine, &guest);
        CHECK_EQ(cost_at(module, 0), costs[n]);
        pvm_module_release(module);
    }
    guest_clear(&guest);
    put_reg_reg_off(&guest, OP_branch_eq, 1, 2, -1); /* outside of the code the octet is 0 */
    put_start(&guest, OCTET_fallthrough);
    pvm_module *module = compile(engine, &guest);
    CHECK_EQ(cost_at(module, 0), 20);
    pvm_module_release(module);
}

int main(void) {
    engine = make_engine(0, PVM_REVISION_NEXT);
    program_octets_fill(&engine->octets, &rules, NULL);
    RUN(octets_and_third_registers);
    RUN(octets_that_mean_nothing);
    RUN(limits);
    RUN(gas);
    destroy_engine(engine);
    return check_finish();
}
