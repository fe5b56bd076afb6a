/* SIGSEGV and SIGBUS: a fault of generated code becomes an exit of the guest; every other one goes to the handler that
 * was there before (HotSpot's, in a JVM). This file holds the only mutable global state of the library. */
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <ucontext.h>

/* Code ranges, read by the handler without a lock: an entry is valid while its start is not null, and its end is set
 * before its start. */
#define MAXIMUM_RANGES 256

static struct {
    _Atomic(const uint8_t *) start;
    _Atomic(const uint8_t *) end;
} ranges[MAXIMUM_RANGES];

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool installed;

/* What was there before. A handler for one signal only is spent after it. */
struct previous {
    struct sigaction action;
    atomic_bool spent;
};

static struct previous previous_segv, previous_bus;

static bool in_generated_code(const uint8_t *rip) {
    for (int i = 0; i < MAXIMUM_RANGES; i++) {
        const uint8_t *start = atomic_load_explicit(&ranges[i].start, memory_order_acquire);
        if (start != NULL && rip >= start && rip < atomic_load_explicit(&ranges[i].end, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

/* The default action: the instruction runs again and meets it. A signal that somebody sent must be sent again. */
static void act_by_default(int signal_number, bool sent) {
    signal(signal_number, SIG_DFL);
    if (sent) {
        raise(signal_number);
    }
}

static void pass_on(int signal_number, siginfo_t *info, void *context) {
    struct previous *previous = signal_number == SIGSEGV ? &previous_segv : &previous_bus;
    const struct sigaction *action = &previous->action;
    bool sent = info->si_code <= 0;
    if (action->sa_handler == SIG_IGN && sent) {
        return;
    }
    bool spent = (action->sa_flags & (int)SA_RESETHAND) != 0 && atomic_exchange(&previous->spent, true);
    if (spent || action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN) {
        act_by_default(signal_number, sent);
    } else if ((action->sa_flags & SA_SIGINFO) != 0) {
        action->sa_sigaction(signal_number, info, context);
    } else {
        action->sa_handler(signal_number);
    }
}

static void handle(int signal_number, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *rip = (const uint8_t *)registers[REG_RIP];
    if (info->si_code > 0 && in_generated_code(rip)) {
        /* Generated code keeps its context in r15. */
        pvm_context *guest = (pvm_context *)registers[REG_R15];
        const uint8_t *address = info->si_addr;
        if (address >= guest->memory && address < guest->memory + GUEST_MEMORY_BYTES + SLOT_GUARD) {
            instance_of(guest)->fields.fault_rip = (uint64_t)rip;
            registers[REG_RIP] = (greg_t)pvm_exit_hardware_fault;
            return;
        }
    }
    pass_on(signal_number, info, context);
}

static bool install(int signal_number, struct previous *previous) {
    if (sigaction(signal_number, NULL, &previous->action) != 0) {
        return false;
    }
    /* The previous handler runs under the flags and mask it asked for. */
    struct sigaction action = {
        .sa_sigaction = handle,
        .sa_mask = previous->action.sa_mask,
        .sa_flags = (previous->action.sa_flags | SA_SIGINFO) & ~(int)SA_RESETHAND,
    };
    return sigaction(signal_number, &action, NULL) == 0;
}

/* Both or none: else a second attempt would find our own handler and take it for the one before. */
static bool install_both(void) {
    if (!install(SIGSEGV, &previous_segv)) {
        return false;
    }
    if (!install(SIGBUS, &previous_bus)) {
        (void)sigaction(SIGSEGV, &previous_segv.action, NULL);
        return false;
    }
    return true;
}

status trap_register(const uint8_t *code, uint64_t size, pvm_error *error) {
    status result = PVM_OK;
    pthread_mutex_lock(&mutex);
    if (!installed) {
        installed = install_both();
        if (!installed) {
            result = fail(error, PVM_UNSUPPORTED, 0, "the signal handlers cannot be installed: %s", strerror(errno));
        }
    }
    int free_range = 0;
    while (result == PVM_OK && free_range < MAXIMUM_RANGES && ranges[free_range].start != NULL) {
        free_range++;
    }
    if (free_range == MAXIMUM_RANGES) {
        result = fail(error, PVM_RESOURCE_LIMIT, 0, "more than %d engines are alive", MAXIMUM_RANGES);
    } else if (result == PVM_OK) {
        atomic_store_explicit(&ranges[free_range].end, code + size, memory_order_relaxed);
        atomic_store_explicit(&ranges[free_range].start, code, memory_order_release);
    }
    pthread_mutex_unlock(&mutex);
    return result;
}

void trap_unregister(const uint8_t *code) {
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < MAXIMUM_RANGES; i++) {
        if (ranges[i].start == code) {
            atomic_store_explicit(&ranges[i].start, NULL, memory_order_release);
        }
    }
    pthread_mutex_unlock(&mutex);
}
