/* Interruption: any thread stops a run at the start of a block, in a state to go on from.
 *
 * There is a gas check in every loop, and a run without gas leaves by the exit of that check. So the interrupter raises
 * a flag in the instance and sends a signal to the thread that runs it; the handler there puts the gas aside; pvm_run
 * gives it back and reports the interruption. Machine code knows nothing of it, and a run that nobody interrupts pays
 * for a comparison or two.
 *
 * Protocol, of the runner R in pvm_run, the handler H on R's thread, and the interrupter I. The word `interrupt` of the
 * context holds the id of the thread that runs the instance, or did last, and the bit that an interrupt is pending.
 *
 *   R1  running = instance (a variable of the thread)     I1  sets the bit, and has the id from the same operation
 *   R2  the word is its own id, without the bit; else     I2  sends the signal to that thread
 *       puts its id there; with the bit, R3 is left out
 *   R3  machine code                                      H   running is not null, its bit is set, its gas is not
 *   R4  running = null                                        aside: puts it aside, kept_gas = gas, gas = 0,
 *   R5  when gas is aside: gas += kept_gas                    or far below 0 (or see below)
 *   R6  reports; when that is an interruption, clears the bit
 *
 * Nothing is lost. Either I1 comes before the value that R2 sees: then R2 sees the bit. Or it comes after: then it has R's
 * id, the signal is sent after R2, and H finds running set; or finds it null, after R4, and then the bit stays for the next
 * run's R2. H and R are one thread, so that between these two program order is enough. What H interrupts does not matter,
 * be it the handler of another signal: it looks at running alone.
 *
 * Nothing is falsified. From R1 to R4 no C code touches gas, and machine code only adds to it and subtracts from it. What
 * it does before H and after H adds up to the same sum, wherever between two instructions H comes: in the midst of a gas
 * check (then this block still runs, or still is one that the gas does not pay for), or on the way out. The guest is shown it by the
 * answer to a host call alone (entry.S), which reads it once, and where that was aside finds less than the call costs.
 *
 * Nothing is hit that should not be. A signal that comes late, or that somebody else sends, finds no instance, or one whose
 * flag is not set, and does nothing. A thread id may be that of a thread that is gone (the kernel says so) or of a new
 * thread of this process (it finds no instance).
 *
 * The gas counter is in the context or, while code runs that keeps it there, in a register: then H finds it in the
 * registers that the kernel saved, of the guest's code or of the few instructions of entry.S around it (x64/fault.h). Only
 * where another handler has interrupted that code before, it is out of reach. H then adds its signal to the mask that
 * handler goes on with, and sends the signal again: the kernel delivers it when the handler returns to the guest and the
 * guest's mask. */
#include "interrupt.h"

#include "base/error.h"
#include "x64/fault.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define NO_THREAD UINT64_MAX

_Thread_local struct interrupt_thread interrupt_thread = {.running = NULL, .id = NO_THREAD};

/* What remains of a gas counter that is aside. Where each block takes its gas by itself, no block is that cheap. Code that is fast has a
 * counter with a sign, and gives gas back that loops and blocks have taken for others (docs/codegen.md): far less than this, so that
 * the next check fails, and a host call finds less than it costs. */
#define NO_GAS UINT64_C(0)
#define NO_GAS_WITH_SIGN (0 - (UINT64_C(1) << 32))

/* The signal; 0 when there is none. */
static int interrupt_signal;

static void handle(int signal_number, siginfo_t *info, void *saved) {
    pvm_context *context = interrupt_thread.running;
    (void)info;
    if (context == NULL || !interrupt_pending(context) || instance_of(context)->gas_aside) {
        return;
    }
    struct instance *instance = instance_of(context);
    uint64_t remains = instance->variant->kind == VARIANT_FAST ? NO_GAS_WITH_SIGN : NO_GAS;
    if (fault_exchange_gas(saved, instance, remains, &instance->kept_gas)) {
        instance->kept_gas -= remains;
        instance->gas_aside = true;
    } else {
        int error = errno;
        sigaddset(&((ucontext_t *)saved)->uc_sigmask, signal_number);
        tgkill(getpid(), gettid(), signal_number);
        errno = error;
    }
}

/* Takes this signal if nobody has. An answer of false: sigaction has failed. */
static bool try_signal(int signal_number) {
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK}, before;
    if (sigaction(signal_number, NULL, &before) != 0) {
        return false;
    }
    if (before.sa_handler != SIG_DFL || (before.sa_flags & SA_SIGINFO) != 0) {
        return true;
    }
    if (sigaction(signal_number, &action, NULL) != 0) {
        return false;
    }
    interrupt_signal = signal_number;
    return true;
}

bool interrupt_install(void) {
    bool fine = interrupt_signal != 0 || try_signal(SIGSTKFLT);
    /* The highest is what debuggers and valgrind use, the lowest are what programs use. Where every one has a handler, as
     * after some thirty copies of the library have been loaded, runs stop for an interrupt when they are entered next. */
    for (int n = SIGRTMAX - 1; fine && interrupt_signal == 0 && n >= SIGRTMIN; n--) {
        fine = try_signal(n);
    }
    return fine;
}

bool interrupt_admit(pvm_context *context) {
    if (interrupt_thread.id == NO_THREAD) {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, interrupt_signal);
        pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
        interrupt_thread.id = (uint64_t)gettid();
    }
    uint64_t word = __atomic_load_n(&context->interrupt, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&context->interrupt, &word,
                                        (word & PVM_INTERRUPT_PENDING) | interrupt_thread.id, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED)) {
    }
    return (word & PVM_INTERRUPT_PENDING) == 0;
}

/* Sent to a thread where the signal has its default action again, it would end the process. */
static bool handled(void) {
    struct sigaction action;
    return sigaction(interrupt_signal, NULL, &action) == 0 &&
           ((action.sa_flags & SA_SIGINFO) != 0 || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN));
}

int32_t pvm_interrupt(pvm_context *context, pvm_error *error) {
    pid_t thread = (pid_t)__atomic_fetch_or(&context->interrupt, PVM_INTERRUPT_PENDING, __ATOMIC_SEQ_CST);
    if (thread == 0) {
        return PVM_OK; /* it never ran */
    }
    if (interrupt_signal == 0) {
        return (int32_t)fail(error, PVM_RESOURCE_LIMIT, 0, "no signal is free to interrupt runs with");
    }
    if (!handled()) {
        return (int32_t)fail(error, PVM_RESOURCE_LIMIT, 0, "signal %d, which interrupts runs, has lost its handler",
                             interrupt_signal);
    }
    if (tgkill(getpid(), thread, interrupt_signal) != 0 && errno != ESRCH) {
        return (int32_t)fail(error, PVM_RESOURCE_LIMIT, 0, "signal %d, which interrupts runs, cannot be sent: %s",
                             interrupt_signal, strerror(errno));
    }
    return PVM_OK;
}
