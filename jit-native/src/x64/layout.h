/* Offsets and numbers that assembly, generated code and C agree on. Assembly cannot see C structures, so they are numbers
 * here and asserted against the structures in entry.c. */
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
#define PRIVATE_EXIT_OUT_OF_GAS (-16)   /* called: return address and depth of the stack say which block */
#define PRIVATE_EXIT_HOST_CALL (-24)    /* rcx: address of three 32-bit words: number, pc, pc behind */
#define PRIVATE_EXIT_JUMP (-32)         /* ecx: pc of a dynamic jump that C is to make */
#define PRIVATE_EXIT_CHECK_FAILED (-40) /* ecx: pc of the instruction */
#define PRIVATE_EXIT_FAULT (-48)        /* fault_native: in the instruction whose access is denied */
#define PRIVATE_JUMP_TABLE (-56)        /* pointers, one for each entry behind one for entry "none" */
#define PRIVATE_RESUME_NATIVE (-64)     /* where to go on behind the last host call, or 0 */
#define PRIVATE_STACK_POINTER (-72)
#define PRIVATE_FAULT_NATIVE (-80) /* machine code address of the last access that was denied, or exit without gas */

/* Of enum pvm_exit, what the ways out return. */
#define EXIT_HALT 0
#define EXIT_PANIC 1
#define EXIT_HOST_CALL 3
#define EXIT_OUT_OF_GAS 4

/* What pvm_enter returns beside enum pvm_exit: an access that failed, or a dynamic jump, to be resolved in C. */
#define ENTRY_HARDWARE_FAULT 16
#define ENTRY_CHECK_FAILED 17
#define ENTRY_JUMP 18

#endif
