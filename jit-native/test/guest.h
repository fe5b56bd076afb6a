/* Programs made by hand for the tests, and engines to run them in: an assembler of the smallest kind. Every immediate
 * and offset takes four octets, so that the length of an instruction follows from its form. Include check.h before. */
#ifndef GUEST_H
#define GUEST_H

#include "engine.h"
#include "isa/opcodes.h"
#include "memory/paging.h"
#include "module.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define GUEST_CAPACITY (1 << 20)
#define GUEST_ENTRIES 160

struct guest {
    uint32_t length;
    uint32_t entry_size;  /* z */
    uint64_t entry_count; /* |j|; beyond GUEST_ENTRIES only with entry_size 0 */
    uint64_t entries[GUEST_ENTRIES];
    uint8_t code[GUEST_CAPACITY];
    uint8_t starts[GUEST_CAPACITY / 8];
};

static inline void guest_clear(struct guest *g) {
    g->length = g->entry_size = 0;
    g->entry_count = 0;
    memset(g->starts, 0, sizeof g->starts);
}

static inline void put_octet(struct guest *g, uint64_t octet) {
    CHECK(g->length < GUEST_CAPACITY);
    g->code[g->length++] = (uint8_t)octet;
}

static inline void put_word(struct guest *g, int64_t value) {
    for (int shift = 0; shift < 32; shift += 8) {
        put_octet(g, (uint64_t)value >> shift & 255);
    }
}

/* Octets of opcodes, OCTET_trap and so on, as every revision has them; and by opcode. */
enum {
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    OCTET_##name = (code),
#include "isa/opcodes.def"
#undef OPCODE
};

static const uint8_t opcode_octets[OP_COUNT] = {
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units)                  \
    [OP_##name] = (code),
#include "isa/opcodes.def"
#undef OPCODE
};

/* Begins an instruction by its octet, or by its opcode; returns its pc. */
static inline uint32_t put_start(struct guest *g, uint8_t octet) {
    uint32_t pc = g->length;
    put_octet(g, octet);
    g->starts[pc / 8] |= (uint8_t)(1 << pc % 8);
    return pc;
}

static inline uint32_t put_opcode(struct guest *g, uint8_t opcode) {
    return put_start(g, opcode_octets[opcode]);
}

/* ---- One function for each operand form; operands in the order of the specification. Each returns the pc. ---- */

static inline uint32_t put_imm(struct guest *g, uint8_t opcode, int64_t x) {
    uint32_t pc = put_opcode(g, opcode);
    put_word(g, x);
    return pc;
}

static inline uint32_t put_reg_imm64(struct guest *g, uint8_t opcode, int a, uint64_t x) {
    uint32_t pc = put_opcode(g, opcode);
    put_octet(g, (uint64_t)a);
    put_word(g, (int64_t)x);
    put_word(g, (int64_t)(x >> 32));
    return pc;
}

static inline uint32_t put_imm_imm(struct guest *g, uint8_t opcode, int64_t x, int64_t y) {
    uint32_t pc = put_opcode(g, opcode);
    put_octet(g, 4);
    put_word(g, x);
    put_word(g, y);
    return pc;
}

static inline uint32_t put_off(struct guest *g, uint8_t opcode, int64_t target) {
    uint32_t pc = put_opcode(g, opcode);
    put_word(g, target - pc);
    return pc;
}

static inline uint32_t put_reg_imm(struct guest *g, uint8_t opcode, int a, int64_t x) {
    uint32_t pc = put_opcode(g, opcode);
    put_octet(g, (uint64_t)a);
    put_word(g, x);
    return pc;
}

static inline uint32_t put_reg_imm_imm(struct guest *g, uint8_t opcode, int a, int64_t x, int64_t y) {
    uint32_t pc = put_opcode(g, opcode);
    put_octet(g, (uint64_t)(4 << 4 | a));
    put_word(g, x);
    put_word(g, y);
    return pc;
}

static inline uint32_t put_reg_imm_off(struct guest *g, uint8_t opcode, int a, int64_t x, int64_t target) {
    return put_reg_imm_imm(g, opcode, a, x, target - g->length);
}

static inline uint32_t put_reg_reg(struct guest *g, uint8_t opcode, int d, int a) {
    uint32_t pc = put_opcode(g, opcode);
    put_octet(g, (uint64_t)(a << 4 | d));
    return pc;
}

static inline uint32_t put_reg_reg_imm(struct guest *g, uint8_t opcode, int a, int b, int64_t x) {
    uint32_t pc = put_opcode(g, opcode);
    put_octet(g, (uint64_t)(b << 4 | a));
    put_word(g, x);
    return pc;
}

static inline uint32_t put_reg_reg_off(struct guest *g, uint8_t opcode, int a, int b, int64_t target) {
    return put_reg_reg_imm(g, opcode, a, b, target - g->length);
}

static inline uint32_t put_reg_reg_imm_imm(struct guest *g, uint8_t opcode, int a, int b, int64_t x, int64_t y) {
    uint32_t pc = put_opcode(g, opcode);
    put_octet(g, (uint64_t)(b << 4 | a));
    put_octet(g, 4);
    put_word(g, x);
    put_word(g, y);
    return pc;
}

static inline uint32_t put_reg_reg_reg(struct guest *g, uint8_t opcode, int d, int a, int b) {
    uint32_t pc = put_opcode(g, opcode);
    put_octet(g, (uint64_t)(b << 4 | a));
    put_octet(g, (uint64_t)d);
    return pc;
}

/* Any opcode, with those of the operands that its encoding has. */
static inline uint32_t put_instruction(struct guest *g, const struct instruction *i) {
    uint8_t opcode = i->opcode;
    switch ((enum encoding)opcode_table[opcode].encoding) {
    case NONE_ENCODING: break;
    case IMM_ENCODING: return put_imm(g, opcode, i->x);
    case REG_IMM64_ENCODING: return put_reg_imm64(g, opcode, i->a, (uint64_t)i->x);
    case IMM_IMM_ENCODING: return put_imm_imm(g, opcode, i->x, i->y);
    case OFF_ENCODING: return put_off(g, opcode, i->target);
    case REG_IMM_ENCODING: return put_reg_imm(g, opcode, i->a, i->x);
    case REG_IMM_IMM_ENCODING: return put_reg_imm_imm(g, opcode, i->a, i->x, i->y);
    case REG_IMM_OFF_ENCODING: return put_reg_imm_off(g, opcode, i->a, i->x, i->target);
    case REG_REG_ENCODING: return put_reg_reg(g, opcode, i->d, i->a);
    case REG_REG_IMM_ENCODING: return put_reg_reg_imm(g, opcode, i->a, i->b, i->x);
    case REG_REG_OFF_ENCODING: return put_reg_reg_off(g, opcode, i->a, i->b, i->target);
    case REG_REG_IMM_IMM_ENCODING: return put_reg_reg_imm_imm(g, opcode, i->a, i->b, i->x, i->y);
    case REG_REG_REG_ENCODING: return put_reg_reg_reg(g, opcode, i->d, i->a, i->b);
    }
    return put_opcode(g, opcode);
}

/* Lets the last instruction, which is at pc and ends with an offset, lead to target. */
static inline void aim(struct guest *g, uint32_t pc, uint32_t end, int64_t target) {
    uint32_t offset = (uint32_t)(target - pc);
    memcpy(g->code + end - 4, &offset, sizeof offset);
}

/* ---- Blobs ---- */

/* The general natural encoding in its shortest form; returns its length, 1 to 9. */
static inline uint32_t natural(uint8_t *octets, uint64_t value) {
    uint32_t extra = 0;
    while (extra < 8 && value >> (7 * (extra + 1)) != 0) {
        extra++;
    }
    uint64_t top = extra < 7 ? value >> (8 * extra) : 0;
    octets[0] = (uint8_t)(extra == 8 ? 255 : 0xFF00u >> extra | top);
    for (uint32_t n = 0; n < extra; n++) {
        octets[1 + n] = (uint8_t)(value >> (8 * n));
    }
    return 1 + extra;
}

/* The blob of a program, to be freed. */
static inline uint8_t *guest_blob(const struct guest *g, uint64_t *length) {
    uint64_t table = g->entry_size == 0 ? 0 : g->entry_count * g->entry_size;
    uint8_t *blob = calloc(1, 19 + table + g->length + (g->length + 7) / 8), *at = blob;
    CHECK(blob != NULL);
    at += natural(at, g->entry_count);
    *at++ = (uint8_t)g->entry_size;
    at += natural(at, g->length);
    for (uint64_t n = 0; g->entry_size != 0 && n < g->entry_count; n++) {
        memcpy(at, &g->entries[n], g->entry_size < 8 ? g->entry_size : 8);
        at += g->entry_size;
    }
    memcpy(at, g->code, g->length);
    at += g->length;
    memcpy(at, g->starts, (g->length + 7) / 8);
    at += (g->length + 7) / 8;
    *length = (uint64_t)(at - blob);
    return blob;
}

/* ---- Engines ---- */

/* All that makes machine code harder to abuse. */
#define HARDENED (PVM_FLAG_RETPOLINES | PVM_FLAG_BLINDED_CONSTANTS)

/* Ways to run that may differ in speed, never in results. */
static const struct configuration {
    const char *name;
    uint32_t flags;
    uint32_t section_octets; /* 0: each module is one section */
} configurations[] = {
    {"default", 0, 0},
    {"no gs", PVM_FLAG_NO_GS, 0},
    {"checked", PVM_FLAG_ALWAYS_CHECKED, 0},
    {"checked, no gs", PVM_FLAG_ALWAYS_CHECKED | PVM_FLAG_NO_GS, 0},
    {"single mapping", PVM_FLAG_SINGLE_MAPPING, 0},
    {"hardened", HARDENED, 0},
    {"sections", 0, 24},
    {"sections, no gs", PVM_FLAG_NO_GS, 1},
    {"sections, checked", PVM_FLAG_ALWAYS_CHECKED, 60},
    {"sections, hardened, no gs", HARDENED | PVM_FLAG_NO_GS, 30},
};
#define CONFIGURATIONS (sizeof configurations / sizeof *configurations)
#define CONFIGURATIONS_OF_WHOLES 6
#define FIRST_OF_SECTIONS CONFIGURATIONS_OF_WHOLES

static inline pvm_engine *make_configured(const struct configuration *configuration, uint32_t revision) {
    uint32_t sections = configuration->section_octets == 0 ? UINT32_MAX : configuration->section_octets;
    pvm_engine_config config = {
        .flags = configuration->flags, .revision = revision, .code_arena_bytes = 256 << 20, .section_octets = sections};
    pvm_engine *engine = NULL;
    pvm_error error = {0};
    if (pvm_engine_create(&config, &engine, &error) != PVM_OK) {
        CHECK_FAIL("no engine: %s", error.message);
    }
    return engine;
}

/* Whose modules are one section each. */
static inline pvm_engine *make_engine(uint32_t flags, uint32_t revision) {
    return make_configured(&(struct configuration){"", flags, 0}, revision);
}

static inline void destroy_engine(pvm_engine *engine) {
    pvm_error error = {0};
    if (pvm_engine_destroy(engine, &error) != PVM_OK) {
        CHECK_FAIL("the engine cannot be destroyed: %s", error.message);
    }
}

static inline pvm_module *compile(pvm_engine *engine, const struct guest *g) {
    uint64_t length;
    uint8_t *blob = guest_blob(g, &length);
    pvm_module *module = NULL;
    pvm_error error = {0};
    int32_t result = pvm_module_compile(engine, blob, length, &module, &error);
    free(blob);
    if (result != PVM_OK) {
        CHECK_FAIL("not compiled: %s (status %d, offset %" PRIu64 ")", error.message, result, error.offset);
    }
    return module;
}

static inline pvm_context *instantiate(pvm_module *module, const pvm_region *regions, uint32_t count) {
    pvm_context *context = NULL;
    pvm_error error = {0};
    if (pvm_instance_create(module, regions, count, &context, &error) != PVM_OK) {
        CHECK_FAIL("no instance: %s", error.message);
    }
    return context;
}

/* However often the instance faults, it is not checked in software for that (memory/paging.h). */
static __attribute__((unused)) void keep_in_hardware(pvm_context *context) {
    instance_of(context)->never_paging = true;
}

/* Cost of the block that starts at pc. */
static inline uint32_t cost_at(pvm_module *module, uint32_t pc) {
    struct variant *variant;
    CHECK_EQ(module_variant(module, pc, module_main_kind(module), &variant, NULL), PVM_OK);
    const pvm_block *block = module_block(module, pc);
    CHECK_EQ(block->pc, pc);
    return block->cost;
}

/* ---- What the kernel says ---- */

enum { MAPPED_READ = 1, MAPPED_WRITE = 2, MAPPED_EXECUTE = 4 };

/* Hardware access to an address, as a sum of the above; 0 where nothing is mapped. */
static inline int mapped_access(const void *address) {
    FILE *maps = fopen("/proc/self/maps", "re");
    CHECK(maps != NULL);
    char line[512], permissions[8];
    uint64_t start, end, wanted = (uint64_t)address;
    int access = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, permissions) == 3 && start <= wanted &&
            wanted < end) {
            access = (permissions[0] == 'r') * MAPPED_READ + (permissions[1] == 'w') * MAPPED_WRITE +
                     (permissions[2] == 'x') * MAPPED_EXECUTE;
        }
    }
    fclose(maps);
    return access;
}

/* Mappings that have an address in the range. */
static inline uint64_t maps_in(const uint8_t *from, uint64_t size) {
    FILE *maps = fopen("/proc/self/maps", "re");
    CHECK(maps != NULL);
    char line[512];
    uint64_t start, end, count = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        count += sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2 && start < (uint64_t)from + size &&
                 end > (uint64_t)from;
    }
    fclose(maps);
    return count;
}

/* Mappings of this process that are writable and executable. */
static inline int writable_and_executable_maps(void) {
    FILE *maps = fopen("/proc/self/maps", "re");
    CHECK(maps != NULL);
    char line[512], permissions[8];
    int count = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        count += sscanf(line, "%*s %7s", permissions) == 1 && permissions[1] == 'w' && permissions[2] == 'x';
    }
    fclose(maps);
    return count;
}

/* What a page can be touched for must be what the page table says: the host goes by the table, and so does the
 * guest, when the hardware is what stops it. */
static inline void check_page(const pvm_context *context, uint32_t page) {
    int hardware = mapped_access(context->memory + (uint64_t)page * PVM_PAGE_SIZE);
    int table = context->page_access[page] == PVM_ACCESS_NONE   ? 0
                : context->page_access[page] == PVM_ACCESS_READ ? MAPPED_READ
                                                                : MAPPED_READ | MAPPED_WRITE;
    if ((hardware & table) != table || (!pvm_instance_is_checked(context) && hardware != table)) {
        CHECK_FAIL("page 0x%x: access %u in the page table, %d in hardware", page, context->page_access[page],
                   hardware);
    }
}

/* ---- Random numbers (splitmix64) ---- */

static inline uint64_t random64(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static inline uint32_t random_below(uint64_t *state, uint32_t bound) {
    return (uint32_t)((random64(state) >> 32) * bound >> 32);
}

/* Any opcode, or any terminator. */
static inline uint8_t random_opcode(uint64_t *state, bool terminator) {
    uint8_t opcode;
    do {
        opcode = (uint8_t)(1 + random_below(state, OP_COUNT - 1));
    } while (terminator && !opcode_table[opcode].terminator);
    return opcode;
}

#endif
