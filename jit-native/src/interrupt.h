/* Stopping a run from another thread; interrupt.c has the protocol. */
#ifndef PVMJIT_INTERRUPT_H
#define PVMJIT_INTERRUPT_H

#include "memory/instance.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Takes a signal, once, if one is free; false, and errno, when the system refuses. Not thread-safe. */
bool interrupt_install(void);

struct interrupt_thread {
    pvm_context *running; /* whose gas the handler may put aside */
    uint64_t id;          /* of this thread, once it has run an instance */
};
/* In static storage of every thread: a signal handler may read it, and reading it costs an instruction. */
extern _Thread_local struct interrupt_thread interrupt_thread __attribute__((tls_model("initial-exec")));

/* Names this thread as the one that runs the instance. False when there is an interrupt. */
bool interrupt_admit(pvm_context *context);

static inline bool interrupt_pending(const pvm_context *context) {
    return (__atomic_load_n(&context->interrupt, __ATOMIC_RELAXED) & PVM_INTERRUPT_PENDING) != 0;
}

/* R1 and R2 of the protocol in interrupt.c: from here to interrupt_end the gas may be aside. False: there is an interrupt
 * to report, machine code must not be entered. */
static inline bool interrupt_begin(pvm_context *context) {
    interrupt_thread.running = context;
    atomic_signal_fence(memory_order_seq_cst);
    return __atomic_load_n(&context->interrupt, __ATOMIC_RELAXED) == interrupt_thread.id || interrupt_admit(context);
}

/* R4 and R5: the gas is whole again. True when it was aside. */
static inline bool interrupt_end(pvm_context *context) {
    struct instance *instance = instance_of(context);
    atomic_signal_fence(memory_order_seq_cst);
    interrupt_thread.running = NULL;
    atomic_signal_fence(memory_order_seq_cst);
    bool aside = instance->gas_aside;
    if (aside) {
        context->gas += instance->kept_gas;
        instance->gas_aside = false;
    }
    return aside;
}

#endif
