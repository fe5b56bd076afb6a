/* Machine code of a module: one pass that decodes, prices and emits, block by block; docs/codegen.md shows the result.
 *
 * Every block begins with its gas check. Guest registers stay in host registers; rcx is scratch and holds nothing between
 * guest instructions; flags hold nothing either. An instruction that may fault changes no register before it does. */
#include "internal.h"
#include "x64.h"

/* What a block needs at the most for its out-of-gas exit. */
#define OUT_OF_GAS_EXIT_SIZE 9

static const uint8_t host_register[PVM_REGISTER_COUNT] = {
#define REGISTER(guest, host) [guest] = (host),
#include "registers.def"
#undef REGISTER
};

#define SCRATCH RCX
#define CONTEXT R15

/* Every guest register has a host register of its own, and all but three are taken. */
#define REGISTER(guest, host) | 1 << (guest)
_Static_assert((0
#include "registers.def"
                ) == (1 << PVM_REGISTER_COUNT) - 1,
               "registers.def");
#undef REGISTER
#define REGISTER(guest, host) | 1 << (host)
_Static_assert((0
#include "registers.def"
                ) == (0xFFFF & ~(1 << SCRATCH | 1 << CONTEXT | 1 << RSP)),
               "registers.def");
#undef REGISTER

/* A jump whose target had no machine code yet. */
struct fixup {
    uint32_t site;
    uint32_t target; /* pc */
};

struct generator {
    pvm_module *module;
    const struct program *program;
    struct x64_emitter emitter;
    struct variant *variant;
    struct fixup *fixups;
    uint32_t fixup_count, fixup_capacity;
    uint32_t dynamic_exit; /* position of the exit for dynamic jumps out of the table */
    bool checked;
    bool use_gs;
    bool too_large; /* a cost that the gas check cannot hold */
};

static struct x64_memory context_field(int displacement) {
    return (struct x64_memory){CONTEXT, X64_NONE, displacement, false, false};
}

static int host(uint8_t guest) {
    return host_register[guest];
}

/* ---- Exits ---- */

static void emit_exit(struct x64_emitter *e, uint32_t pc, int exit_displacement) {
    x64_mov_ri(e, SCRATCH, pc);
    x64_jmp_m(e, context_field(exit_displacement));
}

static void emit_gas_check(struct x64_emitter *e) {
    uint32_t start = x64_position(e);
    /* sub qword [r15 + gas], imm32 ; jb out_of_gas: both filled in when the block is priced */
    x64_op_memory(e, 0, W64, 0x81, 5, context_field(CONTEXT_GAS), false);
    assert(x64_position(e) - start == GAS_CHECK_COST);
    x64_u32(e, 0);
    x64_jcc(e, CC_B);
    assert(x64_position(e) - start == GAS_CHECK_SIZE);
    (void)start;
}

static void emit_host_call(struct x64_emitter *e, const struct instruction *i) {
    x64_lea_rip(e, SCRATCH, 4); /* over the jump, to the words behind it */
    x64_jmp_m(e, context_field(PRIVATE_EXIT_HOST_CALL));
    x64_u32(e, (uint32_t)i->x);
    x64_u32(e, i->pc);
    x64_u32(e, i->next);
}

/* ---- Jumps ---- */

static bool remember_fixup(struct generator *g, uint32_t site, uint32_t target) {
    if (g->fixup_count == g->fixup_capacity) {
        uint32_t capacity = g->fixup_capacity * 2 + 64;
        struct fixup *grown = realloc(g->fixups, capacity * sizeof *grown);
        if (grown == NULL) {
            g->emitter.failed = true;
            return false;
        }
        g->fixups = grown;
        g->fixup_capacity = capacity;
    }
    g->fixups[g->fixup_count++] = (struct fixup){site, target};
    return true;
}

/* sjump: the target is static, so that an invalid one is a panic here and now. */
static void emit_jump(struct generator *g, const struct instruction *i, int64_t target) {
    if (!program_is_block_start(g->program, target)) {
        emit_exit(&g->emitter, i->pc, PRIVATE_EXIT_PANIC);
    } else if (target != i->next) {
        remember_fixup(g, x64_jmp(&g->emitter), (uint32_t)target);
    }
}

static void emit_constant_jump(struct generator *g, const struct instruction *i) {
    x64_mov_ri(&g->emitter, host(i->a), i->x);
    emit_jump(g, i, i->target);
}

/* Behind a comparison. A branch is valid, taken or not, when both ways lead to block starts. */
static void emit_branch(struct generator *g, const struct instruction *i, enum x64_condition condition) {
    if (!program_is_block_start(g->program, i->target) || !program_is_block_start(g->program, i->next)) {
        emit_exit(&g->emitter, i->pc, PRIVATE_EXIT_PANIC);
    } else {
        remember_fixup(g, x64_jcc(&g->emitter, condition), (uint32_t)i->target);
    }
}

static void emit_compare_imm(struct x64_emitter *e, int a, int64_t x) {
    if (x == 0) {
        x64_test_rr(e, W64, a, a); /* the flags of cmp a, 0 */
    } else {
        x64_alu_ri(e, ALU_CMP, W64, a, (int32_t)x);
    }
}

static void emit_branch_imm(struct generator *g, const struct instruction *i, enum x64_condition condition) {
    emit_compare_imm(&g->emitter, host(i->a), i->x);
    emit_branch(g, i, condition);
}

static void emit_branch_registers(struct generator *g, const struct instruction *i, enum x64_condition condition) {
    x64_alu_rr(&g->emitter, ALU_CMP, W64, host(i->a), host(i->b));
    emit_branch(g, i, condition);
}

/* djump(base + offset), with `load` an instruction whose register is written before the jump, or null. Rotating the
 * address right by one sends odd ones out of the table's range; entry 0 and invalid entries lead to the panic exit. */
static void emit_dynamic_jump(struct generator *g, const struct instruction *i, int base, int64_t offset, bool load) {
    struct x64_emitter *e = &g->emitter;
    /* An address divided by two has 31 bits. */
    uint64_t entries = g->program->jump_table_length < INT32_MAX ? g->program->jump_table_length : INT32_MAX;
    x64_mov_mi(e, W32, context_field(CONTEXT_EXIT_PC), (int32_t)i->pc);
    x64_lea(e, W32, SCRATCH, base, X64_NONE, (int32_t)offset);
    if (load) {
        x64_mov_ri(e, host(i->a), i->x);
    }
    x64_op_rr(e, 0, W32, 0xD1, SHIFT_ROR, SCRATCH); /* ror ecx, 1 */
    if (entries == 0) {
        x64_bind(e, x64_jmp(e), g->dynamic_exit);
        return;
    }
    if (entries >= HALT_ADDRESS_ROTATED) {
        x64_alu_ri(e, ALU_CMP, W32, SCRATCH, HALT_ADDRESS_ROTATED);
        x64_bind(e, x64_jcc(e, CC_E), g->dynamic_exit);
    }
    x64_alu_ri(e, ALU_CMP, W32, SCRATCH, (int32_t)entries);
    x64_bind(e, x64_jcc(e, CC_A), g->dynamic_exit);
    if (g->program->entry_size == 0) {
        /* Every entry is 0, the first block; a table would cost memory that the blob did not. */
        x64_test_rr(e, W32, SCRATCH, SCRATCH);
        x64_bind(e, x64_jcc(e, CC_E), g->dynamic_exit);
        remember_fixup(g, x64_jmp(e), 0);
        return;
    }
    x64_shift_ri(e, SHIFT_SHL, W64, SCRATCH, 3);
    x64_alu_rm(e, ALU_ADD, W64, SCRATCH, context_field(PRIVATE_JUMP_TABLE));
    x64_jmp_m(e, (struct x64_memory){SCRATCH, X64_NONE, 0, false, false});
}

/* ---- Memory ---- */

/* Compares the page of the octet at base + offset with the access it needs, and leaves when it does not grant it. */
static void emit_page_check(struct x64_emitter *e, uint32_t pc, uint8_t base, int32_t offset, bool write) {
    if (base == NO_BASE) {
        x64_mov_ri(e, SCRATCH, (uint32_t)offset >> 12);
    } else {
        x64_lea(e, W32, SCRATCH, host(base), X64_NONE, offset);
        x64_shift_ri(e, SHIFT_SHR, W32, SCRATCH, 12);
    }
    /* cmp byte [r15 + rcx + page_access], access ; jae on */
    struct x64_memory page = {CONTEXT, SCRATCH, SLOT_PAGE_ACCESS - SLOT_CONTEXT, false, false};
    x64_op_memory(e, 0, W32, 0x80, 7, page, false);
    x64_octet(e, write ? PVM_ACCESS_WRITE : PVM_ACCESS_READ);
    uint32_t on = x64_jcc_short(e, CC_AE);
    emit_exit(e, pc, PRIVATE_EXIT_CHECK_FAILED);
    x64_bind_short(e, on);
}

/* The operand of an access, after what must come before it. */
static struct x64_memory emit_address(struct generator *g, const struct instruction *i) {
    struct x64_emitter *e = &g->emitter;
    struct memory_access access = instruction_memory_access(i);
    int32_t offset = (int32_t)access.offset;
    if (g->checked) {
        emit_page_check(e, i->pc, access.base, offset, access.write);
        if (access.size > 1) {
            emit_page_check(e, i->pc, access.base, (int32_t)((uint32_t)offset + access.size - 1), access.write);
        }
    }
    if (g->use_gs) {
        /* The address size prefix makes the sum wrap at 2^32 before the base is added. */
        return (struct x64_memory){access.base == NO_BASE ? X64_NONE : host(access.base), X64_NONE, offset, true, true};
    }
    if (access.base == NO_BASE) {
        x64_mov_ri(e, SCRATCH, (uint32_t)offset);
    } else {
        x64_lea(e, W32, SCRATCH, host(access.base), X64_NONE, offset);
    }
    return (struct x64_memory){CONTEXT, SCRATCH, SLOT_MEMORY - SLOT_CONTEXT, false, false};
}

/* How x86 says an access: mov for stores, also of a constant, movzx and movsx for loads; W64 extends to 64 bits. */
static const struct access_code {
    enum x64_width width;
    uint16_t load;
    uint8_t store_prefix, store, store_imm;
    uint8_t imm_octets;
} access_codes[] = {
    [ACCESS_U8] = {W32, 0x0FB6, 0, 0x88, 0xC6, 1},     [ACCESS_I8] = {W64, 0x0FBE, 0, 0, 0, 0},
    [ACCESS_U16] = {W32, 0x0FB7, 0x66, 0x89, 0xC7, 2}, [ACCESS_I16] = {W64, 0x0FBF, 0, 0, 0, 0},
    [ACCESS_U32] = {W32, 0x8B, 0, 0x89, 0xC7, 4},      [ACCESS_I32] = {W64, 0x63, 0, 0, 0, 0},
    [ACCESS_U64] = {W64, 0x8B, 0, 0x89, 0xC7, 4},
};

static const struct access_code *access_code(const struct instruction *i) {
    return &access_codes[opcode_table[i->opcode].access];
}

static void emit_load(struct generator *g, const struct instruction *i) {
    const struct access_code *code = access_code(i);
    struct x64_memory m = emit_address(g, i);
    x64_op_memory(&g->emitter, 0, code->width, code->load, host(i->a), m, false);
}

static void emit_store(struct generator *g, const struct instruction *i) {
    const struct access_code *code = access_code(i);
    struct x64_memory m = emit_address(g, i);
    x64_op_memory(&g->emitter, code->store_prefix, code->width, code->store, host(i->a), m, code->imm_octets == 1);
}

static void emit_store_imm(struct generator *g, const struct instruction *i) {
    const struct access_code *code = access_code(i);
    struct x64_memory m = emit_address(g, i);
    x64_op_memory(&g->emitter, code->store_prefix, code->width, code->store_imm, 0, m, false);
    for (int octet = 0; octet < code->imm_octets; octet++) {
        x64_octet(&g->emitter, (int)(i->y >> 8 * octet));
    }
}

/* ---- Arithmetic ---- */

static void emit_move(struct x64_emitter *e, enum x64_width width, int destination, int source) {
    if (destination != source) {
        x64_mov_rr(e, width, destination, source);
    }
}

/* Results of 32-bit instructions are sign-extended. */
static void extend(struct x64_emitter *e, enum x64_width width, int destination) {
    if (width == W32) {
        x64_movsxd_rr(e, destination, destination);
    }
}

static void emit_add_imm(struct x64_emitter *e, enum x64_width width, int destination, int source, int64_t x) {
    if (destination == source) {
        x64_alu_ri(e, ALU_ADD, width, destination, (int32_t)x);
    } else {
        x64_lea(e, width, destination, source, X64_NONE, (int32_t)x);
    }
    extend(e, width, destination);
}

static void emit_logic_imm(struct x64_emitter *e, enum x64_alu op, int destination, int source, int64_t x) {
    emit_move(e, W64, destination, source);
    x64_alu_ri(e, op, W64, destination, (int32_t)x);
}

/* d = a op b for commutative op */
static void emit_logic(struct x64_emitter *e, enum x64_alu op, enum x64_width width, int d, int a, int b) {
    if (d == b) {
        x64_alu_rr(e, op, width, d, a);
    } else {
        emit_move(e, width, d, a);
        x64_alu_rr(e, op, width, d, b);
    }
}

static void emit_add(struct x64_emitter *e, enum x64_width width, int d, int a, int b) {
    if (d != a && d != b) {
        x64_lea(e, width, d, a, b, 0);
    } else {
        emit_logic(e, ALU_ADD, width, d, a, b);
    }
    extend(e, width, d);
}

static void emit_subtract(struct x64_emitter *e, enum x64_width width, int d, int a, int b) {
    if (d == b && d != a) {
        x64_unary(e, UNARY_NEG, width, d);
        x64_alu_rr(e, ALU_ADD, width, d, a);
    } else {
        emit_move(e, width, d, a);
        x64_alu_rr(e, ALU_SUB, width, d, b);
    }
    extend(e, width, d);
}

static void emit_multiply(struct x64_emitter *e, enum x64_width width, int d, int a, int b) {
    if (d == b) {
        x64_imul_rr(e, width, d, a);
    } else {
        emit_move(e, width, d, a);
        x64_imul_rr(e, width, d, b);
    }
    extend(e, width, d);
}

static void emit_multiply_imm(struct x64_emitter *e, enum x64_width width, int d, int b, int64_t x) {
    x64_imul_rri(e, width, d, b, (int32_t)x);
    extend(e, width, d);
}

static void emit_reverse_bytes(struct x64_emitter *e, int d, int a) {
    emit_move(e, W64, d, a);
    x64_bswap(e, d);
}

/* d = x - b */
static void emit_negate_add_imm(struct x64_emitter *e, enum x64_width width, int d, int b, int64_t x) {
    if (d == b) {
        x64_unary(e, UNARY_NEG, width, d);
        x64_alu_ri(e, ALU_ADD, width, d, (int32_t)x);
    } else {
        x64_mov_ri(e, d, x);
        x64_alu_rr(e, ALU_SUB, width, d, b);
    }
    extend(e, width, d);
}

static void emit_shift_imm(struct x64_emitter *e, enum x64_shift op, enum x64_width width, int d, int b, int64_t x) {
    int count = (int)(x & (width == W64 ? 63 : 31));
    emit_move(e, width, d, b);
    x64_shift_ri(e, op, width, d, count);
    extend(e, width, d);
}

/* d = x shifted by b */
static void emit_shift_imm_alt(struct x64_emitter *e, enum x64_shiftx op, enum x64_width width, int d, int b,
                               int64_t x) {
    x64_mov_ri(e, SCRATCH, x);
    x64_shiftx(e, op, width, d, SCRATCH, b);
    extend(e, width, d);
}

static void emit_shift(struct x64_emitter *e, enum x64_shiftx op, enum x64_width width, int d, int a, int b) {
    x64_shiftx(e, op, width, d, a, b);
    extend(e, width, d);
}

static void emit_rotate_right_imm(struct x64_emitter *e, enum x64_width width, int d, int b, int64_t x) {
    x64_rorx(e, width, d, b, (int)(x & (width == W64 ? 63 : 31)));
    extend(e, width, d);
}

static void emit_rotate_right_imm_alt(struct x64_emitter *e, enum x64_width width, int d, int b, int64_t x) {
    x64_mov_rr(e, W32, SCRATCH, b);
    x64_mov_ri(e, d, x);
    x64_shift_cl(e, SHIFT_ROR, width, d);
    extend(e, width, d);
}

static void emit_rotate(struct x64_emitter *e, enum x64_shift op, enum x64_width width, int d, int a, int b) {
    x64_mov_rr(e, W32, SCRATCH, b);
    emit_move(e, width, d, a);
    x64_shift_cl(e, op, width, d);
    extend(e, width, d);
}

static void emit_set(struct x64_emitter *e, enum x64_condition condition, int d) {
    x64_setcc(e, condition, SCRATCH);
    x64_movzx8_rr(e, d, SCRATCH);
}

static void emit_set_imm(struct x64_emitter *e, enum x64_condition condition, int d, int b, int64_t x) {
    emit_compare_imm(e, b, x);
    emit_set(e, condition, d);
}

static void emit_set_rr(struct x64_emitter *e, enum x64_condition condition, int d, int a, int b) {
    x64_alu_rr(e, ALU_CMP, W64, a, b);
    emit_set(e, condition, d);
}

static void emit_cmov(struct x64_emitter *e, enum x64_condition condition, int d, int a, int b) {
    x64_test_rr(e, W64, b, b);
    x64_cmov(e, condition, d, a);
}

static void emit_cmov_imm(struct x64_emitter *e, enum x64_condition condition, int d, int b, int64_t x) {
    x64_mov_ri(e, SCRATCH, x);
    emit_cmov(e, condition, d, SCRATCH, b);
}

/* d = condition(other ? own) picks the other one: max, min. */
static void emit_pick(struct x64_emitter *e, enum x64_condition other_wins, int d, int a, int b) {
    int own = d == b ? b : a, other = d == b ? a : b;
    x64_alu_rr(e, ALU_CMP, W64, other, own);
    emit_move(e, W64, d, own);
    x64_cmov(e, other_wins, d, other);
}

static void emit_and_inverted(struct x64_emitter *e, int d, int a, int b) {
    x64_andn(e, d, b, a);
}

static void emit_or_inverted(struct x64_emitter *e, int d, int a, int b) {
    x64_mov_rr(e, W64, SCRATCH, b);
    x64_unary(e, UNARY_NOT, W64, SCRATCH);
    x64_alu_rr(e, ALU_OR, W64, SCRATCH, a);
    x64_mov_rr(e, W64, d, SCRATCH);
}

static void emit_xnor(struct x64_emitter *e, int d, int a, int b) {
    emit_logic(e, ALU_XOR, W64, d, a, b);
    x64_unary(e, UNARY_NOT, W64, d);
}

/* ---- Division and wide multiplication: they need rax and rdx, which hold guest registers ---- */

static void spill(struct x64_emitter *e) {
    x64_mov_mr(e, W64, context_field(PRIVATE_SPILL_RAX), RAX);
    x64_mov_mr(e, W64, context_field(PRIVATE_SPILL_RDX), RDX);
}

static void unspill(struct x64_emitter *e) {
    x64_mov_rm(e, W64, RAX, context_field(PRIVATE_SPILL_RAX));
    x64_mov_rm(e, W64, RDX, context_field(PRIVATE_SPILL_RDX));
}

/* mixed: a has a sign and b has none, the multiplication is one without signs. */
static void emit_multiply_upper(struct x64_emitter *e, enum x64_unary multiply, bool mixed, int d, int a, int b) {
    spill(e);
    x64_mov_rr(e, W64, SCRATCH, b);
    emit_move(e, W64, RAX, a);
    x64_unary(e, multiply, W64, SCRATCH);
    if (mixed) {
        /* A negative a counted as a + 2^64: the upper half is b too large then. */
        if (a == RAX || a == RDX) {
            x64_mov_rm(e, W64, RAX, context_field(a == RAX ? PRIVATE_SPILL_RAX : PRIVATE_SPILL_RDX));
        } else {
            x64_mov_rr(e, W64, RAX, a);
        }
        x64_shift_ri(e, SHIFT_SAR, W64, RAX, 63);
        x64_alu_rr(e, ALU_AND, W64, RAX, SCRATCH);
        x64_alu_rr(e, ALU_SUB, W64, RDX, RAX);
    }
    x64_mov_rr(e, W64, SCRATCH, RDX);
    unspill(e);
    x64_mov_rr(e, W64, d, SCRATCH);
}

/* d = a / b or a % b. By zero: 2^64 - 1, or a. By -1 (where idiv could overflow): -a, or 0. */
static void emit_divide(struct x64_emitter *e, enum x64_width width, bool with_sign, bool remainder, int d, int a,
                        int b) {
    x64_mov_rr(e, width, SCRATCH, b);
    x64_test_rr(e, width, SCRATCH, SCRATCH);
    uint32_t by_zero = x64_jcc_short(e, CC_E);
    uint32_t by_minus_one = 0;
    if (with_sign) {
        x64_alu_ri(e, ALU_CMP, width, SCRATCH, -1);
        by_minus_one = x64_jcc_short(e, CC_E);
    }
    spill(e);
    emit_move(e, width, RAX, a);
    if (with_sign) {
        x64_sign_to_rdx(e, width);
    } else {
        x64_alu_rr(e, ALU_XOR, W32, RDX, RDX);
    }
    x64_unary(e, with_sign ? UNARY_IDIV : UNARY_DIV, width, SCRATCH);
    x64_mov_rr(e, W64, SCRATCH, remainder ? RDX : RAX);
    unspill(e);
    uint32_t done = x64_jmp_short(e), done_too = 0;
    if (with_sign) {
        x64_bind_short(e, by_minus_one);
        if (remainder) {
            x64_mov_ri(e, SCRATCH, 0);
        } else {
            x64_mov_rr(e, width, SCRATCH, a);
            x64_unary(e, UNARY_NEG, width, SCRATCH);
        }
        done_too = x64_jmp_short(e);
    }
    x64_bind_short(e, by_zero);
    if (remainder) {
        x64_mov_rr(e, width, SCRATCH, a);
    } else {
        x64_mov_ri(e, SCRATCH, -1);
    }
    x64_bind_short(e, done);
    if (with_sign) {
        x64_bind_short(e, done_too);
    }
    if (width == W32) {
        x64_movsxd_rr(e, d, SCRATCH);
    } else {
        x64_mov_rr(e, W64, d, SCRATCH);
    }
}

/* ---- One instruction ---- */

static void emit_count(struct x64_emitter *e, enum x64_width width, int opcode, int d, int a) {
    x64_op_rr(e, 0xF3, width, opcode, d, a);
}

/* unlikely weighs on gas alone. */
static void emit_nothing(void) {
}

static void emit_instruction(struct generator *g, const struct instruction *i) {
    struct x64_emitter *e = &g->emitter;
    const int a = host(i->a), b = host(i->b), d = host(i->d);
    switch ((enum opcode)i->opcode) {
    case OP_undefined:
    case OP_COUNT: break; /* in no valid program */
#define GENERATOR(name, ...)                                                                                           \
    case OP_##name:                                                                                                    \
        __VA_ARGS__;                                                                                                   \
        break;
#include "opcodes.def"
#undef GENERATOR
    }
}

/* ---- The pass ---- */

/* Decodes, prices and emits one block from pc on; returns the pc behind it. */
static uint32_t generate_block(struct generator *g, uint32_t pc, uint32_t *instruction_index, pvm_block *block,
                               bool price) {
    struct gas_model gas;
    uint32_t check = x64_position(&g->emitter);
    struct instruction i;
    bool first = true;
    if (price) {
        gas_begin(&gas);
        block->pc = pc;
    }
    do {
        if (!x64_reserve(&g->emitter, MAXIMUM_INSTRUCTION_SIZE)) {
            return pc;
        }
        i = program_decode(g->program, pc);
        uint32_t start = g->variant->offsets[(*instruction_index)++] = x64_position(&g->emitter);
        if (first) {
            emit_gas_check(&g->emitter);
            first = false;
        }
        if (price) {
            gas_add(&gas, g->program, &i);
        }
        emit_instruction(g, &i);
        assert(x64_position(&g->emitter) - start <= MAXIMUM_INSTRUCTION_SIZE);
        (void)start;
        pc = i.next;
    } while (!opcode_table[i.opcode].terminator);
    if (price) {
        block->cost = gas_finish(&gas);
    }
    g->too_large |= block->cost > INT32_MAX || x64_position(&g->emitter) > g->module->engine->arena.size;
    memcpy(g->emitter.start + check + GAS_CHECK_COST, &block->cost, sizeof block->cost);
    return pc;
}

static void generate_out_of_gas_exits(struct generator *g) {
    const pvm_module *module = g->module;
    for (uint32_t n = 0; n < g->program->block_count; n++) {
        if (!x64_reserve(&g->emitter, OUT_OF_GAS_EXIT_SIZE)) {
            return;
        }
        uint32_t check = g->variant->offsets[module_instruction_index(module, module->blocks[n].pc)];
        uint32_t start = x64_position(&g->emitter);
        x64_bind(&g->emitter, check + GAS_CHECK_SIZE - 4, start);
        emit_exit(&g->emitter, module->blocks[n].pc, PRIVATE_EXIT_OUT_OF_GAS);
        assert(x64_position(&g->emitter) - start <= OUT_OF_GAS_EXIT_SIZE);
    }
}

static void resolve_fixups(struct generator *g) {
    for (uint32_t n = 0; n < g->fixup_count; n++) {
        uint32_t index = module_instruction_index(g->module, g->fixups[n].target);
        x64_bind(&g->emitter, g->fixups[n].site, g->variant->offsets[index]);
    }
}

static bool make_jump_table(struct generator *g) {
    uint64_t entries = g->program->jump_table_length;
    if (entries == 0 || g->program->entry_size == 0) {
        return true;
    }
    void **table = malloc((entries + 1) * sizeof *table);
    if (table == NULL) {
        return false;
    }
    table[0] = (void *)pvm_exit_dynamic_panic;
    for (uint32_t n = 0; n < (uint32_t)entries; n++) {
        uint64_t target = program_jump_target(g->program, n);
        bool valid = target <= INT64_MAX && program_is_block_start(g->program, (int64_t)target);
        table[n + 1] = valid ? (void *)(g->variant->code +
                                        g->variant->offsets[module_instruction_index(g->module, (uint32_t)target)])
                             : (void *)pvm_exit_dynamic_panic;
    }
    g->variant->jump_table = table;
    return true;
}

/* The whole code into the emitter's buffer. */
static void generate(struct generator *g, bool price) {
    uint32_t pc = 0, block = 0, instruction_index = 0;
    if (!x64_reserve(&g->emitter, MAXIMUM_INSTRUCTION_SIZE)) {
        return;
    }
    g->dynamic_exit = x64_position(&g->emitter);
    x64_jmp_m(&g->emitter, context_field(PRIVATE_EXIT_DYNAMIC));
    while (pc < g->program->code_length && !g->emitter.failed && !g->too_large) {
        pc = generate_block(g, pc, &instruction_index, &g->module->blocks[block++], price);
    }
    if (!g->emitter.failed && !g->too_large) {
        g->variant->exits_offset = x64_position(&g->emitter);
        generate_out_of_gas_exits(g);
    }
    if (!g->emitter.failed && !g->too_large) {
        resolve_fixups(g);
    }
}

status codegen_compile(pvm_module *module, enum variant_kind kind, struct variant *variant, pvm_error *error) {
    struct generator g = {
        .module = module,
        .program = &module->program,
        .variant = variant,
        .checked = kind == VARIANT_CHECKED,
        .use_gs = module->engine->use_gs,
    };
    /* Blocks have costs of at least 1 once they are priced. */
    bool price = module->blocks[0].cost == 0;
    status result = PVM_OK;
    memset(variant, 0, sizeof *variant);
    variant->offsets = malloc(module->program.instruction_count * sizeof *variant->offsets);
    g.emitter.failed = variant->offsets == NULL;
    generate(&g, price);
    variant->size = g.emitter.failed ? 0 : (uint64_t)(g.emitter.at - g.emitter.start);
    if (g.emitter.failed) {
        result =
            fail(error, PVM_RESOURCE_LIMIT, 0, "no memory to compile %u octets of code", module->program.code_length);
    } else if (g.too_large || variant->size > INT32_MAX) {
        result = fail(error, PVM_RESOURCE_LIMIT, 0, "the code arena of %llu octets has no room for the program",
                      (unsigned long long)module->engine->arena.size);
    } else {
        result = arena_publish(&module->engine->arena, g.emitter.start, variant->size, &variant->code, error);
    }
    if (result == PVM_OK && !make_jump_table(&g)) {
        arena_release(&module->engine->arena, variant->code, variant->size);
        result = fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for %llu jump table entries",
                      (unsigned long long)module->program.jump_table_length);
    }
    if (result != PVM_OK) {
        free(variant->offsets);
        memset(variant, 0, sizeof *variant);
    }
    free(g.emitter.start);
    free(g.fixups);
    return result;
}
