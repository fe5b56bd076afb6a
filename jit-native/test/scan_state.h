/* What scanner.h knows while it reads a variant. Include check.h before. */
#ifndef SCAN_STATE_H
#define SCAN_STATE_H

#include "guest.h"
#include "machine_code.h"
#include "x64/generator.h"

/* What is known of the value of rcx or rax. */
enum value_kind {
    VALUE_FOREIGN, /* nothing: not for the guest to see */
    VALUE_GUEST,   /* the guest's */
    VALUE_OCTET,   /* its low octet is the guest's */
    VALUE_U32,     /* base + number modulo 2^32, with zeros above */
    VALUE_ONES,    /* a constant, with ones above */
    VALUE_PAGE,    /* the page of that */
    VALUE_SUM,     /* base + number, with its sign, modulo 2^64 */
    VALUE_HALF,    /* that, rotated right by one */
    VALUE_INDEX,   /* at most number */
    VALUE_OFFSET,  /* 8 times that */
    VALUE_TABLE,   /* address of the jump table */
    VALUE_ENTRY,   /* address of that pointer of the jump table, or of one in front of it */
    VALUE_RAM,     /* address of so many octets of RAM, which may be accessed by `access` */
    VALUE_CODE     /* address of the octet with that offset in the machine code, or of none that is known */
};

enum { BASE_NONE = -1, BASE_UNKNOWN = -2 };

struct value {
    int8_t kind, base, access;
    uint32_t number;
};

/* A comparison that the page of base + place (or the page itself, of a constant address) has passed. */
struct passed {
    int8_t base, access;
    uint32_t place;
};

/* That base + number, modulo 2^64, is twice a number from 0 to most. */
struct range {
    int8_t base; /* or BASE_NONE: nothing is known */
    uint32_t number, most;
};

/* What is known in front of an instruction, by any path. */
struct knowledge {
    bool seen, queued;
    int8_t depth;         /* of the stack, in words */
    int8_t routine_depth; /* at the entry of the routine that it is in, or 0 */
    uint32_t routine;     /* position of its entry */
    struct value rcx, rax;
    struct value compared; /* VALUE_INDEX, VALUE_HALF or VALUE_PAGE: by the instruction in front, for its branch */
    uint32_t bound;        /* of VALUE_HALF */
    struct range range;
    struct passed passed[2];
    int8_t passed_count;
};

enum owner { OWNER_NONE, OWNER_INSTRUCTION, OWNER_INSIDE, OWNER_DATA };

struct scan {
    const pvm_module *module;
    const struct variant *variant;
    bool fast, checked, use_gs, retpolines, blinded;
    uint32_t table_exit, ways_out[WAYS_OUT],
        out_of_gas;              /* positions of what stands in front; ways out that are not there: 0 */
    uint32_t group_size;         /* of exits without gas */
    uint32_t exits, start, size; /* positions: of the exits without gas, of the code behind them, its end */
    uint8_t *owners;
    struct knowledge *known;
    struct value *results; /* of routines: what they leave in rcx */
    uint32_t *queue, queued;
    jmp_buf *wrong; /* where to go when something is, instead of failing the test */
};

#define SCAN_CHECK(s, at, condition) ((condition) ? (void)0 : scan_fail((s), (at), __LINE__, #condition))

__attribute__((noreturn)) static inline void scan_fail(const struct scan *s, uint32_t at, int line, const char *what) {
    if (s->wrong != NULL) {
        longjmp(*s->wrong, 1);
    }
    check_fail(__FILE__, line, "variant %d, position %u: not so: %s", s->variant->kind, at, what);
}

static inline struct value value_of_kind(enum value_kind kind, int base, uint32_t number) {
    return (struct value){(int8_t)kind, (int8_t)base, 0, number};
}

static inline bool same_value(const struct value *a, const struct value *b) {
    return a->kind == b->kind && a->base == b->base && a->access == b->access && a->number == b->number;
}

static inline bool same_range(const struct range *a, const struct range *b) {
    return a->base == b->base && (a->base == BASE_NONE || (a->number == b->number && a->most == b->most));
}

static inline bool is_guests(const struct value *value) {
    return value->kind == VALUE_GUEST || value->kind == VALUE_U32 || value->kind == VALUE_ONES ||
           value->kind == VALUE_PAGE || value->kind == VALUE_SUM || value->kind == VALUE_HALF;
}

static inline struct value common_value(const struct value *a, const struct value *b) {
    if (same_value(a, b)) {
        return *a;
    }
    enum value_kind kind = a->kind == VALUE_U32 && b->kind == VALUE_U32 ? VALUE_U32
                           : is_guests(a) && is_guests(b)               ? VALUE_GUEST
                                                                        : VALUE_FOREIGN;
    return value_of_kind(kind, BASE_UNKNOWN, 0);
}

#endif
