/* Division by constants: the reciprocals, against 128-bit arithmetic; and what machine code makes of them, in every choice of
 * registers, against plain C. */
#include "check.h"
#include "guest.h"
#include "x64/divide.h"

#define ROUNDS (SANITIZED ? 200 : 2000)

static struct guest guest;

/* A number around a power of two, a small one, or any. */
static uint64_t random_number(uint64_t *seed) {
    uint64_t power = UINT64_C(1) << random_below(seed, 64), any = random64(seed) >> random_below(seed, 64);
    switch (random_below(seed, 4)) {
    case 0: return power + random_below(seed, 7) - 3;
    case 1: return random_below(seed, 2000);
    case 2: return 0 - any;
    default: return any;
    }
}

/* Multiples of the divisor and their neighbours, and the ends. */
static uint64_t random_dividend(uint64_t *seed, uint64_t divisor) {
    uint64_t multiple = random_number(seed) / divisor * divisor;
    switch (random_below(seed, 4)) {
    case 0: return multiple - 1 + random_below(seed, 3);
    case 1: return UINT64_MAX / divisor * divisor - 1 + random_below(seed, 3);
    case 2: return UINT64_MAX - random_below(seed, 3);
    default: return random_number(seed);
    }
}

static uint64_t by_reciprocal(struct reciprocal r, uint64_t n) {
    n += r.increment && n != UINT64_MAX;
    return (uint64_t)((unsigned __int128)n * r.factor >> 64) >> r.shift;
}

static void check_reciprocal(uint64_t divisor, uint64_t *seed, uint32_t *increments) {
    struct reciprocal wide = reciprocal_of(divisor), narrow = reciprocal_of_32((uint32_t)divisor);
    *increments += wide.increment;
    for (int n = 0; n < 50; n++) {
        uint64_t dividend = random_dividend(seed, divisor);
        if (by_reciprocal(wide, dividend) != dividend / divisor) {
            CHECK_FAIL("%" PRIu64 " / %" PRIu64, dividend, divisor);
        }
        if (divisor <= UINT32_MAX && by_reciprocal(narrow, (uint32_t)dividend) != (uint32_t)dividend / divisor) {
            CHECK_FAIL("%" PRIu32 " / %" PRIu64, (uint32_t)dividend, divisor);
        }
    }
}

TEST(reciprocals_are_exact) {
    uint64_t seed = 60;
    uint32_t increments = 0, divisors = 0;
    for (uint64_t divisor = 3; divisor < 3000; divisor++) {
        if ((divisor & (divisor - 1)) != 0) {
            check_reciprocal(divisor, &seed, &increments);
            divisors++;
        }
    }
    for (uint32_t n = 0; n < 50 * ROUNDS; n++) {
        uint64_t divisor = random_number(&seed);
        if ((divisor & (divisor - 1)) != 0) {
            check_reciprocal(divisor, &seed, &increments);
            divisors++;
        }
    }
    CHECK(increments > divisors / 10 && increments < divisors / 10 * 9);
}

/* ---- Machine code ---- */

static const uint8_t divisions[] = {OP_div_u_32, OP_rem_u_32, OP_div_s_32, OP_rem_s_32,
                                    OP_div_u_64, OP_rem_u_64, OP_div_s_64, OP_rem_s_64};

static uint64_t se32(uint32_t value) {
    return (uint64_t)(int32_t)value;
}

/* By no divisor that could overflow, or is 0. */
static uint64_t expected(uint8_t opcode, uint64_t a, uint64_t b) {
    switch (opcode) {
    case OP_div_u_32: return se32((uint32_t)a / (uint32_t)b);
    case OP_rem_u_32: return se32((uint32_t)a % (uint32_t)b);
    case OP_div_s_32: return se32((uint32_t)((int32_t)a / (int32_t)b));
    case OP_rem_s_32: return se32((uint32_t)((int32_t)a % (int32_t)b));
    case OP_div_u_64: return a / b;
    case OP_rem_u_64: return a % b;
    case OP_div_s_64: return (uint64_t)((int64_t)a / (int64_t)b);
    case OP_rem_s_64: return (uint64_t)((int64_t)a % (int64_t)b);
    default: CHECK_FAIL("opcode %u", opcode);
    }
}

/* Divisors: of 32 bits with a sign, not 0, 1 or -1. */
static int32_t random_divisor(uint64_t *seed) {
    int32_t divisor;
    do {
        divisor = (int32_t)random_number(seed);
    } while (divisor >= -1 && divisor <= 1);
    return divisor;
}

static void check_division(pvm_engine *engine, uint8_t opcode, int d, int a, int b, uint64_t *seed) {
    int32_t divisor = random_divisor(seed);
    guest_clear(&guest);
    put_reg_imm(&guest, OP_load_imm, b, divisor);
    put_reg_reg_reg(&guest, opcode, d, a, b);
    put_opcode(&guest, OP_trap);
    pvm_module *module = compile(engine, &guest);
    for (int n = 0; n < 4; n++) {
        uint64_t dividend = a == b ? (uint64_t)divisor : random_dividend(seed, (uint64_t)divisor);
        pvm_context *context = instantiate(module, NULL, 0);
        for (int r = 0; r < PVM_REGISTER_COUNT; r++) {
            context->registers[r] = random64(seed);
        }
        context->registers[a] = dividend;
        uint64_t registers[PVM_REGISTER_COUNT];
        memcpy(registers, context->registers, sizeof registers);
        registers[b] = (uint64_t)divisor;
        registers[d] = expected(opcode, dividend, (uint64_t)divisor);
        context->gas = 1000;
        CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
        for (int r = 0; r < PVM_REGISTER_COUNT; r++) {
            if (context->registers[r] != registers[r]) {
                CHECK_FAIL("%s r%d = r%d / r%d: %" PRIu64 " and %" PRId32 " make r%d %" PRIx64 ", not %" PRIx64,
                           opcode_table[opcode].name, d, a, b, dividend, divisor, r, context->registers[r],
                           registers[r]);
            }
        }
        pvm_instance_destroy(context);
    }
    pvm_module_release(module);
}

TEST(divisions_are_exact) {
    pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
    uint64_t seed = 61;
    for (size_t n = 0; n < sizeof divisions; n++) {
        for (int registers = 0; registers < 13 * 13 * 13; registers += SANITIZED ? 7 : 1) {
            check_division(engine, divisions[n], registers % 13, registers / 13 % 13, registers / 169, &seed);
        }
    }
    destroy_engine(engine);
}

/* 0 stays a division by zero, 1 and -1 what they are. */
TEST(divisors_that_are_special) {
    static const struct {
        uint8_t opcode;
        int64_t divisor;
        uint64_t result; /* of 2^63 + 2^31 + 5 */
    } cases[] = {{OP_div_u_64, 0, UINT64_MAX},
                 {OP_rem_u_64, 0, 0x8000000080000005},
                 {OP_div_u_32, 0, UINT64_MAX},
                 {OP_rem_u_32, 0, 0xFFFFFFFF80000005},
                 {OP_div_u_64, 1, 0x8000000080000005},
                 {OP_rem_u_64, 1, 0},
                 {OP_div_u_32, 1, 0xFFFFFFFF80000005},
                 {OP_rem_u_32, 1, 0},
                 {OP_div_u_64, -1, 0},
                 {OP_rem_u_64, -1, 0x8000000080000005},
                 {OP_div_u_32, -1, 0},
                 {OP_rem_u_32, -1, 0xFFFFFFFF80000005},
                 {OP_div_u_32, INT32_MIN, 1},
                 {OP_rem_u_32, INT32_MIN, 5},
                 {OP_rem_u_32, -16, 0xFFFFFFFF80000005},
                 {OP_div_s_32, -1, 0x7FFFFFFB},
                 {OP_div_u_32, INT64_C(0x100000000), UINT64_MAX}};
    pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        guest_clear(&guest);
        struct instruction constant = {.opcode = OP_load_imm_64, .a = 8, .x = cases[n].divisor};
        put_instruction(&guest, &constant);
        put_reg_reg_reg(&guest, cases[n].opcode, 9, 7, 8);
        put_opcode(&guest, OP_trap);
        pvm_module *module = compile(engine, &guest);
        pvm_context *context = instantiate(module, NULL, 0);
        context->registers[7] = 0x8000000080000005;
        context->gas = 1000;
        CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
        CHECK_EQ(context->registers[9], cases[n].result);
        pvm_instance_destroy(context);
        pvm_module_release(module);
    }
    destroy_engine(engine);
}

/* What was constant is not, where a run starts behind it, or a host call has changed it. */
TEST(constants_are_forgotten) {
    pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
    guest_clear(&guest);
    put_reg_imm(&guest, OP_load_imm, 8, 10);
    uint32_t middle = guest.length;
    put_reg_reg_reg(&guest, OP_div_u_64, 9, 7, 8);
    put_imm(&guest, OP_ecalli, 1);
    put_reg_reg_reg(&guest, OP_rem_u_64, 10, 7, 8);
    put_opcode(&guest, OP_trap);
    pvm_module *module = compile(engine, &guest);
    for (uint64_t divisor = 3; divisor < 20; divisor++) {
        pvm_context *context = instantiate(module, NULL, 0);
        context->registers[7] = 1000;
        context->registers[8] = divisor;
        context->gas = 1000;
        context->pc = middle;
        CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
        CHECK_EQ(context->registers[9], 1000 / divisor);
        context->registers[8] = divisor + 1;
        CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
        CHECK_EQ(context->registers[10], 1000 % (divisor + 1));
        pvm_instance_destroy(context);
    }
    pvm_module_release(module);
    destroy_engine(engine);
}

int main(void) {
    RUN(reciprocals_are_exact);
    RUN(divisions_are_exact);
    RUN(divisors_that_are_special);
    RUN(constants_are_forgotten);
    return check_finish();
}
