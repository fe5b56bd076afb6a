/* Several copies of the library in one process, as when several class loaders load it: their handlers form a chain that
 * holds whoever goes first, and whose length costs no stack. Each test runs in a process of its own. */
#include "check.h"
#include "guest.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* As shipped; tests run in the folder of the Makefile. */
#define LIBRARY "build/libpvmjit.so"

/* clang-format off */
#define ALL_FUNCTIONS(X)    \
    X(pvm_engine_create)    \
    X(pvm_engine_destroy)   \
    X(pvm_module_compile)   \
    X(pvm_module_release)   \
    X(pvm_instance_create)  \
    X(pvm_instance_destroy) \
    X(pvm_run)
/* clang-format on */

/* A copy, with a guest in it. */
struct copy {
    void *library;
#define MEMBER(name) __typeof__(name) *name;
    ALL_FUNCTIONS(MEMBER)
#undef MEMBER
    pvm_engine *engine;
    pvm_module *module;
    pvm_context *context;
};

enum { FINE = 42, WRONG = 43 };

static void require_at(bool condition, int line) {
    if (!condition) {
        dprintf(2, "line %d does not hold\n", line);
        _exit(WRONG);
    }
}
#define REQUIRE(condition) require_at((condition), __LINE__)

/* A file of its own for each copy: the loader takes equal files for one library. */
static void load(struct copy *copy) {
    static uint8_t contents[1 << 22];
    int shipped = open(LIBRARY, O_RDONLY | O_CLOEXEC), file = memfd_create("copy", MFD_CLOEXEC);
    char path[64];
    ssize_t length = read(shipped, contents, sizeof contents);
    REQUIRE(shipped >= 0 && file >= 0 && length > 0 && (size_t)length < sizeof contents);
    REQUIRE(write(file, contents, (size_t)length) == length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    copy->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    REQUIRE(copy->library != NULL);
    close(shipped);
    /* The descriptor stays open: the next copy must have another path. */
#define FIND(name) copy->name = (__typeof__(copy->name))(uintptr_t)dlsym(copy->library, #name);
    ALL_FUNCTIONS(FIND)
#undef FIND
}

static void start(struct copy *copy) {
    static struct guest guest;
    pvm_engine_config config = {.code_arena_bytes = 1 << 16};
    uint64_t length;
    guest_clear(&guest);
    put_reg_imm(&guest, OP_load_u64, 2, 0x50000);
    put_opcode(&guest, OP_trap);
    uint8_t *blob = guest_blob(&guest, &length);
    REQUIRE(copy->pvm_engine_create(&config, &copy->engine, NULL) == PVM_OK);
    REQUIRE(copy->pvm_module_compile(copy->engine, blob, length, &copy->module, NULL) == PVM_OK);
    REQUIRE(copy->pvm_instance_create(copy->module, NULL, 0, &copy->context, NULL) == PVM_OK);
    free(blob);
}

static void stop(struct copy *copy) {
    copy->pvm_instance_destroy(copy->context);
    copy->pvm_module_release(copy->module);
    REQUIRE(copy->pvm_engine_destroy(copy->engine, NULL) == PVM_OK);
    REQUIRE(dlclose(copy->library) == 0);
}

static bool guest_faults(struct copy *copy) {
    copy->context->pc = copy->context->gas_charged = 0;
    copy->context->gas = 1000;
    return copy->pvm_run(copy->context) == PVM_EXIT_PAGE_FAULT && copy->context->exit_argument == 0x50000;
}

/* ---- The handler that was there first ---- */

static sigjmp_buf back;
static volatile int faults;
static volatile int64_t depth; /* of its frame below what the kernel pushed */

static void first_handler(int number, siginfo_t *info, void *pushed) {
    (void)number, (void)info;
    faults++;
    depth = (int64_t)((uintptr_t)pushed - (uintptr_t)__builtin_frame_address(0));
    siglongjmp(back, 1);
}

static bool host_faults(void) {
    static uint8_t *volatile nowhere = (uint8_t *)64;
    int before = faults;
    if (sigsetjmp(back, 1) == 0) {
        *nowhere = 1;
    }
    return faults == before + 1;
}

static void check_child(void (*child)(void)) {
    int state = 0;
    fflush(stdout);
    pid_t process = fork();
    CHECK(process >= 0);
    if (process == 0) {
        struct sigaction action = {.sa_sigaction = first_handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
        REQUIRE(sigaction(SIGSEGV, &action, NULL) == 0);
        alarm(100); /* handlers in a ring would never end */
        child();
        _exit(FINE);
    }
    CHECK_EQ(waitpid(process, &state, 0), process);
    if (!WIFEXITED(state) || WEXITSTATUS(state) != FINE) {
        CHECK_FAIL("exit status %d, signal %d", WIFEXITED(state) ? WEXITSTATUS(state) : -1,
                   WIFSIGNALED(state) ? WTERMSIG(state) : 0);
    }
}

/* ---- The tests ---- */

static void unloaded_child(void) {
    struct copy copy;
    load(&copy);
    start(&copy);
    REQUIRE(guest_faults(&copy));
    stop(&copy);
    REQUIRE(host_faults());
}

TEST(handler_outlives_whoever_loaded_the_library) {
    check_child(unloaded_child);
}

static void orders_child(void) {
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int order = 0; order < 6; order++) {
        struct copy copies[3];
        for (int n = 0; n < 3; n++) {
            load(&copies[n]);
            start(&copies[n]);
        }
        for (int gone = 0; gone <= 3; gone++) {
            for (int n = gone; n < 3; n++) {
                REQUIRE(guest_faults(&copies[orders[order][n]]));
            }
            REQUIRE(host_faults());
            if (gone < 3) {
                stop(&copies[orders[order][gone]]);
            }
        }
    }
}

TEST(copies_go_in_any_order) {
    check_child(orders_child);
}

/* A fault at the end of a stack is handled on what little is left of it. */
static void depth_child(void) {
    struct copy copy;
    load(&copy);
    start(&copy);
    REQUIRE(host_faults());
    int64_t of_one = depth;
    for (int n = 0; n < 90; n++) {
        struct copy another;
        load(&another);
        start(&another);
        stop(&another);
    }
    REQUIRE(host_faults() && depth == of_one);
    REQUIRE(guest_faults(&copy));
    stop(&copy);
    REQUIRE(host_faults() && depth == of_one);
}

TEST(many_copies_take_no_stack) {
    check_child(depth_child);
}

/* Maps of this process but those of the copies' files. */
static int other_maps(void) {
    FILE *file = fopen("/proc/self/maps", "re");
    char line[512];
    int count = 0;
    REQUIRE(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        count += strstr(line, "memfd:copy") == NULL;
    }
    fclose(file);
    return count;
}

/* The library itself, with one map more for its zeroed data; the loader's notes and, under a sanitizer, those of malloc
 * take some more. An engine that stayed would take four. */
static void leavings_child(void) {
    enum { COPIES = 100 };
    int before = other_maps();
    for (int n = 0; n < COPIES; n++) {
        struct copy copy;
        load(&copy);
        start(&copy);
        stop(&copy);
    }
    REQUIRE(other_maps() < before + 2 * COPIES);
}

TEST(what_a_copy_leaves_behind) {
    check_child(leavings_child);
}

int main(void) {
    RUN(handler_outlives_whoever_loaded_the_library);
    RUN(copies_go_in_any_order);
    RUN(many_copies_take_no_stack);
    RUN(what_a_copy_leaves_behind);
    return check_finish();
}
