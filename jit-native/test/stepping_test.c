/* An interrupt in front of every instruction of the processor from where C enters machine code to where that returns: of entry.S,
 * of machine code, of the exits; there, and on top of another handler. Each time the run is the same as without it. */
#include "check.h"
#include "guest.h"
#include "interrupt.h"
#include "x64/fault.h"

#include <signal.h>
#include <ucontext.h>

#define PAGE UINT32_C(0x40)
#define TRAP_FLAG 0x100
#define GAS_CALL 4
#define GAS_CALL_COST 10

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;
static pvm_context *context, *twin;

static const pvm_region ram[] = {
    {.first_page = 0x20, .page_count = 1, .access = PVM_ACCESS_WRITE},
    {.first_page = PAGE, .page_count = 1, .access = PVM_ACCESS_READ},
};

/* r1 rounds: a loop of which machine code has copies, a dynamic jump, a call of gas, a host call, a load that faults now and
 * then. */
static void put_rounds(void) {
    guest_clear(&guest);
    put_reg_reg_imm(&guest, OP_and_imm, 6, 2, 0xff8);
    put_reg_reg_imm(&guest, OP_store_ind_u64, 5, 6, 0x20000);
    put_reg_reg_imm(&guest, OP_add_imm_64, 11, 1, 3);
    put_opcode(&guest, OP_fallthrough);
    uint32_t loop = put_reg_reg_reg(&guest, OP_add_64, 12, 12, 11);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 7, 6, 0x20000);
    put_reg_reg_imm(&guest, OP_add_imm_64, 11, 11, -1);
    put_reg_imm_off(&guest, OP_branch_gt_s_imm, 11, 0, loop);
    put_reg_imm(&guest, OP_load_imm, 3, 2);
    put_reg_imm(&guest, OP_jump_ind, 3, 0);
    guest.entry_size = 2;
    guest.entry_count = 1;
    guest.entries[0] = put_reg_reg_reg(&guest, OP_div_u_64, 4, 2, 1);
    put_imm(&guest, OP_ecalli, GAS_CALL);
    put_imm(&guest, OP_ecalli, 3);
    put_reg_imm(&guest, OP_load_u8, 10, PAGE * PVM_PAGE_SIZE);
    put_reg_reg_reg(&guest, OP_add_64, 9, 9, 7);
    put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, -1);
    put_reg_imm_off(&guest, OP_branch_ne_imm, 1, 0, 0);
    put_opcode(&guest, OP_trap);
}

/* ---- Stepping ---- */

static volatile uint64_t steps_left;
static uint64_t behind_answers; /* interrupts between the answer to a call and the guest */
static bool stepping;

/* How the instance enters machine code by itself. */
static uint32_t (*enter)(pvm_context *, const void *), (*enter_with_gas)(pvm_context *, const void *);

static void step(int unused, siginfo_t *info, void *saved) {
    (void)unused, (void)info;
    if (--steps_left == 0) {
        behind_answers += fault_instruction(saved) == pvm_answered_with_gas;
        pvm_interrupt(context, NULL);
        ((ucontext_t *)saved)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    }
}

static uint32_t enter_stepping(uint32_t (*by)(pvm_context *, const void *), const void *target) {
    if (!stepping || steps_left == 0) {
        return by(context, target);
    }
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | TRAP_FLAG);
    uint32_t kind = by(context, target);
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~(uint64_t)TRAP_FLAG);
    return kind;
}

static uint32_t enter_here(pvm_context *unused, const void *target) {
    (void)unused;
    return enter_stepping(enter, target);
}

static uint32_t enter_here_with_gas(pvm_context *unused, const void *target) {
    (void)unused;
    return enter_stepping(enter_with_gas, target);
}

static void watch_entries(void) {
    struct instance *instance = instance_of(context);
    enter = instance->enter;
    enter_with_gas = instance->enter_with_gas;
    instance->enter = enter_here;
    instance->enter_with_gas = enter_here_with_gas;
}

/* A run with an interrupt behind so many instructions; false when it had fewer. */
static bool run_stepping(uint64_t steps) {
    steps_left = steps;
    stepping = true;
    pvm_run_answering_gas(context, GAS_CALL, GAS_CALL_COST);
    stepping = false;
    return steps_left == 0;
}

/* ---- A life, and what it is to be ---- */

static void restart(pvm_context *c, uint64_t gas) {
    memset(c->registers, 0, sizeof c->registers);
    c->registers[1] = 2;
    c->registers[2] = 77;
    c->pc = c->gas_charged = 0;
    c->gas = gas;
    CHECK_EQ(pvm_memory_protect(c, PAGE, 1, PVM_ACCESS_NONE, 0, NULL), PVM_OK);
}

/* What the host does; false when the guest has ended. */
static bool serve(pvm_context *c) {
    switch (c->exit_kind) {
    case PVM_EXIT_HOST_CALL: c->registers[9] += c->registers[4]; return true;
    case PVM_EXIT_PAGE_FAULT: return pvm_memory_protect(c, PAGE, 1, PVM_ACCESS_READ, 0, NULL) == PVM_OK;
    default: return c->exit_kind == PVM_EXIT_INTERRUPTED;
    }
}

static void check_same(const pvm_context *a, const pvm_context *b) {
    CHECK_EQ(a->pc, b->pc);
    CHECK_EQ(a->exit_pc, b->exit_pc);
    CHECK_EQ(a->gas_charged, b->gas_charged);
    CHECK_EQ(a->exit_argument, b->exit_argument);
    CHECK_BYTES(a->registers, b->registers, sizeof a->registers);
}

/* The twin's run, with calls of gas as exits, while so much gas is kept from it. An interrupt that comes at such a call stops the
 * run behind it, in mid-block. */
static uint32_t run_literally(uint64_t kept) {
    uint32_t kind = pvm_run(twin);
    while (kind == PVM_EXIT_HOST_CALL && twin->exit_argument == GAS_CALL && twin->gas >= GAS_CALL_COST) {
        twin->gas -= GAS_CALL_COST;
        twin->registers[7] = twin->gas + kept;
        if (context->exit_kind == PVM_EXIT_INTERRUPTED && context->gas_charged != 0 && context->pc == twin->pc) {
            twin->exit_pc = twin->pc;
            twin->exit_argument = 0;
            return PVM_EXIT_OUT_OF_GAS;
        }
        kind = pvm_run(twin);
    }
    return kind;
}

/* The twin runs to where the run of the other one has stopped, on the gas that that took. */
static void follow(const pvm_context *before) {
    uint64_t used = before->gas - context->gas;
    bool stopped = context->exit_kind == PVM_EXIT_INTERRUPTED;
    CHECK(used <= before->gas);
    if (stopped && used == 0 && context->pc == before->pc && context->gas_charged == before->gas_charged) {
        CHECK_BYTES(context->registers, before->registers, sizeof before->registers);
        return; /* it did not begin */
    }
    uint64_t rest = twin->gas - used;
    twin->gas = used;
    CHECK_EQ(run_literally(rest), stopped ? PVM_EXIT_OUT_OF_GAS : context->exit_kind);
    CHECK_EQ(twin->gas, 0);
    check_same(context, twin);
    twin->gas = rest;
}

/* Lives once, with an interrupt in its run of this number behind so many instructions. False when that run had fewer. *runs: how
 * many there were. */
static bool live(uint64_t gas, uint32_t stepped, uint64_t steps, uint32_t *runs, uint32_t *stops) {
    bool met = false, goes_on = true;
    restart(context, gas);
    restart(twin, gas);
    for (*runs = 0; goes_on; ++*runs) {
        pvm_context before = *context;
        if (*runs == stepped) {
            met = run_stepping(steps);
        } else {
            pvm_run_answering_gas(context, GAS_CALL, GAS_CALL_COST);
        }
        *stops += context->exit_kind == PVM_EXIT_INTERRUPTED;
        follow(&before);
        goes_on = serve(context);
        if (context->exit_kind != PVM_EXIT_INTERRUPTED) {
            CHECK_EQ(serve(twin), goes_on);
        }
    }
    CHECK_EQ(context->exit_kind, PVM_EXIT_PANIC);
    CHECK_EQ(context->gas, twin->gas);
    /* One that came behind the last block waits for the next life. */
    context->interrupt &= ~(uint64_t)PVM_INTERRUPT_PENDING;
    return met;
}

static void step_through(uint64_t gas) {
    uint32_t runs, stops = 0;
    uint64_t all = 0;
    live(gas, UINT32_MAX, 0, &runs, &stops);
    CHECK_EQ(stops, 0);
    /* Interrupted runs follow each other; these are the ones of a life without. */
    for (uint32_t run = 0, count = runs; run < count; run++) {
        for (uint64_t steps = 1; live(gas, run, steps, &runs, &stops); steps++) {
            all++;
        }
    }
    CHECK(stops > all / 2);
    printf("%" PRIu64 " places, %u stops\n", all, stops);
}

/* short_of_gas: at the end of the life, too. */
static void in_configuration(const struct configuration *configuration, bool masked, bool short_of_gas) {
    struct sigaction action = {.sa_sigaction = step, .sa_flags = SA_SIGINFO | SA_RESTART}, before;
    const uint64_t much = UINT64_C(1) << 40;
    uint32_t runs, stops = 0;
    if (masked) {
        sigfillset(&action.sa_mask);
    }
    put_rounds();
    engine = make_configured(configuration, PVM_REVISION_NEXT);
    module = compile(engine, &guest);
    context = instantiate(module, ram, 2);
    twin = instantiate(module, ram, 2);
    keep_in_hardware(context); /* the twin is checked in software from some time on */
    watch_entries();
    CHECK_EQ(sigaction(SIGTRAP, &action, &before), 0);
    live(much, UINT32_MAX, 0, &runs, &stops);
    uint64_t used = much - context->gas;
    behind_answers = 0;
    step_through(much);
    CHECK_EQ(behind_answers > 0,
             instance_of(context)->variant->kind == VARIANT_FAST && instance_of(context)->answers_in_place);
    if (short_of_gas) {
        step_through(used);
    }
    sigaction(SIGTRAP, &before, NULL);
    pvm_instance_destroy(context);
    pvm_instance_destroy(twin);
    pvm_module_release(module);
    destroy_engine(engine);
}

/* The signal comes when the handler returns: in front of the instruction that it has interrupted. */
TEST(between_two_instructions) {
    for (size_t n = 0; n < (SANITIZED ? 1 : CONFIGURATIONS); n++) {
        in_configuration(&configurations[n], true, n == 0 || n == FIRST_OF_SECTIONS);
    }
}

/* The signal comes within the handler. */
TEST(on_top_of_a_handler) {
    in_configuration(&configurations[0], false, !SANITIZED);
}

int main(void) {
    RUN(between_two_instructions);
    RUN(on_top_of_a_handler);
    return check_finish();
}
