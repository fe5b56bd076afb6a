/* Contents of pages: made zero, and filled whatever the guest may do with them. */
#include "memory/contents.h"

#include "memory/access.h"
#include "memory/window.h"

#include <string.h>
#include <sys/mman.h>

/* Up to this size (16 MiB) writable pages are cleared as they are found: a page that is there is written in 30 ns, given back
 * and faulted in again in 1,400. Larger regions are given back whole, so that pages once touched do not cost every instance. */
#define CLEAR_PAGES 4096
/* More runs of pages, present and absent by turns, than this take more calls of the kernel than giving all back saves. */
#define CLEAR_RUNS 128

static status give_back_pages(uint8_t *pages, uint64_t octets, pvm_error *error) {
    return madvise(pages, octets, MADV_DONTNEED) == 0 ? PVM_OK : fail_by_system(error, "pages cannot be made zero");
}

/* Makes writable pages zero, at most CLEAR_PAGES: those that are there by writing, the others, which may have been swapped
 * out, by giving them back. */
static status clear_pages(uint8_t *pages, uint32_t count, pvm_error *error) {
    uint8_t resident[CLEAR_PAGES];
    uint32_t runs = 1;
    if (mincore(pages, (uint64_t)count * PVM_PAGE_SIZE, resident) != 0) {
        return give_back_pages(pages, (uint64_t)count * PVM_PAGE_SIZE, error);
    }
    for (uint32_t page = 1; page < count; page++) {
        runs += (resident[page] & 1) != (resident[page - 1] & 1);
    }
    if (runs > CLEAR_RUNS) {
        return give_back_pages(pages, (uint64_t)count * PVM_PAGE_SIZE, error);
    }
    status result = PVM_OK;
    for (uint32_t first = 0, end; first < count && result == PVM_OK; first = end) {
        for (end = first + 1; end < count && (resident[end] & 1) == (resident[first] & 1);) {
            end++;
        }
        uint8_t *run = pages + (uint64_t)first * PVM_PAGE_SIZE;
        uint64_t octets = (uint64_t)(end - first) * PVM_PAGE_SIZE;
        if ((resident[first] & 1) != 0) {
            memset(run, 0, octets);
        } else {
            result = give_back_pages(run, octets, error);
        }
    }
    return result;
}

status contents_zero(struct instance *instance, uint32_t first, uint32_t count, uint32_t access, pvm_error *error) {
    bool writable = access == PVM_ACCESS_WRITE;
    uint8_t *pages = instance_page(instance, first);
    uint64_t octets = (uint64_t)count * PVM_PAGE_SIZE;
    if (writable && octets <= MEMSET_BYTES) {
        memset(pages, 0, octets);
        return PVM_OK;
    }
    return writable && count <= CLEAR_PAGES ? clear_pages(pages, count, error) : give_back_pages(pages, octets, error);
}

status contents_copy(struct instance *instance, uint64_t address, const void *contents, uint64_t length,
                     uint64_t padding, uint32_t access, pvm_error *error) {
    uint8_t *target = instance->context.memory + address;
    if (length + padding == 0) {
        return PVM_OK;
    }
    if (window_contains(&instance->window, address / PVM_PAGE_SIZE)) {
        target = window_writable(instance, address);
    }
    uint64_t first = address / PVM_PAGE_SIZE * PVM_PAGE_SIZE;
    uint64_t octets = (address + length + padding - first + PVM_PAGE_SIZE - 1) / PVM_PAGE_SIZE * PVM_PAGE_SIZE;
    uint8_t *pages = instance->context.memory + first;
    bool locked = access == PVM_ACCESS_READ && !instance->checked && target == instance->context.memory + address;
    if (locked && mprotect(pages, octets, PROT_READ | PROT_WRITE) != 0) {
        access_give_up(instance);
        return fail_by_system(error, "read-only pages cannot be filled");
    }
    if (length != 0) {
        memcpy(target, contents, length);
    }
    memset(target + length, 0, padding);
    if (locked && mprotect(pages, octets, PROT_READ) != 0) {
        access_give_up(instance);
        return fail_by_system(error, "pages cannot be made read-only");
    }
    return PVM_OK;
}
