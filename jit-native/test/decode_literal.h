/* Blobs and instructions as the specification has them, to the letter: the walk of A.2, block starts of A.3, and operands by the
 * table of forms. Include check.h before. */
#ifndef DECODE_LITERAL_H
#define DECODE_LITERAL_H

#include "guest.h"
#include "isa/lookahead.h"

static struct guest guest;
static struct program program;

static const struct revision_rules *const rules_next = &revision_table[PVM_REVISION_NEXT];

/* What an octet means, which is the same in every revision. */
static inline uint8_t opcode_of(uint8_t octet) {
    return rules_next->opcodes[octet];
}

/* The end of the first instruction that the walk of A.2 does not allow, or code_length; *blocks is what A.3 says. */
static inline bool literal_walk(const uint8_t *code, uint32_t length, const uint8_t *mask, uint8_t *blocks) {
    bool terminated = true;
    uint32_t pc = 0;
    memset(blocks, 0, (length + 7) / 8);
    while (pc < length) {
        uint8_t opcode = opcode_of(code[pc]);
        if ((mask[pc / 8] >> pc % 8 & 1) == 0 || opcode == OP_undefined) {
            return false;
        }
        blocks[pc / 8] |= (uint8_t)(terminated << pc % 8);
        terminated = opcode_table[opcode].terminator;
        uint32_t next = pc + 1;
        while (next < length && next - pc < 25 && (mask[next / 8] >> next % 8 & 1) == 0) {
            next++;
        }
        pc = next;
    }
    return pc == length && terminated && length > 0;
}

static inline uint64_t minimum(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* min(4, max(0, value)) */
static inline uint64_t up_to_4(int64_t value) {
    return value < 0 ? 0 : minimum(4, (uint64_t)value);
}

static inline uint64_t octet_at(uint64_t position) {
    return position < guest.length ? guest.code[position] : 0;
}

/* Little-endian, sign-extended from its length. */
static inline int64_t read_signed(uint64_t position, uint64_t octets) {
    uint64_t value = 0;
    for (uint64_t n = 0; n < octets; n++) {
        value |= octet_at(position + n) << 8 * n;
    }
    if (octets > 0 && octets < 8 && value >> (8 * octets - 1) != 0) {
        value |= ~UINT64_C(0) << 8 * octets;
    }
    return (int64_t)value;
}

/* The table of operand forms in semantics, row by row; l is the length of the arguments. */
static inline struct instruction decode(uint32_t pc, uint32_t l, uint32_t revision) {
    struct instruction i = {.pc = pc, .next = pc + 1 + l, .opcode = opcode_of(guest.code[pc])};
    static const char *const forms[256] = {
#define ROW(opcode, name, form, terminator, cycles, slots, alu, load, store, mul, div) [opcode] = form,
#include "instructions.inc"
#undef ROW
    };
    const char *form = forms[guest.code[pc]];
    uint64_t o = pc + 1, low = octet_at(o) & 15, high = octet_at(o) >> 4, lx, ly;
    if (strcmp(form, "imm") == 0) {
        i.x = read_signed(o, minimum(4, l));
    } else if (strcmp(form, "reg_imm64") == 0) {
        i.a = (uint8_t)minimum(12, low);
        i.x = read_signed(o + 1, 8);
    } else if (strcmp(form, "imm_imm") == 0) {
        lx = minimum(4, octet_at(o) & 7);
        ly = up_to_4((int64_t)l - (int64_t)lx - 1);
        i.x = read_signed(o + 1, lx);
        i.y = read_signed(o + 1 + lx, ly);
    } else if (strcmp(form, "off") == 0) {
        i.target = pc + read_signed(o, minimum(4, l));
    } else if (strcmp(form, "reg_imm") == 0) {
        i.a = (uint8_t)minimum(12, low);
        i.x = read_signed(o + 1, up_to_4((int64_t)l - 1));
    } else if (strcmp(form, "reg_imm_imm") == 0 || strcmp(form, "reg_imm_off") == 0) {
        i.a = (uint8_t)minimum(12, low);
        lx = minimum(4, high & 7);
        ly = up_to_4((int64_t)l - (int64_t)lx - 1);
        i.x = read_signed(o + 1, lx);
        int64_t y = read_signed(o + 1 + lx, ly);
        *(strcmp(form, "reg_imm_imm") == 0 ? &i.y : &i.target) = strcmp(form, "reg_imm_imm") == 0 ? y : pc + y;
    } else if (strcmp(form, "reg_reg") == 0) {
        i.d = (uint8_t)minimum(12, low);
        i.a = (uint8_t)minimum(12, high);
    } else if (strcmp(form, "reg_reg_imm") == 0 || strcmp(form, "reg_reg_off") == 0) {
        i.a = (uint8_t)minimum(12, low);
        i.b = (uint8_t)minimum(12, high);
        int64_t x = read_signed(o + 1, up_to_4((int64_t)l - 1));
        *(strcmp(form, "reg_reg_imm") == 0 ? &i.x : &i.target) = strcmp(form, "reg_reg_imm") == 0 ? x : pc + x;
    } else if (strcmp(form, "reg_reg_imm_imm") == 0) {
        i.a = (uint8_t)minimum(12, low);
        i.b = (uint8_t)minimum(12, high);
        lx = minimum(4, octet_at(o + 1) & 7);
        ly = up_to_4((int64_t)l - (int64_t)lx - 2);
        i.x = read_signed(o + 2, lx);
        i.y = read_signed(o + 2 + lx, ly);
    } else if (strcmp(form, "reg_reg_reg") == 0) {
        i.a = (uint8_t)minimum(12, low);
        i.b = (uint8_t)minimum(12, high);
        /* Gray Paper #554 */
        i.d = (uint8_t)minimum(12, revision == PVM_REVISION_NEXT ? octet_at(o + 1) % 16 : octet_at(o + 1));
    }
    return i;
}

static inline void check_decoded(uint32_t pc, uint32_t l, uint32_t revision) {
    struct instruction actual = program_decode(&program, pc), expected = decode(pc, l, revision);
    if (actual.pc != expected.pc || actual.next != expected.next || actual.opcode != expected.opcode ||
        actual.a != expected.a || actual.b != expected.b || actual.d != expected.d || actual.x != expected.x ||
        actual.y != expected.y || actual.target != expected.target) {
        for (uint32_t n = pc; n < pc + 20; n++) {
            printf("%02x ", (unsigned)octet_at(n));
        }
        CHECK_FAIL("%s with %u octets: a %u b %u d %u x %" PRId64 " y %" PRId64 " target %" PRId64
                   " next %u; not a %u b %u d %u x %" PRId64 " y %" PRId64 " target %" PRId64 " next %u",
                   opcode_table[actual.opcode].name, l, actual.a, actual.b, actual.d, actual.x, actual.y, actual.target,
                   actual.next, expected.a, expected.b, expected.d, expected.x, expected.y, expected.target,
                   expected.next);
    }
}

#endif
