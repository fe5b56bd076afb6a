/* How functions that fail say what happened. */
#ifndef PVMJIT_ERROR_H
#define PVMJIT_ERROR_H

#include "pvmjit.h"

typedef enum pvm_status status;

/* Fills error (which may be null) and returns the status it was given. */
status fail(pvm_error *error, status code, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* PVM_RESOURCE_LIMIT, with the reason that errno holds. */
status fail_by_system(pvm_error *error, const char *what);

#endif
