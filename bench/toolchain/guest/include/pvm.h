/*
 * What a PVM guest written in C sees of its host: entry points, host calls, results.
 *
 * A program defines refine (or is_authorized) and, if it has one, accumulate, each as
 *     pvm_octets refine(const uint8_t *arguments, uint64_t length);
 * and its result is what the returned octets hold when it returns. A program that has only `int main(void)` gets
 * refine from the runtime: main's value as 8 octets, little-endian.
 *
 * Host calls have the numbers of revision `next` (Gray Paper #530 as merged); with PVM_REVISION_0_8_0 defined before
 * this header, those of 0.8.0, where no `compile` exists and `machine` takes the code itself. A host call that is given
 * memory which it may not read or write ends the program with a panic.
 *
 * Not supported: more than six register arguments to a function in the ABI lp64 (structures by value of up to 16 octets
 * count as two), threads, exceptions, signals.
 */
#ifndef PVM_H
#define PVM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define _Static_assert static_assert
extern "C" {
#endif

typedef struct {
    const void *data;
    uint64_t length;
} pvm_octets;

pvm_octets refine(const uint8_t *arguments, uint64_t length);
pvm_octets is_authorized(const uint8_t *arguments, uint64_t length);
pvm_octets accumulate(const uint8_t *arguments, uint64_t length);

/* Results of host calls; values from PVM_FIRST_ERROR up are errors, all others are answers. */
#define PVM_OK UINT64_C(0)
#define PVM_NONE UINT64_C(0xffffffffffffffff) /* no such item */
#define PVM_WHAT UINT64_C(0xfffffffffffffffe) /* no such host call */
#define PVM_OOB UINT64_C(0xfffffffffffffffd)  /* inner memory out of bounds */
#define PVM_WHO UINT64_C(0xfffffffffffffffc)  /* no such service, machine or module */
#define PVM_FULL UINT64_C(0xfffffffffffffffb) /* no room left */
#define PVM_CORE UINT64_C(0xfffffffffffffffa)
#define PVM_CASH UINT64_C(0xfffffffffffffff9)
#define PVM_LOW UINT64_C(0xfffffffffffffff8)
#define PVM_HUH UINT64_C(0xfffffffffffffff7) /* an argument without meaning */
#define PVM_FIRST_ERROR PVM_HUH

/* How an inner machine stopped: pvm_exit.reason. */
#define PVM_EXIT_HALT UINT64_C(0)
#define PVM_EXIT_PANIC UINT64_C(1)
#define PVM_EXIT_FAULT UINT64_C(2) /* argument: the address of the page */
#define PVM_EXIT_HOST UINT64_C(3)  /* argument: the number of the host call */
#define PVM_EXIT_OUT_OF_GAS UINT64_C(4)

/* Numbers of host calls. */
#define PVM_CALL_GAS 0
#define PVM_CALL_GROW_HEAP 1
#define PVM_CALL_FETCH 2
#define PVM_CALL_HISTORICAL_LOOKUP 7
#define PVM_CALL_EXPORT 8
#ifdef PVM_REVISION_0_8_0
#define PVM_CALL_MACHINE 9
#define PVM_CALL_PEEK 10
#define PVM_CALL_POKE 11
#define PVM_CALL_PAGES 12
#define PVM_CALL_INVOKE 13
#define PVM_CALL_EXPUNGE 14
#else
#define PVM_CALL_COMPILE 9
#define PVM_CALL_MACHINE 10
#define PVM_CALL_PEEK 11
#define PVM_CALL_POKE 12
#define PVM_CALL_PAGES 13
#define PVM_CALL_INVOKE 14
#define PVM_CALL_EXPUNGE 15
#endif

#define PVM_PAGE_SIZE 4096
#define PVM_SEGMENT_SIZE 4104              /* octets of one exported segment */
#define PVM_OWN_SERVICE UINT64_C(0xffffffffffffffff)

/*
 * pvm_call(number, a0, ..., a5): any host call by its number (a constant in 0..2047), with what registers a0 to a5
 * shall hold; its value is a0 afterwards. pvm_call_pair gives a0 and a1. Memory may be read and written by the host;
 * no other register changes. The instruction is custom-0, which the linker turns into `ecalli number`. Arguments are
 * evaluated before any register is loaded, because a function called in one would overwrite it.
 */
#define PVM_HOST_CALL ".insn i 0x0b, 0, x0, x0, %[number]"

#define pvm_call(number_, first_, second_, third_, fourth_, fifth_, sixth_)                                            \
    __extension__({                                                                                                    \
        uint64_t pvm_v0 = (first_);                                                                                    \
        uint64_t pvm_v1 = (second_);                                                                                   \
        uint64_t pvm_v2 = (third_);                                                                                    \
        uint64_t pvm_v3 = (fourth_);                                                                                   \
        uint64_t pvm_v4 = (fifth_);                                                                                    \
        uint64_t pvm_v5 = (sixth_);                                                                                    \
        register uint64_t pvm_a0 __asm__("a0") = pvm_v0;                                                               \
        register uint64_t pvm_a1 __asm__("a1") = pvm_v1;                                                               \
        register uint64_t pvm_a2 __asm__("a2") = pvm_v2;                                                               \
        register uint64_t pvm_a3 __asm__("a3") = pvm_v3;                                                               \
        register uint64_t pvm_a4 __asm__("a4") = pvm_v4;                                                               \
        register uint64_t pvm_a5 __asm__("a5") = pvm_v5;                                                               \
        __asm__ volatile(PVM_HOST_CALL                                                                                 \
                         : "+r"(pvm_a0)                                                                                \
                         : [number] "i"(number_), "r"(pvm_a1), "r"(pvm_a2), "r"(pvm_a3), "r"(pvm_a4), "r"(pvm_a5)      \
                         : "memory");                                                                                  \
        pvm_a0;                                                                                                        \
    })

typedef struct {
    uint64_t first;
    uint64_t second;
} pvm_pair;

#define pvm_call_pair(number_, first_, second_, third_, fourth_, fifth_, sixth_)                                       \
    __extension__({                                                                                                    \
        uint64_t pvm_v0 = (first_);                                                                                    \
        uint64_t pvm_v1 = (second_);                                                                                   \
        uint64_t pvm_v2 = (third_);                                                                                    \
        uint64_t pvm_v3 = (fourth_);                                                                                   \
        uint64_t pvm_v4 = (fifth_);                                                                                    \
        uint64_t pvm_v5 = (sixth_);                                                                                    \
        register uint64_t pvm_a0 __asm__("a0") = pvm_v0;                                                               \
        register uint64_t pvm_a1 __asm__("a1") = pvm_v1;                                                               \
        register uint64_t pvm_a2 __asm__("a2") = pvm_v2;                                                               \
        register uint64_t pvm_a3 __asm__("a3") = pvm_v3;                                                               \
        register uint64_t pvm_a4 __asm__("a4") = pvm_v4;                                                               \
        register uint64_t pvm_a5 __asm__("a5") = pvm_v5;                                                               \
        __asm__ volatile(PVM_HOST_CALL                                                                                 \
                         : "+r"(pvm_a0), "+r"(pvm_a1)                                                                  \
                         : [number] "i"(number_), "r"(pvm_a2), "r"(pvm_a3), "r"(pvm_a4), "r"(pvm_a5)                   \
                         : "memory");                                                                                  \
        (pvm_pair){pvm_a0, pvm_a1};                                                                                    \
    })

/* The same with no more registers loaded than the call reads. */
#define pvm_call0(number_)                                                                                             \
    __extension__({                                                                                                    \
        register uint64_t pvm_a0 __asm__("a0");                                                                        \
        __asm__ volatile(PVM_HOST_CALL : "=r"(pvm_a0) : [number] "i"(number_) : "memory");                             \
        pvm_a0;                                                                                                        \
    })

#define pvm_call1(number_, first_)                                                                                     \
    __extension__({                                                                                                    \
        uint64_t pvm_v0 = (first_);                                                                                    \
        register uint64_t pvm_a0 __asm__("a0") = pvm_v0;                                                               \
        __asm__ volatile(PVM_HOST_CALL : "+r"(pvm_a0) : [number] "i"(number_) : "memory");                             \
        pvm_a0;                                                                                                        \
    })

#define pvm_call2(number_, first_, second_)                                                                            \
    __extension__({                                                                                                    \
        uint64_t pvm_v0 = (first_);                                                                                    \
        uint64_t pvm_v1 = (second_);                                                                                   \
        register uint64_t pvm_a0 __asm__("a0") = pvm_v0;                                                               \
        register uint64_t pvm_a1 __asm__("a1") = pvm_v1;                                                               \
        __asm__ volatile(PVM_HOST_CALL : "+r"(pvm_a0) : [number] "i"(number_), "r"(pvm_a1) : "memory");                \
        pvm_a0;                                                                                                        \
    })

#define pvm_call3(number_, first_, second_, third_)                                                                    \
    __extension__({                                                                                                    \
        uint64_t pvm_v0 = (first_);                                                                                    \
        uint64_t pvm_v1 = (second_);                                                                                   \
        uint64_t pvm_v2 = (third_);                                                                                    \
        register uint64_t pvm_a0 __asm__("a0") = pvm_v0;                                                               \
        register uint64_t pvm_a1 __asm__("a1") = pvm_v1;                                                               \
        register uint64_t pvm_a2 __asm__("a2") = pvm_v2;                                                               \
        __asm__ volatile(PVM_HOST_CALL : "+r"(pvm_a0) : [number] "i"(number_), "r"(pvm_a1), "r"(pvm_a2) : "memory");   \
        pvm_a0;                                                                                                        \
    })

#define pvm_call4(number_, first_, second_, third_, fourth_)                                                           \
    __extension__({                                                                                                    \
        uint64_t pvm_v0 = (first_);                                                                                    \
        uint64_t pvm_v1 = (second_);                                                                                   \
        uint64_t pvm_v2 = (third_);                                                                                    \
        uint64_t pvm_v3 = (fourth_);                                                                                   \
        register uint64_t pvm_a0 __asm__("a0") = pvm_v0;                                                               \
        register uint64_t pvm_a1 __asm__("a1") = pvm_v1;                                                               \
        register uint64_t pvm_a2 __asm__("a2") = pvm_v2;                                                               \
        register uint64_t pvm_a3 __asm__("a3") = pvm_v3;                                                               \
        __asm__ volatile(PVM_HOST_CALL                                                                                 \
                         : "+r"(pvm_a0)                                                                                \
                         : [number] "i"(number_), "r"(pvm_a1), "r"(pvm_a2), "r"(pvm_a3)                                \
                         : "memory");                                                                                  \
        pvm_a0;                                                                                                        \
    })

#define pvm_call_pair2(number_, first_, second_)                                                                       \
    __extension__({                                                                                                    \
        uint64_t pvm_v0 = (first_);                                                                                    \
        uint64_t pvm_v1 = (second_);                                                                                   \
        register uint64_t pvm_a0 __asm__("a0") = pvm_v0;                                                               \
        register uint64_t pvm_a1 __asm__("a1") = pvm_v1;                                                               \
        __asm__ volatile(PVM_HOST_CALL : "+r"(pvm_a0), "+r"(pvm_a1) : [number] "i"(number_) : "memory");               \
        (pvm_pair){pvm_a0, pvm_a1};                                                                                    \
    })

/* General calls. */

/* The gas that is left, after the charge for this call. */
static inline uint64_t pvm_gas(void) {
    return pvm_call0(PVM_CALL_GAS);
}

/*
 * Asks for a heap that ends before page `end` (an address divided by 4096). Answers `end` when it now does, and the
 * present end, which pvm_grow_heap(0) asks for, when it cannot. New pages are zero. malloc uses this call: a program
 * that grows the heap itself does without malloc.
 */
static inline uint64_t pvm_grow_heap(uint64_t end) {
    return pvm_call1(PVM_CALL_GROW_HEAP, end);
}

/* What pvm_fetch fetches; in brackets, what `first` and `second` index. */
enum pvm_item {
    PVM_PROTOCOL_CONSTANTS = 0,
    PVM_ENTROPY = 1,
    PVM_AUTHORIZER_TRACE = 2,
    PVM_EXTRINSIC = 3,     /* [item, extrinsic] */
    PVM_OWN_EXTRINSIC = 4, /* [extrinsic] */
    PVM_IMPORT = 5,        /* [item, segment] */
    PVM_OWN_IMPORT = 6,    /* [segment] */
    PVM_WORK_PACKAGE = 7,
    PVM_AUTHORIZER_CONFIGURATION = 8,
    PVM_AUTHORIZATION_TOKEN = 9,
    PVM_REFINEMENT_CONTEXT = 10,
    PVM_ITEM_SUMMARIES = 11,
    PVM_ITEM_SUMMARY = 12, /* [item] */
    PVM_ITEM_PAYLOAD = 13, /* [item] */
    PVM_ACCUMULATE_ITEMS = 14,
    PVM_ACCUMULATE_ITEM = 15 /* [item] */
};

/* Copies octets [offset, offset + length) of an item, as far as it has them, to `out`; its whole length, or NONE. */
static inline uint64_t pvm_fetch(void *out, uint64_t offset, uint64_t length, enum pvm_item item, uint64_t first,
                                 uint64_t second) {
    return pvm_call(PVM_CALL_FETCH, (uintptr_t)out, offset, length, (uint64_t)item, first, second);
}

/* Refine calls. */

/* Like pvm_fetch, of the preimage of a 32-octet hash that a service (or PVM_OWN_SERVICE) has at the lookup anchor. */
static inline uint64_t pvm_historical_lookup(uint64_t service, const void *hash, void *out, uint64_t offset,
                                             uint64_t length) {
    return pvm_call(PVM_CALL_HISTORICAL_LOOKUP, service, (uintptr_t)hash, (uintptr_t)out, offset, length, 0);
}

/* Exports a segment, zero-padded to PVM_SEGMENT_SIZE: its index, or FULL. */
static inline uint64_t pvm_export(const void *data, uint64_t length) {
    return pvm_call2(PVM_CALL_EXPORT, (uintptr_t)data, length);
}

#ifdef PVM_REVISION_0_8_0
/* Makes a machine of a program blob that starts at `pc`: its number; FULL, or HUH when blob or pc are invalid. */
static inline uint64_t pvm_machine(const void *blob, uint64_t length, uint64_t pc) {
    return pvm_call3(PVM_CALL_MACHINE, (uintptr_t)blob, length, pc);
}

/* Removes a machine: where it stood (pc), or WHO. */
static inline uint64_t pvm_expunge_machine(uint64_t machine) {
    return pvm_call1(PVM_CALL_EXPUNGE, machine);
}
#else
/* Compiles a program blob in this memory: a module handle; FULL, or HUH when the blob is invalid. Gas by length. */
static inline uint64_t pvm_compile(const void *blob, uint64_t length) {
    return pvm_call3(PVM_CALL_COMPILE, 0, (uintptr_t)blob, length);
}

/*
 * Compiles at most `length` octets from `offset` of the preimage of a hash (32 octets) that `service` has, without
 * copying it here: a module handle; FULL, NONE, or HUH when the blob is invalid. Gas is for `length`, however short the
 * preimage is.
 */
static inline uint64_t pvm_compile_preimage(uint64_t service, const void *hash, uint64_t offset, uint64_t length) {
    return pvm_call(PVM_CALL_COMPILE, 1, (uintptr_t)hash, length, offset, service, 0);
}

/* Makes a machine of a module that starts at `pc`: its number; FULL, WHO, or HUH when pc is invalid. */
static inline uint64_t pvm_machine(uint64_t module, uint64_t pc) {
    return pvm_call2(PVM_CALL_MACHINE, module, pc);
}

/* Removes a machine: where it stood (pc), or WHO. */
static inline uint64_t pvm_expunge_machine(uint64_t machine) {
    return pvm_call2(PVM_CALL_EXPUNGE, 0, machine);
}

/* Gives up a module handle. Machines made from it go on; it counts as in use until they are gone. OK, or WHO. */
static inline uint64_t pvm_expunge_module(uint64_t module) {
    return pvm_call2(PVM_CALL_EXPUNGE, 1, module);
}
#endif

/* Copies octets from a machine's memory here: OK, WHO or OOB. Here and below the target comes first, as in memcpy. */
static inline uint64_t pvm_peek(uint64_t machine, void *to, uint64_t from, uint64_t length) {
    return pvm_call4(PVM_CALL_PEEK, machine, (uintptr_t)to, from, length);
}

/* Copies octets from here to a machine's memory: OK, WHO or OOB. */
static inline uint64_t pvm_poke(uint64_t machine, uint64_t to, const void *from, uint64_t length) {
    return pvm_call4(PVM_CALL_POKE, machine, (uintptr_t)from, to, length);
}

/* What pvm_pages makes of pages; the last two keep their contents and need pages that are accessible. */
enum pvm_access {
    PVM_ACCESS_NONE = 0,
    PVM_ACCESS_READ_ZERO = 1,
    PVM_ACCESS_WRITE_ZERO = 2,
    PVM_ACCESS_READ = 3,
    PVM_ACCESS_WRITE = 4
};

/* Sets the access of `count` pages of a machine, from page `first` (16 at least): OK, WHO or HUH. */
static inline uint64_t pvm_pages(uint64_t machine, uint64_t first, uint64_t count, enum pvm_access access) {
    return pvm_call4(PVM_CALL_PAGES, machine, first, count, (uint64_t)access);
}

/* The state of a machine that pvm_invoke reads and writes. */
typedef struct {
    uint64_t gas;
    uint64_t registers[13]; /* ra sp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 */
} pvm_frame;

_Static_assert(sizeof(pvm_frame) == 112, "the frame of invoke has 112 octets");

enum pvm_register { PVM_RA, PVM_SP, PVM_T0, PVM_T1, PVM_T2, PVM_S0, PVM_S1, PVM_A0, PVM_A1, PVM_A2, PVM_A3, PVM_A4,
                    PVM_A5 };

/* What ra holds in a function that shall end its machine by returning. */
#define PVM_HALT_ADDRESS UINT64_C(0xffff0000)

typedef struct {
    uint64_t reason;   /* PVM_EXIT_..., or WHO */
    uint64_t argument; /* of FAULT and HOST */
} pvm_exit;

/* Runs a machine until it stops, after which the frame holds its gas and registers. */
static inline pvm_exit pvm_invoke(uint64_t machine, pvm_frame *frame) {
    pvm_pair result = pvm_call_pair2(PVM_CALL_INVOKE, machine, (uintptr_t)frame);
    return (pvm_exit){result.first, result.second};
}

#ifdef __cplusplus
#undef _Static_assert
}
#endif

#endif
