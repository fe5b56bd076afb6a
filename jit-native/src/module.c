/* Modules: compiled programs, their life, and what is to be known of them. */
#include "module.h"

#include "base/search.h"
#include "code/perfmap.h"
#include "engine.h"
#include "isa/lookahead.h"
#include "x64/codegen.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Octets of a section are a part of the program's, within bounds; a long block may make it longer. */
#define SECTIONS 64
#define SMALLEST_SECTION 4096
#define LARGEST_SECTION 65536

const pvm_block *module_block(const pvm_module *module, uint32_t pc) {
    _Static_assert(offsetof(pvm_block, pc) == 0 && sizeof(pvm_block) == 2 * sizeof(uint32_t), "the stride below");
    const struct section *range = &module->links.ranges[links_section(&module->links, pc)];
    const pvm_block *first = &module->blocks[range->first.block];
    return first + search_last(&first->pc, section_blocks(range), 2, pc);
}

enum variant_kind module_main_kind(const pvm_module *module) {
    const pvm_engine *engine = module->engine;
    return pool_is_always_checked(&engine->pool) ? VARIANT_CHECKED : engine->use_gs ? VARIANT_FAST : VARIANT_EXACT;
}

/* Whether it serves only where gas is short. */
static bool is_spare(const pvm_module *module, enum variant_kind kind) {
    return kind == VARIANT_EXACT && module_main_kind(module) == VARIANT_FAST;
}

static uint64_t likely_octets(const pvm_module *module) {
    const struct program *program = &module->program;
    const bool blinded = engine_has(module->engine, PVM_FLAG_BLINDED_CONSTANTS);
    const uint32_t sections = module->links.section_count;
    return module_main_kind(module) == VARIANT_CHECKED
               ? codegen_most_octets(program->code_length, blinded, sections)
               : codegen_likely_octets(program->weight, program->code_length, blinded, sections);
}

/* Of the code for runs that are short of gas, which there may come to be. */
static uint64_t spare_octets(const pvm_module *module) {
    const pvm_engine *engine = module->engine;
    return is_spare(module, VARIANT_EXACT)
               ? codegen_spare_octets(module->program.instruction_count, module->program.block_count,
                                      engine_has(engine, PVM_FLAG_RETPOLINES) ||
                                          engine_has(engine, PVM_FLAG_BLINDED_CONSTANTS),
                                      module->links.section_count)
               : 0;
}

/* The most that is to be left of its room when a section is made. */
static uint64_t left_octets(const pvm_module *module, bool is_main) {
    if (!is_main || module->links.section_count > 1) {
        return UINT64_MAX;
    }
    return links_variant(&module->links, 0, VARIANT_EXACT) == NULL ? spare_octets(module) : 0;
}

static status make_variant(pvm_module *module, uint32_t section, enum variant_kind kind, struct variant *variant,
                           pvm_error *error) {
    pvm_engine *engine = module->engine;
    struct links *links = &module->links;
    const bool spare = is_spare(module, kind), is_main = kind == module_main_kind(module);
    if (!spare && !links_make_jump_table(links, kind)) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for a jump table");
    }
    struct compilation compilation = {
        .program = &module->program,
        .section = &links->ranges[section],
        .jump_table = &links->jump_tables[kind],
        .blocks = module->blocks,
        .price = !links->sections[section].priced,
        .kind = kind,
        .use_gs = engine->use_gs,
        .spare = spare,
        .retpolines = engine_has(engine, PVM_FLAG_RETPOLINES),
        .blinded = engine_has(engine, PVM_FLAG_BLINDED_CONSTANTS),
        .arena = &engine->arena,
        .reserved = spare || is_main ? &module->room : NULL,
        .left = left_octets(module, is_main),
        .pieces = &engine->pieces,
    };
    return codegen_compile(&compilation, variant, error);
}

static status section_variant(pvm_module *module, uint32_t section, enum variant_kind kind, struct variant **variant,
                              pvm_error *error) {
    status result = PVM_OK;
    *variant = links_variant(&module->links, section, kind);
    if (*variant != NULL) {
        return PVM_OK;
    }
    pthread_mutex_lock(&module->mutex);
    *variant = links_variant(&module->links, section, kind);
    if (*variant == NULL) {
        struct variant *made = malloc(sizeof *made);
        result = made == NULL ? fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for a module")
                              : make_variant(module, section, kind, made, error);
        if (result == PVM_OK) {
            if (engine_has(module->engine, PVM_FLAG_PERF_MAP)) {
                perfmap_write(made, &module->program, module->blocks);
            }
            if (module->may_run) { /* else the first instance does it */
                arena_synchronize(&module->engine->arena, arena_publication(&module->engine->arena));
            }
            links_add(&module->links, section, made);
            *variant = made;
        } else {
            free(made);
        }
    }
    pthread_mutex_unlock(&module->mutex);
    return result;
}

status module_variant(pvm_module *module, uint32_t pc, enum variant_kind kind, struct variant **variant,
                      pvm_error *error) {
    return section_variant(module, links_section(&module->links, pc), kind, variant, error);
}

status module_complete(pvm_module *module, enum variant_kind kind, pvm_error *error) {
    status result = PVM_OK;
    for (uint32_t n = 0; n < module->links.section_count && result == PVM_OK; n++) {
        struct variant *variant;
        result = section_variant(module, n, kind, &variant, error);
    }
    return result;
}

static uint64_t blocks_bytes(const pvm_module *module) {
    return module->program.block_count * sizeof *module->blocks;
}

static void free_module(pvm_module *module) {
    links_close(&module->links);
    arena_shorten(&module->engine->arena, &module->room, 0);
    pieces_give(&module->engine->pieces, &module->blocks_memory, blocks_bytes(module));
    program_free(&module->program);
    pthread_mutex_destroy(&module->mutex);
    free(module);
}

/* Whether programs are cut: else pointers between sections could not be changed while code runs. */
static bool is_cut(const pvm_engine *engine) {
    return engine->arena.writable != engine->arena.executable;
}

/* Octets of code for a section: a small part of the program, so that most of what is not run is not compiled, and yet few sections,
 * for jumps between them take longer; and none, unless it is one block, that keeps a run waiting. */
static uint64_t section_octets(const pvm_engine *engine, uint64_t code_length) {
    uint64_t part = code_length / SECTIONS;
    if (!is_cut(engine)) {
        return code_length;
    }
    return engine->config.section_octets != 0 ? engine->config.section_octets
           : part < SMALLEST_SECTION          ? SMALLEST_SECTION
           : part > LARGEST_SECTION           ? LARGEST_SECTION
                                              : part;
}

static status make_links(pvm_module *module, pvm_error *error) {
    pvm_engine *engine = module->engine;
    uint64_t octets = section_octets(engine, module->program.code_length);
    return links_open(&module->links, &module->program, &engine->arena, &engine->pieces, octets)
               ? PVM_OK
               : fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for the sections of a program");
}

/* The first section, where most runs begin, is made with the module, unless a long block makes it far longer than others. */
static bool is_made_at_once(const pvm_module *module) {
    return module->links.ranges[0].end.pc <= 2 * section_octets(module->engine, module->program.code_length);
}

/* Whether its machine code is to begin with a page: where jumps nobody foresees lead from one page to another they take longer, and
 * code of a page would be in two. What is much shorter goes where it has room. */
static bool begins_with_page(const pvm_module *module) {
    return (uint64_t)module->program.code_length * LIKELY_OCTETS_PER_OCTET >= module->engine->arena.page;
}

/* Reserves room for all of its machine code, in one piece, lest a run get to a section whose code finds none; with more, where that
 * is to be had, for one section that is made at once. */
static status make_room(pvm_module *module, pvm_error *error) {
    struct arena *arena = &module->engine->arena;
    uint64_t octets = likely_octets(module) + spare_octets(module);
    uint64_t passing = codegen_passing_octets(module->program.instruction_count);
    bool at_page = begins_with_page(module);
    if (!is_cut(module->engine)) {
        return PVM_OK;
    }
    if (module->links.section_count == 1 && is_made_at_once(module) &&
        arena_reserve(arena, octets + passing, at_page, false, &module->room)) {
        return PVM_OK;
    }
    return arena_reserve(arena, octets, at_page, true, &module->room)
               ? PVM_OK
               : fail(error, PVM_RESOURCE_LIMIT, 0, "the code arena has no room for %llu octets",
                      (unsigned long long)octets);
}

static status make_beginning(pvm_module *module, pvm_error *error) {
    struct variant *variant;
    return is_made_at_once(module) ? section_variant(module, 0, module_main_kind(module), &variant, error) : PVM_OK;
}

int32_t pvm_module_compile(pvm_engine *engine, const uint8_t *blob, uint64_t length, pvm_module **module,
                           pvm_error *error) {
    pvm_module *made = calloc(1, sizeof *made);
    if (made == NULL || pthread_mutex_init(&made->mutex, NULL) != 0) {
        free(made);
        return (int32_t)fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for a module");
    }
    made->engine = engine;
    atomic_init(&made->references, 1);
    status result = program_parse(&made->program, blob, length, &engine->octets, &engine->pieces, error);
    if (result == PVM_OK) {
        if (!pieces_take(&engine->pieces, blocks_bytes(made), &made->blocks_memory)) {
            result = fail(error, PVM_RESOURCE_LIMIT, 0, "no memory for %u blocks", made->program.block_count);
        }
        made->blocks = (pvm_block *)(void *)made->blocks_memory.start;
    }
    if (result == PVM_OK) {
        result = make_links(made, error);
    }
    if (result == PVM_OK) {
        result = make_room(made, error);
    }
    if (result == PVM_OK) {
        result = make_beginning(made, error);
    }
    if (result != PVM_OK) {
        free_module(made);
        return (int32_t)result;
    }
    made->publication = arena_publication(&engine->arena);
    made->may_run = true;
    atomic_fetch_add(&engine->modules_alive, 1);
    *module = made;
    return PVM_OK;
}

void pvm_module_retain(pvm_module *module) {
    atomic_fetch_add_explicit(&module->references, 1, memory_order_relaxed);
}

void pvm_module_release(pvm_module *module) {
    if (module != NULL && atomic_fetch_sub_explicit(&module->references, 1, memory_order_acq_rel) == 1) {
        pvm_engine *engine = module->engine;
        free_module(module);
        atomic_fetch_sub(&engine->modules_alive, 1);
    }
}

void pvm_module_describe(const pvm_module *module, pvm_module_info *info) {
    const struct program *program = &module->program;
    pthread_mutex_t *mutex = (pthread_mutex_t *)(uintptr_t)&module->mutex;
    memset(info, 0, sizeof *info);
    pthread_mutex_lock(mutex);
    for (uint32_t n = 0; n < module->links.section_count; n++) {
        for (int kind = 0; kind < VARIANT_COUNT; kind++) {
            const struct variant *variant = links_variant(&module->links, n, (enum variant_kind)kind);
            info->native_bytes += variant == NULL ? 0 : variant->size;
        }
    }
    info->table_bytes = sizeof *module + program_bytes(program) + blocks_bytes(module) + links_bytes(&module->links);
    pthread_mutex_unlock(mutex);
    const struct variant *whole = links_variant(&module->links, 0, module_main_kind(module));
    info->native_bytes_likely = module->links.section_count == 1 && whole != NULL ? whole->size : likely_octets(module);
    info->code_length = program->code_length;
    info->jump_table_length = program->jump_table_length;
    info->instruction_count = program->instruction_count;
    info->block_count = program->block_count;
}

int32_t pvm_module_is_start(const pvm_module *module, uint64_t pc) {
    return program_is_start(&module->program, pc);
}

uint64_t pvm_module_blocks(const pvm_module *module, pvm_block *blocks, uint64_t capacity) {
    uint64_t count = module->program.block_count < capacity ? module->program.block_count : capacity;
    if (count > 0) {
        pvm_error error;
        if (module_complete((pvm_module *)(uintptr_t)module, module_main_kind(module), &error) != PVM_OK) {
            return 0;
        }
        memcpy(blocks, module->blocks, count * sizeof *blocks);
    }
    return module->program.block_count;
}

/* ---- Listing ---- */

struct text {
    char *start;
    uint64_t capacity, length;
};

static void put_octets(struct text *text, const uint8_t *octets, uint64_t count) {
    static const char digits[] = "0123456789abcdef";
    for (uint64_t n = 0; n < 2 * count; n++, text->length++) {
        if (text->length + 1 < text->capacity) {
            text->start[text->length] = digits[n % 2 == 0 ? octets[n / 2] >> 4 : octets[n / 2] & 15];
        }
    }
}

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...) {
    char line[128];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (int n = 0; n < length && n < (int)sizeof line - 1; n++, text->length++) {
        if (text->length + 1 < text->capacity) {
            text->start[text->length] = line[n];
        }
    }
}

uint64_t pvm_module_listing(pvm_module *module, char *text, uint64_t capacity) {
    struct text out = {text, capacity, 0};
    const struct program *program = &module->program;
    const enum variant_kind kind = module_main_kind(module);
    pvm_error error;
    if (module_complete(module, kind, &error) != PVM_OK) {
        return 0;
    }
    for (uint32_t section = 0, block = 0, pc = 0; section < module->links.section_count; section++) {
        const struct variant *variant = links_variant(&module->links, section, kind);
        uint32_t count = section_instructions(&variant->section);
        for (uint32_t n = 0; n < count; n++) {
            struct instruction i = program_decode(program, pc);
            if (block < program->block_count && module->blocks[block].pc == pc) {
                put(&out, "block %u, cost %u\n", pc, module->blocks[block].cost);
                block++;
            }
            uint64_t end = n + 1 < count ? variant->offsets[n + 1] : variant->end_offset;
            put(&out, "%8u  %-22s ", pc, opcode_table[i.opcode].name);
            put_octets(&out, variant->code + variant->offsets[n], end - variant->offsets[n]);
            put(&out, "\n");
            pc = i.next;
        }
    }
    if (capacity > 0) {
        text[out.length < capacity ? out.length : capacity - 1] = '\0';
    }
    return out.length;
}
