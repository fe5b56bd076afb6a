/* Program blobs: what is valid (deblob, Gray Paper A.2), and where instructions and blocks start (A.3). */
#include "isa/program.h"

#include "base/search.h"

#include <immintrin.h>

/* Readable octets behind code and starts, so that operands are fetched eight at a time. Code, with the starts that lie behind it, is
 * looked at 64 octets at a time. */
#define PADDING 32
_Static_assert(2 * PADDING >= 64, "what is behind code");
/* Octets of a jump table entry that may be other than zero. */
#define MAXIMUM_ENTRY_SIZE 8

/* ---- Blob ---- */

struct reader {
    const uint8_t *octets;
    uint64_t length, position;
};

/* The general natural encoding: the count of leading ones in the first octet is that of the octets behind it. False when
 * it is cut short or not the shortest. */
static bool read_natural(struct reader *reader, uint64_t *value) {
    if (reader->position >= reader->length) {
        return false;
    }
    const uint8_t *octets = reader->octets + reader->position;
    unsigned extra = octets[0] == 255 ? 8 : (unsigned)__builtin_clz(((unsigned)~octets[0] << 24) | 1);
    if (reader->length - reader->position - 1 < extra) {
        return false;
    }
    uint64_t low = 0;
    memcpy(&low, octets + 1, extra);
    uint64_t high = extra >= 7 ? 0 : (uint64_t)(octets[0] & (0x7Fu >> extra)) << (8 * extra);
    *value = high | low;
    if (extra != 0 && *value >> (7 * extra) == 0) {
        return false;
    }
    reader->position += 1 + extra;
    return true;
}

static uint64_t load64(const uint8_t *octets) {
    uint64_t value;
    memcpy(&value, octets, sizeof value);
    return value;
}

uint32_t program_next(const struct program *program, uint32_t pc) {
    uint64_t bits = load64(program->starts + ((pc + 1) >> 3)) >> ((pc + 1) & 7);
    return pc + 1 + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << MAXIMUM_SKIP);
}

/* ---- Validation ---- */

/* Says what is wrong with a program that count_instructions refuses: the first fault of the walk that A.2 asks for. */
static status explain(const struct program *program, uint64_t code_offset, pvm_error *error) {
    const uint8_t *opcodes = program->rules->opcodes;
    for (uint32_t pc = 0; pc < program->code_length; pc = program_next(program, pc)) {
        if ((program->starts[pc >> 3] >> (pc & 7) & 1) == 0) {
            return fail(error, PVM_INVALID_PROGRAM, code_offset + pc, "no instruction starts at pc %u", pc);
        }
        if (opcodes[program->code[pc]] == OP_undefined) {
            return fail(error, PVM_INVALID_PROGRAM, code_offset + pc, "opcode %u at pc %u is not defined",
                        program->code[pc], pc);
        }
    }
    return fail(error, PVM_INVALID_PROGRAM, code_offset + program->code_length,
                "the code does not end with a terminator");
}

/* What an octet is where an instruction starts: the weight of its opcode, with these. Of 64 octets, which can be summed up, the
 * weights take less than 16 bits and what is undefined another 7. */
#define KIND_WEIGHTS UINT64_C(0xFFFF)
#define KIND_UNDEFINED (UINT64_C(1) << 32)
#define KIND_UNDEFINED_ANY (UINT64_C(0x7F) << 32)
#define KIND_TERMINATOR (UINT64_C(1) << 63)

/* From so many starts among 64 octets on all of these are looked at, not the starts alone. */
#define MANY_STARTS 32

/* Whether each start but the first is at most MAXIMUM_SKIP + 1 octets behind another: 64 of them, with those before. */
static bool starts_follow(uint64_t starts, uint64_t before) {
    _Static_assert(MAXIMUM_SKIP == 24, "the ranges that are smeared add up to 25");
    unsigned __int128 reached = (unsigned __int128)starts << 25 | before >> 39;
    reached |= reached << 1;
    reached |= reached << 2;
    reached |= reached << 4;
    reached |= reached << 8;
    reached |= reached << 9;
    return (uint64_t)(reached >> 25) == UINT64_MAX;
}

void program_octets_fill(struct program_octets *octets, const struct revision_rules *rules, const uint8_t *weights) {
    octets->rules = rules;
    for (int octet = 0; octet < 256; octet++) {
        enum opcode opcode = (enum opcode)rules->opcodes[octet];
        octets->kinds[octet] = (weights == NULL ? 0u : weights[octet]) | (opcode == OP_undefined ? KIND_UNDEFINED : 0) |
                               (opcode_table[opcode].terminator ? KIND_TERMINATOR : 0);
    }
}

/* Which of 64 octets of code are terminators, of those where instructions start; to *sum is added what these are. */
static uint64_t find_terminators(const uint8_t *code, uint64_t starts, const uint64_t *kinds, uint64_t *sum) {
    uint64_t terminators = 0;
    if (__builtin_popcountll(starts) < MANY_STARTS) {
        for (; starts != 0; starts &= starts - 1) {
            uint32_t n = (uint32_t)__builtin_ctzll(starts);
            terminators |= kinds[code[n]] >> 63 << n;
            *sum += kinds[code[n]];
        }
        return terminators;
    }
    for (uint32_t n = 0; n < 64; n++) {
        terminators = terminators >> 1 | (kinds[code[n]] & KIND_TERMINATOR);
        *sum += kinds[code[n]];
    }
    for (uint64_t others = ~starts; others != 0; others &= others - 1) {
        *sum -= kinds[code[__builtin_ctzll(others)]];
    }
    return terminators & starts;
}

/* Finds blocks and ranks, and counts; false when the program is not valid. */
static bool count_instructions(struct program *program, const uint64_t *kinds) {
    uint64_t weight = 0;
    uint32_t length = program->code_length, instructions = 0, blocks = 0;
    uint64_t before = 0, terminated = 1; /* the last instruction before */
    bool valid = length != 0 && (program->starts[0] & 1) != 0;
    for (uint32_t at = 0; at < length; at += 64) {
        uint64_t starts, sum = 0;
        memcpy(&starts, program->starts + at / 8, sizeof starts);
        /* Bits behind the end are ones: the code's end is a start, as it has to be. */
        valid &= at == 0 ? starts_follow(starts, UINT64_C(1) << 63) : starts_follow(starts, before);
        before = starts;
        starts &= length - at < 64 ? (UINT64_C(1) << (length - at)) - 1 : UINT64_MAX;
        program->ranks[at / 64] = instructions;
        uint32_t count = (uint32_t)__builtin_popcountll(starts);
        instructions += count;
        /* By number of instruction: blocks begin with the one behind a terminator. */
        uint64_t terminators = _pext_u64(find_terminators(program->code + at, starts, kinds, &sum), starts);
        uint64_t first = _pdep_u64(terminators << 1 | terminated, starts);
        terminated = count == 0 ? terminated : terminators >> (count - 1) & 1;
        weight += sum & KIND_WEIGHTS;
        valid &= (sum & KIND_UNDEFINED_ANY) == 0;
        memcpy(program->block_starts + at / 8, &first, sizeof first);
        blocks += (uint32_t)__builtin_popcountll(first);
    }
    program->instruction_count = instructions;
    program->block_count = blocks;
    program->weight = weight;
    return valid && terminated != 0;
}

uint32_t program_pc_of_index(const struct program *program, uint32_t index) {
    uint32_t word = search_last(program->ranks, (program->code_length + 63) / 64, 1, index);
    uint64_t starts = load64(program->starts + (uint64_t)word * 8);
    for (uint32_t before = program->ranks[word]; before < index; before++) {
        starts &= starts - 1;
    }
    return word * 64 + (uint32_t)__builtin_ctzll(starts);
}

/* ---- Parts of a program ---- */

static uint64_t rounded(uint64_t octets) {
    return (octets + 7) / 8 * 8;
}

/* Sizes of the parts, in their order; returns the sum. */
struct part_sizes {
    uint64_t code, starts, block_starts, ranks, jump_table;
};

static uint64_t measure(const struct program *program, struct part_sizes *sizes) {
    uint64_t mask_length = ((uint64_t)program->code_length + 7) / 8;
    uint64_t entry_octets = program->entry_size == 0 ? 0 : program->jump_table_length * program->entry_size;
    *sizes = (struct part_sizes){rounded(program->code_length + PADDING), rounded(mask_length + PADDING),
                                 rounded(mask_length), ((uint64_t)program->code_length + 63) / 64 * sizeof(uint32_t),
                                 entry_octets + PADDING};
    return sizes->code + sizes->starts + sizes->block_starts + sizes->ranks + sizes->jump_table;
}

/* Copies length octets and appends padding. */
static void padded_copy(uint8_t *copy, const uint8_t *octets, uint64_t length, int padding) {
    if (length > 0) {
        memcpy(copy, octets, length);
    }
    memset(copy + length, padding, PADDING);
}

/* Entries without the zeros beyond their eighth octet, which a blob may hold gigabytes of. */
static void copy_jump_table(struct program *program, const uint8_t *entries, uint64_t size) {
    if (size <= MAXIMUM_ENTRY_SIZE) {
        padded_copy(program->jump_table, entries, program->jump_table_length * size, 0);
        return;
    }
    for (uint64_t entry = 0; entry < program->jump_table_length; entry++) {
        memcpy(program->jump_table + entry * MAXIMUM_ENTRY_SIZE, entries + entry * size, MAXIMUM_ENTRY_SIZE);
    }
}

static status copy_parts(struct program *program, const uint8_t *jump_table, uint32_t entry_size, const uint8_t *code,
                         const uint8_t *mask, pvm_error *error) {
    uint64_t mask_length = ((uint64_t)program->code_length + 7) / 8;
    struct part_sizes sizes;
    program->entry_size = entry_size < MAXIMUM_ENTRY_SIZE ? entry_size : MAXIMUM_ENTRY_SIZE;
    if (!pieces_take(program->pieces, measure(program, &sizes), &program->memory)) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for a program of %u octets", program->code_length);
    }
    program->code = program->memory.start;
    program->starts = program->code + sizes.code;
    program->block_starts = program->starts + sizes.starts;
    program->ranks = (uint32_t *)(void *)(program->block_starts + sizes.block_starts);
    program->jump_table = program->block_starts + sizes.block_starts + sizes.ranks;
    copy_jump_table(program, jump_table, entry_size);
    padded_copy(program->code, code, program->code_length, 0);
    padded_copy(program->starts, mask, mask_length, 0xFF);
    if ((program->code_length & 7) != 0) {
        program->starts[mask_length - 1] |= (uint8_t)(0xFF << (program->code_length & 7));
    }
    return PVM_OK;
}

status program_parse(struct program *program, const uint8_t *blob, uint64_t length, const struct program_octets *octets,
                     struct pieces *pieces, pvm_error *error) {
    const struct revision_rules *rules = octets->rules;
    struct reader reader = {blob, length, 0};
    uint64_t jump_table_length, code_length;
    memset(program, 0, sizeof *program);
    program->rules = rules;
    program->pieces = pieces;
    if (!read_natural(&reader, &jump_table_length)) {
        return fail(error, PVM_INVALID_PROGRAM, reader.position,
                    "the length of the jump table is not a valid natural number");
    }
    if (reader.position >= length) {
        return fail(error, PVM_INVALID_PROGRAM, reader.position, "the blob ends before the size of jump table entries");
    }
    uint32_t entry_size = blob[reader.position++];
    bool counts = entry_size != 0 || rules->empty_entries_count;
    if (counts && jump_table_length > rules->maximum_jump_table_length) {
        return fail(error, PVM_INVALID_PROGRAM, 0, "more than %u jump table entries, the limit of revision %s",
                    rules->maximum_jump_table_length, rules->label);
    }
    uint64_t code_length_offset = reader.position;
    if (!read_natural(&reader, &code_length)) {
        return fail(error, PVM_INVALID_PROGRAM, code_length_offset,
                    "the length of the code is not a valid natural number");
    }
    if (code_length > rules->maximum_code_length) {
        return fail(error, PVM_INVALID_PROGRAM, code_length_offset,
                    "more than %u octets of code, the limit of revision %s", rules->maximum_code_length, rules->label);
    }
    uint64_t table_octets = jump_table_length * entry_size;
    uint64_t mask_length = (code_length + 7) / 8;
    uint64_t expected = table_octets + code_length + mask_length;
    if (length - reader.position != expected) {
        return fail(error, PVM_INVALID_PROGRAM, reader.position,
                    "%llu octets follow the header where it announces %llu",
                    (unsigned long long)(length - reader.position), (unsigned long long)expected);
    }
    const uint8_t *jump_table = blob + reader.position;
    const uint8_t *code = jump_table + table_octets;
    const uint8_t *mask = code + code_length;
    if ((code_length & 7) != 0 && mask[mask_length - 1] >> (code_length & 7) != 0) {
        return fail(error, PVM_INVALID_PROGRAM, length - 1, "bits are set beyond the end of the instruction mask");
    }
    for (uint64_t entry = 0; entry_size > MAXIMUM_ENTRY_SIZE && entry < jump_table_length; entry++) {
        for (uint64_t octet = MAXIMUM_ENTRY_SIZE; octet < entry_size; octet++) {
            if (jump_table[entry * entry_size + octet] != 0) {
                return fail(error, PVM_INVALID_PROGRAM, (uint64_t)(jump_table - blob) + entry * entry_size + octet,
                            "jump table entry %llu does not fit 64 bits", (unsigned long long)entry);
            }
        }
    }
    program->code_length = (uint32_t)code_length;
    program->jump_table_length = jump_table_length;
    status result = copy_parts(program, jump_table, entry_size, code, mask, error);
    if (result == PVM_OK && !count_instructions(program, octets->kinds)) {
        result = explain(program, (uint64_t)(code - blob), error);
    }
    if (result != PVM_OK) {
        program_free(program);
    }
    return result;
}

uint64_t program_bytes(const struct program *program) {
    struct part_sizes sizes;
    return measure(program, &sizes);
}

void program_free(struct program *program) {
    pieces_give(program->pieces, &program->memory, program_bytes(program));
    memset(program, 0, sizeof *program);
}
