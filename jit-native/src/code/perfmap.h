/* Names for Linux's perf: where the machine code of each block is. */
#ifndef PVMJIT_PERFMAP_H
#define PVMJIT_PERFMAP_H

#include "code/variant.h"
#include "pvmjit.h"

/* Appends a line for each block, and one for what is behind them, to /tmp/perf-PID.map. For people: what cannot be
 * written is left out, and lines stay when their code is gone. Thread-safe. */
void perfmap_write(const struct variant *variant, const struct program *program, const pvm_block *blocks);

#endif
