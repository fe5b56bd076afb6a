/* Static jumps and branches, and what of the gas they give back (x64/debts.h). For emit.c alone. */
#ifndef PVMJIT_JUMP_H
#define PVMJIT_JUMP_H

#include "base/hints.h"
#include "x64/generator.h"

/* A jump to code that is not there yet: its displacement holds the one before it with the same target, whose offset
 * holds the last of them. */
INLINED void link_jump(struct generator *g, uint32_t site, uint32_t target) {
    uint32_t *last = &g->variant->offsets[variant_slot(g->variant, g->program, target)];
    x64_set_u32_at(&g->emitter, site, *last);
    *last = site;
}

/* To a block of the section, with the gas that has been taken for others, which are not on this way. */
INLINED void emit_jump_within(struct generator *g, const struct instruction *i, uint32_t target) {
    struct x64_emitter *e = &g->emitter;
    if (g->given_by_jump != 0) {
        x64_alu_ri(e, ALU_ADD, W64, GAS, g->given_by_jump);
    }
    if (target <= i->pc) {
        x64_jmp_back(e, offset_of(g, target));
    } else if (target != i->next) {
        link_jump(g, x64_jmp(e), target);
    }
}

/* sjump: the target is static, so that an invalid one is a panic here and now. */
INLINED void emit_jump(struct generator *g, const struct instruction *i, int64_t target) {
    if (!program_is_block_start(g->program, target)) {
        generator_exit(g, i->pc, WAY_OUT_PANIC);
    } else if (!section_contains(&g->variant->section, target)) {
        generator_jump_outward(g, i->pc, (uint32_t)target);
    } else {
        emit_jump_within(g, i, (uint32_t)target);
    }
}

/* A branch by which gas is given back. On the way to the next block that is done behind the branch, whichever way it goes. */
NOT_INLINED void emit_giving_branch(struct generator *g, const struct instruction *i, enum x64_condition condition) {
    if (i->target != i->next) {
        uint32_t past = x64_jcc_short(&g->emitter, x64_opposite(condition));
        emit_jump_within(g, i, (uint32_t)i->target);
        x64_bind_short(&g->emitter, past);
    }
}

/* Behind a comparison. A branch is valid, taken or not, when both ways lead to block starts; the next instruction is
 * one where there is one. */
INLINED void emit_branch(struct generator *g, const struct instruction *i, enum x64_condition condition) {
    struct x64_emitter *e = &g->emitter;
    if (g->leaves_loop) {
        g->loop_site = x64_jcc(e, x64_opposite(condition));
    } else if (i->next >= g->program->code_length || !program_is_block_start(g->program, i->target)) {
        generator_exit(g, i->pc, WAY_OUT_PANIC);
    } else if (!section_contains(&g->variant->section, i->target)) {
        outward_link(&g->outward, e, x64_jcc(e, condition), (uint32_t)i->target);
    } else if (RARELY(g->given_by_jump != 0)) {
        emit_giving_branch(g, i, condition);
    } else if (i->target <= i->pc) {
        x64_jcc_back(e, condition, offset_of(g, (uint32_t)i->target));
    } else {
        link_jump(g, x64_jcc(e, condition), (uint32_t)i->target);
    }
}

#endif
