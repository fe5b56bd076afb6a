/* Reuse: what a slot remembers of the pages of its last instance, and how the next one gets them or is rid of them. */
#include "memory/reuse.h"

#include "memory/access.h"
#include "memory/contents.h"
#include "memory/kept.h"

#include <string.h>
#include <sys/mman.h>

/* The page table is looked through when an instance ends: no further than this from its first page to its last. */
#define SPAN_PAGES 4096

/* An instance that ends unsettled: its slot has what it had before. */
static void restore_page_table(struct instance *instance) {
    for (uint32_t n = 0; n < instance->layout_count; n++) {
        const struct layout_entry *run = &instance->layout[n];
        memset(instance_page_access(instance) + run->first_page, (int)run->access, run->page_count);
    }
    access_lower_maps(instance, SLOT_MAPS + instance->boundaries);
    instance->unsettled = false;
}

/* What the layout grants a page. */
static uint32_t access_in_layout(const struct instance *instance, uint32_t page) {
    for (uint32_t n = 0; n < instance->layout_count; n++) {
        const struct layout_entry *run = &instance->layout[n];
        if (page - run->first_page < run->page_count) {
            return run->access;
        }
    }
    return PVM_ACCESS_NONE;
}

/* An instance that began with regions, and has asked for more pages since, a heap for instance, is rid of these. False where
 * it has changed more than that. */
static bool restore_layout(struct instance *instance) {
    const uint8_t *table = instance_page_access(instance);
    uint32_t first = instance->changed_first, end = instance->changed_end;
    if (instance->layout_count == 0 || first >= end || end - first > SPAN_PAGES) {
        return false;
    }
    for (uint32_t page = first; page < end; page++) {
        uint32_t access = access_in_layout(instance, page);
        if (access != PVM_ACCESS_NONE && access != table[page]) {
            return false;
        }
    }
    for (uint32_t page = first, run; page < end; page = run) {
        uint32_t access = access_in_layout(instance, page);
        for (run = page + 1; run < end && table[run] == table[page] && access_in_layout(instance, run) == access;) {
            run++;
        }
        if (access == table[page]) {
            continue;
        }
        if (access_set(instance, page, run - page, PVM_ACCESS_NONE, NULL) != PVM_OK) {
            return false;
        }
        instance->hidden_contents = contents_zero(instance, page, run - page, PVM_ACCESS_NONE, NULL) != PVM_OK;
        if (instance->hidden_contents || instance->checked) {
            return false;
        }
    }
    for (uint32_t n = 0; n < instance->layout_count; n++) {
        instance->layout[n].contents_id = 0;
    }
    instance->layout_known = true;
    return true;
}

void reuse_remember(struct instance *instance) {
    const uint8_t *table = instance_page_access(instance);
    uint32_t first = instance->touched_first, end = instance->touched_end, count = 0;
    if (instance->unsettled) {
        restore_page_table(instance);
    }
    if (instance->layout_known || instance->broken || instance->checked || instance->hidden_contents) {
        return;
    }
    if (!instance->began_empty && restore_layout(instance)) {
        return;
    }
    if (instance->broken || instance->checked || instance->hidden_contents || instance->window.page_count != 0 ||
        first >= end || end - first > SPAN_PAGES) {
        return;
    }
    for (uint32_t page = first, run; page < end; page = run) {
        for (run = page + 1; run < end && table[run] == table[page];) {
            run++;
        }
        if (table[page] != PVM_ACCESS_NONE) {
            if (count == LAYOUT_ENTRIES) {
                return;
            }
            instance->layout[count++] = (struct layout_entry){page, run - page, table[page], 0, 0};
        }
    }
    instance->layout_count = count;
    instance->layout_known = true;
}

bool reuse_can_begin(const struct instance *slot) {
    return slot->layout_known && slot->layout_count != 0 && !slot->broken && !slot->checked &&
           slot->window.page_count == 0 && slot->touched_end - slot->touched_first <= SPAN_PAGES;
}

bool reuse_begin(struct instance *instance) {
    uint32_t first = instance->touched_first, end = instance->touched_end;
    if (!reuse_can_begin(instance)) {
        return false;
    }
    memset(instance_page_access(instance) + first, PVM_ACCESS_NONE, end - first);
    for (uint32_t n = 0; n < instance->layout_count; n++) {
        instance->layout[n].contents_id = 0;
    }
    instance->asked_boundaries = 0;
    instance->unsettled = true;
    return true;
}

/* Whether hardware can go over to so many boundaries, when the time comes, from those that it has: reserves the maps for that. */
static bool may_settle(struct instance *instance, uint64_t boundaries) {
    return boundaries <= instance->pool->config->maps_per_instance &&
           access_raise_maps(instance, SLOT_MAPS + instance->boundaries + boundaries);
}

bool reuse_protect(struct instance *instance, uint32_t first, uint32_t count, uint32_t access, bool zero,
                   status *result, pvm_error *error) {
    uint8_t *table = instance_page_access(instance);
    const struct layout_entry *run = instance->layout, *end = run + instance->layout_count;
    while (run < end && first - run->first_page >= run->page_count) {
        run++;
    }
    if (run == end || run->access != access || count > run->page_count - (first - run->first_page)) {
        return false;
    }
    uint8_t before = table[first];
    for (uint32_t page = first + 1; page < first + count; page++) {
        if (table[page] != before) {
            return false;
        }
    }
    uint8_t left = table[first - 1], right = first + count < PVM_PAGE_COUNT ? table[first + count] : PVM_ACCESS_NONE;
    uint64_t boundaries =
        instance->asked_boundaries - (before != left) - (before != right) + (access != left) + (access != right);
    if (!may_settle(instance, boundaries)) {
        return false;
    }
    *result = PVM_OK;
    if (zero || before == PVM_ACCESS_NONE) {
        *result = contents_zero(instance, first, count, access, error);
    }
    if (*result == PVM_OK) {
        memset(table + first, (int)access, count);
        instance->asked_boundaries = boundaries;
    }
    return true;
}

enum pages { PAGES_ZERO, PAGES_INACCESSIBLE };

/* Makes the pages that nobody asked for what they have to be. */
static bool change_unasked(struct instance *instance, enum pages to) {
    const uint8_t *table = instance_page_access(instance);
    bool done = true;
    for (uint32_t n = 0; n < instance->layout_count; n++) {
        uint32_t page = instance->layout[n].first_page, run_end = page + instance->layout[n].page_count;
        for (uint32_t end; page < run_end && done; page = end) {
            for (end = page + 1; end < run_end && table[end] == table[page];) {
                end++;
            }
            uint8_t *pages = instance_page(instance, page);
            uint64_t octets = (uint64_t)(end - page) * PVM_PAGE_SIZE;
            if (table[page] == PVM_ACCESS_NONE) {
                done = (to == PAGES_ZERO ? madvise(pages, octets, MADV_DONTNEED)
                                         : mprotect(pages, octets, PROT_NONE)) == 0;
            }
        }
    }
    return done;
}

status reuse_settle(struct instance *instance, pvm_error *error) {
    instance->unsettled = false;
    kept_forget_instance(instance);
    if (!change_unasked(instance, PAGES_ZERO)) {
        access_give_up(instance);
        return fail_by_system(error, "pages of an instance cannot be given back");
    }
    instance->boundaries = instance->asked_boundaries;
    instance->layout_known = false;
    /* From the first page to the last hardware goes over from the old boundaries to the new ones, for which there are maps. */
    if (change_unasked(instance, PAGES_INACCESSIBLE)) {
        access_lower_maps(instance, SLOT_MAPS + instance->boundaries);
        return PVM_OK;
    }
    status result = access_check_in_software(instance, error);
    if (result != PVM_OK) {
        access_give_up(instance);
    }
    return result;
}
