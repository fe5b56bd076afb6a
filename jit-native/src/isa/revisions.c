/* The revisions of the Gray Paper as rows of data: the tables of revisions.def. */
#include "isa/revisions.h"

#include "isa/opcodes.h"
#include "pvmjit.h"

static const uint8_t standard_opcodes[256] = {
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    [code] = OP_##name,
#include "isa/opcodes.def"
#undef OPCODE
};

const struct revision_rules revision_table[REVISION_COUNT] = {
#define REVISION(name, revision_label, octets, mask, code_length, table_length, empty_count, cmov_reads)               \
    {.label = revision_label,                                                                                          \
     .opcodes = octets,                                                                                                \
     .third_register_mask = mask,                                                                                      \
     .maximum_code_length = code_length,                                                                               \
     .maximum_jump_table_length = table_length,                                                                        \
     .empty_entries_count = empty_count,                                                                               \
     .cmov_reads_destination = cmov_reads},
#include "isa/revisions.def"
#undef REVISION
};

/* The rows have the order of the public enumeration. */
#define REVISION(name, label, opcodes, mask, code_length, table_length, empty_count, cmov_reads)                       \
    _Static_assert((int)REVISION_##name == (int)PVM_REVISION_##name, "revisions.def");
#include "isa/revisions.def"
#undef REVISION
