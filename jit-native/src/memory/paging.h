/* Instances whose pages are granted one by one, each when the guest has asked for it by a page fault, as inner machines that are
 * paged on demand have it. By the hardware that is a signal and a change of protection for each, some 5 us beside what the
 * kernel takes for the page. So whoever has faulted PAGING_FAULTS times, and never spent more than PAGING_GAS in between, is
 * checked in software from the next grant on, which takes neither; and by the hardware again when it has spent as much, and more
 * the more pages it has, without a fault, for checked code is slower. What a guest sees is the same. */
#ifndef PVMJIT_PAGING_H
#define PVMJIT_PAGING_H

#include "memory/instance.h"

#include <stdbool.h>
#include <stdint.h>

/* So many faults cost 200 us, about what code with checks costs to make for the section that runs. */
#ifndef PAGING_FAULTS
#define PAGING_FAULTS 32
#endif

/* Code spends 10 to 50 gas in a nanosecond: a fault beside so much is a small part. */
#ifndef PAGING_GAS
#define PAGING_GAS (UINT64_C(1) << 22)
#endif

/* And so much more for each page: the kernel takes up to 0.5 us for one whose protection changes there and back. */
#ifndef PAGING_GAS_PER_PAGE
#define PAGING_GAS_PER_PAGE 4096
#endif

#define PAGING_NEVER UINT32_MAX

/* Of a new instance with so many pages. */
void paging_reset(struct instance *instance, uint64_t pages);

/* A run has ended with a page fault, after it had spent so much. */
void paging_fault(struct instance *instance, uint64_t spent);

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
