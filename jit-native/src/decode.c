/* Program blobs and instructions: what is valid (deblob, Gray Paper A.2), where instructions and blocks start (A.3), and
 * what the operands of an instruction are (A.5). */
#include "internal.h"

#include <stdlib.h>

/* Readable octets behind code and starts, so that operands are fetched eight at a time. */
#define PADDING 32
#define MAXIMUM_SKIP 24
/* Octets of a jump table entry that may be other than zero. */
#define MAXIMUM_ENTRY_SIZE 8

#define ALL_IF(condition) ((condition) ? UINT16_MAX : 0)
#define MASKS(set)                                                                                                     \
    { ALL_IF((set)&OPERAND_A), ALL_IF((set)&OPERAND_B), ALL_IF((set)&OPERAND_D) }

const struct operand_roles operand_table[OPERANDS_COUNT] = {
#define OPERANDS(name, encoding, reads, writes, updates, base, offset)                                                 \
    {MASKS(OPERAND_##reads), MASKS(OPERAND_##writes | OPERAND_##updates), (OPERAND_##updates) != OPERAND_NONE,         \
     OPERAND_##base, OFFSET_##offset},
#include "operands.def"
#undef OPERANDS
};

enum {
#define OPERANDS(name, encoding, reads, writes, updates, base, offset) ENCODING_OF_##name = encoding##_ENCODING,
#include "operands.def"
#undef OPERANDS
};

const struct opcode_info opcode_table[OP_COUNT] = {
#define BRANCH BRANCH_CYCLES
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    [OP_##name] = {                                                                                                    \
        #name,       OPERANDS_##operands, ENCODING_OF_##operands, ACCESS_##access, terminator, cycles, SLOTS_##rule,   \
        overlapping, otherwise,           UNITS_##units},
#include "opcodes.def"
#undef OPCODE
#undef BRANCH
};

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

static uint32_t skip(const uint8_t *starts, uint32_t pc) {
    uint64_t bits;
    memcpy(&bits, starts + ((pc + 1) >> 3), sizeof bits);
    bits >>= (pc + 1) & 7;
    return (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << MAXIMUM_SKIP);
}

/* Walks the instructions from 0 as A.2 asks, counting them and the blocks. */
static status validate(struct program *program, uint64_t code_offset, pvm_error *error) {
    const uint8_t *opcodes = program->rules->opcodes;
    uint32_t pc = 0;
    bool terminated = true;
    while (pc < program->code_length) {
        uint8_t opcode = opcodes[program->code[pc]];
        if ((program->starts[pc >> 3] >> (pc & 7) & 1) == 0) {
            return fail(error, PVM_INVALID_PROGRAM, code_offset + pc, "no instruction starts at pc %u", pc);
        }
        if (opcode == OP_undefined) {
            return fail(error, PVM_INVALID_PROGRAM, code_offset + pc, "opcode %u at pc %u is not defined",
                        program->code[pc], pc);
        }
        program->block_count += terminated;
        program->instruction_count++;
        terminated = opcode_table[opcode].terminator;
        pc += 1 + skip(program->starts, pc);
    }
    if (pc != program->code_length) {
        return fail(error, PVM_INVALID_PROGRAM, code_offset + program->code_length,
                    "the last instruction runs over the end of the code");
    }
    if (!terminated || program->code_length == 0) {
        return fail(error, PVM_INVALID_PROGRAM, code_offset + program->code_length,
                    "the code does not end with a terminator");
    }
    return PVM_OK;
}

/* Copies length octets and appends padding; null when there is no memory. */
static uint8_t *padded_copy(const uint8_t *octets, uint64_t length, int padding) {
    uint8_t *copy = malloc(length + PADDING);
    if (copy != NULL) {
        if (length > 0) {
            memcpy(copy, octets, length);
        }
        memset(copy + length, padding, PADDING);
    }
    return copy;
}

/* Entries without the zeros beyond their eighth octet, which a blob may hold gigabytes of. */
static uint8_t *copy_jump_table(const uint8_t *entries, uint64_t count, uint32_t size) {
    if (size <= MAXIMUM_ENTRY_SIZE) {
        return padded_copy(entries, count * size, 0);
    }
    uint8_t *copy = malloc(count * MAXIMUM_ENTRY_SIZE + PADDING);
    for (uint64_t entry = 0; copy != NULL && entry < count; entry++) {
        memcpy(copy + entry * MAXIMUM_ENTRY_SIZE, entries + entry * size, MAXIMUM_ENTRY_SIZE);
    }
    return copy;
}

static status copy_parts(struct program *program, const uint8_t *jump_table, uint32_t entry_size, const uint8_t *code,
                         const uint8_t *mask, pvm_error *error) {
    uint64_t mask_length = ((uint64_t)program->code_length + 7) / 8;
    program->jump_table = copy_jump_table(jump_table, program->jump_table_length, entry_size);
    program->entry_size = entry_size < MAXIMUM_ENTRY_SIZE ? entry_size : MAXIMUM_ENTRY_SIZE;
    program->code = padded_copy(code, program->code_length, 0);
    program->starts = padded_copy(mask, mask_length, 0xFF);
    if (program->jump_table == NULL || program->code == NULL || program->starts == NULL) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for a program of %u octets", program->code_length);
    }
    if ((program->code_length & 7) != 0) {
        program->starts[mask_length - 1] |= (uint8_t)(0xFF << (program->code_length & 7));
    }
    return PVM_OK;
}

status program_parse(struct program *program, const uint8_t *blob, uint64_t length, const struct revision_rules *rules,
                     pvm_error *error) {
    struct reader reader = {blob, length, 0};
    uint64_t jump_table_length, code_length;
    memset(program, 0, sizeof *program);
    program->rules = rules;
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
    if (result == PVM_OK) {
        result = validate(program, (uint64_t)(code - blob), error);
    }
    if (result != PVM_OK) {
        program_free(program);
    }
    return result;
}

void program_free(struct program *program) {
    free(program->code);
    free(program->starts);
    free(program->jump_table);
    memset(program, 0, sizeof *program);
}

uint64_t program_bytes(const struct program *program) {
    uint64_t entries = program->entry_size == 0 ? 0 : program->jump_table_length * program->entry_size;
    return entries + program->code_length + ((uint64_t)program->code_length + 7) / 8 + 3 * (uint64_t)PADDING;
}

/* In a valid program every set bit below code_length is an instruction that the walk meets. */
bool program_is_start(const struct program *program, uint64_t pc) {
    return pc < program->code_length && (program->starts[pc >> 3] >> (pc & 7) & 1) != 0;
}

bool program_is_block_start(const struct program *program, int64_t pc) {
    if (pc < 0 || !program_is_start(program, (uint64_t)pc)) {
        return false;
    }
    if (pc == 0) {
        return true;
    }
    uint64_t before = (uint64_t)pc - 1;
    while (!program_is_start(program, before)) {
        before--;
    }
    return opcode_table[program_opcode(program, (int64_t)before)].terminator;
}

static uint64_t load64(const uint8_t *octets) {
    uint64_t value;
    memcpy(&value, octets, sizeof value);
    return value;
}

uint64_t program_jump_target(const struct program *program, uint32_t index) {
    uint64_t target = load64(program->jump_table + (uint64_t)index * program->entry_size);
    uint32_t bits = 8 * program->entry_size;
    return bits == 64 ? target : target & ((UINT64_C(1) << bits) - 1);
}

/* ---- Instructions ---- */

/* The first `octets` (0 to 4) of value, sign-extended. */
static int64_t immediate(uint64_t value, uint32_t octets) {
    return octets == 0 ? 0 : (int64_t)(value << (64 - 8 * octets)) >> (64 - 8 * octets);
}

static uint8_t register_number(uint64_t nibble) {
    return (uint8_t)(nibble < 12 ? nibble : 12);
}

static uint32_t at_most_4(uint64_t length) {
    return length < 4 ? (uint32_t)length : 4;
}

/* Octets left for the last immediate: at most 4 of what is behind the first `used` argument octets. */
static uint32_t rest(uint32_t length, uint32_t used) {
    return length > used ? at_most_4(length - used) : 0;
}

void program_decode_to(struct instruction *i, const struct program *program, uint32_t pc) {
    const uint8_t *operands = program->code + pc + 1;
    uint64_t octets = load64(operands);
    uint32_t length = skip(program->starts, pc);
    uint32_t x_length, y_length;
    *i = (struct instruction){.pc = pc, .next = pc + 1 + length, .opcode = program->rules->opcodes[program->code[pc]]};
    switch ((enum encoding)opcode_table[i->opcode].encoding) {
    case NONE_ENCODING: break;
    case IMM_ENCODING: i->x = immediate(octets, at_most_4(length)); break;
    case REG_IMM64_ENCODING:
        i->a = register_number(octets & 15);
        i->x = (int64_t)load64(operands + 1);
        break;
    case IMM_IMM_ENCODING:
        x_length = at_most_4(octets & 7);
        y_length = rest(length, x_length + 1);
        i->x = immediate(octets >> 8, x_length);
        i->y = immediate(load64(operands + 1 + x_length), y_length);
        break;
    case OFF_ENCODING: i->target = (int64_t)pc + immediate(octets, at_most_4(length)); break;
    case REG_IMM_ENCODING:
        i->a = register_number(octets & 15);
        i->x = immediate(octets >> 8, rest(length, 1));
        break;
    case REG_IMM_IMM_ENCODING:
    case REG_IMM_OFF_ENCODING:
        i->a = register_number(octets & 15);
        x_length = at_most_4(octets >> 4 & 7);
        y_length = rest(length, x_length + 1);
        i->x = immediate(octets >> 8, x_length);
        i->y = immediate(load64(operands + 1 + x_length), y_length);
        if (opcode_table[i->opcode].encoding == REG_IMM_OFF_ENCODING) {
            i->target = (int64_t)pc + i->y;
            i->y = 0;
        }
        break;
    case REG_REG_ENCODING:
        i->d = register_number(octets & 15);
        i->a = register_number(octets >> 4 & 15);
        break;
    case REG_REG_IMM_ENCODING:
        i->a = register_number(octets & 15);
        i->b = register_number(octets >> 4 & 15);
        i->x = immediate(octets >> 8, rest(length, 1));
        break;
    case REG_REG_OFF_ENCODING:
        i->a = register_number(octets & 15);
        i->b = register_number(octets >> 4 & 15);
        i->target = (int64_t)pc + immediate(octets >> 8, rest(length, 1));
        break;
    case REG_REG_IMM_IMM_ENCODING:
        i->a = register_number(octets & 15);
        i->b = register_number(octets >> 4 & 15);
        x_length = at_most_4(octets >> 8 & 7);
        y_length = rest(length, x_length + 2);
        i->x = immediate(octets >> 16, x_length);
        i->y = immediate(load64(operands + 2 + x_length), y_length);
        break;
    case REG_REG_REG_ENCODING:
        i->a = register_number(octets & 15);
        i->b = register_number(octets >> 4 & 15);
        i->d = register_number(octets >> 8 & program->rules->third_register_mask);
        break;
    }
}

struct memory_access instruction_memory_access(const struct instruction *i) {
    static const uint8_t sizes[] = {[ACCESS_U8] = 1,  [ACCESS_I8] = 1,  [ACCESS_U16] = 2, [ACCESS_I16] = 2,
                                    [ACCESS_U32] = 4, [ACCESS_I32] = 4, [ACCESS_U64] = 8};
    const struct opcode_info *info = &opcode_table[i->opcode];
    const struct operand_roles *roles = &operand_table[info->operands];
    const uint8_t registers[] = {[OPERAND_NONE] = NO_BASE, [OPERAND_A] = i->a, [OPERAND_B] = i->b};
    const int64_t offsets[] = {[OFFSET_NONE] = 0, [OFFSET_X] = i->x, [OFFSET_Y] = i->y};
    bool write = (roles->writes[0] | roles->writes[1] | roles->writes[2]) == 0;
    return (struct memory_access){sizes[info->access], write, registers[roles->base], offsets[roles->offset]};
}
