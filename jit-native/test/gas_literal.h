/* The price of a block by the rules of Gray Paper A.9 followed to the letter, from the table of the specification as text; and
 * the same block priced by the library, in each of its ways. Include check.h before. */
#ifndef GAS_LITERAL_H
#define GAS_LITERAL_H

#include "gas/gas.h"
#include "guest.h"
#include "isa/lookahead.h"

/* Beyond the time from which the model moves its zero. */
#define MAXIMUM_BLOCK 3000

static struct guest guest;

/* ---- The table, as text, by octet ---- */

struct row {
    const char *name, *form;
    int terminator;
    const char *cycles, *slots;
    int alu, load, store, mul, div;
};

static const struct row rows[256] = {
#define ROW(opcode, name, form, terminator, cycles, slots, alu, load, store, mul, div)                                 \
    [opcode] = {name, form, terminator, cycles, slots, alu, load, store, mul, div},
#include "instructions.inc"
#undef ROW
};

static inline const struct row *row_of(uint8_t opcode) {
    return &rows[opcode_octets[opcode]];
}

/* ---- The rules, to the letter ---- */

static inline bool cmov_reads_destination(uint32_t revision) {
    return revision != PVM_REVISION_0_8_0; /* Gray Paper #559 */
}

/* An instruction as the test generator knows it; registers of operands that it does not have are not looked at. */
struct step {
    uint8_t opcode;
    int a, b, d;
    int64_t target;
    uint32_t next;
};

static inline bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* What semantics says is read and written. Returns register A's mask when it is the first source, else 0. */
static inline unsigned registers_of(const struct step *step, uint32_t revision, unsigned *sources,
                                    unsigned *destinations) {
    const char *name = row_of(step->opcode)->name, *form = row_of(step->opcode)->form;
    unsigned a = 1u << step->a, b = 1u << step->b, d = 1u << step->d;
    *sources = *destinations = 0;
    if (strcmp(form, "reg_imm64") == 0 || strcmp(name, "load_imm") == 0 || strcmp(name, "load_imm_jump") == 0) {
        *destinations = a;
    } else if (strcmp(form, "reg_imm") == 0) {
        *(begins(name, "load_") ? destinations : sources) = a; /* store_*, jump_ind read */
    } else if (strcmp(form, "reg_imm_imm") == 0 || strcmp(form, "reg_imm_off") == 0) {
        *sources = a;
    } else if (strcmp(form, "reg_reg") == 0) {
        *sources = a;
        *destinations = d;
    } else if (begins(name, "store_ind_") || strcmp(form, "reg_reg_off") == 0) {
        *sources = a | b;
    } else if (strcmp(form, "reg_reg_imm") == 0 || strcmp(form, "reg_reg_imm_imm") == 0) {
        *sources = b;
        *destinations = a;
    } else if (strcmp(form, "reg_reg_reg") == 0) {
        *sources = a | b;
        *destinations = d;
    }
    if (cmov_reads_destination(revision) && begins(name, "cmov_")) {
        *sources |= *destinations;
    }
    return a;
}

static inline int slots_of(const struct step *step, unsigned sources, unsigned destinations, unsigned first) {
    int overlapping, otherwise;
    const char *text = row_of(step->opcode)->slots;
    if (sscanf(text, "overlap(%d,%d)", &overlapping, &otherwise) == 2) {
        return (sources & destinations) != 0 ? overlapping : otherwise;
    }
    if (sscanf(text, "overlapA(%d,%d)", &overlapping, &otherwise) == 2) {
        return first == destinations ? overlapping : otherwise;
    }
    return text[0] - '0';
}

static inline int cycles_of(const struct step *step, const uint8_t *code, uint32_t length) {
    if (strcmp(row_of(step->opcode)->cycles, "branch(1,20)") != 0) {
        int cycles = 0;
        sscanf(row_of(step->opcode)->cycles, "%d", &cycles);
        return cycles;
    }
    uint8_t next = step->next < length ? code[step->next] : 0;
    uint8_t target = step->target >= 0 && step->target < length ? code[step->target] : 0;
    return next == 0 || next == 2 || target == 0 || target == 2 ? 1 : 20;
}

enum state { DEC, WAIT, EXE, FIN, RETIRED };

struct entry {
    enum state state;
    int cycles;
    int dependencies[REORDER_ENTRIES], dependency_count; /* but for RETIRED ones, which have no cycles left */
    unsigned held;
    int alu, load, store, mul, div;
};

struct pipeline {
    int entries, first; /* entries before `first` are RETIRED: they are left out of loops that they cannot change */
    int cycles, d, e;
    int alu, load, store, mul, div;
    struct entry entry[MAXIMUM_BLOCK];
};

/* What does not depend on the pipeline, worked out once: a block of steps. */
struct prepared {
    int count;
    struct {
        bool move;
        unsigned sources, destinations;
        int cycles, slots;
        const struct row *row;
    } step[MAXIMUM_BLOCK];
};

static inline bool decode_step(struct pipeline *p, const struct prepared *block, int *i) {
    if (*i == block->count || block->step[*i].slots > p->d || p->entries - p->first >= 32) {
        return false;
    }
    unsigned sources = block->step[*i].sources, destinations = block->step[*i].destinations;
    p->d -= block->step[*i].slots;
    if (block->step[*i].move) {
        for (int n = p->first; n < p->entries; n++) {
            if ((p->entry[n].held & sources) != 0) {
                p->entry[n].held |= destinations;
            } else {
                p->entry[n].held &= ~destinations;
            }
        }
        (*i)++;
        return true;
    }
    const struct row *row = block->step[*i].row;
    struct entry *made = &p->entry[p->entries];
    *made = (struct entry){.state = DEC,
                           .cycles = block->step[*i].cycles,
                           .held = destinations,
                           .alu = row->alu,
                           .load = row->load,
                           .store = row->store,
                           .mul = row->mul,
                           .div = row->div};
    for (int n = p->first; n < p->entries; n++) {
        if ((p->entry[n].held & sources) != 0) {
            made->dependencies[made->dependency_count++] = n;
        }
        p->entry[n].held &= ~destinations;
    }
    p->entries++;
    (*i)++;
    return true;
}

static inline bool dependencies_done(const struct pipeline *p, const struct entry *entry) {
    for (int n = 0; n < entry->dependency_count; n++) {
        if (p->entry[entry->dependencies[n]].cycles != 0) {
            return false;
        }
    }
    return true;
}

static inline bool start_step(struct pipeline *p) {
    for (int n = p->first; n < p->entries && p->e > 0; n++) {
        struct entry *entry = &p->entry[n];
        if (entry->state == WAIT && entry->alu <= p->alu && entry->load <= p->load && entry->store <= p->store &&
            entry->mul <= p->mul && entry->div <= p->div && dependencies_done(p, entry)) {
            entry->state = EXE;
            p->alu -= entry->alu;
            p->load -= entry->load;
            p->store -= entry->store;
            p->mul -= entry->mul;
            p->div -= entry->div;
            p->e--;
            return true;
        }
    }
    return false;
}

static inline void cycle_step(struct pipeline *p) {
    p->d = 4;
    p->e = 5;
    p->cycles++;
    bool earlier = true; /* all earlier entries are FIN or RETIRED */
    int first = p->first;
    for (int n = p->first; n < p->entries; n++) {
        struct entry *entry = &p->entry[n];
        enum state state = entry->state;
        if (state == EXE && entry->cycles == 1) {
            p->alu += entry->alu;
            p->load += entry->load;
            p->store += entry->store;
            p->mul += entry->mul;
            p->div += entry->div;
        }
        earlier = earlier && (state == FIN || state == RETIRED);
        if (earlier) {
            entry->state = RETIRED;
            first = n + 1;
        } else if (state == DEC) {
            entry->state = WAIT;
        } else if (state == EXE && entry->cycles == 0) {
            entry->state = FIN;
        }
        if (state == EXE && entry->cycles > 0) {
            entry->cycles--;
        }
    }
    p->first = first;
}

static inline uint32_t literal_cost(const struct prepared *block) {
    static struct pipeline p;
    p.entries = p.first = p.cycles = 0;
    p.d = p.alu = p.load = p.store = 4;
    p.e = 5;
    p.mul = p.div = 1;
    int i = 0;
    for (;;) {
        if (decode_step(&p, block, &i) || start_step(&p)) {
            continue;
        }
        if (i == block->count && p.first == p.entries) {
            return (uint32_t)(p.cycles - 3 > 1 ? p.cycles - 3 : 1);
        }
        cycle_step(&p);
    }
}

/* ---- Blocks: steps made known to both sides ---- */

static struct step steps[MAXIMUM_BLOCK];
static int step_count;

static inline void begin_block(void) {
    guest_clear(&guest);
    step_count = 0;
}

static inline void add(uint8_t opcode, int a, int b, int d, int64_t target) {
    struct instruction i = {
        .opcode = opcode, .a = (uint8_t)a, .b = (uint8_t)b, .d = (uint8_t)d, .x = 1, .y = 1, .target = target};
    put_instruction(&guest, &i);
    steps[step_count++] = (struct step){opcode, a, b, d, target, guest.length};
}

static inline uint32_t cost_by_rules(uint32_t revision) {
    static struct prepared block;
    block.count = step_count;
    for (int n = 0; n < step_count; n++) {
        unsigned sources, destinations, first = registers_of(&steps[n], revision, &sources, &destinations);
        block.step[n].move = steps[n].opcode == OP_move_reg;
        block.step[n].sources = sources;
        block.step[n].destinations = destinations;
        block.step[n].cycles = cycles_of(&steps[n], guest.code, guest.length);
        block.step[n].slots = slots_of(&steps[n], sources, destinations, first);
        block.step[n].row = row_of(steps[n].opcode);
    }
    return literal_cost(&block);
}

/* One for all blocks, so that each finds what the one before left. */
static inline struct gas_model *the_model(void) {
    static struct gas_model model;
    static bool begun;
    if (!begun) {
        gas_init(&model);
        begun = true;
    }
    return &model;
}

/* The program of the block, without a blob. */
static inline struct program block_program(uint32_t revision) {
    static uint8_t starts[GUEST_CAPACITY / 8 + 16];
    memcpy(starts, guest.starts, guest.length / 8 + 1);
    memset(starts + guest.length / 8 + 1, 0xFF, 8);
    starts[guest.length / 8] |= (uint8_t)(0xFF << guest.length % 8);
    memset(guest.code + guest.length, 0, 8); /* of longer blocks before */
    return (struct program){
        .rules = &revision_table[revision], .code = guest.code, .starts = starts, .code_length = guest.length};
}

/* What the model knows of the block's instructions. */
static inline const struct gas_step *model_steps(uint32_t revision) {
    static struct gas_step made[GUEST_CAPACITY];
    static struct lookahead lookahead;
    struct program program = block_program(revision);
    uint32_t count = 0;
    lookahead_begin(&lookahead, &program, 0, program.code_length);
    while (count < (uint32_t)step_count) {
        lookahead_fill(&lookahead, 0);
        CHECK(lookahead.count > 0);
        for (uint32_t n = 0; n < lookahead.count && count < (uint32_t)step_count; n++, count++) {
            CHECK_EQ(lookahead.instructions[n].opcode, steps[count].opcode);
            made[count] = lookahead.steps[n];
        }
    }
    return made;
}

/* The way compilation takes, of blocks in one window and, by chance, of longer ones. */
static inline uint32_t cost_by_model(uint32_t revision) {
    struct gas_model *model = the_model();
    const struct gas_step *made = model_steps(revision);
    uint32_t cost = gas_price(model, made, (uint32_t)step_count), part = 1 + cost * 7 % 97;
    gas_begin(model);
    for (uint32_t n = 0; n < (uint32_t)step_count; n += part) {
        gas_add(model, made + n, (uint32_t)step_count - n < part ? (uint32_t)step_count - n : part);
    }
    CHECK_EQ(gas_finish(model), cost);
    return gas_price(model, made, (uint32_t)step_count);
}

/* In pieces of random size, changing from program order to events at random even where nothing asks for it, and with a zero
 * of time that moves in between. */
static inline uint32_t cost_by_pieces(uint32_t revision, uint64_t seed) {
    struct gas_model *model = the_model();
    const struct gas_step *made = model_steps(revision);
    uint32_t first = 0, piece = 0, base = 0;
    bool by_events = random_below(&seed, 2) == 0;
    gas_order_begin(&model->order);
    gas_events_begin(&model->events);
    for (uint32_t n = 1; n <= (uint32_t)step_count; n++) {
        const struct gas_step *part = made + first;
        uint32_t count = n - first;
        if (piece-- != 0 && n != (uint32_t)step_count) {
            continue;
        }
        piece = random_below(&seed, 1 + random_below(&seed, GAS_CHUNK - 1));
        if (!by_events && (random_below(&seed, 4) == 0 || !gas_order_place(&model->order, part, count))) {
            gas_events_resume(&model->events, &model->order);
            by_events = true;
        } else if (!by_events) {
            gas_events_follow(&model->events, part, count);
        }
        if (by_events) {
            gas_events_run(&model->events, part, count, n == (uint32_t)step_count);
        }
        if (random_below(&seed, 2) == 0) {
            base += (uint32_t)(by_events ? gas_events_rebase(&model->events) : gas_order_rebase(&model->order));
        }
        first = n;
    }
    uint32_t latest = base + (uint32_t)(by_events ? model->events.now.latest : model->order.latest);
    return latest > 2 ? latest - 1 : 1;
}

#endif
