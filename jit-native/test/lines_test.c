/* Which blocks begin with a line of the cache: what ends with a jump by a table, as the loop of an interpreter does, and with a return,
 * where it would not be in one line else. */
#include "check.h"
#include "guest.h"

static struct guest guest;

/* So many octets of code that makes several times as much of machine code, and a block that runs on. */
static void put_beginning(uint32_t octets) {
    guest_clear(&guest);
    while (guest.length < octets) {
        put_reg_reg_imm(&guest, OP_mul_imm_64, 7, 8, 0x1234);
    }
    put_opcode(&guest, OP_fallthrough);
}

/* Compares, and jumps by a table: returns where it begins; *second: where the block behind the comparison does. */
static uint32_t put_dispatch(int base, uint32_t *second) {
    uint32_t start = put_reg_reg_off(&guest, OP_branch_lt_u, 7, 8, 0);
    *second = put_reg_reg_imm(&guest, OP_shlo_l_imm_64, 9, 8, 2);
    put_reg_imm(&guest, OP_jump_ind, base, 0);
    guest.entry_size = 4;
    guest.entry_count = 1;
    guest.entries[0] = start;
    return start;
}

static uint32_t offset_in_line(pvm_module *module, uint32_t pc) {
    enum variant_kind kind = module_main_kind(module);
    const uint8_t *code = variant_code_at(links_variant(&module->links, 0, kind), &module->program, pc);
    return (uint32_t)((uintptr_t)code % 64);
}

/* How many of 64 programs, with beginnings of different lengths, have the block at the start of a line. */
static uint32_t aligned(uint32_t flags, int base, bool is_in_chain) {
    uint32_t count = 0;
    for (uint32_t n = 0; n < 64; n++) {
        pvm_engine *engine = make_engine(flags, PVM_REVISION_NEXT);
        put_beginning(100);
        for (uint32_t m = 0; m < n; m++) {
            put_reg_reg(&guest, OP_move_reg, 7, 8);
        }
        if (is_in_chain) {
            put_reg_reg_off(&guest, OP_branch_eq, 7, 8, 0);
        } else {
            put_opcode(&guest, OP_fallthrough);
        }
        uint32_t second, start = put_dispatch(base, &second);
        pvm_module *module = compile(engine, &guest);
        count += offset_in_line(module, start) == 0 && offset_in_line(module, second) != 0;
        pvm_module_release(module);
        destroy_engine(engine);
    }
    return count;
}

TEST(jumps_by_a_table_begin_with_a_line) {
    pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
    bool is_fast = engine->use_gs;
    destroy_engine(engine);
    if (is_fast) {
        CHECK_EQ(aligned(0, 9, false), 64);
    }
    CHECK(aligned(0, 9, true) < 16);  /* it is what follows a comparison: its beginning is there */
    CHECK(aligned(0, 0, false) < 16); /* a return that is run into */
    CHECK(aligned(PVM_FLAG_NO_GS, 9, false) < 16);
    CHECK(aligned(PVM_FLAG_RETPOLINES, 9, false) < 16);
}

/* A load and a return, behind what does not lead there: they begin with a line, or are in one as they are. */
TEST(returns_are_in_one_line) {
    uint32_t aligned = 0, moved = 0;
    pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
    for (uint32_t n = 0; n < 64; n++) {
        put_beginning(400);
        for (uint32_t m = 0; m < n; m++) {
            put_reg_reg(&guest, OP_move_reg, 7, 8);
            put_reg_reg(&guest, OP_move_reg, 8, 9);
        }
        put_opcode(&guest, OP_trap);
        uint32_t start = put_reg_reg_imm(&guest, OP_load_ind_u64, 0, 1, 8);
        put_reg_imm(&guest, OP_jump_ind, 0, 0);
        guest.entry_size = 4;
        guest.entry_count = 1;
        guest.entries[0] = start;
        pvm_module *module = compile(engine, &guest);
        uint32_t at = offset_in_line(module, start);
        /* A load and a return take about 37 octets up to the jump. */
        CHECK(at == 0 || at + 37 <= 64 || module_main_kind(module) != VARIANT_FAST);
        aligned += at == 0;
        moved += at != 0;
        pvm_module_release(module);
    }
    CHECK((aligned > 8 && moved > 8) || !engine->use_gs);
    destroy_engine(engine);
}

/* What is in front of it does nothing. */
TEST(what_is_in_front_of_a_line_does_nothing) {
    for (uint32_t n = 0; n < 64; n++) {
        pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
        put_beginning(100 + n);
        uint32_t jump, start = put_dispatch(9, &jump);
        pvm_module *module = compile(engine, &guest);
        pvm_context *context = instantiate(module, NULL, 0);
        context->registers[9] = 0xFFFF0000;
        context->registers[8] = 0;
        context->registers[7] = 1;
        context->gas = 100000;
        CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC); /* 4 * 0 is no address of a jump */
        CHECK_EQ(context->registers[9], 0);
        CHECK_EQ(context->registers[7], 0);
        CHECK_EQ(context->gas, 100000 - cost_at(module, 0) - cost_at(module, start) - cost_at(module, jump));
        pvm_instance_destroy(context);
        pvm_module_release(module);
        destroy_engine(engine);
    }
}

int main(void) {
    RUN(jumps_by_a_table_begin_with_a_line);
    RUN(returns_are_in_one_line);
    RUN(what_is_in_front_of_a_line_does_nothing);
    return check_finish();
}
