/* Fuzzes the price of a block: the model, as a whole and by pieces, against the rules followed to the letter, in every
 * revision. */
#define FUZZ_NAME "gas"
#define FUZZ_RUNS 1000
#include "fuzz/fuzz.h"

#include "gas_literal.h"

static void take_block(struct bytes *in) {
    uint8_t registers = (uint8_t)(1 + take_below(in, 13));
    begin_block();
    while (has_more(in) && step_count < 200) {
        uint8_t dice = take(in), opcode = (uint8_t)(1 + dice % (OP_COUNT - 1)), pair = take(in);
        if (opcode_table[opcode].terminator) {
            opcode = OP_move_reg;
        }
        uint32_t times = dice < 200 ? 1 : 1 + take_below(in, 8);
        for (uint32_t n = 0; n < times; n++) {
            add(opcode, (pair + (int)n) % registers, (pair >> 4) % registers, take(in) % registers, 0);
        }
    }
    uint8_t last = OP_trap;
    for (uint8_t wanted = take(in), opcode = 1; opcode < OP_COUNT; opcode++) {
        last = opcode_table[opcode].terminator && opcode % 8 == wanted % 8 ? opcode : last;
    }
    add(last, 0, 1, 2, (int64_t)take_below(in, 255));
    put_opcode(&guest, 1 + take_below(in, OP_COUNT - 1) == OP_unlikely ? OP_unlikely : OP_fallthrough);
}

static void fuzz(struct bytes *in) {
    uint64_t seed = take(in);
    take_block(in);
    for (uint32_t revision = 0; revision < REVISION_COUNT; revision++) {
        uint32_t expected = cost_by_rules(revision), model = cost_by_model(revision);
        uint32_t pieces = cost_by_pieces(revision, seed);
        if (model != expected || pieces != expected) {
            for (int n = 0; n < step_count; n++) {
                printf("  %-22s a %2d b %2d d %2d target %" PRId64 "\n", row_of(steps[n].opcode)->name, steps[n].a,
                       steps[n].b, steps[n].d, steps[n].target);
            }
            CHECK_FAIL("revision %u: %u by the model, %u by pieces, %u by the rules", revision, model, pieces,
                       expected);
        }
    }
}
