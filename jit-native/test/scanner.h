/* Reads the machine code of a variant as one who trusts nobody: follows every path from every place where it may be entered, and
 * fails the test unless on all of them
 *
 * - each instruction is one of machine_code.h, none begins within another, and all octets belong to some;
 * - each branch stays in its section, or leads to an exit with what that exit expects in ecx, or by a pointer behind the code
 *   to a block of another section, where that has code, or to the exit for those that have none;
 * - each operand in memory is guest RAM, by GS modulo 2^32 or from a 32-bit number in rcx, a field of the context that this
 *   kind of instruction may touch, the page table, or an entry of the jump table within its range;
 * - in checked code the pages of the first and the last octet of each access have been compared, for what it needs;
 * - the stack is level at each exit and each access of RAM, and what is called returns at the depth it was called at;
 * - rsp and r15 are nobody's operand, gas apart, and rcx is read only where it holds a number of the guest's;
 * - where there are retpolines each indirect jump and call goes through the one in front, which is as it must be.
 *
 * Include check.h before. */
#ifndef SCANNER_H
#define SCANNER_H

#include "guest.h"
#include "isa/lookahead.h"
#include "machine_code.h"
#include "scan_front.h"
#include "scan_state.h"
#include "x64/entry.h"
#include "x64/indirect.h"
#include "x64/layout.h"
#include "x64/outward.h"
#include "x64/processor.h"

/* ---- Paths ---- */

/* Goes on at a position with what is known now, and with that alone which was known there. */
static inline void scan_reach(struct scan *s, uint32_t at, uint64_t to, const struct knowledge *now) {
    SCAN_CHECK(s, at, to >= s->start && to < s->size);
    struct knowledge *there = &s->known[to];
    struct knowledge joined = *now;
    joined.compared = value_of_kind(VALUE_FOREIGN, BASE_NONE, 0);
    joined.queued = there->queued;
    joined.seen = true;
    if (there->seen) {
        SCAN_CHECK(s, at, there->depth == now->depth && there->routine == now->routine);
        joined.rcx = common_value(&there->rcx, &now->rcx);
        joined.rax = common_value(&there->rax, &now->rax);
        if (there->passed_count != now->passed_count ||
            memcmp(there->passed, now->passed, (size_t)now->passed_count * sizeof now->passed[0]) != 0) {
            joined.passed_count = 0;
        }
        if (!same_range(&there->range, &now->range)) {
            joined.range.base = BASE_NONE;
        }
        if (same_value(&joined.rcx, &there->rcx) && same_value(&joined.rax, &there->rax) &&
            joined.passed_count == there->passed_count && same_range(&joined.range, &there->range)) {
            return;
        }
    }
    *there = joined;
    if (!there->queued) {
        there->queued = true;
        s->queue[s->queued++] = (uint32_t)to;
    }
}

/* Places where C enters: there the stack is level and only guest registers mean something. */
static inline void scan_enter(struct scan *s, uint64_t to) {
    struct knowledge nothing = {
        .rcx = {VALUE_FOREIGN, BASE_NONE, 0, 0}, .rax = {VALUE_GUEST, BASE_UNKNOWN, 0, 0}, .range = {BASE_NONE, 0, 0}};
    scan_reach(s, (uint32_t)to, to, &nothing);
}

static inline void scan_claim(struct scan *s, uint32_t at, uint32_t length, enum owner first) {
    SCAN_CHECK(s, at, at + length <= s->size);
    for (uint32_t n = at; n < at + length; n++) {
        enum owner owner = n == at || first == OWNER_DATA ? first : OWNER_INSIDE;
        SCAN_CHECK(s, n, s->owners[n] == OWNER_NONE || s->owners[n] == owner);
        s->owners[n] = (uint8_t)owner;
    }
}

/* ---- Exits ---- */

static inline void scan_level(struct scan *s, uint32_t at, const struct knowledge *now) {
    SCAN_CHECK(s, at, now->depth == 0 && now->routine == 0);
}

/* ecx holds the pc of an instruction. */
static inline void scan_exit_with_pc(struct scan *s, uint32_t at, const struct knowledge *now) {
    scan_level(s, at, now);
    SCAN_CHECK(s, at, now->rcx.kind == VALUE_U32 && now->rcx.base == BASE_NONE);
    SCAN_CHECK(s, at, program_is_start(&s->module->program, now->rcx.number));
}

/* The same, or the target of a jump to another section. */
static inline void scan_exit_to_jump(struct scan *s, uint32_t at, const struct knowledge *now) {
    if (now->rcx.kind == VALUE_U32 && (now->rcx.number & OUTWARD_JUMP) != 0) {
        uint32_t target = now->rcx.number & ~OUTWARD_JUMP;
        scan_level(s, at, now);
        SCAN_CHECK(s, at, now->rcx.base == BASE_NONE && program_is_block_start(&s->module->program, target));
        SCAN_CHECK(s, at, !section_contains(&s->variant->section, target));
    } else {
        scan_exit_with_pc(s, at, now);
    }
}

/* rcx holds the address of what a host call needs, which the exit reads and behind which the run goes on. */
static inline void scan_exit_to_host(struct scan *s, uint32_t at, const struct knowledge *now) {
    const struct program *program = &s->module->program;
    uint32_t pc, data = now->rcx.number;
    scan_level(s, at, now);
    SCAN_CHECK(s, at, now->rcx.kind == VALUE_CODE && data >= s->start && data + 9 < s->size);
    scan_claim(s, data, 9, OWNER_DATA);
    memcpy(&pc, s->variant->code + data + 4, sizeof pc);
    SCAN_CHECK(s, at, program_is_start(program, pc) && program_decode(program, pc).opcode == OP_ecalli);
    SCAN_CHECK(s, at, pc + s->variant->code[data + 8] == program_next(program, pc));
    scan_enter(s, data + 9);
}

/* A jump to an address that the context has. */
static inline void scan_exit(struct scan *s, uint32_t at, int64_t field, const struct knowledge *now) {
    SCAN_CHECK(s, at, !s->fast);
    switch (field) {
    case PRIVATE_EXIT_CHECK_FAILED:
        SCAN_CHECK(s, at, s->checked);
        scan_exit_with_pc(s, at, now);
        break;
    case PRIVATE_EXIT_PANIC: scan_exit_with_pc(s, at, now); break;
    case PRIVATE_EXIT_JUMP: scan_exit_to_jump(s, at, now); break;
    case PRIVATE_EXIT_HOST_CALL: scan_exit_to_host(s, at, now); break;
    case PRIVATE_EXIT_FAULT:
        SCAN_CHECK(s, at, s->checked);
        scan_level(s, at, now);
        break;
    default: scan_fail(s, at, __LINE__, "a field that is no exit");
    }
}

/* A branch or a jump to a position: behind the exits, or to one of them. */
static inline void scan_go(struct scan *s, uint32_t at, int64_t to, int condition, const struct knowledge *now) {
    if (to >= s->start) {
        scan_reach(s, at, (uint64_t)to, now);
    } else if (to >= s->exits) {
        uint32_t in_group = (uint32_t)(to - s->exits) % s->group_size;
        SCAN_CHECK(s, at, in_group < 32 && condition == (s->fast ? CC_L : CC_B));
        scan_level(s, at, now);
    } else if (to == s->table_exit) {
        SCAN_CHECK(s, at, condition == CC_A); /* exit_pc is there */
        scan_level(s, at, now);
    } else {
        SCAN_CHECK(s, at, (s->fast || s->retpolines) && condition < 0);
        if (to == s->ways_out[WAY_OUT_HOST_CALL]) {
            scan_exit_to_host(s, at, now);
        } else if (to == s->ways_out[WAY_OUT_JUMP]) {
            scan_exit_to_jump(s, at, now);
        } else {
            SCAN_CHECK(s, at, to == s->ways_out[WAY_OUT_PANIC]);
            scan_exit_with_pc(s, at, now);
        }
    }
}

/* ---- Operands in memory ---- */

static inline bool has_passed(const struct knowledge *now, int base, uint32_t place, int access) {
    for (int n = 0; n < now->passed_count; n++) {
        if (now->passed[n].base == base && now->passed[n].place == place && now->passed[n].access >= access) {
            return true;
        }
    }
    return false;
}

/* The second part of a constant comes by an exclusive or. */
static inline bool is_access(const struct decoded *d) {
    return d->action == ACTION_MOVE || d->action == ACTION_STORE || d->action == ACTION_FILL ||
           (d->action == ACTION_XOR && d->writes_memory);
}

/* An access of guest RAM at base + displacement. */
static inline void scan_ram(struct scan *s, uint32_t at, const struct decoded *d, int base, uint32_t displacement,
                            const struct knowledge *now) {
    int access = d->writes_memory ? PVM_ACCESS_WRITE : PVM_ACCESS_READ;
    uint32_t last = displacement + (uint32_t)d->octets - 1;
    SCAN_CHECK(s, at, is_access(d));
    SCAN_CHECK(s, at, d->octets >= 1 && d->octets <= 8);
    scan_level(s, at, now);
    if (s->checked) {
        bool constant = base == BASE_NONE;
        SCAN_CHECK(s, at, has_passed(now, base, constant ? displacement >> 12 : displacement, access));
        SCAN_CHECK(s, at, has_passed(now, base, constant ? last >> 12 : last, access));
    }
}

/* A field of the context, or of the private ones in front of it. Returns whether control goes on behind. */
static inline bool scan_field(struct scan *s, uint32_t at, const struct decoded *d, int64_t field,
                              const struct knowledge *now) {
    if (d->action == ACTION_JUMP) {
        scan_exit(s, at, field, now);
        return false;
    }
    switch (field) {
    case CONTEXT_GAS:
        SCAN_CHECK(s, at, !s->fast && d->action == ACTION_SUB && d->octets == 8 && d->has_constant);
        break;
    case CONTEXT_EXIT_PC:
        SCAN_CHECK(s, at, d->action == ACTION_FILL && d->octets == 4);
        SCAN_CHECK(s, at, program_is_start(&s->module->program, (uint32_t)d->constant));
        break;
    case PRIVATE_JUMP_TABLE:
        SCAN_CHECK(s, at, d->destination == RCX && d->width == W64);
        SCAN_CHECK(s, at, d->action == ACTION_MOVE || (d->action == ACTION_ADD && now->rcx.kind == VALUE_OFFSET));
        break;
    case PRIVATE_FAULT_NATIVE:
        SCAN_CHECK(s, at, s->checked && d->action == ACTION_STORE && d->octets == 8 && d->source == RCX);
        SCAN_CHECK(s, at, now->rcx.kind == VALUE_CODE);
        break;
    default: scan_fail(s, at, __LINE__, "a field that is not for machine code");
    }
    return true;
}

/* An octet of the page table, compared with an access. */
static inline void scan_page_table(struct scan *s, uint32_t at, const struct decoded *d, struct knowledge *now) {
    const struct value *page = d->m.index == RCX ? &now->rcx : &now->rax;
    bool constant = page->kind == VALUE_U32 && page->base == BASE_NONE && page->number < PVM_PAGE_COUNT;
    SCAN_CHECK(s, at, s->checked && d->action == ACTION_COMPARE && d->octets == 1 && d->has_constant);
    SCAN_CHECK(s, at, page->kind == VALUE_PAGE || constant);
    SCAN_CHECK(s, at, d->constant == PVM_ACCESS_READ || d->constant == PVM_ACCESS_WRITE);
    now->compared = *page;
    now->compared.kind = VALUE_PAGE;
    now->compared.access = (int8_t)d->constant;
}

/* How many pointers there are in front of the last that rcx, which is the address of the table, with what is added may be the
 * address of; it is that of one. */
static inline uint32_t scan_last_pointer(struct scan *s, uint32_t at, const struct x64_memory *m,
                                         const struct knowledge *now) {
    const struct range *range = &now->range;
    SCAN_CHECK(s, at, now->rcx.kind == VALUE_TABLE && m->base == RCX && m->scale == 2);
    SCAN_CHECK(s, at, range->base != BASE_NONE && (int)m->index == range->base);
    /* 4 * register + displacement, where register + number is twice the number of a pointer. */
    int64_t octets = (int64_t)m->displacement - 4 * (int64_t)(int32_t)range->number;
    SCAN_CHECK(s, at, octets == 0 || octets == 8);
    return range->most + (uint32_t)octets / 8;
}

static inline void scan_pointer_number(struct scan *s, uint32_t at, uint64_t number) {
    SCAN_CHECK(s, at, number <= s->module->links.jump_tables[s->variant->kind].entries);
}

/* [rcx]: what it holds is the address of octets of RAM, or of a pointer of the jump table; or with a guest's register, of the
 * table, where pointers are never unresolved. */
static inline bool scan_pointer(struct scan *s, uint32_t at, const struct decoded *d, const struct knowledge *now) {
    if (now->rcx.kind == VALUE_TABLE) {
        SCAN_CHECK(s, at, d->action == ACTION_JUMP && s->module->links.section_count == 1);
        scan_level(s, at, now);
        scan_pointer_number(s, at, scan_last_pointer(s, at, &d->m, now));
        return false;
    }
    SCAN_CHECK(s, at, d->m.index == X64_NONE);
    if (now->rcx.kind == VALUE_RAM) {
        SCAN_CHECK(s, at, is_access(d));
        SCAN_CHECK(s, at, d->m.displacement == 0 && (uint32_t)d->octets <= now->rcx.number);
        SCAN_CHECK(s, at, now->rcx.access >= (d->writes_memory ? PVM_ACCESS_WRITE : PVM_ACCESS_READ));
        scan_level(s, at, now);
        return true;
    }
    SCAN_CHECK(s, at, d->action == ACTION_JUMP);
    SCAN_CHECK(s, at, now->rcx.kind == VALUE_ENTRY && d->m.displacement == 0);
    scan_level(s, at, now);
    scan_pointer_number(s, at, now->rcx.number);
    return false;
}

/* Returns whether control goes on behind the instruction. */
static inline bool scan_memory(struct scan *s, uint32_t at, const struct decoded *d, struct knowledge *now) {
    const struct x64_memory *m = &d->m;
    SCAN_CHECK(s, at, m->base != RSP && m->index != R15);
    if (m->gs && m->address_32) {
        SCAN_CHECK(s, at, s->use_gs && m->base != R15 && m->index != RCX);
        SCAN_CHECK(s, at, !s->checked || m->index == X64_NONE);
        if (m->base == RCX) {
            SCAN_CHECK(s, at, s->blinded && m->index == X64_NONE && m->displacement == 0 && is_guests(&now->rcx));
            SCAN_CHECK(s, at, now->rcx.kind == VALUE_U32 || now->rcx.kind == VALUE_ONES);
            scan_ram(s, at, d, now->rcx.base, now->rcx.number, now);
            return true;
        }
        scan_ram(s, at, d, m->base == X64_NONE ? BASE_NONE : (int)m->base, (uint32_t)m->displacement, now);
        return true;
    }
    if (m->gs) {
        SCAN_CHECK(s, at, s->fast && m->base == X64_NONE && m->index == X64_NONE);
        return scan_field(s, at, d, (int64_t)m->displacement - GS_CONTEXT, now);
    }
    if (m->base == RCX) {
        return scan_pointer(s, at, d, now);
    }
    SCAN_CHECK(s, at, !s->fast && m->base == R15 && m->scale == 0);
    if (m->index == X64_NONE) {
        return scan_field(s, at, d, m->displacement, now);
    }
    if (m->displacement == SLOT_PAGE_ACCESS - SLOT_CONTEXT) {
        SCAN_CHECK(s, at, m->index == RCX || m->index == RAX);
        scan_page_table(s, at, d, now);
        return true;
    }
    SCAN_CHECK(s, at, m->displacement == SLOT_MEMORY - SLOT_CONTEXT && m->index == RCX && !s->use_gs);
    SCAN_CHECK(s, at, now->rcx.kind == VALUE_U32);
    scan_ram(s, at, d, now->rcx.base, now->rcx.number, now);
    return true;
}

/* ---- Registers ---- */

static inline bool is_gas(const struct scan *s, const struct decoded *d) {
    return s->fast && d->destination == R15 && d->width == W64 && d->has_constant && !d->in_memory &&
           (d->action == ACTION_ADD || d->action == ACTION_SUB);
}

static inline void scan_registers(struct scan *s, uint32_t at, const struct decoded *d, const struct knowledge *now) {
    uint32_t touched = d->reads | d->writes;
    SCAN_CHECK(s, at, (touched & 1u << RSP) == 0);
    SCAN_CHECK(s, at, (touched & 1u << R15) == 0 || is_gas(s, d));
    if ((d->reads & 1u << RCX) != 0) {
        bool stored = d->action == ACTION_STORE && now->rcx.kind == VALUE_CODE; /* fault_native: see scan_field */
        bool scaled = d->action == ACTION_ADD && now->rcx.kind == VALUE_OFFSET;
        bool extended = d->action == ACTION_MOVE && d->only_octet && now->rcx.kind == VALUE_OCTET;
        SCAN_CHECK(s, at, is_guests(&now->rcx) || stored || scaled || extended);
    }
    SCAN_CHECK(s, at, (d->reads & 1u << RAX) == 0 || is_guests(&now->rax));
    if (d->action == ACTION_LEA) {
        bool context = d->m.base == R15;
        SCAN_CHECK(s, at, d->m.base != RSP && d->m.index != R15);
        SCAN_CHECK(s, at, !context || (s->checked && d->m.index == RCX && d->m.scale == 0 && d->destination == RCX));
        bool of_table = now->rcx.kind == VALUE_INDEX || now->rcx.kind == VALUE_TABLE; /* see written_value */
        SCAN_CHECK(s, at, (d->m.base != RCX && d->m.index != RCX) || is_guests(&now->rcx) || of_table);
        SCAN_CHECK(s, at, (d->m.base != RAX && d->m.index != RAX) || is_guests(&now->rax));
    }
}

/* rcx becomes the address in RAM of the 32-bit number that it is, where pages have been compared. */
static inline struct value checked_address(struct scan *s, uint32_t at, const struct decoded *d,
                                           const struct knowledge *now) {
    const struct passed *first = &now->passed[0], *last = &now->passed[1];
    SCAN_CHECK(s, at, d->width == W64 && d->m.displacement == SLOT_MEMORY - SLOT_CONTEXT);
    SCAN_CHECK(s, at, now->rcx.kind == VALUE_U32 && now->passed_count == 2);
    SCAN_CHECK(s, at, first->base == RCX && first->place == 0 && last->base == RCX && last->place < 8);
    struct value ram = value_of_kind(VALUE_RAM, BASE_NONE, last->place + 1);
    ram.access = first->access < last->access ? first->access : last->access;
    return ram;
}

static inline bool is_constant(const struct value *value) {
    return value->kind == VALUE_ONES || (value->kind == VALUE_U32 && value->base == BASE_NONE);
}

/* What a register holds that an instruction writes; `before` is what it held. */
static inline struct value written_value(struct scan *s, uint32_t at, const struct decoded *d, int reg,
                                         const struct value *before, const struct knowledge *now) {
    bool narrow = d->width == W32;
    switch (d->action) {
    case ACTION_SET:
        return d->constant == (int64_t)(uint32_t)d->constant
                   ? value_of_kind(VALUE_U32, BASE_NONE, (uint32_t)d->constant)
               : d->constant == (int32_t)d->constant ? value_of_kind(VALUE_ONES, BASE_NONE, (uint32_t)d->constant)
                                                     : value_of_kind(VALUE_GUEST, BASE_UNKNOWN, 0);
    case ACTION_XOR:
        if (is_constant(before) && d->has_constant) {
            bool ones = !narrow && (before->kind == VALUE_ONES) != (d->constant < 0);
            return value_of_kind(ones ? VALUE_ONES : VALUE_U32, BASE_NONE, before->number ^ (uint32_t)d->constant);
        }
        break;
    case ACTION_LEA_CODE:
        SCAN_CHECK(s, at, reg == RCX && d->width == W64);
        return value_of_kind(VALUE_CODE, BASE_NONE, (uint32_t)((int64_t)at + d->length + d->distance));
    case ACTION_LEA:
        if (d->m.base == R15) {
            return checked_address(s, at, d, now);
        }
        if (before->kind == VALUE_INDEX && d->m.index == RCX) {
            SCAN_CHECK(s, at, reg == RCX && !narrow && d->m.base == X64_NONE && d->m.scale == 3);
            SCAN_CHECK(s, at, d->m.displacement == 0 || d->m.displacement == 8);
            return value_of_kind(VALUE_OFFSET, BASE_NONE, before->number + (uint32_t)d->m.displacement / 8);
        }
        if (now->rcx.kind == VALUE_TABLE && d->m.base == RCX) {
            SCAN_CHECK(s, at, reg == RCX && !narrow);
            return value_of_kind(VALUE_ENTRY, BASE_NONE, scan_last_pointer(s, at, &d->m, now));
        }
        if (narrow && d->m.base == RCX && reg == RCX && d->m.index != X64_NONE && is_constant(before)) {
            SCAN_CHECK(s, at, s->blinded && d->m.scale == 0 && d->m.displacement == 0);
            return value_of_kind(VALUE_U32, (int)d->m.index, before->number);
        }
        if (narrow && d->m.index == X64_NONE && (int)d->m.base != reg) {
            return value_of_kind(VALUE_U32, (int)d->m.base, (uint32_t)d->m.displacement);
        }
        if (reg == RCX && d->m.index == X64_NONE && d->m.base != RCX) {
            return value_of_kind(VALUE_SUM, (int)d->m.base, (uint32_t)d->m.displacement);
        }
        break;
    case ACTION_MOVE:
        if (reg == RCX && d->in_memory && !(d->m.gs && d->m.address_32) && !narrow) {
            return value_of_kind(VALUE_TABLE, BASE_NONE, 0); /* see scan_field */
        }
        break;
    case ACTION_ROR_ONCE:
        if (before->kind == VALUE_SUM && !narrow) {
            return value_of_kind(VALUE_HALF, before->base, before->number);
        }
        break;
    case ACTION_SHR:
        if (narrow && before->kind == VALUE_U32 && d->constant == 12) {
            return value_of_kind(VALUE_PAGE, before->base, before->number);
        }
        break;
    case ACTION_ADD:
        if (before->kind == VALUE_OFFSET) {
            SCAN_CHECK(s, at, d->in_memory); /* the jump table: see scan_field */
            return value_of_kind(VALUE_ENTRY, BASE_NONE, before->number);
        }
        break;
    case ACTION_POP:
        if (reg == RCX) {
            SCAN_CHECK(s, at, now->routine != 0 && now->depth == now->routine_depth);
            return value_of_kind(VALUE_CODE, BASE_NONE, 0); /* the return address */
        }
        break;
    default:
        if (d->only_octet && d->action == ACTION_COMPUTE) { /* what is above stays */
            return value_of_kind(is_guests(before) ? VALUE_GUEST : VALUE_OCTET, BASE_UNKNOWN, 0);
        }
        break;
    }
    return value_of_kind(narrow ? VALUE_U32 : VALUE_GUEST, BASE_UNKNOWN, 0);
}

/* Forgets what was known by a register that is written. */
static inline void forget(struct knowledge *now, int reg) {
    struct value *values[] = {&now->rcx, &now->rax};
    for (int n = 0; n < 2; n++) {
        if (values[n]->base == reg) {
            *values[n] = value_of_kind(values[n]->kind == VALUE_U32 ? VALUE_U32 : VALUE_FOREIGN, BASE_UNKNOWN, 0);
        }
    }
    if (now->range.base == reg) {
        now->range.base = BASE_NONE;
    }
    for (int n = 0; n < now->passed_count; n++) {
        if (now->passed[n].base == reg) {
            now->passed[n] = now->passed[--now->passed_count];
            n--;
        }
    }
}

static inline void scan_writes(struct scan *s, uint32_t at, const struct decoded *d, struct knowledge *now) {
    const struct knowledge before = *now;
    for (int reg = 0; reg < 16; reg++) {
        if ((d->writes >> reg & 1) != 0) {
            forget(now, reg);
        }
    }
    if ((d->writes & 1u << RCX) != 0) {
        now->rcx = written_value(s, at, d, RCX, &before.rcx, &before);
    }
    if ((d->writes & 1u << RAX) != 0) {
        now->rax = written_value(s, at, d, RAX, &before.rax, &before);
    }
    SCAN_CHECK(s, at, d->action != ACTION_LEA_CODE || d->writes == 1u << RCX);
}

/* ---- One instruction ---- */

/* Behind a comparison the two ways know more. */
static inline void scan_branch(struct scan *s, uint32_t at, const struct decoded *d, const struct value *compared,
                               struct knowledge *now) {
    int64_t to = (int64_t)at + d->length + d->distance;
    struct knowledge taken = *now;
    if (compared->kind == VALUE_INDEX && d->condition == CC_A) {
        now->rcx = value_of_kind(VALUE_INDEX, BASE_NONE, compared->number);
    } else if (compared->kind == VALUE_HALF && d->condition == CC_A) {
        now->range = (struct range){compared->base, compared->number, now->bound};
    } else if (compared->kind == VALUE_PAGE && compared->base != BASE_UNKNOWN) {
        struct knowledge *granted = d->condition == CC_AE ? &taken : now;
        SCAN_CHECK(s, at, d->condition == CC_AE || d->condition == CC_B);
        if (granted->passed_count == 2) {
            granted->passed[0] = granted->passed[1];
            granted->passed_count = 1;
        }
        granted->passed[granted->passed_count++] = (struct passed){compared->base, compared->access, compared->number};
    }
    scan_go(s, at, to, d->condition, &taken);
}

static inline void scan_drain(struct scan *s, uint32_t level);

/* A routine is followed to its end before what is behind the call. */
static inline void scan_call(struct scan *s, uint32_t at, const struct decoded *d, struct knowledge *now) {
    int64_t to = (int64_t)at + d->length + d->distance;
    struct knowledge inside = *now;
    SCAN_CHECK(s, at, !d->in_memory && now->routine == 0 && to >= s->start && to < s->size);
    inside.depth++;
    inside.routine_depth = inside.depth;
    inside.routine = (uint32_t)to;
    inside.passed_count = 0;
    uint32_t level = s->queued;
    scan_reach(s, at, (uint64_t)to, &inside);
    scan_drain(s, level);
    now->rcx = s->results[to];
    now->rax = value_of_kind(VALUE_GUEST, BASE_UNKNOWN, 0);
    now->passed_count = 0;
}

/* Follows a push, a pop, or none; the stack never gets below what the routine, or the block, found. */
static inline void scan_stack(struct scan *s, uint32_t at, const struct decoded *d, struct knowledge *now) {
    if (d->action == ACTION_PUSH) {
        now->depth++;
    } else if (d->action == ACTION_POP) {
        now->depth--;
        SCAN_CHECK(s, at, now->depth >= 0 && (now->routine == 0 || now->depth >= now->routine_depth - 1));
        if (now->routine != 0 && now->depth < now->routine_depth) { /* the return address */
            now->routine = 0;
            now->routine_depth = 0;
        }
    }
}

/* By one of the pointers to other sections. */
static inline void scan_jump_by_pointer(struct scan *s, uint32_t at, const struct decoded *d,
                                        const struct knowledge *now) {
    int64_t behind = (int64_t)at + d->length + d->distance - s->variant->pointers_offset;
    const int64_t size = sizeof(struct outward_pointer);
    SCAN_CHECK(s, at, behind >= 0 && behind % size == 0 && behind / size < s->variant->pointer_count);
    scan_level(s, at, now);
}

static inline bool is_indirect(const struct decoded *d) {
    return d->action == ACTION_JUMP_BY_POINTER ||
           ((d->action == ACTION_JUMP || d->action == ACTION_CALL) && d->in_memory);
}

/* A push and, right behind it, the jump to the retpoline: the indirect jump that they are. */
static inline struct decoded scan_push_target(struct scan *s, uint32_t at, const struct decoded *d) {
    uint32_t behind = at + (uint32_t)d->length;
    struct decoded jump = decode_instruction(s->variant->code + behind, s->variant->code + s->size), joined = *d;
    SCAN_CHECK(s, at, s->retpolines && jump.action == ACTION_JUMP && !jump.in_memory);
    SCAN_CHECK(s, at, (int64_t)behind + jump.length + jump.distance == RETPOLINE_POSITION);
    joined.action = d->relative ? ACTION_JUMP_BY_POINTER : ACTION_JUMP;
    scan_claim(s, behind, (uint32_t)jump.length, OWNER_INSTRUCTION);
    return joined;
}

/* Returns whether control goes on behind the instruction. */
static inline bool scan_instruction(struct scan *s, uint32_t at, const struct decoded *d, struct knowledge *now) {
    struct value compared = now->compared;
    struct decoded joined;
    now->compared = value_of_kind(VALUE_FOREIGN, BASE_NONE, 0);
    SCAN_CHECK(s, at, d->action != ACTION_UNKNOWN && d->action != ACTION_WAIT);
    SCAN_CHECK(s, at, !s->retpolines || !is_indirect(d));
    if (d->action == ACTION_PUSH_TARGET) {
        joined = scan_push_target(s, at, d);
        d = &joined;
    }
    scan_claim(s, at, (uint32_t)d->length, OWNER_INSTRUCTION);
    if (d->action == ACTION_NOTHING) {
        return true;
    }
    scan_registers(s, at, d, now);
    if (d->in_memory && d->action != ACTION_LEA && !scan_memory(s, at, d, now)) {
        return false;
    }
    scan_writes(s, at, d, now);
    scan_stack(s, at, d, now);
    switch (d->action) {
    case ACTION_COMPARE:
        if (!d->in_memory && d->has_constant && d->destination == RCX && d->width == W32 &&
            now->rcx.kind == VALUE_U32) {
            now->compared = value_of_kind(VALUE_INDEX, BASE_NONE, (uint32_t)d->constant);
        }
        if (!d->in_memory && d->has_constant && d->destination == RCX && d->width == W64 &&
            now->rcx.kind == VALUE_HALF && d->constant >= 0) {
            now->compared = now->rcx;
            now->bound = (uint32_t)d->constant;
        }
        return true;
    case ACTION_JUMP: scan_go(s, at, (int64_t)at + d->length + d->distance, -1, now); return false;
    case ACTION_JUMP_BY_POINTER: scan_jump_by_pointer(s, at, d, now); return false;
    case ACTION_BRANCH: scan_branch(s, at, d, &compared, now); return true;
    case ACTION_CALL: scan_call(s, at, d, now); return true;
    case ACTION_RETURN:
        SCAN_CHECK(s, at, now->routine != 0 && now->depth == now->routine_depth);
        s->results[now->routine] = now->rcx;
        return false;
    default: return true;
    }
}

static inline void scan_drain(struct scan *s, uint32_t level) {
    while (s->queued > level) {
        uint32_t at = s->queue[--s->queued];
        struct knowledge now = s->known[at];
        s->known[at].queued = false;
        /* What a comparison has found is for the branch right behind it. */
        do {
            struct decoded d = decode_instruction(s->variant->code + at, s->variant->code + s->size);
            if (!scan_instruction(s, at, &d, &now)) {
                break;
            }
            at += (uint32_t)d.length;
            if (now.compared.kind == VALUE_FOREIGN) {
                scan_reach(s, at, at, &now);
            }
        } while (now.compared.kind != VALUE_FOREIGN);
    }
}

/* ---- A variant ---- */

/* What leads to the block at pc leads to its machine code, or to the exit that asks for that. */
static inline void scan_link(struct scan *s, uint32_t at, const void *to, uint64_t pc, const void *unresolved) {
    const struct program *program = &s->module->program;
    const struct links *links = &s->module->links;
    SCAN_CHECK(s, at, pc < program->code_length && program_is_block_start(program, (int64_t)pc));
    const struct variant *target = links_variant(links, links_section(links, (uint32_t)pc), s->variant->kind);
    const void *code = target == NULL ? unresolved : (const void *)variant_code_at(target, program, (uint32_t)pc);
    SCAN_CHECK(s, at, to == code);
}

/* Each entry leads to a block, or to the panic; where there are sections, to a block only once a jump by it was made. */
static inline void scan_jump_table(struct scan *s) {
    const struct jump_table *table = &s->module->links.jump_tables[s->variant->kind];
    void (*panic)(void) = s->fast ? pvm_exit_dynamic_panic_with_gas : pvm_exit_dynamic_panic;
    void (*unresolved)(void) = s->fast ? pvm_exit_unresolved_with_gas : pvm_exit_unresolved;
    for (uint32_t n = 0; table->pointers != NULL && n <= table->entries; n++) {
        if (table->pointers[n] != (void *)(uintptr_t)panic) {
            SCAN_CHECK(s, n, n > 0);
            bool waits = table->pointers[n] == (void *)(uintptr_t)unresolved && s->module->links.section_count > 1;
            SCAN_CHECK(s, n, !waits || program_jump_block(&s->module->program, n - 1) >= 0);
            if (!waits) {
                scan_link(s, n, table->pointers[n], program_jump_target(&s->module->program, n - 1),
                          (void *)(uintptr_t)unresolved);
            }
        }
    }
}

/* The pointers to other sections, and what is between the code and them. */
static inline void scan_pointers(struct scan *s) {
    const struct variant *variant = s->variant;
    if (variant->pointer_count == 0) {
        return;
    }
    uint32_t at = variant->pointers_offset, groups = (variant->pointer_count + 31) / 32;
    scan_groups(s, variant->unresolved_offset, variant->unresolved_offset + groups * s->group_size);
    SCAN_CHECK(s, at, at % 64 == 0 && at + variant->pointer_count * sizeof(struct outward_pointer) == s->size);
    scan_claim(s, at, s->size - at, OWNER_DATA);
    for (uint32_t n = at; n > variant->end_offset && s->owners[n - 1] == OWNER_NONE; n--) {
        SCAN_CHECK(s, n, at - n < 64 && variant->code[n - 1] == PROCESSOR_TRAP_OCTET);
        s->owners[n - 1] = OWNER_DATA;
    }
    for (uint32_t n = 0; at < s->size; n++, at += sizeof(struct outward_pointer)) {
        struct outward_pointer pointer;
        memcpy(&pointer, variant->code + at, sizeof pointer);
        SCAN_CHECK(s, at, !section_contains(&variant->section, pointer.pc));
        scan_link(s, at, pointer.code, pointer.pc,
                  variant->code + variant->unresolved_offset + n / 32 * s->group_size + n % 32);
    }
}

static inline void scan_open(struct scan *s, const pvm_module *module, const struct variant *variant) {
    bool fast = variant->kind == VARIANT_FAST;
    bool retpolines = engine_has(module->engine, PVM_FLAG_RETPOLINES);
    *s = (struct scan){.module = module,
                       .variant = variant,
                       .fast = fast,
                       .checked = variant->kind == VARIANT_CHECKED,
                       .use_gs = module->engine->use_gs,
                       .retpolines = retpolines,
                       .blinded = engine_has(module->engine, PVM_FLAG_BLINDED_CONSTANTS),
                       .group_size = retpolines ? 37
                                     : fast     ? 40
                                                : 36,
                       .exits = retpolines ? (fast ? 68 : 48)
                                : fast     ? 32
                                           : 8,
                       .size = (uint32_t)variant->size};
    s->start = s->exits + (section_blocks(&variant->section) + 31) / 32 * s->group_size;
    s->owners = calloc(s->size, sizeof *s->owners);
    s->known = calloc(s->size, sizeof *s->known);
    s->results = calloc(s->size, sizeof *s->results);
    s->queue = calloc(s->size, sizeof *s->queue);
    CHECK(s->owners != NULL && s->known != NULL && s->results != NULL && s->queue != NULL);
}

static inline void scan_close(struct scan *s) {
    free(s->owners);
    free(s->known);
    free(s->results);
    free(s->queue);
}

/* What is not reached does nothing, in front of what begins a line of the cache. Returns where that is. */
static inline uint32_t scan_unreached(struct scan *s, uint32_t at) {
    uint32_t start = at;
    while (at < s->size && s->owners[at] == OWNER_NONE) {
        struct decoded d = decode_instruction(s->variant->code + at, s->variant->code + s->size);
        SCAN_CHECK(s, at, d.action == ACTION_NOTHING);
        scan_claim(s, at, (uint32_t)d.length, OWNER_INSTRUCTION);
        at += (uint32_t)d.length;
    }
    SCAN_CHECK(s, start, at % 64 == 0 && at - start < 64);
    return at;
}

/* Returns how many instructions were read, those in front apart. */
static inline uint64_t scan_all(struct scan *s) {
    uint64_t instructions = 0;
    SCAN_CHECK(s, 0, s->start <= s->variant->end_offset && s->variant->end_offset <= s->size);
    SCAN_CHECK(s, 0, s->variant->end_offset == s->size || s->module->links.section_count > 1);
    scan_exits(s);
    for (uint32_t n = 0; n < section_instructions(&s->variant->section); n++) {
        scan_enter(s, s->variant->offsets[n]);
    }
    scan_drain(s, 0);
    scan_pointers(s);
    scan_jump_table(s);
    for (uint32_t n = s->start; n < s->size; n++) {
        if (s->owners[n] == OWNER_NONE) {
            (void)scan_unreached(s, n);
        }
        instructions += s->owners[n] == OWNER_INSTRUCTION;
    }
    return instructions;
}

static inline uint64_t scan_variant(const pvm_module *module, const struct variant *variant) {
    struct scan s;
    scan_open(&s, module, variant);
    uint64_t instructions = scan_all(&s);
    scan_close(&s);
    return instructions;
}

/* All sections in this kind of variant, made in some order and read when some are there and when all are. */
static inline uint64_t scan_sections(pvm_module *module, enum variant_kind kind) {
    const struct links *links = &module->links;
    uint64_t instructions = 0;
    for (uint32_t n = links->section_count; n > 0; n--) {
        struct variant *variant;
        CHECK_EQ(module_variant(module, links->ranges[n - 1].first.pc, kind, &variant, NULL), PVM_OK);
        if (n <= 3 && n > 1) {
            scan_variant(module, variant);
        }
    }
    for (uint32_t n = 0; n < links->section_count; n++) {
        instructions += scan_variant(module, links_variant(links, n, kind));
    }
    return instructions;
}

/* Whether something is wrong with it. */
static inline bool scan_finds(const pvm_module *module, const struct variant *variant) {
    static struct scan s;
    jmp_buf wrong;
    volatile bool found = true;
    scan_open(&s, module, variant);
    s.wrong = &wrong;
    if (setjmp(wrong) == 0) {
        scan_all(&s);
        found = false;
    }
    scan_close(&s);
    return found;
}

#endif
