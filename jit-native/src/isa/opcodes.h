/* Opcodes and their operands (Gray Paper A.5): the tables of opcodes.def and operands.def, and an instruction as they
 * describe it. */
#ifndef PVMJIT_OPCODES_H
#define PVMJIT_OPCODES_H

#include <stdbool.h>
#include <stdint.h>

/* How operands lie in the octets of an instruction. */
enum encoding {
    NONE_ENCODING,
    IMM_ENCODING,
    REG_IMM64_ENCODING,
    IMM_IMM_ENCODING,
    OFF_ENCODING,
    REG_IMM_ENCODING,
    REG_IMM_IMM_ENCODING,
    REG_IMM_OFF_ENCODING,
    REG_REG_ENCODING,
    REG_REG_IMM_ENCODING,
    REG_REG_OFF_ENCODING,
    REG_REG_IMM_IMM_ENCODING,
    REG_REG_REG_ENCODING
};

/* Operands that are registers, and sets of them. */
enum operand_set { OPERAND_NONE = 0, OPERAND_A = 1, OPERAND_B = 2, OPERAND_AB = 3, OPERAND_D = 4 };

enum operand_offset { OFFSET_NONE, OFFSET_X, OFFSET_Y };

enum operands {
#define OPERANDS(name, encoding, reads, writes, updates, base, offset) OPERANDS_##name,
#include "isa/operands.def"
#undef OPERANDS
    OPERANDS_COUNT
};

/* What the operands of a form are for. */
struct operand_roles {
    /* For A, B, D in turn: all bits set when the register is among them, else none. */
    uint16_t reads[3], writes[3];
    bool updates;   /* what it writes, it updates */
    uint8_t base;   /* enum operand_set */
    uint8_t offset; /* enum operand_offset */
};

extern const struct operand_roles operand_table[OPERANDS_COUNT];

enum access { ACCESS_NONE, ACCESS_U8, ACCESS_I8, ACCESS_U16, ACCESS_I16, ACCESS_U32, ACCESS_I32, ACCESS_U64 };

enum decode_slot_rule { DECODE_SLOTS_FIXED, DECODE_SLOTS_ANY, DECODE_SLOTS_FIRST };

enum unit_class { UNITS_NONE, UNITS_ALU, UNITS_ALU2, UNITS_LOAD, UNITS_STORE, UNITS_MUL, UNITS_DIV };

#define BRANCH_CYCLES 0

/* Opcodes by number in the order of opcodes.def. Which octet means which is a matter of the revision. */
enum opcode {
    OP_undefined,
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units) OP_##name,
#include "isa/opcodes.def"
#undef OPCODE
    OP_COUNT
};

/* Where an instruction that ends a block may lead; a branch is what leads on and to its target. */
enum leads { LEADS_ON = 1, LEADS_TO_TARGET = 2, LEADS_ANYWHERE = 4, LEADS_AS_BRANCH = LEADS_ON | LEADS_TO_TARGET };

struct opcode_info {
    const char *name;
    uint8_t operands; /* enum operands */
    uint8_t encoding; /* enum encoding, of the operands */
    uint8_t access;   /* enum access */
    bool terminator;
    uint8_t leads;  /* enum leads, a set */
    uint8_t cycles; /* or BRANCH_CYCLES */
    uint8_t decode_slot_rule;
    uint8_t decode_slots_overlapping;
    uint8_t decode_slots_otherwise;
    uint8_t units;
};

extern const struct opcode_info opcode_table[OP_COUNT];

/* Operands that the form does not have are 0. */
struct instruction {
    uint32_t pc;
    uint32_t next;
    union {
        struct {
            uint8_t opcode;  /* enum opcode, not undefined */
            uint8_t a, b, d; /* 0 to 12 */
        };
        uint32_t operands; /* these four */
    };
    int64_t x, y;
    int64_t target;
};

/* Width in octets (1, 2, 4, 8) of the memory access and whether it writes; 0 when the instruction has none. */
struct memory_access {
    uint8_t size;
    bool write;
    uint8_t base; /* register number, or NO_BASE */
    int64_t offset;
};
#define NO_BASE 255
struct memory_access instruction_memory_access(const struct instruction *instruction);

#endif
