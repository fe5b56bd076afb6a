/* Contents of pages. */
#ifndef PVMJIT_CONTENTS_H
#define PVMJIT_CONTENTS_H

#include "memory/instance.h"

#include <stdint.h>

/* Up to this size memset costs less than asking the kernel which pages are there, as a rule, and never waits for its lock of
 * the address space, which others may hold for milliseconds. */
#define MEMSET_BYTES (256 * 1024)

/* Makes pages of one access zero. */
status contents_zero(struct instance *instance, uint32_t first, uint32_t count, uint32_t access, pvm_error *error);

/* Copies into pages of one access, which must not be NONE, and zeroes `padding` octets behind; all of them in the window or
 * none. */
status contents_copy(struct instance *instance, uint64_t address, const void *contents, uint64_t length,
                     uint64_t padding, uint32_t access, pvm_error *error);

#endif
