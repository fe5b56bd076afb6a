/* The price of a basic block (Gray Paper A.9): what the files of the gas model share. docs/gas.md says why the result is
 * exact. A model belongs to one thread; every part of it but the wheel of its events is set when it is first used. */
#ifndef PVMJIT_GAS_H
#define PVMJIT_GAS_H

#include "../include/pvmjit.h"

#include <stdbool.h>
#include <stdint.h>

/* Steps that are priced at a time. */
#define GAS_CHUNK 64
#define REORDER_ENTRIES 32
/* Entries whose times are known: those in the reorder buffer before a chunk, and those of the chunk. */
#define GAS_HISTORY 128
#define MAXIMUM_LATENCY 100
/* More cycles than from any event to the last one it causes. */
#define GAS_WHEEL 128
#define DECODE_SLOTS 4
#define STARTS 5
#define ALUS 4

/* A finish so early that the entry is retired in cycle 0. */
#define RETIRED_FROM_THE_START (-2)

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
#define SLOT_COST 256
#define DECODE_ROOM (DECODE_SLOTS * SLOT_COST)

struct gas_slot_timing {
    int32_t latency;
    int32_t class; /* enum gas_class */
};

struct gas_timing {
    int32_t takes_alu; /* -1 or 0 */
    int32_t is_entry;  /* -1 or 0 */
    struct gas_slot_timing in_slot;
};

/* By opcode; that of OP_undefined is for branches to, or in front of, unlikely and trap. */
extern const struct gas_timing gas_timing[];

/* A unit of which there is one. */
struct gas_unit {
    int32_t free;    /* first cycle after its last entry */
    int32_t gap_end; /* when the last entry started that left it idle before */
};

/* A time when the start of time moves: what is long past keeps from becoming more so. */
static inline int32_t gas_rebased(int32_t time, int32_t by) {
    return time - by > -GAS_WHEEL ? time - by : -GAS_WHEEL;
}

/* ---- gas_order.c: placing entries in program order ---- */

struct gas_order {
    _Alignas(16) int32_t finish[GAS_REGISTERS][4]; /* of each register's holder, four times */
    int32_t alu_free[ALUS];                        /* first cycle after the last entry of each ALU, rising */
    int32_t gap_end[ALUS];              /* the greatest: when the last entry started that left an ALU idle before */
    int32_t latest;                     /* finish */
    struct gas_unit units[CLASS_COUNT]; /* mul and div */
    int32_t cycle;                      /* of decoding */
    uint32_t room;                      /* what is left in it of DECODE_ROOM */
    uint32_t entries;
    /* By entry number modulo GAS_HISTORY. */
    int32_t start[GAS_HISTORY];
    int32_t latest_of[GAS_HISTORY]; /* latest finish of this entry and those before */
};

/* The latest finish of a block of up to REORDER_ENTRIES steps; -1 when the literal rules may do otherwise. */
int32_t gas_order_block(const struct gas_step *steps, uint32_t count);

/* The same for a block of any number of steps, at most GAS_CHUNK at a time. False when the literal rules may do otherwise;
 * of the state, what was known before the steps is still there. */
void gas_order_begin(struct gas_order *order);
bool gas_order_place(struct gas_order *order, const struct gas_step *steps, uint32_t count);

/* Makes the current time small; returns by how much. */
int32_t gas_order_rebase(struct gas_order *order);

/* ---- gas_events.c: simulation by events ---- */

/* Sets are masks of slots in the reorder buffer: entry n is in slot n % 32. What an entry may wait for is four things: its
 * sources, and the time that decoding and the sources that have started allow. */
struct gas_now {
    uint32_t waiting;    /* decoded and not started */
    uint32_t blocked[4]; /* of these, what waits for each of the four */
    uint32_t units;      /* free ones */
    int32_t time;        /* every start up to this cycle is done */
    int32_t cycle;       /* of decoding: not before time */
    uint32_t room;
    int32_t latest;  /* finish */
    int32_t retired; /* latest finish of the entries that decoding knows to be retired */
    int32_t tail;    /* number of the next entry */
};

struct gas_events {
    /* By cycle modulo GAS_WHEEL; all zero between blocks: slots that wait no longer, and units that are free again. */
    _Alignas(16) uint32_t released[GAS_WHEEL][4];
    uint32_t units_freed[GAS_WHEEL];
    uint64_t occupied[2]; /* positions of the wheel in use, or to be looked at */
    _Alignas(16) uint32_t dependents[REORDER_ENTRIES][4];
    int32_t finish[REORDER_ENTRIES]; /* 0 for entries that have not started */
    struct gas_slot_timing timing[REORDER_ENTRIES];
    uint32_t waiting_of_class[CLASS_COUNT];
    int32_t holder[GAS_REGISTERS]; /* number of the entry that holds a register; NO_HOLDER */
    struct gas_now now;
    int32_t sources[REORDER_ENTRIES][3]; /* numbers of entries, while gas_events_follow keeps them */
};

#define NO_HOLDER (-GAS_HISTORY)

void gas_events_begin(struct gas_events *events);

/* Keeps account of who holds which register, instead of simulating, for steps that were placed in order. */
void gas_events_follow(struct gas_events *events, const struct gas_step *steps, uint32_t count);

/* Goes on behind the steps that were followed: with what had started, in the order, when the last of them was decoded. */
void gas_events_resume(struct gas_events *events, const struct gas_order *order);

/* Simulates as far as the steps tell what happens; `last`: to the end. The wheel is clear then. */
void gas_events_run(struct gas_events *events, const struct gas_step *steps, uint32_t count, bool last);

int32_t gas_events_rebase(struct gas_events *events);

/* ---- gas.c ---- */

struct gas_model {
    bool first; /* chunk of the block */
    bool by_events;
    uint32_t base; /* cycles in front of time 0 */
    struct gas_order order;
    struct gas_events events;
};

/* To be called once for a model; then blocks are priced one after the other. */
void gas_init(struct gas_model *model);

/* The price of a block of these steps. */
uint32_t gas_price(struct gas_model *model, const struct gas_step *steps, uint32_t count);

/* The same for a block that comes in parts: begin, all its steps, finish. */
void gas_begin(struct gas_model *model);
void gas_add(struct gas_model *model, const struct gas_step *steps, uint32_t count);
uint32_t gas_finish(struct gas_model *model);

#endif
