/* Offsets and sizes that assembly, generated code and C agree on. Assembly cannot see C structures, so they are numbers
 * here and asserted against the structures in internal.h. */
#ifndef PVMJIT_LAYOUT_H
#define PVMJIT_LAYOUT_H

/* Of pvm_context, whose address is in r15 while a guest runs. */
#define CONTEXT_GAS 104
#define CONTEXT_EXIT_ARGUMENT 112
#define CONTEXT_PC 120
#define CONTEXT_EXIT_PC 124
#define CONTEXT_MEMORY 136

/* Of the private fields of an instance, in front of its context so that one octet of displacement reaches them all. */
#define PRIVATE_EXIT_PANIC (-8)         /* ecx: pc of the instruction */
#define PRIVATE_EXIT_OUT_OF_GAS (-16)   /* ecx: pc of the block */
#define PRIVATE_EXIT_HOST_CALL (-24)    /* rcx: address of three 32-bit words: number, pc, pc behind */
#define PRIVATE_EXIT_DYNAMIC (-32)      /* ecx: jump address rotated right by one, out of the table; exit_pc is set */
#define PRIVATE_EXIT_CHECK_FAILED (-40) /* ecx: pc of the instruction */
#define PRIVATE_JUMP_TABLE (-48)        /* pointers, one for each entry behind one for entry "none" */
#define PRIVATE_SPILL_RAX (-56)
#define PRIVATE_SPILL_RDX (-64)
#define PRIVATE_RESUME_NATIVE (-72) /* where to go on behind the last host call, or 0 */
#define PRIVATE_STACK_POINTER (-80)
#define PRIVATE_FAULT_RIP (-88) /* machine code address of the last hardware fault */

/* Of enum pvm_exit, what the ways out return. */
#define EXIT_HALT 0
#define EXIT_PANIC 1
#define EXIT_HOST_CALL 3
#define EXIT_OUT_OF_GAS 4

/* What pvm_enter returns beside enum pvm_exit: an access that failed, to be resolved in C. */
#define ENTRY_HARDWARE_FAULT 16
#define ENTRY_CHECK_FAILED 17

/* The jump address that halts (2^32 - 2^16), rotated right by one. */
#define HALT_ADDRESS_ROTATED 0x7FFF8000

/* A slot: one page with the instance, the page table of one octet a page, guest RAM, a guard. */
#define SLOT_CONTEXT 2048
#define SLOT_PAGE_ACCESS 4096
#define SLOT_MEMORY (4096 + 1048576)
#define SLOT_GUARD 65536

#endif
