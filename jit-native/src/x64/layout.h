/* Offsets and numbers that assembly, generated code and C agree on. Assembly cannot see C structures, so they are numbers
 * here and asserted against the structures in entry.c. */
#ifndef PVMJIT_LAYOUT_H
#define PVMJIT_LAYOUT_H

/* Of pvm_context. Its address is in r15 while a guest runs, or the gas counter is there, and it is found by GS. */
#define CONTEXT_GAS 104
#define CONTEXT_EXIT_ARGUMENT 112
#define CONTEXT_PC 120
#define CONTEXT_EXIT_PC 124
#define CONTEXT_MEMORY 136

/* Of struct answer, behind the context. */
#define ANSWER_NUMBER 160
#define ANSWER_COST 168
#define ANSWER_HELD 176

/* At a host call, behind the jump of machine code: number and pc, 32 bits each, and the distance to the pc behind. */
#define HOST_CALL_OCTETS 9

/* A context from the base of GS on, which is that of guest RAM. */
#define GS_CONTEXT (2048 - 4096 - 1048576)

/* Of the private fields of an instance, in front of its context so that one octet of displacement reaches them all. */
#define PRIVATE_EXIT_PANIC (-8)         /* ecx: pc of the instruction */
#define PRIVATE_EXIT_OUT_OF_GAS (-16)   /* called: return address and depth of the stack say which block */
#define PRIVATE_EXIT_HOST_CALL (-24)    /* rcx: address of HOST_CALL_OCTETS */
#define PRIVATE_EXIT_JUMP (-32)         /* ecx: pc of a dynamic jump that C is to make */
#define PRIVATE_EXIT_CHECK_FAILED (-40) /* ecx: pc of the instruction */
#define PRIVATE_EXIT_FAULT (-48)        /* fault_native: in the instruction whose access is denied */
#define PRIVATE_JUMP_TABLE (-56)        /* pointers, one for each entry behind one for entry "none" */
#define PRIVATE_RESUME_NATIVE (-64)     /* where to go on behind the last host call, or 0 */
#define PRIVATE_STACK_POINTER (-72)
#define PRIVATE_FAULT_NATIVE (-80) /* machine code address of the last access that was denied, or exit without gas */

/* The same exits for code that keeps gas in r15. */
#define PRIVATE_EXIT_PANIC_WITH_GAS (-88)
#define PRIVATE_EXIT_OUT_OF_GAS_WITH_GAS (-96)
#define PRIVATE_EXIT_HOST_CALL_WITH_GAS (-104)
#define PRIVATE_EXIT_JUMP_WITH_GAS (-112)

/* Of enum pvm_exit, what the ways out return. */
#define EXIT_HALT 0
#define EXIT_PANIC 1
#define EXIT_HOST_CALL 3
#define EXIT_OUT_OF_GAS 4

/* What pvm_enter returns beside enum pvm_exit: an access that failed, or a jump, to be resolved in C. */
#define ENTRY_HARDWARE_FAULT 16
#define ENTRY_CHECK_FAILED 17
#define ENTRY_JUMP 18
#define ENTRY_UNRESOLVED 19

#endif
