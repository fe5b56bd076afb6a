/* The tables of the instruction set: those of the library against the Gray Paper's, as transcribed for the tests
 * (instructions.inc), and that transcription against the specification's instructions.tsv, where PVM_SPEC names its
 * folder or it lies beside the vectors, those of PVM_VECTORS or beside the repository. */
#include "check.h"
#include "guest.h"

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

#define OPCODES 139

static void check_row(const struct opcode_info *info, const struct row *row) {
    static const char *const forms[] = {"none",       "imm",         "reg_imm64",   "imm_imm",
                                        "off",        "reg_imm",     "reg_imm_imm", "reg_imm_off",
                                        "reg_reg",    "reg_reg_imm", "reg_reg_off", "reg_reg_imm_imm",
                                        "reg_reg_reg"};
    static const struct {
        int alu, load, store, mul, div;
    } units[] = {{0, 0, 0, 0, 0}, {1, 0, 0, 0, 0}, {2, 0, 0, 0, 0}, {1, 1, 0, 0, 0},
                 {1, 0, 1, 0, 0}, {1, 0, 0, 1, 0}, {1, 0, 0, 0, 1}};
    char text[32];
    CHECK_STR(info->name, row->name);
    CHECK_STR(forms[info->encoding], row->form);
    CHECK_EQ(info->terminator, row->terminator);
    snprintf(text, sizeof text, info->cycles == BRANCH_CYCLES && info->terminator ? "branch(1,20)" : "%u",
             info->cycles);
    CHECK_STR(text, row->cycles);
    snprintf(text, sizeof text, "%u", info->decode_slots_otherwise);
    if (info->decode_slot_rule != DECODE_SLOTS_FIXED) {
        snprintf(text, sizeof text, "overlap%s(%u,%u)", info->decode_slot_rule == DECODE_SLOTS_FIRST ? "A" : "",
                 info->decode_slots_overlapping, info->decode_slots_otherwise);
    }
    CHECK_STR(text, row->slots);
    CHECK_EQ(units[info->units].alu, row->alu);
    CHECK_EQ(units[info->units].load, row->load);
    CHECK_EQ(units[info->units].store, row->store);
    CHECK_EQ(units[info->units].mul, row->mul);
    CHECK_EQ(units[info->units].div, row->div);
}

/* By octet, in every revision: they have the same opcodes. */
TEST(the_library_has_the_instructions_of_the_gray_paper) {
    CHECK_EQ(OP_COUNT - 1, OPCODES);
    for (uint32_t revision = 0; revision < REVISION_COUNT; revision++) {
        int count = 0;
        for (int octet = 0; octet < 256; octet++) {
            uint8_t opcode = revision_table[revision].opcodes[octet];
            CHECK_EQ(opcode != OP_undefined, rows[octet].name != NULL);
            if (opcode != OP_undefined) {
                check_row(&opcode_table[opcode], &rows[octet]);
                count++;
            }
        }
        CHECK_EQ(count, OPCODES);
    }
}

/* Accesses by the names of their opcodes, and the units that go with them. */
TEST(accesses_fit_their_names) {
    static const char *const suffixes[] = {"", "_u8", "_i8", "_u16", "_i16", "_u32", "_i32", "_u64"};
    static const uint32_t sizes[] = {0, 1, 1, 2, 2, 4, 4, 8};
    for (int opcode = OP_undefined + 1; opcode < OP_COUNT; opcode++) {
        const struct opcode_info *info = &opcode_table[opcode];
        struct instruction i = {.opcode = (uint8_t)opcode, .a = 1, .b = 2, .d = 3, .x = 4, .y = 5};
        struct memory_access access = instruction_memory_access(&i);
        bool store = info->units == UNITS_STORE;
        CHECK_EQ(info->access != ACCESS_NONE, info->units == UNITS_LOAD || store);
        CHECK_EQ(access.size, sizes[info->access]);
        if (info->access != ACCESS_NONE) {
            const char *suffix = suffixes[info->access];
            CHECK_STR(info->name + strlen(info->name) - strlen(suffix), suffix);
            CHECK_EQ(access.write, store);
            CHECK_EQ(access.base, strstr(info->name, "_ind_") == NULL        ? NO_BASE
                                  : strncmp(info->name, "store_imm", 9) == 0 ? 1
                                                                             : 2);
            CHECK_EQ(access.offset, 4);
        }
    }
}

/* The next line of the specification's table that is not blank, without its end; false behind the last. */
static bool next_line(FILE *file, char *line, int size) {
    while (fgets(line, size, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0') {
            return true;
        }
    }
    return false;
}

TEST(the_transcription_is_the_specification) {
    char path[512], line[256], expected[256];
    const char *folder = getenv("PVM_SPEC"), *vectors = getenv("PVM_VECTORS"), *ci = getenv("CI");
    snprintf(path, sizeof path, "%s%s/instructions.tsv",
             folder != NULL    ? folder
             : vectors != NULL ? vectors
                               : "../../shared/vectors",
             folder != NULL ? "" : "/../spec");
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        CHECK(folder == NULL && (ci == NULL || strcmp(ci, "true") != 0));
        printf("NOT COMPARED with the specification: %s is missing; set PVM_SPEC to its folder\n", path);
        return;
    }
    CHECK(next_line(file, line, sizeof line));
    CHECK_STR(line, "opcode\tname\toperands\tterminator\tcycles\tdecode_slots\talu\tload\tstore\tmul\tdiv");
    for (int octet = 0; octet < 256; octet++) {
        const struct row *row = &rows[octet];
        if (row->name != NULL) {
            snprintf(expected, sizeof expected, "%d\t%s\t%s\t%d\t%s\t%s\t%d\t%d\t%d\t%d\t%d", octet, row->name,
                     row->form, row->terminator, row->cycles, row->slots, row->alu, row->load, row->store, row->mul,
                     row->div);
            CHECK(next_line(file, line, sizeof line));
            CHECK_STR(expected, line);
        }
    }
    CHECK(!next_line(file, line, sizeof line));
    fclose(file);
}

int main(void) {
    RUN(the_library_has_the_instructions_of_the_gray_paper);
    RUN(accesses_fit_their_names);
    RUN(the_transcription_is_the_specification);
    return check_finish();
}
