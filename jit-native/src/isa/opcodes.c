/* What the rows of opcodes.def and operands.def say, as tables. */
#include "isa/opcodes.h"

#define ALL_IF(condition) ((condition) ? UINT16_MAX : 0)
#define MASKS(set)                                                                                                     \
    { ALL_IF((set)&OPERAND_A), ALL_IF((set)&OPERAND_B), ALL_IF((set)&OPERAND_D) }

const struct operand_roles operand_table[OPERANDS_COUNT] = {
#define OPERANDS(name, encoding, reads, writes, updates, base, offset)                                                 \
    {MASKS(OPERAND_##reads), MASKS(OPERAND_##writes | OPERAND_##updates), (OPERAND_##updates) != OPERAND_NONE,         \
     OPERAND_##base, OFFSET_##offset},
#include "isa/operands.def"
#undef OPERANDS
};

enum {
#define OPERANDS(name, encoding, reads, writes, updates, base, offset) ENCODING_OF_##name = encoding##_ENCODING,
#include "isa/operands.def"
#undef OPERANDS
};

#define LEADS(opcode, operands)                                                                                        \
    ((operands) == OPERANDS_BRANCH || (operands) == OPERANDS_BRANCH_IMM            ? LEADS_AS_BRANCH                   \
     : (operands) == OPERANDS_JUMP || (operands) == OPERANDS_CONSTANT_JUMP         ? LEADS_TO_TARGET                   \
     : (operands) == OPERANDS_JUMP_IND || (operands) == OPERANDS_CONSTANT_JUMP_IND ? LEADS_ANYWHERE                    \
     : (opcode) == OP_fallthrough                                                  ? LEADS_ON                          \
                                                                                   : 0)

const struct opcode_info opcode_table[OP_COUNT] = {
#define BRANCH BRANCH_CYCLES
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    [OP_##name] = {#name,           OPERANDS_##operands, ENCODING_OF_##operands,                                       \
                   ACCESS_##access, terminator,          LEADS(OP_##name, OPERANDS_##operands),                        \
                   cycles,          DECODE_SLOTS_##rule, overlapping,                                                  \
                   otherwise,       UNITS_##units},
#include "isa/opcodes.def"
#undef OPCODE
#undef BRANCH
};

struct memory_access instruction_memory_access(const struct instruction *i) {
    static const uint8_t sizes[] = {[ACCESS_U8] = 1,  [ACCESS_I8] = 1,  [ACCESS_U16] = 2, [ACCESS_I16] = 2,
                                    [ACCESS_U32] = 4, [ACCESS_I32] = 4, [ACCESS_U64] = 8};
    const struct opcode_info *info = &opcode_table[i->opcode];
    const struct operand_roles *roles = &operand_table[info->operands];
    uint8_t base = roles->base == OPERAND_A ? i->a : roles->base == OPERAND_B ? i->b : NO_BASE;
    int64_t offset = roles->offset == OFFSET_X ? i->x : roles->offset == OFFSET_Y ? i->y : 0;
    bool write = (roles->writes[0] | roles->writes[1] | roles->writes[2]) == 0;
    return (struct memory_access){sizes[info->access], write, base, offset};
}
