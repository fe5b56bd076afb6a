/* Fuzzes decoding: a blob is valid where deblob and the walk of A.2, followed to the letter, say so; then blocks, starts and
 * operands are what they say. */
#define FUZZ_NAME "decode"
#define FUZZ_RUNS 60000
#include "fuzz/fuzz.h"

#include "decode_literal.h"

/* E^-1 of a number in the general form, the shortest or not; false where the blob ends before. */
static bool literal_natural(struct bytes *in, uint64_t *value) {
    if (!has_more(in)) {
        return false;
    }
    uint8_t first = take(in);
    int extra = 0;
    while (extra < 8 && (first & 0x80 >> extra) != 0) {
        extra++;
    }
    if (in->end - in->at < extra) {
        return false;
    }
    uint64_t top = extra == 8 ? 0 : (uint64_t)(first & (0xFF >> (extra + 1)));
    *value = take_number(in, extra) | (extra == 8 ? 0 : top << 8 * extra);
    return extra == 0 || *value >> 7 * extra != 0;
}

struct literal {
    uint64_t entries, code_length;
    uint32_t entry_size;
    const uint8_t *table, *code, *mask;
};

static bool literal_parse(struct bytes in, const struct revision_rules *rules, struct literal *l) {
    if (!literal_natural(&in, &l->entries) || !has_more(&in)) {
        return false;
    }
    l->entry_size = take(&in);
    if (!literal_natural(&in, &l->code_length) || l->code_length == 0 || l->code_length > 1 << 20 ||
        (l->entry_size != 0 && l->entries > 1 << 20) ||
        (l->entry_size == 0 && rules->empty_entries_count && l->entries > 1 << 24)) {
        return false;
    }
    uint64_t table = l->entries * l->entry_size, mask = (l->code_length + 7) / 8;
    if ((uint64_t)(in.end - in.at) != table + l->code_length + mask) {
        return false;
    }
    l->table = in.at;
    l->code = l->table + table;
    l->mask = l->code + l->code_length;
    bool valid = l->code_length % 8 == 0 || l->mask[mask - 1] >> l->code_length % 8 == 0;
    for (uint64_t n = 0; n < table; n++) {
        valid &= n % l->entry_size < 8 || l->table[n] == 0; /* entries are numbers of 64 bits */
    }
    return valid;
}

static void check_program(const struct literal *l, const uint8_t *blocks, uint32_t revision) {
    uint32_t index = 0, block_count = 0;
    CHECK_EQ(program.code_length, l->code_length);
    CHECK_EQ(program.jump_table_length, l->entries);
    guest_clear(&guest);
    guest.length = (uint32_t)l->code_length;
    memcpy(guest.code, l->code, l->code_length);
    for (uint32_t pc = 0; pc < l->code_length;) {
        uint32_t next = pc + 1;
        while (next < l->code_length && (l->mask[next / 8] >> next % 8 & 1) == 0) {
            CHECK(!program_is_start(&program, next) && !program_is_block_start(&program, next));
            next++;
        }
        CHECK(program_is_start(&program, pc));
        CHECK_EQ(program_is_block_start(&program, pc), blocks[pc / 8] >> pc % 8 & 1);
        CHECK_EQ(program_index(&program, pc), index);
        CHECK_EQ(program_pc_of_index(&program, index), pc);
        CHECK_EQ(program_next(&program, pc), next);
        block_count += program_is_block_start(&program, pc);
        check_decoded(pc, next - pc - 1, revision);
        index++;
        pc = next;
    }
    CHECK_EQ(program.instruction_count, index);
    CHECK_EQ(program.block_count, block_count);
    for (uint64_t n = 0; n < l->entries && l->entry_size != 0; n++) {
        uint64_t target = 0;
        memcpy(&target, l->table + n * l->entry_size, l->entry_size < 8 ? l->entry_size : 8);
        CHECK_EQ(program_jump_target(&program, (uint32_t)n), target);
    }
}

/* What follows each other in code is given by lengths of arguments, so that most of it is valid; then some bits are changed, most
 * often near an end. */
static uint8_t *take_blob(struct bytes *in, uint64_t *length) {
    guest_clear(&guest);
    uint32_t last = 0, changes = take_below(in, 3), places[2], bits[2];
    for (uint32_t n = 0; n < 2; n++) {
        places[n] = (uint32_t)take_number(in, 2);
        bits[n] = take_below(in, 8);
    }
    guest.entry_size = take_below(in, 12);
    guest.entry_count = take_below(in, 6);
    while (has_more(in) && guest.length < 400) {
        uint8_t dice = take(in);
        last = put_start(&guest, dice < 4 ? dice : opcode_octets[1 + dice % (OP_COUNT - 1)]);
        for (uint32_t octets = take_below(in, 26); octets > 0; octets--) {
            put_octet(&guest, take(in));
        }
    }
    if (guest.length == 0 || (last & 3) != 0) {
        put_opcode(&guest, OP_trap);
    }
    for (uint64_t n = 0; n < guest.entry_count; n++) {
        guest.entries[n] = guest.code[n % guest.length];
    }
    uint8_t *blob = guest_blob(&guest, length);
    for (uint32_t n = 0; n < changes; n++) {
        uint64_t place = places[n] / 4 % *length;
        place = places[n] % 4 == 0   ? place
                : places[n] % 4 == 1 ? place % 24 % *length
                                     : *length - 1 - place % 4 % *length;
        blob[place] ^= (uint8_t)(1 << bits[n]);
    }
    return blob;
}

static void fuzz(struct bytes *in) {
    static uint8_t blocks[1 << 17];
    uint32_t dice = take(in), revision = dice % REVISION_COUNT;
    struct literal l = {0};
    pvm_error error = {0};
    uint64_t length = (uint64_t)(in->end - in->at);
    uint8_t *blob = dice >= 128 ? take_blob(in, &length) : malloc(length + 1);
    CHECK(blob != NULL);
    if (dice < 128 && length > 0) {
        memcpy(blob, in->at, length);
    }
    bool valid = literal_parse((struct bytes){blob, blob + length}, &revision_table[revision], &l) &&
                 literal_walk(l.code, (uint32_t)l.code_length, l.mask, blocks);
    struct program_octets meanings;
    program_octets_fill(&meanings, &revision_table[revision], NULL);
    status result = program_parse(&program, blob, length, &meanings, NULL, &error);
    if (valid != (result == PVM_OK)) {
        CHECK_FAIL("revision %u: %s, by the letter %s", revision, result == PVM_OK ? "valid" : error.message,
                   valid ? "valid" : "invalid");
    }
    if (valid) {
        check_program(&l, blocks, revision);
        program_free(&program);
    } else {
        CHECK_EQ(error.status, PVM_INVALID_PROGRAM);
        CHECK(error.offset <= length && strlen(error.message) > 10);
    }
    free(blob);
}
