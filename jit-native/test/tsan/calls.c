/* What the library does that ThreadSanitizer's runtime does not bear, done otherwise in tests under it. It holds back signals
 * until a thread calls the C library, which a guest never does; and it knows only some addresses, none of them random. */
#include <errno.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/types.h>

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *previous);
int __sigaction(int number, const struct sigaction *action, struct sigaction *previous);
ssize_t __wrap_getrandom(void *octets, size_t length, unsigned flags);
ssize_t __real_getrandom(void *octets, size_t length, unsigned flags);

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *previous) {
    return __sigaction(number, action, previous);
}

ssize_t __wrap_getrandom(void *octets, size_t length, unsigned flags) {
    if ((flags & GRND_NONBLOCK) == 0) { /* not for an address */
        return __real_getrandom(octets, length, flags);
    }
    errno = ENOSYS;
    return -1;
}
