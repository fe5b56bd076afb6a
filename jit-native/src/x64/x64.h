/* A small x86-64 encoder: registers, operands, instructions; it knows nothing of the PVM. Destination first, as in Intel
 * syntax. The emitter must have room (x64_has_room) before a call; callers ask once for a whole guest instruction.
 * Builds without NDEBUG assert at each octet that there is room. */
#ifndef PVMJIT_X64_H
#define PVMJIT_X64_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum x64_register { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

enum x64_width { W32, W64 };

/* Two-operand arithmetic, by its /digit in the immediate form. */
enum x64_alu { ALU_ADD = 0, ALU_OR = 1, ALU_AND = 4, ALU_SUB = 5, ALU_XOR = 6, ALU_CMP = 7 };

/* Shifts and rotates, by their /digit. */
enum x64_shift { SHIFT_ROL = 0, SHIFT_ROR = 1, SHIFT_SHL = 4, SHIFT_SHR = 5, SHIFT_SAR = 7 };

/* BMI2 shifts, by their mandatory prefix. */
enum x64_shiftx { SHIFTX_SHL = 1, SHIFTX_SAR = 2, SHIFTX_SHR = 3 };

/* One-operand group F7, by its /digit. */
enum x64_unary { UNARY_NOT = 2, UNARY_NEG = 3, UNARY_MUL = 4, UNARY_IMUL = 5, UNARY_DIV = 6, UNARY_IDIV = 7 };

enum x64_condition {
    CC_B = 2,
    CC_AE = 3,
    CC_E = 4,
    CC_NE = 5,
    CC_BE = 6,
    CC_A = 7,
    CC_L = 12,
    CC_GE = 13,
    CC_LE = 14,
    CC_G = 15
};

/* Memory operands. base and index may be X64_NONE; segment and address_32 are prefixes. */
#define X64_NONE (-1)
struct x64_memory {
    int base, index;
    int32_t displacement;
    bool gs, address_32;
};

struct x64_emitter {
    uint8_t *start, *at, *end;
    bool failed; /* sticky: no room; nothing is emitted any more */
};

/* Whether there is room for this many octets; failed from then on when there is not. */
static inline bool x64_has_room(struct x64_emitter *e, size_t octets) {
    e->failed |= (size_t)(e->end - e->at) < octets;
    return !e->failed;
}

static inline uint32_t x64_position(const struct x64_emitter *e) {
    return (uint32_t)(e->at - e->start);
}

static inline void x64_octet(struct x64_emitter *e, int octet) {
    assert(e->at < e->end);
    *e->at++ = (uint8_t)octet;
}

static inline void x64_u32(struct x64_emitter *e, uint32_t value) {
    assert((size_t)(e->end - e->at) >= sizeof value);
    memcpy(e->at, &value, sizeof value);
    e->at += sizeof value;
}

static inline void x64_u64(struct x64_emitter *e, uint64_t value) {
    assert((size_t)(e->end - e->at) >= sizeof value);
    memcpy(e->at, &value, sizeof value);
    e->at += sizeof value;
}

static inline bool x64_is_i8(int64_t value) {
    return value == (int8_t)value;
}

/* ---- Encoding ---- */

static inline void x64_rex(struct x64_emitter *e, bool wide, int reg, int index, int base, bool always) {
    int rex = wide << 3 | (reg >> 3 & 1) << 2 | (index >> 3 & 1) << 1 | (base >> 3 & 1);
    if (rex != 0 || always) {
        x64_octet(e, 0x40 | rex);
    }
}

static inline void x64_modrm_registers(struct x64_emitter *e, int reg, int rm) {
    x64_octet(e, 0xC0 | (reg & 7) << 3 | (rm & 7));
}

/* Opcodes above 0xFF carry their 0F escape in the high octet. */
static inline void x64_opcode(struct x64_emitter *e, int opcode) {
    if (opcode > 0xFF) {
        x64_octet(e, opcode >> 8);
    }
    x64_octet(e, opcode);
}

/* [prefix] rex opcode modrm, both operands registers. prefix 0: none. */
static inline void x64_op_rr(struct x64_emitter *e, int prefix, enum x64_width width, int opcode, int reg, int rm) {
    if (prefix != 0) {
        x64_octet(e, prefix);
    }
    x64_rex(e, width == W64, reg, 0, rm, false);
    x64_opcode(e, opcode);
    x64_modrm_registers(e, reg, rm);
}

static inline void x64_modrm_memory(struct x64_emitter *e, int reg, struct x64_memory m) {
    int field = (reg & 7) << 3;
    if (m.base == X64_NONE) {
        x64_octet(e, field | 4); /* SIB without base: absolute */
        x64_octet(e, m.index == X64_NONE ? 0x25 : (m.index & 7) << 3 | 5);
        x64_u32(e, (uint32_t)m.displacement);
        return;
    }
    bool small = x64_is_i8(m.displacement);
    int mode = m.displacement == 0 && (m.base & 7) != RBP ? 0x00 : small ? 0x40 : 0x80;
    if (m.index != X64_NONE || (m.base & 7) == RSP) {
        x64_octet(e, mode | field | 4);
        x64_octet(e, (m.index == X64_NONE ? RSP : m.index & 7) << 3 | (m.base & 7));
    } else {
        x64_octet(e, mode | field | (m.base & 7));
    }
    if (mode == 0x40) {
        x64_octet(e, m.displacement);
    } else if (mode == 0x80) {
        x64_u32(e, (uint32_t)m.displacement);
    }
}

/* Any instruction with a memory operand; octet_register: reg is an octet register, so that a REX prefix is needed. */
static inline void x64_op_memory(struct x64_emitter *e, int prefix, enum x64_width width, int opcode, int reg,
                                 struct x64_memory m, bool octet_register) {
    if (m.gs) {
        x64_octet(e, 0x65);
    }
    if (m.address_32) {
        x64_octet(e, 0x67);
    }
    if (prefix != 0) {
        x64_octet(e, prefix);
    }
    x64_rex(e, width == W64, reg, m.index == X64_NONE ? 0 : m.index, m.base == X64_NONE ? 0 : m.base,
            octet_register && reg >= RSP);
    x64_opcode(e, opcode);
    x64_modrm_memory(e, reg, m);
}

/* Three-octet VEX, no vector length. map 2: 0F38, 3: 0F3A; prefix 0: none, 1: 66, 2: F3, 3: F2. */
static inline void x64_vex(struct x64_emitter *e, int map, int prefix, enum x64_width width, int opcode, int reg,
                           int second, int rm) {
    x64_octet(e, 0xC4);
    x64_octet(e, (~reg >> 3 & 1) << 7 | 1 << 6 | (~rm >> 3 & 1) << 5 | map);
    x64_octet(e, (width == W64) << 7 | (~second & 15) << 3 | prefix);
    x64_octet(e, opcode);
    x64_modrm_registers(e, reg, rm);
}

/* ---- Moves ---- */

static inline void x64_mov_rr(struct x64_emitter *e, enum x64_width width, int destination, int source) {
    x64_op_rr(e, 0, width, 0x89, source, destination);
}

/* Loads a 64-bit constant in the shortest way; keeps the flags. */
static inline void x64_mov_ri(struct x64_emitter *e, int destination, int64_t value) {
    if (value == (int64_t)(uint32_t)value) {
        x64_rex(e, false, 0, 0, destination, false);
        x64_octet(e, 0xB8 | (destination & 7));
        x64_u32(e, (uint32_t)value);
    } else if (value == (int32_t)value) {
        x64_rex(e, true, 0, 0, destination, false);
        x64_octet(e, 0xC7);
        x64_modrm_registers(e, 0, destination);
        x64_u32(e, (uint32_t)value);
    } else {
        x64_rex(e, true, 0, 0, destination, false);
        x64_octet(e, 0xB8 | (destination & 7));
        x64_u64(e, (uint64_t)value);
    }
}

static inline void x64_mov_rm(struct x64_emitter *e, enum x64_width width, int destination, struct x64_memory m) {
    x64_op_memory(e, 0, width, 0x8B, destination, m, false);
}

static inline void x64_mov_mr(struct x64_emitter *e, enum x64_width width, struct x64_memory m, int source) {
    x64_op_memory(e, 0, width, 0x89, source, m, false);
}

/* mov dword or qword [m], sign-extended 32-bit constant */
static inline void x64_mov_mi(struct x64_emitter *e, enum x64_width width, struct x64_memory m, int32_t value) {
    x64_op_memory(e, 0, width, 0xC7, 0, m, false);
    x64_u32(e, (uint32_t)value);
}

static inline void x64_movsxd_rr(struct x64_emitter *e, int destination, int source) {
    x64_op_rr(e, 0, W64, 0x63, destination, source);
}

static inline void x64_movzx8_rr(struct x64_emitter *e, int destination, int source) {
    x64_rex(e, false, destination, 0, source, source >= RSP);
    x64_opcode(e, 0x0FB6);
    x64_modrm_registers(e, destination, source);
}

static inline void x64_movsx8_rr(struct x64_emitter *e, int destination, int source) {
    x64_op_rr(e, 0, W64, 0x0FBE, destination, source);
}

static inline void x64_movzx16_rr(struct x64_emitter *e, int destination, int source) {
    x64_op_rr(e, 0, W32, 0x0FB7, destination, source);
}

static inline void x64_movsx16_rr(struct x64_emitter *e, int destination, int source) {
    x64_op_rr(e, 0, W64, 0x0FBF, destination, source);
}

static inline void x64_push(struct x64_emitter *e, int source) {
    x64_rex(e, false, 0, 0, source, false);
    x64_octet(e, 0x50 | (source & 7));
}

static inline void x64_pop(struct x64_emitter *e, int destination) {
    x64_rex(e, false, 0, 0, destination, false);
    x64_octet(e, 0x58 | (destination & 7));
}

static inline void x64_lea(struct x64_emitter *e, enum x64_width width, int destination, int base, int index,
                           int32_t displacement) {
    x64_op_memory(e, 0, width, 0x8D, destination, (struct x64_memory){base, index, displacement, false, false}, false);
}

/* lea destination, [rip + distance behind this instruction] */
static inline void x64_lea_rip(struct x64_emitter *e, int destination, int32_t distance) {
    x64_rex(e, true, destination, 0, 0, false);
    x64_octet(e, 0x8D);
    x64_octet(e, (destination & 7) << 3 | 5);
    x64_u32(e, (uint32_t)distance);
}

static inline void x64_cmov(struct x64_emitter *e, enum x64_condition condition, int destination, int source) {
    x64_op_rr(e, 0, W64, 0x0F40 | (int)condition, destination, source);
}

static inline void x64_setcc(struct x64_emitter *e, enum x64_condition condition, int destination) {
    x64_rex(e, false, 0, 0, destination, destination >= RSP);
    x64_opcode(e, 0x0F90 | (int)condition);
    x64_modrm_registers(e, 0, destination);
}

/* ---- Arithmetic ---- */

static inline void x64_alu_rr(struct x64_emitter *e, enum x64_alu op, enum x64_width width, int destination,
                              int source) {
    x64_op_rr(e, 0, width, (int)op << 3 | 1, source, destination);
}

static inline void x64_alu_ri(struct x64_emitter *e, enum x64_alu op, enum x64_width width, int destination,
                              int32_t value) {
    x64_rex(e, width == W64, 0, 0, destination, false);
    x64_octet(e, x64_is_i8(value) ? 0x83 : 0x81);
    x64_modrm_registers(e, (int)op, destination);
    if (x64_is_i8(value)) {
        x64_octet(e, value);
    } else {
        x64_u32(e, (uint32_t)value);
    }
}

static inline void x64_alu_rm(struct x64_emitter *e, enum x64_alu op, enum x64_width width, int destination,
                              struct x64_memory m) {
    x64_op_memory(e, 0, width, (int)op << 3 | 3, destination, m, false);
}

static inline void x64_test_rr(struct x64_emitter *e, enum x64_width width, int a, int b) {
    x64_op_rr(e, 0, width, 0x85, b, a);
}

static inline void x64_unary(struct x64_emitter *e, enum x64_unary op, enum x64_width width, int operand) {
    x64_op_rr(e, 0, width, 0xF7, (int)op, operand);
}

static inline void x64_imul_rr(struct x64_emitter *e, enum x64_width width, int destination, int source) {
    x64_op_rr(e, 0, width, 0x0FAF, destination, source);
}

static inline void x64_imul_rri(struct x64_emitter *e, enum x64_width width, int destination, int source,
                                int32_t value) {
    x64_op_rr(e, 0, width, x64_is_i8(value) ? 0x6B : 0x69, destination, source);
    if (x64_is_i8(value)) {
        x64_octet(e, value);
    } else {
        x64_u32(e, (uint32_t)value);
    }
}

/* high:low = rdx * source */
static inline void x64_mulx(struct x64_emitter *e, int high, int low, int source) {
    x64_vex(e, 2, 3, W64, 0xF6, high, low, source);
}

static inline void x64_andn(struct x64_emitter *e, int destination, int inverted, int other) {
    x64_vex(e, 2, 0, W64, 0xF2, destination, inverted, other);
}

static inline void x64_shift_ri(struct x64_emitter *e, enum x64_shift op, enum x64_width width, int operand,
                                int count) {
    x64_op_rr(e, 0, width, 0xC1, (int)op, operand);
    x64_octet(e, count);
}

static inline void x64_shift_cl(struct x64_emitter *e, enum x64_shift op, enum x64_width width, int operand) {
    x64_op_rr(e, 0, width, 0xD3, (int)op, operand);
}

static inline void x64_shiftx(struct x64_emitter *e, enum x64_shiftx op, enum x64_width width, int destination,
                              int source, int count) {
    x64_vex(e, 2, (int)op, width, 0xF7, destination, count, source);
}

static inline void x64_rorx(struct x64_emitter *e, enum x64_width width, int destination, int source, int count) {
    x64_vex(e, 3, 3, width, 0xF0, destination, 0, source);
    x64_octet(e, count);
}

static inline void x64_bswap(struct x64_emitter *e, int operand) {
    x64_rex(e, true, 0, 0, operand, false);
    x64_octet(e, 0x0F);
    x64_octet(e, 0xC8 | (operand & 7));
}

/* cdq or cqo */
static inline void x64_sign_to_rdx(struct x64_emitter *e, enum x64_width width) {
    x64_rex(e, width == W64, 0, 0, 0, false);
    x64_octet(e, 0x99);
}

/* ---- Jumps; each returns the position of its displacement, for x64_bind ---- */

static inline uint32_t x64_jmp(struct x64_emitter *e) {
    x64_octet(e, 0xE9);
    x64_u32(e, 0);
    return x64_position(e) - 4;
}

static inline uint32_t x64_jcc(struct x64_emitter *e, enum x64_condition condition) {
    x64_opcode(e, 0x0F80 | (int)condition);
    x64_u32(e, 0);
    return x64_position(e) - 4;
}

static inline uint32_t x64_jcc_short(struct x64_emitter *e, enum x64_condition condition) {
    x64_octet(e, 0x70 | (int)condition);
    x64_octet(e, 0);
    return x64_position(e) - 1;
}

static inline uint32_t x64_jmp_short(struct x64_emitter *e) {
    x64_octet(e, 0xEB);
    x64_octet(e, 0);
    return x64_position(e) - 1;
}

static inline void x64_jmp_m(struct x64_emitter *e, struct x64_memory m) {
    x64_op_memory(e, 0, W32, 0xFF, 4, m, false);
}

static inline void x64_call_m(struct x64_emitter *e, struct x64_memory m) {
    x64_op_memory(e, 0, W32, 0xFF, 2, m, false);
}

static inline void x64_ret(struct x64_emitter *e) {
    x64_octet(e, 0xC3);
}

/* Lets the jump whose displacement is at `site` lead to `target`. */
static inline void x64_bind(struct x64_emitter *e, uint32_t site, uint32_t target) {
    assert(site + 4 <= x64_position(e));
    uint32_t displacement = target - (site + 4);
    memcpy(e->start + site, &displacement, sizeof displacement);
}

/* Jumps to what was emitted before, in the shortest way. */
static inline bool x64_is_near(const struct x64_emitter *e, uint32_t target) {
    return x64_is_i8((int64_t)target - (x64_position(e) + 2));
}

static inline void x64_jmp_back(struct x64_emitter *e, uint32_t target) {
    if (x64_is_near(e, target)) {
        x64_octet(e, 0xEB);
        x64_octet(e, (int)(target - (x64_position(e) + 1)));
    } else {
        x64_bind(e, x64_jmp(e), target);
    }
}

static inline void x64_jcc_back(struct x64_emitter *e, enum x64_condition condition, uint32_t target) {
    if (x64_is_near(e, target)) {
        x64_octet(e, 0x70 | (int)condition);
        x64_octet(e, (int)(target - (x64_position(e) + 1)));
    } else {
        x64_bind(e, x64_jcc(e, condition), target);
    }
}

static inline void x64_call(struct x64_emitter *e, uint32_t target) {
    x64_octet(e, 0xE8);
    x64_u32(e, target - (x64_position(e) + 4));
}

/* Binds a short jump, to here. */
static inline void x64_bind_short(struct x64_emitter *e, uint32_t site) {
    uint32_t displacement = x64_position(e) - (site + 1);
    assert(displacement <= INT8_MAX);
    e->start[site] = (uint8_t)displacement;
}

#endif
