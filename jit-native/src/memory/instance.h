/* An instance, which is the state of one machine; the slot of address space that it lives in; and what the slots of an
 * engine share. */
#ifndef PVMJIT_INSTANCE_H
#define PVMJIT_INSTANCE_H

#include "base/error.h"
#include "base/maps.h"
#include "pvmjit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIRST_ACCESSIBLE_PAGE 16
#define GUEST_MEMORY_BYTES (UINT64_C(1) << 32)

/* A slot: one page with the instance, the page table of one octet a page, guest RAM, a guard. */
#define SLOT_CONTEXT 2048
#define SLOT_PAGE_ACCESS PVM_PAGE_SIZE
#define SLOT_MEMORY (SLOT_PAGE_ACCESS + PVM_PAGE_COUNT)
#define SLOT_GUARD 65536

/* Maps a slot takes beside one for each boundary between regions: its head, its RAM, and one to spare for the moment in
 * which the kernel has split a map and not yet merged the next. */
#define SLOT_MAPS 3

struct pool;
struct variant;

/* Fields that generated code reaches at negative displacements from the context; the order is that of x64/layout.h. */
struct private_fields {
    void (*exit_jump_with_gas)(void);
    void (*exit_host_call_with_gas)(void);
    void (*exit_out_of_gas_with_gas)(void);
    void (*exit_panic_with_gas)(void);
    uint64_t fault_native;  /* machine code address of the last access that was denied, or exit without gas */
    uint64_t stack_pointer; /* while machine code runs, else 0 */
    uint64_t resume_native;
    void **jump_table;
    void (*exit_fault)(void);
    void (*exit_check_failed)(void);
    void (*exit_jump)(void);
    void (*exit_host_call)(void);
    void (*exit_out_of_gas)(void);
    void (*exit_panic)(void);
};

/* A host call that machine code which keeps gas in its register does not leave for: entry.S takes the cost and answers with the gas
 * that is left. */
struct answer {
    uint64_t number; /* or ANSWERS_NONE */
    uint64_t cost;   /* 1 or more; below 2^63 */
    uint64_t held;   /* of the run's gas, which machine code does not see */
};
/* No number of 32 bits, extended by its sign. */
#define ANSWERS_NONE ((uint64_t)INT64_MAX)

/* A region as a pooled slot remembers it. */
struct layout_entry {
    uint32_t first_page, page_count, access;
    uint32_t filled; /* pages that the contents reached, of the last instance that had any */
    uint64_t contents_id;
};

#define LAYOUT_ENTRIES 8

/* Pages of a slot's RAM that are mapped from its range of the file, read-only. */
struct window {
    uint32_t first_page, page_count; /* of RAM; page_count is 0 while there is none */
    uint32_t allocated_pages;        /* of the file: these can be written without SIGBUS */
};

/* Idle slots, the one that became idle last first. */
struct idle_list {
    struct instance *first, *last;
};

struct idle_links {
    struct instance *newer, *older;
};

struct instance {
    struct private_fields fields;
    pvm_context context;
    struct answer answer;
    bool answers_in_place; /* machine code may be gone back to by a jump */
    struct pool *pool;     /* that the slot is of */
    pvm_module *module;
    struct variant *variant;              /* of the kind whose code runs, or ran last */
    const uint8_t *code_start, *code_end; /* all machine code of its engine is in between */
    /* Run machine code (x64/entry.h), the second that of variants that are fast. */
    uint32_t (*enter)(pvm_context *context, const void *target);
    uint32_t (*enter_with_gas)(pvm_context *context, const void *target);
    uint64_t kept_gas;  /* while gas_aside: what is missing in the gas counter */
    uint32_t resume_pc; /* pc that resume_native belongs to */
    bool gas_aside;
    bool checked;
    atomic_bool alive;
    bool broken;       /* hardware and page table may differ: no run */
    bool lost;         /* RAM may not be touched or unmapped any more: the slot is never used again */
    bool layout_known; /* RAM has the access of `layout` still; else it must be made anew */
    uint32_t layout_count;
    struct layout_entry layout[LAYOUT_ENTRIES];
    bool cleared;         /* idle, and what is writable of `layout` is zero, but for the pages that were filled */
    bool hidden_contents; /* inaccessible pages may hold something; else they are zero */
    bool began_empty;     /* without regions */
    bool unsettled;       /* hardware grants the pages of `layout`, whatever they hold (memory/reuse.h) */
    uint32_t touched_first,
        touched_end; /* every page that has been accessible since the slot was blank is in between */
    uint32_t changed_first,
        changed_end;     /* every page whose access has been changed since the instance began is in between */
    uint64_t boundaries; /* pages whose access differs from that of the page before; while unsettled, in hardware */
    uint64_t asked_boundaries; /* while unsettled: in the page table */
    uint64_t maps;             /* counted among the engine's */
    struct window window;
    /* Of an instance whose pages are granted one by one (memory/paging.h). */
    bool paging;            /* checked for its faults, and while there are more */
    bool paging_is_due;     /* with the next grant */
    bool never_paging;      /* as something was refused, or nobody wants it */
    uint64_t paging_gas;    /* what is in its account; while it is paging, it may spend so much until the next fault */
    uint64_t granted_pages; /* since it began; one that has been granted twice counts twice */
    uint64_t gas_before; /* of the last run from pc, at its beginning: faults behind host calls count what these cost */
    uint64_t slot_number; /* of the pool's, from 0 */
    uint64_t owner;       /* of the instance, or of the one that has ended */
    uint64_t idle_bytes;  /* that the slot counts for while it is idle, or unsettled */
    pvm_error failure;    /* of the last run that was a PVM_EXIT_FAILURE */
    struct idle_links of_all, of_owners;
    struct instance *next_slot; /* all slots of the pool */
};

/* The most pages of a window. Beyond, copying costs more than the change of protection that a window saves. */
#define WINDOW_PAGES 64

/* One memory file per engine: each slot has a range of WINDOW_PAGES in it, all of it is mapped writable. */
struct window_file {
    int file;          /* memfd, or -1 when there are no windows */
    uint8_t *writable; /* the file, from its beginning */
    uint64_t size;
};

/* Idle slots of owners whose numbers fall together, and the RAM that these keep. */
struct idle_owners {
    struct idle_list list;
    uint64_t bytes;
};

#define POOL_OWNERS 64

/* Slots, in use and idle. */
struct pool {
    const pvm_engine_config *config;
    struct maps *maps;
    struct window_file windows;
    atomic_uint_fast64_t instances_checked;
    pthread_mutex_t mutex; /* guards the fields below */
    struct idle_list idle;
    struct idle_owners owners[POOL_OWNERS];
    uint64_t common_bytes; /* that idle slots keep beyond the shares of their owners */
    struct instance *slots;
    uint64_t slot_count;
    uint64_t slots_made; /* with those that were lost */
    uint64_t idle_count;
    uint64_t instances_alive;
};

/* The private fields end at the context and are within one octet of displacement; the instance is within its page. */
_Static_assert(offsetof(struct instance, context) == sizeof(struct private_fields) &&
                   sizeof(struct private_fields) <= 128,
               "struct private_fields");
_Static_assert(offsetof(struct instance, context) <= SLOT_CONTEXT &&
                   SLOT_CONTEXT - offsetof(struct instance, context) + sizeof(struct instance) <= SLOT_PAGE_ACCESS,
               "struct instance");
/* An access of 8 octets at the last address ends in the guard; addresses of RAM are relative to the context. */
_Static_assert(SLOT_GUARD >= 8 && SLOT_GUARD % PVM_PAGE_SIZE == 0 && SLOT_MEMORY % PVM_PAGE_SIZE == 0, "a slot");

static inline struct instance *instance_of(pvm_context *context) {
    return (struct instance *)(void *)((uint8_t *)context - offsetof(struct instance, context));
}

static inline uint8_t *instance_page(struct instance *instance, uint32_t page) {
    return instance->context.memory + (uint64_t)page * PVM_PAGE_SIZE;
}

static inline uint8_t *instance_page_access(struct instance *instance) {
    return (uint8_t *)&instance->context - SLOT_CONTEXT + SLOT_PAGE_ACCESS;
}

/* Whether every instance runs checked code, whatever its regions. */
static inline bool pool_is_always_checked(const struct pool *pool) {
    return (pool->config->flags & PVM_FLAG_ALWAYS_CHECKED) != 0;
}

#endif
