/* Fuzzes compilation: any blob compiles or is refused, with nothing left behind; machine code of each variant is within its
 * bound, and what the scanner says it must be. */
#define FUZZ_NAME "compile"
#define FUZZ_RUNS 4000
#include "fuzz/fuzz.h"

#include "fuzz/program.h"
#include "scanner.h"
#include "x64/codegen.h"

static struct guest guest;

static pvm_engine *engine_of(uint32_t revision, bool use_gs, bool sections, bool hardened) {
    static pvm_engine *engines[REVISION_COUNT][2][2][2];
    pvm_engine **engine = &engines[revision][use_gs][sections][hardened];
    if (*engine == NULL) {
        uint32_t flags = (use_gs ? 0 : PVM_FLAG_NO_GS) | (hardened ? HARDENED : 0);
        const struct configuration configuration = {"", flags, sections ? 16 : 0};
        *engine = make_configured(&configuration, revision);
    }
    return *engine;
}

static void check_variants(pvm_module *module) {
    const struct program *program = &module->program;
    bool blinded = engine_has(module->engine, PVM_FLAG_BLINDED_CONSTANTS);
    uint64_t for_octet = blinded ? BLINDED_OCTETS_PER_OCTET : NATIVE_OCTETS_PER_OCTET;
    uint64_t most = program->code_length * for_octet + NATIVE_OCTETS_FIXED;
    for (int kind = module_main_kind(module) == VARIANT_FAST ? VARIANT_FAST : VARIANT_EXACT; kind < VARIANT_COUNT;
         kind++) {
        scan_sections(module, (enum variant_kind)kind);
        CHECK(module->links.section_count > 1 ||
              links_variant(&module->links, 0, (enum variant_kind)kind)->size <= most);
    }
    for (uint32_t n = 0; n < program->block_count; n++) {
        CHECK(program_is_block_start(program, module->blocks[n].pc) && module->blocks[n].cost > 0);
    }
}

static void fuzz(struct bytes *in) {
    uint32_t dice = take(in);
    pvm_engine *engine = engine_of(dice % REVISION_COUNT, (dice & 8) != 0, (dice & 16) != 0, (dice & 32) != 0);
    pvm_statistics before, after;
    pvm_engine_statistics(engine, &before);
    uint64_t length = (uint64_t)(in->end - in->at);
    const uint8_t *octets = in->at;
    uint8_t *blob = NULL;
    if (dice < 224) {
        take_program(in, &guest);
        octets = blob = guest_blob(&guest, &length);
    }
    pvm_module *module = NULL;
    pvm_error error = {0};
    int32_t result = pvm_module_compile(engine, octets, length, &module, &error);
    if (result == PVM_OK) {
        check_variants(module);
        pvm_module_release(module);
    } else {
        CHECK_EQ(result, PVM_INVALID_PROGRAM);
        CHECK(module == NULL && error.status == PVM_INVALID_PROGRAM && error.offset <= length);
    }
    free(blob);
    pvm_engine_statistics(engine, &after);
    CHECK_EQ(after.modules_alive, 0);
    CHECK_EQ(after.code_bytes_used, before.code_bytes_used);
}
