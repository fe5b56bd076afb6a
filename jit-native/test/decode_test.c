/* Program blobs and instructions: the natural encoding, every rule of validation with the offset it reports, operand
 * forms against a second decoder written from the specification's table, block starts. */
#include "check.h"
#include "decode_literal.h"

static const struct revision_rules *const rules_0_8_0 = &revision_table[PVM_REVISION_0_8_0];

/* Some weight, of which the largest that there can be. */
static uint8_t weight_of(int octet) {
    return (uint8_t)(255 - octet);
}

/* Parses; the blob lies in memory of exactly its length, so that reading beyond is seen. */
static status parse(const uint8_t *octets, uint64_t length, const struct revision_rules *rules, pvm_error *error) {
    uint8_t *copy = malloc(length);
    CHECK(length == 0 || copy != NULL);
    if (length != 0) {
        memcpy(copy, octets, length);
    }
    memset(error, 0, sizeof *error);
    struct program_octets meanings;
    uint8_t weights[256];
    for (int octet = 0; octet < 256; octet++) {
        weights[octet] = weight_of(octet);
    }
    program_octets_fill(&meanings, rules, weights);
    status result = program_parse(&program, copy, length, &meanings, NULL, error);
    free(copy);
    return result;
}

static void check_valid(const uint8_t *octets, uint64_t length, const struct revision_rules *rules) {
    pvm_error error;
    if (parse(octets, length, rules, &error) != PVM_OK) {
        CHECK_FAIL("invalid at %" PRIu64 ": %s", error.offset, error.message);
    }
}

static void check_invalid(const char *what, const uint8_t *octets, uint64_t length, uint64_t offset) {
    pvm_error error;
    status result = parse(octets, length, rules_next, &error);
    if (result != PVM_INVALID_PROGRAM || error.status != PVM_INVALID_PROGRAM || error.offset != offset) {
        CHECK_FAIL("%s: status %d, offset %" PRIu64 ", not %" PRIu64 ": %s", what, (int)result, error.offset, offset,
                   error.message);
    }
    CHECK(strlen(error.message) > 10);
    CHECK(program.code == NULL && program.starts == NULL && program.jump_table == NULL);
}

/* Distances up to and beyond the longest, in all positions of the words that are looked at. */
TEST(random_masks) {
    enum { LENGTH = 400 };
    uint64_t seed = 11, valid = 0;
    for (int round = 0; round < 20000; round++) {
        uint8_t blob[3 + LENGTH + LENGTH / 8 + 1] = {0}, blocks[LENGTH / 8 + 1];
        uint32_t length = 1 + random_below(&seed, LENGTH), longest = 1 + random_below(&seed, 25);
        uint32_t header = 2 + natural(blob + 2, length), index = 0;
        uint8_t *code = blob + header, *mask = code + length;
        for (uint32_t pc = 0; pc < length;) {
            code[pc] = random_below(&seed, 4) == 0 ? OCTET_trap : OCTET_load_imm;
            mask[pc / 8] |= (uint8_t)(1 << pc % 8);
            pc += 1 + random_below(&seed, random_below(&seed, 40) == 0 ? longest + 2 : longest);
        }
        if (random_below(&seed, 2) == 0) {
            code[length - 1] = OCTET_trap;
            mask[(length - 1) / 8] |= (uint8_t)(1 << (length - 1) % 8);
        }
        if (random_below(&seed, 40) == 0) {
            code[random_below(&seed, length)] = 255;
        }
        pvm_error error;
        bool expected = literal_walk(code, length, mask, blocks);
        CHECK_EQ(parse(blob, header + length + (length + 7) / 8, rules_next, &error) == PVM_OK, expected);
        if (!expected) {
            CHECK_EQ(error.status, PVM_INVALID_PROGRAM);
            continue;
        }
        valid++;
        uint64_t weight = 0;
        for (uint32_t pc = 0; pc < length; pc++) {
            CHECK_EQ(program_is_block_start(&program, pc), blocks[pc / 8] >> pc % 8 & 1);
            CHECK_EQ(program_index(&program, pc), index);
            if ((mask[pc / 8] >> pc % 8 & 1) != 0) {
                CHECK_EQ(program_pc_of_index(&program, index), pc);
                weight += weight_of(code[pc]);
                index++;
            }
        }
        CHECK(!program_is_block_start(&program, length) && !program_is_block_start(&program, -1));
        CHECK_EQ(program.instruction_count, index);
        CHECK_EQ(program.weight, weight);
        program_free(&program);
    }
    CHECK(valid > 2000 && valid < 18000);
}

/* ---- The natural encoding, by the length of a jump table of empty entries ---- */

TEST(natural_numbers) {
    for (uint32_t extra = 0; extra <= 8; extra++) {
        uint64_t least = extra == 0 ? 0 : UINT64_C(1) << (7 * extra);
        uint64_t greatest = extra == 8 ? UINT64_MAX : (UINT64_C(1) << (7 * (extra + 1))) - 1;
        const uint64_t values[] = {least, least + 1, greatest - 1, greatest, least + (greatest - least) / 2};
        for (size_t n = 0; n < sizeof values / sizeof *values; n++) {
            uint8_t blob[16];
            uint32_t length = natural(blob, values[n]);
            CHECK_EQ(length, 1 + extra);
            memcpy(blob + length, (const uint8_t[]){0, 1, OCTET_trap, 1}, 4);
            check_valid(blob, length + 4, rules_0_8_0);
            CHECK_EQ(program.jump_table_length, values[n]);
            program_free(&program);
            for (uint32_t cut = 0; cut < length; cut++) {
                check_invalid("cut short", blob, cut, 0);
            }
        }
    }
}

/* Written out, so that the encoder above is not the only witness. */
TEST(natural_numbers_by_octets) {
    static const struct {
        uint32_t length;
        uint8_t octets[9];
        uint64_t value;
    } cases[] = {
        {1, {0x00}, 0},
        {1, {0x7F}, 127},
        {2, {0x80, 0x80}, 128},
        {2, {0xBF, 0xFF}, 16383},
        {3, {0xC0, 0x00, 0x40}, 16384},
        {3, {0xDF, 0x34, 0x12}, 0x1F1234},
        {4, {0xE0, 0x00, 0x00, 0x20}, 1 << 21},
        {5, {0xF1, 0x04, 0x03, 0x02, 0x01}, 0x101020304},
        {8, {0xFE, 1, 2, 3, 4, 5, 6, 7}, 0x07060504030201},
        {9, {0xFF, 1, 2, 3, 4, 5, 6, 7, 8}, 0x0807060504030201},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        uint8_t blob[16];
        memcpy(blob, cases[n].octets, cases[n].length);
        memcpy(blob + cases[n].length, (const uint8_t[]){0, 1, OCTET_trap, 1}, 4);
        check_valid(blob, cases[n].length + 4, rules_0_8_0);
        CHECK_EQ(program.jump_table_length, cases[n].value);
        program_free(&program);
    }
}

TEST(natural_numbers_that_are_not_shortest) {
    for (uint32_t extra = 1; extra <= 8; extra++) {
        uint64_t limit = UINT64_C(1) << (7 * extra); /* what fits one octet less */
        const uint64_t values[] = {0, 1, limit / 2, limit - 1};
        for (size_t n = 0; n < sizeof values / sizeof *values; n++) {
            uint8_t blob[32] = {0};
            uint64_t top = extra < 7 ? values[n] >> (8 * extra) : 0;
            blob[0] = (uint8_t)(extra == 8 ? 255 : 0xFF00u >> extra | top);
            memcpy(blob + 1, &values[n], extra);
            memcpy(blob + 1 + extra, (const uint8_t[]){0, 1, OCTET_trap, 1}, 4);
            check_invalid("length of the jump table", blob, extra + 5, 0);
            /* The same as the length of the code. */
            uint8_t code[32] = {0, 0};
            memcpy(code + 2, blob, extra + 1);
            check_invalid("length of the code", code, sizeof code, 2);
        }
    }
}

/* ---- Validation ---- */

TEST(broken_rules_report_their_offset) {
    static const struct {
        const char *what;
        uint32_t length;
        uint8_t blob[48];
        uint64_t offset;
    } cases[] = {
        {"nothing", 0, {0}, 0},
        {"no entry size", 1, {0}, 1},
        {"no code length", 2, {0, 0}, 2},
        {"code length cut short", 3, {0, 0, 0x80}, 2},
        {"no code", 3, {0, 0, 0}, 3},
        {"no code but a mask", 4, {0, 0, 0, 0}, 3},
        {"no mask", 4, {0, 0, 1, OCTET_trap}, 3},
        {"one octet too many", 6, {0, 0, 1, OCTET_trap, 1, 0}, 3},
        {"entries missing", 6, {2, 1, 1, 0, OCTET_trap, 1}, 3},
        {"entries of a table of 0", 6, {0, 1, 1, 0, OCTET_trap, 1}, 3},
        {"bits beyond the mask", 5, {0, 0, 1, OCTET_trap, 3}, 4},
        {"the highest bit beyond the mask", 5, {0, 0, 1, OCTET_trap, 0x81}, 4},
        {"bits beyond a mask of two octets", 14, {0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 3}, 13},
        {"first bit of the mask clear", 6, {0, 0, 2, OCTET_trap, OCTET_trap, 2}, 3},
        {"opcode not defined", 5, {0, 0, 1, 3, 1}, 3},
        {"second opcode not defined", 7, {0, 0, 3, OCTET_trap, 254, OCTET_trap, 7}, 4},
        {"opcode 255", 6, {0, 0, 2, 255, OCTET_trap, 3}, 3},
        {"no terminator at the end", 5, {0, 0, 1, OCTET_unlikely, 1}, 4},
        {"ecalli is no terminator", 6, {0, 0, 2, OCTET_trap, OCTET_ecalli, 3}, 5},
        {"no terminator at the end, operands", 6, {0, 0, 2, OCTET_ecalli, 1, 1}, 5},
        {"an entry of 9 octets beyond 2^64", 14, {1, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, OCTET_trap, 1}, 11},
        {"the second entry", 23, {2, 9, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, OCTET_trap, 1}, 20},
        {"an entry of 10 octets", 15, {1, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, OCTET_trap, 1}, 12},
        {"2^25 + 1 octets of code", 8, {0, 0, 0xE2, 1, 0, 0, OCTET_trap, 1}, 2},
        {"2^64 - 1 octets of code", 13, {0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, OCTET_trap, 1}, 2},
        {"2^24 + 1 entries", 8, {0xE1, 1, 0, 0, 1, 1, OCTET_trap, 1}, 0},
        {"2^64 - 1 entries of 255 octets", 13, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, OCTET_trap, 1}, 0},
        {"2^61 entries of 8 octets, which wrap to nothing",
         13,
         {255, 0, 0, 0, 0, 0, 0, 0, 0x20, 8, 1, OCTET_trap, 1},
         0},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        check_invalid(cases[n].what, cases[n].blob, cases[n].length, cases[n].offset);
    }
}

/* A blob of a header, code and a mask with bits only where instructions are said to start. */
static uint64_t make_blob(uint8_t *blob, const uint8_t *code, uint32_t length, const uint32_t *starts, uint32_t count) {
    uint64_t at = 0;
    blob[at++] = 0;
    blob[at++] = 0;
    at += natural(blob + at, length);
    memcpy(blob + at, code, length);
    at += length;
    memset(blob + at, 0, (length + 7) / 8);
    for (uint32_t n = 0; n < count; n++) {
        blob[at + starts[n] / 8] |= (uint8_t)(1 << starts[n] % 8);
    }
    return at + (length + 7) / 8;
}

/* 24 octets behind an opcode are arguments; the 25th must start an instruction, unless the code ends. */
TEST(skips) {
    uint8_t blob[256], code[128] = {0};
    for (uint32_t skip = 0; skip < 60; skip++) {
        for (uint32_t first = 0; first < 9; first++) { /* shifts the place within the mask's octets */
            uint32_t starts[12], count = 0;
            for (uint32_t n = 0; n < first; n++) {
                starts[count++] = n;
            }
            starts[count++] = first;
            /* The last instruction. */
            uint64_t length = make_blob(blob, code, first + 1 + skip, starts, count);
            if (skip <= 24) {
                check_valid(blob, length, rules_next);
                CHECK_EQ(program.instruction_count, first + 1);
                CHECK_EQ(program_decode(&program, first).next, first + 1 + skip);
                program_free(&program);
            } else {
                check_invalid("a skip beyond 24", blob, length, 3 + first + 25);
            }
            /* One in front of another. */
            starts[count++] = first + 1 + skip;
            length = make_blob(blob, code, first + 2 + skip, starts, count);
            if (skip <= 24) {
                check_valid(blob, length, rules_next);
                CHECK_EQ(program.instruction_count, first + 2);
                CHECK_EQ(program_decode(&program, first).next, first + 1 + skip);
                CHECK_EQ(program_decode(&program, first + 1 + skip).next, first + 2 + skip);
                program_free(&program);
            } else {
                check_invalid("a skip beyond 24", blob, length, 3 + first + 25);
            }
        }
    }
}

/* Every opcode value: defined ones are valid in front of a trap, and at the end when they are terminators. */
TEST(opcodes) {
    static const bool defined[256] = {
#define ROW(opcode, name, form, terminator, cycles, slots, alu, load, store, mul, div) [opcode] = true,
#include "instructions.inc"
#undef ROW
    };
    static const bool terminators[256] = {
#define ROW(opcode, name, form, terminator, cycles, slots, alu, load, store, mul, div) [opcode] = (terminator),
#include "instructions.inc"
#undef ROW
    };
    for (uint32_t opcode = 0; opcode < 256; opcode++) {
        const uint8_t inside[] = {0, 0, 2, (uint8_t)opcode, OCTET_trap, 3}, last[] = {0, 0, 1, (uint8_t)opcode, 1};
        if (defined[opcode]) {
            check_valid(inside, sizeof inside, rules_next);
            CHECK_EQ(program.block_count, 1 + terminators[opcode]);
            program_free(&program);
        } else {
            check_invalid("opcode", inside, sizeof inside, 3);
        }
        if (terminators[opcode]) {
            check_valid(last, sizeof last, rules_next);
            program_free(&program);
        } else {
            check_invalid("last opcode", last, sizeof last, defined[opcode] ? 4 : 3);
        }
    }
}

/* Lengths at the limits of the revisions. */
TEST(limits) {
    uint64_t length = 0;
    uint32_t octets = 1 << 25;
    uint8_t *blob = calloc(1, (uint64_t)octets + octets / 8 + 64);
    CHECK(blob != NULL);
    blob[0] = blob[1] = 0;
    length = 2 + natural(blob + 2, octets);
    memset(blob + length, OCTET_fallthrough, octets);
    memset(blob + length + octets, 0xFF, octets / 8);
    pvm_error error;
    CHECK_EQ(parse(blob, length + octets + octets / 8, rules_next, &error), PVM_OK);
    CHECK_EQ(program.code_length, octets);
    CHECK_EQ(program.block_count, octets);
    CHECK_EQ(program.instruction_count, octets);
    program_free(&program);
    /* One octet more, all of it there. */
    uint8_t *longer = calloc(1, (uint64_t)octets + octets / 8 + 64);
    CHECK(longer != NULL);
    length = 2 + natural(longer + 2, octets + 1);
    memset(longer + length + octets + 1, 0xFF, octets / 8);
    longer[length + octets + 1 + octets / 8] = 1;
    check_invalid("2^25 + 1 octets of code", longer, length + octets + 1 + octets / 8 + 1, 2);
    free(longer);
    /* Jump tables: entries of 1 octet and of none. */
    octets = 1 << 24;
    length = natural(blob, octets);
    memcpy(blob + length, (const uint8_t[]){1, 1}, 2);
    memset(blob + length + 2, 0, octets);
    memcpy(blob + length + 2 + octets, (const uint8_t[]){OCTET_trap, 1}, 2);
    check_valid(blob, length + octets + 4, rules_next);
    CHECK_EQ(program.jump_table_length, octets);
    CHECK_EQ(program_jump_target(&program, octets - 1), 0);
    program_free(&program);
    free(blob);
    static const uint64_t counts[] = {1 << 24, (1 << 24) + 1, UINT64_C(1) << 32, UINT64_C(1) << 61, UINT64_MAX};
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        uint8_t empty[16];
        length = natural(empty, counts[n]);
        memcpy(empty + length, (const uint8_t[]){0, 1, OCTET_trap, 1}, 4);
        for (uint32_t revision = 0; revision < REVISION_COUNT; revision++) {
            /* Those of 0.8.0 do not count. */
            if (n == 0 || revision == PVM_REVISION_0_8_0) {
                check_valid(empty, length + 4, &revision_table[revision]);
                CHECK_EQ(program.jump_table_length, counts[n]);
                program_free(&program);
            } else {
                CHECK_EQ(parse(empty, length + 4, &revision_table[revision], &error), PVM_INVALID_PROGRAM);
                CHECK_EQ(error.offset, 0);
            }
        }
    }
}

TEST(jump_tables) {
    for (uint32_t size = 0; size < 256; size += size < 18 ? 1 : size == 18 ? 45 : 64) {
        uint8_t blob[3 * 256 + 16] = {3, (uint8_t)size, 1};
        uint64_t entries[3];
        for (uint32_t n = 0; n < 3; n++) {
            uint64_t value = UINT64_C(0xF1E2D3C4B5A69788) + n;
            uint32_t octets = size < 8 ? size : 8;
            entries[n] = octets == 8 ? value : value & ((UINT64_C(1) << 8 * octets) - 1);
            memcpy(blob + 3 + n * size, &value, octets);
        }
        memcpy(blob + 3 + 3 * size, (const uint8_t[]){OCTET_trap, 1}, 2);
        check_valid(blob, 5 + 3 * size, rules_next);
        CHECK_EQ(program.entry_size, size < 8 ? size : 8); /* what is beyond is zero, and not kept */
        for (uint32_t n = 0; n < 3; n++) {
            CHECK_EQ(program_jump_target(&program, n), entries[n]);
        }
        program_free(&program);
    }
    /* z without entries */
    const uint8_t none[] = {0, 255, 1, OCTET_trap, 1};
    check_valid(none, sizeof none, rules_next);
    program_free(&program);
}

/* Cut anywhere, or with one octet more, a blob is invalid. */
TEST(blobs_have_one_length) {
    guest_clear(&guest);
    put_reg_reg_reg(&guest, OP_add_64, 1, 2, 3);
    put_off(&guest, OP_jump, 0);
    guest.entry_size = 3;
    guest.entry_count = 2;
    uint64_t length;
    uint8_t *blob = guest_blob(&guest, &length), longer[64] = {0};
    pvm_error error;
    for (uint64_t cut = 0; cut < length; cut++) {
        CHECK_EQ(parse(blob, cut, rules_next, &error), PVM_INVALID_PROGRAM);
    }
    check_valid(blob, length, rules_next);
    program_free(&program);
    memcpy(longer, blob, length);
    CHECK_EQ(parse(longer, length + 1, rules_next, &error), PVM_INVALID_PROGRAM);
    free(blob);
}

/* ---- Block starts ---- */

TEST(block_starts) {
    uint64_t seed = 31;
    for (int round = 0; round < 2000; round++) {
        guest_clear(&guest);
        bool expected[1024] = {false}, begins = true;
        uint32_t count = 1 + random_below(&seed, 30), blocks = 0;
        for (uint32_t n = 0; n < count; n++) {
            uint8_t opcode = random_opcode(&seed, n + 1 == count);
            expected[guest.length] = begins;
            blocks += begins;
            put_opcode(&guest, opcode);
            for (uint32_t octets = random_below(&seed, random_below(&seed, 3) == 0 ? 25 : 4); octets > 0; octets--) {
                put_octet(&guest, random64(&seed));
            }
            begins = opcode_table[opcode].terminator;
        }
        uint64_t length;
        uint8_t *blob = guest_blob(&guest, &length);
        check_valid(blob, length, rules_next);
        free(blob);
        CHECK_EQ(program.block_count, blocks);
        CHECK_EQ(program.instruction_count, count);
        for (int64_t pc = -3; pc < guest.length + 40; pc++) {
            bool inside = pc >= 0 && pc < guest.length;
            CHECK_EQ(program_is_block_start(&program, pc), inside && expected[pc]);
            CHECK_EQ(program_is_start(&program, (uint64_t)pc), inside && (guest.starts[pc / 8] >> pc % 8 & 1) != 0);
        }
        CHECK(!program_is_block_start(&program, INT64_MAX) && !program_is_block_start(&program, INT64_MIN));
        CHECK(!program_is_block_start(&program, INT64_C(1) << 32));
        program_free(&program);
    }
}

/* ---- Operands ---- */

/* Some forms by hand, where the table could be read in two ways. */
TEST(operands_by_hand) {
    static const struct {
        uint32_t l, length; /* of the arguments, of the code; behind the arguments every octet is an instruction */
        uint8_t octets[12];
        struct instruction expected;
    } cases[] = {
        /* lX of 5, 6, 7 is 4; what is left is Y */
        {6, 8, {OCTET_store_imm_u8, 5, 1, 2, 3, 4, 0xFE, OCTET_trap}, {.x = 0x04030201, .y = -2}},
        {6, 8, {OCTET_store_imm_u8, 7, 1, 2, 3, 0x84, 0xFE, OCTET_trap}, {.x = (int32_t)0x84030201, .y = -2}},
        {6, 8, {OCTET_store_imm_u8, 0xF8, 1, 2, 3, 4, 0xFE, OCTET_trap}, {.x = 0, .y = 0x04030201}},
        /* lX reaches beyond the arguments, into the next instruction; Y is empty */
        {2, 5, {OCTET_store_imm_u8, 3, 1, OCTET_unlikely, OCTET_trap}, {.x = 0x000201, .y = 0}},
        /* and beyond the code, where zeros are */
        {0, 1, {OCTET_load_imm_jump}, {.a = 0, .x = 0, .target = 0}},
        {1, 2, {OCTET_load_imm_jump, 0x3F}, {.a = 12, .x = 0, .target = 0}},
        /* register nibbles of 13, 14, 15 are 12; a whole octet names D */
        {2, 4, {OCTET_add_64, 0xED, 0x0D, OCTET_trap}, {.a = 12, .b = 12, .d = 12}},
        {2, 4, {OCTET_add_64, 0x21, 0xF3, OCTET_trap}, {.a = 1, .b = 2, .d = 12}},
        {2, 4, {OCTET_add_64, 0x21, 0x0B, OCTET_trap}, {.a = 1, .b = 2, .d = 11}},
        {1, 3, {OCTET_move_reg, 0x3F, OCTET_trap}, {.d = 12, .a = 3}},
        /* without argument octets registers come from the next instruction */
        {0, 3, {OCTET_move_reg, OCTET_branch_ge_s_imm, OCTET_trap}, {.d = 9, .a = 5}},
        {0, 4, {OCTET_add_64, OCTET_unlikely, OCTET_fallthrough, OCTET_trap}, {.a = 2, .b = 0, .d = 1}},
        /* immediates of more octets than four */
        {7, 9, {OCTET_add_imm_64, 0x21, 1, 2, 3, 0x84, 5, 6, OCTET_trap}, {.a = 1, .b = 2, .x = (int32_t)0x84030201}},
        {5, 7, {OCTET_ecalli, 1, 2, 3, 4, 5, OCTET_trap}, {.x = 0x04030201}},
        {0, 2, {OCTET_ecalli, OCTET_trap}, {.x = 0}},
        {1, 3, {OCTET_jump, 0xFF, OCTET_trap}, {.target = -1}},
        {3, 5, {OCTET_branch_eq, 0x21, 0, 0x80, OCTET_trap}, {.a = 1, .b = 2, .target = -32768}},
        /* load_imm_64 takes eight octets whatever the arguments' length */
        {1,
         10,
         {OCTET_load_imm_64, 2, OCTET_unlikely, OCTET_unlikely, OCTET_unlikely, OCTET_unlikely, OCTET_unlikely,
          OCTET_unlikely, OCTET_unlikely, OCTET_trap},
         {.a = 2, .x = 0x0002020202020202}},
        {4, 6, {OCTET_load_imm_jump_ind, 0x21, 9, 0x80, 0x7F, OCTET_trap}, {.a = 1, .b = 2, .x = -128, .y = 127}},
        {2, 4, {OCTET_load_imm_jump_ind, 0x21, 8, OCTET_trap}, {.a = 1, .b = 2, .x = 0, .y = 0}},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        guest_clear(&guest);
        for (uint32_t m = 0; m < cases[n].length; m++) {
            if (m == 0 || m > cases[n].l) {
                put_start(&guest, cases[n].octets[m]);
            } else {
                put_octet(&guest, cases[n].octets[m]);
            }
        }
        uint64_t length;
        uint8_t *blob = guest_blob(&guest, &length);
        check_valid(blob, length, rules_0_8_0);
        free(blob);
        struct instruction i = program_decode(&program, 0), e = cases[n].expected;
        CHECK_EQ(i.next, 1 + cases[n].l);
        CHECK_EQ(i.a, e.a);
        CHECK_EQ(i.b, e.b);
        CHECK_EQ(i.d, e.d);
        CHECK_EQ(i.x, e.x);
        CHECK_EQ(i.y, e.y);
        CHECK_EQ(i.target, e.target);
        check_decoded(0, cases[n].l, PVM_REVISION_0_8_0);
        program_free(&program);
    }
}

/* Every octet that can name a third register, where it is read in one way until 0.8.0 and in another since #554. */
TEST(third_registers) {
    for (uint32_t octet = 0; octet < 256; octet++) {
        const uint8_t blob[] = {0, 0, 4, OCTET_sub_64, 0x21, (uint8_t)octet, OCTET_trap, 9};
        uint8_t whole = octet < 12 ? (uint8_t)octet : 12, low = octet % 16 < 12 ? (uint8_t)(octet % 16) : 12;
        for (uint32_t revision = 0; revision < REVISION_COUNT; revision++) {
            check_valid(blob, sizeof blob, &revision_table[revision]);
            struct instruction i = program_decode(&program, 0);
            CHECK_EQ(i.opcode, OP_sub_64);
            CHECK_EQ(i.a, 1);
            CHECK_EQ(i.b, 2);
            CHECK_EQ(i.d, revision == PVM_REVISION_NEXT ? low : whole);
            program_free(&program);
        }
    }
}

/* Random programs of random octets, to the end of the code, where operands are missing. */
TEST(operands) {
    uint64_t seed = 2026, count = 0;
    for (int round = 0; round < (SANITIZED ? 10000 : 100000); round++) {
        uint32_t revision = (uint32_t)round % REVISION_COUNT;
        uint32_t at[40], l[40], instructions = 1 + random_below(&seed, 40);
        guest_clear(&guest);
        for (uint32_t n = 0; n < instructions; n++) {
            at[n] = put_opcode(&guest, random_opcode(&seed, n + 1 == instructions));
            l[n] = random_below(&seed, random_below(&seed, 4) == 0 ? 25 : 12);
            for (uint32_t octet = 0; octet < l[n]; octet++) {
                put_octet(&guest, random64(&seed));
            }
        }
        uint64_t length;
        uint8_t *blob = guest_blob(&guest, &length);
        check_valid(blob, length, &revision_table[revision]);
        free(blob);
        for (uint32_t n = 0; n < instructions; n++) {
            check_decoded(at[n], l[n], revision);
        }
        count += instructions;
        program_free(&program);
    }
    printf("%" PRIu64 " instructions, seed 2026\n", count);
}

int main(void) {
    RUN(random_masks);
    RUN(natural_numbers);
    RUN(natural_numbers_by_octets);
    RUN(natural_numbers_that_are_not_shortest);
    RUN(broken_rules_report_their_offset);
    RUN(skips);
    RUN(opcodes);
    RUN(limits);
    RUN(jump_tables);
    RUN(blobs_have_one_length);
    RUN(block_starts);
    RUN(operands_by_hand);
    RUN(third_registers);
    RUN(operands);
    return check_finish();
}
