/* Programs out of the octets of an input: valid ones of odd operands, whose jumps lead to blocks mostly. Include
 * fuzz.h before. */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#define FUZZ_INSTRUCTIONS 64

static inline int64_t take_immediate(struct bytes *in) {
    static const int64_t interesting[] = {0,      1,       -1,       2,       8,         31,        32,      63,
                                          64,     127,     -128,     0x20000, 0x20FFC,   0x20FFF,   0x22000, 0x22FF9,
                                          0xFFFF, 0x10000, -0x10000, -4,      INT32_MAX, INT32_MIN, 0x7FF8,  -8};
    uint8_t dice = take(in);
    uint32_t count = sizeof interesting / sizeof *interesting;
    return dice < 8 * count ? interesting[dice / 8] : (int64_t)(int32_t)take_number(in, 4);
}

static inline uint64_t take_value(struct bytes *in) {
    uint32_t dice = take_below(in, 4);
    return dice == 0 ? take_number(in, 8) : dice == 1 ? 0xFFFF0000 : (uint64_t)take_immediate(in);
}

/* One instruction, not yet aimed. */
static inline void take_instruction(struct bytes *in, struct guest *g, bool last) {
    uint8_t opcode = (uint8_t)(1 + take_below(in, OP_COUNT - 1)), registers = take(in);
    if (last && !opcode_table[opcode].terminator) {
        opcode = OP_trap;
    }
    struct instruction i = {.opcode = opcode,
                            .a = registers & 15,
                            .b = registers >> 4,
                            .d = (uint8_t)take_below(in, 13),
                            .x = take_immediate(in),
                            .y = take_immediate(in)};
    i.a = i.a > 12 ? 12 : i.a;
    i.b = i.b > 12 ? 12 : i.b;
    if (opcode == OP_load_imm_64) {
        i.x = (int64_t)take_value(in);
    } else if (opcode == OP_jump_ind || opcode == OP_load_imm_jump_ind) {
        int64_t entry = take_below(in, 2) == 0 ? 0 : 2 * (int64_t)take_below(in, 9);
        *(opcode == OP_jump_ind ? &i.x : &i.y) = entry; /* with no register more it halts, or jumps by the table */
    }
    put_instruction(g, &i);
}

static inline void take_program(struct bytes *in, struct guest *g) {
    uint32_t at[FUZZ_INSTRUCTIONS + 1], blocks[FUZZ_INSTRUCTIONS], block_count = 0;
    uint32_t count = 1 + take_below(in, FUZZ_INSTRUCTIONS);
    bool begins = true;
    guest_clear(g);
    for (uint32_t n = 0; n < count; n++) {
        at[n] = g->length;
        if (begins) {
            blocks[block_count++] = g->length;
        }
        take_instruction(in, g, n + 1 == count);
        begins = opcode_table[revision_table[0].opcodes[g->code[at[n]]]].terminator;
    }
    at[count] = g->length;
    for (uint32_t n = 0; n < count; n++) {
        uint8_t encoding = opcode_table[revision_table[0].opcodes[g->code[at[n]]]].encoding;
        if (encoding == OFF_ENCODING || encoding == REG_IMM_OFF_ENCODING || encoding == REG_REG_OFF_ENCODING) {
            uint8_t dice = take(in);
            aim(g, at[n], at[n + 1], dice < 8 ? take_number(in, 4) % (g->length + 3) : blocks[dice % block_count]);
        }
    }
    g->entry_size = take_below(in, 10);
    g->entry_count = take_below(in, 9);
    for (uint64_t n = 0; n < g->entry_count; n++) {
        uint8_t dice = take(in);
        g->entries[n] = dice < 16 ? take_number(in, 8) : blocks[dice % block_count];
    }
}

#endif
