/* How long the instructions of each opcode take, by the rows of opcodes.def. */
#include "isa/steps.h"

#include "isa/opcodes.h"

#define CLASS_OF_UNITS_NONE CLASS_NONE
#define CLASS_OF_UNITS_ALU CLASS_ALU
#define CLASS_OF_UNITS_ALU2 CLASS_ALU2
#define CLASS_OF_UNITS_LOAD CLASS_ALU
#define CLASS_OF_UNITS_STORE CLASS_ALU
#define CLASS_OF_UNITS_MUL CLASS_MUL
#define CLASS_OF_UNITS_DIV CLASS_DIV

const struct gas_timing gas_timing[OP_COUNT] __attribute__((aligned(64))) = {
    [OP_undefined] = {-1, -1, {1, CLASS_ALU}},
#define BRANCH 20
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    [OP_##name] = {                                                                                                    \
        -(CLASS_OF_UNITS_##units != CLASS_NONE), -(OP_##name != OP_move_reg), {cycles, CLASS_OF_UNITS_##units}},
#include "isa/opcodes.def"
#undef OPCODE
#undef BRANCH
};

#define BRANCH 20
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    _Static_assert((cycles) <= MAXIMUM_LATENCY, #name);
#include "isa/opcodes.def"
#undef OPCODE
#undef BRANCH
