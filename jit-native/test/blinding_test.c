/* Constants of guests in blinded machine code: none of more than 16 bits is there, in any form of any instruction, while code that is
 * not blinded has them. The random octets of the system are the test's own here (--wrap), or there are none. */
#include "check.h"
#include "guest.h"
#include "x64/blind.h"

#include <errno.h>
#include <sys/types.h>

static bool refused;
static uint64_t seed;

ssize_t __wrap_getrandom(void *octets, size_t length, unsigned flags);

ssize_t __wrap_getrandom(void *octets, size_t length, unsigned flags) {
    (void)flags;
    if (refused) {
        errno = ENOSYS;
        return -1;
    }
    CHECK(length <= sizeof seed);
    uint64_t value = random64(&seed);
    memcpy(octets, &value, length);
    return (ssize_t)length;
}

static struct guest guest;

/* ---- What must not be there ---- */

/* Octets that do something as machine code: of constants that are positive, negative, and of three octets. */
static const int64_t hostile[] = {0x3CB0050F, (int32_t)0xC3050F90, 0x00C3050F, 0x0001EBFE};
#define HOSTILE (sizeof hostile / sizeof *hostile)

static bool has_u32(const struct variant *variant, int64_t value) {
    uint32_t octets = (uint32_t)value;
    return memmem(variant->code, variant->size, &octets, sizeof octets) != NULL;
}

/* Whether a constant is there, or what machine code makes of it beforehand: the address of a last octet, the number of a page, the
 * offset of a jump table that has no entry 0. Numbers of 16 bits do not count. */
static bool has_constant(const struct variant *variant, int64_t x) {
    const int64_t forms[] = {x, x + 1, x + 3, x + 7, (int64_t)((uint32_t)x >> 12), x - 2, x >> 32};
    bool has = false;
    for (size_t n = 0; n < sizeof forms / sizeof *forms; n++) {
        has |= forms[n] != (int16_t)forms[n] && has_u32(variant, forms[n]);
    }
    return has;
}

/* Whether a variant of a module has one of them, in any section. */
static bool module_has(pvm_module *module, int64_t x, int64_t y) {
    bool has = false;
    for (int kind = module_main_kind(module) == VARIANT_FAST ? VARIANT_FAST : VARIANT_EXACT; kind < VARIANT_COUNT;
         kind++) {
        CHECK_EQ(module_complete(module, (enum variant_kind)kind, NULL), PVM_OK);
        for (uint32_t n = 0; n < module->links.section_count; n++) {
            const struct variant *variant = links_variant(&module->links, n, (enum variant_kind)kind);
            has |= has_constant(variant, x) || has_constant(variant, y);
        }
    }
    return has;
}

static bool program_has(uint32_t flags, int64_t x, int64_t y) {
    pvm_engine *engine = make_engine(flags, PVM_REVISION_NEXT);
    pvm_module *module = compile(engine, &guest);
    bool has = module_has(module, x, y);
    pvm_module_release(module);
    destroy_engine(engine);
    return has;
}

/* ---- Every opcode ---- */

/* An instruction with these constants, for registers that differ and that do not, and then where code is dense. */
static void put_forms(uint8_t opcode, int64_t x, int64_t y) {
    guest_clear(&guest);
    guest.entry_size = 1;
    guest.entry_count = 1;
    for (int form = 0; form < 4; form++) {
        struct instruction i = {.opcode = opcode, .a = 7, .b = form % 2 == 0 ? 8 : 7, .d = 9, .x = x, .y = y};
        put_instruction(&guest, &i);
        for (int n = 0; form == 1 && n < 600; n++) {
            put_opcode(&guest, OP_ecalli);
        }
    }
    put_opcode(&guest, OP_trap);
}

/* Whether its machine code has a constant of more than an octet: others have none, or how far to shift. */
static bool has_constants(uint8_t opcode) {
    switch ((enum operands)opcode_table[opcode].operands) {
    case OPERANDS_NONE:
    case OPERANDS_JUMP:
    case OPERANDS_UNARY:
    case OPERANDS_BRANCH:
    case OPERANDS_BINARY:
    case OPERANDS_SELECT: return false;
    default: break;
    }
    switch (opcode) {
    case OP_shlo_l_imm_32:
    case OP_shlo_r_imm_32:
    case OP_shar_r_imm_32:
    case OP_shlo_l_imm_64:
    case OP_shlo_r_imm_64:
    case OP_shar_r_imm_64:
    case OP_rot_r_64_imm:
    case OP_rot_r_32_imm: return false;
    default: return true;
    }
}

TEST(no_opcode_has_its_constants) {
    static const uint32_t ways[] = {0, PVM_FLAG_NO_GS, PVM_FLAG_RETPOLINES};
    uint32_t plain = 0, blinded = 0;
    for (uint8_t opcode = OP_undefined + 1; opcode < OP_COUNT; opcode++) {
        for (size_t n = 0; n < HOSTILE; n++) {
            int64_t x = hostile[n], y = hostile[(n + 1) % HOSTILE];
            if (opcode == OP_load_imm_64) {
                x ^= (int64_t)((uint64_t)y << 32);
            }
            put_forms(opcode, x, y);
            for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
                if (program_has(ways[way] | PVM_FLAG_BLINDED_CONSTANTS, x, y)) {
                    CHECK_FAIL("%s has 0x%" PRIx64 " or 0x%" PRIx64, opcode_table[opcode].name, x, y);
                }
                blinded++;
            }
            bool has = program_has(0, x, y);
            if (has != has_constants(opcode)) {
                CHECK_FAIL("%s %s a constant where it is not blinded", opcode_table[opcode].name,
                           has ? "has" : "lacks");
            }
            plain += has;
        }
    }
    printf("%u programs have their constants, and none of %u that are blinded\n", plain, blinded);
}

/* What is put off, folded into addresses, or there several times otherwise. */
TEST(no_loop_has_its_constants) {
    int64_t x = hostile[0], y = hostile[1];
    guest_clear(&guest);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 7, 8, x);
    put_reg_reg_imm(&guest, OP_add_imm_64, 8, 8, y);
    put_reg_reg_imm(&guest, OP_store_ind_u32, 7, 8, 4);
    put_reg_reg_imm(&guest, OP_add_imm_32, 10, 10, -1);
    put_reg_imm_off(&guest, OP_branch_ne_imm, 10, x, 0);
    put_opcode(&guest, OP_trap);
    CHECK(program_has(0, x, y));
    CHECK(!program_has(PVM_FLAG_BLINDED_CONSTANTS, x, y));
}

/* ---- Where it begins ---- */

static void emit(struct blinding *blinding, uint8_t *code, int64_t x, uint32_t *length) {
    struct x64_emitter e = {code, code, code + 64};
    blinding_mov_ri(blinding, &e, RDI, x, RCX);
    *length = x64_position(&e);
}

TEST(sixteen_bits_stand) {
    static const struct {
        int64_t x;
        bool hidden;
    } cases[] = {{0, false},         {INT16_MAX, false},    {INT16_MIN, false}, {INT16_MAX + 1, true},
                 {65535, true},      {INT16_MIN - 1, true}, {INT32_MAX, true},  {INT32_MIN, true},
                 {UINT32_MAX, true}, {INT64_MAX, true},     {INT64_MIN, true},  {INT64_C(1) << 40, true}};
    struct blinding off = {0}, on = {0};
    CHECK_EQ(blinding_begin(&on, NULL), PVM_OK);
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        uint8_t plain[64], first[64], second[64];
        uint32_t length, of_first, of_second;
        emit(&off, plain, cases[n].x, &length);
        emit(&on, first, cases[n].x, &of_first);
        emit(&on, second, cases[n].x, &of_second);
        CHECK_EQ(blinding_hides(&on, cases[n].x), cases[n].hidden);
        CHECK(!blinding_hides(&off, cases[n].x));
        bool same = length == of_first && memcmp(plain, first, length) == 0;
        bool again = of_first == of_second && memcmp(first, second, of_first) == 0;
        CHECK(same == !cases[n].hidden && again == !cases[n].hidden);
    }
}

/* ---- Numbers of host calls, which are no part of the code ---- */

TEST(numbers_of_host_calls_arrive) {
    pvm_engine *engine = make_engine(PVM_FLAG_BLINDED_CONSTANTS, PVM_REVISION_NEXT);
    guest_clear(&guest);
    for (size_t n = 0; n < HOSTILE; n++) {
        put_imm(&guest, OP_ecalli, hostile[n]);
    }
    put_imm(&guest, OP_ecalli, NUMBER_IN_PROGRAM);
    put_imm(&guest, OP_ecalli, -7);
    put_opcode(&guest, OP_trap);
    pvm_module *module = compile(engine, &guest);
    pvm_context *context = instantiate(module, NULL, 0);
    context->gas = 10000;
    for (size_t n = 0; n < HOSTILE; n++) {
        CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
        CHECK_EQ(context->exit_argument, (uint64_t)hostile[n]);
    }
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    CHECK_EQ(context->exit_argument, (uint64_t)(int64_t)NUMBER_IN_PROGRAM);
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    CHECK_EQ(context->exit_argument, (uint64_t)(int64_t)-7);
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    destroy_engine(engine);
}

/* ---- What is random ---- */

/* The same program twice. */
TEST(no_two_modules_are_the_same) {
    pvm_engine *engine = make_engine(PVM_FLAG_BLINDED_CONSTANTS, PVM_REVISION_NEXT);
    guest_clear(&guest);
    put_reg_imm(&guest, OP_load_imm, 7, hostile[0]);
    put_opcode(&guest, OP_trap);
    pvm_module *one = compile(engine, &guest), *other = compile(engine, &guest);
    const struct variant *a = links_variant(&one->links, 0, module_main_kind(one));
    const struct variant *b = links_variant(&other->links, 0, module_main_kind(other));
    CHECK(a->size != b->size || memcmp(a->code, b->code, a->size) != 0);
    pvm_module_release(one);
    pvm_module_release(other);
    destroy_engine(engine);
}

/* Code is not made then, neither with a module nor when a run gets to it; and is when there are random octets again. */
TEST(no_random_octets) {
    pvm_engine *whole = make_engine(PVM_FLAG_BLINDED_CONSTANTS, PVM_REVISION_NEXT);
    pvm_engine *engine = make_configured(&(struct configuration){"", PVM_FLAG_BLINDED_CONSTANTS, 1}, PVM_REVISION_NEXT);
    pvm_module *module = NULL;
    pvm_error error = {0};
    guest_clear(&guest);
    put_off(&guest, OP_jump, 5);
    put_imm(&guest, OP_ecalli, 7);
    put_opcode(&guest, OP_trap);
    uint64_t length;
    uint8_t *blob = guest_blob(&guest, &length);
    refused = true;
    CHECK_EQ(pvm_module_compile(whole, blob, length, &module, &error), PVM_RESOURCE_LIMIT);
    CHECK(module == NULL && strstr(error.message, "random") != NULL);
    refused = false;
    CHECK_EQ(pvm_module_compile(engine, blob, length, &module, NULL), PVM_OK);
    free(blob);
    CHECK(module->links.section_count > 1);
    pvm_context *context = instantiate(module, NULL, 0);
    context->gas = 10000;
    refused = true;
    CHECK_EQ(pvm_run(context), PVM_EXIT_FAILURE);
    pvm_failure(context, &error);
    CHECK(error.status == PVM_RESOURCE_LIMIT && strstr(error.message, "random") != NULL);
    refused = false;
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    CHECK_EQ(context->exit_argument, 7);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    destroy_engine(engine);
    destroy_engine(whole);
}

int main(void) {
    RUN(no_opcode_has_its_constants);
    RUN(no_loop_has_its_constants);
    RUN(sixteen_bits_stand);
    RUN(numbers_of_host_calls_arrive);
    RUN(no_two_modules_are_the_same);
    RUN(no_random_octets);
    return check_finish();
}
