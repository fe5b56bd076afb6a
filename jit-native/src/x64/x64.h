/* A small x86-64 encoder: registers, operands, instructions; it knows nothing of the PVM. Destination first, as in Intel
 * syntax. The emitter must have room before a call.
 * Builds without NDEBUG assert at each octet that there is room. */
#ifndef PVMJIT_X64_H
#define PVMJIT_X64_H

#include "base/hints.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* X64_NONE: no register, where an operand need not have one. */
enum x64_register { X64_NONE = -1, RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

enum x64_width { W32, W64 };

/* Two-operand arithmetic, by its /digit in the immediate form. */
enum x64_alu { ALU_ADD = 0, ALU_OR = 1, ALU_SBB = 3, ALU_AND = 4, ALU_SUB = 5, ALU_XOR = 6, ALU_CMP = 7 };

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

static inline enum x64_condition x64_opposite(enum x64_condition condition) {
    return (enum x64_condition)((int)condition ^ 1);
}

/* Integers in memory: their octets, and whether loads extend them to 64 bits with zeros or with their sign. */
enum x64_integer { X64_U8, X64_I8, X64_U16, X64_I16, X64_U32, X64_I32, X64_U64 };

/* Memory operands; base and index may be X64_NONE. */
struct x64_memory {
    enum x64_register base, index;
    int32_t displacement;
    bool gs;         /* the base of GS is added */
    bool address_32; /* the sum before that is computed in 32 bits */
    int scale;       /* bits by which the index is shifted to the left, 0 to 3 */
};

struct x64_emitter {
    uint8_t *start, *at, *end;
};

static inline uint32_t x64_position(const struct x64_emitter *e) {
    return (uint32_t)(e->at - e->start);
}

/* Four octets that have been emitted: a displacement that is not bound, a constant that is filled in late. */
static inline uint32_t x64_u32_at(const struct x64_emitter *e, uint32_t position) {
    uint32_t value;
    memcpy(&value, e->start + position, sizeof value);
    return value;
}

static inline void x64_set_u32_at(struct x64_emitter *e, uint32_t position, uint32_t value) {
    memcpy(e->start + position, &value, sizeof value);
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

/* ---- Memory operands ---- */

static inline struct x64_memory x64_at(enum x64_register base, int32_t displacement) {
    return (struct x64_memory){base, X64_NONE, displacement, false, false, 0};
}

static inline struct x64_memory x64_scaled(enum x64_register base, enum x64_register index, int scale,
                                           int32_t displacement) {
    return (struct x64_memory){base, index, displacement, false, false, scale};
}

static inline struct x64_memory x64_indexed(enum x64_register base, enum x64_register index, int32_t displacement) {
    return x64_scaled(base, index, 0, displacement);
}

/* gs:[base + displacement], the sum modulo 2^32 */
static inline struct x64_memory x64_gs(enum x64_register base, int32_t displacement) {
    return (struct x64_memory){base, X64_NONE, displacement, true, true, 0};
}

/* gs:[displacement], which may be negative */
static inline struct x64_memory x64_gs_at(int32_t displacement) {
    return (struct x64_memory){X64_NONE, X64_NONE, displacement, true, false, 0};
}

/* ---- Encoding: `field` is that of a ModRM octet, a register or a /digit ----
 *
 * Instructions are written by a copy of the emitter: an octet might be part of its pointer for all that the compiler knows, which
 * would so be loaded again behind each. */

/* octet: the operand that is a register's low octet, or X64_NONE; spl to dil are told from ah to bh by the prefix. */
static inline void x64_rex(struct x64_emitter *e, enum x64_width width, int field, int index, int base,
                           enum x64_register octet) {
    int rex = (width == W64) << 3 | (field >> 3 & 1) << 2 | (index >> 3 & 1) << 1 | (base >> 3 & 1);
    x64_octet(e, 0x40 | rex);
    e->at -= rex == 0 && octet < RSP; /* which is no branch: nobody foresees which registers an instruction has */
}

static inline void x64_modrm_registers(struct x64_emitter *e, int field, enum x64_register rm) {
    x64_octet(e, 0xC0 | (field & 7) << 3 | (rm & 7));
}

/* Opcodes above 0xFF carry their 0F escape in the high octet. */
static inline void x64_opcode(struct x64_emitter *e, int opcode) {
    if (opcode > 0xFF) {
        x64_octet(e, opcode >> 8);
    }
    x64_octet(e, opcode);
}

/* [prefix] rex opcode modrm, the operand a register. prefix 0: none. */
INLINED void x64_op_rr(struct x64_emitter *emitter, int prefix, enum x64_width width, int opcode, int field,
                       enum x64_register rm) {
    struct x64_emitter copy = *emitter, *e = &copy;
    if (prefix != 0) {
        x64_octet(e, prefix);
    }
    x64_rex(e, width, field, 0, rm, X64_NONE);
    x64_opcode(e, opcode);
    x64_modrm_registers(e, field, rm);
    emitter->at = copy.at;
}

static inline void x64_modrm_memory(struct x64_emitter *e, int field, struct x64_memory m) {
    int middle = (field & 7) << 3;
    if (m.base == X64_NONE) {
        x64_octet(e, middle | 4); /* SIB without base: absolute */
        x64_octet(e, m.index == X64_NONE ? 0x25 : m.scale << 6 | (m.index & 7) << 3 | 5);
        x64_u32(e, (uint32_t)m.displacement);
        return;
    }
    bool small = x64_is_i8(m.displacement);
    int mode = m.displacement == 0 && (m.base & 7) != RBP ? 0x00 : small ? 0x40 : 0x80;
    if (m.index != X64_NONE || (m.base & 7) == RSP) {
        x64_octet(e, mode | middle | 4);
        x64_octet(e, m.scale << 6 | (m.index == X64_NONE ? RSP : m.index & 7) << 3 | (m.base & 7));
    } else {
        x64_octet(e, mode | middle | (m.base & 7));
    }
    if (mode == 0x40) {
        x64_octet(e, m.displacement);
    } else if (mode == 0x80) {
        x64_u32(e, (uint32_t)m.displacement);
    }
}

/* The same with an operand in memory; octet as for x64_rex. */
INLINED void x64_op_memory(struct x64_emitter *emitter, int prefix, enum x64_width width, int opcode, int field,
                           struct x64_memory m, enum x64_register octet) {
    struct x64_emitter copy = *emitter, *e = &copy;
    if (m.gs) {
        x64_octet(e, 0x65);
    }
    if (m.address_32) {
        x64_octet(e, 0x67);
    }
    if (prefix != 0) {
        x64_octet(e, prefix);
    }
    x64_rex(e, width, field, m.index == X64_NONE ? 0 : m.index, m.base == X64_NONE ? 0 : m.base, octet);
    x64_opcode(e, opcode);
    x64_modrm_memory(e, field, m);
    emitter->at = copy.at;
}

static inline void x64_op_rm(struct x64_emitter *e, enum x64_width width, int opcode, int field, struct x64_memory m) {
    x64_op_memory(e, 0, width, opcode, field, m, X64_NONE);
}

/* Three-octet VEX, no vector length. map 2: 0F38, 3: 0F3A; prefix 0: none, 1: 66, 2: F3, 3: F2. */
static inline void x64_vex(struct x64_emitter *emitter, int map, int prefix, enum x64_width width, int opcode,
                           enum x64_register reg, enum x64_register second, enum x64_register rm) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_octet(e, 0xC4);
    x64_octet(e, (~reg >> 3 & 1) << 7 | 1 << 6 | (~rm >> 3 & 1) << 5 | map);
    x64_octet(e, (width == W64) << 7 | (~second & 15) << 3 | prefix);
    x64_octet(e, opcode);
    x64_modrm_registers(e, reg, rm);
    emitter->at = copy.at;
}

/* ---- Moves ---- */

static inline void x64_mov_rr(struct x64_emitter *e, enum x64_width width, enum x64_register destination,
                              enum x64_register source) {
    x64_op_rr(e, 0, width, 0x89, source, destination);
}

/* Loads a 64-bit constant in the shortest way; keeps the flags. */
static inline void x64_mov_ri(struct x64_emitter *emitter, enum x64_register destination, int64_t value) {
    struct x64_emitter copy = *emitter, *e = &copy;
    if (value == (int64_t)(uint32_t)value) {
        x64_rex(e, W32, 0, 0, destination, X64_NONE);
        x64_octet(e, 0xB8 | (destination & 7));
        x64_u32(e, (uint32_t)value);
    } else if (value == (int32_t)value) {
        x64_rex(e, W64, 0, 0, destination, X64_NONE);
        x64_octet(e, 0xC7);
        x64_modrm_registers(e, 0, destination);
        x64_u32(e, (uint32_t)value);
    } else {
        x64_rex(e, W64, 0, 0, destination, X64_NONE);
        x64_octet(e, 0xB8 | (destination & 7));
        x64_u64(e, (uint64_t)value);
    }
    emitter->at = copy.at;
}

static inline void x64_mov_rm(struct x64_emitter *e, enum x64_width width, enum x64_register destination,
                              struct x64_memory m) {
    x64_op_rm(e, width, 0x8B, destination, m);
}

static inline void x64_mov_mr(struct x64_emitter *e, enum x64_width width, struct x64_memory m,
                              enum x64_register source) {
    x64_op_rm(e, width, 0x89, source, m);
}

/* mov dword or qword [m], sign-extended 32-bit constant */
static inline void x64_mov_mi(struct x64_emitter *emitter, enum x64_width width, struct x64_memory m, int32_t value) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_op_rm(e, width, 0xC7, 0, m);
    x64_u32(e, (uint32_t)value);
    emitter->at = copy.at;
}

/* How x86 says an integer: movzx, movsx and mov for loads, mov for stores, also of a constant. */
struct x64_integer_code {
    enum x64_width width;
    uint16_t load;
    uint8_t store_prefix, store, store_constant;
    uint8_t octets;
};

static const struct x64_integer_code x64_integer_codes[] = {
    [X64_U8] = {W32, 0x0FB6, 0, 0x88, 0xC6, 1},     [X64_I8] = {W64, 0x0FBE, 0, 0x88, 0xC6, 1},
    [X64_U16] = {W32, 0x0FB7, 0x66, 0x89, 0xC7, 2}, [X64_I16] = {W64, 0x0FBF, 0x66, 0x89, 0xC7, 2},
    [X64_U32] = {W32, 0x8B, 0, 0x89, 0xC7, 4},      [X64_I32] = {W64, 0x63, 0, 0x89, 0xC7, 4},
    [X64_U64] = {W64, 0x8B, 0, 0x89, 0xC7, 4},
};

static inline void x64_load(struct x64_emitter *e, enum x64_integer integer, enum x64_register destination,
                            struct x64_memory m) {
    const struct x64_integer_code *code = &x64_integer_codes[integer];
    x64_op_rm(e, code->width, code->load, destination, m);
}

/* The integer is an unsigned one, which is all the same to a store. */
static inline void x64_store(struct x64_emitter *e, enum x64_integer integer, struct x64_memory m,
                             enum x64_register source) {
    const struct x64_integer_code *code = &x64_integer_codes[integer];
    x64_op_memory(e, code->store_prefix, code->width, code->store, source, m, code->octets == 1 ? source : X64_NONE);
}

/* Likewise; stores a constant, of 8 octets one that 32 bits hold with their sign. */
static inline void x64_store_constant(struct x64_emitter *emitter, enum x64_integer integer, struct x64_memory m,
                                      int64_t value) {
    struct x64_emitter copy = *emitter, *e = &copy;
    const struct x64_integer_code *code = &x64_integer_codes[integer];
    x64_op_memory(e, code->store_prefix, code->width, code->store_constant, 0, m, X64_NONE);
    for (int octet = 0; octet < code->octets; octet++) {
        x64_octet(e, (int)(value >> 8 * octet));
    }
    emitter->at = copy.at;
}

static inline void x64_movsxd_rr(struct x64_emitter *e, enum x64_register destination, enum x64_register source) {
    x64_op_rr(e, 0, W64, 0x63, destination, source);
}

static inline void x64_movzx8_rr(struct x64_emitter *emitter, enum x64_register destination, enum x64_register source) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_rex(e, W32, destination, 0, source, source);
    x64_opcode(e, 0x0FB6);
    x64_modrm_registers(e, destination, source);
    emitter->at = copy.at;
}

static inline void x64_movsx8_rr(struct x64_emitter *e, enum x64_register destination, enum x64_register source) {
    x64_op_rr(e, 0, W64, 0x0FBE, destination, source);
}

static inline void x64_movzx16_rr(struct x64_emitter *e, enum x64_register destination, enum x64_register source) {
    x64_op_rr(e, 0, W32, 0x0FB7, destination, source);
}

static inline void x64_movsx16_rr(struct x64_emitter *e, enum x64_register destination, enum x64_register source) {
    x64_op_rr(e, 0, W64, 0x0FBF, destination, source);
}

static inline void x64_push(struct x64_emitter *emitter, enum x64_register source) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_rex(e, W32, 0, 0, source, X64_NONE);
    x64_octet(e, 0x50 | (source & 7));
    emitter->at = copy.at;
}

/* The same push many times, of a register that takes no prefix. */
static inline void x64_push_repeated(struct x64_emitter *e, enum x64_register source, uint32_t times) {
    assert(source < R8 && (size_t)(e->end - e->at) >= times);
    memset(e->at, 0x50 | source, times);
    e->at += times;
}

static inline void x64_pop(struct x64_emitter *emitter, enum x64_register destination) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_rex(e, W32, 0, 0, destination, X64_NONE);
    x64_octet(e, 0x58 | (destination & 7));
    emitter->at = copy.at;
}

static inline void x64_push_m(struct x64_emitter *e, struct x64_memory m) {
    x64_op_rm(e, W32, 0xFF, 6, m);
}

static inline void x64_lea(struct x64_emitter *e, enum x64_width width, enum x64_register destination,
                           struct x64_memory m) {
    x64_op_rm(e, width, 0x8D, destination, m);
}

/* lea destination, [rip + distance behind this instruction]; returns the position of the distance. */
static inline uint32_t x64_lea_rip(struct x64_emitter *emitter, enum x64_register destination, int32_t distance) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_rex(e, W64, destination, 0, 0, X64_NONE);
    x64_octet(e, 0x8D);
    x64_octet(e, (destination & 7) << 3 | 5);
    x64_u32(e, (uint32_t)distance);
    emitter->at = copy.at;
    return x64_position(e) - 4;
}

static inline void x64_cmov(struct x64_emitter *e, enum x64_condition condition, enum x64_register destination,
                            enum x64_register source) {
    x64_op_rr(e, 0, W64, 0x0F40 | (int)condition, destination, source);
}

static inline void x64_setcc(struct x64_emitter *emitter, enum x64_condition condition, enum x64_register destination) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_rex(e, W32, 0, 0, destination, destination);
    x64_opcode(e, 0x0F90 | (int)condition);
    x64_modrm_registers(e, 0, destination);
    emitter->at = copy.at;
}

/* ---- Arithmetic ---- */

static inline void x64_alu_rr(struct x64_emitter *e, enum x64_alu op, enum x64_width width,
                              enum x64_register destination, enum x64_register source) {
    x64_op_rr(e, 0, width, (int)op << 3 | 1, source, destination);
}

/* op register, constant, in its shortest form; returns the position of the constant. */
static inline uint32_t x64_alu_ri(struct x64_emitter *emitter, enum x64_alu op, enum x64_width width,
                                  enum x64_register destination, int32_t value) {
    struct x64_emitter copy = *emitter, *e = &copy;
    uint32_t position = x64_position(e) + 3;
    if (x64_is_i8(value) && width == W64) { /* the most frequent one: at once */
        uint32_t modrm = 0xC0 | (uint32_t)op << 3 | (destination & 7), rex = 0x48 | (destination >> 3 & 1);
        x64_u32(e, rex | 0x83 << 8 | modrm << 16 | (uint32_t)value << 24);
    } else {
        x64_rex(e, width, 0, 0, destination, X64_NONE);
        x64_octet(e, x64_is_i8(value) ? 0x83 : 0x81);
        x64_modrm_registers(e, (int)op, destination);
        position = x64_position(e);
        if (x64_is_i8(value)) {
            x64_octet(e, value);
        } else {
            x64_u32(e, (uint32_t)value);
        }
    }
    emitter->at = copy.at;
    return position;
}

static inline void x64_alu_rm(struct x64_emitter *e, enum x64_alu op, enum x64_width width,
                              enum x64_register destination, struct x64_memory m) {
    x64_op_rm(e, width, (int)op << 3 | 3, destination, m);
}

/* op [m], constant, in its shortest form; returns the position of the constant. */
static inline uint32_t x64_alu_mi(struct x64_emitter *emitter, enum x64_alu op, enum x64_width width,
                                  struct x64_memory m, int32_t value) {
    struct x64_emitter copy = *emitter, *e = &copy;
    bool small = x64_is_i8(value);
    x64_op_rm(e, width, small ? 0x83 : 0x81, (int)op, m);
    uint32_t position = x64_position(e);
    if (small) {
        x64_octet(e, value);
    } else {
        x64_u32(e, (uint32_t)value);
    }
    emitter->at = copy.at;
    return position;
}

/* Whether the constant of an x64_alu_mi or x64_alu_ri of 64 bits without GS, which stands at `code`, takes one octet. */
static inline bool x64_is_small_alu(const uint8_t *code) {
    return code[1] == 0x83;
}

/* cmp byte [m], constant */
static inline void x64_cmp_octet(struct x64_emitter *emitter, struct x64_memory m, uint8_t value) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_op_rm(e, W32, 0x80, ALU_CMP, m);
    x64_octet(e, value);
    emitter->at = copy.at;
}

static inline void x64_test_rr(struct x64_emitter *e, enum x64_width width, enum x64_register a, enum x64_register b) {
    x64_op_rr(e, 0, width, 0x85, b, a);
}

static inline void x64_unary(struct x64_emitter *e, enum x64_unary op, enum x64_width width,
                             enum x64_register operand) {
    x64_op_rr(e, 0, width, 0xF7, (int)op, operand);
}

static inline void x64_imul_rr(struct x64_emitter *e, enum x64_width width, enum x64_register destination,
                               enum x64_register source) {
    x64_op_rr(e, 0, width, 0x0FAF, destination, source);
}

static inline void x64_imul_rri(struct x64_emitter *emitter, enum x64_width width, enum x64_register destination,
                                enum x64_register source, int32_t value) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_op_rr(e, 0, width, x64_is_i8(value) ? 0x6B : 0x69, destination, source);
    if (x64_is_i8(value)) {
        x64_octet(e, value);
    } else {
        x64_u32(e, (uint32_t)value);
    }
    emitter->at = copy.at;
}

/* high:low = rdx * source */
static inline void x64_mulx(struct x64_emitter *e, enum x64_register high, enum x64_register low,
                            enum x64_register source) {
    x64_vex(e, 2, 3, W64, 0xF6, high, low, source);
}

static inline void x64_andn(struct x64_emitter *e, enum x64_register destination, enum x64_register inverted,
                            enum x64_register other) {
    x64_vex(e, 2, 0, W64, 0xF2, destination, inverted, other);
}

static inline void x64_shift_ri(struct x64_emitter *emitter, enum x64_shift op, enum x64_width width,
                                enum x64_register operand, int count) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_op_rr(e, 0, width, 0xC1, (int)op, operand);
    x64_octet(e, count);
    emitter->at = copy.at;
}

/* By one, in the form that has no count. */
static inline void x64_shift_once(struct x64_emitter *e, enum x64_shift op, enum x64_width width,
                                  enum x64_register operand) {
    x64_op_rr(e, 0, width, 0xD1, (int)op, operand);
}

static inline void x64_shift_cl(struct x64_emitter *e, enum x64_shift op, enum x64_width width,
                                enum x64_register operand) {
    x64_op_rr(e, 0, width, 0xD3, (int)op, operand);
}

static inline void x64_shiftx(struct x64_emitter *e, enum x64_shiftx op, enum x64_width width,
                              enum x64_register destination, enum x64_register source, enum x64_register count) {
    x64_vex(e, 2, (int)op, width, 0xF7, destination, count, source);
}

static inline void x64_rorx(struct x64_emitter *emitter, enum x64_width width, enum x64_register destination,
                            enum x64_register source, int count) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_vex(e, 3, 3, width, 0xF0, destination, 0, source);
    x64_octet(e, count);
    emitter->at = copy.at;
}

static inline void x64_popcnt(struct x64_emitter *e, enum x64_width width, enum x64_register destination,
                              enum x64_register source) {
    x64_op_rr(e, 0xF3, width, 0x0FB8, destination, source);
}

static inline void x64_lzcnt(struct x64_emitter *e, enum x64_width width, enum x64_register destination,
                             enum x64_register source) {
    x64_op_rr(e, 0xF3, width, 0x0FBD, destination, source);
}

static inline void x64_tzcnt(struct x64_emitter *e, enum x64_width width, enum x64_register destination,
                             enum x64_register source) {
    x64_op_rr(e, 0xF3, width, 0x0FBC, destination, source);
}

static inline void x64_bswap(struct x64_emitter *emitter, enum x64_register operand) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_rex(e, W64, 0, 0, operand, X64_NONE);
    x64_octet(e, 0x0F);
    x64_octet(e, 0xC8 | (operand & 7));
    emitter->at = copy.at;
}

/* cdq or cqo */
static inline void x64_sign_to_rdx(struct x64_emitter *emitter, enum x64_width width) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_rex(e, width, 0, 0, 0, X64_NONE);
    x64_octet(e, 0x99);
    emitter->at = copy.at;
}

/* ---- Jumps; each returns the position of its displacement, for x64_bind ---- */

static inline uint32_t x64_jmp(struct x64_emitter *emitter) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_octet(e, 0xE9);
    x64_u32(e, 0);
    emitter->at = copy.at;
    return x64_position(e) - 4;
}

static inline uint32_t x64_jcc(struct x64_emitter *emitter, enum x64_condition condition) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_opcode(e, 0x0F80 | (int)condition);
    x64_u32(e, 0);
    emitter->at = copy.at;
    return x64_position(e) - 4;
}

#define X64_JCC_SIZE 6

/* Jumps to what was emitted before, by X64_JCC_SIZE octets. */
static inline void x64_jcc_far(struct x64_emitter *emitter, enum x64_condition condition, uint32_t target) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_opcode(e, 0x0F80 | (int)condition);
    x64_u32(e, target - (x64_position(e) + 4));
    emitter->at = copy.at;
}

static inline uint32_t x64_jcc_short(struct x64_emitter *emitter, enum x64_condition condition) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_octet(e, 0x70 | (int)condition);
    x64_octet(e, 0);
    emitter->at = copy.at;
    return x64_position(e) - 1;
}

static inline uint32_t x64_jmp_short(struct x64_emitter *emitter) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_octet(e, 0xEB);
    x64_octet(e, 0);
    emitter->at = copy.at;
    return x64_position(e) - 1;
}

static inline void x64_jmp_m(struct x64_emitter *e, struct x64_memory m) {
    x64_op_rm(e, W32, 0xFF, 4, m);
}

static inline void x64_call_m(struct x64_emitter *e, struct x64_memory m) {
    x64_op_rm(e, W32, 0xFF, 2, m);
}

/* So many octets that do nothing, in as few instructions as may be: nop [rax + ...] with prefixes. */
static inline void x64_nops(struct x64_emitter *e, uint32_t octets) {
    /* Of each length up to 7, the first one first. */
    static const uint64_t shorter[] = {0, 0x90, 0x9066, 0x1F0F, 0x401F0F, 0x441F0F, 0x441F0F66, 0x801F0F};
    const uint64_t of_eight = 0x841F0F;
    for (; octets > 8; octets -= 9) {
        x64_octet(e, 0x66);
        x64_u64(e, of_eight);
    }
    if (octets == 8) {
        x64_u64(e, of_eight);
        return;
    }
    for (uint64_t form = shorter[octets]; octets > 0; octets--, form >>= 8) {
        x64_octet(e, (int)(form & 0xFF));
    }
}

static inline void x64_ret(struct x64_emitter *e) {
    x64_octet(e, 0xC3);
}

/* FF /digit [rip + displacement]: x64_bind lets it be what stands at the target. */
static inline uint32_t x64_op_rip(struct x64_emitter *e, int digit) {
    x64_octet(e, 0xFF);
    x64_octet(e, digit << 3 | 5);
    x64_u32(e, 0);
    return x64_position(e) - 4;
}

static inline uint32_t x64_jmp_rip(struct x64_emitter *e) {
    return x64_op_rip(e, 4);
}

static inline uint32_t x64_push_rip(struct x64_emitter *e) {
    return x64_op_rip(e, 6);
}

static inline void x64_pause(struct x64_emitter *e) {
    x64_octet(e, 0xF3);
    x64_octet(e, 0x90);
}

static inline void x64_lfence(struct x64_emitter *e) {
    x64_opcode(e, 0x0FAE);
    x64_octet(e, 0xE8);
}

/* Lets the jump whose displacement is at `site` lead to `target`. */
static inline void x64_bind(struct x64_emitter *e, uint32_t site, uint32_t target) {
    assert(site + 4 <= x64_position(e));
    x64_set_u32_at(e, site, target - (site + 4));
}

/* The same for all jumps that wait for one target: the displacement of each holds the position of the one before, or 0. */
static inline void x64_bind_all(struct x64_emitter *e, uint32_t last_site, uint32_t target) {
    for (uint32_t site = last_site, before; site != 0; site = before) {
        before = x64_u32_at(e, site);
        x64_bind(e, site, target);
    }
}

/* Jumps to what was emitted before, in the shortest way. */
static inline bool x64_is_near(const struct x64_emitter *e, uint32_t target) {
    return x64_is_i8((int64_t)target - (x64_position(e) + 2));
}

static inline void x64_jmp_back(struct x64_emitter *emitter, uint32_t target) {
    struct x64_emitter copy = *emitter, *e = &copy;
    if (x64_is_near(e, target)) {
        x64_octet(e, 0xEB);
        x64_octet(e, (int)(target - (x64_position(e) + 1)));
    } else {
        x64_bind(e, x64_jmp(e), target);
    }
    emitter->at = copy.at;
}

static inline void x64_jcc_back(struct x64_emitter *emitter, enum x64_condition condition, uint32_t target) {
    struct x64_emitter copy = *emitter, *e = &copy;
    if (x64_is_near(e, target)) {
        x64_octet(e, 0x70 | (int)condition);
        x64_octet(e, (int)(target - (x64_position(e) + 1)));
    } else {
        x64_jcc_far(e, condition, target);
    }
    emitter->at = copy.at;
}

#define X64_CALL_SIZE 5
#define X64_JMP_SHORT_SIZE 2

static inline void x64_call(struct x64_emitter *emitter, uint32_t target) {
    struct x64_emitter copy = *emitter, *e = &copy;
    x64_octet(e, 0xE8);
    x64_u32(e, target - (x64_position(e) + 4));
    emitter->at = copy.at;
}

/* Binds a short jump, to here. */
static inline void x64_bind_short(struct x64_emitter *e, uint32_t site) {
    uint32_t displacement = x64_position(e) - (site + 1);
    assert(displacement <= INT8_MAX);
    e->start[site] = (uint8_t)displacement;
}

#endif
