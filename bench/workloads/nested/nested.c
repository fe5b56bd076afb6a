/*
 * Machines within the machine: compiles inner.c's program from memory, makes machines of it, and runs each through page
 * faults (pages appear when they are touched, with the words they shall hold), host calls (answered here) and halts.
 * The parameter is the number of machines that run, at most MACHINES at a time. Natively the inner function is called
 * as it is, with equal results.
 */
#include <string.h>

#include "nested.h"
#include "../workload.h"

/* The word at an index of what a machine works on. */
static uint64_t word_of(uint64_t machine, uint64_t index) {
    uint64_t state = NUMBERS_START + machine * WORDS + index;
    return next_number(&state);
}

#ifdef __PVM__
#include "inner_blob.h"

enum { DATA = 0x100000, STACK_END = 0x200000, GAS = 100000000 };

/* Gives a machine the page that it touched: its words, or zeros for its stack. 0 when it must not have it. */
static int serve_fault(uint64_t machine, uint64_t number, uint64_t page) {
    uint64_t words[PVM_PAGE_SIZE / 8];
    if (pvm_pages(machine, page / PVM_PAGE_SIZE, 1, PVM_ACCESS_WRITE_ZERO) != PVM_OK) {
        return 0;
    }
    if (page == STACK_END - PVM_PAGE_SIZE) {
        return 1;
    }
    if (page < DATA || page >= DATA + WORDS * 8) {
        return 0;
    }
    for (uint64_t i = 0; i < PVM_PAGE_SIZE / 8; i++) {
        words[i] = word_of(number, (page - DATA) / 8 + i);
    }
    return pvm_poke(machine, page, words, sizeof words) == PVM_OK;
}

/* Runs a machine to its end: 0 when it came to a bad one. */
static int run_machine(uint64_t machine, uint64_t number, uint64_t *result) {
    pvm_frame frame = {.gas = GAS};
    frame.registers[PVM_RA] = PVM_HALT_ADDRESS;
    frame.registers[PVM_SP] = STACK_END;
    frame.registers[PVM_A0] = DATA;
    frame.registers[PVM_A1] = WORDS;
    for (;;) {
        pvm_exit exit = pvm_invoke(machine, &frame);
        if (exit.reason == PVM_EXIT_HALT) {
            *result = frame.registers[PVM_A1];
            return 1;
        }
        if (exit.reason == PVM_EXIT_HOST && exit.argument == ASK) {
            frame.registers[PVM_A0] = answer(frame.registers[PVM_A0]);
        } else if (exit.reason != PVM_EXIT_FAULT || !serve_fault(machine, number, exit.argument)) {
            return 0;
        }
    }
}

static uint64_t run_all(uint64_t count) {
    uint64_t module = pvm_compile(inner_blob, sizeof inner_blob);
    if (module >= PVM_FIRST_ERROR) {
        return 0;
    }
    uint64_t checksum = count;
    for (uint64_t first = 0; first < count; first += MACHINES) {
        uint64_t machines[MACHINES];
        uint64_t group = count - first < MACHINES ? count - first : MACHINES;
        for (uint64_t i = 0; i < group; i++) {
            machines[i] = pvm_machine(module, 0);
            if (machines[i] >= PVM_FIRST_ERROR) {
                return 0;
            }
        }
        for (uint64_t i = 0; i < group; i++) {
            uint64_t result;
            uint64_t smallest;
            if (!run_machine(machines[i], first + i, &result) ||
                pvm_peek(machines[i], &smallest, DATA, sizeof smallest) != PVM_OK) {
                return 0;
            }
            checksum = mix(mix(checksum, result), smallest);
            pvm_expunge_machine(machines[i]);
        }
    }
    return pvm_expunge_module(module) == PVM_OK ? checksum : 0;
}
#else
#include "inner.c"

static uint64_t run_all(uint64_t count) {
    static uint64_t words[WORDS];
    uint64_t checksum = count;
    for (uint64_t number = 0; number < count; number++) {
        for (uint64_t i = 0; i < WORDS; i++) {
            words[i] = word_of(number, i);
        }
        uint64_t result = inner(words, WORDS);
        checksum = mix(mix(checksum, result), words[0]);
    }
    return checksum;
}
#endif

uint64_t run(uint64_t parameter) {
    return run_all(parameter);
}
