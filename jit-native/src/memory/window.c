/* Windows: arguments change from one instance to the next, and pages that the guest may only read are dear to write: two
 * changes of protection, and the kernel's locks and TLB flushes with them. A window has a second, writable mapping.
 *
 * A window holds one range of one slot, only while hardware protects the instance and only as long as the range stays
 * read-only: what changes the access of its pages closes it first, so that no other code has to know of it. The next
 * instance of the slot finds the window open and overwrites it to its end. */
#include "memory/window.h"

#include "base/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW_BYTES ((uint64_t)WINDOW_PAGES * PVM_PAGE_SIZE)
/* Slots that can have a window: the file takes address space for all of them, memory for those that do. */
#define WINDOW_SLOTS 2048

void window_file_open(struct window_file *file, uint32_t slots) {
    file->size = (slots < WINDOW_SLOTS ? slots : WINDOW_SLOTS) * WINDOW_BYTES;
    file->file = memory_file_create("pvmjit-windows", file->size);
    if (file->file < 0) {
        return;
    }
    /* Pages beyond the end of the file are allocated, and the file made longer, before they are touched. */
    void *writable = mmap(NULL, file->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file->file, 0);
    if (writable == MAP_FAILED) {
        close(file->file);
        file->file = -1;
        return;
    }
    file->writable = writable;
}

void window_file_close(struct window_file *file) {
    if (file->file >= 0) {
        munmap(file->writable, file->size);
        close(file->file);
    }
}

static struct window_file *file_of(struct instance *instance) {
    return &instance->pool->windows;
}

static off_t file_offset(const struct instance *instance) {
    return (off_t)(instance->slot_number * WINDOW_BYTES);
}

static uint8_t *window_pages(struct instance *instance) {
    return instance->context.memory + (uint64_t)instance->window.first_page * PVM_PAGE_SIZE;
}

uint8_t *window_writable(struct instance *instance, uint64_t address) {
    return file_of(instance)->writable + file_offset(instance) +
           (address - (uint64_t)instance->window.first_page * PVM_PAGE_SIZE);
}

/* A mapping could not be replaced. Kernels before 6.12 may have taken the old one away by then, and any other thread may
 * have got the address: nothing may touch RAM, or unmap it, any more. */
static status lose(struct instance *instance, pvm_error *error) {
    instance->lost = true;
    instance->broken = true;
    return fail_by_system(error, "pages of an instance cannot be mapped anew");
}

status window_open(struct instance *instance, uint32_t first_page, uint32_t page_count, pvm_error *error) {
    struct window *window = &instance->window;
    int file = file_of(instance)->file;
    if (file < 0 || page_count > WINDOW_PAGES || (uint64_t)file_offset(instance) >= file_of(instance)->size) {
        return PVM_OK;
    }
    uint64_t octets = (uint64_t)page_count * PVM_PAGE_SIZE;
    if (window->allocated_pages < page_count) {
        if (fallocate(file, 0, file_offset(instance), (off_t)octets) != 0) {
            return PVM_OK;
        }
        window->allocated_pages = page_count;
    }
    void *pages = instance->context.memory + (uint64_t)first_page * PVM_PAGE_SIZE;
    if (mmap(pages, octets, PROT_READ, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, file, file_offset(instance)) ==
        MAP_FAILED) {
        return lose(instance, error);
    }
    window->first_page = first_page;
    window->page_count = page_count;
    return PVM_OK;
}

status window_close(struct instance *instance, enum window_contents contents, pvm_error *error) {
    bool keep = contents == WINDOW_KEPT;
    struct window *window = &instance->window;
    uint8_t *pages = window_pages(instance);
    uint64_t octets = (uint64_t)window->page_count * PVM_PAGE_SIZE;
    if (window->page_count == 0) {
        return PVM_OK;
    }
    /* With the flags of all other RAM, or the kernel would never merge the pages with their neighbours again. */
    bool done = mmap(pages, octets, keep ? PROT_READ | PROT_WRITE : PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED &&
                (madvise(pages, octets, MADV_NOHUGEPAGE) == 0 || errno == EINVAL);
    if (done && keep) {
        memcpy(pages, window_writable(instance, (uint64_t)window->first_page * PVM_PAGE_SIZE), octets);
        done = mprotect(pages, octets, PROT_READ) == 0;
    }
    if (!done) {
        return lose(instance, error);
    }
    window->page_count = 0;
    return PVM_OK;
}

status window_give_back(struct instance *instance, pvm_error *error) {
    struct window *window = &instance->window;
    if (window->allocated_pages != 0 &&
        fallocate(file_of(instance)->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, file_offset(instance),
                  (off_t)window->allocated_pages * PVM_PAGE_SIZE) != 0) {
        return fail_by_system(error, "memory of an instance cannot be given back");
    }
    window->allocated_pages = 0;
    return PVM_OK;
}
