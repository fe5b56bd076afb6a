/* Messages of failures. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

status fail(pvm_error *error, status code, uint64_t offset, const char *format, ...) {
    if (error != NULL) {
        error->status = (uint32_t)code;
        error->reserved = 0;
        error->offset = offset;
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return code;
}

status fail_by_system(pvm_error *error, const char *what) {
    return fail(error, PVM_RESOURCE_LIMIT, 0, "%s: %s", what, strerror(errno));
}
