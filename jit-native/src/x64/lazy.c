/* Lazy values: one step forward for each instruction, and a look at the next few where a sum may be put off. */
#include "x64/lazy.h"

#include "base/hints.h"
#include "isa/lookahead.h"

#include <stddef.h>

/* A block with fewer results to extend is left as it is, unless it computes addresses. */
#define LIKELY_INSTRUCTIONS 8
#define LIKELY_EXTENSIONS 3

#define ALL_REGISTERS ((1 << PVM_REGISTER_COUNT) - 1)

/* The largest shift to the left that an address can hold. */
#define MAXIMUM_SCALE 3

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

/* What has to be known of each opcode: 0 or 1; where an operand is, in bits of instruction.operands; all bits or none. */
struct row {
    _Alignas(16) uint8_t reads_a; /* a register; what it updates is not among these */
    uint8_t reads_b;
    uint8_t writes, written;  /* whether it does; and where */
    uint8_t has_base, base;   /* whether it accesses memory relative to a register; and where that is */
    uint8_t stores_a;         /* and whether A is stored there */
    uint8_t upper_a, upper_b; /* which of those read are so in both halves */
    uint8_t updates;          /* what it writes, it reads: all bits, or none, as of those that follow */
    uint8_t extends;          /* the result is an extended one */
    uint8_t bitwise;          /* likewise, if what is read is; then of halves, half itself */
    uint8_t omissible;
    bool all;     /* a host call or the end of a block */
    bool special; /* see put_off_special */
};

#define OPERANDS(name, encoding, reads, writes, updates, base, offset)                                                 \
    READS_##name = OPERAND_##reads, WRITES_##name = OPERAND_##writes | OPERAND_##updates,                              \
    UPDATES_##name = OPERAND_##updates != 0 ? 0xFF : 0, BASE_##name = OPERAND_##base,
enum {
#include "isa/operands.def"
};
#undef OPERANDS

#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    READS_OF_##name = READS_##operands, WRITES_OF_##name = WRITES_##operands, UPDATES_OF_##name = UPDATES_##operands,  \
    BASE_OF_##name = ACCESS_##access != ACCESS_NONE ? BASE_##operands : OPERAND_NONE,                                  \
    DIVIDES_##name = UNITS_##units == UNITS_DIV,
enum {
#include "isa/opcodes.def"
};
#undef OPCODE

#define LOADS_CONSTANT(name) (OP_##name == OP_load_imm || OP_##name == OP_load_imm_64)

#define MULTIPLIES(name) (OP_##name == OP_mul_64 || OP_##name == OP_mul_upper_u_u)

#define SUMS_UP(name)                                                                                                  \
    (OP_##name == OP_add_64 || OP_##name == OP_add_imm_64 || OP_##name == OP_move_reg || OP_##name == OP_shlo_l_imm_64)

/* A sum and its carry. */
#define CARRIES(name) (OP_##name == OP_add_64 || OP_##name == OP_set_lt_u)

#define IS(halves, kind) (HALVES_##halves == HALVES_##kind)

/* The operands that are read in both halves, of those that are read at all. */
#define UPPER(name, halves)                                                                                            \
    (READS_OF_##name & (IS(halves, WHOLE) || IS(halves, SMALL) || IS(halves, BITWISE) || IS(halves, ALL) ? OPERAND_AB  \
                        : IS(halves, COUNT) || IS(halves, STORE_8)                                       ? OPERAND_A   \
                                                                   : OPERAND_NONE))

/* Where the one operand of a set is. */
#define BITS_OF(field) (8 * (offsetof(struct instruction, field) - offsetof(struct instruction, operands)))
#define WHERE(set) ((set) == (int)OPERAND_A ? BITS_OF(a) : (set) == (int)OPERAND_B ? BITS_OF(b) : BITS_OF(d))

static const struct row rows[OP_COUNT] = {
#define GENERATOR(name, halves, ...)                                                                                   \
    [OP_##name] = {                                                                                                    \
        .reads_a = (READS_OF_##name & OPERAND_A) != 0,                                                                 \
        .reads_b = (READS_OF_##name & OPERAND_B) != 0,                                                                 \
        .writes = WRITES_OF_##name != 0,                                                                               \
        .written = WHERE((int)WRITES_OF_##name),                                                                       \
        .has_base = BASE_OF_##name != 0,                                                                               \
        .base = WHERE((int)BASE_OF_##name),                                                                            \
        .stores_a = BASE_OF_##name != 0 && (READS_OF_##name & ~BASE_OF_##name & OPERAND_A) != 0,                       \
        .upper_a = (UPPER(name, halves) & OPERAND_A) != 0,                                                             \
        .upper_b = (UPPER(name, halves) & OPERAND_B) != 0,                                                             \
        .updates = UPDATES_OF_##name,                                                                                  \
        .extends = IS(halves, SMALL) || IS(halves, LOWER) || IS(halves, EXTENDS) || IS(halves, LOAD) ? 0xFF : 0,       \
        .bitwise = IS(halves, BITWISE) ? 0xFF : 0,                                                                     \
        .omissible = IS(halves, EXTENDS) ? 0xFF : 0,                                                                   \
        .all = IS(halves, ALL),                                                                                        \
        .special = DIVIDES_##name || LOADS_CONSTANT(name) || MULTIPLIES(name) || CARRIES(name),                        \
    },
#include "isa/opcodes.def"
#undef GENERATOR
};

#define GENERATOR(name, halves, ...)                                                                                   \
    _Static_assert((READS_OF_##name & ~OPERAND_AB) == 0 && (BASE_OF_##name & ~READS_OF_##name) == 0 &&                 \
                       (BASE_OF_##name == 0 || (READS_OF_##name & ~BASE_OF_##name & OPERAND_B) == 0) &&                \
                       (WRITES_OF_##name & (WRITES_OF_##name - 1)) == 0,                                               \
                   #name);
#include "isa/opcodes.def"
#undef GENERATOR

/* ---- Registers of an instruction ---- */

static inline uint16_t bit(uint8_t guest) {
    return (uint16_t)(1 << guest);
}

static inline uint32_t reads_of(const struct instruction *i, const struct row *row) {
    return (uint32_t)row->reads_a << i->a | (uint32_t)row->reads_b << i->b;
}

/* The register that it writes, or none. */
static inline uint32_t written_by(const struct instruction *i, const struct row *row) {
    return (uint32_t)row->writes << (i->operands >> row->written & 31);
}

static inline uint16_t mask_of(bool condition) {
    return (uint16_t) - (int)condition;
}

/* The register that an access of memory is relative to, if it is read for nothing else; else none. */
static inline uint32_t address_base(const struct instruction *i, const struct row *row) {
    return (uint32_t)row->has_base << (i->operands >> row->base & 31) & ~((uint32_t)row->stores_a << i->a);
}

/* ---- What is put off ---- */

/* How far a sum looks for its reader, and how many sums may become one address. */
#define READER_DISTANCE 16
#define SUMS_IN_ADDRESS 3

const bool lazy_sums[OP_COUNT] = {
#define GENERATOR(name, halves, ...) [OP_##name] = SUMS_UP(name),
#include "isa/opcodes.def"
#undef GENERATOR
};

/* Whether the result can be part of an address, or is a copy. */
static inline bool is_sum(const struct instruction *i) {
    return lazy_sums[i->opcode] && (i->opcode != OP_shlo_l_imm_64 || (uint64_t)i->x - 1 < MAXIMUM_SCALE);
}

/* By opcode, what it may be worth looking at a block for. */
enum likely {
    EXTENDS = 1,
    INDEXES = 2, /* sums that may become part of an address */
    ACCESSES = 4,
    DIVIDES = 8,
    HAS_CONSTANT = 16,
    LOWER_PRODUCT = 32,
    UPPER_PRODUCT = 64,
    CARRY = 128
};

static const uint8_t likely_table[OP_COUNT] = {
#define GENERATOR(name, halves, ...)                                                                                   \
    [OP_##name] = (HALVES_##halves == HALVES_EXTENDS ? EXTENDS : 0) |                                                  \
                  (OP_##name == OP_add_64 || OP_##name == OP_shlo_l_imm_64 ? INDEXES : 0) |                            \
                  (HALVES_##halves >= HALVES_LOAD && HALVES_##halves <= HALVES_STORE_8 ? ACCESSES : 0) |               \
                  (DIVIDES_##name ? DIVIDES : 0) | (LOADS_CONSTANT(name) ? HAS_CONSTANT : 0) |                         \
                  (OP_##name == OP_mul_64 ? LOWER_PRODUCT : 0) | (OP_##name == OP_mul_upper_u_u ? UPPER_PRODUCT : 0) | \
                  (OP_##name == OP_set_lt_u ? CARRY : 0),
#include "isa/opcodes.def"
#undef GENERATOR
};

static bool has_both(uint32_t any, uint32_t one, uint32_t other) {
    return (any & one) != 0 && (any & other) != 0;
}

/* Whether the next reader of a sum takes it as an address, or as part of a sum of which that holds. */
static bool becomes_address(const struct block_view *block, uint32_t number) {
    uint32_t sums = 0;
    uint32_t result = written_by(&block->instructions[number], &rows[block->instructions[number].opcode]);
    for (uint32_t n = number + 1; n <= number + READER_DISTANCE; n++) {
        uint32_t at = n < block->count ? n : n - block->count;
        if (n >= block->count && (!block->loops || at >= number)) {
            return false;
        }
        const struct instruction *i = &block->instructions[at];
        const struct row *row = &rows[i->opcode];
        if (i->opcode == OP_ecalli) {
            return false;
        }
        if ((reads_of(i, row) & result) != 0) {
            if (!is_sum(i) || ++sums == SUMS_IN_ADDRESS) {
                return (address_base(i, row) & result) != 0;
            }
            result = written_by(i, row);
        } else if ((written_by(i, row) & result) != 0) {
            return false;
        }
    }
    return false;
}

/* The guest's stack pointer by the convention of compilers. The processor renames what is stored and loaded by the same register
 * and displacement, so a step of it is made where it stands: that is 10 % of ed25519. */
#define STACK_POINTER 1

/* Copies and steps always are: these are often written again before anybody needs them. */
INLINED bool should_put_off(const struct block_view *block, uint32_t number) {
    const struct instruction *i = &block->instructions[number];
    if (i->opcode == OP_add_imm_64) {
        return i->a != STACK_POINTER || i->b != STACK_POINTER;
    }
    return is_sum(i) && (i->opcode == OP_move_reg || becomes_address(block, number));
}

static inline bool is_put_off(const struct block_view *block, uint32_t number) {
    if (!lazy_sums[block->instructions[number].opcode]) {
        return false;
    }
    return block->loops ? (block->put_off >> number & 1) != 0 : should_put_off(block, number);
}

static enum laziness lazy_of(const struct instruction *instructions, uint32_t count, bool loops) {
    uint32_t any = loops ? INDEXES : 0, extensions = 0;
    for (uint32_t n = 0; n < count; n++) {
        uint32_t what = likely_table[instructions[n].opcode];
        any |= what;
        extensions += what & EXTENDS;
    }
    bool addresses = has_both(any, INDEXES, ACCESSES);
    if ((extensions >= LIKELY_EXTENSIONS && count >= LIKELY_INSTRUCTIONS) || (extensions > 0 && addresses) ||
        has_both(any, DIVIDES, HAS_CONSTANT) || has_both(any, LOWER_PRODUCT, UPPER_PRODUCT) ||
        has_both(any, INDEXES, CARRY)) {
        return LAZY_ALL;
    }
    return addresses ? LAZY_SUMS : LAZY_NOTHING;
}

void block_view_open(struct block_view *block, const struct instruction *instructions, uint32_t count, bool loops) {
    assert(!loops || count <= LAZY_LOOP_INSTRUCTIONS);
    *block = (struct block_view){instructions, count, lazy_of(instructions, count, loops), loops, 0};
    for (uint32_t n = 0; loops && n < count; n++) {
        block->put_off |= (uint32_t)should_put_off(block, n) << n;
    }
}

/* ---- Writing what is missing ---- */

static bool refers_to(const struct lazy_value *value, uint8_t guest) {
    return value->base == guest || value->index == guest;
}

static bool is_copy(const struct lazy_value *value) {
    return value->index == NO_PART && value->displacement == 0;
}

/* By guest register; NO_PART is found at its lowest five bits. */
#define PARTS 32
_Static_assert(NO_PART % PARTS == PARTS - 1, "part_register");
static const int8_t part_register[PARTS] = {
#define REGISTER(guest, host) [guest] = (host),
#include "x64/registers.def"
#undef REGISTER
    [NO_PART % PARTS] = X64_NONE,
};

static inline enum x64_register part(uint8_t guest) {
    return (enum x64_register)part_register[guest % PARTS];
}

/* Its bit, or none. */
static inline uint16_t part_bit(uint8_t guest) {
    return (uint16_t)(UINT32_C(1) << guest % PARTS);
}

static struct x64_memory as_memory(const struct lazy_value *value) {
    return x64_scaled(part(value->base), part(value->index), value->scale, value->displacement);
}

/* Writes a register that is missing. Where it is half of one that is extended by now, it is a copy. */
static void write_value(struct lazy *l, struct generator *g, uint8_t guest) {
    struct x64_emitter *e = &g->emitter;
    const struct lazy_value *v = &l->values[guest];
    enum x64_register to = host(guest);
    if ((l->halves & bit(guest)) != 0 && (l->halves & bit(v->base)) != 0) {
        x64_movsxd_rr(e, to, host(v->base));
    } else if (is_copy(v)) {
        x64_mov_rr(e, W64, to, host(v->base));
    } else if (v->base == guest && v->index == NO_PART) {
        x64_alu_ri(e, ALU_ADD, W64, to, v->displacement);
    } else if (v->base == NO_PART && v->displacement == 0) {
        if (v->index != guest) {
            x64_mov_rr(e, W64, to, host(v->index));
        }
        x64_shift_ri(e, SHIFT_SHL, W64, to, v->scale);
    } else if (v->scale == 0 && v->displacement == 0 && refers_to(v, guest)) {
        x64_alu_rr(e, ALU_ADD, W64, to, host(v->base == guest ? v->index : v->base));
    } else {
        x64_lea(e, W64, to, as_memory(v));
    }
    l->halves &= (uint16_t)~bit(guest);
    l->missing &= (uint16_t)~bit(guest);
    l->parts &= mask_of(l->missing != 0);
}

/* Writes the upper half of a register, or all of it. */
static void extend_half(struct lazy *l, struct generator *g, uint8_t guest) {
    if ((l->missing & bit(guest)) != 0) {
        write_value(l, g, guest);
    } else {
        x64_movsxd_rr(&g->emitter, host(guest), host(guest));
        l->halves &= (uint16_t)~bit(guest);
    }
}

static void write_set(struct lazy *l, struct generator *g, uint32_t set) {
    for (; set != 0; set &= set - 1) {
        write_value(l, g, (uint8_t)__builtin_ctz(set));
    }
}

static void extend_set(struct lazy *l, struct generator *g, uint32_t set) {
    for (; set != 0; set &= set - 1) {
        extend_half(l, g, (uint8_t)__builtin_ctz(set));
    }
}

void lazy_write_all(struct lazy *l, struct generator *g) {
    extend_set(l, g, l->halves & ~(uint32_t)l->missing); /* then copies of these are whole */
    write_set(l, g, l->missing);
}

/* The host register of one that is about to be written may be part of others: these are written now. */
static void give_up_part(struct lazy *l, struct generator *g, uint16_t written) {
    if ((l->parts & written) == 0) {
        return;
    }
    uint8_t guest = (uint8_t)__builtin_ctz(written);
    for (uint32_t set = l->missing & ~(uint32_t)written; set != 0; set &= set - 1) {
        uint8_t other = (uint8_t)__builtin_ctz(set);
        if (refers_to(&l->values[other], guest)) {
            write_value(l, g, other);
        }
    }
}

/* ---- Putting off ---- */

/* A register as part of the value of `to`: what stands for it, if that refers to registers that are where they belong. */
static struct lazy_value value_of(struct lazy *l, struct generator *g, uint8_t guest, uint8_t to) {
    if ((l->halves & bit(guest)) != 0) {
        extend_half(l, g, guest);
    }
    if ((l->missing & bit(guest)) != 0 && guest != to && refers_to(&l->values[guest], guest)) {
        write_value(l, g, guest);
    }
    if ((l->missing & bit(guest)) != 0) {
        return l->values[guest];
    }
    return (struct lazy_value){guest, NO_PART, 0, 0};
}

/* The sum, if it is one value. */
static bool add_values(const struct lazy_value *a, const struct lazy_value *b, struct lazy_value *sum) {
    int64_t displacement = (int64_t)a->displacement + b->displacement;
    uint8_t parts[4] = {a->base, a->index, b->base, b->index}, scales[4] = {0, a->scale, 0, b->scale};
    *sum = (struct lazy_value){NO_PART, NO_PART, 0, (int32_t)displacement};
    for (int n = 0; n < 4; n++) {
        if (parts[n] == NO_PART) {
            continue;
        }
        if (scales[n] == 0 && sum->base == NO_PART) {
            sum->base = parts[n];
        } else if (sum->index == NO_PART) {
            sum->index = parts[n];
            sum->scale = scales[n];
        } else {
            return false;
        }
    }
    return displacement == (int32_t)displacement;
}

static void set_missing(struct lazy *l, uint8_t guest, struct lazy_value value) {
    if (value.base == NO_PART && value.scale == 0) {
        value.base = value.index;
        value.index = NO_PART;
    }
    if (is_copy(&value) && value.base == guest) {
        l->missing &= (uint16_t)~bit(guest);
        return;
    }
    l->values[guest] = value;
    l->missing |= bit(guest);
    l->parts |= part_bit(value.base) | part_bit(value.index);
}

static void put_off_copy(struct lazy *l, struct generator *g, const struct instruction *i) {
    uint8_t to = i->d, from = i->a;
    uint16_t half = (uint16_t)(l->halves >> from & 1);
    if (to == from) {
        return;
    }
    give_up_part(l, g, bit(to));
    if ((l->missing & bit(from)) != 0 && !is_copy(&l->values[from])) {
        write_value(l, g, from);
    }
    set_missing(l, to, (l->missing & bit(from)) != 0 ? l->values[from] : (struct lazy_value){from, NO_PART, 0, 0});
    l->halves = (uint16_t)((l->halves & ~bit(to)) | half << to);
    l->extended = (uint16_t)((l->extended & ~bit(to)) | (l->extended >> from & 1) << to);
    l->constants &= (uint16_t)~bit(to);
}

/* The value of a result whose operands are all where they belong. */
static struct lazy_value value_of_operands(const struct instruction *i) {
    switch (i->opcode) {
    case OP_add_64: return (struct lazy_value){i->a, i->b, 0, 0};
    case OP_add_imm_64: return (struct lazy_value){i->b, NO_PART, 0, (int32_t)i->x};
    default: return (struct lazy_value){NO_PART, i->b, (uint8_t)i->x, 0};
    }
}

/* Puts a result off; what of its operands one value cannot hold is written. */
NOT_INLINED void put_off(struct lazy *l, struct generator *g, const struct instruction *i) {
    struct lazy_value sum, own, other;
    if (i->opcode == OP_move_reg) {
        put_off_copy(l, g, i);
        return;
    }
    uint8_t to = i->opcode == OP_add_64 ? i->d : i->a;
    give_up_part(l, g, bit(to));
    if (((l->missing | l->halves) & reads_of(i, &rows[i->opcode])) == 0) {
        sum = value_of_operands(i);
    } else if (i->opcode == OP_add_64) {
        own = value_of(l, g, i->a, to);
        other = value_of(l, g, i->b, to);
        if (!add_values(&own, &other, &sum)) {
            /* Two registers at least make one value. */
            write_set(l, g, l->missing & (bit(i->a) | bit(i->b)));
            sum = value_of_operands(i);
        }
    } else if (i->opcode == OP_add_imm_64) {
        sum = value_of(l, g, i->b, to);
        if (__builtin_add_overflow(sum.displacement, (int32_t)i->x, &sum.displacement)) {
            write_set(l, g, l->missing & bit(i->b));
            sum = value_of_operands(i);
        }
    } else {
        own = value_of(l, g, i->b, to);
        if (!is_copy(&own)) {
            write_value(l, g, i->b);
            own.base = i->b;
        }
        sum = (struct lazy_value){NO_PART, own.base, (uint8_t)i->x, 0};
    }
    set_missing(l, to, sum);
    l->halves &= (uint16_t)~bit(to);
    l->extended &= (uint16_t)~bit(to);
    l->constants &= (uint16_t)~bit(to);
}

/* ---- One instruction ---- */

/* Registers that an instruction reads and of which all that is missing is a copy: their originals take their place. */
static void read_originals(const struct lazy *l, struct instruction *i, const struct row *row, uint16_t set) {
    if (row->reads_a != 0 && (set & bit(i->a)) != 0) {
        i->a = l->values[i->a].base;
    }
    if (row->reads_b != 0 && (set & bit(i->b)) != 0) {
        i->b = l->values[i->b].base;
    }
}

static uint16_t missing_copies(const struct lazy *l, uint32_t set) {
    uint16_t copies = 0;
    for (set &= l->missing & ~(uint32_t)l->halves; set != 0; set &= set - 1) {
        uint8_t guest = (uint8_t)__builtin_ctz(set);
        copies |= is_copy(&l->values[guest]) ? bit(guest) : 0;
    }
    return copies;
}

/* An instruction some of whose registers are missing, halves, or parts of others. */
NOT_INLINED void emit_with_missing(struct lazy *l, struct generator *g, const struct instruction *i,
                                   const struct row *row, uint16_t upper, struct lazy *before) {
    uint16_t reads = (uint16_t)reads_of(i, row), base = (uint16_t)address_base(i, row);
    uint16_t written = (uint16_t)written_by(i, row), updated = row->updates != 0 ? written : 0;
    uint16_t values = (uint16_t)((reads & ~base) | updated);
    uint16_t copies = (uint16_t)(missing_copies(l, values) & ~updated);
    struct instruction changed;
    uint32_t start = x64_position(&g->emitter);
    write_set(l, g, l->missing & values & ~(uint32_t)copies);
    extend_set(l, g, l->halves & upper);
    if (copies != 0) {
        changed = *i;
        read_originals(l, &changed, row, copies);
        i = &changed;
    }
    give_up_part(l, g, written);
    if ((l->missing & base) != 0) {
        g->address = as_memory(&l->values[__builtin_ctz(base)]);
        g->has_address = true;
    }
    g->has_carry &= x64_position(&g->emitter) == start; /* else the flags may have changed */
    if (before != NULL) {
        *before = *l;
    }
    emit_instruction[i->opcode](g, i);
    g->has_address = false;
    l->missing &= (uint16_t)~written;
    l->parts &= mask_of(l->missing != 0);
}

/* Whether the upper half of this product is what follows. */
static bool is_with_upper(const struct block_view *block, uint32_t number) {
    const struct instruction *low = &block->instructions[number], *upper = low + 1;
    return number + 1 < block->count && upper->opcode == OP_mul_upper_u_u && low->d != low->a && low->d != low->b &&
           low->d != upper->d &&
           ((low->a == upper->a && low->b == upper->b) || (low->a == upper->b && low->b == upper->a));
}

/* Whether what follows this sum is its carry: whether it is below what was added. */
static bool is_with_carry(const struct block_view *block, uint32_t number) {
    const struct instruction *sum = &block->instructions[number], *carry = sum + 1;
    return number + 1 < block->count && carry->opcode == OP_set_lt_u && carry->a == sum->d && carry->b != sum->d &&
           (carry->b == sum->a || carry->b == sum->b);
}

/* Whether a register may be made zero before this sum, whose carry it will be. */
static bool is_free_for_carry(const struct lazy *l, const struct instruction *sum, uint8_t carry) {
    return carry != sum->a && carry != sum->b && carry != sum->d && (l->parts & bit(carry)) == 0;
}

/* Instructions that have to do with others: constants and divisions by them; products of which both halves are wanted, where
 * the lower one is put off until the upper one is there; sums and their carries, which the flags have. False: it is to be
 * emitted. */
NOT_INLINED bool put_off_special(struct lazy *l, struct generator *g, const struct block_view *block, uint32_t number) {
    const struct instruction *i = &block->instructions[number];
    switch (i->opcode) {
    case OP_load_imm:
    case OP_load_imm_64:
        l->values[i->a].displacement = (int32_t)i->x;
        l->constants = (uint16_t)((l->constants & ~bit(i->a)) | (i->x == (int32_t)i->x ? bit(i->a) : 0));
        return false;
    case OP_mul_64:
        l->product = is_with_upper(block, number) ? bit(i->d) : 0;
        l->constants &= (uint16_t)~bit(i->d);
        return l->product != 0;
    case OP_mul_upper_u_u:
        if (l->product != 0) {
            give_up_part(l, g, l->product);
            l->missing &= (uint16_t)~l->product;
            l->halves &= (uint16_t)~l->product;
            l->extended &= (uint16_t)~l->product;
            g->has_low = true;
            g->low = host((uint8_t)__builtin_ctz(l->product));
            l->product = 0;
        }
        break;
    case OP_add_64:
        l->carry = g->wants_carry = is_with_carry(block, number);
        if (l->carry && is_free_for_carry(l, i, i[1].d)) {
            g->has_zero = true;
            g->zero = host(i[1].d);
        }
        break;
    case OP_set_lt_u:
        g->has_carry = l->carry;
        l->carry = false;
        break;
    default:
        g->has_divisor = (l->constants & bit(i->b)) != 0 && l->values[i->b].displacement != 0;
        if (g->has_divisor) {
            g->divisor = l->values[i->b].displacement;
        }
    }
    l->constants &= (uint16_t)~bit(i->d);
    return false;
}

void lazy_emit(struct lazy *l, struct generator *g, const struct block_view *block, uint32_t number,
               struct lazy *before) {
    const struct instruction *i = &block->instructions[number];
    const struct row *row = &rows[i->opcode];
    if (row->all && !g->leaves_loop) {
        lazy_write_all(l, g);
        emit_instruction[i->opcode](g, i);
        l->extended = 0; /* who sees all registers may change them, too */
        l->constants = 0;
        return;
    }
    if (is_put_off(block, number)) {
        put_off(l, g, i);
        return;
    }
    uint32_t reads = reads_of(i, row), written = written_by(i, row);
    uint32_t updated = row->updates != 0 ? written : 0;
    uint32_t bitwise = row->bitwise != 0 && (reads & ~(uint32_t)l->extended) == 0 ? written : 0;
    uint32_t both = (uint32_t)row->upper_a << i->a | (uint32_t)row->upper_b << i->b;
    uint32_t upper = (bitwise != 0 ? 0 : both) | updated;
    uint32_t half = row->omissible != 0 ? written : (reads & l->halves) != 0 ? bitwise : 0;
    g->omits_extension = row->omissible != 0;
    if (!row->special) {
        l->constants &= (uint16_t)~written;
    } else if (put_off_special(l, g, block, number)) {
        return;
    }
    if ((((uint32_t)(l->missing | l->halves) & (reads | written)) | (l->parts & written)) != 0) {
        emit_with_missing(l, g, i, row, (uint16_t)upper, before);
    } else {
        if (before != NULL) {
            *before = *l;
        }
        emit_instruction[i->opcode](g, i);
    }
    g->omits_extension = false;
    l->halves = (uint16_t)((l->halves & ~written) | half);
    l->extended = (uint16_t)((l->extended & ~written) | (row->extends != 0 ? written & ~updated : 0) | bitwise);
}

void lazy_emit_sums(struct lazy *l, struct generator *g, const struct block_view *block, uint32_t number,
                    struct lazy *before) {
    const struct instruction *i = &block->instructions[number];
    const struct row *row = &rows[i->opcode];
    assert((l->halves | l->extended | l->constants | l->product) == 0 && !l->carry);
    if (row->all && !g->leaves_loop) {
        write_set(l, g, l->missing);
        emit_instruction[i->opcode](g, i);
        return;
    }
    if (is_put_off(block, number)) {
        put_off(l, g, i);
        return;
    }
    uint32_t reads = reads_of(i, row), written = written_by(i, row), base = address_base(i, row);
    bool changes_part = (l->parts & written) != 0;
    if ((l->missing & (reads | written)) != 0 || changes_part) {
        if (row->updates != 0 || (l->missing & reads & ~base) != 0 || changes_part) {
            emit_with_missing(l, g, i, row, 0, before);
            return;
        }
        if ((l->missing & base) != 0) {
            g->address = as_memory(&l->values[__builtin_ctz(base)]);
            g->has_address = true;
        }
    }
    if (before != NULL) {
        *before = *l;
    }
    emit_instruction[i->opcode](g, i);
    g->has_address = false;
    l->missing &= (uint16_t)~written;
    l->parts &= mask_of(l->missing != 0);
}

/* ---- At a fault ---- */

static uint64_t part_value(const uint64_t *host_values, uint8_t guest) {
    return guest == NO_PART ? 0 : host_values[guest];
}

void lazy_complete(const struct lazy *l, uint64_t *registers) {
    uint64_t host_values[PVM_REGISTER_COUNT];
    memcpy(host_values, registers, sizeof host_values);
    for (uint32_t set = l->missing; set != 0; set &= set - 1) {
        const struct lazy_value *v = &l->values[__builtin_ctz(set)];
        registers[__builtin_ctz(set)] = part_value(host_values, v->base) +
                                        (part_value(host_values, v->index) << v->scale) + (uint64_t)v->displacement;
    }
    for (uint32_t set = l->halves; set != 0; set &= set - 1) {
        uint64_t *value = &registers[__builtin_ctz(set)];
        *value = (uint64_t)(int32_t)*value;
    }
}

bool lazy_can_begin(const struct lazy *l, const uint64_t *registers) {
    uint64_t completed[PVM_REGISTER_COUNT];
    memcpy(completed, registers, sizeof completed);
    lazy_complete(l, completed);
    for (uint32_t set = l->extended; set != 0; set &= set - 1) {
        uint64_t *value = &completed[__builtin_ctz(set)];
        *value = (uint64_t)(int32_t)*value;
    }
    for (uint32_t set = l->constants; set != 0; set &= set - 1) {
        uint64_t *value = &completed[__builtin_ctz(set)];
        *value = (uint64_t)l->values[__builtin_ctz(set)].displacement;
    }
    return l->product == 0 && !l->carry && memcmp(completed, registers, sizeof completed) == 0;
}
