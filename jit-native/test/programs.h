/* Random valid programs: of every opcode, with jumps that lead to blocks mostly; and of what machine code puts off and repeats.
 * Include guest.h before. */
#ifndef PROGRAMS_H
#define PROGRAMS_H

/* Immediates that are small, or near the border of something. */
static inline int64_t random_immediate(uint64_t *seed) {
    static const int64_t interesting[] = {0,       1,         -1,        8,        31,      32,      63,
                                          64,      127,       -128,      0x20000,  0x20FFC, 0x22000, 0xFFFF,
                                          0x10000, INT32_MAX, INT32_MIN, -0x10000, -4};
    uint32_t dice = random_below(seed, 4);
    return dice == 0   ? (int64_t)(int32_t)random64(seed)
           : dice == 1 ? 0x20000 + random_below(seed, 0x4000)
                       : interesting[random_below(seed, sizeof interesting / sizeof *interesting)];
}

static inline uint64_t random_value(uint64_t *seed) {
    uint64_t value = random64(seed);
    uint32_t dice = random_below(seed, 7);
    uint64_t in_table = value << 32 | 2 * random_below(seed, 9); /* an address of a dynamic jump, and upper bits */
    return dice < 2 ? value : dice == 2 ? 0xFFFF0000 : dice == 3 ? in_table : (uint64_t)random_immediate(seed);
}

static inline void put_random(struct guest *g, uint64_t *seed, uint8_t opcode) {
    struct instruction i = {.opcode = opcode,
                            .a = (uint8_t)random_below(seed, 13),
                            .b = (uint8_t)random_below(seed, 13),
                            .d = (uint8_t)random_below(seed, 13),
                            .x = random_immediate(seed),
                            .y = random_immediate(seed)};
    if (opcode == OP_load_imm_64) {
        i.x = (int64_t)random_value(seed);
    } else if (opcode == OP_jump_ind) {
        i.x = 2 * (i.y & 3);
    } else if (opcode == OP_load_imm_jump_ind) {
        i.y = random_below(seed, 2) == 0 ? 0 : 2 * random_below(seed, 9);
    }
    put_instruction(g, &i);
}

/* Up to 60 instructions; jumps lead to blocks, mostly. */
static inline void put_program(struct guest *g, uint64_t *seed) {
    uint8_t opcodes[64];
    uint32_t at[64], blocks[64], block_count = 0, count = 2 + random_below(seed, 58);
    bool begins = true;
    guest_clear(g);
    for (uint32_t n = 0; n < count; n++) {
        uint8_t opcode;
        do {
            opcode = random_opcode(seed, n + 1 == count);
        } while (opcode == OP_trap && random_below(seed, 4) != 0);
        at[n] = g->length;
        opcodes[n] = opcode;
        if (begins) {
            blocks[block_count++] = g->length;
        }
        put_random(g, seed, opcode);
        begins = opcode_table[opcode].terminator;
    }
    for (uint32_t n = 0; n < count; n++) {
        uint8_t encoding = opcode_table[opcodes[n]].encoding;
        if (encoding == OFF_ENCODING || encoding == REG_IMM_OFF_ENCODING || encoding == REG_REG_OFF_ENCODING) {
            uint32_t target = random_below(seed, 30) == 0 ? random_below(seed, g->length + 3)
                                                          : blocks[random_below(seed, block_count)];
            aim(g, at[n], n + 1 < count ? at[n + 1] : g->length, target);
        }
    }
    g->entry_size = random_below(seed, 4);
    g->entry_count = random_below(seed, 9);
    for (uint64_t n = 0; n < g->entry_count; n++) {
        g->entries[n] =
            random_below(seed, 8) == 0 ? random_below(seed, g->length) : blocks[random_below(seed, block_count)];
    }
}

/* Of 32 bits, and what has to do with halves of registers, or sees them. */
static inline uint8_t random_narrow_opcode(uint64_t *seed) {
    static const uint8_t others[] = {OP_move_reg,    OP_and,        OP_or,
                                     OP_xor,         OP_xnor,       OP_and_inv,
                                     OP_or_inv,      OP_and_imm,    OP_xor_imm,
                                     OP_or_imm,      OP_load_u8,    OP_load_ind_u32,
                                     OP_store_u32,   OP_store_u64,  OP_store_ind_u16,
                                     OP_load_i32,    OP_load_u64,   OP_add_64,
                                     OP_shlo_r_64,   OP_cmov_iz,    OP_set_lt_u,
                                     OP_cmov_nz_imm, OP_add_imm_32, OP_zero_extend_16,
                                     OP_div_u_64,    OP_rem_u_64,   OP_mul_64,
                                     OP_mul_64,      OP_mul_64,     OP_mul_64};
    uint8_t opcode;
    if (random_below(seed, 3) == 0) {
        return others[random_below(seed, sizeof others)];
    }
    do {
        opcode = random_opcode(seed, false);
    } while (strstr(opcode_table[opcode].name, "_32") == NULL || opcode_table[opcode].access != ACCESS_NONE);
    return opcode;
}

/* Sums, shifts and copies, accesses of what they make, and some that read or write anything. */
static inline uint8_t random_address_opcode(uint64_t *seed) {
    static const uint8_t sums[] = {OP_add_64, OP_add_64, OP_add_imm_64, OP_add_imm_64, OP_shlo_l_imm_64, OP_move_reg};
    static const uint8_t accesses[] = {OP_load_ind_u64, OP_load_ind_u8,      OP_load_ind_i32,      OP_store_ind_u64,
                                       OP_store_ind_u8, OP_store_imm_ind_u8, OP_store_imm_ind_u64, OP_load_u32};
    uint32_t dice = random_below(seed, 10);
    return dice < 5   ? sums[random_below(seed, sizeof sums)]
           : dice < 8 ? accesses[random_below(seed, sizeof accesses)]
                      : random_narrow_opcode(seed);
}

/* The same where nothing but sums and copies can be put off. */
static inline uint8_t random_wide_opcode(uint64_t *seed) {
    static const uint8_t others[] = {
        OP_cmov_iz,  OP_cmov_nz,       OP_cmov_iz_imm,    OP_and,           OP_or,
        OP_xor_imm,  OP_sub_64,        OP_mul_64,         OP_shlo_l_64,     OP_shlo_r_imm_64,
        OP_min,      OP_set_lt_s,      OP_zero_extend_16, OP_reverse_bytes, OP_rot_r_64_imm,
        OP_load_imm, OP_sign_extend_8, OP_neg_add_imm_64};
    uint8_t opcode;
    do {
        opcode = random_address_opcode(seed);
    } while (opcode_table[opcode].access == ACCESS_NONE && opcode != OP_add_64 && opcode != OP_add_imm_64 &&
             opcode != OP_shlo_l_imm_64 && opcode != OP_move_reg);
    return random_below(seed, 4) == 0 ? others[random_below(seed, sizeof others)] : opcode;
}

/* One of so many registers, from one on. */
static inline uint8_t random_register(uint64_t *seed, uint32_t first, uint32_t count) {
    return (uint8_t)((first + random_below(seed, count)) % PVM_REGISTER_COUNT);
}

/* Few blocks of many instructions, with few registers, so that what is written is read and written again; some are loops, some
 * are of more instructions than are looked at together. Divisors often are constants. */
static inline void put_lazy_program(struct guest *g, uint64_t *seed) {
    bool addresses = random_below(seed, 2) == 0, loops = random_below(seed, 2) == 0,
         long_blocks = random_below(seed, 8) == 0, wide = addresses && random_below(seed, 2) == 0;
    uint32_t count = 20 + random_below(seed, long_blocks ? 900 : 100), registers = 2 + random_below(seed, 6), begin = 0;
    uint32_t first = random_below(seed, PVM_REGISTER_COUNT);
    guest_clear(g);
    for (uint32_t n = 0; n < count; n++) {
        struct instruction i = {.opcode = wide        ? random_wide_opcode(seed)
                                          : addresses ? random_address_opcode(seed)
                                                      : random_narrow_opcode(seed),
                                .a = random_register(seed, first, registers),
                                .b = random_register(seed, first, registers),
                                .d = random_register(seed, first, registers),
                                .x = random_below(seed, 3) == 0 ? 0 : random_immediate(seed),
                                .y = random_immediate(seed)};
        if (opcode_table[i.opcode].access != ACCESS_NONE && random_below(seed, 4) != 0) {
            i.x = 0x20000 + random_below(seed, 0x8000);
        }
        if (addresses && opcode_table[i.opcode].access == ACCESS_NONE) {
            i.x = random_below(seed, 3) == 0 ? i.x : (int64_t)random_below(seed, 9) - 4;
        }
        if (opcode_table[i.opcode].units == UNITS_DIV && random_below(seed, 2) == 0) {
            put_reg_imm(g, OP_load_imm, i.b, random_immediate(seed) >> random_below(seed, 32));
        }
        put_instruction(g, &i);
        if (i.opcode == OP_mul_64 && !wide && random_below(seed, 2) == 0) {
            bool swapped = random_below(seed, 2) == 0;
            put_reg_reg_reg(g, OP_mul_upper_u_u, random_register(seed, first, registers), swapped ? i.b : i.a,
                            swapped ? i.a : i.b);
        }
        if (i.opcode == OP_add_64 && !wide && random_below(seed, 2) == 0) {
            put_reg_reg_reg(g, OP_set_lt_u, random_register(seed, first, registers), i.d,
                            random_below(seed, 2) == 0 ? i.b : i.a);
        }
        uint32_t dice = random_below(seed, long_blocks ? 400 : loops ? 12 : 40);
        if (dice == 0) {
            put_imm(g, OP_ecalli, 1);
        } else if (dice == 1 && !loops) {
            put_reg_reg_off(g, OP_branch_lt_s, random_register(seed, first, registers),
                            random_register(seed, first, registers), 0);
            begin = g->length;
        } else if (dice < 4) {
            static const uint8_t branches[] = {OP_branch_ne, OP_branch_eq, OP_branch_lt_u, OP_branch_ge_s};
            uint32_t at = g->length;
            put_reg_reg_off(g, branches[random_below(seed, 4)], random_register(seed, first, registers),
                            random_register(seed, first, registers), 0);
            aim(g, at, g->length, begin);
            begin = g->length;
        }
    }
    put_opcode(g, OP_trap);
}

#endif
