/* Decoding: what the operands of an instruction are (Gray Paper A.5), and what the gas model needs to know of it (A.9). The
 * registers of all instructions, and the immediate of most, are found without branches, by a row for each opcode. */
#include "isa/lookahead.h"

#include "base/hints.h"

#include <smmintrin.h>
#include <stddef.h>
#include <string.h>

/* ---- Rows ---- */

enum {
#define OPERANDS(name, encoding, reads, writes, updates, base, offset)                                                 \
    ENCODING_OF_##name = encoding##_ENCODING, READS_OF_##name = OPERAND_##reads,                                       \
    WRITES_OF_##name = OPERAND_##writes | OPERAND_##updates, UPDATES_OF_##name = OPERAND_##updates,
#include "isa/operands.def"
#undef OPERANDS
};

/* Octets that registers are picked from: the three nibbles that may name one, then registers of the gas model. */
enum pick {
    PICK_FIRST,
    PICK_SECOND,
    PICK_THIRD,
    PICK_NEVER_WRITTEN = 4,
    PICK_NEVER_READ,
    PICK_ZERO = 0x80 /* not an octet: 0 */
};
#define PICKED_CONSTANTS ((int)NEVER_WRITTEN | (int)NEVER_READ << 8)

#define IS(encoding, name) ((int)(encoding) == (int)name##_ENCODING)

/* Where operands stand: D in front of A where there are these two. */
#define PICK_A(encoding) (IS(encoding, REG_REG) ? PICK_SECOND : PICK_FIRST)
#define PICK_B PICK_SECOND
#define PICK_D(encoding) (IS(encoding, REG_REG) ? PICK_FIRST : PICK_THIRD)

#define HAS_B(e) (IS(e, REG_REG_IMM) || IS(e, REG_REG_OFF) || IS(e, REG_REG_IMM_IMM) || IS(e, REG_REG_REG))
#define HAS_A(e)                                                                                                       \
    (HAS_B(e) || IS(e, REG_IMM64) || IS(e, REG_IMM) || IS(e, REG_IMM_IMM) || IS(e, REG_IMM_OFF) || IS(e, REG_REG))
#define HAS_D(e) (IS(e, REG_REG) || IS(e, REG_REG_REG))

/* Whether X is what is left behind the octet of registers, or all there is; else it is none, or for finish_special. */
#define X_BEHIND_REGISTERS(e) (IS(e, REG_IMM) || IS(e, REG_REG_IMM))
#define X_IS_ALL(e) (IS(e, IMM))
#define HAS_OFFSET(e) (IS(e, OFF) || IS(e, REG_IMM_OFF) || IS(e, REG_REG_OFF))
#define HAS_Y(e) (IS(e, IMM_IMM) || IS(e, REG_IMM_IMM) || IS(e, REG_REG_IMM_IMM))
/* Octets in front of X, and where they say how long it is. */
#define REGISTER_OCTETS(e) (IS(e, REG_REG_IMM_IMM) ? 2 : IS(e, NONE) || IS(e, IMM) || IS(e, OFF) ? 0 : 1)
#define HAS_LENGTH(e) (HAS_Y(e) || IS(e, REG_IMM_OFF))
#define LENGTH_SHIFT(e) (IS(e, REG_REG_IMM_IMM) ? 8 : IS(e, IMM_IMM) ? 0 : 4)
#define IS_PLAIN(e) (X_BEHIND_REGISTERS(e) || X_IS_ALL(e) || IS(e, NONE) || IS(e, REG_REG) || IS(e, REG_REG_REG))

/* By the octets behind the opcode: bits above an X of 32 bits that takes what is left behind no octets, behind one, or that
 * has no octets at all. */
#define ABOVE_NONE 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32
static const uint8_t above_x[3][MAXIMUM_SKIP + 1] = {
    {ABOVE_NONE},
    {32, 24, 16, 8},
    {32, 32, 24, 16, 8},
};
#define ABOVE_ROW(e) (X_IS_ALL(e) ? 1 : X_BEHIND_REGISTERS(e) ? 2 : 0)

struct lookahead_row {
    /* Of the step, the sources and the destination; what is compared with two of the sources, for the decode slots; of the
     * instruction, nothing for the opcode, then A, B, D. */
    _Alignas(16) uint8_t picks[16];
    uint64_t step;   /* without registers */
    uint8_t x_shift; /* bits in front of X */
    uint8_t x_above; /* row of above_x, in octets */
    uint8_t more;    /* what there is beside, of enum more */
    uint8_t encoding;
    uint8_t length_shift, length_mask; /* bits in front of the length of X, and 7; or 0: X has none */
    bool is_branch;
};

/* An instruction ends its block; finish_special has something to do. */
enum more { MORE_ENDS = 1, MORE_SPECIAL = 2 };

/* Octets of struct gas_step. */
#define STEP(cost, timing, entry) ((uint64_t)(cost) << 32 | (uint64_t)(timing) << 48 | (uint64_t)(entry) << 56)
_Static_assert(offsetof(struct gas_step, cost) == 4 && offsetof(struct gas_step, timing) == 6 &&
                   offsetof(struct gas_step, entry) == 7 && sizeof(struct gas_step) == 8,
               "STEP");
_Static_assert(offsetof(struct instruction, a) == offsetof(struct instruction, opcode) + 1 &&
                   offsetof(struct instruction, b) == offsetof(struct instruction, opcode) + 2 &&
                   offsetof(struct instruction, d) == offsetof(struct instruction, opcode) + 3,
               "registers of struct lookahead_row");

/* How many sources are compared. */
#define COMPARED_FIXED 0
#define COMPARED_FIRST 1
#define COMPARED_ANY 2

/* Where the first of a set of operands is. */
#define PICK(set, encoding, none)                                                                                      \
    ((set)&OPERAND_A ? PICK_A(encoding) : (set)&OPERAND_B ? PICK_B : (set)&OPERAND_D ? PICK_D(encoding) : (none))

#define ROW(opcode, e, reads, writes, updates, compared, slots, units, ends, branches)                                 \
    {                                                                                                                  \
        .x_shift = REGISTER_OCTETS(e) * 8, .x_above = ABOVE_ROW(e) * sizeof above_x[0],                                \
        .more = ((ends) ? MORE_ENDS : 0) | (IS_PLAIN(e) ? 0 : MORE_SPECIAL), .encoding = e, .is_branch = branches,     \
        .length_shift = LENGTH_SHIFT(e), .length_mask = HAS_LENGTH(e) ? 7 : 0,                                         \
        .picks = {PICK(reads, e, PICK_NEVER_WRITTEN),                                                                  \
                  PICK((reads) & ((reads)-1), e, PICK_NEVER_WRITTEN),                                                  \
                  PICK(updates, e, PICK_NEVER_WRITTEN),                                                                \
                  PICK(writes, e, PICK_NEVER_READ),                                                                    \
                  (compared) > 0 ? PICK(writes, e, PICK_NEVER_READ) : PICK_NEVER_READ,                                 \
                  (compared) > 1 ? PICK(writes, e, PICK_NEVER_READ) : PICK_NEVER_READ,                                 \
                  PICK_ZERO,                                                                                           \
                  PICK_ZERO,                                                                                           \
                  PICK_ZERO,                                                                                           \
                  HAS_A(e) ? PICK_A(e) : PICK_ZERO,                                                                    \
                  HAS_B(e) ? PICK_B : PICK_ZERO,                                                                       \
                  HAS_D(e) ? PICK_D(e) : PICK_ZERO},                                                                   \
        .step = STEP((slots)*DECODE_SLOT_COST - ((units) == UNITS_NONE && (opcode) != OP_move_reg), opcode,            \
                     (opcode) != OP_move_reg),                                                                         \
    }

#define BRANCH BRANCH_CYCLES
/* The second set of rows is for revisions where conditional moves read their destination. */
static const struct lookahead_row rows[2][OP_COUNT] = {
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    [0][OP_##name] = ROW(OP_##name, ENCODING_OF_##operands, READS_OF_##operands, WRITES_OF_##operands, OPERAND_NONE,   \
                         COMPARED_##rule, otherwise, UNITS_##units, terminator, (cycles) == BRANCH_CYCLES),            \
    [1][OP_##name] =                                                                                                   \
        ROW(OP_##name, ENCODING_OF_##operands, READS_OF_##operands, WRITES_OF_##operands, UPDATES_OF_##operands,       \
            COMPARED_##rule, otherwise, UNITS_##units, terminator, (cycles) == BRANCH_CYCLES),
#include "isa/opcodes.def"
#undef OPCODE
};
#undef BRANCH

/* An instruction whose registers overlap takes one decode slot less, when that matters at all. */
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    _Static_assert((overlapping) + (DECODE_SLOTS_##rule != DECODE_SLOTS_FIXED) == (otherwise) &&                       \
                       (otherwise) <= DECODE_SLOTS,                                                                    \
                   #name);
#include "isa/opcodes.def"
#undef OPCODE

/* ---- One instruction ---- */

static uint64_t load64(const uint8_t *octets) {
    uint64_t value;
    memcpy(&value, octets, sizeof value);
    return value;
}

/* The first 32 - above bits of value, sign-extended. */
static int64_t immediate(uint64_t value, uint32_t above) {
    return (int64_t)(value << 32 << above) >> 32 >> above;
}

/* Bits above an immediate that takes at most four of the octets that are left of `length` behind `used`. */
static uint32_t above_rest(uint32_t length, uint32_t used) {
    uint32_t rest = length > used ? length - used : 0;
    return 32 - 8 * (rest < 4 ? rest : 4);
}

/* What decoding needs to know of a program. */
struct decoder {
    const uint8_t *code, *opcodes;
    const struct lookahead_row *rows;
    uint32_t code_length;
    uint32_t third_mask; /* of the second octet behind the opcode: which bits name a register */
};

INLINED struct decoder decoder_of(const struct program *program, bool updates) {
    const struct revision_rules *rules = program->rules;
    return (struct decoder){program->code, rules->opcodes, rows[updates], program->code_length,
                            (uint32_t)rules->third_register_mask << 8};
}

/* Decodes and describes; what the row has more of is still to be done. */
INLINED const struct lookahead_row *decode(struct instruction *i, struct gas_step *step, const struct decoder *decoder,
                                           uint32_t pc, uint32_t next) {
    uint8_t opcode = decoder->opcodes[decoder->code[pc]];
    const struct lookahead_row *row = &decoder->rows[opcode];
    uint64_t octets = load64(decoder->code + pc + 1);

    uint32_t nibbles = ((uint32_t)(uint8_t)octets | (uint32_t)(uint8_t)octets << 4) & 0x0F0F;
    nibbles |= ((uint32_t)octets & decoder->third_mask) << 8;
    __m128i registers = _mm_min_epu8(_mm_cvtsi32_si128((int)nibbles), _mm_set1_epi8(PVM_REGISTER_COUNT - 1));
    registers = _mm_or_si128(registers, _mm_set_epi32(0, 0, PICKED_CONSTANTS, 0));
    __m128i picked = _mm_shuffle_epi8(registers, _mm_load_si128((const __m128i *)(const void *)row->picks));
    /* Two bits, of which one is set where a source that matters is the destination. */
    uint32_t equal = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(picked, _mm_shuffle_epi32(picked, 1))) & 3;
    uint64_t overlap = (equal + 3) >> 2;
    uint64_t described = row->step + (uint32_t)_mm_cvtsi128_si32(_mm_slli_epi16(picked, 4)) - (overlap << 40);
    _Static_assert(STEP(DECODE_SLOT_COST, 0, 0) == UINT64_C(1) << 40, "the shift of what overlaps");
    memcpy(step, &described, sizeof described);

    i->pc = pc;
    i->next = next;
    i->operands = (uint32_t)_mm_extract_epi32(picked, 2) | (uint32_t)opcode;
    i->x = immediate(octets >> row->x_shift, (&above_x[0][0])[row->x_above + (next - pc - 1)]);
    return row;
}

/* Not 0 if what stands there, in the code or at its end, makes a branch that leads to it cheap. */
static int is_cold(const struct decoder *decoder, uint64_t pc) {
    uint8_t opcode = decoder->opcodes[decoder->code[pc]];
    return (opcode == OP_unlikely) | (opcode == OP_trap);
}

/* What the row does not say: operands of special forms, Y or an offset last of them, and branches whose price depends on where
 * they lead. */
INLINED void finish_special(struct instruction *i, struct gas_step *step, const struct decoder *decoder,
                            const struct lookahead_row *row) {
    const uint8_t *operands = decoder->code + i->pc + 1;
    uint32_t registers = row->x_shift / 8, length = i->next - i->pc - 1;
    uint32_t x_length = (uint32_t)(load64(operands) >> row->length_shift) & row->length_mask;
    uint32_t x_octets = x_length < 4 ? x_length : 4, behind = registers + x_octets;
    i->x = immediate(load64(operands + registers), 32 - 8 * x_octets);
    i->y = immediate(load64(operands + behind), above_rest(length, behind));
    i->target = (int64_t)i->pc + i->y;
    if (RARELY(row->encoding == REG_IMM64_ENCODING)) {
        i->x = (int64_t)load64(operands + registers);
    }
    if (row->is_branch) {
        /* Behind the code there are zeros, as everywhere outside. */
        uint64_t end = decoder->code_length, target = (uint64_t)i->target < end ? (uint64_t)i->target : end;
        if ((is_cold(decoder, i->next) | is_cold(decoder, target)) != 0) {
            step->timing = OP_undefined;
        }
    }
}

struct instruction program_decode(const struct program *program, uint32_t pc) {
    struct instruction i = {0};
    struct gas_step step;
    struct decoder decoder = decoder_of(program, false);
    const struct lookahead_row *row = decode(&i, &step, &decoder, pc, program_next(program, pc));
    if ((row->more & MORE_SPECIAL) != 0) {
        finish_special(&i, &step, &decoder, row);
        i.y = HAS_Y(row->encoding) ? i.y : 0;
        i.target = HAS_OFFSET(row->encoding) ? i.target : 0;
    }
    return i;
}

/* ---- Many ---- */

void lookahead_begin(struct lookahead *lookahead, const struct program *program, uint32_t pc, uint32_t end) {
    lookahead->program = program;
    lookahead->pc = pc;
    lookahead->end = end;
    lookahead->count = lookahead->end_count = 0;
}

void lookahead_fill(struct lookahead *l, uint32_t kept) {
    const struct program *program = l->program;
    struct decoder decoder = decoder_of(program, program->rules->cmov_reads_destination);
    OPAQUE(decoder.rows);
    const uint8_t *const all_starts = program->starts;
    const uint32_t end = l->end;
    uint32_t pc = l->pc, count = kept, ends = 0, word = pc / 64;
    /* Starts behind pc. Behind the code every bit is set: its end is a start, too. */
    uint64_t starts = load64(all_starts + (uint64_t)word * 8) & UINT64_MAX << 1 << (pc & 63);
    memmove(l->instructions, l->instructions + l->count - kept, kept * sizeof *l->instructions);
    memmove(l->steps, l->steps + l->count - kept, kept * sizeof *l->steps);
    struct instruction *i = &l->instructions[kept];
    struct gas_step *step = &l->steps[kept];
    for (; count < LOOKAHEAD && pc < end; count++, i++, step++) {
        while (starts == 0) {
            starts = load64(all_starts + (uint64_t)++word * 8);
        }
        uint32_t next = word * 64 + (uint32_t)__builtin_ctzll(starts);
        starts &= starts - 1;
        const struct lookahead_row *row = decode(i, step, &decoder, pc, next);
        if (row->more != 0) {
            l->ends[ends] = count + 1;
            ends += row->more & MORE_ENDS;
            if ((row->more & MORE_SPECIAL) != 0) {
                finish_special(i, step, &decoder, row);
            }
        }
        pc = next;
    }
    l->pc = pc;
    l->count = count;
    l->end_count = ends;
}
