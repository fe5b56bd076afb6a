/* The price of a basic block: the out-of-order pipeline of Gray Paper A.9, simulated by events instead of by rules.
 *
 * It equals the literal rules because of what they imply:
 *  - An entry started in cycle s with latency L has 0 cycles left from cycle s + L on; then its units are free, its
 *    dependents may start. It is FIN from s + L + 1 and RETIRED from the cycle after every entry up to it is FIN.
 *  - An entry decoded in cycle c may start from c + 1. In a cycle all decoding comes before all starts.
 *  - Every instruction but move_reg has at least one cycle, and each takes an ALU at least as often as a load or store
 *    unit; with four of each, load and store units never run out first and need no count.
 *  - A register is held by one entry at most, for taking hold ends every other hold and move_reg only renames.
 *  - So the simulation ends in cycle max(s + L) + 2.
 * Sets of entries are bit masks over the 32 slots of the reorder buffer. Cycles in which nothing can happen are skipped. */
#include "internal.h"

#define REORDER_ENTRIES 32
#define DECODE_SLOTS 4
#define STARTS 5
#define WHEEL 128 /* more cycles than any latency */

void gas_begin(struct gas_model *model) {
    memset(model, 0, sizeof *model);
    model->decode_left = DECODE_SLOTS;
    model->alu_free = 4;
    model->mul_free = 1;
    model->div_free = 1;
}

static uint32_t rotate_right(uint32_t value, uint32_t count) {
    return value >> (count & 31) | value << (-count & 31);
}

/* Slots that could start now if they are clear: those whose units are free. */
static uint32_t startable(const struct gas_model *model) {
    uint32_t blocked = 0;
    if (model->alu_free < 2) {
        blocked |= model->class_alu2;
        if (model->alu_free < 1) {
            blocked |= model->class_alu | model->class_mul | model->class_div;
        }
    }
    if (model->mul_free == 0) {
        blocked |= model->class_mul;
    }
    if (model->div_free == 0) {
        blocked |= model->class_div;
    }
    return model->waiting & model->clear & ~blocked;
}

/* Takes (sign -1) or gives back (sign 1) the units of a slot. */
static void use_units(struct gas_model *model, uint32_t bit, uint32_t sign) {
    model->alu_free +=
        sign * ((model->class_alu2 & bit) != 0
                    ? 2u
                    : (uint32_t)((((model->class_alu | model->class_mul | model->class_div)) & bit) != 0));
    model->mul_free += sign * (uint32_t)((model->class_mul & bit) != 0);
    model->div_free += sign * (uint32_t)((model->class_div & bit) != 0);
}

/* Starts what this cycle can start, oldest first; whether starts were left over for no other reason than their number. */
static bool start_entries(struct gas_model *model) {
    for (int starts = 0; starts < STARTS; starts++) {
        uint32_t candidates = startable(model);
        if (candidates == 0) {
            return false;
        }
        uint32_t slot = (model->head + (uint32_t)__builtin_ctz(rotate_right(candidates, model->head))) & 31;
        uint32_t bit = UINT32_C(1) << slot;
        uint32_t finish = model->cycle + model->latency[slot];
        model->waiting &= ~bit;
        use_units(model, bit, UINT32_MAX);
        model->finish[slot] = finish;
        model->finishing[finish % WHEEL] |= bit;
        model->finishing_set[finish % WHEEL / 64] |= UINT64_C(1) << (finish % 64);
        if (finish > model->latest_finish) {
            model->latest_finish = finish;
        }
    }
    return startable(model) != 0;
}

/* The next cycle, at most WHEEL - 1 ahead, in which an executing entry has no cycles left; there is one. */
static uint32_t next_finish(const struct gas_model *model) {
    uint32_t position = (model->cycle + 1) % WHEEL;
    unsigned __int128 set = (unsigned __int128)model->finishing_set[1] << 64 | model->finishing_set[0];
    set = position == 0 ? set : set >> position | set << (WHEEL - position);
    uint64_t low = (uint64_t)set;
    uint32_t distance =
        low != 0 ? (uint32_t)__builtin_ctzll(low) : 64 + (uint32_t)__builtin_ctzll((uint64_t)(set >> 64));
    return model->cycle + 1 + distance;
}

/* Entries whose cycles run out now: their units and dependents are free. */
static void finish_entries(struct gas_model *model) {
    uint32_t finished = model->finishing[model->cycle % WHEEL];
    model->finishing[model->cycle % WHEEL] = 0;
    model->finishing_set[model->cycle % WHEEL / 64] &= ~(UINT64_C(1) << (model->cycle % 64));
    model->unfinished &= ~finished;
    while (finished != 0) {
        uint32_t slot = (uint32_t)__builtin_ctz(finished);
        finished &= finished - 1;
        use_units(model, UINT32_C(1) << slot, 1);
        for (uint32_t dependents = model->dependents[slot]; dependents != 0; dependents &= dependents - 1) {
            uint32_t dependent = (uint32_t)__builtin_ctz(dependents);
            if (--model->pending[dependent] == 0) {
                model->clear |= UINT32_C(1) << dependent;
            }
        }
    }
}

static void retire_entries(struct gas_model *model) {
    while (model->head != model->tail) {
        uint32_t bit = UINT32_C(1) << (model->head & 31);
        if (((model->unfinished | model->waiting | model->decoded) & bit) != 0 ||
            model->finish[model->head & 31] + 2 > model->cycle) {
            return;
        }
        model->class_alu &= ~bit;
        model->class_alu2 &= ~bit;
        model->class_mul &= ~bit;
        model->class_div &= ~bit;
        model->head++;
    }
}

/* Ends this cycle and goes to the next one in which something can happen. `decoding`: the next instruction is only
 * waiting for decode slots, so that the very next cycle counts. */
static void advance(struct gas_model *model, bool decoding) {
    bool left_over = start_entries(model);
    uint32_t next = model->cycle + 1;
    if (!decoding && !left_over && model->decoded == 0) {
        uint32_t head_bit = UINT32_C(1) << (model->head & 31);
        next = UINT32_MAX;
        if ((model->finishing_set[0] | model->finishing_set[1]) != 0) {
            next = next_finish(model);
        }
        if (model->head != model->tail && ((model->unfinished | model->waiting) & head_bit) == 0) {
            uint32_t retire = model->finish[model->head & 31] + 2;
            next = retire < next ? retire : next;
        }
    }
    model->cycle = next;
    model->decode_left = DECODE_SLOTS;
    model->waiting |= model->decoded;
    model->decoded = 0;
    finish_entries(model);
    retire_entries(model);
}

static uint32_t latency_of(const struct opcode_info *info, const struct program *program, const struct instruction *i) {
    if (info->cycles != BRANCH_CYCLES) {
        return info->cycles;
    }
    enum opcode next = program_opcode(program, i->next), target = program_opcode(program, i->target);
    bool cold = next == OP_unlikely || next == OP_trap || target == OP_unlikely || target == OP_trap;
    return cold ? 1 : 20;
}

/* Registers an instruction reads and writes, as masks. */
struct register_use {
    uint16_t sources;
    uint16_t destinations;
    uint16_t first_source; /* register A, when it is a source */
};

static struct register_use registers_of(const struct instruction *i, const struct opcode_info *info,
                                        bool cmov_reads_destination) {
    const struct operand_roles *roles = &operand_table[info->operands];
    uint16_t a = (uint16_t)(1u << i->a), b = (uint16_t)(1u << i->b), d = (uint16_t)(1u << i->d);
    struct register_use use;
    use.first_source = a & roles->reads[0];
    use.sources = (uint16_t)(use.first_source | (b & roles->reads[1]) | (d & roles->reads[2]));
    use.destinations = (uint16_t)((a & roles->writes[0]) | (b & roles->writes[1]) | (d & roles->writes[2]));
    if (roles->updates && cmov_reads_destination) {
        use.sources |= use.destinations;
    }
    return use;
}

static uint32_t slots_of(const struct opcode_info *info, const struct register_use *use) {
    switch ((enum slot_rule)info->slot_rule) {
    case SLOTS_ANY: return (use->sources & use->destinations) != 0 ? info->slots_overlapping : info->slots_otherwise;
    case SLOTS_FIRST:
        return (use->first_source & use->destinations) != 0 ? info->slots_overlapping : info->slots_otherwise;
    case SLOTS_FIXED: break;
    }
    return info->slots_otherwise;
}

static void append(struct gas_model *model, const struct opcode_info *info, const struct register_use *use,
                   uint32_t latency) {
    uint32_t slot = model->tail & 31, bit = UINT32_C(1) << slot, dependencies = 0;
    for (uint32_t sources = use->sources; sources != 0; sources &= sources - 1) {
        uint32_t held_by = model->holder[__builtin_ctz(sources)];
        /* Numbers are kept plus one; a retired entry's slot may belong to another one by now. */
        if (held_by != 0 && held_by - 1 >= model->head) {
            dependencies |= model->unfinished & UINT32_C(1) << ((held_by - 1) & 31);
        }
    }
    model->pending[slot] = (uint8_t)__builtin_popcount(dependencies);
    for (uint32_t rest = dependencies; rest != 0; rest &= rest - 1) {
        model->dependents[__builtin_ctz(rest)] |= bit;
    }
    model->dependents[slot] = 0;
    model->clear = dependencies == 0 ? model->clear | bit : model->clear & ~bit;
    model->decoded |= bit;
    model->unfinished |= bit;
    model->latency[slot] = (uint8_t)latency;
    switch ((enum unit_class)info->units) {
    case UNITS_NONE: break;
    case UNITS_ALU:
    case UNITS_LOAD:
    case UNITS_STORE: model->class_alu |= bit; break;
    case UNITS_ALU2: model->class_alu2 |= bit; break;
    case UNITS_MUL: model->class_mul |= bit; break;
    case UNITS_DIV: model->class_div |= bit; break;
    }
    model->tail++;
    for (uint32_t destinations = use->destinations; destinations != 0; destinations &= destinations - 1) {
        model->holder[__builtin_ctz(destinations)] = model->tail;
    }
}

void gas_add(struct gas_model *model, const struct program *program, const struct instruction *instruction) {
    const struct opcode_info *info = &opcode_table[instruction->opcode];
    struct register_use use = registers_of(instruction, info, program->rules->cmov_reads_destination);
    uint32_t slots = slots_of(info, &use);
    for (;;) {
        bool room = model->tail - model->head < REORDER_ENTRIES;
        if (room && slots <= model->decode_left) {
            break;
        }
        advance(model, room);
    }
    model->decode_left -= slots;
    if (instruction->opcode == OP_move_reg) {
        model->holder[instruction->d] = model->holder[instruction->a];
    } else {
        append(model, info, &use, latency_of(info, program, instruction));
    }
}

uint32_t gas_finish(struct gas_model *model) {
    while ((model->waiting | model->decoded) != 0) {
        advance(model, false);
    }
    /* The cycles at the end are latest_finish + 2, the price is three less. */
    return model->latest_finish > 2 ? model->latest_finish - 1 : 1;
}
