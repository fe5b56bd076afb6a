/* What a guest is shown of its gas while an interrupt has put it aside: the answer to a host call in place, behind a loop that gives gas
 * back, is the one that it gets without interrupts. */
#include "check.h"
#include "guest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { NUMBER = 7, COST = 10, INTERRUPTS = SANITIZED ? 100 : 1000 };

static struct guest guest;
static atomic_bool done;

static void *interrupt_often(void *context) {
    while (!done) {
        usleep(200);
        pvm_interrupt(context, NULL);
    }
    return NULL;
}

/* Again and again a loop that is left by its first copy, and a host call: a trap where its answer is not so much less than the last. */
static void put_rounds(int64_t each) {
    guest_clear(&guest);
    put_opcode(&guest, OP_fallthrough);
    uint32_t round = put_reg_reg_imm(&guest, OP_add_imm_64, 3, 1, 1);
    put_opcode(&guest, OP_fallthrough);
    uint32_t loop = put_reg_reg_imm(&guest, OP_load_ind_u64, 5, 5, 0);
    for (int n = 0; n < 8; n++) {
        put_reg_reg_imm(&guest, OP_load_ind_u64, 5, 5, 0);
    }
    put_reg_reg_imm(&guest, OP_add_imm_64, 3, 3, -1);
    put_reg_imm_off(&guest, OP_branch_gt_s_imm, 3, 0, loop);
    put_imm(&guest, OP_ecalli, NUMBER);
    put_reg_reg_reg(&guest, OP_sub_64, 9, 8, 7);
    put_reg_reg(&guest, OP_move_reg, 8, 7);
    put_reg_imm_off(&guest, OP_branch_eq_imm, 9, each, round);
    put_opcode(&guest, OP_trap);
}

static pvm_context *start(pvm_module *module) {
    pvm_context *context = instantiate(module, NULL, 0);
    CHECK_EQ(pvm_memory_protect(context, 0x20, 1, PVM_ACCESS_WRITE, 0, NULL), PVM_OK);
    *(uint64_t *)(void *)(context->memory + 0x20000) = 0x20000; /* each load has the address of the next */
    context->registers[5] = 0x20000;
    context->gas = UINT64_C(1) << 40;
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    return context;
}

/* Gas from one host call to the next, its own cost with it. */
static int64_t gas_of_round(pvm_engine *engine) {
    put_rounds(0);
    pvm_module *module = compile(engine, &guest);
    pvm_context *context = start(module);
    uint64_t gas = context->gas;
    context->registers[7] = context->registers[8] = 1;
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    int64_t each = (int64_t)(gas - context->gas) + COST;
    pvm_instance_destroy(context);
    pvm_module_release(module);
    return each;
}

static void interrupt_rounds(uint32_t flags) {
    pvm_engine *engine = make_engine(flags, PVM_REVISION_NEXT);
    int64_t each = gas_of_round(engine);
    put_rounds(each);
    pvm_module *module = compile(engine, &guest);
    pvm_context *context = start(module);
    pthread_t thread;
    context->gas -= COST;
    context->registers[7] = context->gas;
    context->registers[8] = context->gas + (uint64_t)each;
    done = false;
    CHECK_EQ(pthread_create(&thread, NULL, interrupt_often, context), 0);
    for (int n = 0; n < INTERRUPTS; n++) {
        CHECK_EQ(pvm_run_answering_gas(context, NUMBER, COST), PVM_EXIT_INTERRUPTED);
    }
    done = true;
    pthread_join(thread, NULL);
    pvm_instance_destroy(context);
    pvm_module_release(module);
    destroy_engine(engine);
}

TEST(answers_are_right_when_interrupted) {
    interrupt_rounds(0);
    interrupt_rounds(PVM_FLAG_NO_GS);
}

int main(void) {
    RUN(answers_are_right_when_interrupted);
    return check_finish();
}
