/* Programs that make the most of their octets: what a module takes, and what compiling it takes, is bounded whatever
 * the program is. Linked with --wrap for the functions below, which count memory. */
#include "check.h"
#include "guest.h"
#include "isa/lookahead.h"
#include "x64/codegen.h"

#include <stdlib.h>

/* Of programs; the sanitizers make everything slow. What is above MAPPED_OCTETS is emitted into pages of its own. */
#define MAPPED_OCTETS (SANITIZED ? 1 << 16 : 1 << 20)
#define CODE_OCTETS (SANITIZED ? 1 << 12 : 1 << 14)

/* As docs/security.md promises: octets for each octet of the blob, and in all beyond that. */
#define PEAK_OCTETS_PER_OCTET 40
#define PEAK_OCTETS_FIXED (3 << 20)
#define MODULE_OCTETS_PER_OCTET 34
#define MODULE_OCTETS_FIXED (8 << 10)
#define WITH_SPARE_OCTETS_PER_OCTET 59

/* More in each variant where constants are blinded. */
#define BLINDED_MORE (BLINDED_OCTETS_PER_OCTET - NATIVE_OCTETS_PER_OCTET)

/* ---- Memory, counted ---- */

/* Without the arena's free spans, which are no module's. Volatile: the compiler takes malloc for a function that
 * changes no variable. */
static volatile uint64_t octets_taken;

#define HEADER 16

void *__real_malloc(size_t size);
void __real_free(void *pointer);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
void __wrap_free(void *pointer);

void *__wrap_malloc(size_t size) {
    uint8_t *pointer = __real_malloc(size + HEADER);
    if (pointer == NULL) {
        return NULL;
    }
    memcpy(pointer, &size, sizeof size);
    octets_taken += size == sizeof(struct span) ? 0 : size;
    return pointer + HEADER;
}

void __wrap_free(void *pointer) {
    size_t size;
    if (pointer != NULL) {
        memcpy(&size, (uint8_t *)pointer - HEADER, sizeof size);
        octets_taken -= size == sizeof(struct span) ? 0 : size;
        __real_free((uint8_t *)pointer - HEADER);
    }
}

void *__wrap_calloc(size_t count, size_t size) {
    void *pointer = __wrap_malloc(count * size);
    return pointer == NULL ? NULL : memset(pointer, 0, count * size);
}

/* Pieces, large ones too, which are no heap's. */
bool __real_pieces_take(struct pieces *of, uint64_t octets, struct piece *piece);
void __real_pieces_give(struct pieces *of, struct piece *piece, uint64_t touched);
bool __wrap_pieces_take(struct pieces *of, uint64_t octets, struct piece *piece);
void __wrap_pieces_give(struct pieces *of, struct piece *piece, uint64_t touched);

static struct {
    uint8_t *start;
    uint64_t octets;
} mapped[16];

bool __wrap_pieces_take(struct pieces *of, uint64_t octets, struct piece *piece) {
    if (!__real_pieces_take(of, octets, piece)) {
        return false;
    }
    for (size_t n = 0; piece->mapped != 0; n++) {
        CHECK(n < sizeof mapped / sizeof *mapped);
        if (mapped[n].start == NULL) {
            mapped[n].start = piece->start;
            mapped[n].octets = octets;
            octets_taken += octets;
            break;
        }
    }
    return true;
}

void __wrap_pieces_give(struct pieces *of, struct piece *piece, uint64_t touched) {
    for (size_t n = 0; n < sizeof mapped / sizeof *mapped; n++) {
        if (piece->mapped != 0 && mapped[n].start == piece->start) {
            CHECK(touched <= mapped[n].octets);
            mapped[n].start = NULL;
            octets_taken -= mapped[n].octets;
        }
    }
    __real_pieces_give(of, piece, touched);
}

/* Memory that grows is copied, so that there is twice as much of it for a moment: the library does without. */
void *__wrap_realloc(void *pointer, size_t size) {
    (void)pointer;
    (void)size;
    fputs("realloc is called\n", stderr);
    abort();
}

/* A line of /proc/self/status, in octets. */
static uint64_t process_memory(const char *name) {
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    unsigned long long kib = 0;
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            CHECK_EQ(sscanf(line + strlen(name), ": %llu", &kib), 1);
        }
    }
    fclose(file);
    CHECK(kib > 0);
    return kib * 1024;
}

/* The high-water mark starts again from what is resident now. */
static void reset_peak(void) {
    FILE *file = fopen("/proc/self/clear_refs", "we");
    CHECK(file != NULL);
    CHECK(fputs("5", file) >= 0);
    CHECK_EQ(fclose(file), 0);
}

/* ---- Bombs ---- */

static struct guest guest;
static pvm_engine *engine;
static uint64_t seed;

/* One octet each, so that operands are the opcodes behind. */
static void fill(uint8_t octet, uint32_t octets) {
    guest_clear(&guest);
    while (guest.length < octets - 1) {
        put_start(&guest, octet);
    }
    put_opcode(&guest, OP_trap);
}

/* Instructions of up to `length` octets: any opcode, or any terminator; operands with many ones, the longest there are. */
static void fill_random(uint32_t length, bool terminators) {
    guest_clear(&guest);
    while (guest.length + length < MAPPED_OCTETS) {
        put_opcode(&guest, random_opcode(&seed, terminators));
        for (uint32_t n = random_below(&seed, length); n > 0; n--) {
            put_octet(&guest, random_below(&seed, 2) == 0 ? 0xFF : random_below(&seed, 256));
        }
    }
    put_opcode(&guest, OP_trap);
}

/* Every access is denied by its check, where there is one. */
static void fill_stores(void) {
    guest_clear(&guest);
    while (guest.length + 32 < MAPPED_OCTETS) {
        put_start(&guest, OCTET_store_imm_ind_u32);
        put_start(&guest, OCTET_store_imm_u64);
    }
    put_opcode(&guest, OP_trap);
}

static uint64_t more(void) {
    return engine_has(engine, PVM_FLAG_BLINDED_CONSTANTS) ? BLINDED_MORE : 0;
}

static void check_memory(uint64_t before, const pvm_module *module, uint64_t blob_length) {
    pvm_module_info info;
    pvm_module_describe(module, &info);
    CHECK_EQ(info.table_bytes, octets_taken - before);
    if (info.native_bytes > info.code_length * (NATIVE_OCTETS_PER_OCTET + more()) + NATIVE_OCTETS_FIXED) {
        CHECK_FAIL("%" PRIu64 " octets of machine code for %" PRIu64, info.native_bytes, info.code_length);
    }
    if (info.native_bytes + info.table_bytes > blob_length * (MODULE_OCTETS_PER_OCTET + more()) + MODULE_OCTETS_FIXED) {
        CHECK_FAIL("%" PRIu64 " octets of machine code and %" PRIu64 " of tables for a blob of %" PRIu64,
                   info.native_bytes, info.table_bytes, blob_length);
    }
}

static void check_spare(pvm_module *module, uint64_t before, uint64_t blob_length) {
    struct variant *spare;
    pvm_module_info info;
    CHECK_EQ(module_variant(module, 0, VARIANT_EXACT, &spare, NULL), PVM_OK);
    pvm_module_describe(module, &info);
    CHECK_EQ(info.table_bytes, octets_taken - before);
    if (!spare->spare) {
        return;
    }
    bool hardened = engine_has(engine, PVM_FLAG_RETPOLINES) || engine_has(engine, PVM_FLAG_BLINDED_CONSTANTS);
    uint64_t most = codegen_spare_octets(info.instruction_count, info.block_count, hardened, 1);
    if (spare->size > most ||
        spare->size > info.code_length * (NATIVE_OCTETS_PER_OCTET + more()) + NATIVE_OCTETS_FIXED) {
        CHECK_FAIL("%" PRIu64 " octets of spare code, for %" PRIu64 " instructions in %" PRIu64 " blocks", spare->size,
                   info.instruction_count, info.block_count);
    }
    if (info.native_bytes + info.table_bytes >
        blob_length * (WITH_SPARE_OCTETS_PER_OCTET + 2 * more()) + MODULE_OCTETS_FIXED) {
        CHECK_FAIL("%" PRIu64 " octets of machine code and %" PRIu64 " of tables for a blob of %" PRIu64,
                   info.native_bytes, info.table_bytes, blob_length);
    }
}

/* Compiles the program and returns octets of machine code for each of the guest's, in hundredths. */
static uint64_t explode(void) {
    uint64_t length, before, resident = 0;
    uint8_t *blob = guest_blob(&guest, &length);
    pvm_module *module = NULL;
    pvm_module_info info;
    pvm_error error = {0};
    if (!SANITIZED) {
        reset_peak();
        resident = process_memory("VmRSS");
    }
    before = octets_taken;
    if (pvm_module_compile(engine, blob, length, &module, &error) != PVM_OK ||
        module_complete(module, module_main_kind(module), &error) != PVM_OK) {
        CHECK_FAIL("not compiled: %s", error.message);
    }
    if (!SANITIZED) {
        /* What the engine has kept serves again, so that there may be no peak at all. */
        uint64_t peak = process_memory("VmHWM");
        peak = peak > resident ? peak - resident : 0;
        if (peak > length * (PEAK_OCTETS_PER_OCTET + more()) + PEAK_OCTETS_FIXED) {
            CHECK_FAIL("%" PRIu64 " octets of memory at the peak for a blob of %" PRIu64, peak, length);
        }
    }
    check_memory(before, module, length);
    pvm_module_describe(module, &info);
    check_spare(module, before, length);
    pvm_module_release(module);
    CHECK_EQ(octets_taken, before);
    free(blob);
    return info.native_bytes * 100 / info.code_length;
}

static void bombs_are_bounded(uint32_t flags, const char *name) {
    static const uint8_t large[] = {OCTET_trap,   OCTET_jump_ind, OCTET_load_imm_jump_ind, OCTET_branch_lt_u_imm,
                                    OCTET_ecalli, OCTET_div_s_64, OCTET_store_imm_ind_u32};
    uint64_t most = 0, of = 0;
    engine = make_engine(flags, PVM_REVISION_NEXT);
    for (uint32_t opcode = OP_undefined + 1; opcode < OP_COUNT; opcode++) {
        fill(opcode_octets[opcode], CODE_OCTETS);
        uint64_t ratio = explode();
        of = ratio > most ? opcode : of;
        most = ratio > most ? ratio : most;
    }
    printf("%s: at the most %" PRIu64 ".%02" PRIu64 " octets for an octet, of %s\n", name, most / 100, most % 100,
           opcode_table[of].name);
    for (size_t n = 0; n < sizeof large; n++) {
        fill(large[n], MAPPED_OCTETS);
        explode();
    }
    for (uint32_t length = 1; length < 16; length *= 3) {
        fill_random(length, false);
        uint64_t ratio = explode();
        fill_random(length, true);
        uint64_t of_terminators = explode();
        printf("%s: %" PRIu64 ".%02" PRIu64 " octets for random instructions of up to %u octets, %" PRIu64 ".%02" PRIu64
               " for terminators\n",
               name, ratio / 100, ratio % 100, length, of_terminators / 100, of_terminators % 100);
    }
    fill_stores();
    explode();
    destroy_engine(engine);
}

TEST(bombs_are_bounded) {
    for (size_t n = 0; n < CONFIGURATIONS_OF_WHOLES; n++) {
        bombs_are_bounded(configurations[n].flags, configurations[n].name);
    }
}

/* Machine code that was emitted into pages of its own, and moved, is whole. */
TEST(large_programs_run) {
    static const uint32_t flags[] = {0, PVM_FLAG_SINGLE_MAPPING};
    for (size_t n = 0; n < 2; n++) {
        engine = make_engine(flags[n], PVM_REVISION_NEXT);
        fill(OCTET_fallthrough, MAPPED_OCTETS);
        pvm_module *module = compile(engine, &guest);
        pvm_context *context = instantiate(module, NULL, 0);
        uint64_t cost = cost_at(module, 0);
        context->gas = cost * (MAPPED_OCTETS - 1);
        CHECK_EQ(pvm_run(context), PVM_EXIT_OUT_OF_GAS);
        CHECK_EQ(context->exit_pc, MAPPED_OCTETS - 1);
        CHECK_EQ(context->gas, 0);
        context->gas = cost;
        CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
        CHECK_EQ(context->exit_pc, MAPPED_OCTETS - 1);
        pvm_instance_destroy(context);
        pvm_module_release(module);
        destroy_engine(engine);
    }
}

/* ---- Every opcode ---- */

#define LONGEST 12
#define SAMPLES (SANITIZED ? 8 : 64)
#define DENSITY 6000

/* Many octets of machine code in front, so that compact forms are due from the next pc on. */
static void put_density(void) {
    guest_clear(&guest);
    for (int n = 0; n < DENSITY; n++) {
        put_opcode(&guest, OP_ecalli);
    }
    put_opcode(&guest, OP_trap);
}

static uint8_t random_operand(void) {
    static const uint8_t values[] = {0, 0x0C, 0x40, 0x44, 0x4C, 0x7F, 0x80, 0xCC, 0xFF};
    return random_below(&seed, 2) == 0 ? values[random_below(&seed, sizeof values)] : (uint8_t)random_below(&seed, 256);
}

/* Samples of an opcode with `length` octets each, then an instruction whose octets are operands of a short sample. In a
 * block of its own when the opcode is a terminator; else behind an unlikely, so that it does not begin its block. */
static void put_samples(uint8_t opcode, uint32_t length) {
    put_density();
    for (int n = 0; n < SAMPLES; n++) {
        if (!opcode_table[opcode].terminator) {
            put_opcode(&guest, OP_unlikely);
        }
        put_opcode(&guest, opcode);
        for (uint32_t octet = 1; octet < length; octet++) {
            put_octet(&guest, random_operand());
        }
        put_start(&guest, random_below(&seed, 2) == 0 ? OCTET_load_imm_jump_ind : OCTET_trap);
        for (int octet = 0; octet < 13; octet++) {
            put_octet(&guest, random_operand());
        }
    }
    put_opcode(&guest, OP_trap);
}

/* Octets of machine code of an instruction of the only variant; with its part of the exits when it begins a block. */
static double octets_of(const pvm_module *module, uint32_t pc) {
    const struct variant *variant = links_variant(&module->links, 0, module_main_kind(module));
    uint32_t index = program_index(&module->program, pc);
    bool begins = module_block(module, pc)->pc == pc;
    return variant->offsets[index + 1] - variant->offsets[index] + (begins ? 40.0 / 32 : 0);
}

/* The most octets of machine code that an octet of the opcode makes. The first sample may hold a routine. */
static double worst(uint8_t opcode) {
    double most = 0;
    for (uint32_t length = 1; length <= LONGEST; length++) {
        put_samples(opcode, length);
        pvm_module *module = compile(engine, &guest);
        uint32_t pc = DENSITY + 1, step = 14 + length + !opcode_table[opcode].terminator;
        for (int n = 1; n < SAMPLES; n++) {
            uint32_t at = pc + (uint32_t)n * step + !opcode_table[opcode].terminator;
            CHECK_EQ(program_decode(&module->program, at).opcode, opcode);
            double ratio = octets_of(module, at) / length;
            most = ratio > most ? ratio : most;
        }
        pvm_module_release(module);
    }
    return most;
}

TEST(no_opcode_takes_more_than_its_share) {
    for (size_t n = 0; n < CONFIGURATIONS_OF_WHOLES; n++) {
        double most = 0;
        uint32_t of = 0;
        engine = make_engine(configurations[n].flags, PVM_REVISION_NEXT);
        for (uint32_t opcode = OP_undefined + 1; opcode < OP_COUNT; opcode++) {
            double ratio = worst((uint8_t)opcode);
            if (ratio > (double)(NATIVE_OCTETS_PER_OCTET + more())) {
                CHECK_FAIL("%s, %s: %.2f octets for an octet", configurations[n].name, opcode_table[opcode].name,
                           ratio);
            }
            of = ratio > most ? opcode : of;
            most = ratio > most ? ratio : most;
        }
        printf("%s: at the most %.2f octets for an octet, of %s\n", configurations[n].name, most,
               opcode_table[of].name);
        destroy_engine(engine);
    }
}

/* ---- Jump tables ---- */

/* A blob of a trap and of entries that lead to it, or nowhere; to be freed. */
static uint8_t *table_blob(uint64_t entries, uint32_t entry_size, uint32_t code_length, uint8_t octet,
                           uint64_t *length) {
    uint8_t *blob = calloc(1, 19 + entries * entry_size + code_length + (code_length + 7) / 8), *at = blob;
    CHECK(blob != NULL);
    at += natural(at, entries);
    *at++ = (uint8_t)entry_size;
    at += natural(at, code_length);
    for (uint64_t n = 0; n < entries; n++) {
        at[n * entry_size] = octet;
    }
    at += entries * entry_size + code_length;
    for (uint32_t pc = 0; pc < code_length; pc++) {
        at[pc / 8] |= (uint8_t)(1 << pc % 8);
    }
    *length = (uint64_t)(at + (code_length + 7) / 8 - blob);
    return blob;
}

TEST(tables_are_bounded) {
    static const uint32_t sizes[] = {1, 2, 8, 9, 255};
    static const uint64_t counts[] = {1, 3, 100, 500, 501, 100000};
    engine = make_engine(0, PVM_REVISION_NEXT);
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
        for (size_t m = 0; m < sizeof counts / sizeof *counts; m++) {
            uint64_t length, before = octets_taken;
            uint8_t *blob = table_blob(counts[m], sizes[n], 1000, (uint8_t)(m % 2), &length);
            uint64_t with_blob = octets_taken;
            pvm_module *module = NULL;
            CHECK_EQ(pvm_module_compile(engine, blob, length, &module, NULL), PVM_OK);
            check_memory(with_blob, module, length);
            /* Pointers for half as many entries as the code has octets, no pointers for more. */
            CHECK_EQ(jump_table_bytes(&module->links.jump_tables[module_main_kind(module)]),
                     counts[m] <= 500 ? 8 * (counts[m] + 1) : 0);
            pvm_module_release(module);
            free(blob);
            CHECK_EQ(octets_taken, before);
        }
    }
    destroy_engine(engine);
}

int main(void) {
    seed = 20260101;
    RUN(bombs_are_bounded);
    RUN(large_programs_run);
    RUN(no_opcode_takes_more_than_its_share);
    RUN(tables_are_bounded);
    return check_finish();
}
