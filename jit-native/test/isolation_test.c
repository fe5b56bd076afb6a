/* What keeps guests apart from the host: machine code of every variant, of random programs and, where the vectors are, of real
 * ones, read by scanner.h; and the maps of the process, none of which is ever writable and executable.
 *
 * PVM_PROGRAMS=1000000 is the long profile: so many random programs instead of those of an ordinary run, and PVM_SEED which
 * ones. */
#include "check.h"
#include "guest.h"
#include "programs.h"
#include "scanner.h"
#include "x64/codegen.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

#define ORDINARY_PROGRAMS (SANITIZED ? 200 : 2000)

/* Changes of each variant that the scanner is tried with. */
#define FLIPS 50

static uint64_t programs = ORDINARY_PROGRAMS, first_seed;
static struct guest guest;

/* ---- Machine code ---- */

static struct { uint64_t modules, variants[VARIANT_COUNT + 1], instructions; } totals;

/* The variant that most runs take is no larger than what it was likely to be, and spare code, of no section, than its bound. */
static void check_estimates(const pvm_module *module) {
    const struct program *program = &module->program;
    const bool blinded = engine_has(module->engine, PVM_FLAG_BLINDED_CONSTANTS);
    const bool hardened = blinded || engine_has(module->engine, PVM_FLAG_RETPOLINES);
    const uint32_t sections = module->links.section_count;
    const enum variant_kind kind = module_main_kind(module);
    uint64_t octets = 0, likely = kind == VARIANT_CHECKED
                                      ? codegen_most_octets(program->code_length, blinded, sections)
                                      : codegen_likely_octets(program->weight, program->code_length, blinded, sections);
    for (uint32_t n = 0; n < sections; n++) {
        const struct variant *exact = links_variant(&module->links, n, VARIANT_EXACT);
        const struct section *section = &module->links.ranges[n];
        uint64_t most = codegen_spare_octets(section_instructions(section), section_blocks(section), hardened, 1);
        octets += (links_variant(&module->links, n, kind)->size + 63) / 64 * 64;
        if (exact != NULL && exact->spare && exact->size > most) {
            CHECK_FAIL("%" PRIu64 " octets of spare code, at most %" PRIu64, exact->size, most);
        }
    }
    if (octets > likely) {
        CHECK_FAIL("%" PRIu64 " octets of machine code, %" PRIu64 " were likely", octets, likely);
    }
}

/* All variants that a module may have. */
static void scan_module(pvm_module *module) {
    totals.modules++;
    for (int kind = module_main_kind(module) == VARIANT_FAST ? VARIANT_FAST : VARIANT_EXACT; kind < VARIANT_COUNT;
         kind++) {
        uint64_t instructions = scan_sections(module, (enum variant_kind)kind);
        bool spare = links_variant(&module->links, 0, (enum variant_kind)kind)->spare;
        totals.instructions += instructions;
        totals.variants[spare ? VARIANT_COUNT : kind]++;
    }
    check_estimates(module);
}

static void report(void) {
    printf("%" PRIu64 " modules, variants: %" PRIu64 " fast, %" PRIu64 " exact, %" PRIu64 " checked, %" PRIu64
           " spare; %" PRIu64 " instructions\n",
           totals.modules, totals.variants[VARIANT_FAST], totals.variants[VARIANT_EXACT],
           totals.variants[VARIANT_CHECKED], totals.variants[VARIANT_COUNT], totals.instructions);
    memset(&totals, 0, sizeof totals);
}

/* Octets of any kind behind a program, so that it is dense. */
static void put_dense(uint64_t *seed) {
    for (uint32_t n = random_below(seed, 900); n > 0; n--) {
        put_opcode(&guest, random_below(seed, 3) == 0 ? OP_ecalli : random_opcode(seed, true));
    }
    for (int n = 0; n < 60; n++) {
        put_random(&guest, seed, random_opcode(seed, false));
    }
    put_opcode(&guest, OP_trap);
}

static void put_some_program(uint64_t *seed, uint64_t number) {
    if (number % 2 == 0) {
        put_program(&guest, seed);
    } else {
        put_lazy_program(&guest, seed);
    }
    if (number % 10 < 2) {
        put_dense(seed);
    }
}

TEST(random_programs) {
    static const struct configuration ways[] = {{"", 0, 0},        {"", PVM_FLAG_NO_GS, 0},
                                                {"", 0, 24},       {"", PVM_FLAG_NO_GS, 1},
                                                {"", HARDENED, 0}, {"", HARDENED | PVM_FLAG_NO_GS, 24}};
    for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
        uint64_t seed = first_seed + 15;
        pvm_engine *engine = make_configured(&ways[way], PVM_REVISION_NEXT);
        bool hardened = (ways[way].flags & HARDENED) != 0;
        for (uint64_t program = 0; program < programs; program += hardened ? 7 : 1) {
            put_some_program(&seed, program);
            pvm_module *module = compile(engine, &guest);
            scan_module(module);
            pvm_module_release(module);
        }
        destroy_engine(engine);
    }
    report();
}

/* An instruction of so many random octets behind its opcode, again and again, a block each hundred times. */
static void put_repeated(uint64_t *seed, uint8_t opcode, uint32_t octets) {
    uint8_t operands[16];
    for (uint32_t n = 0; n < octets; n++) {
        operands[n] = (uint8_t)random_below(seed, random_below(seed, 2) == 0 ? 256 : 16);
    }
    guest_clear(&guest);
    for (uint32_t n = 1; guest.length < 20000; n++) {
        put_opcode(&guest, opcode);
        for (uint32_t m = 0; m < octets; m++) {
            put_octet(&guest, operands[m]);
        }
        if (n % 100 == 0) {
            put_opcode(&guest, OP_fallthrough);
        }
    }
    put_opcode(&guest, OP_trap);
}

static const struct configuration estimated[] = {
    {"", 0, 65536}, {"", PVM_FLAG_NO_GS, 65536}, {"", PVM_FLAG_ALWAYS_CHECKED, 65536}, {"", HARDENED, 65536}};

static void compile_all(pvm_engine *engine) {
    pvm_module *module = compile(engine, &guest);
    CHECK_EQ(module_complete(module, module_main_kind(module), NULL), PVM_OK);
    CHECK_EQ(module_complete(module, VARIANT_EXACT, NULL), PVM_OK);
    check_estimates(module);
    pvm_module_release(module);
}

TEST(estimates_of_every_instruction) {
    for (size_t way = 0; way < sizeof estimated / sizeof *estimated; way++) {
        uint64_t seed = first_seed + 16;
        pvm_engine *engine = make_configured(&estimated[way], PVM_REVISION_NEXT);
        for (uint8_t opcode = 0; opcode < OP_COUNT; opcode++) {
            if (opcode == OP_undefined) {
                continue;
            }
            for (uint32_t octets = 0; octets <= 12; octets++) {
                for (int n = 0; n < (SANITIZED ? 1 : 2); n++) {
                    put_repeated(&seed, opcode, octets);
                    compile_all(engine);
                }
            }
        }
        destroy_engine(engine);
    }
}

/* Loops that become large beside code that is: of what makes little code for its octets, and of what makes as much as it may. */
TEST(estimates_of_loops) {
    static const uint8_t looped[] = {OP_store_imm_u32, OP_store_imm_u8, OP_load_imm, OP_add_imm_64, OP_load_ind_u64};
    static const uint8_t dense[] = {OP_div_s_64,      OP_rem_u_32, OP_load_imm_jump_ind,
                                    OP_mul_upper_s_u, OP_ecalli,   OP_trap};
    for (size_t way = 0; way < sizeof estimated / sizeof *estimated; way++) {
        uint64_t seed = first_seed + 17;
        pvm_engine *engine = make_configured(&estimated[way], PVM_REVISION_NEXT);
        for (int n = 0; n < (SANITIZED ? 60 : 600); n++) {
            const uint32_t all = 20000 + random_below(&seed, 20000), loops = all / 8 * random_below(&seed, 9);
            const uint32_t body = 1 + random_below(&seed, 4), octets = 6 + random_below(&seed, 4);
            const uint8_t in_loop = looped[random_below(&seed, sizeof looped)];
            const uint8_t beside = dense[random_below(&seed, sizeof dense)];
            guest_clear(&guest);
            while (guest.length < loops) {
                uint32_t start = guest.length;
                for (uint32_t m = 0; m < body; m++) {
                    put_opcode(&guest, in_loop);
                    for (uint32_t k = 0; k < octets; k++) {
                        put_octet(&guest, k == 0 ? 4 : 0x12 + k);
                    }
                }
                put_reg_reg_off(&guest, OP_branch_lt_u, 7, 8, start);
            }
            while (guest.length < all) {
                put_opcode(&guest, beside);
            }
            put_opcode(&guest, OP_trap);
            compile_all(engine);
        }
        destroy_engine(engine);
    }
}

/* What is no address and yet shifted as if it were one, in the register that compact checks use. */
TEST(shifts_like_those_of_pages) {
    pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
    guest_clear(&guest);
    put_reg_reg_imm(&guest, OP_shlo_r_imm_32, 9, 8, 12);
    put_reg_reg_reg(&guest, OP_add_64, 7, 9, 8);
    put_opcode(&guest, OP_trap);
    pvm_module *module = compile(engine, &guest);
    scan_module(module);
    pvm_module_release(module);
    destroy_engine(engine);
}

/* ---- Real programs ---- */

static uint8_t *blob_of_hex(const char *hex, uint64_t *length) {
    *length = strcspn(hex, "\"") / 2;
    uint8_t *blob = malloc(*length + 1);
    CHECK(blob != NULL);
    for (uint64_t n = 0; n < *length; n++) {
        unsigned octet;
        CHECK(sscanf(hex + 2 * n, "%2x", &octet) == 1);
        blob[n] = (uint8_t)octet;
    }
    return blob;
}

static char *read_file(const char *folder, const char *name, uint64_t *length) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    CHECK(file != NULL && fseek(file, 0, SEEK_END) == 0);
    *length = (uint64_t)ftell(file);
    rewind(file);
    char *text = malloc(*length + 1);
    CHECK(text != NULL && fread(text, 1, *length, file) == *length);
    text[*length] = '\0';
    fclose(file);
    return text;
}

static void scan_blob(const uint8_t *blob, uint64_t length) {
    static const struct configuration ways[] = {{"", 0, 4096}, {"", PVM_FLAG_NO_GS, 0}, {"", HARDENED, 4096}};
    static uint32_t blobs;
    size_t count = blobs++ % 4 == 0 ? 3 : 2; /* the last way takes as long as the others */
    for (size_t way = 0; way < count; way++) {
        pvm_engine *engine = make_configured(&ways[way], PVM_REVISION_0_8_0);
        pvm_module *module;
        CHECK_EQ(pvm_module_compile(engine, blob, length, &module, NULL), PVM_OK);
        scan_module(module);
        pvm_module_release(module);
        destroy_engine(engine);
    }
}

static uint64_t little_endian(const uint8_t *octets, int count) {
    uint64_t value = 0;
    memcpy(&value, octets, (size_t)count);
    return value;
}

/* The code of a standard program (Gray Paper A.7): behind lengths, read-only and writable data. */
static void scan_standard_program(const uint8_t *octets, uint64_t length) {
    CHECK(length > 15);
    uint64_t at = 11 + little_endian(octets, 3) + little_endian(octets + 3, 3);
    CHECK(at + 4 <= length && at + 4 + little_endian(octets + at, 4) <= length);
    scan_blob(octets + at + 4, little_endian(octets + at, 4));
}

static bool ends_with(const char *name, const char *end) {
    return strlen(name) > strlen(end) && strcmp(name + strlen(name) - strlen(end), end) == 0;
}

/* All programs of a folder: standard ones, and those that a file of JSON holds as hexadecimal text. */
static void scan_folder(const char *vectors, const char *folder) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", vectors, folder);
    DIR *files = opendir(path);
    CHECK(files != NULL);
    uint64_t before = totals.modules;
    for (struct dirent *file; (file = readdir(files)) != NULL;) {
        uint64_t length;
        if (!ends_with(file->d_name, ".spi") && !ends_with(file->d_name, ".json")) {
            continue;
        }
        char *text = read_file(path, file->d_name, &length);
        if (ends_with(file->d_name, ".spi")) {
            scan_standard_program((const uint8_t *)text, length);
        }
        static const char key[] = "\"program-hex\":\"";
        for (char *at = text; ends_with(file->d_name, ".json") && (at = strstr(at, key)) != NULL; at++) {
            uint8_t *blob = blob_of_hex(at + strlen(key), &length);
            scan_blob(blob, length);
            free(blob);
        }
        free(text);
    }
    closedir(files);
    CHECK(totals.modules > before);
}

TEST(real_programs) {
    const char *vectors = getenv("PVM_VECTORS"), *ci = getenv("CI");
    vectors = vectors != NULL ? vectors : "../../shared/vectors";
    DIR *folder = opendir(vectors);
    if (folder == NULL) {
        CHECK(ci == NULL || strcmp(ci, "true") != 0);
        printf("NO REAL PROGRAMS: %s is no folder; set PVM_VECTORS\n", vectors);
        return;
    }
    closedir(folder);
    scan_folder(vectors, "gas");
    if (!SANITIZED) {
        scan_folder(vectors, "services");
    }
    report();
}

/* ---- The scanner itself ---- */

/* A copy of a variant's machine code, to be changed. */
static struct variant copy_of(const struct variant *variant) {
    struct variant copy = *variant;
    copy.code = malloc(variant->size);
    CHECK(copy.code != NULL);
    memcpy(copy.code, variant->code, variant->size);
    return copy;
}

/* Machine code with one bit changed, in instructions and not in front of them: most changes are wrong, though constants and
 * registers of the guest may be others. */
static void flip_bits(const pvm_module *module, const struct variant *variant, uint64_t *seed, uint64_t *found) {
    struct variant changed = copy_of(variant);
    uint32_t start = variant->offsets[0];
    CHECK(!scan_finds(module, &changed));
    for (int n = 0; n < FLIPS; n++) {
        uint8_t *octet = changed.code + start + random_below(seed, (uint32_t)variant->size - start);
        uint8_t bit = (uint8_t)(1 << random_below(seed, 8));
        *octet ^= bit;
        *found += scan_finds(module, &changed);
        *octet ^= bit;
    }
    free(changed.code);
}

TEST(what_is_wrong_is_found) {
    uint64_t seed = 17, found[VARIANT_COUNT] = {0}, flips = 0;
    pvm_engine *engine = make_engine(0, PVM_REVISION_NEXT);
    for (; flips < 40 * FLIPS; flips += FLIPS) {
        put_some_program(&seed, 2 * flips / FLIPS);
        guest.entry_size = 0; /* a jump table has the addresses of the code that is published */
        pvm_module *module = compile(engine, &guest);
        for (int kind = engine->use_gs ? VARIANT_FAST : VARIANT_EXACT; kind < VARIANT_COUNT; kind++) {
            struct variant *variant;
            CHECK_EQ(module_variant(module, 0, (enum variant_kind)kind, &variant, NULL), PVM_OK);
            flip_bits(module, variant, &seed, &found[kind]);
        }
        pvm_module_release(module);
    }
    destroy_engine(engine);
    printf("of %" PRIu64 " changed bits each were found: %" PRIu64 " fast, %" PRIu64 " exact, %" PRIu64 " checked\n",
           flips, found[VARIANT_FAST], found[VARIANT_EXACT], found[VARIANT_CHECKED]);
    CHECK(found[VARIANT_EXACT] > flips / 3 && found[VARIANT_CHECKED] > flips / 3);
}

/* Machine code each of whose jumps by a retpoline becomes one without, in turn, by the one bit that is between them. */
static void make_plain_jumps(const pvm_module *module, const struct variant *variant) {
    struct variant changed = copy_of(variant);
    uint32_t jumps = 0;
    CHECK(!scan_finds(module, &changed));
    for (uint32_t bit = 0; bit < 8 * RETPOLINE_SIZE; bit++) {
        changed.code[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(scan_finds(module, &changed));
        changed.code[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (uint64_t at = RETPOLINE_SIZE, length; at < changed.size; at += length) {
        struct decoded d = decode_instruction(changed.code + at, changed.code + changed.size);
        length = (uint64_t)d.length;
        if (d.action == ACTION_PUSH_TARGET) {
            uint8_t *operation = (uint8_t *)memchr(changed.code + at, 0xFF, length) + 1;
            *operation ^= 0x10;
            CHECK_EQ(decode_instruction(changed.code + at, changed.code + changed.size).action, ACTION_JUMP);
            CHECK(scan_finds(module, &changed));
            *operation ^= 0x10;
            jumps++;
        }
    }
    CHECK(jumps >= WAYS_OUT + 1);
    free(changed.code);
}

TEST(every_indirect_jump_has_its_retpoline) {
    pvm_engine *engine = make_engine(PVM_FLAG_RETPOLINES, PVM_REVISION_NEXT);
    guest_clear(&guest);
    guest.entry_size = 1;
    guest.entry_count = 1;
    put_reg_imm(&guest, OP_jump_ind, 0, 0);
    put_reg_imm(&guest, OP_load_u64, 7, 0x20000);
    put_opcode(&guest, OP_trap);
    pvm_module *module = compile(engine, &guest);
    for (int kind = (int)module_main_kind(module); kind < VARIANT_COUNT; kind++) {
        struct variant *variant;
        CHECK_EQ(module_variant(module, 0, (enum variant_kind)kind, &variant, NULL), PVM_OK);
        make_plain_jumps(module, variant);
    }
    pvm_module_release(module);
    destroy_engine(engine);
}

/* ---- Maps ---- */

static void check_maps(void) {
    CHECK_EQ(writable_and_executable_maps(), 0);
}

/* Compiles, runs through all kinds of exits, releases and compiles again, and looks in between. */
static void live(const struct configuration *configuration, uint64_t *seed) {
    pvm_module *modules[12];
    pvm_engine *engine = make_configured(configuration, PVM_REVISION_NEXT);
    check_maps();
    for (uint32_t n = 0; n < 12; n++) {
        put_some_program(seed, n);
        modules[n] = compile(engine, &guest);
        check_maps();
        pvm_region region = {.first_page = 0x20, .page_count = 4, .access = PVM_ACCESS_WRITE};
        pvm_context *context = instantiate(modules[n], &region, 1);
        for (uint32_t run = 0; run < 8; run++) {
            context->gas = run % 2 == 0 ? 20 : 5000; /* so that spare code is made, too */
            CHECK(pvm_run(context) <= PVM_EXIT_OUT_OF_GAS);
            check_maps();
            CHECK_EQ(pvm_memory_protect(context, 0x18 + run, 1, random_below(seed, 3), run % 2, NULL), PVM_OK);
            check_maps();
        }
        pvm_instance_destroy(context);
        check_maps();
        if (n % 3 == 2) {
            pvm_module_release(modules[n - 1]);
            check_maps();
            put_some_program(seed, n);
            modules[n - 1] = compile(engine, &guest);
            check_maps();
        }
    }
    for (uint32_t n = 0; n < 12; n++) {
        pvm_module_release(modules[n]);
        check_maps();
    }
    destroy_engine(engine);
    check_maps();
}

static atomic_bool watching;
static atomic_int seen_by_watcher, looks_of_watcher;

/* Looks while the other thread is in the middle of something. */
static void *watch(void *unused) {
    do {
        seen_by_watcher += writable_and_executable_maps();
        looks_of_watcher++;
    } while (atomic_load(&watching));
    return unused;
}

TEST(no_map_is_writable_and_executable) {
    uint64_t seed = 16;
    pthread_t watcher;
    atomic_store(&watching, true);
    CHECK_EQ(pthread_create(&watcher, NULL, watch, NULL), 0);
    for (size_t n = 0; n < CONFIGURATIONS; n++) {
        live(&configurations[n], &seed);
    }
    live(&(struct configuration){"", PVM_FLAG_SINGLE_MAPPING | PVM_FLAG_ALWAYS_CHECKED, 0}, &seed);
    atomic_store(&watching, false);
    CHECK_EQ(pthread_join(watcher, NULL), 0);
    CHECK(looks_of_watcher > 0);
    CHECK_EQ(seen_by_watcher, 0);
}

int main(void) {
    const char *wanted = getenv("PVM_PROGRAMS"), *seed = getenv("PVM_SEED");
    if (wanted != NULL) {
        programs = strtoull(wanted, NULL, 10);
    }
    if (seed != NULL) {
        first_seed = strtoull(seed, NULL, 10) << 32;
    }
    RUN(random_programs);
    RUN(estimates_of_every_instruction);
    RUN(estimates_of_loops);
    RUN(shifts_like_those_of_pages);
    RUN(real_programs);
    RUN(what_is_wrong_is_found);
    RUN(every_indirect_jump_has_its_retpoline);
    RUN(no_map_is_writable_and_executable);
    return check_finish();
}
