/* Instances whose pages are granted one by one, each when the guest has asked for it by a page fault, as inner machines that are
 * paged on demand have it. By the hardware that is a signal and a change of protection for each, 4.5 us beside what the kernel
 * takes for the page; checked in software it is neither, but checked code takes two to seven times as long to run. So each
 * instance has an account in gas: faults pay in, spending takes out. Whoever has more in it than the change costs is
 * checked in software from the next grant on; and by the hardware again when all is spent. What a guest sees is the same. */
#ifndef PVMJIT_PAGING_H
#define PVMJIT_PAGING_H

#include "memory/instance.h"

#include <stdbool.h>
#include <stdint.h>

/* Gas that checked code takes 4.5 us longer for (typical code; 20 to 150 ns for 1000). */
#ifndef PAGING_GAS_PER_FAULT
#define PAGING_GAS_PER_FAULT (UINT64_C(1) << 16)
#endif

/* To software and back to the hardware: 22 us, with what checked code takes longer until then; */
#ifndef PAGING_GAS
#define PAGING_GAS (5 * PAGING_GAS_PER_FAULT)
#endif

/* 35 ns more for each instruction whose checked code has to be made, */
#ifndef PAGING_GAS_PER_INSTRUCTION
#define PAGING_GAS_PER_INSTRUCTION 512
#endif

/* and more for each page: the kernel takes up to 0.5 us for one whose protection changes there and back. */
#ifndef PAGING_GAS_PER_PAGE
#define PAGING_GAS_PER_PAGE 4096
#endif

/* Of a new instance with so many pages. */
void paging_reset(struct instance *instance, uint64_t pages);

/* A run has ended with a page fault, after it had spent so much; for the next, code of so many instructions would have to be made if
 * it were checked. */
void paging_fault(struct instance *instance, uint64_t spent, uint32_t instructions);

/* Pages are about to be granted: the instance may be checked in software from now on. It may be broken then. */
void paging_begin(struct instance *instance);

/* A run of an instance that is paging has spent so much. */
void paging_spend(struct instance *instance, uint64_t spent);

/* The instance is to be checked by the hardware again; true when it is. False: it was not paging, or is checked from now on for
 * want of maps, or broken. */
bool paging_end(struct instance *instance);

/* The same, and it will not begin again: where something was refused, each attempt would cost as much as a look at every page. */
bool paging_end_for_good(struct instance *instance);

#endif
