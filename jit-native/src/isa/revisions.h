/* In what the revisions of the Gray Paper differ (revisions.def). */
#ifndef PVMJIT_REVISIONS_H
#define PVMJIT_REVISIONS_H

#include <stdbool.h>
#include <stdint.h>

enum revision {
#define REVISION(name, label, opcodes, mask, code_length, table_length, empty_count, cmov_reads) REVISION_##name,
#include "isa/revisions.def"
#undef REVISION
    REVISION_COUNT
};

struct revision_rules {
    const char *label;
    const uint8_t *opcodes; /* enum opcode of each of the 256 octets */
    uint8_t third_register_mask;
    uint32_t maximum_code_length;
    uint32_t maximum_jump_table_length;
    bool empty_entries_count;    /* against the limit of the jump table */
    bool cmov_reads_destination; /* in the gas model */
};

/* By enum pvm_revision. */
extern const struct revision_rules revision_table[REVISION_COUNT];

#endif
