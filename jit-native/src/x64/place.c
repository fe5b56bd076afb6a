/* To find places in the machine code of blocks. */
#include "x64/place.h"

#ifdef CHECK_PLACES
#include <stdio.h>
#include <stdlib.h>
#endif

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
                 bool at_access, struct place *place) {
    struct instruction instructions[LOOKAHEAD];
    uint8_t nowhere[MAXIMUM_INSTRUCTION_SIZE + LAZY_OCTETS];
    struct generator g = {.program = program, .fast = true, .use_gs = true};
    struct lazy lazy = {0};
    struct block_view block;
    block_view_open(&block, instructions, decode_piece(program, pc, instructions), copies > 1);
    if (block.laziness == LAZY_NOTHING && !block.loops) {
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
        emit_one(&g, &lazy, &block, in_copy, &place->lazy);
        octets += x64_position(&g.emitter);
        if (block.loops ? octets > octet : n == number) {
            return true;
        }
    }
}

bool place_of(const struct program *program, uint32_t pc, uint32_t copies, uint32_t instruction, struct place *place) {
    return find(program, pc, copies, instruction, UINT32_MAX, false, place);
}

bool place_at(const struct program *program, uint32_t pc, uint32_t copies, uint32_t instruction, uint32_t octet,
              struct place *place) {
    return find(program, pc, copies, instruction, octet, true, place);
}

/* ---- Whether what is found is what there was ---- */

#ifdef CHECK_PLACES
void place_notes_begin(struct place_notes *notes) {
    notes->count = 0;
}

struct lazy *place_note(struct place_notes *notes, const struct generator *g, const struct lazy *lazy) {
    uint32_t n = notes->count++;
    notes->octets[n] = x64_position(&g->emitter);
    notes->starts[n] = notes->accesses[n] = *lazy;
    return &notes->accesses[n];
}

static bool is_equal(const struct lazy *a, const struct lazy *b) {
    bool equal = a->missing == b->missing && a->halves == b->halves && a->extended == b->extended &&
                 a->constants == b->constants && a->product == b->product && a->carry == b->carry;
    for (uint32_t set = a->missing | a->constants; set != 0 && equal; set &= set - 1) {
        const struct lazy_value *v = &a->values[__builtin_ctz(set)], *w = &b->values[__builtin_ctz(set)];
        bool is_missing = (a->missing & set & -set) != 0;
        equal = v->displacement == w->displacement &&
                (!is_missing || (v->base == w->base && v->index == w->index && v->scale == w->scale));
    }
    return equal;
}

/* Whether the machine code of a piece with nothing but sums put off is what it would be with all of it, but for the end of a block. */
static bool is_as_with_all(const struct generator *g, const struct block_view *block, uint32_t copies) {
    struct block_view with_all = *block;
    struct lazy lazy = {0}, lazy_with_all = {0};
    bool same = true;
    with_all.laziness = LAZY_ALL;
    for (uint32_t n = 0; n < block->count * copies && same; n++) {
        const uint32_t in_copy = n % block->count;
        uint8_t octets[2][MAXIMUM_INSTRUCTION_SIZE + LAZY_OCTETS];
        struct generator one = {.program = g->program, .fast = true, .use_gs = true}, other;
        one.leaves_loop = in_copy == block->count - 1;
        one.emitter = (struct x64_emitter){octets[0], octets[0], octets[0] + sizeof octets[0]};
        other = one;
        other.emitter = (struct x64_emitter){octets[1], octets[1], octets[1] + sizeof octets[1]};
        if (n == block->count * copies - 1 && opcode_table[block->instructions[in_copy].opcode].terminator) {
            return lazy.missing == lazy_with_all.missing && lazy_with_all.halves == 0;
        }
        emit_one(&one, &lazy, block, in_copy, NULL);
        emit_one(&other, &lazy_with_all, &with_all, in_copy, NULL);
        uint32_t size = x64_position(&one.emitter);
        same = size == x64_position(&other.emitter) && memcmp(octets[0], octets[1], size) == 0;
    }
    return same;
}

void place_notes_check(const struct place_notes *notes, const struct generator *g, const struct block_view *block,
                       uint32_t copies) {
    const uint32_t pc = block->instructions[0].pc;
    if (block->laziness == LAZY_SUMS && !is_as_with_all(g, block, copies)) {
        fprintf(stderr, "the piece at %u: other machine code with sums alone put off than with all\n", pc);
        abort();
    }
    struct place place;
    for (uint32_t n = 0; n < notes->count; n++) {
        const uint32_t in_copy = n % block->count;
        bool found = n >= block->count ||
                     (place_of(g->program, pc, copies, in_copy, &place) && is_equal(&place.lazy, &notes->starts[n]));
        if (opcode_table[block->instructions[in_copy].opcode].access != ACCESS_NONE) {
            found &= place_at(g->program, pc, copies, in_copy, notes->octets[n] - notes->octets[0], &place) &&
                     place.instruction == in_copy && place.copies_behind == copies - 1 - n / block->count &&
                     is_equal(&place.lazy, &notes->accesses[n]);
        }
        if (!found) {
            fprintf(stderr, "the piece at %u: another state is found at instruction %u than it had\n", pc, n);
            abort();
        }
    }
}
#endif
