/* Decodes the machine code that x64.h emits, and nothing else: what is in no row here is no instruction that a guest may run.
 * It knows what registers an instruction reads and writes, and its operand in memory. Include check.h before. */
#ifndef MACHINE_CODE_H
#define MACHINE_CODE_H

#include "x64/x64.h"

/* What an instruction does, as far as a reader of machine code cares. */
enum action {
    ACTION_MOVE,    /* a register becomes another, or what is read from memory */
    ACTION_SET,     /* a register becomes a constant */
    ACTION_STORE,   /* memory becomes a register */
    ACTION_FILL,    /* memory becomes a constant */
    ACTION_COMPUTE, /* registers from registers and constants, and from memory */
    ACTION_ADD,     /* a register by a constant, or by memory */
    ACTION_SUB,     /* likewise, or memory by a constant */
    ACTION_XOR,     /* a register or memory by a constant */
    ACTION_COMPARE, /* flags alone */
    ACTION_SHL,
    ACTION_SHR,
    ACTION_ROR_ONCE,
    ACTION_LEA,
    ACTION_LEA_CODE, /* relative to rip */
    ACTION_PUSH,
    ACTION_POP,
    ACTION_JUMP,            /* to target, or by memory */
    ACTION_JUMP_BY_POINTER, /* relative to rip */
    ACTION_PUSH_TARGET,     /* from memory, for a retpoline */
    ACTION_WAIT,            /* pause, lfence: of a retpoline alone */
    ACTION_BRANCH,
    ACTION_CALL,
    ACTION_RETURN,
    ACTION_NOTHING,
    ACTION_UNKNOWN
};

struct decoded {
    enum action action;
    int length;
    enum x64_width width;                         /* of what is written to registers; W32 clears upper halves */
    uint32_t reads, writes;                       /* bits by register, those of addresses apart */
    int destination;                              /* the register that is written, or compared with a constant, or -1 */
    int source;                                   /* the one that is read, where there is one, or -1 */
    bool in_memory;                               /* one operand is: */
    struct x64_memory m;                          /* its address */
    int octets;                                   /* its size; 0: the address alone */
    bool relative;                                /* to rip */
    bool writes_memory, has_constant, only_octet; /* only_octet: of what is read or written in registers */
    int64_t constant;
    int32_t distance; /* of a jump, from behind it */
    int condition;
};

/* Octets of an instruction as they are read. */
struct reader {
    const uint8_t *at, *end;
    bool gs, address_32, ok;
    int prefix, rex;
    int mod, reg, rm;
};

static inline int read_octet(struct reader *r) {
    if (r->at == r->end) {
        r->ok = false;
        return 0;
    }
    return *r->at++;
}

static inline int64_t read_signed(struct reader *r, int octets) {
    uint64_t value = 0;
    for (int n = 0; n < octets; n++) {
        value |= (uint64_t)read_octet(r) << 8 * n;
    }
    return octets == 8 ? (int64_t)value : (int64_t)(value << (64 - 8 * octets)) >> (64 - 8 * octets);
}

static inline void read_address(struct reader *r, struct decoded *d) {
    int base = r->rm & 7, sib = base == RSP ? read_octet(r) : -1;
    int rex_b = r->rex & 1, rex_x = r->rex >> 1 & 1;
    d->in_memory = true;
    d->m = (struct x64_memory){(enum x64_register)(base | rex_b << 3), X64_NONE, 0, r->gs, r->address_32, 0};
    if (sib >= 0) {
        int index = (sib >> 3 & 7) | rex_x << 3;
        d->m.base = (enum x64_register)((sib & 7) | rex_b << 3);
        d->m.index = index == RSP ? X64_NONE : (enum x64_register)index;
        d->m.scale = index == RSP ? 0 : sib >> 6;
    }
    if (r->mod == 0 && sib >= 0 && (sib & 7) == RBP) {
        d->m.base = X64_NONE;
        d->m.displacement = (int32_t)read_signed(r, 4);
    } else if (r->mod == 0 && sib < 0 && base == RBP) {
        d->action = ACTION_LEA_CODE;
        d->distance = (int32_t)read_signed(r, 4);
    } else if (r->mod != 0) {
        d->m.displacement = (int32_t)read_signed(r, r->mod == 1 ? 1 : 4);
    }
}

static inline void read_modrm(struct reader *r, struct decoded *d) {
    int octet = read_octet(r);
    r->mod = octet >> 6;
    r->reg = (octet >> 3 & 7) | (r->rex >> 2 & 1) << 3;
    r->rm = (octet & 7) | (r->rex & 1) << 3;
    if (r->mod != 3) {
        read_address(r, d);
    }
}

static inline void read_constant(struct reader *r, struct decoded *d, int octets) {
    d->has_constant = true;
    d->constant = read_signed(r, octets);
}

static inline void writes_register(struct decoded *d, int reg) {
    d->destination = reg;
    d->writes |= 1u << reg;
}

static inline void reads_register(struct decoded *d, int reg) {
    d->source = reg;
    d->reads |= 1u << reg;
}

/* The operand that may be in memory is read; so many octets there. */
static inline void reads_operand(const struct reader *r, struct decoded *d, int octets) {
    if (d->in_memory) {
        d->octets = octets;
    } else {
        reads_register(d, r->rm);
    }
}

static inline bool is_condition(int condition) {
    return (condition >= CC_B && condition <= CC_A) || condition >= CC_L;
}

/* Arithmetic by its digit: what it does to an operand that it writes and reads. */
static inline enum action alu_action(int digit) {
    switch (digit) {
    case ALU_ADD: return ACTION_ADD;
    case ALU_SUB: return ACTION_SUB;
    case ALU_XOR: return ACTION_XOR;
    case ALU_CMP: return ACTION_COMPARE;
    case ALU_OR:
    case ALU_SBB:
    case ALU_AND: return ACTION_COMPUTE;
    default: return ACTION_UNKNOWN;
    }
}

/* 0F opcode */
static inline enum action decode_escaped(struct reader *r, struct decoded *d) {
    int opcode = read_octet(r);
    if (opcode == 0xAE) {
        return read_octet(r) == 0xE8 ? ACTION_WAIT : ACTION_UNKNOWN;
    }
    bool counts = opcode == 0xB8 || opcode == 0xBC || opcode == 0xBD;
    if (opcode >= 0x80 && opcode <= 0x8F) {
        d->condition = opcode & 15;
        d->distance = (int32_t)read_signed(r, 4);
        return is_condition(d->condition) ? ACTION_BRANCH : ACTION_UNKNOWN;
    }
    if (opcode >= 0xC8 && opcode <= 0xCF) {
        int reg = (opcode & 7) | (r->rex & 1) << 3;
        reads_register(d, reg);
        writes_register(d, reg);
        return d->width == W64 ? ACTION_COMPUTE : ACTION_UNKNOWN;
    }
    read_modrm(r, d);
    if (opcode == 0x1F) { /* nop [rax + ...] */
        bool is_nop = d->in_memory && r->reg == 0 && d->m.base == RAX && d->m.displacement == 0 && r->rex == 0;
        d->in_memory = false;
        return is_nop ? ACTION_NOTHING : ACTION_UNKNOWN;
    }
    if ((r->prefix == 0xF3) != counts) {
        return ACTION_UNKNOWN;
    }
    switch (opcode) {
    case 0xB6: /* movzx, movsx */
    case 0xBE:
    case 0xB7:
    case 0xBF:
        writes_register(d, r->reg);
        reads_operand(r, d, 1 + (opcode & 1));
        d->only_octet = (opcode & 1) == 0;
        return ACTION_MOVE;
    case 0xAF: /* imul */
        reads_register(d, r->reg);
        reads_register(d, r->rm);
        writes_register(d, r->reg);
        return d->in_memory ? ACTION_UNKNOWN : ACTION_COMPUTE;
    case 0xB8: /* popcnt, tzcnt, lzcnt */
    case 0xBC:
    case 0xBD:
        reads_register(d, r->rm);
        writes_register(d, r->reg);
        return d->in_memory ? ACTION_UNKNOWN : ACTION_COMPUTE;
    default: break;
    }
    if (d->in_memory || !is_condition(opcode & 15)) {
        return ACTION_UNKNOWN;
    }
    d->condition = opcode & 15;
    if (opcode >= 0x40 && opcode <= 0x4F) { /* cmov */
        reads_register(d, r->reg);
        reads_register(d, r->rm);
        writes_register(d, r->reg);
        return d->width == W64 ? ACTION_COMPUTE : ACTION_UNKNOWN;
    }
    if (opcode >= 0x90 && opcode <= 0x9F) { /* setcc */
        d->only_octet = true;
        writes_register(d, r->rm);
        return ACTION_COMPUTE;
    }
    return ACTION_UNKNOWN;
}

/* C4: mulx, andn, shlx, sarx, shrx, rorx of registers. */
static inline enum action decode_vex(struct reader *r, struct decoded *d) {
    int first = read_octet(r), second = read_octet(r), opcode = read_octet(r);
    int map = first & 31, prefix = second & 3, other = ~second >> 3 & 15;
    r->rex = (~first >> 5 & 4) | (~first >> 5 & 1);
    d->width = second >> 7 != 0 ? W64 : W32;
    read_modrm(r, d);
    bool by_register = map == 2 && ((opcode == 0xF7 && prefix != 0) || (opcode == 0xF2 && prefix == 0));
    bool is_mulx = map == 2 && opcode == 0xF6 && prefix == 3, is_rorx = map == 3 && opcode == 0xF0 && prefix == 3;
    if (d->in_memory || (second & 4) != 0 || (first & 0x40) == 0 || !(by_register || is_mulx || is_rorx)) {
        return ACTION_UNKNOWN;
    }
    reads_register(d, r->rm);
    writes_register(d, r->reg);
    if (by_register) {
        reads_register(d, other);
    } else if (is_mulx) {
        reads_register(d, RDX);
        d->writes |= 1u << other;
    } else {
        read_constant(r, d, 1);
    }
    return ACTION_COMPUTE;
}

/* C1, D1, D3 */
static inline enum action decode_shift(struct reader *r, struct decoded *d, int opcode) {
    read_modrm(r, d);
    int digit = r->reg & 7;
    reads_register(d, r->rm);
    writes_register(d, r->rm);
    if (opcode == 0xC1) {
        read_constant(r, d, 1);
    } else if (opcode == 0xD3) {
        reads_register(d, RCX);
    }
    if (d->in_memory || digit == 2 || digit == 3 || digit == 6) {
        return ACTION_UNKNOWN;
    }
    return opcode == 0xC1 && digit == SHIFT_SHL   ? ACTION_SHL
           : opcode == 0xC1 && digit == SHIFT_SHR ? ACTION_SHR
           : opcode == 0xD1 && digit == SHIFT_ROR ? ACTION_ROR_ONCE
                                                  : ACTION_COMPUTE;
}

/* F7: not, neg; and mul, imul, div, idiv, which take and give rax and rdx. */
static inline enum action decode_unary(struct reader *r, struct decoded *d) {
    read_modrm(r, d);
    int digit = r->reg & 7;
    reads_register(d, r->rm);
    if (digit >= UNARY_MUL) {
        d->reads |= 1u << RAX | (digit >= UNARY_DIV ? 1u << RDX : 0);
        d->writes = 1u << RAX | 1u << RDX;
    } else {
        writes_register(d, r->rm);
    }
    return d->in_memory || digit < UNARY_NOT ? ACTION_UNKNOWN : ACTION_COMPUTE;
}

/* 81, 83: arithmetic with a constant. */
static inline enum action decode_alu_constant(struct reader *r, struct decoded *d, int opcode) {
    read_modrm(r, d);
    enum action action = alu_action(r->reg & 7);
    if (d->in_memory) {
        d->octets = d->width == W64 ? 8 : 4;
        d->writes_memory = action != ACTION_COMPARE;
    } else {
        reads_register(d, r->rm);
        d->destination = r->rm;
        if (action != ACTION_COMPARE) {
            writes_register(d, r->rm);
        }
    }
    read_constant(r, d, opcode == 0x83 ? 1 : 4);
    return action;
}

/* 01 to 3B: arithmetic of registers, or with one operand in memory that is read. */
static inline enum action decode_alu(struct reader *r, struct decoded *d, int opcode) {
    bool from_memory = (opcode & 2) != 0;
    enum action action = alu_action(opcode >> 3);
    read_modrm(r, d);
    int to = from_memory ? r->reg : r->rm;
    if (from_memory != d->in_memory) {
        return ACTION_UNKNOWN;
    }
    if (from_memory) {
        d->octets = d->width == W64 ? 8 : 4;
    } else {
        reads_register(d, r->reg);
    }
    /* What is xored with itself is not read. */
    bool clears = opcode == 0x31 && r->reg == r->rm;
    d->reads = clears ? 0 : d->reads | 1u << to;
    if (action != ACTION_COMPARE) {
        writes_register(d, to);
    }
    bool other = (action == ACTION_ADD && !from_memory) || action == ACTION_SUB || action == ACTION_XOR;
    return other ? ACTION_COMPUTE : action;
}

/* 88, 89, 8B, C6, C7, 63: moves. */
static inline enum action decode_move(struct reader *r, struct decoded *d, int opcode) {
    int octets = opcode == 0x88 || opcode == 0xC6 ? 1 : r->prefix == 0x66 ? 2 : d->width == W64 ? 8 : 4;
    read_modrm(r, d);
    if (r->prefix == 0x66 && (!d->in_memory || d->width == W64)) {
        return ACTION_UNKNOWN;
    }
    if (opcode == 0x8B || opcode == 0x63) {
        writes_register(d, r->reg);
        reads_operand(r, d, opcode == 0x63 ? 4 : octets);
        return (opcode == 0x8B) == d->in_memory || opcode == 0x63 ? ACTION_MOVE : ACTION_UNKNOWN;
    }
    d->octets = octets;
    d->writes_memory = d->in_memory;
    if (opcode >= 0xC6) {
        read_constant(r, d, octets == 8 ? 4 : octets);
        if (!d->in_memory && opcode == 0xC7 && d->width == W64) {
            writes_register(d, r->rm);
            return ACTION_SET;
        }
        return d->in_memory && (r->reg & 7) == 0 ? ACTION_FILL : ACTION_UNKNOWN;
    }
    reads_register(d, r->reg);
    d->only_octet = opcode == 0x88;
    if (d->in_memory) {
        return ACTION_STORE;
    }
    writes_register(d, r->rm);
    return opcode == 0x89 ? ACTION_MOVE : ACTION_UNKNOWN;
}

static inline enum action decode_opcode(struct reader *r, struct decoded *d, int opcode) {
    int low = (opcode & 7) | (r->rex & 1) << 3;
    if (opcode < 0x40 && ((opcode & 7) == 1 || (opcode & 7) == 3)) {
        return decode_alu(r, d, opcode);
    }
    if (opcode >= 0x50 && opcode <= 0x5F) {
        d->width = W64;
        if (opcode < 0x58) {
            reads_register(d, low);
            return ACTION_PUSH;
        }
        writes_register(d, low);
        return ACTION_POP;
    }
    if (opcode >= 0x70 && opcode <= 0x7F) {
        d->condition = opcode & 15;
        d->distance = (int32_t)read_signed(r, 1);
        return is_condition(d->condition) ? ACTION_BRANCH : ACTION_UNKNOWN;
    }
    if (opcode >= 0xB8 && opcode <= 0xBF) {
        writes_register(d, low);
        read_constant(r, d, d->width == W64 ? 8 : 4);
        d->constant = d->width == W64 ? d->constant : (int64_t)(uint32_t)d->constant;
        return ACTION_SET;
    }
    switch (opcode) {
    case 0x0F: return decode_escaped(r, d);
    case 0xC4: return decode_vex(r, d);
    case 0xC1:
    case 0xD1:
    case 0xD3: return decode_shift(r, d, opcode);
    case 0xF7: return decode_unary(r, d);
    case 0x81:
    case 0x83: return decode_alu_constant(r, d, opcode);
    case 0x63:
    case 0x88:
    case 0x89:
    case 0x8B:
    case 0xC6:
    case 0xC7: return decode_move(r, d, opcode);
    case 0x69: /* imul with a constant */
    case 0x6B:
        read_modrm(r, d);
        reads_register(d, r->rm);
        writes_register(d, r->reg);
        read_constant(r, d, opcode == 0x6B ? 1 : 4);
        return d->in_memory ? ACTION_UNKNOWN : ACTION_COMPUTE;
    case 0x80: /* cmp octet */
        read_modrm(r, d);
        d->octets = 1;
        read_constant(r, d, 1);
        d->constant &= 255;
        return d->in_memory && (r->reg & 7) == ALU_CMP ? ACTION_COMPARE : ACTION_UNKNOWN;
    case 0x85: /* test */
        read_modrm(r, d);
        reads_register(d, r->reg);
        reads_register(d, r->rm);
        return d->in_memory ? ACTION_UNKNOWN : ACTION_COMPARE;
    case 0x8D:
        d->action = ACTION_LEA;
        read_modrm(r, d);
        writes_register(d, r->reg);
        return d->in_memory && !r->gs ? d->action : ACTION_UNKNOWN;
    case 0x99: /* cdq, cqo */
        reads_register(d, RAX);
        writes_register(d, RDX);
        return ACTION_COMPUTE;
    case 0x90: return r->prefix == 0xF3 ? ACTION_WAIT : r->rex == 0 ? ACTION_NOTHING : ACTION_UNKNOWN;
    case 0xC3: return ACTION_RETURN;
    case 0xE8: d->distance = (int32_t)read_signed(r, 4); return ACTION_CALL;
    case 0xE9: d->distance = (int32_t)read_signed(r, 4); return ACTION_JUMP;
    case 0xEB: d->distance = (int32_t)read_signed(r, 1); return ACTION_JUMP;
    case 0xFF:
        read_modrm(r, d);
        d->octets = 8;
        return !d->in_memory                                                ? ACTION_UNKNOWN
               : d->action == ACTION_LEA_CODE && r->reg == 4 && r->rex == 0 ? ACTION_JUMP_BY_POINTER
               : (r->reg & 7) == 6                                          ? ACTION_PUSH_TARGET
               : (r->reg & 7) == 4                                          ? ACTION_JUMP
               : (r->reg & 7) == 2                                          ? ACTION_CALL
                                                                            : ACTION_UNKNOWN;
    default: return ACTION_UNKNOWN;
    }
}

/* Decodes the instruction at `at`; its action is ACTION_UNKNOWN when it is none that x64.h emits. */
static inline struct decoded decode_instruction(const uint8_t *at, const uint8_t *end) {
    struct reader r = {.at = at, .end = end, .ok = true};
    struct decoded d = {.action = ACTION_UNKNOWN, .destination = -1, .source = -1};
    int octet = read_octet(&r);
    if (octet == 0x65) {
        r.gs = true;
        octet = read_octet(&r);
    }
    if (octet == 0x67) {
        r.address_32 = true;
        octet = read_octet(&r);
    }
    if (octet == 0x66 || octet == 0xF3) {
        r.prefix = octet;
        octet = read_octet(&r);
    }
    if ((octet & 0xF0) == 0x40) {
        r.rex = octet;
        octet = read_octet(&r);
    }
    d.width = (r.rex & 8) != 0 ? W64 : W32;
    enum action action = decode_opcode(&r, &d, octet);
    bool prefix_fits = r.prefix == 0 || (r.prefix == 0x66 && (octet == 0x89 || octet == 0xC7)) ||
                       (r.prefix == 0x66 && action == ACTION_NOTHING) ||
                       (r.prefix == 0xF3 && (octet == 0x0F || octet == 0x90));
    bool segment_fits = (!r.gs || d.in_memory) && (!r.address_32 || r.gs);
    bool relative = d.action == ACTION_LEA_CODE;
    bool by_pointer = action == ACTION_JUMP_BY_POINTER || (action == ACTION_PUSH_TARGET && r.rex == 0);
    bool relative_fits = !relative || octet == 0x8D || (by_pointer && !r.gs);
    d.action = r.ok && prefix_fits && segment_fits && relative_fits ? action : ACTION_UNKNOWN;
    d.in_memory &= !relative;
    d.relative = relative;
    d.length = (int)(r.at - at);
    return d;
}

#endif
