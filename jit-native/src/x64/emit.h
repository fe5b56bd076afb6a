/* Machine code of one instruction; the state that its emitters and the pass (codegen.c) share. */
#ifndef PVMJIT_EMIT_H
#define PVMJIT_EMIT_H

#include "code/variant.h"
#include "isa/opcodes.h"
#include "isa/program.h"
#include "x64/x64.h"

#include <stdbool.h>
#include <stdint.h>

#define SCRATCH RCX
#define CONTEXT R15

struct generator {
    const struct program *program;
    struct x64_emitter emitter;
    struct variant *variant;
    uint32_t code_start;         /* position behind the exits */
    uint32_t jump_table_entries; /* or 0, when C makes the dynamic jumps */
    uint32_t routines[OP_COUNT]; /* position of what an opcode's compact form calls, or 0 */
    bool checked;
    bool use_gs;
};

static inline struct x64_memory context_field(int displacement) {
    return x64_at(CONTEXT, displacement);
}

/* Where the machine code of the instruction at pc begins, which has been emitted. */
static inline uint32_t offset_of(const struct generator *g, uint32_t pc) {
    return g->variant->offsets[program_index(g->program, pc)];
}

/* By opcode: emits one instruction. There must be room for MAXIMUM_INSTRUCTION_SIZE. */
extern void (*const emit_instruction[OP_COUNT])(struct generator *g, const struct instruction *i);

#endif
