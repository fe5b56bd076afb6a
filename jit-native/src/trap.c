/* SIGSEGV and SIGBUS: a fault of generated code becomes an exit of the guest; every other one goes to the handler that
 * was there before (HotSpot's, in a JVM). This file and interrupt.c hold the only mutable global state of the library.
 *
 * A process may hold several copies of the library, one for each class loader that loads it: their handlers then form a
 * chain. A handler once installed is never taken out again: nobody can tell who else points at it. The library is
 * linked with -z nodelete, so that it is there for as long as the process. */
#include "trap.h"

#include "interrupt.h"
#include "memory/instance.h"
#include "x64/fault.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

/* Code ranges, read by the handler without a lock: an entry is valid while its start is not null, and its end is set
 * before its start. */
#define MAXIMUM_RANGES 256

static struct {
    _Atomic(const uint8_t *) start;
    _Atomic(const uint8_t *) end;
} ranges[MAXIMUM_RANGES];

/* All valid ranges are below this one: a copy of the library without engines costs a fault next to nothing. */
static atomic_int range_count;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* What was there before. A handler for one signal only is spent after it. */
struct previous {
    struct sigaction action;
    atomic_bool spent;
    bool replaced; /* our handler is installed */
};

static struct previous previous_segv, previous_bus;

static bool in_generated_code(const uint8_t *address) {
    int count = atomic_load_explicit(&range_count, memory_order_acquire);
    for (int i = 0; i < count; i++) {
        const uint8_t *start = atomic_load_explicit(&ranges[i].start, memory_order_acquire);
        if (start != NULL && address >= start && address < atomic_load_explicit(&ranges[i].end, memory_order_relaxed)) {
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

/* The calls of other handlers are the last thing done, so that the compiler makes them jumps: however many copies of the
 * library form the chain, they take no room on a stack that may be at its end. */
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
    const uint8_t *instruction = fault_instruction(context);
    if (info->si_code > 0 && in_generated_code(instruction)) {
        pvm_context *guest = interrupt_thread.running;
        const uint8_t *address = info->si_addr;
        if (guest != NULL && address >= guest->memory && address < guest->memory + GUEST_MEMORY_BYTES + SLOT_GUARD) {
            instance_of(guest)->fields.fault_native = (uint64_t)instruction;
            fault_leave(context, instance_of(guest));
            return;
        }
    }
    pass_on(signal_number, info, context);
}

/* Once: a second time would find our own handler and take it for the one before. */
static bool install(int signal_number, struct previous *previous) {
    if (previous->replaced) {
        return true;
    }
    if (sigaction(signal_number, NULL, &previous->action) != 0) {
        return false;
    }
    /* The previous handler runs under the flags and mask it asked for. */
    struct sigaction action = {
        .sa_sigaction = handle,
        .sa_mask = previous->action.sa_mask,
        .sa_flags = (previous->action.sa_flags | SA_SIGINFO) & ~(int)SA_RESETHAND,
    };
    struct sigaction replaced;
    previous->replaced = sigaction(signal_number, &action, &replaced) == 0;
    if (previous->replaced && replaced.sa_sigaction != previous->action.sa_sigaction) {
        previous->action = replaced; /* another copy of the library came in between */
    }
    return previous->replaced;
}

status trap_register(const uint8_t *code, uint64_t size, pvm_error *error) {
    status result = PVM_OK;
    pthread_mutex_lock(&mutex);
    if (!install(SIGSEGV, &previous_segv) || !install(SIGBUS, &previous_bus) || !interrupt_install()) {
        result = fail(error, PVM_UNSUPPORTED, 0, "the signal handlers cannot be installed: %s", strerror(errno));
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
        if (free_range >= range_count) {
            atomic_store_explicit(&range_count, free_range + 1, memory_order_release);
        }
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
    while (range_count > 0 && ranges[range_count - 1].start == NULL) {
        range_count--;
    }
    pthread_mutex_unlock(&mutex);
}
