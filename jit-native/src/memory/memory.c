/* What the host may do with the memory of an instance: change the access of pages, fill them. */
#include "memory/access.h"
#include "memory/contents.h"
#include "memory/paging.h"
#include "memory/reuse.h"
#include "memory/window.h"

/* The window is closed before its pages change. */
static status leave_window(struct instance *instance, uint32_t first, uint32_t count, pvm_error *error) {
    const struct window *window = &instance->window;
    if (first >= window->first_page + window->page_count || window->first_page >= first + count) {
        return PVM_OK;
    }
    status result = window_close(instance, WINDOW_KEPT, error);
    if (result != PVM_OK) {
        access_give_up(instance);
    }
    return result;
}

int32_t pvm_memory_protect(pvm_context *context, uint32_t first_page, uint32_t page_count, uint32_t access,
                           uint32_t zero, pvm_error *error) {
    struct instance *instance = instance_of(context);
    if (access > PVM_ACCESS_WRITE || first_page > PVM_PAGE_COUNT || page_count > PVM_PAGE_COUNT - first_page ||
        (access != PVM_ACCESS_NONE && page_count != 0 && first_page < FIRST_ACCESSIBLE_PAGE)) {
        return (int32_t)fail(error, PVM_INVALID_ARGUMENT, 0, "pages [%u, +%u) cannot get access %u", first_page,
                             page_count, access);
    }
    if (page_count == 0) {
        return PVM_OK;
    }
    if (instance->broken) {
        return (int32_t)fail(error, PVM_RESOURCE_LIMIT, 0, "the instance was given up before");
    }
    status result = PVM_OK;
    instance->granted_pages += access == PVM_ACCESS_NONE ? 0 : page_count;
    if (instance->unsettled) {
        if (reuse_protect(instance, first_page, page_count, access, zero != 0, &result, error)) {
            return (int32_t)result;
        }
        result = reuse_settle(instance, error);
    }
    if (result != PVM_OK) {
        return (int32_t)result;
    }
    paging_begin(instance);
    if (instance->broken) {
        return (int32_t)fail(error, PVM_RESOURCE_LIMIT, 0, "the access of the pages of an instance cannot be changed");
    }
    const uint8_t *table = instance_page_access(instance);
    bool may_hold = instance->hidden_contents;
    for (uint32_t page = first_page; page < first_page + page_count && !may_hold; page++) {
        may_hold = table[page] != PVM_ACCESS_NONE;
    }
    instance->layout_known = false;
    if (first_page < instance->changed_first) {
        instance->changed_first = first_page;
    }
    if (first_page + page_count > instance->changed_end) {
        instance->changed_end = first_page + page_count;
    }
    if (zero == 0 && access == PVM_ACCESS_NONE && may_hold) {
        instance->hidden_contents = true;
    }
    result = leave_window(instance, first_page, page_count, error);
    if (result == PVM_OK) {
        result = access_set(instance, first_page, page_count, access, error);
    }
    if (result == PVM_OK && zero != 0 && may_hold) {
        result = contents_zero(instance, first_page, page_count, PVM_ACCESS_NONE, error);
        if (result != PVM_OK) {
            access_give_up(instance);
        }
    }
    return (int32_t)result;
}

int32_t pvm_instance_is_checked(const pvm_context *context) {
    return instance_of((pvm_context *)(uintptr_t)context)->checked;
}

int32_t pvm_instance_check_by_hardware(pvm_context *context) {
    struct instance *instance = instance_of(context);
    (void)paging_end(instance);
    instance->never_paging = true;
    return !instance->checked;
}

int32_t pvm_memory_fill(pvm_context *context, uint64_t address, const void *contents, uint64_t length,
                        pvm_error *error) {
    struct instance *instance = instance_of(context);
    const uint8_t *table = instance_page_access(instance), *source = contents;
    if (length > GUEST_MEMORY_BYTES || address > GUEST_MEMORY_BYTES - length) {
        return (int32_t)fail(error, PVM_INVALID_ARGUMENT, 0, "the range ends beyond 2^32");
    }
    if (instance->broken) {
        return (int32_t)fail(error, PVM_RESOURCE_LIMIT, 0, "the instance was given up before");
    }
    for (uint64_t page = address / PVM_PAGE_SIZE; length != 0 && page <= (address + length - 1) / PVM_PAGE_SIZE;
         page++) {
        if (table[page] == PVM_ACCESS_NONE) {
            return (int32_t)fail(error, PVM_INVALID_ARGUMENT, 0, "page %llu is not accessible",
                                 (unsigned long long)page);
        }
    }
    /* Read-only pages of a pooled slot may not be taken for what they were. */
    for (uint32_t n = 0; n < instance->layout_count; n++) {
        instance->layout[n].contents_id = 0;
    }
    status result = PVM_OK;
    while (length != 0 && result == PVM_OK) {
        uint64_t page = address / PVM_PAGE_SIZE, end = (page + 1) * PVM_PAGE_SIZE;
        bool in_window = window_contains(&instance->window, page);
        while (end < address + length && table[end / PVM_PAGE_SIZE] == table[page] &&
               window_contains(&instance->window, end / PVM_PAGE_SIZE) == in_window) {
            end += PVM_PAGE_SIZE;
        }
        uint64_t part = end - address < length ? end - address : length;
        result = contents_copy(instance, address, source, part, 0, table[page], error);
        address += part;
        source += part;
        length -= part;
    }
    return (int32_t)result;
}
