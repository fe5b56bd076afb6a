/* Dynamic jumps: by a table of pointers to machine code (code/jump_table.h), or by C. */
#include "x64/dynamic_jump.h"

#include "x64/layout.h"

/* The largest offset of a dynamic jump, either way, that the address of a pointer has in it, four times. */
#define MAXIMUM_JUMP_OFFSET (1 << 28)

/* The pointer by which base + offset leads on, an even address in the table's range: eight octets of pointers stand for two of
 * addresses. Where it is found by its number, rcx has that, counted from the first address. pvm_exit_unresolved asks rcx for the
 * pointer's address, where pointers may be unresolved; and where the base is overwritten before the jump, no operand can name it. */
static struct x64_memory emit_pointer(struct generator *g, enum x64_register base, int32_t offset, bool by_number,
                                      int32_t first, bool overwrites) {
    struct x64_emitter *e = &g->emitter;
    const struct x64_memory table = context_field(g, PRIVATE_JUMP_TABLE);
    if (by_number) {
        x64_lea(e, W64, SCRATCH, x64_scaled(X64_NONE, SCRATCH, 3, 4 * first));
        x64_alu_rm(e, ALU_ADD, W64, SCRATCH, table);
        return x64_at(SCRATCH, 0);
    }
    struct x64_memory pointer = x64_scaled(SCRATCH, base, 2, 4 * offset);
    x64_mov_rm(e, W64, SCRATCH, table);
    if (!g->is_alone || overwrites) {
        x64_lea(e, W64, SCRATCH, pointer);
        pointer = x64_at(SCRATCH, 0);
    }
    return pointer;
}

/* djump(base + offset). Rotating the address, less the first of the table, right by one sends odd ones out of its range, too.
 * Where all entries lead to blocks the first address is 2; else it is 0, that and invalid entries lead to the panic exit, and
 * exit_pc is there for it.
 *
 * As a rule the sum is one of 64 bits: from beyond 32 C makes the jump, as it does whatever is out of range. So the address of
 * the pointer has to wait for nothing but the base: where the processor has predicted wrongly, it soon knows. */
void emit_dynamic_jump(struct generator *g, const struct instruction *i, enum x64_register base, int64_t offset,
                       enum jump_writes writes) {
    struct x64_emitter *e = &g->emitter;
    if (g->jump_table == NULL || generator_is_dense(g, i->pc, 0)) {
        generator_exit(g, i->pc, WAY_OUT_JUMP);
        return;
    }
    const bool is_whole = g->jump_table->is_whole;
    const bool by_number =
        blinding_hides(&g->blinding, 4 * offset) || offset > MAXIMUM_JUMP_OFFSET || offset < -MAXIMUM_JUMP_OFFSET;
    const enum x64_width width = by_number ? W32 : W64;
    const int32_t first = is_whole ? 2 : 0;
    uint32_t out = 0;
    if (!is_whole) {
        x64_mov_mi(e, W32, context_field(g, CONTEXT_EXIT_PC), (int32_t)i->pc);
    }
    add_offset(g, width, base, (int32_t)((uint32_t)offset - (uint32_t)first));
    x64_shift_once(e, SHIFT_ROR, width, SCRATCH);
    x64_alu_ri(e, ALU_CMP, width, SCRATCH, (int32_t)g->jump_table->entries - first / 2);
    if (is_whole) {
        out = x64_jcc_short(e, CC_A);
    } else {
        x64_jcc_back(e, CC_A, g->table_exit);
    }
    const bool overwrites = writes == JUMP_WRITES_A && host(i->a) == base;
    struct x64_memory pointer = emit_pointer(g, base, (int32_t)offset, by_number, first, overwrites);
    if (writes == JUMP_WRITES_A) {
        load_constant(g, host(i->a), i->x);
    }
    emit_indirect_jump(g, pointer);
    if (is_whole) {
        x64_bind_short(e, out);
        generator_exit(g, i->pc, WAY_OUT_JUMP); /* C halts, or panics, or jumps */
    }
}
