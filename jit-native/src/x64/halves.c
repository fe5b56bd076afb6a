/* Halves: forward, for what is known to be extended; then backward, for who reads upper halves. Linear in the block, and
 * without branches, for the processor could not foretell them. */
#include "x64/halves.h"

#include "pvmjit.h"

/* A block of fewer instructions, or with fewer results to extend, is left as it is. */
#define LIKELY_INSTRUCTIONS 8
#define LIKELY_EXTENSIONS 3

#define ALL_REGISTERS ((1 << PVM_REGISTER_COUNT) - 1)

/* What an instruction's machine code does with the halves of its registers, beside that of an address, of which it reads the
 * lower one: a column of the second table of isa/opcodes.def. */
enum halves {
    HALVES_WHOLE,   /* reads both */
    HALVES_SMALL,   /* reads both, and its result is an extended one */
    HALVES_LOWER,   /* reads the lower ones, and its result is an extended one */
    HALVES_EXTENDS, /* the same, and the extension comes last: it can be left out */
    HALVES_COUNT,   /* reads the lower half of B, and both of the other */
    HALVES_BITWISE, /* from values that are extended makes such a one, and its lower half from their lower halves */
    HALVES_LOAD,    /* from memory, a result that is extended */
    HALVES_LOAD_U,  /* from memory, another one */
    HALVES_STORE,   /* of a lower half */
    HALVES_STORE_8, /* of both */
    HALVES_ALL      /* a host call or the end of the block: all registers are seen */
};

static const uint8_t halves_table[OP_COUNT] = {
#define GENERATOR(name, halves, ...) [OP_##name] = HALVES_##halves,
#include "isa/opcodes.def"
#undef GENERATOR
};

/* Of each of the above: which of the registers that are read are read in both halves, by A, B, D; and the rest as masks. */
static const struct {
    uint16_t upper[3];
    uint16_t sees;    /* registers beside the operands */
    uint16_t extends; /* the result is an extended one */
    uint16_t bitwise; /* likewise, if what is read is */
    bool omissible;
} rules[] = {
#define NO 0
#define YES UINT16_MAX
    [HALVES_WHOLE] = {{YES, YES, YES}, 0, NO, NO, false},
    [HALVES_SMALL] = {{YES, YES, YES}, 0, YES, NO, false},
    [HALVES_LOWER] = {{NO, NO, NO}, 0, YES, NO, false},
    [HALVES_EXTENDS] = {{NO, NO, NO}, 0, YES, NO, true},
    [HALVES_COUNT] = {{YES, NO, NO}, 0, NO, NO, false},
    [HALVES_BITWISE] = {{YES, YES, YES}, 0, NO, YES, false},
    [HALVES_LOAD] = {{NO, NO, NO}, 0, YES, NO, false},
    [HALVES_LOAD_U] = {{NO, NO, NO}, 0, NO, NO, false},
    [HALVES_STORE] = {{NO, NO, NO}, 0, NO, NO, false},
    [HALVES_STORE_8] = {{YES, NO, NO}, 0, NO, NO, false},
    [HALVES_ALL] = {{NO, NO, NO}, ALL_REGISTERS, NO, NO, false},
#undef NO
#undef YES
};

bool halves_are_likely(const struct instruction *instructions, uint32_t count) {
    uint32_t extensions = 0;
    for (uint32_t n = 0; n < count && count >= LIKELY_INSTRUCTIONS; n++) {
        extensions += halves_table[instructions[n].opcode] == HALVES_EXTENDS;
    }
    return extensions >= LIKELY_EXTENSIONS;
}

static inline uint16_t select(const struct instruction *i, const uint16_t masks[3]) {
    return (uint16_t)((1 << i->a & masks[0]) | (1 << i->b & masks[1]) | (1 << i->d & masks[2]));
}

static inline uint16_t mask_of(bool condition) {
    return (uint16_t) - (int)condition;
}

/* Fills in a step but for what follows from those behind it; returns what is known to be extended behind it. */
static inline uint16_t look_forward(uint16_t extended, const struct instruction *i, struct halves_step *step) {
    const struct operand_roles *roles = &operand_table[opcode_table[i->opcode].operands];
    const uint8_t halves = halves_table[i->opcode];
    uint16_t reads = select(i, roles->reads), written = select(i, roles->writes);
    uint16_t upper = (uint16_t)(select(i, rules[halves].upper) & reads);
    uint16_t bitwise = rules[halves].bitwise & mask_of((reads & ~extended) == 0);
    uint16_t updated = mask_of(roles->updates) & written;
    uint16_t extends = rules[halves].extends | bitwise;
    step->extended = extended;
    step->reads = reads & bitwise;
    step->upper = (uint16_t)((upper & ~bitwise) | updated | rules[halves].sees);
    step->result = (uint16_t)(written & ~updated);
    /* Who sees all registers may change them, too. */
    return (uint16_t)(((extended & ~written) | (written & extends)) & ~rules[halves].sees);
}

void halves_plan(const struct instruction *instructions, uint32_t count, struct halves_step *steps) {
    uint16_t extended = 0, needed = ALL_REGISTERS;
    for (uint32_t n = 0; n < count; n++) {
        extended = look_forward(extended, &instructions[n], &steps[n]);
    }
    for (uint32_t n = count; n-- > 0;) {
        struct halves_step *step = &steps[n];
        bool result_is_needed = (needed & step->result) != 0;
        step->omits_extension = rules[halves_table[instructions[n].opcode]].omissible && !result_is_needed;
        needed = (uint16_t)((needed & ~step->result) | step->upper | (step->reads & mask_of(result_is_needed)));
    }
}
