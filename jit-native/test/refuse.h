/* Functions of the system that fail on demand: the n-th call of any of them, or it and all behind it. Tests that include this are
 * linked with --wrap for them (REFUSED in the Makefile). Include check.h before. */
#ifndef REFUSE_H
#define REFUSE_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>

static struct {
    bool armed, persistent; /* persistent: all calls from the chosen one on fail */
    int calls, fail_at;     /* counted from 1 */
    bool only_signals;
} trouble;

/* Calls about signals are refused when nothing else is: most operations make none, and the handlers are installed once. */
static bool refuse(bool about_signals) {
    if (!trouble.armed || trouble.only_signals != about_signals) {
        return false;
    }
    trouble.calls++;
    if (trouble.calls == trouble.fail_at || (trouble.persistent && trouble.calls > trouble.fail_at)) {
        errno = ENOMEM;
        return true;
    }
    return false;
}

static void check_protection(int protection) {
    if ((protection & PROT_WRITE) != 0 && (protection & PROT_EXEC) != 0) {
        fputs("memory is asked for that is writable and executable\n", stderr);
        abort();
    }
}

/* clang-format off */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__real_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);
int __real_mprotect(void *address, size_t length, int protection);
int __real_madvise(void *address, size_t length, int advice);
int __real_mincore(void *address, size_t length, unsigned char *resident);
int __real_memfd_create(const char *name, unsigned flags);
int __real_ftruncate(int file, off_t length);
int __real_fallocate(int file, int mode, off_t offset, off_t length);
int __real_sigaction(int number, const struct sigaction *action, struct sigaction *previous);
int __real_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __real_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);
int __real_munmap(void *address, size_t length);
ssize_t __real_getrandom(void *octets, size_t length, unsigned flags);
long __real_syscall(long number, ...);
FILE *__real_fopen(const char *name, const char *mode);
int __real_tgkill(pid_t process, pid_t thread, int signal_number);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);
int __wrap_mprotect(void *address, size_t length, int protection);
int __wrap_madvise(void *address, size_t length, int advice);
int __wrap_mincore(void *address, size_t length, unsigned char *resident);
int __wrap_memfd_create(const char *name, unsigned flags);
int __wrap_ftruncate(int file, off_t length);
int __wrap_fallocate(int file, int mode, off_t offset, off_t length);
int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *previous);
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __wrap_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);
int __wrap_munmap(void *address, size_t length);
ssize_t __wrap_getrandom(void *octets, size_t length, unsigned flags);
long __wrap_syscall(long number, ...);
FILE *__wrap_fopen(const char *name, const char *mode);
int __wrap_tgkill(pid_t process, pid_t thread, int signal_number);
/* clang-format on */

void *__wrap_malloc(size_t size) {
    return refuse(false) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return refuse(false) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *pointer, size_t size) {
    return refuse(false) ? NULL : __real_realloc(pointer, size);
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
    check_protection(protection);
    return refuse(false) ? MAP_FAILED : __real_mmap(address, length, protection, flags, file, offset);
}

int __wrap_mprotect(void *address, size_t length, int protection) {
    check_protection(protection);
    if (refuse(false)) {
        /* The kernel may have changed some of the range before it stopped. */
        __real_mprotect(address, length / 2 / PVM_PAGE_SIZE * PVM_PAGE_SIZE, protection);
        errno = ENOMEM;
        return -1;
    }
    return __real_mprotect(address, length, protection);
}

int __wrap_madvise(void *address, size_t length, int advice) {
    return refuse(false) ? -1 : __real_madvise(address, length, advice);
}

int __wrap_mincore(void *address, size_t length, unsigned char *resident) {
    return refuse(false) ? -1 : __real_mincore(address, length, resident);
}

int __wrap_memfd_create(const char *name, unsigned flags) {
    return refuse(false) ? -1 : __real_memfd_create(name, flags);
}

int __wrap_ftruncate(int file, off_t length) {
    return refuse(false) ? -1 : __real_ftruncate(file, length);
}

int __wrap_fallocate(int file, int mode, off_t offset, off_t length) {
    return refuse(false) ? -1 : __real_fallocate(file, mode, offset, length);
}

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *previous) {
    return refuse(true) ? -1 : __real_sigaction(number, action, previous);
}

int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes) {
    return refuse(false) ? ENOMEM : __real_pthread_mutex_init(mutex, attributes);
}

int __wrap_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes) {
    return refuse(false) ? ENOMEM : __real_pthread_cond_init(condition, attributes);
}

int __wrap_munmap(void *address, size_t length) {
    return refuse(false) ? -1 : __real_munmap(address, length);
}

ssize_t __wrap_getrandom(void *octets, size_t length, unsigned flags) {
    return refuse(false) ? -1 : __real_getrandom(octets, length, flags);
}

/* The library asks for membarrier so: two numbers and an address that is not looked at. */
long __wrap_syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    int first = va_arg(arguments, int), second = va_arg(arguments, int);
    va_end(arguments);
    return refuse(false) ? -1 : __real_syscall(number, first, second, 0);
}

FILE *__wrap_fopen(const char *name, const char *mode) {
    bool of_library = strstr(name, "max_map_count") != NULL; /* the tests open files, too */
    return of_library && refuse(false) ? NULL : __real_fopen(name, mode);
}

int __wrap_tgkill(pid_t process, pid_t thread, int signal_number) {
    return refuse(true) ? -1 : __real_tgkill(process, thread, signal_number);
}

static void arm(int fail_at, bool persistent) {
    trouble.calls = 0;
    trouble.fail_at = fail_at;
    trouble.persistent = persistent;
    trouble.armed = true;
}

/* Whether the failure came about: the operation made that many calls. */
static bool disarm(void) {
    trouble.armed = false;
    return trouble.calls >= trouble.fail_at;
}

/* Repeats `step` with its first call failing, its second, and so on until none does; then the same with all calls
 * failing from that one on. step returns false when its operation made fewer calls. */
static inline void with_every_failure(bool (*step)(int fail_at, bool persistent)) {
    for (int persistent = 0; persistent < 2; persistent++) {
        int fail_at = 1;
        while (step(fail_at, persistent != 0)) {
            fail_at++;
            CHECK(fail_at < 1000);
        }
        printf("%d calls%s\n", fail_at - 1, persistent ? ", each with all behind it" : "");
    }
}

#endif
