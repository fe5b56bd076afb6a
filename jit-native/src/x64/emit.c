/* Machine code of one guest instruction, for each kind of them; opcodes.def says which opcode takes which.
 *
 * Guest registers stay in host registers; rcx is scratch and holds nothing between guest instructions; flags hold
 * nothing either. An instruction that may fault changes no register before it does.
 *
 * What takes many octets has two forms. The fast one stands while a module's code is not dense, and that of no compiler
 * is; from there on the compact one keeps within NATIVE_OCTETS_PER_OCTET, whatever the guest's octets are. */
#include "x64/emit.h"

#include "base/hints.h"
#include "memory/instance.h"
#include "x64/divide.h"
#include "x64/dynamic_jump.h"
#include "x64/jump.h"
#include "x64/layout.h"

static bool is_dense(const struct generator *g, const struct instruction *i) {
    return generator_is_dense(g, i->pc, 0);
}

/* ---- Routines: what a fast form has in place, a compact one calls ---- */

/* Whether the caller is to emit the body here and now, with end_body behind it: in place, or as the routine of an
 * opcode that has none yet. *over is for end_body. */
static bool begin_body(struct generator *g, const struct instruction *i, uint32_t *over) {
    struct x64_emitter *e = &g->emitter;
    uint32_t *routine = &g->routines[i->opcode];
    *over = 0;
    if (!is_dense(g, i)) {
        return true;
    }
    if (*routine != 0) {
        x64_call(e, *routine);
        return false;
    }
    x64_call(e, x64_position(e) + X64_CALL_SIZE + X64_JMP_SHORT_SIZE); /* to behind the jump */
    *over = x64_jmp_short(e);
    *routine = x64_position(e);
    return true;
}

static void end_body(struct x64_emitter *e, uint32_t over) {
    if (over != 0) {
        x64_ret(e);
        x64_bind_short(e, over);
    }
}

/* ---- Exits ---- */

static void emit_host_call(struct generator *g, const struct instruction *i) {
    struct x64_emitter *e = &g->emitter;
    assert(g->debt == 0); /* the host sees the gas */
    uint32_t distance_at = x64_lea_rip(e, SCRATCH, 0), behind = x64_position(e);
    generator_leave(g, WAY_OUT_HOST_CALL);
    x64_set_u32_at(e, distance_at, x64_position(e) - behind);
    x64_u32(e, (uint32_t)(blinding_hides(&g->blinding, i->x) ? NUMBER_IN_PROGRAM : i->x));
    x64_u32(e, i->pc);
    x64_octet(e, (int)(i->next - i->pc));
}

/* ---- Jumps ---- */

static void emit_constant_jump(struct generator *g, const struct instruction *i) {
    load_constant(g, host(i->a), i->x);
    emit_jump(g, i, i->target);
}

INLINED void emit_compare_imm(struct generator *g, enum x64_register a, int64_t x) {
    struct x64_emitter *e = &g->emitter;
    if (x == 0) {
        x64_test_rr(e, W64, a, a); /* the flags of cmp a, 0 */
    } else if (hide(g, x)) {
        x64_alu_rr(e, ALU_CMP, W64, a, SCRATCH);
    } else {
        x64_alu_ri(e, ALU_CMP, W64, a, (int32_t)x);
    }
}

static void emit_branch_imm(struct generator *g, const struct instruction *i, enum x64_condition condition) {
    emit_compare_imm(g, host(i->a), i->x);
    emit_branch(g, i, condition);
}

static void emit_branch_registers(struct generator *g, const struct instruction *i, enum x64_condition condition) {
    x64_alu_rr(&g->emitter, ALU_CMP, W64, host(i->a), host(i->b));
    emit_branch(g, i, condition);
}

/* ---- Memory ---- */

static void emit_guest_address(struct generator *g, enum x64_register base, int32_t offset) {
    if (base == X64_NONE) {
        load_constant(g, SCRATCH, (uint32_t)offset);
    } else {
        add_offset(g, W32, base, offset);
    }
}

/* Compares the access of a page, whose number a register holds, with what is needed: below when it is not granted. */
static void compare_page(struct x64_emitter *e, enum x64_register page, bool write) {
    x64_cmp_octet(e, x64_indexed(CONTEXT, page, SLOT_PAGE_ACCESS - SLOT_CONTEXT),
                  write ? PVM_ACCESS_WRITE : PVM_ACCESS_READ);
}

/* Compares the page of the octet at base + offset with the access it needs, and leaves when it does not grant it. */
static void emit_page_check(struct generator *g, uint32_t pc, enum x64_register base, int32_t offset, bool write) {
    struct x64_emitter *e = &g->emitter;
    if (base == X64_NONE) {
        load_constant(g, SCRATCH, (uint32_t)offset >> 12);
    } else {
        add_offset(g, W32, base, offset);
        x64_shift_ri(e, SHIFT_SHR, W32, SCRATCH, 12);
    }
    compare_page(e, SCRATCH, write);
    uint32_t on = x64_jcc_short(e, CC_AE);
    x64_mov_ri(e, SCRATCH, pc);
    emit_indirect_jump(g, context_field(g, PRIVATE_EXIT_CHECK_FAILED));
    x64_bind_short(e, on);
}

/* Compares the page of the octet at ecx + behind with the access it needs, by eax; returns the jump to where it is
 * denied. */
static uint32_t emit_page_comparison(struct x64_emitter *e, int32_t behind, bool write) {
    x64_lea(e, W32, RAX, x64_at(SCRATCH, behind));
    x64_shift_ri(e, SHIFT_SHR, W32, RAX, 12);
    compare_page(e, RAX, write);
    return x64_jcc_short(e, CC_B);
}

/* The compact form of both checks, always a routine: turns the guest's address in ecx into the octet's in rcx, or
 * leaves with the return address, which is in the instruction, as that of the fault. */
static struct x64_memory emit_checked_address(struct generator *g, const struct instruction *i, enum x64_register base,
                                              const struct memory_access *access) {
    struct x64_emitter *e = &g->emitter;
    uint32_t over;
    emit_guest_address(g, base, (int32_t)i->x);
    if (begin_body(g, i, &over)) {
        x64_push(e, RAX);
        uint32_t first = emit_page_comparison(e, 0, access->write);
        uint32_t last = emit_page_comparison(e, access->size - 1, access->write);
        x64_pop(e, RAX);
        x64_lea(e, W64, SCRATCH, x64_indexed(CONTEXT, SCRATCH, SLOT_MEMORY - SLOT_CONTEXT));
        x64_ret(e);
        x64_bind_short(e, first);
        x64_bind_short(e, last);
        x64_pop(e, RAX);
        x64_pop(e, SCRATCH);
        x64_mov_mr(e, W64, context_field(g, PRIVATE_FAULT_NATIVE), SCRATCH);
        emit_indirect_jump(g, context_field(g, PRIVATE_EXIT_FAULT));
        x64_bind_short(e, over);
    }
    return x64_at(SCRATCH, 0);
}

/* Whether the operand of an access is base + offset, and nothing comes before it: in code that is fast, where most are. The address
 * size prefix makes the sum wrap at 2^32 before the base of GS is added. */
static inline bool is_plain(const struct generator *g, const struct instruction *i) {
    assert(!g->fast || (g->use_gs && !g->checked));
    return g->fast && !g->has_address && !blinding_hides(&g->blinding, i->x);
}

static inline struct x64_memory plain_address(const struct instruction *i, enum x64_register base) {
    return x64_gs(base, (int32_t)i->x);
}

/* Any other operand of an access, after what must come before it. */
NOT_INLINED struct x64_memory emit_address(struct generator *g, const struct instruction *i, enum x64_register base) {
    int32_t offset = (int32_t)i->x;
    if (g->checked) {
        struct memory_access access = instruction_memory_access(i);
        if (is_dense(g, i)) {
            return emit_checked_address(g, i, base, &access);
        }
        emit_page_check(g, i->pc, base, offset, access.write);
        if (access.size > 1) {
            emit_page_check(g, i->pc, base, (int32_t)((uint32_t)offset + access.size - 1), access.write);
        }
    }
    if (g->has_address) {
        struct x64_memory m = g->address;
        m.displacement = (int32_t)((uint32_t)m.displacement + (uint32_t)offset);
        m.gs = m.address_32 = true;
        return m;
    }
    if (g->use_gs && !blinding_hides(&g->blinding, offset)) {
        return plain_address(i, base);
    }
    emit_guest_address(g, base, offset);
    return g->use_gs ? x64_gs(SCRATCH, 0) : x64_indexed(CONTEXT, SCRATCH, SLOT_MEMORY - SLOT_CONTEXT);
}

NOT_INLINED void emit_other_load(struct generator *g, const struct instruction *i, enum x64_register base,
                                 enum x64_integer integer) {
    struct x64_memory m = emit_address(g, i, base);
    x64_load(&g->emitter, integer, host(i->a), m);
}

NOT_INLINED void emit_other_store(struct generator *g, const struct instruction *i, enum x64_register base,
                                  enum x64_integer integer) {
    struct x64_memory m = emit_address(g, i, base);
    x64_store(&g->emitter, integer, m, host(i->a));
}

static inline void emit_load(struct generator *g, const struct instruction *i, enum x64_register base,
                             enum x64_integer integer) {
    if (is_plain(g, i)) {
        x64_load(&g->emitter, integer, host(i->a), plain_address(i, base));
    } else {
        emit_other_load(g, i, base, integer);
    }
}

static inline void emit_store(struct generator *g, const struct instruction *i, enum x64_register base,
                              enum x64_integer integer) {
    if (is_plain(g, i)) {
        x64_store(&g->emitter, integer, plain_address(i, base), host(i->a));
    } else {
        emit_other_store(g, i, base, integer);
    }
}

static void emit_store_imm(struct generator *g, const struct instruction *i, enum x64_register base,
                           enum x64_integer integer) {
    struct x64_memory m = is_plain(g, i) ? plain_address(i, base) : emit_address(g, i, base);
    blinding_store_constant(&g->blinding, &g->emitter, integer, m, i->y);
}

/* ---- Arithmetic ---- */

static void emit_move(struct x64_emitter *e, enum x64_width width, enum x64_register destination,
                      enum x64_register source) {
    if (destination != source) {
        x64_mov_rr(e, width, destination, source);
    }
}

static void emit_zero(struct x64_emitter *e, enum x64_register destination) {
    x64_alu_rr(e, ALU_XOR, W32, destination, destination);
}

static void emit_constant(struct generator *g, enum x64_register destination, int64_t x) {
    if (x == 0) {
        emit_zero(&g->emitter, destination);
    } else {
        load_constant(g, destination, x);
    }
}

/* Results of 32-bit instructions are sign-extended, last, where anybody reads their upper halves. */
static void extend(struct generator *g, enum x64_width width, enum x64_register destination) {
    if (width == W32 && !g->omits_extension) {
        x64_movsxd_rr(&g->emitter, destination, destination);
    }
}

/* d = a op b for commutative op */
INLINED void emit_logic(struct x64_emitter *e, enum x64_alu op, enum x64_width width, enum x64_register d,
                        enum x64_register a, enum x64_register b) {
    if (d == b) {
        x64_alu_rr(e, op, width, d, a);
    } else {
        emit_move(e, width, d, a);
        x64_alu_rr(e, op, width, d, b);
    }
}

/* d = a + b */
static void emit_sum(struct x64_emitter *e, enum x64_width width, enum x64_register d, enum x64_register a,
                     enum x64_register b) {
    if (d != a && d != b) {
        x64_lea(e, width, d, x64_indexed(a, b, 0));
    } else {
        emit_logic(e, ALU_ADD, width, d, a, b);
    }
}

static void emit_add_imm(struct generator *g, enum x64_width width, enum x64_register destination,
                         enum x64_register source, int64_t x) {
    struct x64_emitter *e = &g->emitter;
    if (x == 0 && width == W32 && !g->omits_extension) {
        x64_movsxd_rr(e, destination, source);
        return;
    }
    if (x == 0) {
        emit_move(e, width, destination, source);
    } else if (hide(g, x)) {
        emit_sum(e, width, destination, source, SCRATCH);
    } else if (destination == source) {
        x64_alu_ri(e, ALU_ADD, width, destination, (int32_t)x);
    } else {
        x64_lea(e, width, destination, x64_at(source, (int32_t)x));
    }
    extend(g, width, destination);
}

INLINED void emit_logic_imm(struct generator *g, enum x64_alu op, enum x64_register destination,
                            enum x64_register source, int64_t x) {
    struct x64_emitter *e = &g->emitter;
    /* From a constant that is not negative `and` makes an upper half of zeros. */
    enum x64_width width = op == ALU_AND && x >= 0 ? W32 : W64;
    if (op == ALU_AND && x == UINT8_MAX) {
        x64_movzx8_rr(e, destination, source);
        return;
    }
    if (op == ALU_AND && x == UINT16_MAX) {
        x64_movzx16_rr(e, destination, source);
        return;
    }
    if (hide(g, x)) {
        emit_logic(e, op, W64, destination, source, SCRATCH);
        return;
    }
    emit_move(e, width, destination, source);
    x64_alu_ri(e, op, width, destination, (int32_t)x);
}

static void emit_add(struct generator *g, enum x64_width width, enum x64_register d, enum x64_register a,
                     enum x64_register b) {
    if (g->wants_carry) {
        if (g->has_zero) {
            emit_zero(&g->emitter, g->zero);
        }
        emit_logic(&g->emitter, ALU_ADD, width, d, a, b);
        g->wants_carry = false;
    } else {
        emit_sum(&g->emitter, width, d, a, b);
    }
    extend(g, width, d);
}

static void emit_subtract(struct generator *g, enum x64_width width, enum x64_register d, enum x64_register a,
                          enum x64_register b) {
    struct x64_emitter *e = &g->emitter;
    if (d == b && d != a) {
        x64_unary(e, UNARY_NEG, width, d);
        x64_alu_rr(e, ALU_ADD, width, d, a);
    } else {
        emit_move(e, width, d, a);
        x64_alu_rr(e, ALU_SUB, width, d, b);
    }
    extend(g, width, d);
}

static void emit_multiply(struct generator *g, enum x64_width width, enum x64_register d, enum x64_register a,
                          enum x64_register b) {
    struct x64_emitter *e = &g->emitter;
    if (d == b) {
        x64_imul_rr(e, width, d, a);
    } else {
        emit_move(e, width, d, a);
        x64_imul_rr(e, width, d, b);
    }
    extend(g, width, d);
}

static void emit_multiply_imm(struct generator *g, enum x64_width width, enum x64_register d, enum x64_register b,
                              int64_t x) {
    if (hide(g, x)) {
        emit_multiply(g, width, d, b, SCRATCH);
        return;
    }
    x64_imul_rri(&g->emitter, width, d, b, (int32_t)x);
    extend(g, width, d);
}

static void emit_reverse_bytes(struct x64_emitter *e, enum x64_register d, enum x64_register a) {
    emit_move(e, W64, d, a);
    x64_bswap(e, d);
}

/* d = x - b */
static void emit_negate_add_imm(struct generator *g, enum x64_width width, enum x64_register d, enum x64_register b,
                                int64_t x) {
    struct x64_emitter *e = &g->emitter;
    if (hide(g, x)) {
        emit_subtract(g, width, d, SCRATCH, b);
        return;
    }
    if (d == b || x == 0) {
        emit_move(e, width, d, b);
        x64_unary(e, UNARY_NEG, width, d);
        if (x != 0) {
            x64_alu_ri(e, ALU_ADD, width, d, (int32_t)x);
        }
    } else {
        x64_mov_ri(e, d, x);
        x64_alu_rr(e, ALU_SUB, width, d, b);
    }
    extend(g, width, d);
}

static void emit_shift_imm(struct generator *g, enum x64_shift op, enum x64_width width, enum x64_register d,
                           enum x64_register b, int64_t x) {
    struct x64_emitter *e = &g->emitter;
    int count = (int)(x & (width == W64 ? 63 : 31));
    emit_move(e, width, d, b);
    x64_shift_ri(e, op, width, d, count);
    if (op != SHIFT_SHR || count == 0) {
        extend(g, width, d); /* else zeros have come in */
    }
}

/* d = x shifted by b */
static void emit_shift_imm_alt(struct generator *g, enum x64_shiftx op, enum x64_width width, enum x64_register d,
                               enum x64_register b, int64_t x) {
    load_constant(g, SCRATCH, x);
    x64_shiftx(&g->emitter, op, width, d, SCRATCH, b);
    extend(g, width, d);
}

static void emit_shift(struct generator *g, enum x64_shiftx op, enum x64_width width, enum x64_register d,
                       enum x64_register a, enum x64_register b) {
    struct x64_emitter *e = &g->emitter;
    x64_shiftx(e, op, width, d, a, b);
    extend(g, width, d);
}

static void emit_rotate_right_imm(struct generator *g, enum x64_width width, enum x64_register d, enum x64_register b,
                                  int64_t x) {
    struct x64_emitter *e = &g->emitter;
    x64_rorx(e, width, d, b, (int)(x & (width == W64 ? 63 : 31)));
    extend(g, width, d);
}

static void emit_rotate_right_imm_alt(struct generator *g, enum x64_width width, enum x64_register d,
                                      enum x64_register b, int64_t x) {
    struct x64_emitter *e = &g->emitter;
    x64_mov_rr(e, W32, SCRATCH, b);
    load_constant(g, d, x);
    x64_shift_cl(e, SHIFT_ROR, width, d);
    extend(g, width, d);
}

static void emit_rotate(struct generator *g, enum x64_shift op, enum x64_width width, enum x64_register d,
                        enum x64_register a, enum x64_register b) {
    struct x64_emitter *e = &g->emitter;
    x64_mov_rr(e, W32, SCRATCH, b);
    emit_move(e, width, d, a);
    x64_shift_cl(e, op, width, d);
    extend(g, width, d);
}

/* d = the condition; a register that was zero before the comparison has the rest already. */
static void emit_set(struct x64_emitter *e, enum x64_condition condition, enum x64_register d, bool is_zero) {
    if (is_zero) {
        x64_setcc(e, condition, d);
    } else {
        x64_setcc(e, condition, SCRATCH);
        x64_movzx8_rr(e, d, SCRATCH);
    }
}

static void emit_set_imm(struct generator *g, enum x64_condition condition, enum x64_register d, enum x64_register b,
                         int64_t x) {
    if (d != b) {
        emit_zero(&g->emitter, d);
    }
    emit_compare_imm(g, b, x);
    emit_set(&g->emitter, condition, d, d != b);
}

static void emit_set_rr(struct x64_emitter *e, enum x64_condition condition, enum x64_register d, enum x64_register a,
                        enum x64_register b) {
    bool is_other = d != a && d != b;
    if (is_other) {
        emit_zero(e, d);
    }
    x64_alu_rr(e, ALU_CMP, W64, a, b);
    emit_set(e, condition, d, is_other);
}

static void emit_set_below(struct generator *g, enum x64_register d, enum x64_register a, enum x64_register b) {
    struct x64_emitter *e = &g->emitter;
    if (g->has_carry) {
        emit_set(e, CC_B, d, g->has_zero);
    } else {
        emit_set_rr(e, CC_B, d, a, b);
    }
    g->has_carry = g->has_zero = false;
}

static void emit_cmov(struct x64_emitter *e, enum x64_condition condition, enum x64_register d, enum x64_register a,
                      enum x64_register b) {
    x64_test_rr(e, W64, b, b);
    x64_cmov(e, condition, d, a);
}

static void emit_cmov_imm(struct generator *g, enum x64_condition condition, enum x64_register d, enum x64_register b,
                          int64_t x) {
    load_constant(g, SCRATCH, x);
    emit_cmov(&g->emitter, condition, d, SCRATCH, b);
}

/* d = condition(other ? own) picks the other one: max, min. */
static void emit_pick(struct x64_emitter *e, enum x64_condition other_wins, enum x64_register d, enum x64_register a,
                      enum x64_register b) {
    enum x64_register own = d == b ? b : a, other = d == b ? a : b;
    x64_alu_rr(e, ALU_CMP, W64, other, own);
    emit_move(e, W64, d, own);
    x64_cmov(e, other_wins, d, other);
}

static void emit_and_inverted(struct x64_emitter *e, enum x64_register d, enum x64_register a, enum x64_register b) {
    x64_andn(e, d, b, a);
}

static void emit_or_inverted(struct x64_emitter *e, enum x64_register d, enum x64_register a, enum x64_register b) {
    x64_mov_rr(e, W64, SCRATCH, b);
    x64_unary(e, UNARY_NOT, W64, SCRATCH);
    x64_alu_rr(e, ALU_OR, W64, SCRATCH, a);
    x64_mov_rr(e, W64, d, SCRATCH);
}

static void emit_xnor(struct x64_emitter *e, enum x64_register d, enum x64_register a, enum x64_register b) {
    emit_logic(e, ALU_XOR, W64, d, a, b);
    x64_unary(e, UNARY_NOT, W64, d);
}

/* ---- Division and wide multiplication: they need rax and rdx, which hold guest registers ---- */

/* a in rax and b in rcx; the result is to be in rcx. rdx is kept, rax is not. */
static void begin_wide(struct x64_emitter *e, enum x64_width width, enum x64_register a, enum x64_register b) {
    x64_mov_rr(e, width, SCRATCH, b);
    x64_push(e, RAX);
    emit_move(e, W64, RAX, a);
}

static void end_wide(struct x64_emitter *e, enum x64_width width, enum x64_register d) {
    x64_pop(e, RAX);
    if (width == W32) {
        x64_movsxd_rr(e, d, SCRATCH);
    } else {
        x64_mov_rr(e, W64, d, SCRATCH);
    }
}

/* The upper half of an unsigned product, and the lower one where it is wanted. mulx multiplies by rdx, which the scratch register
 * keeps. */
static void emit_multiply_upper_unsigned(struct generator *g, enum x64_register d, enum x64_register a,
                                         enum x64_register b) {
    struct x64_emitter *e = &g->emitter;
    enum x64_register low = g->has_low ? g->low : d;
    g->has_low = false;
    if (a == RDX || b == RDX) {
        x64_mulx(e, d, low, a == RDX ? b : a);
        return;
    }
    x64_mov_rr(e, W64, SCRATCH, RDX);
    x64_mov_rr(e, W64, RDX, a);
    x64_mulx(e, d, low, b);
    if (d != RDX && low != RDX) {
        x64_mov_rr(e, W64, RDX, SCRATCH);
    }
}

/* Signs of the two factors of an upper product where one has a sign. */
enum signs { SIGNS_S_S, SIGNS_S_U };

static void emit_multiply_upper_body(struct x64_emitter *e, enum signs signs) {
    x64_push(e, RDX);
    if (signs == SIGNS_S_U) {
        x64_push(e, RAX);
    }
    x64_unary(e, signs == SIGNS_S_S ? UNARY_IMUL : UNARY_MUL, W64, SCRATCH);
    if (signs == SIGNS_S_U) {
        /* A negative a counted as a + 2^64: the upper half is b too large then. */
        x64_pop(e, RAX);
        x64_shift_ri(e, SHIFT_SAR, W64, RAX, 63);
        x64_alu_rr(e, ALU_AND, W64, RAX, SCRATCH);
        x64_alu_rr(e, ALU_SUB, W64, RDX, RAX);
    }
    x64_mov_rr(e, W64, SCRATCH, RDX);
    x64_pop(e, RDX);
}

static void emit_multiply_upper(struct generator *g, const struct instruction *i, enum signs signs) {
    struct x64_emitter *e = &g->emitter;
    uint32_t over;
    begin_wide(e, W64, host(i->a), host(i->b));
    if (begin_body(g, i, &over)) {
        emit_multiply_upper_body(e, signs);
        end_body(e, over);
    }
    end_wide(e, W64, host(i->d));
}

/* Divisions and what they give. */
enum division_sign { UNSIGNED, SIGNED };
enum division_result { QUOTIENT, REMAINDER };

/* By zero: 2^64 - 1, or a. By -1 (where idiv could overflow): -a, or 0. */
static void emit_divide_body(struct x64_emitter *e, enum x64_width width, enum division_sign sign,
                             enum division_result result) {
    bool with_sign = sign == SIGNED, remainder = result == REMAINDER;
    x64_test_rr(e, width, SCRATCH, SCRATCH);
    uint32_t by_zero = x64_jcc_short(e, CC_E), by_minus_one = 0, done_too = 0;
    if (with_sign) {
        x64_alu_ri(e, ALU_CMP, width, SCRATCH, -1);
        by_minus_one = x64_jcc_short(e, CC_E);
    }
    x64_push(e, RDX);
    if (with_sign) {
        x64_sign_to_rdx(e, width);
    } else {
        x64_alu_rr(e, ALU_XOR, W32, RDX, RDX);
    }
    x64_unary(e, with_sign ? UNARY_IDIV : UNARY_DIV, width, SCRATCH);
    x64_mov_rr(e, W64, SCRATCH, remainder ? RDX : RAX);
    x64_pop(e, RDX);
    uint32_t done = x64_jmp_short(e);
    if (with_sign) {
        x64_bind_short(e, by_minus_one);
        if (remainder) {
            x64_alu_rr(e, ALU_XOR, W32, SCRATCH, SCRATCH);
        } else {
            x64_mov_rr(e, W64, SCRATCH, RAX);
            x64_unary(e, UNARY_NEG, W64, SCRATCH);
        }
        done_too = x64_jmp_short(e);
    }
    x64_bind_short(e, by_zero);
    if (remainder) {
        x64_mov_rr(e, W64, SCRATCH, RAX);
    } else {
        x64_unary(e, UNARY_NOT, W64, SCRATCH);
    }
    x64_bind_short(e, done);
    if (with_sign) {
        x64_bind_short(e, done_too);
    }
}

/* Jumps where a is below b, so that the quotient is 0 and the remainder a: what goes round an array of b elements is, nearly
 * always, and the division would take its 10 to 20 cycles for that, too. */
static uint32_t emit_is_below(struct x64_emitter *e, enum x64_width width, enum x64_register a, enum x64_register b) {
    x64_alu_rr(e, ALU_CMP, width, a, b);
    return x64_jcc_short(e, CC_B);
}

static void emit_small(struct x64_emitter *e, enum x64_width width, enum division_result result, enum x64_register d,
                       enum x64_register a) {
    if (result == QUOTIENT) {
        x64_alu_rr(e, ALU_XOR, W32, d, d);
    } else if (width == W32) {
        x64_movsxd_rr(e, d, a);
    } else {
        emit_move(e, W64, d, a);
    }
}

/* d = a / b or a % b */
static void emit_divide(struct generator *g, const struct instruction *i, enum x64_width width, enum division_sign sign,
                        enum division_result result) {
    struct x64_emitter *e = &g->emitter;
    uint32_t over;
    bool has_divisor = g->has_divisor;
    g->has_divisor = false;
    if (has_divisor && sign == UNSIGNED && !is_dense(g, i)) {
        emit_divide_by_constant(e, width, result == REMAINDER, host(i->d), host(i->a), g->divisor);
        return;
    }
    bool dense = is_dense(g, i);
    uint32_t small = sign == UNSIGNED && !dense ? emit_is_below(e, width, host(i->a), host(i->b)) : 0;
    begin_wide(e, width, host(i->a), host(i->b));
    if (begin_body(g, i, &over)) {
        emit_divide_body(e, width, sign, result);
        end_body(e, over);
    }
    end_wide(e, width, host(i->d));
    if (small != 0) {
        uint32_t done = x64_jmp_short(e);
        x64_bind_short(e, small);
        emit_small(e, width, result, host(i->d), host(i->a));
        x64_bind_short(e, done);
    }
}

/* ---- One instruction ---- */

/* unlikely weighs on gas alone. */
static void emit_nothing(void) {
}

/* What it accesses, and relative to which operand. */
#define OPERANDS(name, encoding, reads, writes, updates, base, offset)                                                 \
    BASE_##name = OPERAND_##base, OFFSET_OF_##name = OFFSET_##offset,
enum {
#include "isa/operands.def"
};
#undef OPERANDS

#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    ACCESS_OF_##name = ACCESS_##access, BASE_OF_##name = BASE_##operands, OFFSET_IN_##name = OFFSET_OF_##operands,
enum {
#include "isa/opcodes.def"
};
#undef OPCODE

static const uint8_t integers[] = {
    [ACCESS_U8] = X64_U8,   [ACCESS_I8] = X64_I8,   [ACCESS_U16] = X64_U16, [ACCESS_I16] = X64_I16,
    [ACCESS_U32] = X64_U32, [ACCESS_I32] = X64_I32, [ACCESS_U64] = X64_U64};

/* A function for each opcode: the statement of its row. */
#define GENERATOR(name, halves, ...)                                                                                   \
    _Static_assert((int)ACCESS_OF_##name == ACCESS_NONE || (int)OFFSET_IN_##name == OFFSET_X, "an offset in X");       \
    static void emit_##name##_instruction(struct generator *g, const struct instruction *i) {                          \
        struct x64_emitter *e = &g->emitter;                                                                           \
        const enum x64_register a = host(i->a), b = host(i->b), d = host(i->d);                                        \
        const enum x64_register base = (int)BASE_OF_##name == OPERAND_A   ? a                                          \
                                       : (int)BASE_OF_##name == OPERAND_B ? b                                          \
                                                                          : X64_NONE;                                  \
        const enum x64_integer integer = (enum x64_integer)integers[ACCESS_OF_##name];                                 \
        (void)e, (void)a, (void)b, (void)d, (void)base, (void)integer;                                                 \
        __VA_ARGS__;                                                                                                   \
    }
#include "isa/opcodes.def"
#undef GENERATOR

/* The compiler's word that no row is missing or there twice. */
__attribute__((unused)) static void every_opcode_has_a_row(enum opcode opcode) {
    switch (opcode) {
    case OP_undefined:
    case OP_COUNT:
#define GENERATOR(name, halves, ...) case OP_##name:
#include "isa/opcodes.def"
#undef GENERATOR
        break;
    }
}

void (*const emit_instruction[OP_COUNT])(struct generator *g, const struct instruction *i) = {
#define GENERATOR(name, halves, ...) [OP_##name] = emit_##name##_instruction,
#include "isa/opcodes.def"
#undef GENERATOR
};
