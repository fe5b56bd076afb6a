/* What this processor can do. */
#ifndef PVMJIT_PROCESSOR_H
#define PVMJIT_PROCESSOR_H

#include <stdbool.h>

/* Whether GS may be set without a call of the kernel. */
bool processor_has_fsgsbase(void);

/* Octet that free code consists of: int3. */
#define PROCESSOR_TRAP_OCTET 0xCC

#endif
