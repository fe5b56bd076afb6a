/* What the pass (codegen.c) and the emitters of instructions (emit.c) share. */
#ifndef PVMJIT_CODEGEN_H
#define PVMJIT_CODEGEN_H

#include "lookahead.h"
#include "x64.h"

#define SCRATCH RCX
#define CONTEXT R15

#define GAS_CHECK_SHORT_SIZE 11 /* of a cost that takes one octet */
#define GAS_CHECK_SIZE 14

struct generator {
    pvm_module *module;
    const struct program *program;
    struct x64_emitter emitter;
    struct variant *variant;
    uint32_t code_start;         /* position behind the exits */
    uint32_t jump_table_entries; /* or 0, when C makes the dynamic jumps */
    uint32_t routines[OP_COUNT]; /* position of what an opcode's compact form calls, or 0 */
    bool checked;
    bool use_gs;
    bool too_large; /* a cost that the gas check cannot hold, or more machine code than the arena has room for */
    /* Last, for they are not cleared. */
    struct gas_model gas;
    struct lookahead lookahead;
};

static inline struct x64_memory context_field(int displacement) {
    return (struct x64_memory){CONTEXT, X64_NONE, displacement, false, false};
}

/* Where the machine code of the instruction at pc begins, which has been emitted. */
static inline uint32_t offset_of(const struct generator *g, uint32_t pc) {
    return g->variant->offsets[program_index(g->program, pc)];
}

/* emit.c, by opcode: emits one instruction. There must be room for MAXIMUM_INSTRUCTION_SIZE. */
extern void (*const emit_instruction[OP_COUNT])(struct generator *g, const struct instruction *i);

#endif
