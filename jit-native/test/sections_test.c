/* Programs in sections: how they are cut, what is made when, and what happens where there is no room for it. That runs are
 * the same in sections is held by the tests that run in every configuration. */
#include "check.h"
#include "arena.h"
#include "guest.h"
#include "programs.h"
#include "x64/codegen.h"
#include "x64/entry.h"
#include "x64/outward.h"

static struct guest guest;

/* ---- Cutting ---- */

/* The edge at pc, counted octet by octet. */
static struct section_edge edge_at(const struct program *program, uint32_t pc) {
    struct section_edge edge = {pc, 0, 0};
    for (uint32_t at = 0; at < pc; at++) {
        edge.index += program_is_start(program, at);
        edge.block += program_is_block_start(program, at);
    }
    return edge;
}

static void check_edge(struct section_edge actual, struct section_edge expected) {
    CHECK_EQ(actual.pc, expected.pc);
    CHECK_EQ(actual.index, expected.index);
    CHECK_EQ(actual.block, expected.block);
}

/* The first block of each range begins a section. */
static void check_cut(const struct program *program, uint32_t octets) {
    static struct section sections[1 << 12];
    uint32_t count = sections_cut(program, octets, sections, 1 << 12), n = 0, range = UINT32_MAX;
    for (uint32_t pc = 0; pc < program->code_length; pc++) {
        if (program_is_block_start(program, pc) && pc / octets != range) {
            CHECK(n < count);
            check_edge(sections[n].first, edge_at(program, pc));
            check_edge(n == 0 ? (struct section_edge){0, 0, 0} : sections[n - 1].end, edge_at(program, pc));
            range = pc / octets;
            n++;
        }
    }
    CHECK_EQ(n, count);
    check_edge(sections[count - 1].end, edge_at(program, program->code_length));
}

TEST(sections_begin_with_the_first_block_of_a_range) {
    static const uint32_t octets[] = {1, 2, 7, 63, 64, 65, 100, 128, 4096, UINT32_MAX};
    uint64_t seed = 7;
    pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
    for (int n = 0; n < 200; n++) {
        put_program(&guest, &seed);
        pvm_module *module = compile(engine, &guest);
        for (size_t m = 0; m < sizeof octets / sizeof *octets; m++) {
            check_cut(&module->program, octets[m]);
        }
        pvm_module_release(module);
    }
    destroy_engine(engine);
}

TEST(no_more_sections_are_written_than_there_is_room_for) {
    struct section sections[2] = {{{9, 9, 9}, {9, 9, 9}}, {{9, 9, 9}, {9, 9, 9}}};
    uint64_t seed = 7;
    pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
    put_program(&guest, &seed);
    pvm_module *module = compile(engine, &guest);
    CHECK(sections_cut(&module->program, 1, sections, 1) > 2);
    CHECK_EQ(sections[0].first.pc, 0);
    CHECK_EQ(sections[1].first.pc, 9);
    pvm_module_release(module);
    destroy_engine(engine);
}

/* ---- What is made when ---- */

#define SECTION 64

/* Three sections: a jump to the second, whose trap ends the run; nobody gets to the third. Returns the pc of the second. */
static uint32_t put_three_sections(void) {
    guest_clear(&guest);
    uint32_t jump = put_off(&guest, OP_jump, 0);
    while (guest.length < SECTION) {
        put_opcode(&guest, OP_trap);
    }
    uint32_t second = put_reg_imm(&guest, OP_load_imm, 7, 42);
    while (guest.length < 3 * SECTION) {
        put_opcode(&guest, OP_trap);
    }
    aim(&guest, jump, jump + 5, second);
    return second;
}

static uint64_t native_bytes(const pvm_module *module) {
    pvm_module_info info;
    pvm_module_describe(module, &info);
    return info.native_bytes;
}

static pvm_engine *engine_with_arena(uint64_t octets) {
    pvm_engine_config config = {.code_arena_bytes = octets, .section_octets = SECTION};
    pvm_engine *engine = NULL;
    CHECK_EQ(pvm_engine_create(&config, &engine, NULL), PVM_OK);
    return engine;
}

TEST(sections_are_made_when_a_run_gets_there) {
    pvm_engine *engine = engine_with_arena(0);
    put_three_sections();
    pvm_module *module = compile(engine, &guest);
    uint64_t first = native_bytes(module);
    CHECK(first > 0);
    pvm_context *context = instantiate(module, NULL, 0);
    context->gas = 10000;
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    CHECK_EQ(context->registers[7], 42);
    uint64_t second = native_bytes(module);
    CHECK(second > first);
    /* Again: all that it needs is there. */
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    CHECK_EQ(native_bytes(module), second);
    pvm_block block;
    CHECK(pvm_module_blocks(module, &block, 1) > 1);
    CHECK(native_bytes(module) > second);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    destroy_engine(engine);
}

/* Processors drop what they had fetched when the first instance of a module is made, for all modules so far, and when a run gets to
 * a section that has no code. */
TEST(code_is_synchronized_before_it_can_run) {
    pvm_engine *engine = engine_with_arena(0);
    const struct arena *arena = &engine->arena;
    put_three_sections();
    pvm_module *modules[] = {compile(engine, &guest), compile(engine, &guest)};
    CHECK_EQ(modules[1]->publication, 2);
    CHECK_EQ(arena->synchronized, 0);
    pvm_context *first = instantiate(modules[0], NULL, 0);
    CHECK_EQ(arena->synchronized, 2);
    pvm_module *other = compile(engine, &guest);
    pvm_context *second = instantiate(modules[1], NULL, 0);
    CHECK_EQ(arena->synchronized, 2);
    second->gas = 10000;
    CHECK_EQ(pvm_run(second), PVM_EXIT_PANIC);
    CHECK_EQ(second->registers[7], 42);
    CHECK_EQ(arena->published, 4);
    CHECK_EQ(arena->synchronized, 4);
    pvm_instance_destroy(first);
    pvm_instance_destroy(second);
    pvm_module_release(modules[0]);
    pvm_module_release(modules[1]);
    pvm_module_release(other);
    destroy_engine(engine);
}

TEST(code_is_synchronized_where_none_was_made_with_the_module) {
    pvm_engine *engine = engine_with_arena(0);
    guest_clear(&guest);
    while (guest.length <= 2 * SECTION) {
        put_opcode(&guest, OP_unlikely);
    }
    put_opcode(&guest, OP_trap);
    pvm_module *module = compile(engine, &guest);
    pvm_context *context = instantiate(module, NULL, 0);
    CHECK_EQ(engine->arena.published, 0);
    context->gas = 10000;
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    CHECK_EQ(engine->arena.published, 1);
    CHECK_EQ(engine->arena.synchronized, 1);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    destroy_engine(engine);
}

/* Modules of this guest, as many as there is room for. */
static pvm_module *crowd[1 << 13];
static uint32_t crowd_count;

static void fill_with_modules(pvm_engine *engine) {
    const uint32_t capacity = sizeof crowd / sizeof *crowd;
    uint64_t length;
    uint8_t *blob = guest_blob(&guest, &length);
    crowd_count = 0;
    while (crowd_count < capacity && pvm_module_compile(engine, blob, length, &crowd[crowd_count], NULL) == PVM_OK) {
        crowd_count++;
    }
    free(blob);
    CHECK(crowd_count > 0 && crowd_count < capacity);
}

static void release_modules(void) {
    while (crowd_count > 0) {
        pvm_module_release(crowd[--crowd_count]);
    }
}

/* Room for all sections, and for their spare code, is there when a run gets to them, whatever else there has come to be. */
/* Where machine code of a program of so many octets begins, from the beginning of its page; the module stays, in *module. */
static uint64_t offset_in_page(pvm_engine *engine, uint32_t octets, pvm_module **module) {
    guest_clear(&guest);
    while (guest.length < octets) {
        put_opcode(&guest, OP_trap);
    }
    *module = compile(engine, &guest);
    CHECK_EQ(module_complete(*module, module_main_kind(*module), NULL), PVM_OK);
    const uint8_t *code = links_variant(&(*module)->links, 0, module_main_kind(*module))->code;
    return (uint64_t)(code - engine->arena.executable) % engine->arena.page;
}

/* And shorter ones have their page with others. */
TEST(programs_of_a_page_begin_with_one) {
    pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
    const uint32_t octets = (uint32_t)engine->arena.page / LIKELY_OCTETS_PER_OCTET;
    pvm_module *modules[4];
    CHECK_EQ(offset_in_page(engine, octets - 1, &modules[0]), 0);
    CHECK(offset_in_page(engine, octets - 1, &modules[1]) != 0);
    CHECK_EQ(offset_in_page(engine, octets, &modules[2]), 0);
    CHECK_EQ(offset_in_page(engine, 4 * octets, &modules[3]), 0);
    for (int n = 0; n < 4; n++) {
        pvm_module_release(modules[n]);
    }
    CHECK_EQ(engine->arena.used, 0);
    destroy_engine(engine);
}

TEST(sections_have_their_room) {
    pvm_engine *engine = engine_with_arena(1 << 17);
    uint32_t second = put_three_sections();
    pvm_module *module = compile(engine, &guest);
    pvm_context *context = instantiate(module, NULL, 0);
    uint64_t cost = cost_at(module, 0), used = engine->arena.used;
    fill_with_modules(engine);
    for (uint32_t n = 0; n <= crowd_count; n++) {
        pvm_module *one = n == 0 ? module : crowd[n - 1];
        CHECK_EQ(module_complete(one, module_main_kind(one), NULL), PVM_OK);
        CHECK_EQ(module_complete(one, VARIANT_EXACT, NULL), PVM_OK);
    }
    CHECK(engine->arena.size - engine->arena.used < used);
    context->gas = cost; /* too little for code that is fast */
    CHECK_EQ(pvm_run(context), PVM_EXIT_OUT_OF_GAS);
    CHECK_EQ(context->pc, second);
    context->gas = 10000;
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    CHECK_EQ(context->registers[7], 42);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    release_modules();
    CHECK_EQ(engine->arena.used, 0);
    destroy_engine(engine);
}

/* Blocks of one opcode, so many instructions in each, about so many octets in all. */
static void put_blocks(struct guest *g, uint8_t opcode, uint32_t in_block, uint32_t octets) {
    guest_clear(g);
    while (g->length < octets) {
        for (uint32_t n = 0; n < in_block; n++) {
            if (opcode == OP_load_imm_64) {
                put_reg_imm64(g, opcode, 7, 0x123456789ABCDEF0);
            } else if (opcode == OP_unlikely) {
                put_opcode(g, opcode);
            } else if (opcode == OP_store_ind_u64) {
                put_start(g, opcode_octets[opcode]);
                put_octet(g, 0x87);
            } else {
                put_reg_reg_reg(g, opcode, 7, 8, 9);
            }
        }
        put_opcode(g, OP_fallthrough);
    }
    put_opcode(g, OP_trap);
}

static uint64_t in_units(uint64_t octets) {
    return (octets + 63) / 64 * 64;
}

/* The octets of the arena that it is said to need. */
static uint64_t promised(const pvm_module *module) {
    const struct program *program = &module->program;
    const bool has_spare = module_main_kind(module) == VARIANT_FAST;
    const bool hardened = engine_has(module->engine, PVM_FLAG_RETPOLINES);
    pvm_module_info info;
    pvm_module_describe(module, &info);
    return in_units(info.native_bytes_likely) +
           (has_spare ? in_units(codegen_spare_octets(program->instruction_count, program->block_count, hardened,
                                                      module->links.section_count))
                      : 0);
}

/* In an arena with room, or in one that is full. */
static void check_promise(pvm_engine *engine, bool full) {
    static struct filling filling;
    const bool always_checked = engine_has(engine, PVM_FLAG_ALWAYS_CHECKED);
    pvm_module *module = compile(engine, &guest);
    const uint64_t most = promised(module);
    CHECK(engine->arena.used <= most);
    if (full) {
        fill_arena(&filling, &engine->arena);
    }
    CHECK_EQ(module_complete(module, module_main_kind(module), NULL), PVM_OK);
    CHECK(always_checked || module_complete(module, VARIANT_EXACT, NULL) == PVM_OK);
    if (full) {
        CHECK_EQ(engine->arena.used, engine->arena.size);
        empty_arena(&filling, &engine->arena);
    }
    CHECK(engine->arena.used <= most);
    CHECK_EQ(engine->arena.drafts, 0);
    pvm_module_release(module);
    CHECK_EQ(engine->arena.used, 0);
}

/* All of what a module may need is there in an arena that is full, whatever the program is; and it never has more. */
TEST(what_is_promised_is_there_and_no_more) {
    static const uint32_t flags[] = {0, PVM_FLAG_NO_GS, PVM_FLAG_ALWAYS_CHECKED,
                                     PVM_FLAG_RETPOLINES | PVM_FLAG_BLINDED_CONSTANTS};
    static const uint8_t opcodes[] = {OP_load_imm_64, OP_add_64,   OP_unlikely,     OP_mul_upper_s_u,
                                      OP_div_s_64,    OP_rot_r_64, OP_store_ind_u64};
    static const uint32_t sizes[] = {1, 60, 500, 4000, 5000, 20000, 80000};
    for (size_t way = 0; way < sizeof flags / sizeof *flags; way++) {
        pvm_engine *engine = NULL;
        pvm_engine_config config = {.flags = flags[way], .code_arena_bytes = 8 << 20};
        CHECK_EQ(pvm_engine_create(&config, &engine, NULL), PVM_OK);
        for (size_t n = 0; n < sizeof opcodes; n++) {
            for (uint32_t in_block = 1; in_block < 500; in_block *= 6) {
                for (size_t m = 0; m < sizeof sizes / sizeof *sizes; m++) {
                    put_blocks(&guest, opcodes[n], in_block, sizes[m]);
                    check_promise(engine, false);
                    check_promise(engine, true);
                }
            }
        }
        destroy_engine(engine);
    }
}

TEST(a_section_without_room_can_be_had_later) {
    pvm_engine *engine = engine_with_arena(1 << 15);
    uint32_t second = put_three_sections();
    pvm_module *module = compile(engine, &guest);
    pvm_context *context = instantiate(module, NULL, 0);
    uint64_t left = 10000 - cost_at(module, 0);
    struct filling filling;
    arena_shorten(&engine->arena, &module->room, 0);
    fill_arena(&filling, &engine->arena);
    context->gas = 10000;
    for (int n = 0; n < 2; n++) {
        CHECK_EQ(pvm_run(context), PVM_EXIT_FAILURE);
        CHECK_EQ(context->pc, second);
        CHECK_EQ(context->exit_pc, second);
        CHECK_EQ(context->gas_charged, 0);
        CHECK_EQ(context->gas, left);
    }
    pvm_block block;
    CHECK_EQ(pvm_module_blocks(module, &block, 1), 0);
    CHECK_EQ(pvm_module_listing(module, NULL, 0), 0);
    empty_arena(&filling, &engine->arena);
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    CHECK_EQ(context->registers[7], 42);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    destroy_engine(engine);
}

/* A program that begins with a block which is no small part of it compiles as fast as any other. */
TEST(a_long_beginning_is_made_when_a_run_gets_there) {
    pvm_engine *engine = engine_with_arena(0);
    for (uint32_t octets = SECTION; octets <= 4 * SECTION; octets++) {
        guest_clear(&guest);
        while (guest.length < octets - 1) {
            put_opcode(&guest, OP_unlikely);
        }
        put_opcode(&guest, OP_trap);
        pvm_module *module = compile(engine, &guest);
        pvm_module_info before, after;
        pvm_module_describe(module, &before);
        CHECK_EQ(before.native_bytes == 0, octets > 2 * SECTION);
        pvm_context *context = instantiate(module, NULL, 0);
        context->gas = 10000;
        CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
        CHECK_EQ(context->exit_pc, octets - 1);
        pvm_module_describe(module, &after);
        CHECK(after.native_bytes > 0 && before.native_bytes_likely >= after.native_bytes);
        pvm_instance_destroy(context);
        pvm_module_release(module);
    }
    destroy_engine(engine);
}

/* Room for the machine code of a long block is there when a run gets to it, whatever else there has come to be meanwhile. */
TEST(long_blocks_have_their_room) {
    enum { INSTRUCTIONS = 30000 };
    pvm_engine *engine = engine_with_arena(4 << 20);
    static struct guest long_block;
    guest_clear(&long_block);
    for (int n = 0; n < INSTRUCTIONS; n++) {
        put_reg_imm(&long_block, OP_load_imm, 7, n);
    }
    put_opcode(&long_block, OP_trap);
    pvm_module *module = compile(engine, &long_block);
    CHECK_EQ(native_bytes(module), 0);
    CHECK(engine->arena.used > INSTRUCTIONS * 5);
    pvm_context *context = instantiate(module, NULL, 0);
    put_three_sections();
    fill_with_modules(engine);
    context->gas = 1000000;
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    CHECK_EQ(context->registers[7], INSTRUCTIONS - 1);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    release_modules();
    /* Without a run, too, it is given back. */
    pvm_module_release(compile(engine, &long_block));
    CHECK_EQ(engine->arena.used, 0);
    destroy_engine(engine);
    /* Where there is none the program is not compiled. */
    engine = engine_with_arena(1 << 16);
    uint64_t length;
    uint8_t *blob = guest_blob(&long_block, &length);
    pvm_error error;
    CHECK_EQ(pvm_module_compile(engine, blob, length, &module, &error), PVM_RESOURCE_LIMIT);
    CHECK(strstr(error.message, "no room") != NULL);
    CHECK_EQ(engine->arena.used, 0);
    free(blob);
    destroy_engine(engine);
}

/* ---- Jump tables ---- */

#define ENTRIES 150
#define TOGETHER 64 /* entries that are connected at a time */

/* A dynamic jump by register 7; of the entries every third leads to the second section, the next to the third, the rest to no
 * block. */
static void put_jump_by_table(void) {
    guest_clear(&guest);
    put_reg_imm(&guest, OP_jump_ind, 7, 0);
    for (int section = 1; section <= 2; section++) {
        while (guest.length < (uint32_t)section * SECTION) {
            put_opcode(&guest, OP_trap);
        }
        put_reg_imm(&guest, OP_load_imm, 8, section);
        put_opcode(&guest, OP_trap);
    }
    while (guest.length < 2 * ENTRIES) { /* as much code as a table asks for */
        put_opcode(&guest, OP_trap);
    }
    guest.entry_size = 1;
    guest.entry_count = ENTRIES;
    for (uint32_t n = 0; n < ENTRIES; n++) {
        guest.entries[n] = n % 3 < 2 ? (n % 3 + 1) * SECTION : SECTION + 1;
    }
}

/* Which of the entries lead on without C, and that they lead to the right code. */
static void count_connected(const pvm_module *module, uint32_t *connected) {
    const enum variant_kind kind = module_main_kind(module);
    const struct jump_table *table = &module->links.jump_tables[kind];
    CHECK_EQ(table->entries, ENTRIES);
    connected[0] = connected[1] = 0;
    for (uint32_t n = 0; n < ENTRIES; n++) {
        if (n % 3 < 2) {
            const struct variant *variant = links_variant(&module->links, n % 3 + 1, kind);
            const void *pointer = table->pointers[n + 1];
            bool leads =
                variant != NULL && pointer == variant_code_at(variant, &module->program, (uint32_t)guest.entries[n]);
            CHECK(leads || pointer == (void *)(uintptr_t)pvm_exit_unresolved ||
                  pointer == (void *)(uintptr_t)pvm_exit_unresolved_with_gas);
            connected[n % 3] += leads;
        }
    }
}

static void jump_by(pvm_context *context, uint32_t entry) {
    context->pc = 0;
    context->gas = 10000;
    context->gas_charged = 0;
    context->registers[7] = 2 * (entry + 1);
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    CHECK_EQ(context->registers[8], entry % 3 + 1);
}

TEST(entries_are_connected_with_those_around_them) {
    pvm_engine *engine = engine_with_arena(0);
    uint32_t connected[2];
    put_jump_by_table();
    pvm_module *module = compile(engine, &guest);
    pvm_context *context = instantiate(module, NULL, 0);
    count_connected(module, connected);
    CHECK(connected[0] == 0 && connected[1] == 0);
    jump_by(context, 3);
    count_connected(module, connected);
    CHECK(connected[0] == (TOGETHER + 2) / 3 && connected[1] == 0);
    jump_by(context, 1);
    count_connected(module, connected);
    CHECK(connected[0] == (TOGETHER + 2) / 3 && connected[1] == (TOGETHER + 1) / 3);
    for (uint32_t entry = ENTRIES; entry-- > 0;) {
        if (entry % 3 < 2) {
            jump_by(context, entry);
        }
    }
    count_connected(module, connected);
    CHECK(connected[0] == ENTRIES / 3 && connected[1] == ENTRIES / 3);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    destroy_engine(engine);
}

/* The most steps to a target that is found by way of this one. */
static uint32_t steps_from(const struct outward_jumps *jumps, uint32_t number) {
    if (number == 0) {
        return 0;
    }
    const struct outward_target *target = &jumps->targets[number - 1];
    uint32_t clear = steps_from(jumps, target->below[0]), set = steps_from(jumps, target->below[1]);
    return 1 + (clear > set ? clear : set);
}

/* A program chooses what its jumps lead to: blocks that have any bits of their pc in common. */
TEST(targets_in_other_sections_are_found_in_few_steps) {
    enum { TARGETS = 1 << 16, JUMP_OCTETS = 6, PC_BITS = 25 };
    static struct outward_target targets[TARGETS];
    static uint8_t octets[2 * TARGETS * JUMP_OCTETS];
    for (uint32_t shift = 0; shift <= PC_BITS - 16; shift++) {
        struct outward_jumps jumps = {.targets = targets};
        struct x64_emitter e = {octets, octets, octets + sizeof octets};
        for (uint32_t n = 0; n < 2 * TARGETS; n++) {
            uint32_t pc = n % TARGETS << shift;
            outward_jump(&jumps, &e, pc);
            CHECK_EQ(jumps.count, n < TARGETS ? n + 1 : TARGETS);
            CHECK_EQ(targets[n % TARGETS].pc, pc);
        }
        for (uint32_t root = 0; root < OUTWARD_ROOTS; root++) {
            CHECK(steps_from(&jumps, jumps.roots[root]) <= PC_BITS);
        }
    }
}

int main(void) {
    RUN(sections_begin_with_the_first_block_of_a_range);
    RUN(no_more_sections_are_written_than_there_is_room_for);
    RUN(sections_are_made_when_a_run_gets_there);
    RUN(code_is_synchronized_before_it_can_run);
    RUN(code_is_synchronized_where_none_was_made_with_the_module);
    RUN(programs_of_a_page_begin_with_one);
    RUN(sections_have_their_room);
    RUN(what_is_promised_is_there_and_no_more);
    RUN(a_section_without_room_can_be_had_later);
    RUN(a_long_beginning_is_made_when_a_run_gets_there);
    RUN(long_blocks_have_their_room);
    RUN(entries_are_connected_with_those_around_them);
    RUN(targets_in_other_sections_are_found_in_few_steps);
    return check_finish();
}
