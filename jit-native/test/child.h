/* Children of tests, for what concerns a whole process: signal handlers, say. A child that is content ends in _exit(FINE).
 * Include check.h before. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 42, WRONG = 43 };

/* Runs `child` in a process of its own, and returns its wait status. */
static inline int in_child(void (*child)(void)) {
    int state = 0;
    fflush(stdout);
    pid_t process = fork();
    CHECK(process >= 0);
    if (process == 0) {
        alarm(60);
        child();
        _exit(WRONG);
    }
    CHECK_EQ(waitpid(process, &state, 0), process);
    return state;
}

static inline void check_exits_fine(void (*child)(void)) {
    int state = in_child(child);
    if (!WIFEXITED(state) || WEXITSTATUS(state) != FINE) {
        CHECK_FAIL("exit status %d, signal %d", WIFEXITED(state) ? WEXITSTATUS(state) : -1,
                   WIFSIGNALED(state) ? WTERMSIG(state) : 0);
    }
}

static inline void check_dies_of(void (*child)(void), int signal_number) {
    int state = in_child(child);
    if (!WIFSIGNALED(state) || WTERMSIG(state) != signal_number) {
        CHECK_FAIL("exit status %d, signal %d", WIFEXITED(state) ? WEXITSTATUS(state) : -1,
                   WIFSIGNALED(state) ? WTERMSIG(state) : 0);
    }
}

static inline void require(bool condition) {
    if (!condition) {
        _exit(WRONG);
    }
}

#endif
