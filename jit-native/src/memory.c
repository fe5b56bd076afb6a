/* Guest memory: slots of 4 GiB address space, pooled; the access of pages, in the page table and in hardware.
 *
 * The page table (one octet a page) is the truth: hardware protection follows it, and it decides what a fault means. An
 * instance whose regions would take too many maps of the kernel becomes `checked`: all its RAM is mapped once, and it runs
 * code that looks into the page table before every access. */
#include "internal.h"

#include <errno.h>
#include <sys/mman.h>

#define SLOT_BYTES (SLOT_MEMORY + GUEST_MEMORY_BYTES + SLOT_GUARD)
/* Maps a slot takes beside one for each boundary between regions: its head, its RAM, and one to spare for the moment in
 * which the kernel has split a map and not yet merged the next. */
#define BASE_MAPS 3
/* Maps of the engine: the writable view of windows, and what the code arena takes. */
#define ENGINE_MAPS (1 + ARENA_MAPS)
/* Pooled slots that a new instance looks at for one of its own layout. */
#define POOL_SEARCH 16
/* Up to this size memset is cheaper than giving pages back and faulting them in again, were none of them there. */
#define MEMSET_BYTES (128 * 1024)
/* Up to this size writable pages are cleared as they are found: a page that is there is written in 30 ns, given back and
 * faulted in again in 1,400. Larger regions are given back whole, so that pages once touched do not cost every instance. */
#define CLEAR_PAGES 1024
/* More runs of pages, present and absent by turns, than this take more calls of the kernel than giving all back saves. */
#define CLEAR_RUNS 128

static uint8_t *slot_base(struct instance *instance) {
    return (uint8_t *)&instance->context - SLOT_CONTEXT;
}

static uint8_t *page_address(struct instance *instance, uint32_t page) {
    return instance->context.memory + (uint64_t)page * PVM_PAGE_SIZE;
}

static int protection(uint32_t access) {
    return access == PVM_ACCESS_WRITE ? PROT_READ | PROT_WRITE : access == PVM_ACCESS_READ ? PROT_READ : PROT_NONE;
}

static status memory_failure(pvm_error *error, const char *what) {
    return fail(error, PVM_RESOURCE_LIMIT, 0, "%s: %s", what, strerror(errno));
}

/* ---- Access ---- */

/* The maps of an instance are counted before the kernel makes them and as long as it may keep them. */
bool engine_reserve_maps(pvm_engine *engine, uint64_t maps) {
    uint64_t used = atomic_load(&engine->maps_used);
    do {
        if (used + maps > engine->config.map_limit) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&engine->maps_used, &used, used + maps));
    return true;
}

/* False when the engine has not that many more. */
static bool raise_maps(struct instance *instance, uint64_t maps) {
    if (maps > instance->maps) {
        if (!engine_reserve_maps(instance->module->engine, maps - instance->maps)) {
            return false;
        }
        instance->maps = maps;
    }
    return true;
}

static void lower_maps(struct instance *instance, uint64_t maps) {
    if (maps < instance->maps) {
        atomic_fetch_sub(&instance->module->engine->maps_used, instance->maps - maps);
        instance->maps = maps;
    }
}

/* All RAM becomes one map; from now on access is checked in software. */
static status become_checked(struct instance *instance, pvm_error *error) {
    status result = window_close(instance, true, error);
    if (result != PVM_OK) {
        return result;
    }
    if (mprotect(instance->context.memory, GUEST_MEMORY_BYTES, PROT_READ | PROT_WRITE) != 0) {
        return memory_failure(error, "the RAM of an instance cannot be mapped");
    }
    instance->checked = true;
    instance->variant = NULL;
    instance->fields.resume_native = 0;
    lower_maps(instance, BASE_MAPS);
    if (atomic_load_explicit(&instance->alive, memory_order_relaxed)) {
        atomic_fetch_add(&instance->module->engine->instances_checked, 1);
    }
    return PVM_OK;
}

/* Boundaries inside [first, first + count], its two ends included. */
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

/* Hardware and page table may differ: the guest does not run any more, and the host finds no page to touch. */
static void give_up(struct instance *instance) {
    instance->broken = true;
    instance->fields.resume_native = 0;
    memset(instance_page_access(instance), PVM_ACCESS_NONE, PVM_PAGE_COUNT);
}

/* Gives pages their access in hardware, or makes the instance checked where that takes too many maps. When neither can be
 * had, hardware and page table may differ: the instance is broken and runs no more. */
static status protect_pages(struct instance *instance, uint32_t first, uint32_t count, uint32_t access,
                            uint64_t boundaries, pvm_error *error) {
    uint64_t maps = BASE_MAPS + boundaries + (instance->window.page_count != 0 ? WINDOW_MAPS : 0);
    if (boundaries <= instance->module->engine->config.maps_per_instance && raise_maps(instance, maps) &&
        mprotect(page_address(instance, first), (uint64_t)count * PVM_PAGE_SIZE, protection(access)) == 0) {
        lower_maps(instance, maps);
        return PVM_OK;
    }
    status result = become_checked(instance, error);
    if (result != PVM_OK) {
        give_up(instance);
    }
    return result;
}

/* Sets the access of pages, at least one. */
static status set_access(struct instance *instance, uint32_t first, uint32_t count, uint32_t access, pvm_error *error) {
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

int64_t memory_denied(struct instance *instance, uint32_t address, uint32_t size, bool write) {
    const uint8_t *table = instance_page_access(instance);
    for (uint64_t octet = address; octet < (uint64_t)address + size; octet++) {
        if (table[(octet & (GUEST_MEMORY_BYTES - 1)) / PVM_PAGE_SIZE] < (write ? PVM_ACCESS_WRITE : PVM_ACCESS_READ)) {
            return (int64_t)octet;
        }
    }
    return -1;
}

/* ---- Contents ---- */

static status give_back_pages(uint8_t *pages, uint64_t octets, pvm_error *error) {
    return madvise(pages, octets, MADV_DONTNEED) == 0 ? PVM_OK : memory_failure(error, "pages cannot be made zero");
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

/* Makes pages zero. */
static status zero_pages(struct instance *instance, uint32_t first, uint32_t count, bool writable, pvm_error *error) {
    uint8_t *pages = page_address(instance, first);
    uint64_t octets = (uint64_t)count * PVM_PAGE_SIZE;
    if (writable && octets <= MEMSET_BYTES) {
        memset(pages, 0, octets);
        return PVM_OK;
    }
    return writable && count <= CLEAR_PAGES ? clear_pages(pages, count, error) : give_back_pages(pages, octets, error);
}

/* Copies into pages of one access, which must not be NONE, and zeroes `padding` octets behind; all of them in the window or
 * none. */
static status copy_in(struct instance *instance, uint64_t address, const void *contents, uint64_t length,
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
        give_up(instance);
        return memory_failure(error, "read-only pages cannot be filled");
    }
    if (length != 0) {
        memcpy(target, contents, length);
    }
    memset(target + length, 0, padding);
    if (locked && mprotect(pages, octets, PROT_READ) != 0) {
        give_up(instance);
        return memory_failure(error, "pages cannot be made read-only");
    }
    return PVM_OK;
}

/* The window is closed before its pages change. */
static status leave_window(struct instance *instance, uint32_t first, uint32_t count, pvm_error *error) {
    const struct window *window = &instance->window;
    if (first >= window->first_page + window->page_count || window->first_page >= first + count) {
        return PVM_OK;
    }
    status result = window_close(instance, true, error);
    if (result != PVM_OK) {
        give_up(instance);
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
    const uint8_t *table = instance_page_access(instance);
    bool may_hold = instance->hidden_contents;
    for (uint32_t page = first_page; page < first_page + page_count && !may_hold; page++) {
        may_hold = table[page] != PVM_ACCESS_NONE;
    }
    instance->layout_known = false;
    if (zero == 0 && access == PVM_ACCESS_NONE && may_hold) {
        instance->hidden_contents = true;
    }
    if (instance->broken) {
        return (int32_t)fail(error, PVM_RESOURCE_LIMIT, 0, "the instance was given up before");
    }
    status result = leave_window(instance, first_page, page_count, error);
    if (result == PVM_OK) {
        result = set_access(instance, first_page, page_count, access, error);
    }
    if (result == PVM_OK && zero != 0 && may_hold) {
        result = zero_pages(instance, first_page, page_count, false, error);
        if (result != PVM_OK) {
            give_up(instance);
        }
    }
    return (int32_t)result;
}

int32_t pvm_instance_is_checked(const pvm_context *context) {
    return instance_of((pvm_context *)(uintptr_t)context)->checked;
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
        result = copy_in(instance, address, source, part, 0, table[page], error);
        address += part;
        source += part;
        length -= part;
    }
    return (int32_t)result;
}

/* ---- Slots ---- */

void memory_open(pvm_engine *engine) {
    engine->windows.file = -1;
    if ((engine->config.flags & PVM_FLAG_ALWAYS_CHECKED) == 0) {
        window_file_open(&engine->windows, engine->config.instance_limit);
    }
    atomic_fetch_add(&engine->maps_used, ENGINE_MAPS);
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
    /* Huge pages would make a guest's every touched page cost 2 MiB. */
    (void)madvise(base, SLOT_BYTES, MADV_NOHUGEPAGE);
    *(volatile uint8_t *)memory = 0;
    return mprotect(memory, PVM_PAGE_SIZE, PROT_NONE) == 0;
}

static struct instance *create_slot(pvm_engine *engine, pvm_error *error) {
    uint8_t *base = mmap(NULL, SLOT_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        memory_failure(error, "no address space for an instance");
        return NULL;
    }
    if (!protect_slot(base)) {
        memory_failure(error, "no memory for an instance");
        munmap(base, SLOT_BYTES);
        return NULL;
    }
    struct instance *instance = instance_of((pvm_context *)(void *)(base + SLOT_CONTEXT));
    instance->context.memory = base + SLOT_MEMORY;
    instance->context.page_access = base + SLOT_PAGE_ACCESS;
    instance->enter = engine->use_gs ? pvm_enter_gs : pvm_enter;
    instance->fields.exit_panic = pvm_exit_panic;
    instance->fields.exit_out_of_gas = pvm_exit_out_of_gas;
    instance->fields.exit_host_call = pvm_exit_host_call;
    instance->fields.exit_jump = pvm_exit_jump;
    instance->fields.exit_fault = pvm_exit_hardware_fault;
    instance->fields.exit_check_failed = pvm_exit_check_failed;
    instance->layout_known = true;
    instance->touched_first = PVM_PAGE_COUNT;
    instance->maps = BASE_MAPS;
    instance->slot_number = engine->slots_made++;
    engine->slot_count++;
    instance->next_slot = engine->slots;
    engine->slots = instance;
    return instance;
}

void memory_close(pvm_engine *engine) {
    while (engine->slots != NULL) {
        struct instance *instance = engine->slots;
        engine->slots = instance->next_slot;
        if (!instance->lost) {
            munmap(slot_base(instance), SLOT_BYTES);
        }
    }
    window_file_close(&engine->windows);
}

/* Whether a slot has pages with exactly the access that the regions ask for. */
static bool same_layout(const struct instance *slot, const pvm_region *regions, uint32_t count) {
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

static struct instance *unlink_pooled(pvm_engine *engine, struct instance **link) {
    struct instance *slot = *link;
    *link = slot->next_pooled;
    slot->next_pooled = NULL;
    engine->pooled_count--;
    engine->pooled_bytes -= slot->pooled_bytes;
    return slot;
}

/* A pooled slot of this layout, else a new one, else any pooled one; null with the error filled in. */
static struct instance *take_slot(pvm_engine *engine, const pvm_region *regions, uint32_t count, pvm_error *error) {
    int searched = 0;
    for (struct instance **link = &engine->pool; *link != NULL && searched < POOL_SEARCH;
         link = &(*link)->next_pooled) {
        if (same_layout(*link, regions, count)) {
            return unlink_pooled(engine, link);
        }
        searched++;
    }
    /* With many idle slots of other layouts it is better to convert one than to add to them. */
    bool room = (engine->pool == NULL || engine->pooled_count <= POOL_SEARCH) &&
                engine->slot_count < engine->config.instance_limit && engine_reserve_maps(engine, BASE_MAPS);
    if (engine->pool != NULL && !room) {
        return unlink_pooled(engine, &engine->pool);
    }
    if (!room) {
        fail(error, PVM_RESOURCE_LIMIT, 0, "%llu instances are alive, the limit is %u instances and %llu maps",
             (unsigned long long)engine->instances_alive, engine->config.instance_limit,
             (unsigned long long)engine->config.map_limit);
        return NULL;
    }
    struct instance *slot = create_slot(engine, error);
    if (slot == NULL) {
        atomic_fetch_sub(&engine->maps_used, BASE_MAPS);
    }
    return slot == NULL && engine->pool != NULL ? unlink_pooled(engine, &engine->pool) : slot;
}

/* Makes the page table NONE over a range. Large ranges are mostly untouched: they go back to the system. */
static status clear_page_table(struct instance *instance, uint32_t first, uint32_t count, pvm_error *error) {
    uint8_t *table = instance_page_access(instance);
    if (count <= MEMSET_BYTES) {
        memset(table + first, PVM_ACCESS_NONE, count);
    } else if (madvise(table, PVM_PAGE_COUNT, MADV_DONTNEED) != 0) {
        return memory_failure(error, "the page table of an instance cannot be given back");
    }
    return PVM_OK;
}

/* No page accessible, all RAM zero, nothing remembered. */
static status wipe(struct instance *instance, pvm_error *error) {
    bool always_checked = (instance->module->engine->config.flags & PVM_FLAG_ALWAYS_CHECKED) != 0;
    uint32_t first = instance->touched_first;
    uint32_t count = instance->touched_end > first ? instance->touched_end - first : 0;
    uint64_t octets = (uint64_t)count * PVM_PAGE_SIZE;
    status result = window_close(instance, false, error);
    if (result != PVM_OK) {
        return result;
    }
    if (count > 0 && madvise(page_address(instance, first), octets, MADV_DONTNEED) != 0) {
        return memory_failure(error, "the RAM of an instance cannot be given back");
    }
    result = clear_page_table(instance, first, count, error);
    if (result != PVM_OK) {
        return result;
    }
    instance->boundaries = 0;
    instance->layout_count = 0;
    instance->layout_known = true;
    instance->hidden_contents = false;
    if (instance->checked && !always_checked) {
        if (mprotect(instance->context.memory, GUEST_MEMORY_BYTES, PROT_NONE) != 0) {
            return memory_failure(error, "the RAM of an instance cannot be protected");
        }
        instance->checked = false;
    } else if (!instance->checked && count > 0 && mprotect(page_address(instance, first), octets, PROT_NONE) != 0) {
        return memory_failure(error, "the RAM of an instance cannot be protected");
    }
    lower_maps(instance, BASE_MAPS);
    instance->touched_first = PVM_PAGE_COUNT;
    instance->touched_end = 0;
    instance->broken = false;
    return PVM_OK;
}

/* Gives a wiped slot the access that the regions ask for. */
static status lay_out(struct instance *instance, const pvm_region *regions, uint32_t count, pvm_error *error) {
    bool always_checked = (instance->module->engine->config.flags & PVM_FLAG_ALWAYS_CHECKED) != 0;
    status result = always_checked && !instance->checked ? become_checked(instance, error) : PVM_OK;
    for (uint32_t n = 0; n < count && result == PVM_OK; n++) {
        result = set_access(instance, regions[n].first_page, regions[n].page_count, regions[n].access, error);
    }
    instance->layout_known = count <= LAYOUT_ENTRIES;
    instance->layout_count = instance->layout_known ? count : 0;
    for (uint32_t n = 0; n < instance->layout_count; n++) {
        instance->layout[n] = (struct layout_entry){regions[n].first_page, regions[n].page_count, regions[n].access, 0};
    }
    return result;
}

/* Makes a region, whose contents change from one instance to the next, the slot's window; where that cannot be, it is
 * filled like others. */
static status consider_window(struct instance *instance, const pvm_region *region, pvm_error *error) {
    if (region->access != PVM_ACCESS_READ || !instance->layout_known || instance->checked ||
        instance->window.page_count != 0 || !raise_maps(instance, instance->maps + WINDOW_MAPS)) {
        return PVM_OK;
    }
    status result = window_open(instance, region->first_page, region->page_count, error);
    if (instance->window.page_count == 0) {
        lower_maps(instance, instance->maps - WINDOW_MAPS);
    }
    return result;
}

/* Contents of one region; `fresh` pages are zero. */
static status fill_region(struct instance *instance, const pvm_region *region, struct layout_entry *entry, bool fresh,
                          pvm_error *error) {
    bool writable = region->access == PVM_ACCESS_WRITE;
    uint64_t address = (uint64_t)region->first_page * PVM_PAGE_SIZE;
    status result = PVM_OK;
    if (!writable && entry != NULL && region->contents_id != 0 && entry->contents_id == region->contents_id) {
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
    if (!in_window && !fresh && filled < size) {
        uint32_t pages = (uint32_t)(filled / PVM_PAGE_SIZE);
        result = zero_pages(instance, region->first_page + pages, region->page_count - pages, writable, error);
    }
    if (result == PVM_OK) {
        result = copy_in(instance, address, region->contents, region->contents_length, padding, region->access, error);
    }
    if (entry != NULL) {
        entry->contents_id = result == PVM_OK && !writable ? region->contents_id : 0;
    }
    return result;
}

static status prepare(struct instance *instance, const pvm_region *regions, uint32_t count, pvm_error *error) {
    bool always_checked = (instance->module->engine->config.flags & PVM_FLAG_ALWAYS_CHECKED) != 0;
    bool fresh = !same_layout(instance, regions, count) || (always_checked && !instance->checked);
    status result = PVM_OK;
    if (fresh) {
        result = wipe(instance, error);
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
        result =
            fill_region(instance, &regions[n], n < instance->layout_count ? &instance->layout[n] : NULL, fresh, error);
    }
    return result;
}

static status check_regions(const pvm_region *regions, uint32_t count, pvm_error *error) {
    uint32_t free_from = FIRST_ACCESSIBLE_PAGE;
    for (uint32_t n = 0; n < count; n++) {
        const pvm_region *region = &regions[n];
        if (region->first_page < free_from || region->page_count == 0 || region->first_page > PVM_PAGE_COUNT ||
            region->page_count > PVM_PAGE_COUNT - region->first_page ||
            (region->access != PVM_ACCESS_READ && region->access != PVM_ACCESS_WRITE) ||
            region->contents_length > (uint64_t)region->page_count * PVM_PAGE_SIZE ||
            (region->contents == NULL && region->contents_length != 0)) {
            return fail(error, PVM_INVALID_ARGUMENT, 0, "region %u is not valid: pages [%u, +%u), access %u", n,
                        region->first_page, region->page_count, region->access);
        }
        free_from = region->first_page + region->page_count;
    }
    return PVM_OK;
}

/* Back to the pool; its RAM goes back to the system when idle slots hold enough. Wiping may take long: not under the lock. */
static void pool_slot(pvm_engine *engine, struct instance *instance) {
    uint64_t octets = (uint64_t)instance->window.allocated_pages * PVM_PAGE_SIZE;
    for (uint32_t n = 0; n < instance->layout_count; n++) {
        octets += (uint64_t)instance->layout[n].page_count * PVM_PAGE_SIZE;
    }
    pthread_mutex_lock(&engine->mutex);
    bool keep =
        instance->layout_known && !instance->broken && engine->pooled_bytes + octets <= engine->config.pool_bytes;
    pthread_mutex_unlock(&engine->mutex);
    if (!keep && !instance->lost) {
        /* A slot that cannot be wiped now is wiped, or refused, when it is taken again. */
        instance->layout_known = wipe(instance, NULL) == PVM_OK && window_give_back(instance, NULL) == PVM_OK;
        octets = 0;
    }
    instance->module = NULL;
    instance->pooled_bytes = octets;
    pthread_mutex_lock(&engine->mutex);
    if (!instance->lost) {
        instance->next_pooled = engine->pool;
        engine->pool = instance;
        engine->pooled_bytes += octets;
        engine->pooled_count++;
    } else {
        engine->slot_count--;
    }
    engine->instances_alive--;
    pthread_mutex_unlock(&engine->mutex);
}

int32_t pvm_instance_create(pvm_module *module, const pvm_region *regions, uint32_t region_count, pvm_context **context,
                            pvm_error *error) {
    pvm_engine *engine = module->engine;
    status result = check_regions(regions, region_count, error);
    if (result != PVM_OK) {
        return (int32_t)result;
    }
    pthread_mutex_lock(&engine->mutex);
    struct instance *instance = take_slot(engine, regions, region_count, error);
    engine->instances_alive += instance != NULL;
    pthread_mutex_unlock(&engine->mutex);
    if (instance == NULL) {
        return PVM_RESOURCE_LIMIT;
    }
    instance->module = module;
    result = prepare(instance, regions, region_count, error);
    if (result != PVM_OK) {
        instance->layout_known = false;
        pool_slot(engine, instance);
        return (int32_t)result;
    }
    uint8_t *memory = instance->context.memory;
    const uint8_t *page_access = instance->context.page_access;
    memset(&instance->context, 0, sizeof instance->context);
    instance->context.memory = memory;
    instance->context.page_access = page_access;
    instance->fields.resume_native = 0;
    instance->variant = NULL;
    pvm_module_retain(module);
    atomic_store_explicit(&instance->alive, true, memory_order_release);
    if (instance->checked) {
        atomic_fetch_add(&engine->instances_checked, 1);
    }
    *context = &instance->context;
    return PVM_OK;
}

void pvm_instance_destroy(pvm_context *context) {
    if (context == NULL) {
        return;
    }
    struct instance *instance = instance_of(context);
    pvm_module *module = instance->module;
    pvm_engine *engine = module->engine;
    atomic_store_explicit(&instance->alive, false, memory_order_release);
    if (instance->checked) {
        atomic_fetch_sub(&engine->instances_checked, 1);
    }
    pool_slot(engine, instance);
    pvm_module_release(module);
}
