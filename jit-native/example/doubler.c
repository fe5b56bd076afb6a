/* Compiles a program of the PVM, runs it, and serves its host calls.
 *
 *     cc -o doubler doubler.c $(pkg-config --cflags --libs pvmjit) && ./doubler
 */
#include <inttypes.h>
#include <pvmjit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text that "pvm asm" made this of: add_64 a0, a0, a1; store_u64 [0x20000], a0; ecalli 7; load_u64 a0, [0x20000];
 * jump_ind ra. In front the jump table's length 0 and entry size 0, and the length of the code; behind it the mask. */
static const uint8_t program[] = {0x00, 0x00, 0x11, 0xc8, 0x87, 0x07, 0x3e, 0x07, 0x00, 0x00, 0x02, 0x0a,
                                  0x07, 0x3a, 0x07, 0x00, 0x00, 0x02, 0x32, 0x00, 0x09, 0x85, 0x00};

static const uint64_t HALT_ADDRESS = 0xffff0000;
enum { RA = 0, A0 = 7, A1 = 8, DATA = 0x20000, CALL_COST = 10 };

static void require(int32_t status, const pvm_error *error) {
    if (status != PVM_OK) {
        fprintf(stderr, "pvmjit: %s\n", error->message);
        exit(1);
    }
}

/* Host call 7: doubles the number in RAM that the guest left there. RAM is read and written in place, where the page
 * grants it. 0 when the guest has no gas for the call. */
static int serve(pvm_context *context) {
    if (context->gas < CALL_COST || context->page_access[DATA / PVM_PAGE_SIZE] != PVM_ACCESS_WRITE) {
        return 0;
    }
    context->gas -= CALL_COST;
    uint64_t number;
    memcpy(&number, context->memory + DATA, sizeof number);
    number *= 2;
    memcpy(context->memory + DATA, &number, sizeof number);
    printf("host call %" PRIu64 " at %" PRIu32 "\n", context->exit_argument, context->exit_pc);
    return 1;
}

int main(void) {
    if (pvm_abi_version() != PVM_ABI_VERSION) {
        fprintf(stderr, "pvmjit.h and the library are of different versions\n");
        return 1;
    }
    pvm_error error = {0};
    pvm_engine *engine;
    pvm_module *module;
    pvm_context *context;
    const pvm_region data = {.first_page = DATA / PVM_PAGE_SIZE, .page_count = 1, .access = PVM_ACCESS_WRITE};
    require(pvm_engine_create(&(pvm_engine_config){.revision = PVM_REVISION_NEXT}, &engine, &error), &error);
    require(pvm_module_compile(engine, program, sizeof program, &module, &error), &error);
    require(pvm_instance_create(module, &data, 1, &context, &error), &error);
    context->registers[RA] = HALT_ADDRESS;
    context->registers[A0] = 40;
    context->registers[A1] = 2;
    context->gas = 1000;
    uint32_t exit_kind;
    do {
        exit_kind = pvm_run(context);
    } while (exit_kind == PVM_EXIT_HOST_CALL && serve(context));
    printf("exit %" PRIu32 ", result %" PRIu64 ", gas left %" PRIu64 "\n", exit_kind, context->registers[A0],
           context->gas);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    require(pvm_engine_destroy(engine, &error), &error);
    return exit_kind == PVM_EXIT_HALT ? 0 : 1;
}
