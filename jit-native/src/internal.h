/* What the files of the library share: structures and the functions between them. Each block names the file that
 * defines what it declares. */
#ifndef PVMJIT_INTERNAL_H
#define PVMJIT_INTERNAL_H

#include "../include/pvmjit.h"
#include "gas.h"
#include "layout.h"
#include "pages.h"
#include "window.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define FIRST_ACCESSIBLE_PAGE 16
#define GUEST_MEMORY_BYTES (UINT64_C(1) << 32)

typedef enum pvm_status status;

/* error.c: fills error (which may be null) and returns the status it was given. */
status fail(pvm_error *error, status code, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- revisions.c: in what the revisions differ (revisions.def) ---- */

enum revision {
#define REVISION(name, label, opcodes, mask, code_length, table_length, empty_count, cmov_reads) REVISION_##name,
#include "revisions.def"
#undef REVISION
    REVISION_COUNT
};

struct revision_rules {
    const char *label;
    const uint8_t *opcodes; /* enum opcode of each of the 256 octets */
    uint8_t third_register_mask;
    uint32_t maximum_code_length;
    uint32_t maximum_jump_table_length;
    bool empty_entries_count;    /* against the limit of the jump table */
    bool cmov_reads_destination; /* in the gas model */
};

/* By enum pvm_revision. */
extern const struct revision_rules revision_table[REVISION_COUNT];

/* ---- decode.c: program blobs and instructions (Gray Paper A.2, A.3, A.5) ---- */

/* How operands lie in the octets of an instruction. */
enum encoding {
    NONE_ENCODING,
    IMM_ENCODING,
    REG_IMM64_ENCODING,
    IMM_IMM_ENCODING,
    OFF_ENCODING,
    REG_IMM_ENCODING,
    REG_IMM_IMM_ENCODING,
    REG_IMM_OFF_ENCODING,
    REG_REG_ENCODING,
    REG_REG_IMM_ENCODING,
    REG_REG_OFF_ENCODING,
    REG_REG_IMM_IMM_ENCODING,
    REG_REG_REG_ENCODING
};

/* Operands that are registers, and sets of them. */
enum operand_set { OPERAND_NONE = 0, OPERAND_A = 1, OPERAND_B = 2, OPERAND_AB = 3, OPERAND_D = 4 };

enum operand_offset { OFFSET_NONE, OFFSET_X, OFFSET_Y };

enum operands {
#define OPERANDS(name, encoding, reads, writes, updates, base, offset) OPERANDS_##name,
#include "operands.def"
#undef OPERANDS
    OPERANDS_COUNT
};

/* What the operands of a form are for. */
struct operand_roles {
    /* For A, B, D in turn: all bits set when the register is among them, else none. */
    uint16_t reads[3], writes[3];
    bool updates;   /* what it writes, it updates */
    uint8_t base;   /* enum operand_set */
    uint8_t offset; /* enum operand_offset */
};

extern const struct operand_roles operand_table[OPERANDS_COUNT];

enum access { ACCESS_NONE, ACCESS_U8, ACCESS_I8, ACCESS_U16, ACCESS_I16, ACCESS_U32, ACCESS_I32, ACCESS_U64 };

enum slot_rule { SLOTS_FIXED, SLOTS_ANY, SLOTS_FIRST };

enum unit_class { UNITS_NONE, UNITS_ALU, UNITS_ALU2, UNITS_LOAD, UNITS_STORE, UNITS_MUL, UNITS_DIV };

#define BRANCH_CYCLES 0

/* Opcodes by number in the order of opcodes.def. Which octet means which is a matter of the revision. */
enum opcode {
    OP_undefined,
#define OPCODE(code, name, operands, access, terminator, cycles, rule, overlapping, otherwise, units) OP_##name,
#include "opcodes.def"
#undef OPCODE
    OP_COUNT
};

struct opcode_info {
    const char *name;
    uint8_t operands; /* enum operands */
    uint8_t encoding; /* enum encoding, of the operands */
    uint8_t access;   /* enum access */
    bool terminator;
    uint8_t cycles; /* or BRANCH_CYCLES */
    uint8_t slot_rule;
    uint8_t slots_overlapping;
    uint8_t slots_otherwise;
    uint8_t units;
};

extern const struct opcode_info opcode_table[OP_COUNT];

/* Operands that the form does not have are 0. */
struct instruction {
    uint32_t pc;
    uint32_t next;
    union {
        struct {
            uint8_t opcode;  /* enum opcode, not undefined */
            uint8_t a, b, d; /* 0 to 12 */
        };
        uint32_t operands; /* these four */
    };
    int64_t x, y;
    int64_t target;
};

/* A validated program. code and starts are followed by padding: operand octets beyond the code read 0, start bits 1. */
struct program {
    const struct revision_rules *rules;
    pvm_engine *engine;  /* whose memory it is; null: of the heap */
    struct piece memory; /* of all that follows */
    uint8_t *code;
    uint8_t *starts;            /* one bit per octet of code: an instruction starts there */
    uint8_t *block_starts;      /* and it is the first of a basic block (Gray Paper A.3) */
    uint32_t *ranks;            /* instructions that start before octet 64 * i of the code */
    uint8_t *jump_table;        /* entries of entry_size octets, 0 to 8 */
    uint64_t jump_table_length; /* beyond 2^24 only with entry_size 0 */
    uint32_t code_length;
    uint32_t entry_size;
    uint32_t instruction_count;
    uint32_t block_count;
};

status program_parse(struct program *program, const uint8_t *blob, uint64_t length, const struct revision_rules *rules,
                     pvm_engine *engine, pvm_error *error);
void program_free(struct program *program);

/* Octets of memory that program_free frees. */
uint64_t program_bytes(const struct program *program);

/* In a valid program every set bit below code_length is an instruction that the walk meets. */
static inline bool program_is_start(const struct program *program, uint64_t pc) {
    return pc < program->code_length && (program->starts[pc >> 3] >> (pc & 7) & 1) != 0;
}

/* Whether pc is 0 or follows a terminator, and an instruction starts there (Gray Paper A.3). */
static inline bool program_is_block_start(const struct program *program, int64_t pc) {
    return (uint64_t)pc < program->code_length && (program->block_starts[pc >> 3] >> (pc & 7) & 1) != 0;
}

/* How many instructions start in front of pc. */
static inline uint32_t program_index(const struct program *program, uint32_t pc) {
    uint64_t starts;
    memcpy(&starts, program->starts + (uint64_t)(pc / 64) * 8, sizeof starts);
    return program->ranks[pc / 64] + (uint32_t)__builtin_popcountll(starts & ((UINT64_C(1) << (pc & 63)) - 1));
}

/* The pc of the instruction with this index. */
uint32_t program_pc_of_index(const struct program *program, uint32_t index);

/* The address that an entry holds, 0 when entries have no octets. */
uint64_t program_jump_target(const struct program *program, uint32_t index);

/* The most octets between two opcodes. */
#define MAXIMUM_SKIP 24

/* Where the instruction behind the one at pc starts; in a valid program the next start, or the end of the code. */
uint32_t program_next(const struct program *program, uint32_t pc);

/* lookahead.c: the instruction at pc, a valid start. */
struct instruction program_decode(const struct program *program, uint32_t pc);

/* What the octet at pc means as an opcode, whatever it is there; outside of the code, what 0 means. */
static inline enum opcode program_opcode(const struct program *program, int64_t pc) {
    uint8_t octet = pc >= 0 && pc < program->code_length ? program->code[pc] : 0;
    return (enum opcode)program->rules->opcodes[octet];
}

/* Width in octets (1, 2, 4, 8) of the memory access and whether it writes; 0 when the instruction has none. */
struct memory_access {
    uint8_t size;
    bool write;
    uint8_t base; /* register number, or NO_BASE */
    int64_t offset;
};
#define NO_BASE 255
struct memory_access instruction_memory_access(const struct instruction *instruction);

/* ---- arena.c: executable memory ---- */

struct arena {
    pthread_mutex_t mutex;
    uint8_t *writable;   /* view to write code through */
    uint8_t *executable; /* view to run it from; the same address when there is one mapping */
    uint64_t size;
    uint64_t used;
    int file;                      /* memfd, or -1 with one mapping */
    struct arena_span *free_spans; /* that may have no memory */
    struct arena_span *kept_spans; /* that have, from when they were in use */
    uint64_t kept;                 /* octets of these */
    bool sync_core;
};

/* Freed spans keep their memory for the code that comes next, as long as all that do have no more than this. */
#define KEPT_BYTES (UINT64_C(16) << 20)

struct arena_span {
    uint64_t offset, size;
    struct arena_span *next;
};

/* Maps of the kernel that an arena takes at most: with one mapping what was ever used, the rest, and two more while a span
 * of it is writable. */
#define ARENA_MAPS 4

status arena_create(struct arena *arena, uint64_t size, bool single_mapping, pvm_error *error);
void arena_destroy(struct arena *arena);

/* Copies code in; *executable is its address. Aligned to 64 octets. From octet `kept` on, a multiple of the page size, code
 * is pages from mmap, which lose their contents and their memory as they are copied. */
status arena_publish(struct arena *arena, uint8_t *code, uint64_t size, uint64_t kept, uint8_t **executable,
                     pvm_error *error);

/* Overwrites the code with int3 and takes its space back. */
void arena_release(struct arena *arena, uint8_t *executable, uint64_t size);

/* ---- codegen.c: machine code of a module ---- */

enum variant_kind { VARIANT_HARDWARE, VARIANT_CHECKED, VARIANT_COUNT };

/* Machine code of one flavour. */
struct variant {
    struct piece memory; /* of offsets and jump_table */
    uint8_t *code;       /* executable address; null when not made */
    uint64_t size;
    uint32_t end_offset; /* behind the last instruction */
    uint32_t *offsets;   /* of each instruction, in order; a block's begins with its gas check */
    void **jump_table;   /* [0] and invalid entries lead to the panic exit; null when C makes the dynamic jumps */
};

/* Octets of machine code that are reserved for each guest instruction, the gas check included. */
#define MAXIMUM_INSTRUCTION_SIZE 160

/* The most machine code of a module, for each octet of its code and in all beyond that: whatever the code is. */
#define NATIVE_OCTETS_PER_OCTET 24
#define NATIVE_OCTETS_FIXED 4096

struct pvm_module {
    pvm_engine *engine;
    atomic_uint_fast64_t references;
    struct program program;
    struct piece blocks_memory;
    pvm_block *blocks;     /* by rising pc */
    bool priced;           /* all blocks have their costs */
    pthread_mutex_t mutex; /* guards the making of variants */
    _Atomic(struct variant *) variants[VARIANT_COUNT];
};

/* Makes a variant's code and publishes it. The first call also prices the blocks. */
status codegen_compile(pvm_module *module, enum variant_kind kind, struct variant *variant, pvm_error *error);

/* Octets of offsets and jump table of each variant of this program. */
uint64_t codegen_table_bytes(const struct program *program);

/* Octets of the gas check that a block's machine code begins with. */
uint32_t codegen_gas_check_size(const uint8_t *check);

/* The block that ran out of gas, from what pvm_exit_out_of_gas leaves: the return address and the octets pushed. */
uint32_t codegen_block_out_of_gas(const struct variant *variant, const uint8_t *return_address, uint32_t pushed);

/* The block that contains pc, a valid start. */
const pvm_block *module_block(const pvm_module *module, uint32_t pc);
/* pc of the instruction whose machine code contains the address. */
uint32_t module_pc_of_native(const pvm_module *module, const struct variant *variant, const uint8_t *address);

/* ---- module.c ---- */

/* The variant of this kind, made now if need be. */
status module_variant(pvm_module *module, enum variant_kind kind, struct variant **variant, pvm_error *error);

/* entry.S */
uint32_t pvm_enter(pvm_context *context, const void *target);
uint32_t pvm_enter_gs(pvm_context *context, const void *target);
void pvm_exit_panic(void);
void pvm_exit_out_of_gas(void);
void pvm_exit_host_call(void);
void pvm_exit_jump(void);
void pvm_exit_dynamic_panic(void);
void pvm_exit_check_failed(void);
void pvm_exit_hardware_fault(void);

/* ---- memory.c: slots, pages ---- */

/* Fields that generated code reaches at negative displacements from the context; the order is that of layout.h. */
struct private_fields {
    uint64_t fault_rip;
    uint64_t stack_pointer;
    uint64_t resume_native;
    void **jump_table;
    void (*exit_fault)(void);
    void (*exit_check_failed)(void);
    void (*exit_jump)(void);
    void (*exit_host_call)(void);
    void (*exit_out_of_gas)(void);
    void (*exit_panic)(void);
};

/* A region as a pooled slot remembers it. */
struct layout_entry {
    uint32_t first_page, page_count, access;
    uint64_t contents_id;
};

#define LAYOUT_ENTRIES 8

struct instance {
    struct private_fields fields;
    pvm_context context;
    pvm_module *module;
    struct variant *variant;
    uint32_t (*enter)(pvm_context *context, const void *target); /* pvm_enter or pvm_enter_gs */
    uint64_t kept_gas;                                           /* while gas_aside: what is missing in context.gas */
    uint32_t resume_pc;                                          /* pc that resume_native belongs to */
    bool gas_aside;
    bool checked;
    atomic_bool alive;
    bool broken;       /* hardware and page table may differ: no run */
    bool lost;         /* RAM may not be touched or unmapped any more: the slot is never used again */
    bool layout_known; /* RAM has the access of `layout` still; else it must be made anew */
    uint32_t layout_count;
    struct layout_entry layout[LAYOUT_ENTRIES];
    bool hidden_contents; /* inaccessible pages may hold something; else they are zero */
    uint32_t touched_first,
        touched_end;     /* every page that has been accessible since the slot was blank is in between */
    uint64_t boundaries; /* pages whose access differs from that of the page before */
    uint64_t maps;       /* counted against the engine's limit */
    struct window window;
    uint64_t slot_number; /* of the engine's, from 0 */
    uint64_t pooled_bytes;
    pvm_error failure; /* of the last run that was a PVM_EXIT_FAILURE */
    struct instance *next_pooled;
    struct instance *next_slot; /* all slots of the engine */
};

_Static_assert((int)PVM_EXIT_HALT == EXIT_HALT && (int)PVM_EXIT_PANIC == EXIT_PANIC &&
                   (int)PVM_EXIT_HOST_CALL == EXIT_HOST_CALL && (int)PVM_EXIT_OUT_OF_GAS == EXIT_OUT_OF_GAS,
               "layout.h");
_Static_assert((int)PVM_EXIT_INTERRUPTED < ENTRY_HARDWARE_FAULT && ENTRY_HARDWARE_FAULT != ENTRY_CHECK_FAILED,
               "layout.h");
_Static_assert(offsetof(pvm_context, registers) == 0, "entry.S");
_Static_assert(offsetof(pvm_context, gas) == CONTEXT_GAS, "layout.h");
_Static_assert(offsetof(pvm_context, exit_argument) == CONTEXT_EXIT_ARGUMENT, "layout.h");
_Static_assert(offsetof(pvm_context, pc) == CONTEXT_PC, "layout.h");
_Static_assert(offsetof(pvm_context, exit_pc) == CONTEXT_EXIT_PC, "layout.h");
_Static_assert(offsetof(pvm_context, memory) == CONTEXT_MEMORY, "layout.h");
#define ASSERT_PRIVATE(field, displacement)                                                                            \
    _Static_assert((long)offsetof(struct instance, fields.field) - (long)offsetof(struct instance, context) ==         \
                       (displacement),                                                                                 \
                   "layout.h")
ASSERT_PRIVATE(exit_panic, PRIVATE_EXIT_PANIC);
ASSERT_PRIVATE(exit_out_of_gas, PRIVATE_EXIT_OUT_OF_GAS);
ASSERT_PRIVATE(exit_host_call, PRIVATE_EXIT_HOST_CALL);
ASSERT_PRIVATE(exit_jump, PRIVATE_EXIT_JUMP);
ASSERT_PRIVATE(exit_check_failed, PRIVATE_EXIT_CHECK_FAILED);
ASSERT_PRIVATE(exit_fault, PRIVATE_EXIT_FAULT);
ASSERT_PRIVATE(jump_table, PRIVATE_JUMP_TABLE);
ASSERT_PRIVATE(resume_native, PRIVATE_RESUME_NATIVE);
ASSERT_PRIVATE(stack_pointer, PRIVATE_STACK_POINTER);
ASSERT_PRIVATE(fault_rip, PRIVATE_FAULT_RIP);

/* The private fields end at the context and are within one octet of displacement; the instance is within its page. */
_Static_assert(offsetof(struct instance, context) == sizeof(struct private_fields) &&
                   sizeof(struct private_fields) <= 128,
               "layout.h");
_Static_assert(offsetof(struct instance, context) <= SLOT_CONTEXT &&
                   SLOT_CONTEXT - offsetof(struct instance, context) + sizeof(struct instance) <= SLOT_PAGE_ACCESS,
               "layout.h");
_Static_assert(SLOT_PAGE_ACCESS == PVM_PAGE_SIZE && SLOT_MEMORY == SLOT_PAGE_ACCESS + PVM_PAGE_COUNT, "layout.h");
/* An access of 8 octets at the last address ends in the guard; addresses of RAM are relative to the context. */
_Static_assert(SLOT_GUARD >= 8 && SLOT_GUARD % PVM_PAGE_SIZE == 0 && SLOT_MEMORY % PVM_PAGE_SIZE == 0, "layout.h");

static inline struct instance *instance_of(pvm_context *context) {
    return (struct instance *)(void *)((uint8_t *)context - offsetof(struct instance, context));
}

static inline uint8_t *instance_page_access(struct instance *instance) {
    return (uint8_t *)&instance->context - SLOT_CONTEXT + SLOT_PAGE_ACCESS;
}

/* Counts maps of the kernel before they are made; false when that would be more than the engine may have. */
bool engine_reserve_maps(pvm_engine *engine, uint64_t maps);

/* Where the instance's RAM denies the access: index of the lowest such octet before the modulo, or -1. */
int64_t memory_denied(struct instance *instance, uint32_t address, uint32_t size, bool write);

void memory_open(pvm_engine *engine);

/* No instance may be alive. */
void memory_close(pvm_engine *engine);

/* ---- trap.c: signals ---- */

/* Makes faults in this code range the guest's own. */
status trap_register(const uint8_t *code, uint64_t size, pvm_error *error);
void trap_unregister(const uint8_t *code);

/* ---- interrupt.c: stopping a run from outside ---- */

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

/* ---- api.c ---- */

struct pvm_engine {
    pvm_engine_config config; /* defaults filled in */
    bool use_gs;
    const struct revision_rules *rules;
    struct arena arena;
    struct pages pages;
    struct window_file windows;
    atomic_uint_fast64_t modules_alive;
    pthread_mutex_t mutex; /* guards the fields below */
    struct instance *pool;
    struct instance *slots;
    uint64_t slot_count;
    uint64_t slots_made; /* with those that were lost */
    uint64_t pooled_count;
    uint64_t pooled_bytes;
    uint64_t instances_alive;
    atomic_uint_fast64_t instances_checked;
    atomic_uint_fast64_t maps_used; /* of the kernel: an upper bound at every moment */
};

#endif
