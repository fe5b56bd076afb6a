/* The access of pages: in the page table, one octet a page, and in hardware.
 *
 * The page table is the truth: hardware protection follows it, and it decides what a fault means. An instance whose regions
 * would take too many maps of the kernel becomes `checked`: all its RAM is mapped once, and it runs code that looks into the
 * page table before every access. */
#include "memory/access.h"

#include "memory/window.h"

#include <string.h>
#include <sys/mman.h>

static int protection(uint32_t access) {
    return access == PVM_ACCESS_WRITE ? PROT_READ | PROT_WRITE : access == PVM_ACCESS_READ ? PROT_READ : PROT_NONE;
}

bool access_raise_maps(struct instance *instance, uint64_t maps) {
    if (maps > instance->maps) {
        if (!maps_reserve(instance->pool->maps, maps - instance->maps)) {
            return false;
        }
        instance->maps = maps;
    }
    return true;
}

void access_lower_maps(struct instance *instance, uint64_t maps) {
    if (maps < instance->maps) {
        maps_return(instance->pool->maps, instance->maps - maps);
        instance->maps = maps;
    }
}

status access_check_in_software(struct instance *instance, pvm_error *error) {
    status result = window_close(instance, WINDOW_KEPT, error);
    if (result != PVM_OK) {
        return result;
    }
    if (mprotect(instance->context.memory, GUEST_MEMORY_BYTES, PROT_READ | PROT_WRITE) != 0) {
        /* The kernel stops in the midst of it, at the limit of data for instance, and leaves what it has done. */
        instance->touched_first = 0;
        instance->touched_end = PVM_PAGE_COUNT;
        return fail_by_system(error, "the RAM of an instance cannot be mapped");
    }
    instance->checked = true;
    instance->variant = NULL;
    instance->fields.resume_native = 0;
    access_lower_maps(instance, SLOT_MAPS);
    if (atomic_load_explicit(&instance->alive, memory_order_relaxed)) {
        atomic_fetch_add(&instance->pool->instances_checked, 1);
    }
    return PVM_OK;
}

/* Where the run of pages with equal access ends that begins at a page. */
static uint32_t end_of_run(const uint8_t *table, uint32_t page, uint32_t end) {
    const uint64_t same = UINT64_C(0x0101010101010101) * table[page];
    uint32_t at = page;
    for (uint64_t eight; end - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, table + at, sizeof eight);
        if (eight != same) {
            break;
        }
    }
    while (at < end && table[at] == table[page]) {
        at++;
    }
    return at;
}

bool access_protect_all(struct instance *instance) {
    const uint8_t *table = instance_page_access(instance);
    bool done = true;
    /* Run by run, for what has its access already costs the kernel nothing. */
    for (uint32_t page = 0, end; page < PVM_PAGE_COUNT && done; page = end) {
        end = page < instance->touched_first ? instance->touched_first
              : page < instance->touched_end ? end_of_run(table, page, instance->touched_end)
                                             : PVM_PAGE_COUNT;
        done = mprotect(instance_page(instance, page), (uint64_t)(end - page) * PVM_PAGE_SIZE,
                        protection(table[page])) == 0;
    }
    return done;
}

status access_check_in_hardware(struct instance *instance, pvm_error *error) {
    if (instance->boundaries > instance->pool->config->maps_per_instance ||
        !access_raise_maps(instance, SLOT_MAPS + instance->boundaries)) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "an instance would take %llu maps",
                    (unsigned long long)instance->boundaries);
    }
    if (!access_protect_all(instance)) {
        fail_by_system(error, "the RAM of an instance cannot be protected");
        if (mprotect(instance->context.memory, GUEST_MEMORY_BYTES, PROT_READ | PROT_WRITE) == 0) {
            access_lower_maps(instance, SLOT_MAPS);
        } else {
            access_give_up(instance);
        }
        return PVM_RESOURCE_LIMIT;
    }
    instance->checked = false;
    instance->variant = NULL;
    instance->fields.resume_native = 0;
    if (atomic_load_explicit(&instance->alive, memory_order_relaxed)) {
        atomic_fetch_sub(&instance->pool->instances_checked, 1);
    }
    return PVM_OK;
}

/* Boundaries inside [first, first + count] of a page table, its two ends included. */
static uint64_t count_boundaries(const uint8_t *table, uint32_t first, uint32_t count) {
    uint64_t boundaries = 0;
    uint8_t before = first == 0 ? PVM_ACCESS_NONE : table[first - 1];
    for (uint32_t page = first; page < first + count; page++) {
        boundaries += table[page] != before;
        before = table[page];
    }
    uint8_t after = first + count < PVM_PAGE_COUNT ? table[first + count] : PVM_ACCESS_NONE;
    return boundaries + (after != before);
}

void access_give_up(struct instance *instance) {
    instance->broken = true;
    instance->fields.resume_native = 0;
    memset(instance_page_access(instance), PVM_ACCESS_NONE, PVM_PAGE_COUNT);
}

/* Gives pages their access in hardware, or makes the instance checked where that takes too many maps. When neither can be
 * had, hardware and page table may differ: the instance is broken and runs no more. */
static status protect_pages(struct instance *instance, uint32_t first, uint32_t count, uint32_t access,
                            uint64_t boundaries, pvm_error *error) {
    uint64_t maps = SLOT_MAPS + boundaries + (instance->window.page_count != 0 ? WINDOW_MAPS : 0);
    if (boundaries <= instance->pool->config->maps_per_instance && access_raise_maps(instance, maps) &&
        mprotect(instance_page(instance, first), (uint64_t)count * PVM_PAGE_SIZE, protection(access)) == 0) {
        access_lower_maps(instance, maps);
        return PVM_OK;
    }
    status result = access_check_in_software(instance, error);
    if (result != PVM_OK) {
        access_give_up(instance);
    }
    return result;
}

status access_set(struct instance *instance, uint32_t first, uint32_t count, uint32_t access, pvm_error *error) {
    uint8_t *table = instance_page_access(instance);
    uint8_t before = first == 0 ? PVM_ACCESS_NONE : table[first - 1];
    uint8_t after = first + count < PVM_PAGE_COUNT ? table[first + count] : PVM_ACCESS_NONE;
    uint64_t boundaries =
        instance->boundaries - count_boundaries(table, first, count) + (access != before) + (access != after);
    if (access != PVM_ACCESS_NONE) {
        instance->touched_first = first < instance->touched_first ? first : instance->touched_first;
        instance->touched_end = first + count > instance->touched_end ? first + count : instance->touched_end;
    }
    status result = instance->checked ? PVM_OK : protect_pages(instance, first, count, access, boundaries, error);
    if (result == PVM_OK) {
        memset(table + first, (int)access, count);
        instance->boundaries = boundaries;
    }
    return result;
}

int64_t access_denied(struct instance *instance, uint32_t address, uint32_t size, bool write) {
    const uint8_t *table = instance_page_access(instance);
    for (uint64_t octet = address; octet < (uint64_t)address + size; octet++) {
        if (table[(octet & (GUEST_MEMORY_BYTES - 1)) / PVM_PAGE_SIZE] < (write ? PVM_ACCESS_WRITE : PVM_ACCESS_READ)) {
            return (int64_t)octet;
        }
    }
    return -1;
}
