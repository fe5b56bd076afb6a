/* Blocks of variants that are fast. */
#include "x64/block.h"

#include "base/hints.h"
#include "x64/place.h"

#include <stddef.h>

/* A loop of up to so many instructions is there four times, one of up to so many twice. */
#define FOUR_COPIES 4
#define TWO_COPIES 12
_Static_assert(TWO_COPIES <= LAZY_LOOP_INSTRUCTIONS, "block_view");

/* Code of loops takes about so much for each instruction. */
#define LIKELY_INSTRUCTION_SIZE 16

/* Whether a loop may have copies of this instruction: its machine code does not depend on where it stands. */
static bool may_be_copied(const struct instruction *i) {
    return i->opcode != OP_ecalli && i->opcode != OP_mul_upper_s_s && i->opcode != OP_mul_upper_s_u &&
           opcode_table[i->opcode].units != UNITS_DIV;
}

bool block_has_added_enough(const struct generator *g, uint32_t pc, uint32_t more) {
    uint64_t most = (uint64_t)ADDED_OCTETS_PER_OCTET * (pc - g->first_pc) + DENSE_OCTETS_FIXED;
    return g->added + more > most || generator_is_dense(g, pc, more);
}

uint32_t block_copies(const struct generator *g, const struct instruction *instructions, uint32_t count, uint32_t cost,
                      uint32_t most) {
    const struct instruction *last = &instructions[count - 1];
    uint32_t copies = count <= FOUR_COPIES ? 4 : 2;
    assert(count >= LEAST_IN_LOOP);
    if (opcode_table[last->opcode].leads != LEADS_AS_BRANCH || last->target != instructions[0].pc ||
        g->variant->plain || count > TWO_COPIES || last->next >= g->program->code_length || cost > most / copies ||
        block_has_added_enough(g, instructions[0].pc, copies * count * LIKELY_INSTRUCTION_SIZE)) {
        return 1;
    }
    for (uint32_t n = 0; n < count; n++) {
        if (!may_be_copied(&instructions[n])) {
            return 1;
        }
    }
    return copies;
}

/* Behind the last copy: the ways out of those before it. */
static void emit_ways_out(struct generator *g, const struct lazy *states, const uint32_t *sites, uint32_t copies,
                          uint32_t cost) {
    struct x64_emitter *e = &g->emitter;
    uint32_t over[MAXIMUM_COPIES];
    over[0] = x64_jmp(e);
    for (uint32_t copy = 0; copy + 1 < copies; copy++) {
        struct lazy lazy = states[copy];
        x64_bind(e, sites[copy], x64_position(e));
        lazy_write_all(&lazy, g);
        x64_alu_ri(e, ALU_ADD, W64, GAS, (int32_t)((copies - 1 - copy) * cost));
        if (copy + 2 < copies) {
            over[copy + 1] = x64_jmp(e);
        }
    }
    for (uint32_t copy = 0; copy + 1 < copies; copy++) {
        x64_bind(e, over[copy], x64_position(e));
    }
}

NOT_INLINED void emit_loop(struct generator *g, const struct block_view *block, uint32_t copies, uint32_t cost,
                           uint32_t *offsets, struct place_notes *notes) {
    struct lazy lazy, states[MAXIMUM_COPIES];
    uint32_t sites[MAXIMUM_COPIES];
    lazy_begin(&lazy);
    for (uint32_t copy = 0; copy < copies; copy++) {
        const uint32_t last = block->count - 1;
        for (uint32_t n = 0; n < last; n++) {
            emit_one(g, &lazy, block, n, place_note(notes, g, &lazy));
            if (copy == 0) {
                offsets[n + 1] = x64_position(&g->emitter);
            }
        }
        g->leaves_loop = copy < copies - 1;
        emit_one(g, &lazy, block, last, place_note(notes, g, &lazy));
        g->leaves_loop = false;
        states[copy] = lazy;
        sites[copy] = g->loop_site;
    }
    emit_ways_out(g, states, sites, copies, cost);
}

void block_emit(struct generator *g, const struct instruction *instructions, uint32_t count, uint32_t copies,
                uint32_t cost, uint32_t *offsets) {
    uint32_t start = x64_position(&g->emitter);
    struct block_view block = {instructions, count, LAZY_NOTHING, false, 0};
    if (!g->variant->plain) {
        block_view_open(&block, instructions, count, copies > 1);
    }
    struct lazy lazy;
    struct place_notes notes;
    place_notes_begin(&notes);
    if (block.loops) {
        emit_loop(g, &block, copies, cost, offsets, &notes);
        g->added += x64_position(&g->emitter) - start;
    } else if (block.laziness != LAZY_NOTHING) {
        lazy_begin(&lazy);
        emit_one(g, &lazy, &block, 0, place_note(&notes, g, &lazy));
        for (uint32_t n = 1; n < count; n++) {
            offsets[n] = x64_position(&g->emitter);
            emit_one(g, &lazy, &block, n, place_note(&notes, g, &lazy));
        }
        lazy_write_all(&lazy, g);
    } else {
        emit_instruction[instructions[0].opcode](g, &instructions[0]);
        for (uint32_t n = 1; n < count; n++) {
            offsets[n] = x64_position(&g->emitter);
            emit_instruction[instructions[n].opcode](g, &instructions[n]);
        }
    }
    assert(x64_position(&g->emitter) - start <= (count + 1) * copies * (MAXIMUM_INSTRUCTION_SIZE - GAS_CHECK_SIZE));
    (void)start;
    place_notes_check(&notes, g, &block, copies);
}
