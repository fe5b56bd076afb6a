/* Blocks of variants that are fast: emitted, and emitted again into nowhere to find a place in one. */
#include "x64/block.h"

#include "isa/lookahead.h"

#include <stddef.h>

/* A loop of up to so many instructions is there four times, one of up to so many twice, a shorter one once. */
#define FOUR_COPIES 8
#define TWO_COPIES 20
#define LEAST_IN_LOOP 2

/* Code of loops takes about so much for each instruction. */
#define LIKELY_INSTRUCTION_SIZE 16

static bool is_branch(const struct instruction *i) {
    uint8_t operands = opcode_table[i->opcode].operands;
    return operands == OPERANDS_BRANCH || operands == OPERANDS_BRANCH_IMM;
}

/* Whether a loop may have copies of this instruction: its machine code does not depend on where it stands. */
static bool may_be_copied(const struct instruction *i) {
    return i->opcode != OP_ecalli && i->opcode != OP_mul_upper_s_s && i->opcode != OP_mul_upper_s_u &&
           opcode_table[i->opcode].units != UNITS_DIV;
}

uint32_t block_copies(const struct generator *g, const struct instruction *instructions, uint32_t count, uint32_t cost,
                      uint32_t most) {
    const struct instruction *last = &instructions[count - 1];
    uint32_t copies = count <= FOUR_COPIES ? 4 : 2;
    if (g->blinding.on || count < LEAST_IN_LOOP || count > TWO_COPIES || last->target != instructions[0].pc ||
        !is_branch(last) || last->next >= g->program->code_length || cost > most / copies ||
        emit_exceeds(g, instructions[0].pc, copies * count * LIKELY_INSTRUCTION_SIZE, COPIED_OCTETS_PER_OCTET)) {
        return 1;
    }
    for (uint32_t n = 0; n < count; n++) {
        if (!may_be_copied(&instructions[n])) {
            return 1;
        }
    }
    return copies;
}

/* Emits the instruction of a block with this number, lazily if there is a state for it; before as for lazy_emit. */
static inline void emit_one(struct generator *g, struct lazy *lazy, const struct block_view *block, uint32_t number,
                            struct lazy *before) {
    if (lazy != NULL) {
        lazy_emit(lazy, g, block, number, before);
    } else {
        const struct instruction *i = &block->instructions[number];
        emit_instruction[i->opcode](g, i);
    }
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

static void emit_loop(struct generator *g, const struct block_view *block, bool is_lazy, uint32_t copies, uint32_t cost,
                      uint32_t *offsets) {
    struct lazy lazy = {0}, states[MAXIMUM_COPIES];
    uint32_t sites[MAXIMUM_COPIES];
    for (uint32_t copy = 0; copy < copies; copy++) {
        for (uint32_t n = 0; n < block->count; n++) {
            if (copy == 0 && n > 0) {
                offsets[n] = x64_position(&g->emitter);
            }
            g->leaves_loop = n == block->count - 1 && copy < copies - 1;
            emit_one(g, is_lazy ? &lazy : NULL, block, n, NULL);
        }
        states[copy] = lazy;
        sites[copy] = g->loop_site;
    }
    emit_ways_out(g, states, sites, copies, cost);
}

void block_emit(struct generator *g, const struct instruction *instructions, uint32_t count, uint32_t copies,
                uint32_t cost, uint32_t *offsets) {
    uint32_t start = x64_position(&g->emitter);
    const struct block_view block = {instructions, count, copies > 1};
    bool is_lazy = !g->blinding.on && lazy_is_likely(instructions, count, block.loops);
    struct lazy lazy;
    if (block.loops) {
        emit_loop(g, &block, is_lazy, copies, cost, offsets);
    } else if (is_lazy) {
        memset(&lazy, 0, sizeof lazy);
        lazy_emit(&lazy, g, &block, 0, NULL);
        for (uint32_t n = 1; n < count; n++) {
            offsets[n] = x64_position(&g->emitter);
            lazy_emit(&lazy, g, &block, n, NULL);
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
}

/* ---- To find a place ---- */

/* Decodes the piece that begins at pc; returns how many instructions it has. */
static uint32_t decode_piece(const struct program *program, uint32_t pc, struct instruction *instructions) {
    for (uint32_t count = 0; count < LOOKAHEAD; count++) {
        instructions[count] = program_decode(program, pc);
        pc = instructions[count].next;
        if (opcode_table[instructions[count].opcode].terminator) {
            return count + 1;
        }
    }
    return LOOKAHEAD;
}

/* Emits the copies of a piece up to an instruction of the first copy, or to the one with this octet of the machine code. Other
 * machine code than that of loops may depend on where it stands: there octets say nothing. The end of a block accesses nothing;
 * that of a piece, which is any instruction, may. */
static bool find(const struct program *program, uint32_t pc, uint32_t copies, uint32_t number, uint32_t octet,
                 bool at_access, struct block_place *place) {
    struct instruction instructions[LOOKAHEAD];
    uint8_t nowhere[MAXIMUM_INSTRUCTION_SIZE + LAZY_OCTETS];
    struct generator g = {.program = program, .fast = true, .use_gs = true};
    struct lazy lazy = {0};
    const struct block_view block = {instructions, decode_piece(program, pc, instructions), copies > 1};
    bool is_lazy = lazy_is_likely(instructions, block.count, block.loops);
    if (!is_lazy && !block.loops) {
        return false;
    }
    for (uint32_t n = 0, octets = 0;; n++) {
        uint32_t in_copy = n % block.count;
        g.emitter = (struct x64_emitter){nowhere, nowhere, nowhere + sizeof nowhere};
        g.leaves_loop = in_copy == block.count - 1;
        place->instruction = in_copy;
        place->copies_behind = copies - 1 - n / block.count;
        place->lazy = lazy;
        bool ends = n == block.count * copies - 1 && opcode_table[instructions[in_copy].opcode].terminator;
        if ((n == number && !at_access) || ends) {
            return true;
        }
        emit_one(&g, is_lazy ? &lazy : NULL, &block, in_copy, &place->lazy);
        octets += x64_position(&g.emitter);
        if (block.loops ? octets > octet : n == number) {
            return true;
        }
    }
}

bool block_place_of(const struct program *program, uint32_t pc, uint32_t copies, uint32_t instruction,
                    struct block_place *place) {
    return find(program, pc, copies, instruction, UINT32_MAX, false, place);
}

bool block_place_at(const struct program *program, uint32_t pc, uint32_t copies, uint32_t instruction, uint32_t octet,
                    struct block_place *place) {
    return find(program, pc, copies, instruction, octet, true, place);
}
