/* pvmjit: compiles programs of the PVM (Gray Paper, appendix A) to x86-64 machine code and runs them.
 *
 * This is the only public header, and the only input of jextract. It declares, once, what C, assembly and Java share:
 * the context of an instance, statuses, exits and functions.
 *
 * Objects. An engine owns a code arena and a pool of memory slots. A module is one compiled program of an engine:
 * immutable, shared, reference counted. An instance is one machine: registers, gas, program counter and RAM.
 *
 * Threads. An engine and its modules may be used by any number of threads at once. An instance belongs to one thread
 * at a time, pvm_interrupt apart: nothing here checks that, the caller must.
 *
 * Errors. What the caller or the environment does wrong is a pvm_status, with a message in pvm_error. What the guest
 * does wrong is a pvm_exit, never a status. No function ends the process.
 *
 * Units. Addresses of guest RAM are octets, 0 to 2^32 - 1; a page is PVM_PAGE_SIZE octets; a program counter (pc) is
 * an octet index into the program's code; gas is an unsigned 64-bit number of gas units.
 */
#ifndef PVMJIT_H
#define PVMJIT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever anything in this header changes; a caller compares it with pvm_abi_version(). */
#define PVM_ABI_VERSION 6

#define PVM_REGISTER_COUNT 13
#define PVM_PAGE_SIZE 4096
#define PVM_PAGE_COUNT 1048576

/* What a function that can fail returns. */
enum pvm_status {
    PVM_OK = 0,
    PVM_INVALID_PROGRAM = 1,  /* the blob breaks a rule of deblob; pvm_error.offset says where in the blob */
    PVM_RESOURCE_LIMIT = 2,   /* memory, code arena, instances or maps are used up; others may be closed to go on */
    PVM_UNSUPPORTED = 3,      /* this processor or kernel lacks what the machine code needs */
    PVM_INVALID_ARGUMENT = 4, /* the caller broke this interface */
    PVM_INTERNAL_ERROR = 5    /* a bug in this library; the object concerned must not be used again */
};

/* Why a run ended. The first five are the results of the Gray Paper's `invoke` (0 to 4). */
enum pvm_exit {
    PVM_EXIT_HALT = 0,
    PVM_EXIT_PANIC = 1,
    PVM_EXIT_PAGE_FAULT = 2, /* exit_argument: address of the page */
    PVM_EXIT_HOST_CALL = 3,  /* exit_argument: number of the call, sign-extended to 64 bits */
    PVM_EXIT_OUT_OF_GAS = 4,
    /* Not the guest's doing: exit_argument is the pvm_status, pvm_failure says more. The state is that before the
     * instruction. */
    PVM_EXIT_FAILURE = 5,
    /* Nor is this: pvm_interrupt stopped the run in front of a block, or before it did anything, or behind a host call that
     * pvm_run_answering_gas has answered. Gas, pc, registers and gas_charged are what they would be had the gas ended there, or
     * had that call come out; the next run goes on as if nothing had been. */
    PVM_EXIT_INTERRUPTED = 6
};

/* Access to a page. Writable includes readable. */
enum pvm_access { PVM_ACCESS_NONE = 0, PVM_ACCESS_READ = 1, PVM_ACCESS_WRITE = 2 };

/* Rules of which version of the Gray Paper. Here they decide which programs are valid, how operands are decoded, and the
 * gas of blocks. */
enum pvm_revision {
    PVM_REVISION_0_8_0 = 0,         /* the text at c72d861 */
    PVM_REVISION_0_8_0_VECTORS = 1, /* 0.8.0 with #559, as the public vectors of September 2026 apply it */
    PVM_REVISION_NEXT = 2           /* the text at e5375148, with #559 */
};

/* Flags of pvm_engine_config: they trade speed for reach or for a second line of defence, never results. */
enum pvm_engine_flag {
    PVM_FLAG_NO_GS = 1,          /* address RAM by a base register, as on processors without FSGSBASE */
    PVM_FLAG_ALWAYS_CHECKED = 2, /* every instance runs code that checks the page table in software */
    PVM_FLAG_SINGLE_MAPPING = 4, /* one mapping of the code arena, switched between writable and executable */
    /* Names of blocks go to /tmp/perf-PID.map, which Linux's perf reads for anonymous memory alone: so it has
     * PVM_FLAG_SINGLE_MAPPING in it. */
    PVM_FLAG_PERF_MAP = 8,
    /* Indirect jumps of machine code, and those into it, are made so that the processor predicts none of them: by returns
     * that it expects to lead to an endless loop, after it has done what comes before. */
    PVM_FLAG_RETPOLINES = 16,
    /* Constants of guests above 16 bits do not stand in machine code, which puts them together from two parts, of which one is
     * random: so that none of them puts octets there that a guest has chosen. Making code then fails with PVM_RESOURCE_LIMIT
     * where the system has no random octets. */
    PVM_FLAG_BLINDED_CONSTANTS = 32
};

typedef struct pvm_engine pvm_engine;
typedef struct pvm_module pvm_module;

/* Details of a failure. message is NUL-terminated. */
typedef struct pvm_error {
    uint32_t status; /* enum pvm_status */
    uint32_t reserved;
    uint64_t offset; /* of the offending octet in the blob, for PVM_INVALID_PROGRAM */
    char message[240];
} pvm_error;

/* How to make an engine. Zero in a field of a limit means its default. */
typedef struct pvm_engine_config {
    uint32_t revision;          /* enum pvm_revision */
    uint32_t flags;             /* sum of enum pvm_engine_flag */
    uint64_t code_arena_bytes;  /* address space for machine code (default 1 GiB, at most 2 GiB) */
    uint32_t instance_limit;    /* instances alive or pooled (default: what map_limit and address space allow) */
    uint32_t maps_per_instance; /* regions of equal access an instance may have before it runs checked (default 64) */
    uint64_t map_limit;         /* maps of the kernel the engine may have (default: 3/4 of vm.max_map_count) */
    uint64_t pool_bytes;        /* RAM that idle slots may keep resident (default 256 MiB) */
    /* Octets of a program's code that are compiled at a time, whole blocks: the first of them with its module, unless one block
     * has more than twice as many, the others when a run first gets there, in room that is reserved with the module (default:
     * a 64th of the code, but at least 4096 and at most 65536). Where code is not mapped twice programs are compiled as a
     * whole. */
    uint32_t section_octets;
    uint32_t reserved; /* 0 */
} pvm_engine_config;

/* State of an instance, read and written by both sides while it does not run. Its address is the instance's handle. */
typedef struct pvm_context {
    uint64_t registers[PVM_REGISTER_COUNT]; /* phi 0 to phi 12 */
    uint64_t gas;                           /* left */
    uint64_t exit_argument;                 /* see enum pvm_exit; 0 where it has none */
    uint32_t pc;                /* where the next run starts: 0 after halt and panic, behind an ecalli, else exit_pc */
    uint32_t exit_pc;           /* of the instruction that made the exit */
    uint32_t exit_kind;         /* enum pvm_exit of the last run */
    uint32_t gas_charged;       /* 1 when the block that contains pc has been paid for, else 0 */
    uint8_t *memory;            /* guest RAM, 2^32 octets: touch only pages that page_access grants */
    const uint8_t *page_access; /* PVM_PAGE_COUNT octets of enum pvm_access; changed by pvm_memory_protect only */
    /* PVM_INTERRUPT_PENDING is set in it from pvm_interrupt until a run has stopped for it; the rest is the library's. It
     * may be read at any time, and that bit may be cleared while no run is under way, which takes the interrupt back:
     * both in one atomic operation. */
    uint64_t interrupt;
} pvm_context;

/* 2^32, see pvm_context.interrupt. */
#define PVM_INTERRUPT_PENDING 4294967296

/* A run of pages that a new instance starts with. */
typedef struct pvm_region {
    uint32_t first_page; /* 16 or more: the first 64 KiB are never accessible */
    uint32_t page_count; /* 1 or more */
    uint32_t access;     /* enum pvm_access, not NONE */
    uint32_t reserved;
    /* Octets at the start of the region, the rest is zero; may be null when contents_length is 0. */
    const void *contents;
    uint64_t contents_length;
    /* Not 0: a promise that equal ids have equal contents, which lets a pooled slot keep those of a region that is not
     * writable. 0: contents that are another instance's never again, such as arguments. One such region of up to 64
     * read-only pages costs an instance no more than the copying, when a pooled slot has its layout. */
    uint64_t contents_id;
} pvm_region;

typedef struct pvm_module_info {
    uint64_t code_length;       /* octets of guest code */
    uint64_t jump_table_length; /* entries */
    uint64_t instruction_count;
    uint64_t block_count;
    uint64_t native_bytes;        /* machine code so far, all variants */
    uint64_t native_bytes_likely; /* of the variant that most runs take when all is made, an estimate from above */
    uint64_t table_bytes;         /* memory beside the machine code */
} pvm_module_info;

/* A basic block and its price. */
typedef struct pvm_block {
    uint32_t pc;
    uint32_t cost;
} pvm_block;

typedef struct pvm_statistics {
    uint64_t modules_alive;
    uint64_t instances_alive;
    uint64_t instances_checked; /* of those alive, how many run with software page checks */
    uint64_t instances_pooled;  /* idle slots */
    uint64_t instance_limit;
    uint64_t code_bytes_used; /* by machine code, and reserved for what is still to be made of modules that are alive */
    uint64_t code_bytes_limit;
    uint64_t maps_used; /* maps of the kernel that the engine has, with those of idle slots: an upper bound */
    uint64_t map_limit;
} pvm_statistics;

/* The functions, alone of all that the library contains, are visible from outside. */
#pragma GCC visibility push(default)

/* PVM_ABI_VERSION of the library as built. */
uint32_t pvm_abi_version(void);

/* PVM_OK when this machine can run the generated code; else PVM_UNSUPPORTED and what is missing in error. */
int32_t pvm_supported(pvm_error *error);

/* Makes an engine and, with the first one of the process, installs the handlers of SIGSEGV and SIGBUS: call it after
 * every other part of the process has installed its own; signals that are not the guest's go on to those. Threads that
 * run guests must not block these signals: the kernel ends a process that faults while they are blocked. It also takes
 * SIGSTKFLT, or where that has a handler the highest real-time signal but one that has none, for pvm_interrupt.
 * config may be null (all defaults). *engine is set on PVM_OK only. error may be null, here and below. */
int32_t pvm_engine_create(const pvm_engine_config *config, pvm_engine **engine, pvm_error *error);

/* Frees the engine (null: nothing). PVM_INVALID_ARGUMENT, and nothing done, while modules or instances of it are alive. */
int32_t pvm_engine_destroy(pvm_engine *engine, pvm_error *error);

void pvm_engine_statistics(pvm_engine *engine, pvm_statistics *statistics);

/* Validates, prices and compiles a program blob (Gray Paper A.2 deblob, A.9 gas). The blob is copied. The new module
 * has one reference. Linear in length, in time and memory. */
int32_t pvm_module_compile(pvm_engine *engine, const uint8_t *blob, uint64_t length, pvm_module **module,
                           pvm_error *error);

void pvm_module_retain(pvm_module *module);

/* Drops one reference; the last one frees the module. An instance holds one of its own. Null: nothing. */
void pvm_module_release(pvm_module *module);

void pvm_module_describe(const pvm_module *module, pvm_module_info *info);

/* 1 when an instance may start at pc: an instruction starts there. Else 0. */
int32_t pvm_module_is_start(const pvm_module *module, uint64_t pc);

/* Copies the first `capacity` blocks in the order of their pc; returns how many there are in all. It compiles what has not been;
 * 0: there is no memory for that. */
uint64_t pvm_module_blocks(const pvm_module *module, pvm_block *blocks, uint64_t capacity);

/* Writes a listing of the machine code, a line for each guest instruction, as NUL-terminated text of at most capacity
 * octets with the NUL; returns the length of the whole text without it. It compiles what has not been; 0: there is no memory
 * for that. For people and tests. */
uint64_t pvm_module_listing(pvm_module *module, char *text, uint64_t capacity);

/* Makes an instance: registers, gas, pc and gas_charged 0, RAM as the regions say, which must not overlap and must be
 * in rising order. *context is set on PVM_OK only. */
int32_t pvm_instance_create(pvm_module *module, const pvm_region *regions, uint32_t region_count, pvm_context **context,
                            pvm_error *error);

/* pvm_instance_create for one of several who use the engine, told by any number but 0: the slots of its own instances that
 * have ended are the first to be used again, and the last to be taken by others. What the instance is does not depend on
 * it. */
int32_t pvm_instance_create_for(pvm_module *module, uint64_t owner, const pvm_region *regions, uint32_t region_count,
                                pvm_context **context, pvm_error *error);

/* Ends an instance (null: nothing) and drops its reference to the module. Its slot goes back to the pool, its address space stays
 * reserved until the engine is destroyed. */
void pvm_instance_destroy(pvm_context *context);

/* 1 when the instance runs with software page checks, else 0. It does when its regions would take too many maps; and for as long
 * as it is paged on demand: when it has ended often with a page fault, from a call of pvm_memory_protect on, until it has run
 * for a while without one. Checked code is made when a run first gets to it. */
int32_t pvm_instance_is_checked(const pvm_context *context);

/* From now on the instance is not checked for being paged on demand: for whoever has no room for checked code. 1 when it is not
 * checked now, else 0. Between runs. */
int32_t pvm_instance_check_by_hardware(pvm_context *context);

/* Runs from context->pc until an exit, and returns it (enum pvm_exit). A pc where no instruction starts is a panic
 * that charges nothing. May block for as long as the gas lasts.
 *
 * May compile: the first run to get to a section of a program (pvm_engine_config.section_octets) makes its machine code; that
 * is another code for instances that are checked, and for runs that are short of gas (less than 512, and the next block,
 * are left). It takes 5 to 100 us for a section of 4096 octets, and more where one block is longer, while runs that need the
 * same wait. When there is no room for it the exit is
 * PVM_EXIT_FAILURE, and the run may be tried again once there is. */
uint32_t pvm_run(pvm_context *context);

/* pvm_run that answers the host call `gas` itself (Gray Paper B.6), as often as the guest makes it: at an exit for the host
 * call of this number (sign-extended to 64 bits) with at least `cost` gas left, that much is taken, register 7 becomes what
 * is left, and the run goes on. With less gas the host call is an exit as ever. */
uint32_t pvm_run_answering_gas(pvm_context *context, uint64_t number, uint64_t cost);

/* Stops the run that is under way at the start of a block, or else the next run before it does anything: that run
 * is a PVM_EXIT_INTERRUPTED. A run that ends by itself first leaves the interrupt to the next one. Two interrupts before
 * a run stops are one.
 *
 * For any thread, at any time while the instance is alive; it does not wait for the stop. A run stops within the time
 * that the rest of its block and 512 gas take, a host call or page fault aside, which are exits as ever. It works by a signal (see
 * pvm_engine_create) to the thread that ran the instance last; a thread that blocks it after its first run is interrupted
 * no more. After PVM_RESOURCE_LIMIT (somebody has reset the signal's action, or it cannot be sent) the run stops when it
 * is entered next, and not before. */
int32_t pvm_interrupt(pvm_context *context, pvm_error *error);

/* pvm_interrupt for every instance of the engine that is alive. The last failure, if any, is returned. */
int32_t pvm_interrupt_all(pvm_engine *engine, pvm_error *error);

/* Why the last run ended with PVM_EXIT_FAILURE; status PVM_OK and no message when it did not. error must not be null. */
void pvm_failure(const pvm_context *context, pvm_error *error);

/* Sets the access of pages [first_page, first_page + page_count) and, when zero is not 0, their contents to zero.
 * Contents are kept otherwise, also while pages are inaccessible. Page 16 is the first that may become accessible.
 * After PVM_RESOURCE_LIMIT, here and below, the instance may be unusable: its runs then are PVM_EXIT_FAILURE. */
int32_t pvm_memory_protect(pvm_context *context, uint32_t first_page, uint32_t page_count, uint32_t access,
                           uint32_t zero, pvm_error *error);

/* Copies octets into RAM whatever its access, which must not be NONE: for the host to fill read-only pages. */
int32_t pvm_memory_fill(pvm_context *context, uint64_t address, const void *contents, uint64_t length,
                        pvm_error *error);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
