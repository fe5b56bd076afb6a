/* The most machine code that one guest instruction makes: every opcode with every choice of registers and the operands that
 * take most, in every variant, first in its block so that the gas check counts. It must be less than is reserved. */
#include "check.h"
#include "guest.h"
#include "x64/generator.h"

static struct guest guest;

static const int64_t immediates[] = {0, 1, -1, INT32_MIN, INT32_MAX, INT64_MAX};
#define IMMEDIATES (sizeof immediates / sizeof *immediates)

/* Jump tables: none, a real one, empty entries, and so many of them that the halt address is in their range. */
static const struct {
    uint32_t entry_size;
    uint64_t entry_count;
} jump_tables[] = {{0, 0}, {1, 3}, {0, 1000}, {0, UINT64_MAX}};
#define JUMP_TABLES (sizeof jump_tables / sizeof *jump_tables)

/* Registers that the encoding has not are not varied. */
static uint32_t choices(uint8_t opcode, enum operand_set operand) {
    const struct operand_roles *roles = &operand_table[opcode_table[opcode].operands];
    uint32_t n = operand == OPERAND_A ? 0 : operand == OPERAND_B ? 1 : 2;
    return (roles->reads[n] | roles->writes[n]) != 0 ? PVM_REGISTER_COUNT : 1;
}

/* Of the choices of registers, every so many. */
#define CHOICES_STEP (SANITIZED ? 5 : 1)

/* The opcode with all its operands, a trap behind each. target: a block start, or not. */
static void put_all(uint8_t opcode, int64_t x, int64_t target) {
    uint32_t as = choices(opcode, OPERAND_A), bs = choices(opcode, OPERAND_B), ds = choices(opcode, OPERAND_D);
    for (uint32_t n = 0; n < as * bs * ds; n += CHOICES_STEP) {
        struct instruction i = {.opcode = opcode,
                                .a = (uint8_t)(n % as),
                                .b = (uint8_t)(n / as % bs),
                                .d = (uint8_t)(n / as / bs),
                                .x = x,
                                .y = x,
                                .target = target};
        put_instruction(&guest, &i);
        put_opcode(&guest, OP_trap);
    }
}

/* Octets of the longest instruction, in the only variant that the module has. */
static uint32_t longest(const pvm_module *module) {
    const struct variant *variant = links_variant(&module->links, 0, module_main_kind(module));
    uint32_t most = 0;
    for (uint32_t n = 0; n < module->program.instruction_count; n++) {
        bool last = n + 1 == module->program.instruction_count;
        uint32_t end = last ? variant->end_offset : variant->offsets[n + 1], size = end - variant->offsets[n];
        most = size > most ? size : most;
    }
    return most;
}

static uint32_t measure(pvm_engine *engine, uint8_t opcode) {
    uint32_t most = 0;
    for (size_t table = 0; table < JUMP_TABLES; table++) {
        guest_clear(&guest);
        guest.entry_size = jump_tables[table].entry_size;
        guest.entry_count = jump_tables[table].entry_count;
        put_opcode(&guest, OP_trap);
        for (size_t n = 0; n < IMMEDIATES; n++) {
            put_all(opcode, immediates[n], (int64_t)n % 2);
            put_all(opcode, immediates[n], -(int64_t)n);
            put_all(opcode, immediates[n], immediates[n]);
        }
        pvm_module *module = compile(engine, &guest);
        uint32_t size = longest(module);
        most = size > most ? size : most;
        pvm_module_release(module);
    }
    return most;
}

TEST(no_instruction_takes_more_than_is_reserved) {
    uint32_t most = 0, of = 0;
    /* What takes most is in no other test. */
    const uint32_t longest_code = HARDENED | PVM_FLAG_ALWAYS_CHECKED | PVM_FLAG_NO_GS;
    for (size_t n = 0; n <= CONFIGURATIONS_OF_WHOLES; n++) {
        bool is_other = n == CONFIGURATIONS_OF_WHOLES;
        pvm_engine *engine = make_engine(is_other ? longest_code : configurations[n].flags, PVM_REVISION_0_8_0);
        for (uint32_t opcode = OP_undefined + 1; opcode < OP_COUNT; opcode++) {
            uint32_t size = measure(engine, (uint8_t)opcode);
            CHECK(size > 4 || opcode == OP_fallthrough || opcode == OP_unlikely);
            if (size >= MAXIMUM_INSTRUCTION_SIZE) {
                CHECK_FAIL("%s, %s: %u octets, and %d are reserved", is_other ? "longest" : configurations[n].name,
                           opcode_table[opcode].name, size, MAXIMUM_INSTRUCTION_SIZE);
            }
            of = size > most ? opcode : of;
            most = size > most ? size : most;
        }
        destroy_engine(engine);
    }
    printf("at the most %u octets, by %s\n", most, opcode_table[of].name);
}

int main(void) {
    RUN(no_instruction_takes_more_than_is_reserved);
    return check_finish();
}
