/* Memory files: memory that is mapped more than once. */
#ifndef PVMJIT_MEMORY_FILE_H
#define PVMJIT_MEMORY_FILE_H

#include <stdint.h>

/* The descriptor of an empty one that may become so long; -1, with errno, when there is none. */
int memory_file_create(const char *name, uint64_t size);

#endif
