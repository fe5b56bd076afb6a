/* Signals: the guest's faults become exits, in any number of threads; all other signals reach the handlers that were
 * there before, under the conditions these had asked for. The library installs its handlers once a process, with its
 * first engine, so everything that concerns previous handlers runs in a child of its own. */
#include "check.h"
#include "child.h"
#include "guest.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;
static pvm_context *context;

static const pvm_region elsewhere = {.first_page = 0x8000, .page_count = 1, .access = PVM_ACCESS_READ};

/* Loads from its argument, adds, and goes on to the next page, for ever. */
static void put_program(void) {
    guest_clear(&guest);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 2, 1, 8);
    put_reg_reg_reg(&guest, OP_add_64, 3, 3, 2);
    put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, PVM_PAGE_SIZE);
    put_off(&guest, OP_jump, 0);
}

static void prepare(uint32_t flags) {
    put_program();
    engine = make_engine(flags, PVM_REVISION_NEXT);
    module = compile(engine, &guest);
    context = instantiate(module, &elsewhere, 1);
}

static void dispose(void) {
    pvm_instance_destroy(context);
    pvm_module_release(module);
    destroy_engine(engine);
}

/* Whether a guest's fault is still an exit. */
static bool guest_faults(void) {
    context->pc = 0;
    context->gas = 1000;
    context->gas_charged = 0;
    context->registers[1] = 0x50000;
    return pvm_run(context) == PVM_EXIT_PAGE_FAULT && context->exit_argument == 0x50000;
}

static uint8_t *volatile nowhere = (uint8_t *)64;

static void fault(void) {
    *nowhere = 1;
}

static volatile sig_atomic_t calls, last_number;
static void *volatile last_address;
static sigjmp_buf back;

static void with_information(int number, siginfo_t *info, void *unused) {
    (void)unused;
    calls++;
    last_number = number;
    last_address = info->si_addr;
    siglongjmp(back, 1);
}

static void plain(int number) {
    calls++;
    last_number = number;
    siglongjmp(back, 1);
}

static void counting(int number) {
    calls++;
    last_number = number;
}

static void handle_by(int number, void (*with_siginfo)(int, siginfo_t *, void *), void (*handler)(int), int flags) {
    struct sigaction action = {.sa_flags = flags};
    if (with_siginfo != NULL) {
        action.sa_sigaction = with_siginfo;
        action.sa_flags |= SA_SIGINFO;
    } else {
        action.sa_handler = handler;
    }
    require(sigaction(number, &action, NULL) == 0);
}

/* ---- Previous handlers ---- */

static void siginfo_child(void) {
    handle_by(SIGSEGV, with_information, NULL, 0);
    prepare(0);
    for (int n = 1; n < 4; n++) {
        if (sigsetjmp(back, 1) == 0) {
            fault();
        }
        require(calls == n && last_number == SIGSEGV && last_address == nowhere);
        require(guest_faults() && calls == n);
    }
    /* Guest RAM touched by the host is not the guest's fault, with the guest's context in r15 or not. */
    if (sigsetjmp(back, 1) == 0) {
        register pvm_context *r15 __asm__("r15") = context;
        __asm__ volatile("movb $1, (%0)" : : "r"(context->memory + 0x50000), "r"(r15) : "memory");
    }
    require(calls == 4 && last_address == context->memory + 0x50000);
    require(guest_faults() && calls == 4);
    _exit(FINE);
}

TEST(previous_handler_with_siginfo) {
    check_exits_fine(siginfo_child);
}

static void plain_child(void) {
    handle_by(SIGSEGV, NULL, plain, 0);
    prepare(PVM_FLAG_NO_GS);
    for (int n = 1; n < 4; n++) {
        if (sigsetjmp(back, 1) == 0) {
            fault();
        }
        require(calls == n && last_number == SIGSEGV);
        require(guest_faults() && calls == n);
    }
    _exit(FINE);
}

TEST(previous_plain_handler) {
    check_exits_fine(plain_child);
}

static void bus_child(void) {
    handle_by(SIGBUS, with_information, NULL, 0);
    prepare(0);
    int file = memfd_create("empty", MFD_CLOEXEC);
    uint8_t *page = mmap(NULL, PVM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    require(file >= 0 && page != MAP_FAILED);
    if (sigsetjmp(back, 1) == 0) {
        *(volatile uint8_t *)page = 1;
    }
    require(calls == 1 && last_number == SIGBUS && last_address == page);
    require(guest_faults() && calls == 1);
    _exit(FINE);
}

TEST(previous_handler_of_bus_errors) {
    check_exits_fine(bus_child);
}

static void default_child(void) {
    prepare(0);
    require(guest_faults());
    fault();
}

static void default_sent_child(void) {
    prepare(0);
    require(guest_faults());
    kill(getpid(), SIGSEGV);
}

TEST(default_action) {
    check_dies_of(default_child, SIGSEGV);
    check_dies_of(default_sent_child, SIGSEGV);
}

static void ignored_child(void) {
    handle_by(SIGSEGV, NULL, SIG_IGN, 0);
    prepare(0);
    require(guest_faults());
    kill(getpid(), SIGSEGV);
    require(guest_faults());
    _exit(FINE);
}

static void ignored_fault_child(void) {
    handle_by(SIGSEGV, NULL, SIG_IGN, 0);
    prepare(0);
    fault(); /* the kernel does not let a fault be ignored */
}

TEST(ignored_signals) {
    check_dies_of(ignored_fault_child, SIGSEGV);
    check_exits_fine(ignored_child);
}

/* A handler installed for one signal only, as crash reporters do: its second fault is fatal. */
static void one_shot_child(void) {
    handle_by(SIGSEGV, NULL, counting, (int)SA_RESETHAND);
    prepare(0);
    require(guest_faults() && guest_faults());
    fault();
}

TEST(one_shot_handler) {
    check_dies_of(one_shot_child, SIGSEGV);
}

/* Mask and alternate stack as the previous handler had them. */
static uint8_t stack[65536];
static volatile sig_atomic_t conditions;

static void observe(int number, siginfo_t *info, void *unused) {
    sigset_t blocked;
    (void)number, (void)info, (void)unused;
    uint8_t here;
    uint8_t *volatile place = &here;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    conditions = sigismember(&blocked, SIGUSR1) && !sigismember(&blocked, SIGUSR2) && !sigismember(&blocked, SIGSEGV) &&
                 place >= stack && place < stack + sizeof stack;
    siglongjmp(back, 1);
}

static void conditions_child(void) {
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = observe, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    require(sigaltstack(&alternate, NULL) == 0);
    sigaddset(&action.sa_mask, SIGUSR1);
    require(sigaction(SIGSEGV, &action, NULL) == 0);
    prepare(0);
    require(guest_faults());
    if (sigsetjmp(back, 1) == 0) {
        fault();
    }
    require(conditions == 1 && guest_faults());
    _exit(FINE);
}

TEST(conditions_of_the_previous_handler) {
    check_exits_fine(conditions_child);
}

/* ---- Threads ---- */

#define THREADS 8
#define ROUNDS (SANITIZED ? 2000 : 10000)

static uint32_t bad_results;

/* A guest that faults at each of 8 pages, which are granted one by one and taken away again. */
static void *fault_often(void *argument) {
    uint64_t number = (uint64_t)(uintptr_t)argument, wrong = 0;
    uint32_t first = 0x100 + (uint32_t)number * 0x1000;
    pvm_context *own = NULL;
    if (pvm_instance_create(module, &elsewhere, 1, &own, NULL) != PVM_OK) {
        return (void *)UINTPTR_MAX;
    }
    if (number % 4 != 0) {
        keep_in_hardware(own);
    }
    for (uint64_t round = 0; round < ROUNDS / 8; round++) {
        uint64_t expected = 0;
        own->pc = own->gas_charged = 0;
        own->gas = UINT64_MAX;
        own->registers[1] = (uint64_t)first * PVM_PAGE_SIZE;
        own->registers[3] = 0;
        for (uint32_t page = first; page < first + 8; page++) {
            wrong += pvm_run(own) != PVM_EXIT_PAGE_FAULT || own->exit_argument != (uint64_t)page * PVM_PAGE_SIZE ||
                     own->registers[3] != expected;
            wrong += pvm_memory_protect(own, page, 1, PVM_ACCESS_WRITE, 0, NULL) != PVM_OK;
            uint64_t value = number << 32 | round;
            memcpy(own->memory + (uint64_t)page * PVM_PAGE_SIZE + 8, &value, sizeof value);
            expected += value;
        }
        wrong += pvm_memory_protect(own, first, 8, PVM_ACCESS_NONE, round % 2 == 0, NULL) != PVM_OK;
    }
    pvm_instance_destroy(own);
    return (void *)(uintptr_t)wrong;
}

static void fault_in_threads(uint32_t flags) {
    pthread_t threads[THREADS];
    prepare(flags);
    for (uintptr_t n = 0; n < THREADS; n++) {
        CHECK_EQ(pthread_create(&threads[n], NULL, fault_often, (void *)n), 0);
    }
    for (int n = 0; n < THREADS; n++) {
        void *wrong;
        CHECK_EQ(pthread_join(threads[n], &wrong), 0);
        bad_results += wrong != NULL;
    }
    dispose();
    CHECK_EQ(bad_results, 0);
}

TEST(many_threads_fault_at_once) {
    fault_in_threads(0);
    fault_in_threads(PVM_FLAG_NO_GS);
    fault_in_threads(PVM_FLAG_SINGLE_MAPPING);
    fault_in_threads(PVM_FLAG_ALWAYS_CHECKED);
    fault_in_threads(HARDENED);
}

/* ---- Signals that somebody sends while guest code runs ---- */

static pthread_t runner;
static pid_t runner_id;
static atomic_bool sending;

static void *send_signals(void *unused) {
    /* One that claims an address in the guest's RAM. */
    siginfo_t false_fault = {.si_signo = SIGSEGV, .si_code = SI_QUEUE};
    false_fault.si_addr = context->memory + 0x50000;
    (void)unused;
    while (sending) {
        pthread_kill(runner, SIGSEGV);
        usleep(20);
        syscall(SYS_rt_tgsigqueueinfo, getpid(), runner_id, SIGSEGV, &false_fault);
        pthread_kill(runner, SIGUSR1);
        usleep(20);
    }
    return NULL;
}

/* The sum of 1 to r1. */
static void interrupted_child(void) {
    pthread_t sender;
    handle_by(SIGSEGV, NULL, counting, 0);
    handle_by(SIGUSR1, NULL, counting, 0);
    guest_clear(&guest);
    put_reg_reg_reg(&guest, OP_add_64, 2, 2, 1);
    put_reg_reg_reg(&guest, OP_mul_upper_u_u, 3, 2, 1); /* through rax and rdx */
    put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, -1);
    put_reg_imm_off(&guest, OP_branch_ne_imm, 1, 0, 0);
    put_opcode(&guest, OP_trap);
    engine = make_engine(0, PVM_REVISION_NEXT);
    module = compile(engine, &guest);
    context = instantiate(module, NULL, 0);
    runner = pthread_self();
    runner_id = gettid();
    sending = true;
    require(pthread_create(&sender, NULL, send_signals, NULL) == 0);
    for (int round = 0; round < 5 || calls < 100; round++) {
        uint64_t n = 1000000;
        context->pc = context->gas_charged = 0;
        context->gas = UINT64_MAX;
        memset(context->registers, 0, sizeof context->registers);
        context->registers[1] = n;
        context->registers[9] = 99;
        context->registers[10] = 1010;
        require(pvm_run(context) == PVM_EXIT_PANIC);
        require(context->registers[2] == n * (n + 1) / 2 && context->registers[9] == 99 &&
                context->registers[10] == 1010);
    }
    sending = false;
    pthread_join(sender, NULL);
    _exit(FINE);
}

TEST(signals_sent_while_a_guest_runs) {
    check_exits_fine(interrupted_child);
}

/* ---- GS ---- */

__attribute__((target("fsgsbase"))) static void set_gs(uint64_t value) {
    __builtin_ia32_wrgsbase64(value);
}

/* Two instances in turn, and GS changed by others in between. */
TEST(gs_is_set_when_it_differs) {
    prepare(0);
    pvm_context *other = instantiate(module, NULL, 0);
    pvm_context *both[2] = {context, other};
    bool can_set = engine->use_gs;
    keep_in_hardware(context);
    keep_in_hardware(other);
    for (uint64_t round = 0; round < 1000; round++) {
        pvm_context *one = both[round * 7 / 3 % 2];
        uint64_t value = round * 31 + (one == other);
        CHECK_EQ(pvm_memory_protect(one, 0x50, 1, PVM_ACCESS_WRITE, 0, NULL), PVM_OK);
        memcpy(one->memory + 0x50008, &value, sizeof value);
        if (can_set && round % 3 == 0) {
            set_gs(round % 2 == 0 ? 0 : (uint64_t)both[0]->memory + 0x1000);
        }
        one->pc = one->gas_charged = 0;
        one->gas = 1000000;
        one->registers[1] = 0x50000;
        one->registers[3] = 0;
        CHECK_EQ(pvm_run(one), PVM_EXIT_PAGE_FAULT);
        CHECK_EQ(one->exit_argument, 0x51000);
        CHECK_EQ(one->registers[3], value);
    }
    pvm_instance_destroy(other);
    dispose();
}

/* ---- Engines ---- */

TEST(faults_in_many_engines) {
    enum { ENGINES = 256 };
    static pvm_engine *engines[ENGINES];
    pvm_engine_config config = {.code_arena_bytes = 1 << 16};
    pvm_error error = {0};
    for (int n = 0; n < ENGINES; n++) {
        CHECK_EQ(pvm_engine_create(&config, &engines[n], &error), PVM_OK);
    }
    CHECK_EQ(pvm_engine_create(&config, &engine, &error), PVM_RESOURCE_LIMIT);
    put_program();
    for (int n = ENGINES - 1; n >= 0; n--) {
        module = compile(engines[n], &guest);
        context = instantiate(module, NULL, 0);
        CHECK(guest_faults());
        pvm_instance_destroy(context);
        pvm_module_release(module);
        destroy_engine(engines[n]);
    }
    prepare(0);
    CHECK(guest_faults());
    dispose();
}

int main(void) {
    RUN(previous_handler_with_siginfo);
    RUN(previous_plain_handler);
    RUN(previous_handler_of_bus_errors);
    RUN(default_action);
    RUN(ignored_signals);
    RUN(one_shot_handler);
    RUN(conditions_of_the_previous_handler);
    RUN(signals_sent_while_a_guest_runs);
    RUN(many_threads_fault_at_once);
    RUN(gs_is_set_when_it_differs);
    RUN(faults_in_many_engines);
    return check_finish();
}
