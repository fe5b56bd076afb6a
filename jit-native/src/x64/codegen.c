/* Machine code of a section of a module: one pass that decodes, prices and emits block by block; docs/codegen.md shows the
 * result. */
#include "x64/codegen.h"

#include "base/hints.h"
#include "code/output.h"
#include "gas/gas.h"
#include "isa/lookahead.h"
#include "x64/ahead.h"
#include "x64/block.h"
#include "x64/emit.h"
#include "x64/entry.h"
#include "x64/layout.h"
#include "x64/place.h"
#include "x64/processor.h"

#include <stddef.h>

/* Exits without gas are groups of octets that push a register, with a call behind: its return address says which group,
 * the depth of the stack says where in it the run came in. In front of them are the ways out of code that is fast, and
 * where dynamic jumps leave a module. */
#define EXITS_IN_GROUP 32
#define BY_CONTEXT_SIZE 4
#define BY_GS_SIZE 8

/* Pointers share no line of the cache with code. */
#define POINTERS_ALIGNMENT 64

/* The register is a number with a sign, and has room for what is spent between two checks. */
#define MAXIMUM_GAS_IN_REGISTER (UINT64_C(1) << 62)

/* Beside LIKELY_OCTETS_PER_OCTET: where code is written there is room for that from the beginning. */
#define LIKELY_OCTETS_FIXED 1024

/* Room behind the bound of the machine code, for more instructions than it is ever made for at a time. */
#define SLACK_INSTRUCTIONS (2 * LOOKAHEAD)

/* Takes four octets, as any cost may. */
#define UNKNOWN_COST INT32_MAX

struct pass {
    const struct compilation *task;
    struct generator generator;
    struct output output;
    status result; /* of making room, with its error */
    pvm_error *error;
    bool too_large; /* a cost that the gas check cannot hold, or more machine code than the arena has room for */
    /* Last, for they are not cleared. */
    struct ahead ahead;
    struct gas_model gas;
    struct lookahead lookahead;
};

/* ---- How much it will be ---- */

static uint8_t weight_of(enum opcode opcode) {
    enum {
        BLOCK = 28,
        DYNAMIC_JUMP = 40,
        BRANCH = 24,
        HOST_CALL = 40,
        UPPER_PRODUCT = 48,
        DIVISION = 64,
        STORE_CONSTANT = 22,
        OTHER = 18
    };
    const struct opcode_info *row = &opcode_table[opcode];
    uint32_t weight = row->units == UNITS_DIV ? DIVISION : OTHER;
    switch ((enum operands)row->operands) {
    case OPERANDS_JUMP_IND:
    case OPERANDS_CONSTANT_JUMP_IND: weight = DYNAMIC_JUMP; break;
    case OPERANDS_BRANCH:
    case OPERANDS_BRANCH_IMM: weight = BRANCH; break;
    case OPERANDS_NUMBER: weight = HOST_CALL; break;
    case OPERANDS_STORE_IMM:
    case OPERANDS_STORE_IMM_IND: weight = STORE_CONSTANT; break;
    default: break;
    }
    bool upper = opcode == OP_mul_upper_s_s || opcode == OP_mul_upper_u_u || opcode == OP_mul_upper_s_u;
    return (uint8_t)((upper ? UPPER_PRODUCT : weight) + (row->terminator ? BLOCK : 0));
}

/* What constants take more when they are blinded. */
static uint8_t blinded_weight_of(enum opcode opcode) {
    enum { BLINDED = 18 };
    switch ((enum operands)opcode_table[opcode].operands) {
    case OPERANDS_NONE:
    case OPERANDS_NUMBER:
    case OPERANDS_JUMP:
    case OPERANDS_UNARY:
    case OPERANDS_BRANCH:
    case OPERANDS_BINARY:
    case OPERANDS_SELECT: return 0;
    default: return BLINDED;
    }
}

void codegen_weights(const struct revision_rules *rules, bool blinded, uint8_t *weights) {
    for (int octet = 0; octet < 256; octet++) {
        enum opcode opcode = (enum opcode)rules->opcodes[octet];
        weights[octet] = (uint8_t)(weight_of(opcode) + (blinded ? blinded_weight_of(opcode) : 0));
    }
}

static uint64_t native_octets_per_octet(bool blinded) {
    return blinded ? BLINDED_OCTETS_PER_OCTET : NATIVE_OCTETS_PER_OCTET;
}

uint64_t codegen_most_octets(uint64_t octets, bool blinded, uint32_t sections) {
    return octets * native_octets_per_octet(blinded) + (uint64_t)sections * NATIVE_OCTETS_FIXED;
}

uint64_t codegen_likely_octets(uint64_t weight, uint64_t octets, bool blinded, uint32_t sections) {
    uint64_t most = codegen_most_octets(octets, blinded, sections);
    uint64_t likely = weight + octets * ADDED_OCTETS_PER_OCTET + (uint64_t)sections * 2 * DENSE_OCTETS_FIXED;
    return likely < most ? likely : most;
}

uint64_t codegen_spare_octets(uint64_t instructions, uint64_t blocks, bool hardened, uint32_t sections) {
    uint64_t each = hardened ? HARDENED_SPARE_OCTETS_PER_INSTRUCTION : SPARE_OCTETS_PER_INSTRUCTION;
    return instructions * each + blocks * SPARE_OCTETS_PER_BLOCK + (uint64_t)sections * SPARE_OCTETS_FIXED;
}

uint64_t codegen_passing_octets(uint64_t instructions) {
    return ((instructions < LOOKAHEAD ? instructions : LOOKAHEAD) + 1) * MAXIMUM_INSTRUCTION_SIZE + DRAFT_SLACK;
}

/* ---- Gas checks and exits ---- */

struct block_gas codegen_block_gas(const struct variant *variant, uint64_t block, const uint8_t *code) {
    if (variant->gas != NULL) {
        return variant->gas[block - variant->section.first.block];
    }
    bool is_small = x64_is_small_alu(code), is_fast = variant->kind == VARIANT_FAST;
    uint8_t size = is_fast ? GAS_CHECK_IN_REGISTER_SIZE : GAS_CHECK_SIZE;
    return (struct block_gas){0, 1, (uint8_t)(is_small ? size - (uint8_t)(sizeof(int32_t) - sizeof(int8_t)) : size)};
}

/* Octets of an instruction that has a field of the context for its operand. */
static uint32_t by_field_size(const struct variant *variant) {
    return variant->kind == VARIANT_FAST ? BY_GS_SIZE : BY_CONTEXT_SIZE;
}

/* Where the exits without gas begin: behind the ways out. */
static uint32_t exits_start(const struct variant *variant) {
    uint32_t field = by_field_size(variant);
    if (variant->retpolines) { /* that of the exits without gas is among the ways out */
        return RETPOLINE_SIZE + field + (WAYS_OUT + 1) * (field + X64_JMP_SHORT_SIZE);
    }
    return field + field * (variant->kind == VARIANT_FAST ? WAYS_OUT : 1);
}

static uint32_t exit_group_size(const struct variant *variant) {
    return EXITS_IN_GROUP + (variant->retpolines ? X64_CALL_SIZE : by_field_size(variant));
}

/* sub gas, taken ; with a check: j. to the exit of the block. Nothing where nothing is taken. Returns where an amount of four octets
 * stands. */
INLINED uint32_t emit_gas(struct generator *g, int32_t taken, bool check) {
    struct x64_emitter *e = &g->emitter;
    uint32_t start = x64_position(e), taken_at;
    if (g->fast) {
        taken_at = x64_alu_ri(e, ALU_SUB, W64, GAS, taken);
    } else {
        taken_at = x64_alu_mi(e, ALU_SUB, W64, context_field(g, CONTEXT_GAS), taken);
    }
    x64_jcc_far(e, g->fast ? CC_L : CC_B, g->exit);
    e->at -= check ? 0 : GAS_JUMP_SIZE; /* which is no branch here: nobody foresees it */
    e->at -= taken == 0 && !check ? x64_position(e) - start : 0;
    if (!g->simple) {
        g->gas->size = (uint8_t)(x64_position(e) - start);
    }
    assert(x64_position(e) - start <= GAS_CHECK_SIZE);
    g->exit++;
    if (RARELY(--g->exits_left == 0)) {
        g->exit += exit_group_size(g->variant) - EXITS_IN_GROUP;
        g->exits_left = EXITS_IN_GROUP;
    }
    return taken_at;
}

/* Octets of exits, one octet each and their groups. */
static uint32_t exits_size(const struct variant *variant, uint32_t exits) {
    return (exits + EXITS_IN_GROUP - 1) / EXITS_IN_GROUP * exit_group_size(variant);
}

static struct x64_memory out_of_gas_field(const struct generator *g) {
    return context_field(g, g->fast ? PRIVATE_EXIT_OUT_OF_GAS_WITH_GAS : PRIVATE_EXIT_OUT_OF_GAS);
}

static void emit_exit_groups(struct generator *g, uint32_t exits) {
    struct x64_emitter *e = &g->emitter;
    for (uint32_t n = 0; n < exits; n += EXITS_IN_GROUP) {
        x64_push_repeated(e, RAX, EXITS_IN_GROUP);
        if (g->retpolines) {
            x64_call(e, g->out_of_gas);
        } else {
            x64_call_m(e, out_of_gas_field(g));
        }
    }
}

/* The number of an exit whose groups begin at this offset, from what pvm_exit_out_of_gas leaves. */
static uint32_t exit_number(const struct variant *variant, uint32_t start, const uint8_t *return_address,
                            uint32_t pushed) {
    uint32_t octets = (uint32_t)(return_address - variant->code) - start;
    return octets / exit_group_size(variant) * EXITS_IN_GROUP - pushed / 8;
}

/* What stands in front of the code: the retpoline if there is to be one; the way out of dynamic jumps that have set exit_pc, which
 * goes on in the first of the other ways out; and the exits without gas. */
static void generate_exits(struct generator *g) {
    static const int8_t fields[][WAYS_OUT] = {
        {PRIVATE_EXIT_JUMP, PRIVATE_EXIT_PANIC, PRIVATE_EXIT_HOST_CALL},
        {PRIVATE_EXIT_JUMP_WITH_GAS, PRIVATE_EXIT_PANIC_WITH_GAS, PRIVATE_EXIT_HOST_CALL_WITH_GAS}};
    struct x64_emitter *e = &g->emitter;
    if (g->retpolines) {
        indirect_emit_retpoline(e);
    }
    g->table_exit = x64_position(e);
    x64_mov_rm(e, W32, SCRATCH, context_field(g, CONTEXT_EXIT_PC));
    for (int way = 0; way < (g->fast || g->retpolines ? WAYS_OUT : 1); way++) {
        g->ways_out[way] = x64_position(e);
        emit_indirect_jump(g, context_field(g, fields[g->fast][way]));
    }
    if (g->retpolines) {
        g->out_of_gas = x64_position(e);
        emit_indirect_jump(g, out_of_gas_field(g));
    }
    assert(x64_position(e) == exits_start(g->variant));
    g->exit = x64_position(e);
    g->exits_left = EXITS_IN_GROUP;
    emit_exit_groups(g, section_blocks(&g->variant->section));
    g->code_start = x64_position(e);
}

uint32_t codegen_block_out_of_gas(const struct variant *variant, const uint8_t *return_address, uint32_t pushed) {
    return variant->section.first.block + exit_number(variant, exits_start(variant), return_address, pushed);
}

bool codegen_is_unresolved(const struct variant *variant, const uint8_t *return_address) {
    return variant->pointer_count > 0 && return_address > variant->code + variant->unresolved_offset;
}

uint32_t codegen_unresolved_target(const struct variant *variant, const uint8_t *return_address, uint32_t pushed) {
    const struct outward_pointer *pointers =
        (const struct outward_pointer *)(const void *)(variant->code + variant->pointers_offset);
    return pointers[exit_number(variant, variant->unresolved_offset, return_address, pushed)].pc;
}

const uint8_t *codegen_unresolved_exit(const struct variant *variant, uint32_t number) {
    uint32_t group = number / EXITS_IN_GROUP * exit_group_size(variant);
    return variant->code + variant->unresolved_offset + group + number % EXITS_IN_GROUP;
}

/* ---- The pass ---- */

/* The block whose offset this is begins here: so do the jumps that wait for it lead here. */
static void bind_jumps(struct generator *g, uint32_t *offset) {
    uint32_t here = x64_position(&g->emitter);
    x64_bind_all(&g->emitter, *offset, here);
    *offset = here;
}

/* Makes room for so many octets; false, with the result set, where there is none. */
static bool make_room_for(struct pass *p, uint64_t octets) {
    struct x64_emitter *e = &p->generator.emitter;
    uint32_t at = x64_position(e);
    size_t needed = octets + DRAFT_SLACK;
    if ((size_t)(e->end - e->at) < needed) {
        p->result = output_grow(&p->output, at, at + needed, p->error);
        if (p->result != PVM_OK) {
            return false;
        }
        *e = (struct x64_emitter){p->output.start, p->output.start + at, p->output.start + p->output.room};
    }
    return true;
}

/* Makes room for so many instructions. */
static bool make_room(struct pass *p, uint64_t instructions) {
    return make_room_for(p, (instructions + 1) * MAXIMUM_INSTRUCTION_SIZE);
}

/* Emits instructions, all of whose values are written, and fills in the offsets of all but the first. */
static void emit_instructions(struct generator *g, const struct instruction *instructions, uint32_t count,
                              uint32_t *offsets) {
    for (uint32_t n = 0; n < count; n++) {
        uint32_t start = x64_position(&g->emitter);
        if (n > 0) {
            offsets[n] = start;
        }
        emit_instruction[instructions[n].opcode](g, &instructions[n]);
        assert(x64_position(&g->emitter) - start <= MAXIMUM_INSTRUCTION_SIZE - GAS_CHECK_SIZE);
    }
}

/* Emits what takes the gas of a block, which has so many copies and runs with this debt, and what jumps to it wait for. Returns
 * where an amount of four octets stands. */
INLINED uint32_t begin_block(struct generator *g, uint32_t *offset, int32_t taken, bool check, uint32_t copies,
                             int32_t debt) {
    bind_jumps(g, offset);
    uint32_t taken_at = emit_gas(g, taken, check);
    if (!g->simple) {
        g->gas->copies = (uint8_t)copies;
        g->gas->debt = (int16_t)debt;
        g->gas++;
    }
    return taken_at;
}

/* Behind a block: gives back what it has taken for others, which are not what follows. */
static void give_back_behind(struct generator *g, const struct settlement *settlement) {
    g->given_by_jump = g->debt = 0;
    if (settlement->given_behind != 0) {
        x64_alu_ri(&g->emitter, ALU_ADD, W64, GAS, settlement->given_behind);
    }
}

/* The block at pc begins with a line of the cache, unless so many octets are in one as it is. */
static void keep_in_line(struct generator *g, uint32_t pc, uint32_t octets) {
    uint32_t missing = -x64_position(&g->emitter) % LINE_OCTETS;
    if (missing != 0 && missing < octets && !block_has_added_enough(g, pc, missing)) {
        x64_nops(&g->emitter, missing);
        g->added += missing;
    }
}

/* A block that is among the instructions of the lookahead as a whole, with this number among them. False: there is no room. */
INLINED bool generate_block(struct pass *p, const pvm_block *block, const struct instruction *instructions,
                            uint32_t count, uint32_t number, uint32_t *offsets) {
    const struct instruction *last = &instructions[count - 1];
    struct generator *g = &p->generator;
    const uint32_t cost = block->cost;
    if (g->simple) {
        begin_block(g, offsets, (int32_t)cost, true, 1, 0);
        emit_instructions(g, instructions, count, offsets);
        return true;
    }
    const struct settlement *s = &p->ahead.settlements[number];
    g->debt = s->debt;
    g->given_by_jump = s->given_by_jump;
    uint32_t copies = count < LEAST_IN_LOOP || s->taken != (int32_t)cost
                          ? 1
                          : block_copies(g, instructions, count, cost, MAXIMUM_MARGIN - MAXIMUM_DEBT);
    if (copies > 1) {
        uint32_t ahead = (uint32_t)(&p->lookahead.instructions[p->lookahead.count] - instructions);
        if (!make_room(p, ahead + (count + (uint64_t)1) * copies)) {
            return false;
        }
    }
    begin_block(g, offsets, s->taken * (int32_t)copies, p->ahead.debtors[number].checks, copies, s->debt);
    if (count > 1) {
        block_emit(g, instructions, count, copies, cost, offsets);
    } else { /* it is no loop, and nothing could be put off */
        emit_instruction[last->opcode](g, last);
    }
    give_back_behind(g, s);
    return true;
}

/* A block that all instructions are of, and more; returns how many it has. It ends among the instructions then. Its cost
 * takes four octets, which are filled in at the end. It checks, whatever its end is. */
static uint32_t generate_long_block(struct pass *p, pvm_block *block, uint32_t *offsets) {
    struct x64_emitter *e = &p->generator.emitter;
    struct lookahead *l = &p->lookahead;
    const bool price = p->task->price;
    const uint32_t slot = (uint32_t)(offsets - p->generator.variant->offsets);
    struct settlement s = {0};
    uint32_t instructions = 0, taken_at = begin_block(&p->generator, offsets, UNKNOWN_COST, true, 1, 0);
    if (price) {
        block->pc = l->instructions[0].pc;
        gas_begin(&p->gas);
    }
    for (bool ended = false; !ended && p->result == PVM_OK;) {
        ended = l->end_count > 0;
        uint32_t count = ended ? l->ends[0] : l->count;
        assert(ended || count == LOOKAHEAD); /* as piece_of has it */
        if (price) {
            gas_add(&p->gas, l->steps, count);
        }
        if (ended && price) {
            block->cost = gas_finish(&p->gas);
        }
        if (ended) {
            struct generator *g = &p->generator;
            p->too_large |= block->cost > INT32_MAX - MAXIMUM_BEYOND_COST;
            s.taken = (int32_t)block->cost;
            if (!g->simple && !p->too_large) {
                uint32_t end = slot + instructions + count;
                s = ahead_settle_long(g, &l->instructions[count - 1], slot, end, block->cost);
                g->given_by_jump = s.given_by_jump;
            }
        }
        if (instructions > 0) {
            offsets[instructions] = x64_position(e);
        }
        if (p->generator.fast) {
            block_emit(&p->generator, l->instructions, count, 1, 0, offsets + instructions);
        } else {
            emit_instructions(&p->generator, l->instructions, count, offsets + instructions);
        }
        instructions += count;
        if (!ended) {
            lookahead_fill(l, 0);
            (void)make_room(p, l->count);
        }
    }
    if (p->result == PVM_OK) {
        give_back_behind(&p->generator, &s);
        x64_set_u32_at(e, taken_at, (uint32_t)s.taken);
    }
    return instructions;
}

/* Behind the last block: what leads from it, and by jumps, to other sections. */
static void end_section(struct pass *p, const struct instruction *last) {
    struct generator *g = &p->generator;
    struct x64_emitter *e = &g->emitter;
    struct variant *variant = g->variant;
    struct outward_jumps *jumps = &g->outward;
    variant->end_offset = x64_position(e);
    if (!make_room_for(p, outward_most(jumps) + exits_size(variant, jumps->count + 1) + MAXIMUM_INSTRUCTION_SIZE)) {
        return;
    }
    if (last->next < g->program->code_length && opcode_table[last->opcode].leads == LEADS_AS_BRANCH &&
        program_is_block_start(g->program, last->target)) {
        generator_jump_outward(g, last->pc, last->next);
    }
    if (!generator_is_dense(g, last->next, (uint32_t)outward_most(jumps))) {
        outward_use_pointers(jumps);
    }
    for (uint32_t n = 0; n < jumps->count; n++) {
        if (!jumps->targets[n].has_pointer) {
            x64_bind_all(e, jumps->targets[n].by_place, x64_position(e));
            generator_exit(g, OUTWARD_JUMP | jumps->targets[n].pc, WAY_OUT_JUMP);
        }
    }
    if (jumps->pointers == 0) {
        return;
    }
    uint32_t end = x64_position(e) + outward_places_size(jumps) + exits_size(variant, jumps->pointers);
    variant->pointer_count = jumps->pointers;
    variant->pointers_offset = (end + POINTERS_ALIGNMENT - 1) / POINTERS_ALIGNMENT * POINTERS_ALIGNMENT;
    outward_emit_places(jumps, e, variant->pointers_offset);
    variant->unresolved_offset = x64_position(e);
    emit_exit_groups(g, jumps->pointers);
    while (x64_position(e) < variant->pointers_offset) {
        x64_octet(e, PROCESSOR_TRAP_OCTET);
    }
    outward_emit_pointers(jumps, e);
}

/* Those that are among the instructions of the lookahead as a whole, from this one on. */
static void price_blocks(struct pass *p, pvm_block *blocks, uint32_t from) {
    const struct lookahead *l = &p->lookahead;
    uint32_t first = from == 0 ? 0 : l->ends[from - 1];
    for (uint32_t n = from; p->task->price && n < l->end_count; n++) {
        const uint32_t end = l->ends[n], count = end - first;
        const struct gas_step *steps = &l->steps[first];
        uint32_t price = count == 1 ? gas_price_of_one(steps) : gas_price(&p->gas, steps, count);
        *blocks++ = (pvm_block){l->instructions[first].pc, price};
        first = end;
    }
}

/* The section's code into the output. */
static void generate(struct pass *p) {
    struct generator *g = &p->generator;
    struct lookahead *l = &p->lookahead;
    uint32_t *offsets = g->variant->offsets;
    const pvm_block *end_block = &p->task->blocks[g->variant->section.end.block];
    pvm_block *block = &p->task->blocks[g->variant->section.first.block];
    uint32_t kept = 0;
    struct instruction last = {0};
    bool room = true;
    generate_exits(g);
    while (block != end_block && room && !p->too_large) {
        uint32_t first = 0, end = 0;
        lookahead_fill(l, kept);
        room = make_room(p, l->count);
        if (room && l->end_count == 0) {
            offsets += generate_long_block(p, block++, offsets);
            room = p->result == PVM_OK; /* else it has not come to its end, which is not known */
            first = room ? l->ends[0] : 0;
            end = 1;
        }
        if (room) {
            price_blocks(p, block, end);
            ahead_find(&p->ahead, g, l, (uint32_t)(offsets - g->variant->offsets) - first, end, block);
        }
        for (; room && end < l->end_count; end++) {
            uint32_t count = l->ends[end] - first;
            if (RARELY(p->ahead.in_line[end] != 0)) {
                keep_in_line(g, l->instructions[first].pc, p->ahead.in_line[end]);
            }
            room = generate_block(p, block++, &l->instructions[first], count, end, offsets);
            offsets += count;
            first += count;
        }
        kept = l->count - first;
        if (first > 0) {
            last = l->instructions[first - 1];
        }
        p->too_large |= x64_position(&g->emitter) > p->task->arena->size;
    }
    if (room && !p->too_large) {
        end_section(p, &last);
    }
}

/* Emits and publishes the code. */
static status compile(struct pass *p, pvm_error *error) {
    struct generator *g = &p->generator;
    struct x64_emitter *e = &g->emitter;
    struct output *output = &p->output;
    const struct section *section = &g->variant->section;
    uint64_t octets = section->end.pc - section->first.pc;
    uint32_t exits = exits_start(g->variant) + exits_size(g->variant, section_blocks(section));
    uint64_t most = octets * native_octets_per_octet(g->variant->blinded) + NATIVE_OCTETS_FIXED;
    status result = output_open(output, p->task->arena, p->task->reserved, p->task->left, p->task->pieces,
                                exits + DRAFT_SLACK, octets * LIKELY_OCTETS_PER_OCTET + exits + LIKELY_OCTETS_FIXED,
                                most + SLACK_INSTRUCTIONS * MAXIMUM_INSTRUCTION_SIZE, error);
    if (result != PVM_OK) {
        return result;
    }
    *e = (struct x64_emitter){output->start, output->start, output->start + output->room};
    p->error = error;
    generate(p);
    if (p->result != PVM_OK) {
        return p->result;
    }
    if (!p->too_large && x64_position(e) <= most) {
        g->variant->size = x64_position(e);
        return output_publish(output, g->variant->size, &g->variant->code, error);
    }
    output_drop(output, x64_position(e));
    return p->too_large
               ? fail(error, PVM_RESOURCE_LIMIT, 0, "the code arena of %llu octets has no room for the program",
                      (unsigned long long)p->task->arena->size)
               : fail(error, PVM_INTERNAL_ERROR, 0, "the machine code of %llu octets of code is beyond its bound",
                      (unsigned long long)octets);
}

/* Whether instructions have so few octets as no compiler's have: what speeds up running is not worth its time then, which is
 * several times that of other code for each octet as it is. */
static bool is_crowded(const struct section *section) {
    enum { FEW = 256 };
    uint64_t octets = section->end.pc - section->first.pc, instructions = section_instructions(section);
    return instructions > FEW && 3 * instructions > 2 * octets;
}

static bool is_whole(const struct compilation *compilation) {
    return section_instructions(compilation->section) == compilation->program->instruction_count;
}

/* As many as there can be, and one: each block has one jump, and the last one may run on. */
static uint64_t outward_targets(const struct compilation *compilation) {
    return (is_whole(compilation) ? 0 : section_blocks(compilation->section) + UINT64_C(1)) + 1;
}

/* Whether blocks may leave gas to others: who comes from elsewhere comes by the jump table. */
static bool takes_later(const struct generator *g) {
    return !g->simple && g->is_alone && (g->jump_table != NULL || g->program->jump_table_length == 0);
}

static uint64_t gas_octets(const struct generator *g, const struct section *section) {
    uint32_t instructions = section_instructions(section);
    return (g->simple ? 0 : instructions * sizeof *g->spent_to) + (takes_later(g) ? debts_octets(instructions) : 0);
}

/* Memory for the time of a pass: gas by instruction, where it is kept, behind the targets of jumps to other sections. */
static uint64_t scratch_octets(const struct generator *g, const struct compilation *compilation) {
    return outward_targets(compilation) * sizeof(struct outward_target) + gas_octets(g, compilation->section);
}

static void reach_by_jump_table(struct generator *g) {
    for (uint32_t n = 0; n < g->program->jump_table_length; n++) {
        int64_t target = program_jump_block(g->program, n);
        if (target >= 0) {
            debts_reach(&g->debts, variant_slot(g->variant, g->program, (uint32_t)target));
        }
    }
}

static void use_scratch(struct generator *g, const struct piece *scratch, const struct compilation *compilation) {
    uint64_t targets = outward_targets(compilation);
    g->outward.targets = (struct outward_target *)(void *)scratch->start;
    uint32_t instructions = section_instructions(compilation->section);
    struct debt *debts = (struct debt *)(void *)(g->outward.targets + targets);
    if (takes_later(g)) {
        debts_begin(&g->debts, debts, instructions);
        reach_by_jump_table(g);
    }
    g->spent_to = (uint16_t *)debts + (takes_later(g) ? debts_octets(instructions) / sizeof *g->spent_to : 0);
    memset(g->spent_to, 0, g->simple ? 0 : instructions * sizeof *g->spent_to);
    g->debts.nowhere = instructions;
    g->most_left = g->debts.at != NULL ? MAXIMUM_DEBT : 0;
}

status codegen_compile(const struct compilation *compilation, struct variant *variant, pvm_error *error) {
    const struct program *program = compilation->program;
    const struct section *section = compilation->section;
    const bool fast = compilation->kind == VARIANT_FAST, spare = compilation->spare;
    struct pass p;
    memset(&p, 0, offsetof(struct pass, ahead));
    p.task = compilation;
    gas_init(&p.gas);
    lookahead_begin(&p.lookahead, program, section->first.pc, section->end.pc);
    struct generator *g = &p.generator;
    g->program = program;
    g->variant = variant;
    g->first_pc = section->first.pc;
    g->jump_table = spare || compilation->jump_table->entries == 0 ? NULL : compilation->jump_table;
    g->fast = fast;
    g->checked = compilation->kind == VARIANT_CHECKED;
    g->use_gs = compilation->use_gs;
    g->compact = spare;
    g->is_alone = is_whole(compilation);
    g->retpolines = g->outward.retpolines = compilation->retpolines;
    if (compilation->blinded) {
        status result = blinding_begin(&g->blinding, error);
        if (result != PVM_OK) {
            return result;
        }
    }
    const bool crowded = is_crowded(section);
    g->simple = !fast || crowded;
    const uint64_t octets = scratch_octets(g, compilation);
    struct piece scratch = {0};
    if (!pieces_take(compilation->pieces, octets, &scratch)) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory to compile %u instructions",
                    section_instructions(section));
    }
    if (!variant_open(variant, section, !g->simple, compilation->pieces)) {
        pieces_give(compilation->pieces, &scratch, octets);
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for %u offsets", section_instructions(section));
    }
    use_scratch(g, &scratch, compilation);
    g->gas = variant->gas;
    variant->kind = compilation->kind;
    variant->spare = spare;
    variant->retpolines = compilation->retpolines;
    variant->blinded = compilation->blinded;
    variant->plain = compilation->blinded || crowded;
    variant->margin = fast && !is_whole(compilation) ? MAXIMUM_MARGIN : 0;
    variant->maximum_gas = fast ? MAXIMUM_GAS_IN_REGISTER : UINT64_MAX;
    status result = compile(&p, error);
    pieces_give(compilation->pieces, &scratch, octets);
    if (result != PVM_OK) {
        variant_close(variant, compilation->pieces);
    }
    return result;
}

uint32_t codegen_jump_entry(const struct jump_table *table, uint64_t address) {
    uint64_t pointer = (address - (uint64_t)(uintptr_t)table->pointers) / sizeof *table->pointers;
    return (uint32_t)pointer - 1;
}

/* ---- Places in the middle of blocks ---- */

/* Where the piece begins that an instruction is in, of a block with its first one at this index. */
static uint32_t piece_of(uint32_t first, uint32_t index) {
    return index - (index - first) % LOOKAHEAD;
}

/* Whether something may be missing in the middle of its blocks, or be there more than once. */
static bool has_places(const struct variant *variant) {
    return variant->kind == VARIANT_FAST && !variant->plain;
}

struct codegen_fault codegen_resolve_fault(const struct variant *variant, const struct program *program,
                                           const pvm_block *block, struct block_gas gas, uint32_t index,
                                           const uint8_t *address, uint64_t *registers) {
    struct codegen_fault fault = {index, (uint64_t)0 - (uint64_t)gas.debt};
    if (!has_places(variant)) {
        return fault;
    }
    uint32_t first = program_index(program, block->pc), piece = piece_of(first, index);
    const uint8_t *behind = variant_code_at(variant, program, block->pc) + gas.size;
    struct place place;
    if (place_at(program, program_pc_of_index(program, piece), gas.copies, index - piece, (uint32_t)(address - behind),
                 &place)) {
        fault.index = piece + place.instruction;
        fault.refund += (uint64_t)place.copies_behind * block->cost;
        lazy_complete(&place.lazy, registers);
    }
    return fault;
}

bool codegen_can_enter(const struct variant *variant, const struct program *program, const pvm_block *block,
                       struct block_gas gas, uint32_t index, const uint64_t *registers) {
    uint32_t first = program_index(program, block->pc), piece = piece_of(first, index);
    struct place place;
    if (index == piece || !has_places(variant) ||
        !place_of(program, program_pc_of_index(program, piece), gas.copies, index - piece, &place)) {
        return true;
    }
    return lazy_can_begin(&place.lazy, registers);
}
