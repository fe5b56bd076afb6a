/* An engine, a program that copies, and its RAM as the host sees it: for tests of memory. Include check.h before. */
#ifndef HOST_H
#define HOST_H

#include "guest.h"

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;
static pvm_context *context;

/* ecalli 0 ; load_ind_u64 r2 := [r1] ; store_ind_u64 [r3] := r2 ; again */
static inline void put_program(void) {
    guest_clear(&guest);
    put_imm(&guest, OP_ecalli, 0);
    put_reg_reg_imm(&guest, OP_load_ind_u64, 2, 1, 0);
    put_reg_reg_imm(&guest, OP_store_ind_u64, 2, 3, 0);
    put_off(&guest, OP_jump, 0);
}

static inline void open_engine(const pvm_engine_config *config) {
    pvm_error error = {0};
    if (pvm_engine_create(config, &engine, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
    put_program();
    module = compile(engine, &guest);
}

static inline void open_with_flags(uint32_t flags) {
    pvm_engine_config config = {.flags = flags, .code_arena_bytes = 1 << 20};
    open_engine(&config);
}

static inline void close_engine(void) {
    pvm_module_release(module);
    destroy_engine(engine);
}

static inline pvm_statistics statistics(void) {
    pvm_statistics s;
    pvm_engine_statistics(engine, &s);
    return s;
}

static inline uint8_t *page_of(const pvm_context *c, uint32_t page) {
    return c->memory + (uint64_t)page * PVM_PAGE_SIZE;
}

static inline void protect(pvm_context *c, uint32_t first, uint32_t count, uint32_t access, uint32_t zero) {
    pvm_error error = {0};
    if (pvm_memory_protect(c, first, count, access, zero, &error) != PVM_OK) {
        CHECK_FAIL("%s", error.message);
    }
}

/* Pages that can be read hold nothing but `octet`. */
static inline void check_octets(const pvm_context *c, uint32_t first, uint32_t count, uint8_t octet) {
    for (uint32_t page = first; page < first + count; page++) {
        for (uint32_t n = 0; n < PVM_PAGE_SIZE; n++) {
            if (page_of(c, page)[n] != octet) {
                CHECK_FAIL("page 0x%x holds 0x%02x at %u, not 0x%02x", page, page_of(c, page)[n], n, octet);
            }
        }
    }
}

/* Makes all RAM readable and looks for anything that is not zero, in the pages that this file uses. */
static inline void check_all_zero(pvm_context *c) {
    protect(c, 0x10, 0x400, PVM_ACCESS_READ, 0);
    check_octets(c, 0x10, 0x400, 0);
    protect(c, 0xFFFF0, 0x10, PVM_ACCESS_READ, 0);
    check_octets(c, 0xFFFF0, 0x10, 0);
}

/* The guest copies 8 octets from one address to another; returns its exit. */
static inline uint32_t guest_copies(pvm_context *c, uint64_t from, uint64_t to) {
    c->pc = 5;
    c->gas_charged = 0;
    c->gas = 1000;
    c->registers[1] = from;
    c->registers[3] = to;
    return pvm_run(c);
}

static const pvm_region two_regions[] = {
    {.first_page = 0x20, .page_count = 2, .access = PVM_ACCESS_READ},
    {.first_page = 0x30, .page_count = 0x100, .access = PVM_ACCESS_WRITE},
};

/* Many maps: past the budget, so that the instance runs checked. */
static inline void scatter(pvm_context *c) {
    for (uint32_t page = 0x10; page < 0x210; page += 2) {
        protect(c, page, 1, PVM_ACCESS_WRITE, 0);
        memset(page_of(c, page), 0xEE, PVM_PAGE_SIZE);
    }
    CHECK_EQ(pvm_instance_is_checked(c), 1);
}

#endif
