/* Interruption: a run stops at the start of a block, or does not begin, and goes on as if nothing had been; whatever
 * other signals, threads and instances do meanwhile. */
#include "check.h"
#include "child.h"
#include "guest.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PAGE UINT32_C(0x40)
#define HOST_CALL 3
#define ROUNDS_PER_CALL 4096

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;

static const pvm_region ram[] = {
    {.first_page = 0x20, .page_count = 1, .access = PVM_ACCESS_WRITE},
    {.first_page = PAGE, .page_count = 1, .access = PVM_ACCESS_READ},
};

/* r1 rounds of arithmetic and memory, and of a loop of which machine code has copies; every ROUNDS_PER_CALL-th calls the host, and
 * then reads from PAGE. Ends in a panic. */
static void put_rounds(void) {
    guest_clear(&guest);
    put_reg_reg_reg(&guest, OP_add_64, 2, 2, 1);
    put_reg_reg_reg(&guest, OP_mul_upper_u_u, 3, 2, 1);
    put_reg_reg_reg(&guest, OP_xor, 2, 2, 3);
    put_reg_reg_reg(&guest, OP_div_u_64, 4, 2, 1);
    put_reg_reg_reg(&guest, OP_add_64, 5, 5, 4);
    put_reg_reg_imm(&guest, OP_and_imm, 6, 2, 0xff8);
    put_reg_reg_imm(&guest, OP_store_ind_u64, 5, 6, 0x20000);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 7, 6, 0x20000);
    put_reg_reg_imm(&guest, OP_and_imm, 8, 1, ROUNDS_PER_CALL - 1);
    uint32_t skip = put_reg_imm_off(&guest, OP_branch_ne_imm, 8, 0, 0);
    uint32_t end = guest.length;
    put_imm(&guest, OP_ecalli, HOST_CALL);
    put_reg_imm(&guest, OP_load_u8, 10, PAGE * PVM_PAGE_SIZE);
    put_reg_reg_reg(&guest, OP_add_64, 9, 9, 7);
    put_opcode(&guest, OP_fallthrough);
    aim(&guest, skip, end, guest.length);
    put_reg_reg_imm(&guest, OP_and_imm, 11, 2, 7);
    put_opcode(&guest, OP_fallthrough);
    uint32_t loop = put_reg_reg_reg(&guest, OP_add_64, 12, 12, 11);
    put_reg_reg_imm(&guest, OP_store_ind_u64, 12, 6, 0x20000);
    put_reg_reg_imm(&guest, OP_add_imm_64, 11, 11, -1);
    put_reg_imm_off(&guest, OP_branch_gt_s_imm, 11, 0, loop);
    put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, -1);
    put_reg_imm_off(&guest, OP_branch_ne_imm, 1, 0, 0);
    put_opcode(&guest, OP_trap);
}

static void put_endless_loop(void) {
    guest_clear(&guest);
    put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, 1);
    put_off(&guest, OP_jump, 0);
}

static void dispose(void) {
    pvm_module_release(module);
    destroy_engine(engine);
}

static void prepare_configured(const struct configuration *configuration, void (*put)(void)) {
    put();
    engine = make_configured(configuration, PVM_REVISION_NEXT);
    module = compile(engine, &guest);
}

static void prepare(uint32_t flags, void (*put)(void)) {
    prepare_configured(&(struct configuration){"", flags, 0}, put);
}

static void interrupt(pvm_context *context) {
    pvm_error error = {0};
    if (pvm_interrupt(context, &error) != PVM_OK) {
        CHECK_FAIL("not interrupted: %s", error.message);
    }
}

static void start(pvm_context *context, uint64_t rounds, uint64_t seed) {
    memset(context->registers, 0, sizeof context->registers);
    context->registers[1] = rounds;
    context->registers[2] = seed;
    context->pc = context->gas_charged = 0;
}

/* ---- Before a run ---- */

static void check_stops_at_once(pvm_context *context) {
    pvm_context before = *context;
    interrupt(context);
    interrupt(context); /* which is no second one */
    CHECK_EQ(pvm_run(context), PVM_EXIT_INTERRUPTED);
    CHECK_EQ(context->exit_kind, PVM_EXIT_INTERRUPTED);
    CHECK_EQ(context->exit_pc, before.pc);
    CHECK_EQ(context->exit_argument, 0);
    CHECK_EQ(context->pc, before.pc);
    CHECK_EQ(context->gas, before.gas);
    CHECK_EQ(context->gas_charged, before.gas_charged);
    CHECK_BYTES(context->registers, before.registers, sizeof before.registers);
}

TEST(an_interrupt_waits_for_the_next_run) {
    prepare(0, put_rounds);
    pvm_context *context = instantiate(module, ram, 2);
    start(context, ROUNDS_PER_CALL, 1);
    context->gas = 1000000;
    check_stops_at_once(context); /* that never ran */
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    check_stops_at_once(context); /* behind a host call */
    uint64_t gas = context->gas;
    CHECK_EQ(pvm_memory_protect(context, PAGE, 1, PVM_ACCESS_NONE, 0, NULL), PVM_OK);
    CHECK_EQ(pvm_run(context), PVM_EXIT_PAGE_FAULT);
    CHECK_EQ(context->gas, gas);
    check_stops_at_once(context); /* at a fault, in mid-block and paid */
    context->gas_charged = 0;
    check_stops_at_once(context); /* there, and not paid */
    context->gas = 0;
    check_stops_at_once(context); /* nor to be paid */
    CHECK_EQ(pvm_run(context), PVM_EXIT_OUT_OF_GAS);
    context->pc = 1;
    check_stops_at_once(context); /* where no instruction starts */
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    pvm_instance_destroy(context);
    dispose();
}

TEST(an_interrupt_can_be_taken_back) {
    prepare(0, put_rounds);
    pvm_context *context = instantiate(module, ram, 2);
    start(context, ROUNDS_PER_CALL, 1);
    context->gas = 1000000;
    CHECK_EQ(pvm_run(context), PVM_EXIT_HOST_CALL);
    interrupt(context);
    CHECK_EQ(context->interrupt & PVM_INTERRUPT_PENDING, PVM_INTERRUPT_PENDING);
    context->interrupt &= ~(uint64_t)PVM_INTERRUPT_PENDING;
    CHECK_EQ(pvm_run(context), PVM_EXIT_PANIC);
    pvm_instance_destroy(context);
    dispose();
}

TEST(an_interrupt_dies_with_its_instance) {
    prepare(0, put_rounds);
    pvm_context *context = instantiate(module, ram, 2);
    interrupt(context);
    pvm_instance_destroy(context);
    CHECK_EQ(pvm_interrupt_all(engine, NULL), PVM_OK); /* not even this reaches an idle slot */
    pvm_context *other = instantiate(module, ram, 2);
    CHECK(other == context);
    start(other, ROUNDS_PER_CALL, 1);
    other->gas = 1000000;
    CHECK_EQ(pvm_run(other), PVM_EXIT_HOST_CALL);
    pvm_instance_destroy(other);
    dispose();
}

/* ---- From another thread ---- */

struct endless {
    pvm_context *context;
    atomic_bool running;
    uint32_t exit;
};

static void *run_endless(void *argument) {
    struct endless *run = argument;
    atomic_store(&run->running, true);
    run->exit = pvm_run(run->context);
    return NULL;
}

static void *run_endless_with_all_signals_blocked(void *argument) {
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    return run_endless(argument);
}

static void check_endless(void *(*run)(void *), void (*stop)(pvm_context *)) {
    struct endless endless = {.context = instantiate(module, NULL, 0)};
    uint64_t cost = cost_at(module, 0), used = 0, gas = UINT64_C(1) << 62;
    endless.context->gas = gas;
    for (int round = 0; round < 20; round++) {
        pthread_t thread;
        atomic_store(&endless.running, false);
        CHECK_EQ(pthread_create(&thread, NULL, run, &endless), 0);
        while (!atomic_load(&endless.running)) {
            usleep(50);
        }
        usleep((useconds_t)round * 20);
        stop(endless.context);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(endless.exit, PVM_EXIT_INTERRUPTED);
        used = gas - endless.context->gas;
        CHECK_EQ(used % cost, 0);
        CHECK_EQ(endless.context->registers[1], used / cost);
        CHECK_EQ(endless.context->pc, 0);
        CHECK_EQ(endless.context->gas_charged, 0);
    }
    CHECK(used > 0);
    pvm_instance_destroy(endless.context);
}

static void stop_all(pvm_context *unused) {
    (void)unused;
    CHECK_EQ(pvm_interrupt_all(engine, NULL), PVM_OK);
}

TEST(endless_loops_end) {
    for (uint32_t n = 0; n < CONFIGURATIONS; n++) {
        prepare_configured(&configurations[n], put_endless_loop);
        check_endless(run_endless, interrupt);
        check_endless(run_endless, stop_all);
        check_endless(run_endless_with_all_signals_blocked, interrupt);
        dispose();
    }
}

/* ---- Other handlers ---- */

static pvm_context *volatile on_top_of;

static void interrupt_in_handler(int unused) {
    (void)unused;
    pvm_interrupt(on_top_of, NULL);
}

/* The interrupt comes while the handler of another signal has interrupted the guest. */
TEST(interrupts_on_top_of_another_handler) {
    struct sigaction action = {.sa_handler = interrupt_in_handler}, before;
    prepare(0, put_endless_loop);
    pvm_context *context = on_top_of = instantiate(module, NULL, 0);
    CHECK_EQ(sigaction(SIGALRM, &action, &before), 0);
    const uint64_t cost = cost_at(module, 0);
    context->gas = UINT64_MAX;
    for (int round = 0; round < 20; round++) {
        uint64_t gas = context->gas;
        ualarm(200, 0);
        CHECK_EQ(pvm_run(context), PVM_EXIT_INTERRUPTED);
        CHECK(context->gas < gas);
        CHECK_EQ(UINT64_MAX - context->gas, cost * context->registers[1]);
    }
    sigaction(SIGALRM, &before, NULL);
    pvm_instance_destroy(context);
    dispose();
}

static volatile sig_atomic_t strays;

static void send_stray(int unused) {
    (void)unused;
    strays++;
    raise(SIGSTKFLT);
}

TEST(signals_that_nobody_asked_for_do_nothing) {
    struct sigaction action = {.sa_handler = send_stray}, before;
    prepare(0, put_endless_loop);
    pvm_context *context = instantiate(module, NULL, 0);
    uint64_t cost = cost_at(module, 0), rounds = 1000000;
    CHECK_EQ(sigaction(SIGALRM, &action, &before), 0);
    ualarm(200, 200);
    while (strays < 100) {
        context->registers[1] = 0;
        context->gas = rounds * cost;
        CHECK_EQ(pvm_run(context), PVM_EXIT_OUT_OF_GAS);
        CHECK_EQ(context->gas, 0);
        CHECK_EQ(context->registers[1], rounds);
    }
    ualarm(0, 0);
    sigaction(SIGALRM, &before, NULL);
    pvm_instance_destroy(context);
    dispose();
}

/* ---- Many at once ---- */

#define INSTANCES 64
#define THREADS 4

/* An instance, and one beside it that nobody interrupts by itself: it runs on the gas that the first one used, no more. */
struct pair {
    pvm_context *context, *twin;
    uint64_t rounds, seed;
    pvm_context expected; /* when it has ended */
    uint64_t calls;
};

static struct pair pairs[INSTANCES];
static _Atomic(pvm_context *) running[THREADS];
static pthread_t threads[THREADS];
static uint64_t wanted;
static atomic_uint_fast64_t stops, stops_on_the_way, endings, wrong;

static const uint64_t all_gas = UINT64_C(1) << 62;

/* What the host does after an exit; false when the guest has ended. */
static bool serve(pvm_context *context, uint32_t exit, uint64_t *calls) {
    switch (exit) {
    case PVM_EXIT_HOST_CALL:
        context->registers[9] += context->gas + context->registers[2];
        return (*calls)++ % 8 != 0 || pvm_memory_protect(context, PAGE, 1, PVM_ACCESS_NONE, 0, NULL) == PVM_OK;
    case PVM_EXIT_PAGE_FAULT: return pvm_memory_protect(context, PAGE, 1, PVM_ACCESS_READ, 0, NULL) == PVM_OK;
    default: return exit == PVM_EXIT_INTERRUPTED;
    }
}

static bool same(const pvm_context *a, const pvm_context *b) {
    return memcmp(a->registers, b->registers, sizeof a->registers) == 0 && a->pc == b->pc && a->exit_pc == b->exit_pc &&
           a->exit_argument == b->exit_argument && a->gas_charged == b->gas_charged;
}

/* Runs the twin to where the run of the other one has stopped. */
static bool follow(const struct pair *pair, const pvm_context *before) {
    const pvm_context *context = pair->context;
    pvm_context *twin = pair->twin;
    uint32_t expected = context->exit_kind == PVM_EXIT_INTERRUPTED ? PVM_EXIT_OUT_OF_GAS : context->exit_kind;
    twin->gas = before->gas - context->gas;
    uint32_t exit;
    do {
        exit = pvm_run(twin);
    } while (exit == PVM_EXIT_INTERRUPTED); /* by pvm_interrupt_all */
    bool fine = exit == expected && twin->gas == 0 && same(context, twin);
    twin->gas = context->gas; /* which the host's answers depend on */
    return fine;
}

static void restart(struct pair *pair) {
    for (int n = 0; n < 2; n++) {
        pvm_context *each = n == 0 ? pair->context : pair->twin;
        start(each, pair->rounds, pair->seed);
        each->gas = all_gas;
        if (pvm_memory_protect(each, PAGE, 1, PVM_ACCESS_READ, 0, NULL) != PVM_OK) {
            wrong++;
        }
    }
    pair->calls = 0;
}

/* What a run has left, without the word that other threads write to. */
static pvm_context state_of(const pvm_context *context) {
    pvm_context state = {.interrupt = 0};
    memcpy(&state, context, offsetof(pvm_context, interrupt));
    return state;
}

static void run_once(struct pair *pair) {
    pvm_context *context = pair->context, before = state_of(context);
    uint32_t exit = pvm_run(context);
    stops += exit == PVM_EXIT_INTERRUPTED;
    if (exit == PVM_EXIT_INTERRUPTED && context->gas == before.gas && context->gas_charged == before.gas_charged &&
        context->pc == before.pc) {
        wrong += memcmp(context->registers, before.registers, sizeof before.registers) != 0;
        return; /* it did not begin */
    }
    stops_on_the_way += exit == PVM_EXIT_INTERRUPTED;
    uint64_t calls = pair->calls;
    bool fine = follow(pair, &before);
    bool goes_on = serve(context, exit, &pair->calls);
    fine = fine && serve(pair->twin, exit, &calls) == goes_on;
    if (!goes_on) {
        fine = fine && exit == PVM_EXIT_PANIC && same(context, &pair->expected) && context->gas == pair->expected.gas;
        endings++;
        restart(pair);
    }
    wrong += !fine;
}

static void *run_many(void *argument) {
    uint64_t number = (uint64_t)(uintptr_t)argument, seed = number;
    while (atomic_load(&stops) < wanted) {
        struct pair *pair = &pairs[number + THREADS * random_below(&seed, INSTANCES / THREADS)];
        atomic_store(&running[number], pair->context);
        run_once(pair);
    }
    return NULL;
}

/* A profiler. */
static void take_time(int unused) {
    (void)unused;
    for (volatile uint32_t n = 0; n < 2000; n = n + 1) {
    }
}

/* It sleeps in between: a thread that shares the processor with this one is in the midst of a run then. */
static void interrupt_at_random(void) {
    uint64_t seed = 99;
    prctl(PR_SET_TIMERSLACK, 1000);
    while (atomic_load(&stops) < wanted && atomic_load(&wrong) == 0) {
        for (uint32_t thread = 0; thread < THREADS; thread++) {
            uint32_t way = random_below(&seed, 16);
            if (way < 8) {
                pthread_kill(threads[thread], SIGPROF);
            }
            if (way == 0) {
                pthread_kill(threads[thread], SIGSTKFLT); /* which nobody has asked for */
            } else if (way == 1) {
                interrupt(pairs[random_below(&seed, INSTANCES)].context);
            } else {
                interrupt(atomic_load(&running[thread]));
            }
        }
        if (random_below(&seed, 256) == 0) {
            stop_all(NULL);
        }
        usleep(1 + random_below(&seed, 20));
    }
}

static void make_pairs(void) {
    for (uint64_t n = 0; n < INSTANCES; n++) {
        struct pair *pair = &pairs[n];
        pair->context = instantiate(module, ram, 2);
        pair->twin = instantiate(module, ram, 2);
        pair->rounds = 35000 + 517 * n;
        pair->seed = n * n;
        if (n % 2 == 0) {
            keep_in_hardware(pair->context); /* the others are checked in software from some time on */
        }
        restart(pair);
        uint32_t exit;
        do {
            exit = pvm_run(pair->context);
        } while (serve(pair->context, exit, &pair->calls));
        CHECK_EQ(exit, PVM_EXIT_PANIC);
        pair->expected = state_of(pair->context);
        restart(pair);
        running[n % THREADS] = pair->context;
    }
}

static void interrupt_many(uint32_t flags, uint64_t count) {
    struct sigaction action = {.sa_handler = take_time, .sa_flags = SA_RESTART};
    wanted = count;
    stops = stops_on_the_way = endings = wrong = 0;
    prepare(flags, put_rounds);
    make_pairs();
    CHECK_EQ(sigaction(SIGPROF, &action, NULL), 0);
    for (uintptr_t n = 0; n < THREADS; n++) {
        CHECK_EQ(pthread_create(&threads[n], NULL, run_many, (void *)n), 0);
    }
    interrupt_at_random();
    atomic_store(&stops, wanted);
    for (int n = 0; n < THREADS; n++) {
        CHECK_EQ(pthread_join(threads[n], NULL), 0);
    }
    CHECK_EQ(wrong, 0);
    CHECK(endings > 0);
    CHECK(stops_on_the_way > 0);
    for (int n = 0; n < INSTANCES; n++) {
        pvm_instance_destroy(pairs[n].context);
        pvm_instance_destroy(pairs[n].twin);
    }
    dispose();
}

TEST(many_interrupts) {
    interrupt_many(0, SANITIZED ? 20000 : 40000);
}

TEST(many_interrupts_of_checked_instances) {
    interrupt_many(PVM_FLAG_ALWAYS_CHECKED | PVM_FLAG_NO_GS, 10000);
}

TEST(many_interrupts_of_hardened_instances) {
    interrupt_many(HARDENED, 1000);
}

/* ---- The signal: what was there before, and what came later ---- */

static void occupied(int unused) {
    (void)unused;
    _exit(WRONG);
}

static void occupy(int first, int last) {
    for (int n = first; n <= last; n++) {
        require(signal(n, occupied) != SIG_ERR);
    }
}

static void other_signal_child(void) {
    occupy(SIGSTKFLT, SIGSTKFLT);
    occupy(SIGRTMAX - 1, SIGRTMAX - 1);
    prepare(0, put_endless_loop);
    check_endless(run_endless, interrupt);
    dispose();
    _exit(FINE);
}

/* Without a signal a run stops when it is entered next; a later engine takes one that has become free. */
static void no_signal_child(void) {
    pvm_error error = {0};
    occupy(SIGSTKFLT, SIGSTKFLT);
    occupy(SIGRTMIN, SIGRTMAX);
    prepare(0, put_rounds);
    pvm_context *context = instantiate(module, ram, 2);
    start(context, ROUNDS_PER_CALL, 1);
    context->gas = 1000000;
    require(pvm_run(context) == PVM_EXIT_HOST_CALL);
    require(pvm_interrupt(context, &error) == PVM_RESOURCE_LIMIT && strstr(error.message, "no signal") != NULL);
    require(pvm_run(context) == PVM_EXIT_INTERRUPTED);
    pvm_instance_destroy(context);
    dispose();
    signal(SIGRTMIN, SIG_DFL);
    prepare(0, put_endless_loop);
    check_endless(run_endless, interrupt);
    dispose();
    _exit(FINE);
}

static void lost_handler_child(void) {
    pvm_error error = {0};
    prepare(0, put_rounds);
    pvm_context *context = instantiate(module, ram, 2);
    start(context, ROUNDS_PER_CALL, 1);
    context->gas = 1000000;
    require(pvm_run(context) == PVM_EXIT_HOST_CALL);
    signal(SIGSTKFLT, SIG_DFL);
    require(pvm_interrupt(context, &error) == PVM_RESOURCE_LIMIT && strstr(error.message, "handler") != NULL);
    require(pvm_run(context) == PVM_EXIT_INTERRUPTED);
    require(pvm_run(context) == PVM_EXIT_PANIC);
    _exit(FINE);
}

TEST(signals_that_others_have) {
    check_exits_fine(other_signal_child);
    check_exits_fine(no_signal_child);
    check_exits_fine(lost_handler_child);
}

int main(void) {
    /* First: the children take their signals before there is an engine. */
    RUN(signals_that_others_have);
    RUN(an_interrupt_waits_for_the_next_run);
    RUN(an_interrupt_can_be_taken_back);
    RUN(an_interrupt_dies_with_its_instance);
    RUN(endless_loops_end);
    RUN(interrupts_on_top_of_another_handler);
    RUN(signals_that_nobody_asked_for_do_nothing);
    RUN(many_interrupts);
    RUN(many_interrupts_of_checked_instances);
    RUN(many_interrupts_of_hardened_instances);
    return check_finish();
}
