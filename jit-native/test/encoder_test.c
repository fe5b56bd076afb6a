/* The encoder against binutils: every form of x64.h over its registers, widths, edge displacements, scales and constants is
 * emitted into one file, which objdump disassembles at once. Each instruction must begin where it was emitted and read as
 * the text that is built from the arguments, never from the octets. The decoder of machine_code.h, by which isolation_test
 * reads machine code, is held against the same text. */
#include "check.h"
#include "machine_code.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#define CASES 65536
#define TEXT 72

static struct {
    uint32_t position;
    char text[TEXT];
} cases[CASES];
static uint32_t case_count, checked;

static uint8_t code[1 << 20];
static struct x64_emitter emitter = {code, code, code + sizeof code}, *const e = &emitter;

/* ---- Expected text ---- */

__attribute__((format(printf, 1, 2))) static void expect(const char *format, ...) {
    va_list arguments;
    CHECK(case_count < CASES);
    va_start(arguments, format);
    int length = vsnprintf(cases[case_count].text, TEXT, format, arguments);
    va_end(arguments);
    CHECK(length < TEXT);
    cases[case_count++].position = x64_position(e);
}

/* What is emitted next reads so. */
#define EMITS(call, ...) (expect(__VA_ARGS__), (void)(call))

static const char *const names64[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                      "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
static const char *const names32[] = {"eax", "ecx", "edx",  "ebx",  "esp",  "ebp",  "esi",  "edi",
                                      "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"};
static const char *const names16[] = {"ax",  "cx",  "dx",   "bx",   "sp",   "bp",   "si",   "di",
                                      "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"};
static const char *const names8[] = {"al",  "cl",  "dl",   "bl",   "spl",  "bpl",  "sil",  "dil",
                                     "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"};

static const char *name(enum x64_width width, int reg) {
    return width == W64 ? names64[reg] : names32[reg];
}

/* A constant as an operand of so many bits. */
static uint64_t of_bits(int64_t value, int bits) {
    return bits == 64 ? (uint64_t)value : (uint64_t)value & ((UINT64_C(1) << bits) - 1);
}

static uint64_t of_width(int64_t value, enum x64_width width) {
    return of_bits(value, width == W64 ? 64 : 32);
}

/* Text of an operand in memory; valid until eight more are made. */
static const char *memory_text(struct x64_memory m) {
    static char texts[8][48];
    static int next;
    char *text = texts[next++ % 8];
    const char *const *registers = m.address_32 ? names32 : names64, *segment = m.gs ? "gs:" : "";
    int64_t displacement = m.displacement;
    char index[16] = "", sum[16] = "";
    if (m.index != X64_NONE) {
        snprintf(index, sizeof index, "%s%s*%d", m.base == X64_NONE ? "" : "+", registers[m.index], 1 << m.scale);
    }
    if (displacement != 0) {
        snprintf(sum, sizeof sum, "%c0x%" PRIx64, displacement < 0 ? '-' : '+',
                 (uint64_t)(displacement < 0 ? -displacement : displacement));
    }
    if (m.base == X64_NONE && m.index == X64_NONE) {
        snprintf(text, sizeof texts[0], m.address_32 ? "%s[0x%" PRIx64 "]" : "%s0x%" PRIx64,
                 m.gs ? "gs:" : "ds:", of_bits(displacement, m.address_32 ? 32 : 64));
    } else {
        snprintf(text, sizeof texts[0], "%s[%s%s%s]", segment, m.base == X64_NONE ? "" : registers[m.base], index, sum);
    }
    return text;
}

/* ---- What is gone through ---- */

static const int32_t displacements[] = {0, 1, -1, 8, 127, 128, -128, -129, 0x12345678, INT32_MAX, INT32_MIN};
static const int32_t constants[] = {0,    1,   -1,     2,         127,       128,          -128,
                                    -129, 255, 0x1234, INT32_MAX, INT32_MIN, INT32_MIN + 1};
static const enum x64_condition conditions[] = {CC_B, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_L, CC_GE, CC_LE, CC_G};
static const char *const condition_names[] = {"b", "ae", "e", "ne", "be", "a", "l", "ge", "le", "g"};
#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

#define EACH(n, count)                                                                                                 \
    int n = 0;                                                                                                         \
    n < (count);                                                                                                       \
    n++
#define EACH_REGISTER(r)                                                                                               \
    enum x64_register r = RAX;                                                                                         \
    r <= R15;                                                                                                          \
    r++
#define EACH_WIDTH(w)                                                                                                  \
    enum x64_width w = W32;                                                                                            \
    w <= W64;                                                                                                          \
    w++

/* Registers and constants that come round. */
static enum x64_register some_register(void) {
    static int turn;
    return (enum x64_register)(turn++ % 16);
}

static int32_t some_constant(void) {
    static int turn;
    return constants[turn++ % COUNT(constants)];
}

/* Operands: of every base with every displacement, plain, by GS, and by GS modulo 2^32; with what of indexes is to be. */
static struct x64_memory operands[1 << 16];
static int operand_count;

static void add_operands(int base, int index, int scale) {
    for (EACH(n, 3 * COUNT(displacements))) {
        struct x64_memory m = x64_indexed((enum x64_register)base, (enum x64_register)index, displacements[n / 3]);
        m.gs = n % 3 != 0;
        m.address_32 = n % 3 == 2;
        m.scale = scale;
        CHECK(operand_count < COUNT(operands));
        operands[operand_count++] = m;
    }
}

static void make_operands(bool with_every_index) {
    operand_count = 0;
    for (int base = X64_NONE; base <= R15; base++) {
        add_operands(base, X64_NONE, 0);
        for (int index = RAX; with_every_index && index <= R15; index++) {
            for (int scale = 0; scale < 4 && index != RSP; scale++) {
                add_operands(base, index, scale);
            }
        }
        for (int scale = 0; scale < 4 && !with_every_index; scale++) {
            add_operands(base, R8 + (base & 7), scale);
        }
    }
}

/* ---- Disassembly ---- */

/* Takes runs of spaces, remarks, and what says that a displacement or a base is none, out of a line of objdump. */
static void clean(char *text) {
    static const char *const nothing[] = {"eiz*1+", "riz*1+", "+0x0]"};
    char *to = text;
    text[strcspn(text, "#\n")] = '\0';
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != ' ' || (from[1] != ' ' && from[1] != '\0')) {
            *to++ = *from;
        }
    }
    *to = '\0';
    for (EACH(n, COUNT(nothing))) {
        char *found = strstr(text, nothing[n]);
        if (found != NULL) {
            size_t length = strlen(nothing[n]) - (n == 2 ? 1 : 0);
            memmove(found, found + length, strlen(found + length) + 1);
        }
    }
}

/* Begins anew, too. */
static void compare_with(FILE *assembly) {
    char line[256];
    uint32_t n = 0, count = case_count;
    case_count = 0;
    e->at = e->start;
    while (fgets(line, sizeof line, assembly) != NULL) {
        char *text = strstr(line, ":\t");
        if (text == NULL) {
            continue;
        }
        uint64_t position = strtoull(line, NULL, 16);
        text += 2;
        clean(text);
        if (n == count || cases[n].position != position || strcmp(cases[n].text, text) != 0) {
            uint32_t at = n < count ? n : count - 1;
            CHECK_FAIL("objdump reads \"%s\" at %" PRIu64 ", not \"%s\" at %u", text, position, cases[at].text,
                       cases[at].position);
        }
        n++;
    }
    CHECK_EQ(n, count);
    checked += n;
}

/* What is emitted is an instruction for the decoder, of the same length, with the same operand in memory. */
static void decode_cases(void) {
    for (uint32_t n = 0; n < case_count; n++) {
        uint32_t end = n + 1 < case_count ? cases[n + 1].position : x64_position(e);
        struct decoded d = decode_instruction(code + cases[n].position, code + end);
        bool is_nop = strncmp(cases[n].text, "nop", 3) == 0 || strcmp(cases[n].text, "xchg ax,ax") == 0;
        if (d.action == ACTION_UNKNOWN || is_nop != (d.action == ACTION_NOTHING) ||
            (uint32_t)d.length != end - cases[n].position ||
            (strchr(cases[n].text, '[') != NULL) > (d.in_memory || d.relative || is_nop) ||
            (d.in_memory && strstr(cases[n].text, memory_text(d.m)) == NULL)) {
            CHECK_FAIL("the decoder reads \"%s\" as action %d of %d octets", cases[n].text, d.action, d.length);
        }
    }
}

/* Disassembles what has been emitted and compares it. */
static void check_cases(void) {
    decode_cases();
    char path[] = "/tmp/encoder_test.XXXXXX", command[160];
    int file = mkstemp(path);
    CHECK(file >= 0);
    CHECK_EQ(write(file, code, x64_position(e)), x64_position(e));
    close(file);
    snprintf(command, sizeof command, "objdump -D -z -w -b binary -m i386:x86-64 -M intel --no-show-raw-insn %s", path);
    FILE *assembly = popen(command, "r");
    CHECK(assembly != NULL);
    compare_with(assembly);
    CHECK_EQ(pclose(assembly), 0);
    remove(path);
}

/* ---- Forms ---- */

static void move_registers(enum x64_register a, enum x64_register b) {
    for (EACH_WIDTH(w)) {
        EMITS(x64_mov_rr(e, w, a, b), "mov %s,%s", name(w, a), name(w, b));
        EMITS(x64_test_rr(e, w, a, b), "test %s,%s", name(w, a), name(w, b));
        EMITS(x64_imul_rr(e, w, a, b), "imul %s,%s", name(w, a), name(w, b));
        EMITS(x64_popcnt(e, w, a, b), "popcnt %s,%s", name(w, a), name(w, b));
        EMITS(x64_lzcnt(e, w, a, b), "lzcnt %s,%s", name(w, a), name(w, b));
        EMITS(x64_tzcnt(e, w, a, b), "tzcnt %s,%s", name(w, a), name(w, b));
    }
    EMITS(x64_movsxd_rr(e, a, b), "movsxd %s,%s", names64[a], names32[b]);
    EMITS(x64_movzx8_rr(e, a, b), "movzx %s,%s", names32[a], names8[b]);
    EMITS(x64_movsx8_rr(e, a, b), "movsx %s,%s", names64[a], names8[b]);
    EMITS(x64_movzx16_rr(e, a, b), "movzx %s,%s", names32[a], names16[b]);
    EMITS(x64_movsx16_rr(e, a, b), "movsx %s,%s", names64[a], names16[b]);
    for (EACH(n, COUNT(conditions))) {
        EMITS(x64_cmov(e, conditions[n], a, b), "cmov%s %s,%s", condition_names[n], names64[a], names64[b]);
    }
}

TEST(two_registers) {
    for (EACH_REGISTER(a)) {
        for (EACH_REGISTER(b)) {
            move_registers(a, b);
        }
    }
    check_cases();
}

static const struct {
    enum x64_alu op;
    const char *name;
} alus[] = {{ALU_ADD, "add"}, {ALU_OR, "or"},   {ALU_SBB, "sbb"}, {ALU_AND, "and"},
            {ALU_SUB, "sub"}, {ALU_XOR, "xor"}, {ALU_CMP, "cmp"}};

static void put_alu(int n, enum x64_width w, enum x64_register a) {
    for (EACH_REGISTER(b)) {
        EMITS(x64_alu_rr(e, alus[n].op, w, a, b), "%s %s,%s", alus[n].name, name(w, a), name(w, b));
    }
    for (EACH(c, COUNT(constants))) {
        int32_t x = constants[c];
        uint32_t at = 0;
        EMITS(at = x64_alu_ri(e, alus[n].op, w, a, x), "%s %s,0x%" PRIx64, alus[n].name, name(w, a), of_width(x, w));
        CHECK_EQ(at, x64_position(e) - (x64_is_i8(x) ? 1 : 4));
    }
}

TEST(arithmetic) {
    for (EACH(n, COUNT(alus))) {
        for (EACH_WIDTH(w)) {
            for (EACH_REGISTER(a)) {
                put_alu(n, w, a);
            }
        }
    }
    check_cases();
}

static void put_one_register(enum x64_register a) {
    static const struct {
        enum x64_unary op;
        const char *name;
    } unaries[] = {{UNARY_NOT, "not"},   {UNARY_NEG, "neg"}, {UNARY_MUL, "mul"},
                   {UNARY_IMUL, "imul"}, {UNARY_DIV, "div"}, {UNARY_IDIV, "idiv"}};
    static const struct {
        enum x64_shift op;
        const char *name;
    } shifts[] = {{SHIFT_ROL, "rol"}, {SHIFT_ROR, "ror"}, {SHIFT_SHL, "shl"}, {SHIFT_SHR, "shr"}, {SHIFT_SAR, "sar"}};
    for (EACH_WIDTH(w)) {
        for (EACH(n, COUNT(unaries))) {
            EMITS(x64_unary(e, unaries[n].op, w, a), "%s %s", unaries[n].name, name(w, a));
        }
        for (EACH(n, COUNT(shifts))) {
            EMITS(x64_shift_once(e, shifts[n].op, w, a), "%s %s,1", shifts[n].name, name(w, a));
            EMITS(x64_shift_cl(e, shifts[n].op, w, a), "%s %s,cl", shifts[n].name, name(w, a));
            for (EACH(count, w == W64 ? 64 : 32)) {
                EMITS(x64_shift_ri(e, shifts[n].op, w, a, count), "%s %s,0x%x", shifts[n].name, name(w, a),
                      (unsigned)count);
            }
        }
    }
    EMITS(x64_push(e, a), "push %s", names64[a]);
    EMITS(x64_pop(e, a), "pop %s", names64[a]);
    EMITS(x64_bswap(e, a), "bswap %s", names64[a]);
    for (EACH(n, COUNT(conditions))) {
        EMITS(x64_setcc(e, conditions[n], a), "set%s %s", condition_names[n], names8[a]);
    }
}

TEST(one_register) {
    for (EACH_REGISTER(a)) {
        put_one_register(a);
    }
    for (enum x64_register a = RAX; a < R8; a++) {
        expect("push %s", names64[a]);
        x64_push_repeated(e, a, 1);
        expect("push %s", names64[a]);
        uint32_t before = x64_position(e);
        x64_push_repeated(e, a, 2);
        cases[case_count] = cases[case_count - 1];
        cases[case_count++].position = before + 1;
    }
    EMITS(x64_sign_to_rdx(e, W32), "cdq");
    EMITS(x64_sign_to_rdx(e, W64), "cqo");
    EMITS(x64_ret(e), "ret");
    EMITS(x64_pause(e), "pause");
    EMITS(x64_lfence(e), "lfence");
    check_cases();
}

static void put_constants(enum x64_register a) {
    static const int64_t large[] = {INT64_C(0x80000000),
                                    INT64_C(0x100000000),
                                    INT64_C(-0x80000001),
                                    INT64_C(0x123456789ABCDEF0),
                                    INT64_MAX,
                                    INT64_MIN,
                                    UINT32_MAX};
    for (EACH(n, COUNT(constants) + COUNT(large))) {
        int64_t x = n < COUNT(constants) ? constants[n] : large[n - COUNT(constants)];
        if (x == (uint32_t)x) {
            EMITS(x64_mov_ri(e, a, x), "mov %s,0x%" PRIx64, names32[a], x);
        } else {
            EMITS(x64_mov_ri(e, a, x), "%s %s,0x%" PRIx64, x == (int32_t)x ? "mov" : "movabs", names64[a], (uint64_t)x);
        }
    }
    for (EACH_WIDTH(w)) {
        for (EACH_REGISTER(b)) {
            for (EACH(n, 4)) {
                int32_t x = some_constant();
                EMITS(x64_imul_rri(e, w, a, b, x), "imul %s,%s,0x%" PRIx64, name(w, a), name(w, b), of_width(x, w));
            }
        }
    }
    for (EACH(n, COUNT(displacements))) {
        uint32_t at = 0;
        uint64_t distance = (uint64_t)(int64_t)displacements[n];
        EMITS(at = x64_lea_rip(e, a, displacements[n]), distance == 0 ? "lea %s,[rip]" : "lea %s,[rip+0x%" PRIx64 "]",
              names64[a], distance);
        CHECK_EQ(at, x64_position(e) - 4);
    }
}

TEST(register_and_constant) {
    for (EACH_REGISTER(a)) {
        put_constants(a);
    }
    check_cases();
}

static void put_three_registers(enum x64_register a, enum x64_register b, enum x64_register c) {
    EMITS(x64_mulx(e, a, b, c), "mulx %s,%s,%s", names64[a], names64[b], names64[c]);
    EMITS(x64_andn(e, a, b, c), "andn %s,%s,%s", names64[a], names64[b], names64[c]);
    enum x64_width w = (a + b + c) % 2 == 0 ? W32 : W64;
    EMITS(x64_shiftx(e, SHIFTX_SHL, w, a, b, c), "shlx %s,%s,%s", name(w, a), name(w, b), name(w, c));
    EMITS(x64_shiftx(e, SHIFTX_SHR, w, a, b, c), "shrx %s,%s,%s", name(w, a), name(w, b), name(w, c));
    EMITS(x64_shiftx(e, SHIFTX_SAR, w, a, b, c), "sarx %s,%s,%s", name(w, a), name(w, b), name(w, c));
}

TEST(three_registers) {
    for (EACH_REGISTER(a)) {
        for (EACH_REGISTER(b)) {
            for (EACH(n, 3)) {
                put_three_registers(a, b, some_register());
                put_three_registers(a, some_register(), b);
            }
            for (EACH_WIDTH(w)) {
                int count = (a * 16 + b) & (w == W64 ? 63 : 31);
                EMITS(x64_rorx(e, w, a, b, count), "rorx %s,%s,0x%x", name(w, a), name(w, b), (unsigned)count);
            }
        }
    }
    check_cases();
}

/* ---- Operands in memory ---- */

TEST(every_operand) {
    make_operands(true);
    for (EACH(n, operand_count)) {
        enum x64_register a = some_register();
        EMITS(x64_mov_rm(e, W64, a, operands[n]), "mov %s,QWORD PTR %s", names64[a], memory_text(operands[n]));
    }
    check_cases();
}

static const struct {
    const char *load, *size;
    enum x64_width width;
    const char *const *names;
    int bits;
} integers[] = {
    [X64_U8] = {"movzx", "BYTE", W32, names8, 8},    [X64_I8] = {"movsx", "BYTE", W64, names8, 8},
    [X64_U16] = {"movzx", "WORD", W32, names16, 16}, [X64_I16] = {"movsx", "WORD", W64, names16, 16},
    [X64_U32] = {"mov", "DWORD", W32, names32, 32},  [X64_I32] = {"movsxd", "DWORD", W64, names32, 32},
    [X64_U64] = {"mov", "QWORD", W64, names64, 64},
};

static void put_load(enum x64_integer integer, enum x64_register a, struct x64_memory m) {
    EMITS(x64_load(e, integer, a, m), "%s %s,%s PTR %s", integers[integer].load, name(integers[integer].width, a),
          integers[integer].size, memory_text(m));
}

/* No instruction of the PVM stores an integer with a sign: their rows have none. */
static void put_stores(enum x64_integer integer, enum x64_register a, struct x64_memory m) {
    const char *text = memory_text(m), *size = integers[integer].size;
    int32_t x = some_constant();
    EMITS(x64_store(e, integer, m, a), "mov %s PTR %s,%s", size, text, integers[integer].names[a]);
    EMITS(x64_store_constant(e, integer, m, x), "mov %s PTR %s,0x%" PRIx64, size, text,
          of_bits(x, integers[integer].bits));
}

static void put_integer(enum x64_integer integer, enum x64_register a, struct x64_memory m) {
    put_load(integer, a, m);
    if (integer == X64_U8 || integer == X64_U16 || integer == X64_U32 || integer == X64_U64) {
        put_stores(integer, a, m);
    }
}

/* What the machine code of accesses takes, with each register. */
TEST(integers_in_memory) {
    make_operands(false);
    for (enum x64_integer integer = X64_U8; integer <= X64_U64; integer++) {
        for (EACH(n, operand_count)) {
            if (n % 3 != 0 || integer == X64_U8) {
                put_integer(integer, some_register(), operands[n]);
            }
        }
        for (EACH_REGISTER(a)) {
            put_integer(integer, a, x64_gs(some_register(), 0x1000));
        }
        check_cases();
    }
}

static void put_with_memory(struct x64_memory m) {
    const char *text = memory_text(m);
    for (EACH_WIDTH(w)) {
        const char *size = w == W64 ? "QWORD" : "DWORD";
        enum x64_register a = some_register();
        int32_t x = some_constant();
        uint32_t at = 0;
        EMITS(x64_mov_mr(e, w, m, a), "mov %s PTR %s,%s", size, text, name(w, a));
        EMITS(x64_mov_mi(e, w, m, x), "mov %s PTR %s,0x%" PRIx64, size, text, of_width(x, w));
        for (EACH(n, COUNT(alus))) {
            a = some_register();
            x = some_constant();
            EMITS(x64_alu_rm(e, alus[n].op, w, a, m), "%s %s,%s PTR %s", alus[n].name, name(w, a), size, text);
            EMITS(at = x64_alu_mi(e, alus[n].op, w, m, x), "%s %s PTR %s,0x%" PRIx64, alus[n].name, size, text,
                  of_width(x, w));
            CHECK_EQ(at, x64_position(e) - (x64_is_i8(x) ? 1 : 4));
        }
        if (!m.gs && (m.base != X64_NONE || m.index != X64_NONE)) {
            EMITS(x64_lea(e, w, a, m), "lea %s,%s", name(w, a), text);
        }
    }
    EMITS(x64_cmp_octet(e, m, 0x80), "cmp BYTE PTR %s,0x80", text);
    EMITS(x64_jmp_m(e, m), "jmp QWORD PTR %s", text);
    EMITS(x64_call_m(e, m), "call QWORD PTR %s", text);
    EMITS(x64_push_m(e, m), "push QWORD PTR %s", text);
}

TEST(instructions_with_memory) {
    make_operands(false);
    for (EACH(n, operand_count)) {
        put_with_memory(operands[n]);
        if (n % 1000 == 999 || n + 1 == operand_count) {
            check_cases();
        }
    }
}

/* ---- Jumps ---- */

static void put_nops(int count) {
    for (EACH(n, count)) {
        EMITS(x64_octet(e, 0x90), "nop");
    }
}

TEST(jumps_forward) {
    static const int distances[] = {0, 1, 2, 126, 127};
    for (EACH(d, COUNT(distances) * (COUNT(conditions) + 1))) {
        int distance = distances[d % COUNT(distances)], n = d / COUNT(distances) - 1;
        const char *text = n < 0 ? "jmp" : condition_names[n], *j = n < 0 ? "" : "j";
        expect("%s%s 0x%x", j, text, x64_position(e) + 2 + (uint32_t)distance);
        uint32_t site = n < 0 ? x64_jmp_short(e) : x64_jcc_short(e, conditions[n]);
        put_nops(distance);
        x64_bind_short(e, site);
        expect("%s%s 0x%x", j, text, x64_position(e) + (n < 0 ? 5 : 6) + (uint32_t)distance);
        site = n < 0 ? x64_jmp(e) : x64_jcc(e, conditions[n]);
        put_nops(distance);
        x64_bind(e, site, x64_position(e));
    }
    check_cases();
}

/* By a pointer in front of the jump, or behind it. */
TEST(jumps_by_pointers) {
    static const int distances[] = {INT32_MIN, -1000, -129, -128, 0, 1, 127, 128, INT32_MAX};
    for (int n = 0; n < COUNT(distances); n++) {
        uint32_t target = x64_position(e) + 6 + (uint32_t)distances[n];
        uint64_t distance = (uint64_t)(int64_t)distances[n];
        expect(distance == 0 ? "jmp QWORD PTR [rip]" : "jmp QWORD PTR [rip+0x%" PRIx64 "]", distance);
        x64_bind(e, x64_jmp_rip(e), target);
        expect(distance == 0 ? "push QWORD PTR [rip]" : "push QWORD PTR [rip+0x%" PRIx64 "]", distance);
        x64_bind(e, x64_push_rip(e), target + 6);
    }
    check_cases();
}

/* Several jumps that wait for one target: the displacement of each holds the position of the one before. */
TEST(jumps_to_one_target) {
    static const int distances[] = {0, 1, 126, 1000};
    uint32_t last = 0, target = x64_position(e);
    for (int n = 0; n < COUNT(distances); n++) {
        target += (n % 2 == 0 ? 5 : 6) + (uint32_t)distances[n];
    }
    for (int n = 0; n < COUNT(distances); n++) {
        expect("%s 0x%x", n % 2 == 0 ? "jmp" : "je", target);
        uint32_t site = n % 2 == 0 ? x64_jmp(e) : x64_jcc(e, CC_E);
        x64_set_u32_at(e, site, last);
        last = site;
        put_nops(distances[n]);
    }
    x64_bind_all(e, last, target);
    check_cases();
}

TEST(jumps_back) {
    put_nops(1000);
    for (uint32_t distance = 0; distance < 1000; distance += distance < 140 ? 1 : 107) {
        uint32_t target = x64_position(e) - distance;
        EMITS(x64_jmp_back(e, target), "jmp 0x%x", target);
        for (EACH(n, COUNT(conditions))) {
            target = x64_position(e) - distance;
            EMITS(x64_jcc_back(e, conditions[n], target), "j%s 0x%x", condition_names[n], target);
            EMITS(x64_jcc_far(e, conditions[n], target), "j%s 0x%x", condition_names[n], target);
        }
        EMITS(x64_call(e, target), "call 0x%x", target);
        EMITS(x64_call(e, target + 5000), "call 0x%x", target + 5000);
    }
    check_cases();
}

/* ---- Nothing left out ---- */

static char *read_text(const char *path) {
    static char texts[2][1 << 16];
    static int next;
    char *text = texts[next++ % 2];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        CHECK_FAIL("%s cannot be read: run in jit-native", path);
    }
    text[fread(text, 1, sizeof texts[0] - 1, file)] = '\0';
    CHECK(feof(file));
    fclose(file);
    return text;
}

/* Functions of x64.h that the others are made of, or that emit nothing. */
static bool is_part(const char *function) {
    static const char *const parts[] = {"position",  "u32_at",          "set_u32_at", "u32",   "u64",
                                        "rex",       "modrm_registers", "opcode",     "op_rr", "modrm_memory",
                                        "op_memory", "op_rm",           "op_rip",     "vex",   "is_near"};
    for (EACH(n, COUNT(parts))) {
        if (strcmp(function + strlen("x64_"), parts[n]) == 0) {
            return true;
        }
    }
    return false;
}

TEST(nothing) {
    EMITS(x64_nops(e, 1), "nop");
    EMITS(x64_nops(e, 2), "xchg ax,ax");
    EMITS(x64_nops(e, 3), "nop DWORD PTR [rax]");
    EMITS(x64_nops(e, 4), "nop DWORD PTR [rax]");
    EMITS(x64_nops(e, 5), "nop DWORD PTR [rax+rax*1]");
    EMITS(x64_nops(e, 6), "nop WORD PTR [rax+rax*1]");
    EMITS(x64_nops(e, 7), "nop DWORD PTR [rax]");
    EMITS(x64_nops(e, 8), "nop DWORD PTR [rax+rax*1]");
    EMITS(x64_nops(e, 9), "nop WORD PTR [rax+rax*1]");
    check_cases();
}

TEST(every_function_is_called) {
    const char *header = read_text("src/x64/x64.h"), *test = read_text(__FILE__);
    uint32_t functions = 0;
    for (const char *at = header; (at = strstr(at, "static inline ")) != NULL; at++) {
        char function[64], call[80];
        const char *begin = at + strcspn(at, "("), *end = begin;
        while (begin[-1] != ' ') {
            begin--;
        }
        snprintf(function, sizeof function, "%.*s", (int)(end - begin), begin);
        snprintf(call, sizeof call, "%s(e", function);
        if (strstr(end, "struct x64_emitter *e") == end + 1 && !is_part(function)) {
            functions++;
            if (strstr(test, call) == NULL) {
                CHECK_FAIL("%s is not called here", function);
            }
        }
    }
    CHECK(functions > 40);
}

TEST(objdump_read_them) {
    printf("%u instructions read by objdump\n", checked);
    CHECK(checked > 20000);
}

int main(void) {
    const char *ci = getenv("CI");
    if (system("command -v objdump > /dev/null") != 0 && (ci == NULL || strcmp(ci, "true") != 0)) {
        printf("ok without objdump: it is not installed (binutils), nothing is compared\n");
        return 0;
    }
    RUN(two_registers);
    RUN(nothing);
    RUN(arithmetic);
    RUN(one_register);
    RUN(register_and_constant);
    RUN(three_registers);
    RUN(every_operand);
    RUN(integers_in_memory);
    RUN(instructions_with_memory);
    RUN(jumps_forward);
    RUN(jumps_by_pointers);
    RUN(jumps_to_one_target);
    RUN(jumps_back);
    RUN(every_function_is_called);
    RUN(objdump_read_them);
    return check_finish();
}
