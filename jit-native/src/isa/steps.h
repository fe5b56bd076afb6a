/* What the gas model (Gray Paper A.9) has to know of an instruction: its registers, its decode slots, how long it takes and
 * what it occupies meanwhile. */
#ifndef PVMJIT_STEPS_H
#define PVMJIT_STEPS_H

#include "pvmjit.h"

#include <stdint.h>

#define DECODE_SLOTS 4
#define MAXIMUM_LATENCY 100

/* Registers of the model: those of the guest, one that is never written, one that is never read. */
#define GAS_REGISTERS 16
#define NEVER_WRITTEN PVM_REGISTER_COUNT
#define NEVER_READ (PVM_REGISTER_COUNT + 1)

/* What an entry takes for as long as it runs. Loads and stores count as ALU: with four units of each, those never run out
 * before the ALUs do. */
enum gas_class { CLASS_NONE, CLASS_ALU, CLASS_ALU2, CLASS_MUL, CLASS_DIV, CLASS_COUNT };

/* An instruction as the model sees it. */
struct gas_step {
    uint8_t sources[3]; /* registers of the model times 16 */
    uint8_t destination;
    uint16_t cost;  /* of decoding: see DECODE_ROOM */
    uint8_t timing; /* row of gas_timing */
    uint8_t entry;  /* 1; 0 for move_reg, which makes none */
};

/* Decode slots times 256, less one for an entry that takes no unit: so that what is left of DECODE_ROOM in a cycle holds
 * the number of these entries too, in its low octet. */
#define DECODE_SLOT_COST 256
#define DECODE_ROOM (DECODE_SLOTS * DECODE_SLOT_COST)

struct gas_entry_timing {
    int32_t latency;
    int32_t class; /* enum gas_class */
};

struct gas_timing {
    int32_t takes_alu; /* -1 or 0 */
    int32_t is_entry;  /* -1 or 0 */
    struct gas_entry_timing entry;
};

/* By opcode; that of OP_undefined is for branches to, or in front of, unlikely and trap. */
extern const struct gas_timing gas_timing[];

#endif
