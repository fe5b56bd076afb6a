/* Running an instance: where to enter its machine code, and what each way out of it means. */
#include "base/error.h"
#include "base/hints.h"
#include "engine.h"
#include "interrupt.h"
#include "isa/lookahead.h"
#include "memory/access.h"
#include "memory/paging.h"
#include "memory/reuse.h"
#include "module.h"
#include "x64/blind.h"
#include "x64/codegen.h"
#include "x64/entry.h"
#include "x64/outward.h"

#include <string.h>

/* The dynamic jump address that halts (Gray Paper A.3). */
#define HALT_ADDRESS UINT32_C(0xFFFF0000)

/* Where a host call leaves its result (Gray Paper B.1). */
#define RESULT_REGISTER 7

static uint32_t leave(pvm_context *context, enum pvm_exit kind, uint32_t exit_pc, uint32_t pc, uint64_t argument) {
    context->exit_kind = (uint32_t)kind;
    context->exit_pc = exit_pc;
    context->pc = pc;
    context->exit_argument = argument;
    return (uint32_t)kind;
}

static uint32_t leave_by_interrupt(pvm_context *context, uint32_t pc) {
    __atomic_fetch_and(&context->interrupt, ~(uint64_t)PVM_INTERRUPT_PENDING, __ATOMIC_RELAXED);
    return leave(context, PVM_EXIT_INTERRUPTED, pc, pc, 0);
}

/* The run cannot go on at pc, for the reason that instance->failure says. */
static uint32_t leave_by_failure(struct instance *instance, uint32_t pc) {
    return leave(&instance->context, PVM_EXIT_FAILURE, pc, pc, instance->failure.status);
}

/* An access of the instruction at pc was denied: what the page table says about it (Gray Paper A.4). */
static uint32_t leave_by_access(struct instance *instance, uint32_t pc) {
    pvm_context *context = &instance->context;
    struct instruction i = program_decode(&instance->module->program, pc);
    struct memory_access access = instruction_memory_access(&i);
    uint64_t base = access.base == NO_BASE ? 0 : context->registers[access.base];
    uint32_t address = (uint32_t)(base + (uint64_t)access.offset);
    int64_t denied = access_denied(instance, address, access.size, access.write);
    context->gas_charged = 1;
    if (denied < 0) {
        /* The page is granted and yet could not be touched: the system has no memory for it. */
        fail(&instance->failure, PVM_RESOURCE_LIMIT, 0, "the system has no memory for the page of address 0x%x",
             address);
        return leave_by_failure(instance, pc);
    }
    uint32_t octet = (uint32_t)denied;
    if (octet < FIRST_ACCESSIBLE_PAGE * PVM_PAGE_SIZE) {
        return leave(context, PVM_EXIT_PANIC, pc, 0, 0);
    }
    return leave(context, PVM_EXIT_PAGE_FAULT, pc, pc, octet / PVM_PAGE_SIZE * PVM_PAGE_SIZE);
}

/* The gas that code of a variant, which serves a run with so much, does not get to see. */
static inline uint64_t held_back(const struct variant *variant, uint64_t gas) {
    uint64_t beyond = gas - variant->margin;
    return gas - (beyond < variant->maximum_gas ? beyond : variant->maximum_gas);
}

/* The variant whose code the instance was in, at this address. */
static struct variant *variant_at(const struct instance *instance, const uint8_t *address) {
    return links_variant_at(&instance->module->links, instance->variant->kind, address);
}

static struct block_gas gas_of(const struct variant *variant, const pvm_module *module, const pvm_block *block) {
    const uint8_t *code = variant_code_at(variant, &module->program, block->pc);
    return codegen_block_gas(variant, (uint64_t)(block - module->blocks), code);
}

/* What machine code of a block has taken of the gas while it runs, beyond its cost, modulo 2^64: for copies, less its debt. */
static uint64_t more_than_cost(struct block_gas gas, const pvm_block *block) {
    return (gas.copies - UINT64_C(1)) * block->cost - (uint64_t)gas.debt;
}

/* The variant that a run takes with so much gas, from the instruction with this index in this block, instead of *variant,
 * which most runs take; it is made now if need be. *paid: gas that is paid for copies of the block, less its debt, modulo 2^64;
 * *held: gas that is held back, all of it where another variant takes over with the next block. */
static status find_variant(struct instance *instance, uint64_t gas, const pvm_block *block, uint32_t index,
                           struct variant **variant, uint64_t *paid, uint64_t *held) {
    pvm_module *module = instance->module;
    const struct block_gas how = gas_of(*variant, module, block);
    status result = PVM_OK;
    const uint64_t ahead = (how.copies - UINT64_C(1)) * block->cost + (how.debt < 0 ? (uint64_t)-how.debt : 0);
    bool is_short = gas < (*variant)->margin + ahead;
    *paid = more_than_cost(how, block);
    *held = is_short ? 0 : held_back(*variant, gas - ahead);
    if (is_short || !codegen_can_enter(*variant, &module->program, block, how, index, instance->context.registers)) {
        *held = is_short ? 0 : gas;
        *paid = 0;
        result = module_variant(module, block->pc, VARIANT_EXACT, variant, &instance->failure);
    }
    return result;
}

/* The variant that most runs of the instance take, of the section that contains pc, made now if need be. An instance that is
 * checked for its faults alone does without the checks where there is no room for their code. */
static status main_variant(struct instance *instance, uint32_t pc, struct variant **variant) {
    pvm_module *module = instance->module;
    enum variant_kind kind = instance->checked ? VARIANT_CHECKED : module_main_kind(module);
    status result = module_variant(module, pc, kind, variant, &instance->failure);
    if (result != PVM_OK && paging_end_for_good(instance)) {
        result = module_variant(module, pc, module_main_kind(module), variant, &instance->failure);
    }
    return result;
}

/* Of the section that contains pc, if it has no code with checks yet. */
static uint32_t unchecked_instructions(const struct instance *instance, uint32_t pc) {
    const struct links *links = &instance->module->links;
    uint32_t section = links_section(links, pc);
    return links_variant(links, section, VARIANT_CHECKED) != NULL ? 0 : section_instructions(&links->ranges[section]);
}

/* How a run begins. */
struct start {
    const void *entry; /* in machine code; null when it ends before it begins */
    uint64_t paid;     /* of its gas, for the block that pc is in */
    uint64_t held;     /* of its gas, for later */
};

/* Where the run starts. Without an entry, *kind is set. */
static inline struct start find_start(struct instance *instance, uint32_t *kind) {
    struct start start = {NULL, 0, 0};
    pvm_context *context = &instance->context;
    pvm_module *module = instance->module;
    uint32_t pc = context->pc;
    if (interrupt_pending(context)) {
        *kind = leave_by_interrupt(context, pc);
        return start;
    }
    if (instance->broken) {
        fail(&instance->failure, PVM_RESOURCE_LIMIT, 0,
             "the access of its pages could not be changed: the instance cannot be used any more");
        *kind = leave_by_failure(instance, pc);
        return start;
    }
    if (instance->unsettled && reuse_settle(instance, &instance->failure) != PVM_OK) {
        *kind = leave_by_failure(instance, pc);
        return start;
    }
    if (!program_is_start(&module->program, pc)) {
        *kind = leave(context, PVM_EXIT_PANIC, pc, 0, 0);
        return start;
    }
    struct variant *variant;
    if (main_variant(instance, pc, &variant) != PVM_OK) {
        *kind = leave_by_failure(instance, pc);
        return start;
    }
    const pvm_block *block = module_block(module, pc);
    uint64_t due = context->gas_charged != 0 ? 0 : block->cost;
    if (context->gas < due) {
        *kind = leave(context, PVM_EXIT_OUT_OF_GAS, pc, pc, 0);
        return start;
    }
    uint32_t index = program_index(&module->program, pc);
    if (find_variant(instance, context->gas - due, block, index, &variant, &start.paid, &start.held) != PVM_OK) {
        *kind = leave_by_failure(instance, pc);
        return start;
    }
    if (instance->variant == NULL || instance->variant->kind != variant->kind) {
        instance->fields.jump_table = module->links.jump_tables[variant->kind].pointers;
        instance->fields.resume_native = 0; /* it was the code of the other one */
    }
    instance->variant = variant;
    start.paid += due;
    if (instance->paging && context->gas - start.paid > instance->paging_gas) {
        start.held = context->gas - start.paid - instance->paging_gas;
    }
    const uint8_t *code = variant_code_at(variant, &module->program, pc);
    start.entry = block->pc == pc ? code + gas_of(variant, module, block).size : code;
    return start;
}

/* The variant of the section with the block at pc, in the kind that runs; made now if need be. Null, with *kind, when it cannot
 * be: the run is to go on there. */
static struct variant *variant_of_block(struct instance *instance, uint32_t pc, uint32_t *kind) {
    struct variant *variant;
    if (module_variant(instance->module, pc, instance->variant->kind, &variant, &instance->failure) != PVM_OK) {
        instance->context.exit_pc = pc;
        *kind = PVM_EXIT_FAILURE;
        return NULL;
    }
    return variant;
}

/* The same, for who only goes on there. */
static const void *code_of_block(struct instance *instance, uint32_t pc, uint32_t *kind) {
    const struct variant *variant = variant_of_block(instance, pc, kind);
    return variant == NULL ? NULL : variant_code_at(variant, &instance->module->program, pc);
}

/* Makes the dynamic jump at pc (djump, Gray Paper A.3): machine code to go on at, or null with *kind halt or panic. */
static const void *jump(struct instance *instance, uint32_t pc, uint32_t *kind) {
    pvm_context *context = &instance->context;
    const struct program *program = &instance->module->program;
    if ((pc & OUTWARD_JUMP) != 0) {
        return code_of_block(instance, pc & ~OUTWARD_JUMP, kind);
    }
    struct instruction i = program_decode(program, pc);
    bool load = i.opcode == OP_load_imm_jump_ind;
    uint32_t address = (uint32_t)(context->registers[load ? i.b : i.a] + (uint64_t)(load ? i.y : i.x));
    if (load) {
        context->registers[i.a] = (uint64_t)i.x;
    }
    *kind = address == HALT_ADDRESS ? PVM_EXIT_HALT : PVM_EXIT_PANIC;
    if (address == HALT_ADDRESS || address == 0 || address % 2 != 0 || address / 2 > program->jump_table_length) {
        return NULL;
    }
    int64_t target = program_jump_block(program, address / 2 - 1);
    return target < 0 ? NULL : code_of_block(instance, (uint32_t)target, kind);
}

/* Lets an entry of the jump table by which machine code has jumped lead to its target; as code_of_block. */
static const void *resolve(struct instance *instance, uint32_t *kind) {
    pvm_module *module = instance->module;
    const struct jump_table *table = &module->links.jump_tables[instance->variant->kind];
    uint32_t entry = codegen_jump_entry(table, instance->fields.fault_native);
    uint32_t target = (uint32_t)program_jump_target(&module->program, entry);
    const struct variant *variant = variant_of_block(instance, target, kind);
    if (variant == NULL) {
        return NULL;
    }
    links_connect_entry(&module->links, entry, variant);
    return variant_code_at(variant, &module->program, target);
}

/* Runs machine code from entry until the guest has left it for another reason than a jump. */
INLINED uint32_t run_code(struct instance *instance, const void *entry) {
    uint32_t (*enter)(pvm_context *, const void *) =
        instance->variant->kind == VARIANT_FAST ? instance->enter_with_gas : instance->enter;
    uint32_t kind = enter(&instance->context, entry);
    while (__builtin_expect(kind == ENTRY_JUMP || kind == ENTRY_UNRESOLVED, 0)) {
        entry = kind == ENTRY_JUMP ? jump(instance, instance->context.exit_pc, &kind) : resolve(instance, &kind);
        if (entry == NULL) {
            break;
        }
        kind = enter(&instance->context, entry);
    }
    return kind;
}

/* Machine code could not go on with the block at pc, whose gas has not been taken. False: the run is to go on there. */
static bool stop_before(pvm_context *context, uint32_t *kind, uint32_t pc, bool gas_was_aside) {
    context->gas_charged = 0;
    context->pc = pc;
    if (gas_was_aside) {
        *kind = leave_by_interrupt(context, pc);
    }
    return gas_was_aside;
}

/* What an exit of machine code means that was no host call. gas_was_aside: an interrupt came meanwhile. False: the run is to go
 * on at pc, at a block that could not take its gas, or has no machine code yet. */
NOT_INLINED bool finish(pvm_context *context, uint32_t *kind, bool gas_was_aside) {
    struct instance *instance = instance_of(context);
    const pvm_block *block;
    struct codegen_fault fault;
    const struct variant *variant;
    const uint8_t *address;
    uint32_t index;
    switch (*kind) {
    case PVM_EXIT_OUT_OF_GAS:
        address = (const uint8_t *)instance->fields.fault_native;
        variant = variant_at(instance, address);
        if (codegen_is_unresolved(variant, address)) {
            uint32_t target = codegen_unresolved_target(variant, address, context->exit_pc);
            return stop_before(context, kind, target, gas_was_aside);
        }
        block = &instance->module->blocks[codegen_block_out_of_gas(variant, address, context->exit_pc)];
        /* The check took the gas before it saw that there was not enough. */
        context->gas += block->cost + more_than_cost(gas_of(variant, instance->module, block), block);
        return stop_before(context, kind, block->pc, gas_was_aside);
    case ENTRY_CHECK_FAILED: *kind = leave_by_access(instance, context->exit_pc); break;
    case ENTRY_HARDWARE_FAULT:
        address = (const uint8_t *)instance->fields.fault_native;
        variant = variant_at(instance, address);
        index = variant_index_at(variant, address);
        block = module_block(instance->module, program_pc_of_index(&instance->module->program, index));
        fault = codegen_resolve_fault(variant, &instance->module->program, block,
                                      gas_of(variant, instance->module, block), index, address, context->registers);
        context->gas += fault.refund;
        *kind = leave_by_access(instance, program_pc_of_index(&instance->module->program, fault.index));
        break;
    case PVM_EXIT_FAILURE:
        if (paging_end_for_good(instance)) {
            return stop_before(context, kind, context->exit_pc, gas_was_aside);
        }
        context->gas_charged = 0;
        *kind = leave_by_failure(instance, context->exit_pc);
        break;
    default: /* halt, panic */ context->gas_charged = 1; leave(context, (enum pvm_exit) * kind, context->exit_pc, 0, 0);
    }
    if (*kind == PVM_EXIT_PAGE_FAULT) {
        paging_fault(instance, instance->gas_before - context->gas, unchecked_instructions(instance, context->pc));
    }
    return true;
}

/* Interrupted before machine code was entered. */
NOT_INLINED uint32_t stay_out(pvm_context *context, uint64_t missing) {
    interrupt_end(context);
    context->gas += missing;
    return leave_by_interrupt(context, context->pc);
}

/* False: the run goes on at pc. */
INLINED bool run_at(pvm_context *context, struct start start, uint32_t *kind) {
    struct instance *instance = instance_of(context);
    context->gas -= start.paid + start.held;
    instance->answer.held = start.held;
    if (!interrupt_begin(context)) {
        *kind = stay_out(context, start.paid + start.held);
        return true;
    }
    *kind = run_code(instance, start.entry);
    bool gas_was_aside = interrupt_end(context);
    context->gas += start.held;
    if (*kind == PVM_EXIT_HOST_CALL) {
        /* The exit has stored argument, exit_pc and pc. */
        if (__builtin_expect(context->exit_argument == (uint64_t)(int64_t)NUMBER_IN_PROGRAM, 0)) {
            context->exit_argument = (uint64_t)program_decode(&instance->module->program, context->exit_pc).x;
        }
        instance->resume_pc = context->pc;
        context->exit_kind = *kind;
        context->gas_charged = 1;
        return true;
    }
    return finish(context, kind, gas_was_aside);
}

NOT_INLINED uint32_t run_from_pc(pvm_context *context) {
    struct instance *instance = instance_of(context);
    uint32_t kind = PVM_EXIT_FAILURE;
    bool goes_on;
    do {
        instance->gas_before = context->gas;
        if (instance->paging && instance->paging_gas == 0) {
            (void)paging_end(instance);
        }
        struct start start = find_start(instance, &kind);
        goes_on = start.entry != NULL && !run_at(context, start, &kind);
        if (kind != PVM_EXIT_PAGE_FAULT) {
            paging_spend(instance, instance->gas_before - context->gas);
        }
    } while (goes_on);
    return kind;
}

INLINED uint32_t run(pvm_context *context) {
    struct instance *instance = instance_of(context);
    /* Behind a host call, where most runs start. */
    if (instance->fields.resume_native != 0 && context->pc == instance->resume_pc && context->gas_charged != 0 &&
        variant_serves(instance->variant, context->gas) && !instance->paging) {
        struct start start = {(const void *)instance->fields.resume_native, 0,
                              held_back(instance->variant, context->gas)};
        uint32_t kind;
        if (run_at(context, start, &kind)) {
            return kind;
        }
    }
    return run_from_pc(context);
}

uint32_t pvm_run(pvm_context *context) {
    return run(context);
}

uint32_t pvm_run_answering_gas(pvm_context *context, uint64_t number, uint64_t cost) {
    struct answer *answer = &instance_of(context)->answer;
    /* Answered here is what entry.S would take for something else: a number that machine code may have in the place of another; a
     * cost of 0, which is there when an interrupt has put the gas aside; one that is negative to a comparison with sign. */
    bool in_place = instance_of(context)->answers_in_place && cost - 1 < (uint64_t)INT64_MAX &&
                    number != (uint64_t)(int64_t)NUMBER_IN_PROGRAM;
    answer->number = in_place ? number : ANSWERS_NONE;
    answer->cost = cost;
    uint32_t kind = run(context);
    while (kind == PVM_EXIT_HOST_CALL && context->exit_argument == number && context->gas >= cost) {
        context->gas -= cost;
        context->registers[RESULT_REGISTER] = context->gas;
        kind = run(context);
    }
    answer->number = ANSWERS_NONE;
    return kind;
}

void pvm_failure(const pvm_context *context, pvm_error *error) {
    const struct instance *instance = instance_of((pvm_context *)(uintptr_t)context);
    if (context->exit_kind == PVM_EXIT_FAILURE) {
        *error = instance->failure;
    } else {
        memset(error, 0, sizeof *error);
    }
}
