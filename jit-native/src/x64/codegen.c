/* Machine code of a module: one pass that decodes, prices and emits block by block; docs/codegen.md shows the result. */
#include "x64/codegen.h"

#include "gas/gas.h"
#include "isa/lookahead.h"
#include "x64/emit.h"
#include "x64/entry.h"
#include "x64/layout.h"

#include <stddef.h>

/* Exits without gas are groups of octets that push a register, with a call behind: its return address says which group,
 * the depth of the stack says where in it the run came in. In front of them is where dynamic jumps leave a module. */
#define EXITS_IN_GROUP 32
#define EXIT_GROUP_SIZE (EXITS_IN_GROUP + 4)
#define JUMP_EXIT_SIZE 8

/* Takes four octets, as any cost may. */
#define UNKNOWN_COST INT32_MAX

struct pass {
    const struct compilation *task;
    struct generator generator;
    bool too_large; /* a cost that the gas check cannot hold, or more machine code than the arena has room for */
    /* Last, for they are not cleared. */
    struct gas_model gas;
    struct lookahead lookahead;
};

/* ---- Gas checks and exits ---- */

uint32_t codegen_gas_check_size(const uint8_t *check) {
    return x64_is_small_alu_mi(check) ? GAS_CHECK_SHORT_SIZE : GAS_CHECK_SIZE;
}

/* sub qword [r15 + gas], cost ; jb to the exit of the block. Returns where a cost of four octets stands. */
static uint32_t emit_gas_check(struct generator *g, uint32_t block, uint32_t cost) {
    struct x64_emitter *e = &g->emitter;
    uint32_t start = x64_position(e), exit = JUMP_EXIT_SIZE + block / EXITS_IN_GROUP * EXIT_GROUP_SIZE;
    uint32_t cost_at = x64_alu_mi(e, ALU_SUB, W64, context_field(CONTEXT_GAS), (int32_t)cost);
    x64_bind(e, x64_jcc(e, CC_B), exit + block % EXITS_IN_GROUP);
    assert(x64_position(e) - start == codegen_gas_check_size(e->start + start));
    (void)start;
    return cost_at;
}

/* What stands in front of the code: the way out of dynamic jumps that have set exit_pc, the exits without gas. */
static void generate_exits(struct generator *g) {
    struct x64_emitter *e = &g->emitter;
    x64_mov_rm(e, W32, SCRATCH, context_field(CONTEXT_EXIT_PC));
    x64_jmp_m(e, context_field(PRIVATE_EXIT_JUMP));
    assert(x64_position(e) == JUMP_EXIT_SIZE);
    for (uint32_t block = 0; block < g->program->block_count; block += EXITS_IN_GROUP) {
        x64_push_repeated(e, RAX, EXITS_IN_GROUP);
        x64_call_m(e, context_field(PRIVATE_EXIT_OUT_OF_GAS));
        assert((x64_position(e) - JUMP_EXIT_SIZE) % EXIT_GROUP_SIZE == 0);
    }
    g->code_start = x64_position(e);
}

uint32_t codegen_block_out_of_gas(const struct variant *variant, const uint8_t *return_address, uint32_t pushed) {
    uint32_t groups = (uint32_t)(return_address - variant->code - JUMP_EXIT_SIZE) / EXIT_GROUP_SIZE;
    return groups * EXITS_IN_GROUP - pushed / 8;
}

/* ---- The pass ---- */

/* The block whose offset this is begins here: so do the jumps that wait for it lead here. */
static void bind_jumps(struct generator *g, uint32_t *offset) {
    uint32_t here = x64_position(&g->emitter), before;
    for (uint32_t site = *offset; site != 0; site = before) {
        before = x64_u32_at(&g->emitter, site);
        x64_bind(&g->emitter, site, here);
    }
    *offset = here;
}

/* Emits instructions; `recorded` of them, the first if it begins a block, have their offsets already. */
static void emit_instructions(struct pass *p, uint32_t first, uint32_t end, uint32_t *offsets, uint32_t recorded) {
    struct generator *g = &p->generator;
    struct x64_emitter *e = &g->emitter;
    /* Only near the end of a buffer, or in a program that makes the most of its octets, is each of them looked at. */
    bool room = (size_t)(e->end - e->at) >= (size_t)(end - first) * MAXIMUM_INSTRUCTION_SIZE;
    for (uint32_t n = first; n < end && (room || x64_has_room(e, MAXIMUM_INSTRUCTION_SIZE)); n++) {
        uint32_t start = x64_position(e);
        if (n - first >= recorded) {
            offsets[n - first] = start;
        }
        const struct instruction *i = &p->lookahead.instructions[n];
        emit_instruction[i->opcode](g, i);
        assert(x64_position(e) - start <= MAXIMUM_INSTRUCTION_SIZE - GAS_CHECK_SIZE);
        (void)start;
    }
}

/* Emits the gas check of a block and what jumps to it wait for. Returns where a cost of four octets stands. */
static uint32_t begin_block(struct generator *g, uint32_t number, uint32_t *offset, uint32_t cost) {
    if (!x64_has_room(&g->emitter, MAXIMUM_INSTRUCTION_SIZE)) {
        return 0;
    }
    bind_jumps(g, offset);
    return emit_gas_check(g, number, cost);
}

/* A block that is among the instructions as a whole. */
static void generate_block(struct pass *p, uint32_t number, uint32_t first, uint32_t end, uint32_t *offsets) {
    pvm_block *block = &p->task->blocks[number];
    if (p->task->price) {
        block->pc = p->lookahead.instructions[first].pc;
        block->cost = gas_price(&p->gas, &p->lookahead.steps[first], end - first);
    }
    begin_block(&p->generator, number, offsets, block->cost);
    emit_instructions(p, first, end, offsets, 1);
}

/* A block that all instructions are of, and more; returns how many it has. It ends among the instructions then. Its cost
 * takes four octets, which are filled in at the end. */
static uint32_t generate_long_block(struct pass *p, uint32_t number, uint32_t *offsets) {
    struct x64_emitter *e = &p->generator.emitter;
    struct lookahead *l = &p->lookahead;
    pvm_block *block = &p->task->blocks[number];
    const bool price = p->task->price;
    uint32_t instructions = 0, cost_at = begin_block(&p->generator, number, offsets, UNKNOWN_COST);
    if (price) {
        block->pc = l->instructions[0].pc;
        gas_begin(&p->gas);
    }
    for (bool ended = false; !ended && !e->failed;) {
        ended = l->end_count > 0;
        uint32_t count = ended ? l->ends[0] : l->count;
        if (price) {
            gas_add(&p->gas, l->steps, count);
        }
        emit_instructions(p, 0, count, offsets + instructions, instructions == 0 ? 1 : 0);
        instructions += count;
        if (!ended) {
            lookahead_fill(l, 0);
        }
    }
    if (price) {
        block->cost = gas_finish(&p->gas);
    }
    if (!e->failed) {
        x64_set_u32_at(e, cost_at, block->cost);
    }
    p->too_large |= block->cost > INT32_MAX;
    return instructions;
}

/* The whole code into the emitter's buffer. */
static void generate(struct pass *p) {
    struct generator *g = &p->generator;
    struct lookahead *l = &p->lookahead;
    uint32_t *offsets = g->variant->offsets;
    uint32_t number = 0, kept = 0;
    generate_exits(g);
    while (number < g->program->block_count && !g->emitter.failed && !p->too_large) {
        uint32_t first = 0, end = 0;
        lookahead_fill(l, kept);
        if (l->end_count == 0) {
            offsets += generate_long_block(p, number++, offsets);
            first = l->ends[0];
            end = 1;
        }
        for (; end < l->end_count; end++) {
            generate_block(p, number++, first, l->ends[end], offsets);
            offsets += l->ends[end] - first;
            first = l->ends[end];
        }
        kept = l->count - first;
        p->too_large |= x64_position(&g->emitter) > p->task->arena->size;
    }
    g->variant->end_offset = x64_position(&g->emitter);
}

/* Emits and publishes the code. The buffer has room for the most that a module can need: pages that are not touched take
 * no memory. */
static status compile(struct pass *p, pvm_error *error) {
    struct arena *arena = p->task->arena;
    struct generator *g = &p->generator;
    struct x64_emitter *e = &g->emitter;
    struct piece buffer;
    uint64_t size = (uint64_t)g->program->code_length * NATIVE_OCTETS_PER_OCTET + NATIVE_OCTETS_FIXED;
    if (!pieces_take(p->task->pieces, size, &buffer)) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory to compile %u octets of code", g->program->code_length);
    }
    *e = (struct x64_emitter){buffer.start, buffer.start, buffer.start + size, false};
    generate(p);
    status result;
    uint64_t kept = buffer.mapped == 0 ? UINT64_MAX : PIECE_KEPT_OCTETS;
    if (p->too_large) {
        result = fail(error, PVM_RESOURCE_LIMIT, 0, "the code arena of %llu octets has no room for the program",
                      (unsigned long long)arena->size);
    } else if (e->failed) {
        result = fail(error, PVM_INTERNAL_ERROR, 0, "the machine code of %u octets of code is beyond its bound",
                      g->program->code_length);
    } else {
        g->variant->size = x64_position(e);
        result = arena_publish(arena, e->start, g->variant->size, kept, &g->variant->code, error);
    }
    pieces_give(p->task->pieces, &buffer, x64_position(e));
    return result;
}

status codegen_compile(const struct compilation *compilation, struct variant *variant, pvm_error *error) {
    const struct program *program = compilation->program;
    struct pass p;
    memset(&p, 0, offsetof(struct pass, gas));
    p.task = compilation;
    gas_init(&p.gas);
    lookahead_begin(&p.lookahead, program);
    p.generator.program = program;
    p.generator.variant = variant;
    p.generator.jump_table_entries = variant_jump_table_entries(program);
    p.generator.checked = compilation->kind == VARIANT_CHECKED;
    p.generator.use_gs = compilation->use_gs;
    if (!variant_open(variant, program)) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for %u offsets", program->instruction_count);
    }
    status result = compile(&p, error);
    if (result == PVM_OK) {
        variant_fill_jump_table(variant, program, pvm_exit_dynamic_panic);
    } else {
        variant_close(variant, program);
    }
    return result;
}
