/* Read-only RAM that the host writes without a change of protection, through a second mapping of the same pages. */
#ifndef PVMJIT_WINDOW_H
#define PVMJIT_WINDOW_H

#include "memory/instance.h"

#include <stdbool.h>
#include <stdint.h>

/* Maps of the kernel that a window takes beside those for access: its two ends. */
#define WINDOW_MAPS 2

/* Without a file, windows are not made and nothing else changes. */
void window_file_open(struct window_file *file, uint32_t slots);
void window_file_close(struct window_file *file);

static inline bool window_contains(const struct window *window, uint64_t page) {
    return page - window->first_page < window->page_count;
}

/* Makes read-only pages of the instance, which has no window, its window; what they hold then is left from before. Does
 * nothing where there is no file, no room in it, or no memory. After a failure the instance is lost. */
status window_open(struct instance *instance, uint32_t first_page, uint32_t page_count, pvm_error *error);

/* Where to write an address within the window; what follows it up to the window's end follows there too. */
uint8_t *window_writable(struct instance *instance, uint64_t address);

/* What becomes of the pages of a window that closes: read-only with the same contents, or inaccessible and zero. */
enum window_contents { WINDOW_KEPT, WINDOW_DROPPED };

/* Makes the pages of the window, if there is one, pages like all others. After a failure the instance is lost. */
status window_close(struct instance *instance, enum window_contents contents, pvm_error *error);

/* Gives the memory of the file back that no window maps. */
status window_give_back(struct instance *instance, pvm_error *error);

#endif
