/* What computing instructions leave in the registers, through pvm_run, against plain C: every opcode, every choice
 * of registers (so every aliasing, also with rax and rdx, where registers 9 and 10 live), edge operands, every way
 * to run. */
#include "check.h"
#include "guest.h"

/* clang-format off */
static const uint64_t edges[] = {
    0, 1, 2, 7, 31, 32, 33, 63, 64, 65, 0x7F, 0x80, 0xFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
    0x100000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0x8000000000000001, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFE,
    0xFFFFFFFFFFFFFFF9, 0xFFFFFFFF80000000, 0xFFFFFFFF7FFFFFFF, 0xFFFFFFFF00000000, 0x0123456789ABCDEF,
    0xFEDCBA9876543210, 0x00FF00FF80018001};
/* clang-format on */
#define EDGES ((uint32_t)(sizeof edges / sizeof *edges))

static const int64_t immediates[] = {0,  1,   -1,  2,    31,   32,        33,        63,        64,
                                     65, 127, 128, -128, -129, INT32_MAX, INT32_MIN, 0x12345678};
#define IMMEDIATES (sizeof immediates / sizeof *immediates)

static struct guest guest;
static bool covered[OP_COUNT];

/* ---- The specification, said in C ---- */

static uint64_t se32(uint64_t value) {
    value &= 0xFFFFFFFF;
    return value < 0x80000000 ? value : value | 0xFFFFFFFF00000000;
}

static uint64_t flip(uint64_t value) {
    return value ^ 0x8000000000000000;
}

/* a < b as signed numbers */
static bool less(uint64_t a, uint64_t b) {
    return flip(a) < flip(b);
}

static uint64_t shift_right_signed(uint64_t value, uint64_t count) {
    return value >> count | (value >> 63 != 0 && count != 0 ? ~UINT64_C(0) << (64 - count) : 0);
}

static uint64_t rotate_right(uint64_t value, uint64_t count, uint64_t bits) {
    uint64_t mask = bits == 64 ? ~UINT64_C(0) : (UINT64_C(1) << bits) - 1;
    for (value &= mask, count %= bits; count > 0; count--) {
        value = value >> 1 | (value & 1) << (bits - 1);
    }
    return value;
}

static uint64_t divide_signed(uint64_t a, uint64_t b, bool remainder) {
    uint64_t size_a = a >> 63 != 0 ? 0 - a : a, size_b = b >> 63 != 0 ? 0 - b : b;
    uint64_t size = remainder ? size_a % size_b : size_a / size_b;
    bool negative = remainder ? a >> 63 != 0 : a >> 63 != b >> 63;
    return negative ? 0 - size : size;
}

static uint64_t upper(uint64_t a, uint64_t b, bool a_signed, bool b_signed) {
    __int128 wide_a = a_signed ? (__int128)(int64_t)a : (__int128)a,
             wide_b = b_signed ? (__int128)(int64_t)b : (__int128)b;
    return (uint64_t)((unsigned __int128)wide_a * (unsigned __int128)wide_b >> 64);
}

static uint64_t count_bits(uint64_t value, uint64_t bits) {
    uint64_t count = 0;
    for (uint64_t n = 0; n < bits; n++) {
        count += value >> n & 1;
    }
    return count;
}

static uint64_t count_trailing(uint64_t value, uint64_t bits) {
    uint64_t count = 0;
    while (count < bits && (value >> count & 1) == 0) {
        count++;
    }
    return count;
}

static uint64_t count_leading(uint64_t value, uint64_t bits) {
    uint64_t count = 0;
    while (count < bits && (value >> (bits - 1 - count) & 1) == 0) {
        count++;
    }
    return count;
}

/* reg_reg: D from A */
static uint64_t of_one(uint8_t opcode, uint64_t a) {
    uint64_t reversed = 0;
    switch (opcode) {
    case OP_move_reg: return a;
    case OP_count_set_bits_64: return count_bits(a, 64);
    case OP_count_set_bits_32: return count_bits(a, 32);
    case OP_leading_zero_bits_64: return count_leading(a, 64);
    case OP_leading_zero_bits_32: return count_leading(a & 0xFFFFFFFF, 32);
    case OP_trailing_zero_bits_64: return count_trailing(a, 64);
    case OP_trailing_zero_bits_32: return count_trailing(a, 32);
    case OP_sign_extend_8: return (a & 0xFF) < 0x80 ? a & 0xFF : a | ~UINT64_C(0xFF);
    case OP_sign_extend_16: return (a & 0xFFFF) < 0x8000 ? a & 0xFFFF : a | ~UINT64_C(0xFFFF);
    case OP_zero_extend_16: return a & 0xFFFF;
    case OP_reverse_bytes:
        for (int n = 0; n < 8; n++) {
            reversed = reversed << 8 | (a >> (8 * n) & 0xFF);
        }
        return reversed;
    default: CHECK_FAIL("opcode %u", opcode);
    }
}

/* reg_reg_reg: D from A, B and, for cmov, D itself */
static uint64_t of_two(uint8_t opcode, uint64_t a, uint64_t b, uint64_t d) {
    uint64_t a32 = a & 0xFFFFFFFF, b32 = b & 0xFFFFFFFF;
    switch (opcode) {
    case OP_add_32: return se32(a + b);
    case OP_sub_32: return se32(a - b);
    case OP_mul_32: return se32(a * b);
    case OP_div_u_32: return b32 == 0 ? UINT64_MAX : se32(a32 / b32);
    case OP_div_s_32: return b32 == 0 ? UINT64_MAX : se32(divide_signed(se32(a), se32(b), false));
    case OP_rem_u_32: return b32 == 0 ? se32(a) : se32(a32 % b32);
    case OP_rem_s_32: return b32 == 0 ? se32(a) : se32(divide_signed(se32(a), se32(b), true));
    case OP_shlo_l_32: return se32(a << b % 32);
    case OP_shlo_r_32: return se32(a32 >> b % 32);
    case OP_shar_r_32: return se32(shift_right_signed(se32(a), b % 32));
    case OP_add_64: return a + b;
    case OP_sub_64: return a - b;
    case OP_mul_64: return a * b;
    case OP_div_u_64: return b == 0 ? UINT64_MAX : a / b;
    case OP_div_s_64: return b == 0 ? UINT64_MAX : divide_signed(a, b, false);
    case OP_rem_u_64: return b == 0 ? a : a % b;
    case OP_rem_s_64: return b == 0 ? a : divide_signed(a, b, true);
    case OP_shlo_l_64: return a << b % 64;
    case OP_shlo_r_64: return a >> b % 64;
    case OP_shar_r_64: return shift_right_signed(a, b % 64);
    case OP_and: return a & b;
    case OP_xor: return a ^ b;
    case OP_or: return a | b;
    case OP_mul_upper_s_s: return upper(a, b, true, true);
    case OP_mul_upper_u_u: return upper(a, b, false, false);
    case OP_mul_upper_s_u: return upper(a, b, true, false);
    case OP_set_lt_u: return a < b;
    case OP_set_lt_s: return less(a, b);
    case OP_cmov_iz: return b == 0 ? a : d;
    case OP_cmov_nz: return b != 0 ? a : d;
    case OP_rot_l_64: return rotate_right(a, 64 - b % 64, 64);
    case OP_rot_l_32: return se32(rotate_right(a, 32 - b % 32, 32));
    case OP_rot_r_64: return rotate_right(a, b % 64, 64);
    case OP_rot_r_32: return se32(rotate_right(a, b % 32, 32));
    case OP_and_inv: return a & ~b;
    case OP_or_inv: return a | ~b;
    case OP_xnor: return ~(a ^ b);
    case OP_max: return less(a, b) ? b : a;
    case OP_max_u: return a < b ? b : a;
    case OP_min: return less(a, b) ? a : b;
    case OP_min_u: return a < b ? a : b;
    default: CHECK_FAIL("opcode %u", opcode);
    }
}

/* reg_reg_imm: A from B, X and, for cmov, A itself */
static uint64_t of_immediate(uint8_t opcode, uint64_t b, uint64_t x, uint64_t a) {
    uint64_t b32 = b & 0xFFFFFFFF, x32 = x & 0xFFFFFFFF;
    switch (opcode) {
    case OP_add_imm_32: return se32(b + x);
    case OP_and_imm: return b & x;
    case OP_xor_imm: return b ^ x;
    case OP_or_imm: return b | x;
    case OP_mul_imm_32: return se32(b * x);
    case OP_set_lt_u_imm: return b < x;
    case OP_set_lt_s_imm: return less(b, x);
    case OP_shlo_l_imm_32: return se32(b << x % 32);
    case OP_shlo_r_imm_32: return se32(b32 >> x % 32);
    case OP_shar_r_imm_32: return se32(shift_right_signed(se32(b), x % 32));
    case OP_neg_add_imm_32: return se32(x - b);
    case OP_set_gt_u_imm: return b > x;
    case OP_set_gt_s_imm: return less(x, b);
    case OP_shlo_l_imm_alt_32: return se32(x << b % 32);
    case OP_shlo_r_imm_alt_32: return se32(x32 >> b % 32);
    case OP_shar_r_imm_alt_32: return se32(shift_right_signed(se32(x), b % 32));
    case OP_cmov_iz_imm: return b == 0 ? x : a;
    case OP_cmov_nz_imm: return b != 0 ? x : a;
    case OP_add_imm_64: return b + x;
    case OP_mul_imm_64: return b * x;
    case OP_shlo_l_imm_64: return b << x % 64;
    case OP_shlo_r_imm_64: return b >> x % 64;
    case OP_shar_r_imm_64: return shift_right_signed(b, x % 64);
    case OP_neg_add_imm_64: return x - b;
    case OP_shlo_l_imm_alt_64: return x << b % 64;
    case OP_shlo_r_imm_alt_64: return x >> b % 64;
    case OP_shar_r_imm_alt_64: return shift_right_signed(x, b % 64);
    case OP_rot_r_64_imm: return rotate_right(b, x % 64, 64);
    case OP_rot_r_64_imm_alt: return rotate_right(x, b % 64, 64);
    case OP_rot_r_32_imm: return se32(rotate_right(b, x % 32, 32));
    case OP_rot_r_32_imm_alt: return se32(rotate_right(x, b % 32, 32));
    default: CHECK_FAIL("opcode %u", opcode);
    }
}

/* Whether a branch is taken; for branch_*_imm b is X. */
static bool taken(uint8_t opcode, uint64_t a, uint64_t b) {
    switch (opcode) {
    case OP_branch_eq_imm:
    case OP_branch_eq: return a == b;
    case OP_branch_ne_imm:
    case OP_branch_ne: return a != b;
    case OP_branch_lt_u_imm:
    case OP_branch_lt_u: return a < b;
    case OP_branch_le_u_imm: return a <= b;
    case OP_branch_ge_u_imm:
    case OP_branch_ge_u: return a >= b;
    case OP_branch_gt_u_imm: return a > b;
    case OP_branch_lt_s_imm:
    case OP_branch_lt_s: return less(a, b);
    case OP_branch_le_s_imm: return !less(b, a);
    case OP_branch_ge_s_imm:
    case OP_branch_ge_s: return !less(a, b);
    case OP_branch_gt_s_imm: return less(b, a);
    default: CHECK_FAIL("opcode %u", opcode);
    }
}

/* ---- Running one block ---- */

static void set_registers(uint64_t *registers) {
    for (uint64_t n = 0; n < PVM_REGISTER_COUNT; n++) {
        registers[n] = 0xA5A5A5A500000000 + n * 0x0101010101;
    }
}

/* Runs the block at pc, which ends with a trap at exit_pc, and compares all registers. */
static void run_block(pvm_context *context, uint8_t opcode, uint32_t pc, uint32_t exit_pc, const uint64_t *before,
                      const uint64_t *after) {
    memcpy(context->registers, before, sizeof context->registers);
    context->gas = 1000;
    context->pc = pc;
    context->gas_charged = 0;
    uint32_t kind = pvm_run(context);
    if (kind != PVM_EXIT_PANIC || context->exit_pc != exit_pc ||
        memcmp(context->registers, after, sizeof context->registers) != 0) {
        for (int n = 0; n < PVM_REGISTER_COUNT; n++) {
            printf("register %2d before %016" PRIx64 " after %016" PRIx64 " expected %016" PRIx64 "\n", n, before[n],
                   context->registers[n], after[n]);
        }
        CHECK_FAIL("%s at %u: exit %u at %u, expected a trap at %u", opcode_table[opcode].name, pc, kind,
                   context->exit_pc, exit_pc);
    }
}

/* Registers 0, 9 and 10 live in an ordinary register, rax and rdx: they meet every pair of operands. */
static bool thorough(int a, int b, int d) {
    return (a == 0 || a == 9 || a == 10) && (b == 0 || b == 9 || b == 10) && (d == 0 || d == 9 || d == 10);
}

static uint32_t pairs_of(bool all) {
    return all ? EDGES * EDGES : SANITIZED ? 5 : 24;
}

static void check_two(pvm_context *context, uint8_t opcode) {
    uint32_t pair = 0, pc = 0;
    for (int combination = 0; combination < 13 * 13 * 13; combination++, pc += 4) {
        int a = combination % 13, b = combination / 13 % 13, d = combination / 169;
        for (uint32_t n = pairs_of(thorough(a, b, d)); n > 0; n--, pair++) {
            uint64_t before[PVM_REGISTER_COUNT], after[PVM_REGISTER_COUNT];
            set_registers(before);
            before[d] = edges[pair % 7];
            before[a] = edges[pair % EDGES];
            before[b] = edges[pair / EDGES % EDGES];
            memcpy(after, before, sizeof after);
            after[d] = of_two(opcode, before[a], before[b], before[d]);
            run_block(context, opcode, pc, pc + 3, before, after);
        }
    }
}

static void check_immediate(pvm_context *context, uint8_t opcode) {
    uint32_t value = 0, pc = 0;
    for (int combination = 0; combination < 13 * 13; combination++) {
        int a = combination % 13, b = combination / 13;
        for (uint32_t x = 0; x < IMMEDIATES; x++, pc += 7) {
            for (uint32_t n = thorough(a, b, 0) ? EDGES : SANITIZED ? 3 : 8; n > 0; n--, value++) {
                uint64_t before[PVM_REGISTER_COUNT], after[PVM_REGISTER_COUNT];
                set_registers(before);
                before[b] = edges[value % EDGES];
                memcpy(after, before, sizeof after);
                after[a] = of_immediate(opcode, before[b], (uint64_t)immediates[x], before[a]);
                run_block(context, opcode, pc, pc + 6, before, after);
            }
        }
    }
}

static void check_one(pvm_context *context, uint8_t opcode) {
    uint32_t pc = 0;
    for (int combination = 0; combination < 13 * 13; combination++, pc += 3) {
        int a = combination % 13, d = combination / 13;
        for (uint32_t n = 0; n < EDGES; n++) {
            uint64_t before[PVM_REGISTER_COUNT], after[PVM_REGISTER_COUNT];
            set_registers(before);
            before[a] = edges[n];
            memcpy(after, before, sizeof after);
            after[d] = of_one(opcode, before[a]);
            run_block(context, opcode, pc, pc + 2, before, after);
        }
    }
}

/* branch to the second trap ; trap ; trap */
static void check_branch(pvm_context *context, uint8_t opcode) {
    uint32_t pair = 0, pc = 0;
    for (int combination = 0; combination < 13 * 13; combination++, pc += 8) {
        int a = combination % 13, b = combination / 13;
        for (uint32_t n = pairs_of(thorough(a, b, 0)); n > 0; n--, pair++) {
            uint64_t registers[PVM_REGISTER_COUNT];
            set_registers(registers);
            registers[a] = edges[pair % EDGES];
            registers[b] = edges[pair / EDGES % EDGES];
            run_block(context, opcode, pc, pc + (taken(opcode, registers[a], registers[b]) ? 7 : 6), registers,
                      registers);
        }
    }
}

static void check_branch_imm(pvm_context *context, uint8_t opcode) {
    uint32_t pc = 0;
    for (int a = 0; a < 13; a++) {
        for (uint32_t x = 0; x < IMMEDIATES; x++, pc += 12) {
            for (uint32_t n = 0; n < EDGES + 3; n++) {
                uint64_t registers[PVM_REGISTER_COUNT];
                set_registers(registers);
                /* Also the immediate itself and its neighbours. */
                registers[a] = n < EDGES ? edges[n] : (uint64_t)immediates[x] + n - EDGES - 1;
                bool jumps = taken(opcode, registers[a], (uint64_t)immediates[x]);
                run_block(context, opcode, pc, pc + (jumps ? 11 : 10), registers, registers);
            }
        }
    }
}

static void check_load_imm(pvm_context *context, uint8_t opcode) {
    uint32_t pc = 0, count = opcode == OP_load_imm ? IMMEDIATES : EDGES;
    for (int a = 0; a < 13; a++) {
        for (uint32_t n = 0; n < count; n++, pc += opcode == OP_load_imm ? 7 : 11) {
            uint64_t before[PVM_REGISTER_COUNT], after[PVM_REGISTER_COUNT];
            set_registers(before);
            memcpy(after, before, sizeof after);
            after[a] = opcode == OP_load_imm ? (uint64_t)immediates[n] : edges[n];
            run_block(context, opcode, pc, pc + (opcode == OP_load_imm ? 6 : 10), before, after);
        }
    }
}

/* ---- The programs: one for each opcode, a block for each choice of registers and immediate ---- */

static void put_two(struct guest *g, uint8_t opcode) {
    for (int combination = 0; combination < 13 * 13 * 13; combination++) {
        put_reg_reg_reg(g, opcode, combination / 169, combination % 13, combination / 13 % 13);
        put_opcode(g, OP_trap);
    }
}

static void put_immediate(struct guest *g, uint8_t opcode) {
    for (int combination = 0; combination < 13 * 13; combination++) {
        for (uint32_t x = 0; x < IMMEDIATES; x++) {
            put_reg_reg_imm(g, opcode, combination % 13, combination / 13, immediates[x]);
            put_opcode(g, OP_trap);
        }
    }
}

static void put_one(struct guest *g, uint8_t opcode) {
    for (int combination = 0; combination < 13 * 13; combination++) {
        put_reg_reg(g, opcode, combination / 13, combination % 13);
        put_opcode(g, OP_trap);
    }
}

static void put_branch(struct guest *g, uint8_t opcode) {
    for (int combination = 0; combination < 13 * 13; combination++) {
        put_reg_reg_off(g, opcode, combination % 13, combination / 13, g->length + 7);
        put_opcode(g, OP_trap);
        put_opcode(g, OP_trap);
    }
}

static void put_branch_imm(struct guest *g, uint8_t opcode) {
    for (int a = 0; a < 13; a++) {
        for (uint32_t x = 0; x < IMMEDIATES; x++) {
            put_reg_imm_off(g, opcode, a, immediates[x], g->length + 11);
            put_opcode(g, OP_trap);
            put_opcode(g, OP_trap);
        }
    }
}

static void put_load_imm(struct guest *g, uint8_t opcode) {
    for (int a = 0; a < 13; a++) {
        for (uint32_t n = 0; n < (opcode == OP_load_imm ? IMMEDIATES : EDGES); n++) {
            if (opcode == OP_load_imm) {
                put_reg_imm(g, opcode, a, immediates[n]);
            } else {
                put_reg_imm64(g, opcode, a, edges[n]);
            }
            put_opcode(g, OP_trap);
        }
    }
}

/* Opcodes with the same operands are tested alike. */
static const struct family {
    enum operands operands;
    void (*put)(struct guest *g, uint8_t opcode);
    void (*check)(pvm_context *context, uint8_t opcode);
} families[] = {
    {OPERANDS_CONSTANT_64, put_load_imm, check_load_imm},
    {OPERANDS_CONSTANT, put_load_imm, check_load_imm},
    {OPERANDS_BRANCH_IMM, put_branch_imm, check_branch_imm},
    {OPERANDS_UNARY, put_one, check_one},
    {OPERANDS_BINARY_IMM, put_immediate, check_immediate},
    {OPERANDS_SELECT_IMM, put_immediate, check_immediate},
    {OPERANDS_BRANCH, put_branch, check_branch},
    {OPERANDS_BINARY, put_two, check_two},
    {OPERANDS_SELECT, put_two, check_two},
};

static void check_families(const struct configuration *configuration) {
    static const pvm_region region = {.first_page = 0x20, .page_count = 1, .access = PVM_ACCESS_READ};
    pvm_engine *engine = make_configured(configuration, PVM_REVISION_NEXT);
    for (size_t n = 0; n < sizeof families / sizeof *families; n++) {
        for (int opcode = OP_undefined + 1; opcode < OP_COUNT; opcode++) {
            if (opcode_table[opcode].operands != families[n].operands) {
                continue;
            }
            guest_clear(&guest);
            families[n].put(&guest, (uint8_t)opcode);
            pvm_module *module = compile(engine, &guest);
            pvm_context *context = instantiate(module, &region, 1);
            CHECK_EQ(pvm_instance_is_checked(context), (configuration->flags & PVM_FLAG_ALWAYS_CHECKED) != 0);
            families[n].check(context, (uint8_t)opcode);
            pvm_instance_destroy(context);
            pvm_module_release(module);
            covered[opcode] = true;
        }
    }
    destroy_engine(engine);
}

TEST(default_engine) {
    check_families(&configurations[0]);
}

TEST(without_gs) {
    check_families(&configurations[1]);
}

TEST(checked) {
    check_families(&configurations[2]);
}

TEST(single_mapping) {
    check_families(&configurations[4]);
}

TEST(hardened) {
    check_families(&configurations[5]);
}

TEST(sections) {
    check_families(&configurations[FIRST_OF_SECTIONS]);
}

/* sub_64 of registers 1 and 2 into every register that an octet can name, by the revision's way to read it. */
TEST(third_registers) {
    static const pvm_region region = {.first_page = 0x20, .page_count = 1, .access = PVM_ACCESS_READ};
    for (uint32_t revision = 0; revision < REVISION_COUNT; revision++) {
        pvm_engine *engine = make_engine(0, revision);
        guest_clear(&guest);
        for (int octet = 0; octet < 256; octet++) {
            put_reg_reg_reg(&guest, OP_sub_64, octet, 1, 2);
            put_opcode(&guest, OP_trap);
        }
        pvm_module *module = compile(engine, &guest);
        pvm_context *context = instantiate(module, &region, 1);
        for (uint32_t octet = 0; octet < 256; octet++) {
            uint64_t before[PVM_REGISTER_COUNT], after[PVM_REGISTER_COUNT];
            uint32_t number = revision == PVM_REVISION_NEXT ? octet % 16 : octet;
            set_registers(before);
            memcpy(after, before, sizeof after);
            after[number < 12 ? number : 12] = before[1] - before[2];
            run_block(context, OP_sub_64, 4 * octet, 4 * octet + 3, before, after);
        }
        pvm_instance_destroy(context);
        pvm_module_release(module);
        destroy_engine(engine);
    }
}

/* What is not covered here: control and the host call (run_test.c), memory (access_test.c). */
TEST(every_computing_opcode_is_covered) {
    for (int opcode = OP_undefined + 1; opcode < OP_COUNT; opcode++) {
        struct instruction i = {.opcode = (uint8_t)opcode};
        bool elsewhere = instruction_memory_access(&i).size != 0 || opcode == OP_trap || opcode == OP_fallthrough ||
                         opcode == OP_unlikely || opcode == OP_ecalli || opcode == OP_jump || opcode == OP_jump_ind ||
                         opcode == OP_load_imm_jump || opcode == OP_load_imm_jump_ind;
        CHECK_EQ(covered[opcode], !elsewhere);
    }
}

int main(void) {
    RUN(default_engine);
    RUN(without_gs);
    RUN(checked);
    RUN(single_mapping);
    RUN(hardened);
    RUN(sections);
    RUN(third_registers);
    RUN(every_computing_opcode_is_covered);
    return check_finish();
}
