/* What a host sees where a run has stopped, for tests that run a program in several ways and compare. Include check.h before. */
#ifndef STOP_H
#define STOP_H

#include "pvmjit.h"

#include <string.h>

struct stop {
    uint32_t kind, pc, exit_pc, gas_charged;
    uint64_t argument, gas, registers[PVM_REGISTER_COUNT];
    uint64_t memory; /* a hash of RAM, where the test takes one */
};

static inline struct stop stop_of(const pvm_context *context) {
    struct stop stop = {.kind = context->exit_kind,
                        .pc = context->pc,
                        .exit_pc = context->exit_pc,
                        .gas_charged = context->gas_charged,
                        .argument = context->exit_argument,
                        .gas = context->gas};
    memcpy(stop.registers, context->registers, sizeof stop.registers);
    return stop;
}

/* Goes on with a hash over a page of the guest's. */
static inline uint64_t hash_page(uint64_t hash, const pvm_context *context, uint32_t page) {
    for (uint32_t n = 0; n < PVM_PAGE_SIZE; n += sizeof(uint64_t)) {
        uint64_t value;
        memcpy(&value, context->memory + (uint64_t)page * PVM_PAGE_SIZE + n, sizeof value);
        hash = (hash ^ value) * UINT64_C(0x100000001B3);
    }
    return hash;
}

#endif
