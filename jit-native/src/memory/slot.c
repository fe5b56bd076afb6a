/* Slots: 4 GiB of address space with what belongs to them, made, wiped, and given the pages that regions ask for. */
#include "memory/slot.h"

#include "memory/access.h"
#include "memory/contents.h"
#include "memory/reuse.h"
#include "memory/window.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define SLOT_BYTES (SLOT_MEMORY + GUEST_MEMORY_BYTES + SLOT_GUARD)

static uint8_t *slot_base(struct instance *instance) {
    return (uint8_t *)&instance->context - SLOT_CONTEXT;
}

/* Gives a new slot its access: the head can be written, RAM is out of reach. The first page of RAM is written with the head
 * and then merged with the rest of RAM, which so gets an anon_vma. The kernel merges maps only when they have the same one,
 * or one of them has none, and splits inherit it. Without this, a page that is written while its neighbours have other
 * access gets an anon_vma of its own, and its map stays for ever. Giving pages back does not change it. */
static bool protect_slot(uint8_t *base) {
    uint8_t *memory = base + SLOT_MEMORY;
    if (mprotect(base, SLOT_MEMORY + PVM_PAGE_SIZE, PROT_READ | PROT_WRITE) != 0) {
        return false;
    }
    /* Huge pages would make a guest's every touched page cost 2 MiB. A kernel without them answers EINVAL; else all of RAM has to
     * have the flag, or what a window gives back (window.c) would stay a map of its own. */
    if (madvise(base, SLOT_BYTES, MADV_NOHUGEPAGE) != 0 && errno != EINVAL) {
        return false;
    }
    *(volatile uint8_t *)memory = 0;
    return mprotect(memory, PVM_PAGE_SIZE, PROT_NONE) == 0;
}

struct instance *slot_create(struct pool *pool, uint64_t number, pvm_error *error) {
    uint8_t *base = mmap(NULL, SLOT_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        fail_by_system(error, "no address space for an instance");
        return NULL;
    }
    if (!protect_slot(base)) {
        fail_by_system(error, "no memory for an instance");
        munmap(base, SLOT_BYTES);
        return NULL;
    }
    struct instance *instance = instance_of((pvm_context *)(void *)(base + SLOT_CONTEXT));
    instance->context.memory = base + SLOT_MEMORY;
    instance->context.page_access = base + SLOT_PAGE_ACCESS;
    instance->pool = pool;
    instance->layout_known = true;
    instance->touched_first = PVM_PAGE_COUNT;
    instance->maps = SLOT_MAPS;
    instance->slot_number = number;
    return instance;
}

void slot_destroy(struct instance *instance) {
    if (!instance->lost) {
        munmap(slot_base(instance), SLOT_BYTES);
    }
}

bool slot_has_layout(const struct instance *slot, const pvm_region *regions, uint32_t count) {
    if (!slot->layout_known || slot->broken || slot->layout_count != count) {
        return false;
    }
    for (uint32_t n = 0; n < count; n++) {
        const struct layout_entry *entry = &slot->layout[n];
        if (entry->first_page != regions[n].first_page || entry->page_count != regions[n].page_count ||
            entry->access != regions[n].access) {
            return false;
        }
    }
    return true;
}

/* Makes the page table NONE over a range. Large ranges are mostly untouched: they go back to the system. */
static status clear_page_table(struct instance *instance, uint32_t first, uint32_t count, pvm_error *error) {
    uint8_t *table = instance_page_access(instance);
    if (count <= MEMSET_BYTES) {
        memset(table + first, PVM_ACCESS_NONE, count);
    } else if (madvise(table, PVM_PAGE_COUNT, MADV_DONTNEED) != 0) {
        return fail_by_system(error, "the page table of an instance cannot be given back");
    }
    return PVM_OK;
}

status slot_wipe(struct instance *instance, pvm_error *error) {
    bool always_checked = pool_is_always_checked(instance->pool);
    uint32_t first = instance->touched_first;
    uint32_t count = instance->touched_end > first ? instance->touched_end - first : 0;
    uint64_t octets = (uint64_t)count * PVM_PAGE_SIZE;
    status result = window_close(instance, WINDOW_DROPPED, error);
    if (result != PVM_OK) {
        return result;
    }
    instance->broken = true; /* until all is done: the page table comes before the hardware */
    if (count > 0 && madvise(instance_page(instance, first), octets, MADV_DONTNEED) != 0) {
        return fail_by_system(error, "the RAM of an instance cannot be given back");
    }
    result = clear_page_table(instance, first, count, error);
    if (result != PVM_OK) {
        return result;
    }
    instance->boundaries = 0;
    instance->layout_count = 0;
    instance->layout_known = true;
    instance->hidden_contents = false;
    instance->unsettled = false;
    if (instance->checked && !always_checked) {
        if (mprotect(instance->context.memory, GUEST_MEMORY_BYTES, PROT_NONE) != 0) {
            return fail_by_system(error, "the RAM of an instance cannot be protected");
        }
        instance->checked = false;
    } else if (!instance->checked && count > 0 && mprotect(instance_page(instance, first), octets, PROT_NONE) != 0) {
        return fail_by_system(error, "the RAM of an instance cannot be protected");
    }
    access_lower_maps(instance, SLOT_MAPS);
    instance->touched_first = PVM_PAGE_COUNT;
    instance->touched_end = 0;
    instance->broken = false;
    return PVM_OK;
}

/* Gives a wiped slot the access that the regions ask for. */
static status lay_out(struct instance *instance, const pvm_region *regions, uint32_t count, pvm_error *error) {
    bool always_checked = pool_is_always_checked(instance->pool);
    status result = always_checked && !instance->checked ? access_check_in_software(instance, error) : PVM_OK;
    for (uint32_t n = 0; n < count && result == PVM_OK; n++) {
        result = access_set(instance, regions[n].first_page, regions[n].page_count, regions[n].access, error);
    }
    instance->layout_known = count <= LAYOUT_ENTRIES;
    instance->layout_count = instance->layout_known ? count : 0;
    for (uint32_t n = 0; n < instance->layout_count; n++) {
        instance->layout[n] =
            (struct layout_entry){regions[n].first_page, regions[n].page_count, regions[n].access, 0, 0};
    }
    return result;
}

/* Makes a region, whose contents change from one instance to the next, the slot's window; where that cannot be, it is
 * filled like others. */
static status consider_window(struct instance *instance, const pvm_region *region, pvm_error *error) {
    if (region->access != PVM_ACCESS_READ || !instance->layout_known || instance->checked ||
        instance->window.page_count != 0 || !access_raise_maps(instance, instance->maps + WINDOW_MAPS)) {
        return PVM_OK;
    }
    status result = window_open(instance, region->first_page, region->page_count, error);
    if (instance->window.page_count == 0) {
        access_lower_maps(instance, instance->maps - WINDOW_MAPS);
    }
    return result;
}

static bool is_zero(const uint8_t *octets, uint64_t count) {
    return count == 0 || (octets[0] == 0 && memcmp(octets, octets + 1, count - 1) == 0);
}

/* Whether read-only pages hold already what a region asks for: looking is cheaper than two changes of protection. */
static bool holds(struct instance *instance, const pvm_region *region) {
    const uint8_t *pages = instance_page(instance, region->first_page);
    uint64_t length = region->contents_length, size = (uint64_t)region->page_count * PVM_PAGE_SIZE;
    return size - length < PVM_PAGE_SIZE && (length == 0 || memcmp(pages, region->contents, length) == 0) &&
           is_zero(pages + length, size - length);
}

/* Contents of one region; `fresh` pages are zero, and of a slot that was cleared those behind what was filled. */
static status fill_region(struct instance *instance, const pvm_region *region, struct layout_entry *entry, bool fresh,
                          bool cleared, pvm_error *error) {
    bool writable = region->access == PVM_ACCESS_WRITE;
    uint64_t address = (uint64_t)region->first_page * PVM_PAGE_SIZE;
    status result = PVM_OK;
    if (!writable && entry != NULL && region->contents_id != 0 && entry->contents_id == region->contents_id) {
        return PVM_OK;
    }
    if (!fresh && !writable && holds(instance, region)) {
        if (entry != NULL) {
            entry->contents_id = region->contents_id;
        }
        return PVM_OK;
    }
    if (!fresh) {
        result = consider_window(instance, region, error);
    }
    if (result != PVM_OK) {
        return result;
    }
    /* Pages that contents reach are overwritten to their end, those behind are made zero. A window is overwritten whole: it
     * holds what was in it last, fresh or not. */
    bool in_window = window_contains(&instance->window, region->first_page);
    uint64_t size = (uint64_t)region->page_count * PVM_PAGE_SIZE;
    uint64_t filled = (region->contents_length + PVM_PAGE_SIZE - 1) / PVM_PAGE_SIZE * PVM_PAGE_SIZE;
    uint64_t padding = in_window ? size - region->contents_length : fresh ? 0 : filled - region->contents_length;
    uint32_t filled_pages = (uint32_t)(filled / PVM_PAGE_SIZE);
    uint32_t unknown = cleared && writable ? entry->filled : region->page_count;
    if (!in_window && !fresh && filled_pages < unknown) {
        result =
            contents_zero(instance, region->first_page + filled_pages, unknown - filled_pages, region->access, error);
    }
    if (result == PVM_OK) {
        result =
            contents_copy(instance, address, region->contents, region->contents_length, padding, region->access, error);
    }
    if (entry != NULL) {
        entry->contents_id = result == PVM_OK && !writable ? region->contents_id : 0;
        entry->filled = filled_pages;
    }
    return result;
}

status slot_prepare(struct instance *instance, const pvm_region *regions, uint32_t count, pvm_error *error) {
    const bool was_cleared = instance->cleared;
    instance->cleared = false;
    instance->began_empty = count == 0;
    instance->changed_first = PVM_PAGE_COUNT;
    instance->changed_end = 0;
    if (count == 0 && reuse_begin(instance)) {
        return PVM_OK;
    }
    bool always_checked = pool_is_always_checked(instance->pool);
    bool fresh = !slot_has_layout(instance, regions, count) || (always_checked && !instance->checked);
    bool cleared = was_cleared && !fresh;
    status result = PVM_OK;
    if (fresh) {
        result = slot_wipe(instance, error);
        if (result == PVM_OK) {
            result = lay_out(instance, regions, count, error);
        }
    }
    for (uint32_t n = 0; n < count && result == PVM_OK; n++) {
        if (regions[n].contents_id == 0) {
            result = consider_window(instance, &regions[n], error);
        }
    }
    for (uint32_t n = 0; n < count && result == PVM_OK; n++) {
        result = fill_region(instance, &regions[n], n < instance->layout_count ? &instance->layout[n] : NULL, fresh,
                             cleared, error);
    }
    return result;
}

void slot_clear(struct instance *instance) {
    status result = PVM_OK;
    for (uint32_t n = 0; n < instance->layout_count && result == PVM_OK; n++) {
        const struct layout_entry *entry = &instance->layout[n];
        if (entry->access == PVM_ACCESS_WRITE && entry->filled < entry->page_count) {
            result = contents_zero(instance, entry->first_page + entry->filled, entry->page_count - entry->filled,
                                   PVM_ACCESS_WRITE, NULL);
        }
    }
    instance->cleared = result == PVM_OK;
}
