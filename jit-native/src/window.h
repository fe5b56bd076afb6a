/* Read-only RAM that the host writes without a change of protection, through a second mapping of the same pages. */
#ifndef PVMJIT_WINDOW_H
#define PVMJIT_WINDOW_H

#include "../include/pvmjit.h"

#include <stdbool.h>

struct instance;

/* The most pages of a window. Beyond, copying costs more than the change of protection that a window saves. */
#define WINDOW_PAGES 64
/* Maps of the kernel that a window takes beside those for access: its two ends. */
#define WINDOW_MAPS 2

/* One memory file per engine: each slot has a range of WINDOW_PAGES in it, all of it is mapped writable. */
struct window_file {
    int file;          /* memfd, or -1 when there are no windows */
    uint8_t *writable; /* the file, from its beginning */
    uint64_t size;
};

/* Pages of a slot's RAM that are mapped from its range of the file, read-only. */
struct window {
    uint32_t first_page, page_count; /* of RAM; page_count is 0 while there is none */
    uint32_t allocated_pages;        /* of the file: these can be written without SIGBUS */
};

/* Without a file, windows are not made and nothing else changes. */
void window_file_open(struct window_file *file, uint32_t slots);
void window_file_close(struct window_file *file);

static inline bool window_contains(const struct window *window, uint64_t page) {
    return page - window->first_page < window->page_count;
}

/* Makes read-only pages of the instance, which has no window, its window; what they hold then is left from before. Does
 * nothing where there is no file, no room in it, or no memory. After a failure the instance is lost. */
enum pvm_status window_open(struct instance *instance, uint32_t first_page, uint32_t page_count, pvm_error *error);

/* Where to write an address within the window; what follows it up to the window's end follows there too. */
uint8_t *window_writable(struct instance *instance, uint64_t address);

/* Makes the pages of the window, if there is one, pages like all others: read-only with the same contents when `keep`,
 * else inaccessible and zero. After a failure the instance is lost. */
enum pvm_status window_close(struct instance *instance, bool keep, pvm_error *error);

/* Gives the memory of the file back that no window maps. */
enum pvm_status window_give_back(struct instance *instance, pvm_error *error);

#endif
