/* The state that the pass (codegen.c) and the emitters of instructions share, and what all of these emit: exits, and constants of
 * the guest, in the clear or in parts (x64/blind.h). */
#ifndef PVMJIT_GENERATOR_H
#define PVMJIT_GENERATOR_H

#include "code/jump_table.h"
#include "code/variant.h"
#include "isa/opcodes.h"
#include "isa/program.h"
#include "pvmjit.h"
#include "x64/blind.h"
#include "x64/debts.h"
#include "x64/indirect.h"
#include "x64/layout.h"
#include "x64/outward.h"
#include "x64/x64.h"

#include <stdbool.h>
#include <stdint.h>

/* Octets of machine code that are reserved for each guest instruction, the gas check included. What an instruction puts off
 * (x64/lazy.h) takes no more later than it would have. */
#define MAXIMUM_INSTRUCTION_SIZE 160

/* The most octets of what takes gas, also where it is in its register, and of these the jump where it is checked. */
#define GAS_CHECK_SIZE 14
#define GAS_CHECK_IN_REGISTER_SIZE 13
#define GAS_JUMP_SIZE 6

#define SCRATCH RCX
#define CONTEXT R15 /* or, in a variant that is fast: */
#define GAS R15

/* Ways out that stand in front of the code of a variant that is fast or has retpolines, each a jump by the context. */
enum way_out { WAY_OUT_JUMP, WAY_OUT_PANIC, WAY_OUT_HOST_CALL, WAYS_OUT };

struct generator {
    const struct program *program;
    struct x64_emitter emitter;
    struct variant *variant;
    struct block_gas *gas;               /* of the block that comes next, where blocks are not simple */
    uint32_t first_pc;                   /* of the section */
    uint32_t exit;                       /* position of that without gas of the block that comes next */
    uint32_t exits_left;                 /* in its group, with this one */
    uint32_t code_start;                 /* position behind the exits */
    const struct jump_table *jump_table; /* null: C makes the dynamic jumps */
    struct outward_jumps outward;
    uint32_t routines[OP_COUNT]; /* position of what an opcode's compact form calls, or 0 */
    bool fast;                   /* gas is in its register, the context is found by GS */
    bool simple; /* each block checks its gas, and writes all values: there is nothing to find out about it */
    bool checked;
    bool use_gs;
    bool compact; /* no forms but the compact ones */
    bool
        is_alone; /* the section is all of the program: while its code runs no pointer of the jump table is unresolved */
    bool retpolines; /* in the place of indirect jumps */
    struct blinding blinding;
    uint32_t ways_out[WAYS_OUT], out_of_gas, table_exit; /* positions; out_of_gas where there are retpolines */
    /* Where blocks are not simple. */
    uint32_t added; /* octets of loops that have copies, and between blocks, in the section so far */
    uint32_t spent; /* the most gas since a check, by any path to the end of the block in front; debts are among it */
    uint16_t *spent_to; /* the same by the jumps so far to each instruction; once emitted, by jumps back at most */
    uint32_t most_left; /* the most that a block leaves to others */
    struct debts debts;
    int32_t debt;          /* of this block, while it runs */
    int32_t given_by_jump; /* gas that its jump gives back */
    bool omits_extension;  /* of the result of this instruction, where that comes last */
    bool has_address;      /* of this instruction's access, before its offset: */
    struct x64_memory address;
    bool has_divisor; /* this division's is known, and not 0; until it is emitted: */
    int32_t divisor;
    bool has_low; /* of this upper product the lower half is wanted, too; until it is emitted: */
    enum x64_register low;
    bool wants_carry; /* this sum's is to be in the flags; until it is emitted */
    bool has_carry;   /* this comparison's result is in the flags; until it is emitted */
    bool has_zero;    /* its register is zero, or becomes so before this sum; until the comparison is emitted: */
    enum x64_register zero;
    bool leaves_loop;   /* by this branch, when it is not taken, at: */
    uint32_t loop_site; /* position of a displacement */
};

/* By guest register. */
extern const uint8_t host_register[PVM_REGISTER_COUNT];

static inline enum x64_register host(uint8_t guest) {
    return (enum x64_register)host_register[guest];
}

static inline struct x64_memory context_field(const struct generator *g, int displacement) {
    return g->fast ? x64_gs_at(GS_CONTEXT + displacement) : x64_at(CONTEXT, displacement);
}

/* jmp [m] */
static inline void emit_indirect_jump(struct generator *g, struct x64_memory m) {
    indirect_jmp_m(&g->emitter, g->retpolines, m);
}

/* Where the machine code of the instruction at pc begins, which has been emitted. */
static inline uint32_t offset_of(const struct generator *g, uint32_t pc) {
    return g->variant->offsets[variant_slot(g->variant, g->program, pc)];
}

/* Leaves the module. */
void generator_leave(struct generator *g, enum way_out way);

/* The instruction at pc leaves the module; its number is in ecx. */
void generator_exit(struct generator *g, uint32_t pc, enum way_out way);

/* A jump from the end of the instruction at pc to a block of another section. */
void generator_jump_outward(struct generator *g, uint32_t pc, uint32_t target);

#define DENSE_OCTETS_FIXED 512

/* Whether the section's code before the instruction at pc, with so many octets more, is so much that compact forms are due. */
bool generator_is_dense(const struct generator *g, uint32_t pc, uint32_t more);

/* ---- Constants of the guest ---- */

static inline void load_constant(struct generator *g, enum x64_register destination, int64_t x) {
    blinding_mov_ri(&g->blinding, &g->emitter, destination, x, SCRATCH);
}

/* Whether a constant of 32 bits must not stand in machine code: then it is in rcx now. */
static inline bool hide(struct generator *g, int64_t x) {
    bool hides = blinding_hides(&g->blinding, x);
    if (hides) {
        load_constant(g, SCRATCH, x);
    }
    return hides;
}

/* rcx, or ecx, = base + offset */
static inline void add_offset(struct generator *g, enum x64_width width, enum x64_register base, int32_t offset) {
    struct x64_memory sum = hide(g, offset) ? x64_indexed(SCRATCH, base, 0) : x64_at(base, offset);
    x64_lea(&g->emitter, width, SCRATCH, sum);
}

#endif
