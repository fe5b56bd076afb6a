/* The price of a basic block (Gray Paper A.9): what the model needs to know of an instruction, and the two ways to a price:
 * gas_order.c, which is fast and notices when it does not hold, and gas_events.c, which always holds. docs/gas.md. */
#include "internal.h"

#include <smmintrin.h>

/* Time 0 moves up when it is this far behind. */
#define REBASE_AFTER (1 << 16)

enum {
#define OPERANDS(name, encoding, reads, writes, updates, base, offset)                                                 \
    READS_OF_##name = OPERAND_##reads, WRITES_OF_##name = OPERAND_##writes | OPERAND_##updates,                        \
    UPDATES_OF_##name = OPERAND_##updates,
#include "operands.def"
#undef OPERANDS
};

#define CLASS_OF_UNITS_NONE CLASS_NONE
#define CLASS_OF_UNITS_ALU CLASS_ALU
#define CLASS_OF_UNITS_ALU2 CLASS_ALU2
#define CLASS_OF_UNITS_LOAD CLASS_ALU
#define CLASS_OF_UNITS_STORE CLASS_ALU
#define CLASS_OF_UNITS_MUL CLASS_MUL
#define CLASS_OF_UNITS_DIV CLASS_DIV

const struct gas_timing gas_timing[OP_COUNT] __attribute__((aligned(64))) = {
    [OP_undefined] = {-1, -1, {1, CLASS_ALU}},
#define BRANCH 20
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    [OP_##name] = {                                                                                                    \
        -(CLASS_OF_UNITS_##units != CLASS_NONE), -(OP_##name != OP_move_reg), {cycles, CLASS_OF_UNITS_##units}},
#include "opcodes.def"
#undef OPCODE
#undef BRANCH
};

/* Octets that the registers of a step are picked from: opcode, a, b, d as in struct instruction, then constants. */
enum pick { PICK_A = 1, PICK_B, PICK_D, PICK_NEVER_WRITTEN, PICK_NEVER_READ, PICK_NOTHING = 0x80 };
_Static_assert(offsetof(struct instruction, a) == offsetof(struct instruction, opcode) + PICK_A &&
                   offsetof(struct instruction, b) == offsetof(struct instruction, opcode) + PICK_B &&
                   offsetof(struct instruction, d) == offsetof(struct instruction, opcode) + PICK_D,
               "what is picked from");
#define PICKED_CONSTANTS ((int)NEVER_WRITTEN | (int)NEVER_READ << 8)

/* Where the first of a set of operands is. */
#define PICK(set, none) ((set)&OPERAND_A ? PICK_A : (set)&OPERAND_B ? PICK_B : (set)&OPERAND_D ? PICK_D : (none))

/* What makes a step of an instruction, by opcode. */
struct gas_row {
    uint8_t picks[8];  /* sources, destination; behind them the destination twice, to be compared with two sources */
    uint64_t constant; /* the step without registers */
    uint64_t not_compared; /* all ones in the octets of sources that do not matter to the decode slots */
    uint64_t branch;       /* 1 or 0 */
};

/* Octets of struct gas_step. */
#define STEP(cost, timing, entry) ((uint64_t)(cost) << 32 | (uint64_t)(timing) << 48 | (uint64_t)(entry) << 56)
_Static_assert(offsetof(struct gas_step, cost) == 4 && offsetof(struct gas_step, timing) == 6 &&
                   offsetof(struct gas_step, entry) == 7 && sizeof(struct gas_step) == 8,
               "STEP");

#define NOT_COMPARED_FIXED 0xFFFF
#define NOT_COMPARED_FIRST 0xFF00
#define NOT_COMPARED_ANY 0

#define ROW(opcode, reads, writes, updates, compared, slots, class, is_branch)                                         \
    {                                                                                                                  \
        .picks = {PICK(reads, PICK_NEVER_WRITTEN),                                                                     \
                  PICK((reads) & ((reads)-1), PICK_NEVER_WRITTEN),                                                     \
                  PICK(updates, PICK_NEVER_WRITTEN),                                                                   \
                  PICK(writes, PICK_NEVER_READ),                                                                       \
                  PICK(writes, PICK_NEVER_READ),                                                                       \
                  PICK(writes, PICK_NEVER_READ),                                                                       \
                  PICK_NOTHING,                                                                                        \
                  PICK_NOTHING},                                                                                       \
        .constant = STEP((slots)*SLOT_COST - ((class) == CLASS_NONE && (opcode) != OP_move_reg), opcode,               \
                         (opcode) != OP_move_reg),                                                                     \
        .not_compared = compared, .branch = is_branch                                                                  \
    }

/* The second set of rows is for revisions where conditional moves read their destination. */
static const struct gas_row rows[2][OP_COUNT] = {
#define BRANCH -1
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    [0][OP_##name] = ROW(OP_##name, READS_OF_##operands, WRITES_OF_##operands, OPERAND_NONE, NOT_COMPARED_##rule,      \
                         otherwise, CLASS_OF_UNITS_##units, (cycles) == BRANCH),                                       \
    [1][OP_##name] = ROW(OP_##name, READS_OF_##operands, WRITES_OF_##operands, UPDATES_OF_##operands,                  \
                         NOT_COMPARED_##rule, otherwise, CLASS_OF_UNITS_##units, (cycles) == BRANCH),
#include "opcodes.def"
#undef OPCODE
#undef BRANCH
};

/* An instruction whose registers overlap takes one slot less, when that matters at all. */
#define BRANCH 20
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    _Static_assert((overlapping) + (SLOTS_##rule != SLOTS_FIXED) == (otherwise) && (otherwise) <= DECODE_SLOTS,        \
                   #name);                                                                                             \
    _Static_assert((cycles) <= MAXIMUM_LATENCY, #name);
#include "opcodes.def"
#undef OPCODE
#undef BRANCH

void gas_init(struct gas_model *model, const struct revision_rules *rules) {
    model->rows = rows[rules->cmov_reads_destination];
    memset(model->events.released, 0, sizeof model->events.released);
    memset(model->events.units_freed, 0, sizeof model->events.units_freed);
}

void gas_begin(struct gas_model *model) {
    model->count = 0;
    model->first = true;
    model->by_events = false;
    model->base = 0;
}

/* Prices a chunk in program order, or goes over to events in front of it. */
static void price_in_order(struct gas_model *model, bool last) {
    if (model->first) {
        gas_order_begin(&model->order);
    }
    bool exact = gas_order_place(&model->order, model->steps, model->count);
    if (exact && last) {
        return;
    }
    if (model->first) {
        gas_events_begin(&model->events);
    }
    if (exact) {
        gas_events_follow(&model->events, model->steps, model->count);
    } else {
        gas_events_resume(&model->events, &model->order);
        model->by_events = true;
    }
}

/* Prices a chunk of a block; `last`: the block ends with it. */
static void price(struct gas_model *model, bool last) {
    if (!model->by_events) {
        price_in_order(model, last);
    }
    if (model->by_events) {
        gas_events_run(&model->events, model->steps, model->count, last);
    }
    if ((model->by_events ? model->events.now.time : model->order.cycle) > REBASE_AFTER) {
        model->base +=
            (uint32_t)(model->by_events ? gas_events_rebase(&model->events) : gas_order_rebase(&model->order));
    }
    model->first = false;
    model->count = 0;
}

static bool is_cold(const struct program *program, int64_t pc) {
    enum opcode opcode = program_opcode(program, pc);
    return opcode == OP_unlikely || opcode == OP_trap;
}

void gas_add(struct gas_model *model, const struct program *program, const struct instruction *instruction) {
    const struct gas_row *row = &model->rows[instruction->opcode];
    int32_t operands;
    memcpy(&operands, &instruction->opcode, sizeof operands);
    __m128i octets = _mm_insert_epi32(_mm_cvtsi32_si128(operands), PICKED_CONSTANTS, 1);
    octets = _mm_shuffle_epi8(octets, _mm_loadl_epi64((const __m128i *)(const void *)row->picks));
    uint64_t registers = (uint64_t)_mm_cvtsi128_si64(octets);
    /* An octet of it is 0 where a source that matters is the destination. */
    uint64_t difference = (registers ^ registers >> 32) | row->not_compared;
    uint64_t overlaps = ((difference - 0x0101) & ~difference & 0x8080) != 0;
    uint64_t step = row->constant - STEP(overlaps * SLOT_COST, 0, 0) + (uint32_t)(registers << 4);
    if (row->branch != 0 && (is_cold(program, instruction->next) || is_cold(program, instruction->target))) {
        step -= STEP(0, instruction->opcode - OP_undefined, 0);
    }
    memcpy(&model->steps[model->count++], &step, sizeof step);
    if (model->count == GAS_CHUNK) {
        price(model, false);
    }
}

uint32_t gas_finish(struct gas_model *model) {
    int32_t latest = -1;
    if (!model->first || model->count > REORDER_ENTRIES) {
        price(model, true);
        latest = model->order.latest;
    } else if ((latest = gas_order_block(model->steps, model->count)) < 0) {
        gas_events_begin(&model->events);
        gas_events_run(&model->events, model->steps, model->count, true);
        model->by_events = true;
    }
    /* The cycles at the end are the latest finish + 2, the price is three less. */
    uint32_t cycles = model->base + (uint32_t)(model->by_events ? model->events.now.latest : latest);
    return cycles > 2 ? cycles - 1 : 1;
}
