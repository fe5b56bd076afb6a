/* A host call that is answered on its way out (pvm_run_answering_gas): each stop is what it would be if that call came out and
 * the host did the same, wherever gas ends, whatever number and cost are, and for no other call and no other run. */
#include "check.h"
#include "guest.h"

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;
static pvm_context *context, *twin;

#define OTHER 100000 /* a number that is blinded */
#define ROUNDS 3

/* Calls behind blocks that check their gas, and behind some that do not. */
static void put_calls(int32_t number) {
    guest_clear(&guest);
    uint32_t start = put_imm(&guest, OP_ecalli, number);
    put_reg_reg_imm(&guest, OP_add_imm_64, 2, 7, 1);
    put_opcode(&guest, OP_fallthrough);
    put_reg_reg_reg(&guest, OP_mul_64, 3, 3, 2);
    put_imm(&guest, OP_ecalli, number);
    put_imm(&guest, OP_ecalli, OTHER);
    put_reg_reg_reg(&guest, OP_add_64, 4, 4, 7);
    put_opcode(&guest, OP_fallthrough);
    put_imm(&guest, OP_ecalli, number);
    put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, -1);
    put_reg_imm_off(&guest, OP_branch_ne_imm, 1, 0, start);
    put_opcode(&guest, OP_trap);
}

static void start(pvm_context *c, uint64_t gas) {
    memset(c->registers, 0, sizeof c->registers);
    c->registers[1] = ROUNDS;
    c->registers[3] = 7;
    c->pc = c->gas_charged = 0;
    c->gas = gas;
}

/* To the letter of the interface. */
static uint32_t run_literally(pvm_context *c, uint64_t number, uint64_t cost) {
    uint32_t kind = pvm_run(c);
    while (kind == PVM_EXIT_HOST_CALL && c->exit_argument == number && c->gas >= cost) {
        c->gas -= cost;
        c->registers[7] = c->gas;
        kind = pvm_run(c);
    }
    return kind;
}

/* Runs to the end, every third time without answers. */
static void check_life(uint64_t gas, uint64_t number, uint64_t cost) {
    uint32_t kind, stops = 0;
    start(context, gas);
    start(twin, gas);
    do {
        bool plain = stops++ % 3 == 2;
        kind = plain ? pvm_run(context) : pvm_run_answering_gas(context, number, cost);
        CHECK_EQ(kind, plain ? pvm_run(twin) : run_literally(twin, number, cost));
        CHECK_BYTES(context->registers, twin->registers, sizeof twin->registers);
        CHECK_EQ(context->gas, twin->gas);
        CHECK_EQ(context->pc, twin->pc);
        CHECK_EQ(context->exit_pc, twin->exit_pc);
        CHECK_EQ(context->exit_argument, twin->exit_argument);
        CHECK_EQ(context->gas_charged, twin->gas_charged);
    } while (kind == PVM_EXIT_HOST_CALL);
}

static void check_number(int32_t number, uint32_t flags, uint32_t section_octets) {
    static const uint64_t costs[] = {0,         1, 10, 700, (uint64_t)INT64_MAX - 1, INT64_MAX, (uint64_t)INT64_MAX + 1,
                                     UINT64_MAX};
    static const uint64_t greats[] = {UINT64_C(1) << 62, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    const uint64_t of_call = (uint64_t)(int64_t)number;
    put_calls(number);
    engine = make_configured(&(struct configuration){"", flags, section_octets}, PVM_REVISION_NEXT);
    module = compile(engine, &guest);
    context = instantiate(module, NULL, 0);
    twin = instantiate(module, NULL, 0);
    CHECK_EQ(instance_of(context)->answers_in_place, (flags & PVM_FLAG_RETPOLINES) == 0);
    for (size_t c = 0; c < sizeof costs / sizeof *costs; c++) {
        for (uint64_t gas = 0; gas < 6000; gas += SANITIZED ? 97 : 13) {
            check_life(gas, of_call, costs[c]);
        }
        for (size_t n = 0; n < sizeof greats / sizeof *greats; n++) {
            for (uint64_t beside = 0; beside < 1600; beside += SANITIZED ? 301 : 43) {
                check_life(greats[n] - beside, of_call, costs[c]);
                check_life(greats[n] - beside, OTHER, costs[c]);
            }
        }
        for (uint64_t beside = 0; beside < 1600; beside += SANITIZED ? 301 : 43) {
            check_life(costs[c] + beside, of_call, costs[c]);
        }
    }
    pvm_instance_destroy(context);
    pvm_instance_destroy(twin);
    pvm_module_release(module);
    destroy_engine(engine);
}

TEST(answers_are_what_exits_would_bring) {
    static const int32_t numbers[] = {0, 4, -1, INT32_MAX, INT32_MIN};
    static const uint32_t flags[] = {0, PVM_FLAG_BLINDED_CONSTANTS, PVM_FLAG_RETPOLINES, HARDENED,
                                     PVM_FLAG_ALWAYS_CHECKED | PVM_FLAG_NO_GS};
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
            check_number(numbers[n], flags[f], 0);
        }
        check_number(numbers[n], 0, 20);
    }
}

int main(void) {
    RUN(answers_are_what_exits_would_bring);
    return check_finish();
}
