/* Golden machine code: listings of small programs, which together hold every opcode, against the files of test/golden,
 * so that a change of generated code is seen in review. Run in jit-native:
 *
 *     PVM_BLESS=1 build/plain/codegen_test
 *
 * writes the files anew, with assembly (by objdump) in lines that begin with a semicolon. Only octets are compared, for
 * versions of objdump differ; where there is one, a test that fails shows the difference with its assembly. */
#include "check.h"
#include "guest.h"

#include <ctype.h>
#include <unistd.h>

#define GOLDEN "test/golden"

static struct guest guest;

/* What machine code is blinded with. */
ssize_t __wrap_getrandom(void *octets, size_t length, unsigned flags);

ssize_t __wrap_getrandom(void *octets, size_t length, unsigned flags) {
    (void)flags;
    memset(octets, 0x5A, length);
    return (ssize_t)length;
}
static bool covered[OP_COUNT];
static char actual[1 << 18], golden[1 << 19];

/* ---- Programs ---- */

/* The next opcode from this one on that has operands of one of two kinds, or OP_COUNT. */
static uint8_t next_opcode(int opcode, enum operands one, enum operands other) {
    while (opcode < OP_COUNT && opcode_table[opcode].operands != one && opcode_table[opcode].operands != other) {
        opcode++;
    }
    return (uint8_t)opcode;
}

/* for (EACH_OPCODE(opcode, one, other)): opcodes with operands of one of two kinds, in the order of opcodes.def. */
#define EACH_OPCODE(opcode, one, other)                                                                                \
    uint8_t opcode = next_opcode(OP_undefined + 1, one, other);                                                        \
    opcode < OP_COUNT;                                                                                                 \
    opcode = next_opcode(opcode + 1, one, other)

static void put_control(void) {
    put_imm(&guest, OP_ecalli, 5);
    put_opcode(&guest, OP_unlikely);
    put_imm(&guest, OP_ecalli, -1);
    put_opcode(&guest, OP_fallthrough);
    put_off(&guest, OP_jump, 0);                /* backward */
    put_off(&guest, OP_jump, guest.length + 5); /* to the next block: nothing */
    put_off(&guest, OP_jump, 1);                /* invalid */
    put_reg_imm_off(&guest, OP_load_imm_jump, 7, -7, 0);
    put_reg_imm_off(&guest, OP_load_imm_jump, 7, 7, 1); /* invalid */
    put_opcode(&guest, OP_trap);
    put_opcode(&guest, OP_fallthrough); /* behind the code: a panic */
}

static void put_branches(void) {
    for (EACH_OPCODE(opcode, OPERANDS_BRANCH_IMM, OPERANDS_BRANCH_IMM)) {
        int64_t x = opcode == OP_branch_eq_imm ? 0 : opcode == OP_branch_ne_imm ? -128 : 1000;
        put_reg_imm_off(&guest, opcode, 7, x, 0);
    }
    for (EACH_OPCODE(opcode, OPERANDS_BRANCH, OPERANDS_BRANCH)) {
        put_reg_reg_off(&guest, opcode, 7, 1, 0);
    }
    put_reg_reg_off(&guest, OP_branch_eq, 7, 8, guest.length + 7); /* forward */
    put_reg_reg_off(&guest, OP_branch_eq, 7, 8, 1);                /* invalid */
    put_opcode(&guest, OP_trap);
}

static void put_dynamic_jumps(void) {
    put_reg_imm(&guest, OP_jump_ind, 0, 0);
    put_reg_imm(&guest, OP_jump_ind, 9, 1000);
    put_reg_reg_imm_imm(&guest, OP_load_imm_jump_ind, 7, 7, -2, 4);
}

static void put_jump_table(void) {
    guest.entry_size = 2;
    guest.entry_count = 3;
    put_dynamic_jumps();
}

static void put_empty_entries(void) {
    guest.entry_count = 1000;
    put_dynamic_jumps();
}

static void put_endless_empty_entries(void) {
    guest.entry_count = UINT64_MAX;
    put_dynamic_jumps();
}

/* What leaves machine code, or jumps by an address. */
static void put_retpolines(void) {
    put_imm(&guest, OP_ecalli, 5);
    put_reg_imm(&guest, OP_load_u64, 7, 0x20000);
    put_opcode(&guest, OP_trap);
    put_jump_table();
}

/* One instruction of each kind with constants that are blinded, and one that is not. */
static void put_blinded(void) {
    const int64_t x = 0x12345678, y = -0x12345678;
    put_imm(&guest, OP_ecalli, x);
    put_reg_imm(&guest, OP_load_imm, 7, 0x7FFF);
    put_reg_imm(&guest, OP_load_imm, 7, x);
    put_reg_imm(&guest, OP_load_imm, 7, y);
    put_reg_imm64(&guest, OP_load_imm_64, 7, 0x90ABCDEF);
    put_reg_imm64(&guest, OP_load_imm_64, 7, UINT64_C(0x1234567890ABCDEF));
    put_reg_reg_imm(&guest, OP_add_imm_64, 7, 1, x);
    put_reg_reg_imm(&guest, OP_add_imm_32, 7, 7, y);
    put_reg_reg_imm(&guest, OP_and_imm, 7, 1, y);
    put_reg_reg_imm(&guest, OP_mul_imm_32, 7, 1, x);
    put_reg_reg_imm(&guest, OP_neg_add_imm_64, 7, 1, x);
    put_reg_reg_imm(&guest, OP_set_lt_u_imm, 7, 1, x);
    put_reg_reg_imm(&guest, OP_shlo_l_imm_alt_64, 7, 1, x);
    put_reg_reg_imm(&guest, OP_rot_r_32_imm_alt, 7, 1, x);
    put_reg_reg_imm(&guest, OP_cmov_nz_imm, 7, 1, x);
    put_reg_imm(&guest, OP_load_u8, 7, x);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 7, 1, x);
    put_reg_reg_imm(&guest, OP_store_ind_u16, 7, 1, y);
    put_reg_imm_imm(&guest, OP_store_imm_ind_u64, 8, x, y);
    put_imm_imm(&guest, OP_store_imm_u16, x, y);
    put_reg_imm_off(&guest, OP_branch_ge_s_imm, 7, x, 0);
    put_reg_imm_off(&guest, OP_load_imm_jump, 7, y, 0);
    guest.entry_size = 1;
    guest.entry_count = 1;
    put_reg_reg_imm_imm(&guest, OP_load_imm_jump_ind, 7, 8, y, x);
}

static void put_moves(void) {
    static const uint64_t constants[] = {0, 1, UINT32_MAX, UINT64_MAX, UINT64_C(0x123456789ABCDEF0)};
    for (size_t n = 0; n < sizeof constants / sizeof *constants; n++) {
        put_reg_imm64(&guest, OP_load_imm_64, 9, constants[n]);
    }
    put_reg_imm(&guest, OP_load_imm, 12, 7);
    put_reg_imm(&guest, OP_load_imm, 12, -7);
    for (EACH_OPCODE(opcode, OPERANDS_UNARY, OPERANDS_UNARY)) {
        put_reg_reg(&guest, opcode, 7, 1);
        put_reg_reg(&guest, opcode, 5, 5);
    }
    put_opcode(&guest, OP_trap);
}

static void put_accesses(void) {
    for (EACH_OPCODE(opcode, OPERANDS_STORE_IMM, OPERANDS_STORE_IMM)) {
        put_imm_imm(&guest, opcode, 0x20000, -2);
    }
    for (EACH_OPCODE(opcode, OPERANDS_LOAD, OPERANDS_STORE)) {
        put_reg_imm(&guest, opcode, 7, -16);
    }
    for (EACH_OPCODE(opcode, OPERANDS_STORE_IMM_IND, OPERANDS_STORE_IMM_IND)) {
        put_reg_imm_imm(&guest, opcode, 8, 4, 0x1234);
    }
    for (EACH_OPCODE(opcode, OPERANDS_STORE_IND, OPERANDS_LOAD_IND)) {
        put_reg_reg_imm(&guest, opcode, 7, 1, opcode_octets[opcode] % 2 == 0 ? 0 : -4096);
    }
    put_reg_reg_imm(&guest, OP_load_ind_u64, 12, 11, 0); /* bases that need a displacement, or an index octet */
    put_reg_reg_imm(&guest, OP_load_ind_u64, 11, 12, 0);
    put_opcode(&guest, OP_trap);
}

static void put_immediates(void) {
    for (EACH_OPCODE(opcode, OPERANDS_BINARY_IMM, OPERANDS_SELECT_IMM)) {
        put_reg_reg_imm(&guest, opcode, 7, 1, 1000);
        put_reg_reg_imm(&guest, opcode, 8, 8, -1);
    }
    put_opcode(&guest, OP_trap);
}

static void put_three_registers(void) {
    for (EACH_OPCODE(opcode, OPERANDS_BINARY, OPERANDS_SELECT)) {
        put_reg_reg_reg(&guest, opcode, 7, 8, 1);
        put_reg_reg_reg(&guest, opcode, 7, 7, 8);
        put_reg_reg_reg(&guest, opcode, 7, 8, 7);
    }
    put_opcode(&guest, OP_trap);
}

/* What is put off: sums, a shift and a copy that become addresses, one that is read otherwise, and results of 32 bits. */
static void put_lazy_values(void) {
    put_reg_reg_imm(&guest, OP_shlo_l_imm_64, 7, 8, 3);
    put_reg_reg_reg(&guest, OP_add_64, 7, 9, 7);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 7, 7, 16);
    put_reg_reg_imm(&guest, OP_add_imm_64, 5, 5, 8);
    put_reg_reg_imm(&guest, OP_store_ind_u8, 7, 5, 1);
    put_reg_reg_reg(&guest, OP_sub_64, 10, 5, 7);
    put_reg_reg(&guest, OP_move_reg, 11, 10);
    put_reg_reg_reg(&guest, OP_xor, 12, 11, 7);
    put_reg_reg_imm(&guest, OP_add_imm_32, 12, 12, 1);
    put_reg_reg_imm(&guest, OP_rot_r_32_imm, 12, 12, 7);
    put_reg_reg_imm(&guest, OP_store_ind_u32, 12, 5, 4);
    put_opcode(&guest, OP_trap);
}

/* A loop that is there four times: memory is filled. */
static void put_short_loop(void) {
    put_opcode(&guest, OP_fallthrough);
    uint32_t begin = put_reg_reg_imm(&guest, OP_store_ind_u64, 7, 8, 0);
    put_reg_reg_imm(&guest, OP_add_imm_64, 8, 8, 8);
    put_reg_reg_imm(&guest, OP_add_imm_64, 10, 10, -1);
    uint32_t branch = guest.length;
    put_reg_imm_off(&guest, OP_branch_ne_imm, 10, 0, 0);
    aim(&guest, branch, guest.length, begin);
    put_opcode(&guest, OP_trap);
}

/* A loop that is there twice: a sum of numbers in memory. */
static void put_loop(void) {
    put_opcode(&guest, OP_fallthrough);
    uint32_t begin = guest.length;
    put_reg_reg_imm(&guest, OP_load_ind_u64, 7, 8, 0);
    put_reg_reg_imm(&guest, OP_add_imm_64, 8, 8, 8);
    put_reg_reg_reg(&guest, OP_add_64, 9, 9, 7);
    put_reg_reg_imm(&guest, OP_add_imm_64, 10, 10, -1);
    uint32_t branch = guest.length;
    put_reg_imm_off(&guest, OP_branch_ne_imm, 10, 0, 0);
    aim(&guest, branch, guest.length, begin);
    put_opcode(&guest, OP_trap);
}

/* By a constant that is in a register: an odd one, one that needs n + 1, a power of two; 32 bits; one with a sign. */
static void put_constant_divisors(void) {
    put_reg_imm(&guest, OP_load_imm, 8, 10);
    put_reg_reg_reg(&guest, OP_div_u_64, 7, 9, 8);
    put_reg_reg_reg(&guest, OP_rem_u_64, 7, 7, 8);
    put_reg_imm(&guest, OP_load_imm, 8, 7);
    put_reg_reg_reg(&guest, OP_div_u_64, 7, 10, 8);
    put_reg_reg_reg(&guest, OP_rem_u_32, 7, 10, 8);
    put_reg_reg_reg(&guest, OP_div_u_32, 7, 10, 8);
    put_reg_reg_reg(&guest, OP_div_s_32, 7, 10, 8);
    put_reg_imm(&guest, OP_load_imm, 8, 64);
    put_reg_reg_reg(&guest, OP_div_u_64, 7, 9, 8);
    put_reg_reg_reg(&guest, OP_rem_u_64, 7, 7, 8);
    put_opcode(&guest, OP_trap);
}

/* Both halves: with one mulx, also by rdx; with a lower half that is a factor, or not of the same factors: with two. */
static void put_products(void) {
    put_reg_reg_reg(&guest, OP_mul_64, 7, 8, 5);
    put_reg_reg_reg(&guest, OP_mul_upper_u_u, 8, 5, 8);
    put_reg_reg_reg(&guest, OP_mul_64, 7, 10, 5);
    put_reg_reg_reg(&guest, OP_mul_upper_u_u, 10, 10, 5);
    put_reg_reg_reg(&guest, OP_mul_64, 10, 7, 5);
    put_reg_reg_reg(&guest, OP_mul_upper_u_u, 6, 7, 5);
    put_reg_reg_reg(&guest, OP_mul_64, 7, 7, 5);
    put_reg_reg_reg(&guest, OP_mul_upper_u_u, 6, 7, 5);
    put_reg_reg_reg(&guest, OP_mul_64, 7, 8, 5);
    put_reg_reg_reg(&guest, OP_mul_upper_u_u, 6, 8, 6);
    put_opcode(&guest, OP_trap);
}

/* Sums whose carry is asked for, in the last two with something in between, or of another sum. */
static void put_carries(void) {
    put_reg_reg_reg(&guest, OP_add_64, 7, 8, 5);
    put_reg_reg_reg(&guest, OP_set_lt_u, 6, 7, 5);
    put_reg_reg_reg(&guest, OP_add_64, 7, 7, 6);
    put_reg_reg_reg(&guest, OP_set_lt_u, 6, 7, 6);
    put_reg_reg(&guest, OP_move_reg, 9, 6);
    put_reg_reg_reg(&guest, OP_add_64, 7, 7, 9);
    put_reg_reg_reg(&guest, OP_set_lt_u, 9, 7, 9);
    put_reg_reg(&guest, OP_move_reg, 10, 9);
    put_reg_reg_reg(&guest, OP_add_64, 7, 7, 8);
    put_reg_reg_reg(&guest, OP_set_lt_u, 9, 7, 8);
    put_reg_reg_reg(&guest, OP_add_64, 7, 7, 8);
    put_reg_reg_reg(&guest, OP_set_lt_u, 9, 7, 7);
    put_opcode(&guest, OP_trap);
}

/* Where rax and rdx hold operands or take the result. */
static void put_fixed_registers(void) {
    static const uint8_t opcodes[] = {OP_mul_upper_u_u, OP_mul_upper_s_u, OP_div_s_32, OP_rem_u_64};
    for (size_t n = 0; n < sizeof opcodes; n++) {
        put_reg_reg_reg(&guest, opcodes[n], 9, 10, 9);
        put_reg_reg_reg(&guest, opcodes[n], 10, 9, 10);
        put_reg_reg_reg(&guest, opcodes[n], 9, 9, 9);
    }
    put_opcode(&guest, OP_trap);
}

/* Dense code in front, which is not shown, and then the compact forms: each with its routine, and without. */
static void put_compact_forms(void) {
    static const uint8_t wide[] = {OP_div_u_32, OP_rem_s_64, OP_mul_upper_s_s, OP_mul_upper_s_u};
    for (int n = 0; n < 600; n++) {
        put_opcode(&guest, OP_ecalli);
    }
    put_opcode(&guest, OP_trap);
    for (size_t n = 0; n < 2 * sizeof wide; n++) {
        put_reg_reg_reg(&guest, wide[n / 2], 7, 9, 10);
    }
    for (int n = 0; n < 2; n++) {
        put_reg_reg_imm(&guest, OP_load_ind_u8, 7, 1, -4096);
        put_reg_imm(&guest, OP_store_u64, 9, 0x20000);
        put_reg_imm_imm(&guest, OP_store_imm_ind_u32, 11, 4, 0x1234);
    }
    guest.entry_size = 1;
    guest.entry_count = 3;
    put_dynamic_jumps();
}

/* ---- Text ---- */

/* Appends the assembly of a listing's line, from objdump. */
static void write_assembly(FILE *file, const char *line) {
    char path[] = "/tmp/codegen_test.XXXXXX", command[128], text[256];
    const char *hex = strrchr(line, ' ') + 1;
    size_t octets =
        strlen(hex) / 2 - (strstr(line, " ecalli ") != NULL ? 9 : 0); /* behind a host call there are words, no code */
    int code = mkstemp(path);
    CHECK(code >= 0);
    for (size_t n = 0; n < octets; n++) {
        unsigned octet;
        CHECK(sscanf(hex + 2 * n, "%2x", &octet) == 1);
        CHECK(write(code, &(uint8_t){(uint8_t)octet}, 1) == 1);
    }
    close(code);
    snprintf(command, sizeof command, "objdump -D -b binary -m i386:x86-64 -M intel --no-show-raw-insn %s", path);
    FILE *assembly = popen(command, "r");
    CHECK(assembly != NULL);
    bool seen = false;
    while (fgets(text, sizeof text, assembly) != NULL) {
        const char *instruction = strstr(text, ":\t");
        if (instruction != NULL && isxdigit((unsigned char)text[strspn(text, " ")])) {
            fprintf(file, ";                                  %s", instruction + 2);
            seen = true;
        }
    }
    CHECK(pclose(assembly) == 0 && seen);
    remove(path);
}

/* Takes the spaces off the ends of lines, as editors do. */
static void trim(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        while (*from == '\n' && to > text && to[-1] == ' ') {
            to--;
        }
        *to++ = *from;
    }
    *to = '\0';
}

static void bless(const char *path) {
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    for (char *line = actual, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        fprintf(file, "%s\n", line);
        if (strncmp(line, "block", 5) != 0 && strlen(line) > 33) {
            write_assembly(file, line);
        }
        *end = '\n';
    }
    CHECK(fclose(file) == 0);
}

/* Reads a file without the lines that begin with a semicolon. */
static void read_golden(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        CHECK_FAIL("%s cannot be read; run in jit-native, with PVM_BLESS=1 to make it", path);
    }
    size_t length = 0;
    char line[2048];
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] != ';') {
            length += (size_t)snprintf(golden + length, sizeof golden - length, "%s", line);
        }
    }
    golden[length] = '\0';
    fclose(file);
}

/* Shows how the file would change, where there is an objdump to write it. */
static void show_difference(const char *path) {
    char changed[] = "/tmp/codegen_test.XXXXXX", command[256];
    int file = mkstemp(changed);
    if (file >= 0 && system("command -v objdump > /dev/null") == 0) {
        bless(changed);
        snprintf(command, sizeof command, "diff -u --label golden --label actual %s %s", path, changed);
        fflush(stdout);
        CHECK(system(command) >= 0);
    }
    close(file);
    remove(changed);
}

static void compare(const char *path) {
    const char *is = actual, *should = golden;
    while (strcmp(is, should) != 0) {
        size_t length = strcspn(is, "\n"), expected = strcspn(should, "\n");
        if (length != expected || strncmp(is, should, length) != 0) {
            show_difference(path);
            CHECK_FAIL("%s differs:\n    is     %.*s\n    should %.*s\nif that is meant, run with PVM_BLESS=1", path,
                       (int)length, is, (int)expected, should);
        }
        is += length + 1;
        should += expected + 1;
    }
}

static void check_golden(const char *name, void (*put)(void), uint32_t flags) {
    char path[128];
    guest_clear(&guest);
    put();
    for (uint32_t pc = 0; pc < guest.length; pc++) {
        covered[revision_table[PVM_REVISION_0_8_0].opcodes[guest.code[pc]]] |=
            (guest.starts[pc / 8] >> pc % 8 & 1) != 0;
    }
    pvm_engine *engine = make_engine(flags, PVM_REVISION_0_8_0);
    if (!engine->use_gs && (flags & PVM_FLAG_NO_GS) == 0) {
        printf("%s: this processor lacks FSGSBASE, nothing compared\n", name);
        destroy_engine(engine);
        return;
    }
    pvm_module *module = compile(engine, &guest);
    uint64_t length = pvm_module_listing(module, actual, sizeof actual);
    CHECK(length < sizeof actual && strlen(actual) == length);
    /* Text that does not fit is cut, and its length still told. */
    char part[16];
    memset(part, 'x', sizeof part);
    CHECK_EQ(pvm_module_listing(module, part, 10), length);
    CHECK(strncmp(part, actual, 9) == 0 && part[9] == '\0' && part[10] == 'x');
    CHECK_EQ(pvm_module_listing(module, NULL, 0), length);
    pvm_module_release(module);
    destroy_engine(engine);
    trim(actual);
    if (put == put_compact_forms) {
        const char *shown = strstr(actual, "\nblock ") + 1;
        memmove(actual, shown, strlen(shown) + 1);
    }
    snprintf(path, sizeof path, GOLDEN "/%s.txt", name);
    if (getenv("PVM_BLESS") != NULL) {
        bless(path);
    }
    read_golden(path);
    compare(path);
}

static const struct {
    const char *name;
    void (*put)(void);
    uint32_t flags;
} programs[] = {
    {"control", put_control, 0},
    {"control_no_gs", put_control, PVM_FLAG_NO_GS},
    {"branches", put_branches, 0},
    {"branches_no_gs", put_branches, PVM_FLAG_NO_GS},
    {"jump_table", put_jump_table, 0},
    {"jump_table_no_gs", put_jump_table, PVM_FLAG_NO_GS},
    {"no_jump_table", put_dynamic_jumps, 0},
    {"empty_entries", put_empty_entries, 0},
    {"endless_empty_entries", put_endless_empty_entries, 0},
    {"blinded", put_blinded, PVM_FLAG_BLINDED_CONSTANTS},
    {"blinded_no_gs", put_blinded, PVM_FLAG_BLINDED_CONSTANTS | PVM_FLAG_NO_GS},
    {"blinded_checked", put_blinded, PVM_FLAG_BLINDED_CONSTANTS | PVM_FLAG_ALWAYS_CHECKED},
    {"retpolines", put_retpolines, PVM_FLAG_RETPOLINES},
    {"retpolines_checked_no_gs", put_retpolines, PVM_FLAG_RETPOLINES | PVM_FLAG_ALWAYS_CHECKED | PVM_FLAG_NO_GS},
    {"moves", put_moves, 0},
    {"accesses", put_accesses, 0},
    {"accesses_no_gs", put_accesses, PVM_FLAG_NO_GS},
    {"accesses_checked", put_accesses, PVM_FLAG_ALWAYS_CHECKED},
    {"accesses_checked_no_gs", put_accesses, PVM_FLAG_ALWAYS_CHECKED | PVM_FLAG_NO_GS},
    {"immediates", put_immediates, 0},
    {"three_registers", put_three_registers, 0},
    {"fixed_registers", put_fixed_registers, 0},
    {"constant_divisors", put_constant_divisors, 0},
    {"products", put_products, 0},
    {"carries", put_carries, 0},
    {"lazy_values", put_lazy_values, 0},
    {"short_loop", put_short_loop, 0},
    {"loop", put_loop, 0},
    {"compact", put_compact_forms, 0},
    {"compact_checked", put_compact_forms, PVM_FLAG_ALWAYS_CHECKED},
    {"compact_checked_no_gs", put_compact_forms, PVM_FLAG_ALWAYS_CHECKED | PVM_FLAG_NO_GS},
};

static size_t current;

static void golden_program(void) {
    check_golden(programs[current].name, programs[current].put, programs[current].flags);
}

TEST(every_opcode_is_covered) {
    for (int opcode = OP_undefined + 1; opcode < OP_COUNT; opcode++) {
        if (!covered[opcode]) {
            CHECK_FAIL("%s is in no program", opcode_table[opcode].name);
        }
    }
}

int main(void) {
    for (current = 0; current < sizeof programs / sizeof *programs; current++) {
        check_run(programs[current].name, golden_program);
    }
    RUN(every_opcode_is_covered);
    return check_finish();
}
