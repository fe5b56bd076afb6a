/* What stands in front of the machine code of a variant, for scanner.h: the retpoline, the ways out and the exits without gas. */
#ifndef SCAN_FRONT_H
#define SCAN_FRONT_H

#include "scan_state.h"
#include "x64/indirect.h"
#include "x64/layout.h"

/* An instruction that has this field of the context for its operand; returns the position behind it. */
static inline uint32_t scan_by_field(struct scan *s, uint32_t at, enum action action, int64_t field) {
    struct decoded d = decode_instruction(s->variant->code + at, s->variant->code + s->start);
    int64_t to = s->fast ? (int64_t)d.m.displacement - GS_CONTEXT : d.m.displacement;
    SCAN_CHECK(s, at, d.action == action && d.in_memory && d.m.index == X64_NONE && !d.m.address_32);
    SCAN_CHECK(s, at, d.m.gs == s->fast && d.m.base == (s->fast ? X64_NONE : R15) && to == field);
    SCAN_CHECK(s, at, action != ACTION_MOVE || (d.destination == RCX && d.width == W32));
    return at + (uint32_t)d.length;
}

/* jmp [field], or that by the retpoline */
static inline uint32_t scan_way_out(struct scan *s, uint32_t at, int64_t field) {
    if (!s->retpolines) {
        return scan_by_field(s, at, ACTION_JUMP, field);
    }
    at = scan_by_field(s, at, ACTION_PUSH_TARGET, field);
    struct decoded d = decode_instruction(s->variant->code + at, s->variant->code + s->start);
    SCAN_CHECK(s, at, d.action == ACTION_JUMP && !d.in_memory);
    SCAN_CHECK(s, at, (int64_t)at + d.length + d.distance == RETPOLINE_POSITION);
    return at + (uint32_t)d.length;
}

/* call [field], or a call of the way out that leads there */
static inline uint32_t scan_call_without_gas(struct scan *s, uint32_t at, int64_t field) {
    if (!s->retpolines) {
        return scan_by_field(s, at, ACTION_CALL, field);
    }
    struct decoded d = decode_instruction(s->variant->code + at, s->variant->code + s->size);
    SCAN_CHECK(s, at, d.action == ACTION_CALL && !d.in_memory);
    SCAN_CHECK(s, at, (int64_t)at + d.length + d.distance == s->out_of_gas);
    return at + (uint32_t)d.length;
}

/* Groups of pushes with a call behind, from one position to another. */
static inline void scan_groups(struct scan *s, uint32_t at, uint32_t end) {
    int64_t field = s->fast ? PRIVATE_EXIT_OUT_OF_GAS_WITH_GAS : PRIVATE_EXIT_OUT_OF_GAS;
    uint32_t start = at;
    while (at < end) {
        for (int n = 0; n < 32; n++, at++) {
            SCAN_CHECK(s, at, s->variant->code[at] == 0x50); /* push rax */
        }
        at = scan_call_without_gas(s, at, field);
    }
    SCAN_CHECK(s, at, at == end);
    memset(s->owners + start, OWNER_DATA, end - start);
}

/* What stands in front: the ways out, and the exits of blocks. */
static inline void scan_exits(struct scan *s) {
    static const int fields[][WAYS_OUT] = {
        {PRIVATE_EXIT_JUMP, PRIVATE_EXIT_PANIC, PRIVATE_EXIT_HOST_CALL},
        {PRIVATE_EXIT_JUMP_WITH_GAS, PRIVATE_EXIT_PANIC_WITH_GAS, PRIVATE_EXIT_HOST_CALL_WITH_GAS}};
    static const uint8_t retpoline[] = {
        0x0F, 0xAE, 0xE8,                         /* lfence */
        0xE8, 7,    0,    0,    0,                /* call to behind the loop */
        0xF3, 0x90, 0x0F, 0xAE, 0xE8, 0xEB, 0xF9, /* pause; lfence; jmp to the pause */
        0x48, 0x83, 0xC4, 8,    0xC3              /* add rsp, 8; ret */
    };
    uint32_t at = 0;
    if (s->retpolines) {
        SCAN_CHECK(s, at, memcmp(s->variant->code, retpoline, sizeof retpoline) == 0);
        at = sizeof retpoline;
    }
    s->table_exit = at;
    at = scan_by_field(s, at, ACTION_MOVE, CONTEXT_EXIT_PC);
    for (int n = 0; n < (s->fast || s->retpolines ? WAYS_OUT : 1); n++) {
        s->ways_out[n] = at;
        at = scan_way_out(s, at, fields[s->fast][n]);
    }
    if (s->retpolines) {
        s->out_of_gas = at;
        at = scan_way_out(s, at, s->fast ? PRIVATE_EXIT_OUT_OF_GAS_WITH_GAS : PRIVATE_EXIT_OUT_OF_GAS);
    }
    SCAN_CHECK(s, at, at == s->exits);
    memset(s->owners, OWNER_DATA, at);
    scan_groups(s, at, s->start);
}

#endif
