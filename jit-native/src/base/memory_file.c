/* Memory files. */
#include "base/memory_file.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

int memory_file_create(const char *name, uint64_t size) {
    struct rlimit longest;
    /* Who makes a file longer than that is sent SIGXFSZ, which ends a process that has not provided for it. */
    if (getrlimit(RLIMIT_FSIZE, &longest) == 0 && longest.rlim_cur < size) {
        errno = EFBIG;
        return -1;
    }
    return memfd_create(name, MFD_CLOEXEC);
}
