/* What the targets of libFuzzer share: each file has a function `fuzz`, which takes the octets of an input and fails a check of
 * check.h where something is wrong.
 *
 *     #define FUZZ_NAME "decode"
 *     #define FUZZ_RUNS 50000
 *     #include "fuzz/fuzz.h"
 *
 * Without arguments a target makes FUZZ_RUNS runs, always the same, and says "ok": so "make test" runs it. With arguments,
 * which are libFuzzer's, it does what they say. */
#ifndef FUZZ_H
#define FUZZ_H

#include "check.h"
#include "guest.h"

/* The rest of an input; behind its end there are zeros. */
struct bytes {
    const uint8_t *at, *end;
};

static inline bool has_more(const struct bytes *in) {
    return in->at < in->end;
}

static inline uint8_t take(struct bytes *in) {
    return has_more(in) ? *in->at++ : 0;
}

static inline uint32_t take_below(struct bytes *in, uint32_t bound) {
    return take(in) % bound;
}

static inline uint64_t take_number(struct bytes *in, int octets) {
    uint64_t value = 0;
    for (int n = 0; n < octets; n++) {
        value |= (uint64_t)take(in) << 8 * n;
    }
    return value;
}

static void fuzz(struct bytes *in);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
const char *__asan_default_options(void);

/* The library installs its own handlers, and faults on purpose. */
const char *__asan_default_options(void) {
    return "allow_user_segv_handler=1:handle_segv=0:handle_sigbus=0:use_sigaltstack=0";
}

static void say_ok(void) {
    printf("%d runs, seed 1\nok %s\n", FUZZ_RUNS, FUZZ_NAME);
}

#define FUZZ_TEXT_OF(value) #value
#define FUZZ_TEXT(value) FUZZ_TEXT_OF(value)

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static char no_names[] = "-print_funcs=0";
    static char runs[] = "-runs=" FUZZ_TEXT(FUZZ_RUNS), seed[] = "-seed=1", quiet[] = "-verbosity=0",
                length[] = "-max_len=600", leaks[] = "-detect_leaks=0", prefix[] = "-artifact_prefix=build/fuzz/";
    static char *arguments[] = {NULL, runs, seed, quiet, no_names, length, leaks, prefix, NULL};
    if (*argc == 1) {
        arguments[0] = (*argv)[0];
        *argc = (int)(sizeof arguments / sizeof *arguments) - 1;
        *argv = arguments;
        atexit(say_ok);
    }
    return 0;
}

/* Inputs would be short for long: sometimes one begins anew, as random octets. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    uint64_t state = seed;
    if (random_below(&state, 16) == 0) {
        size = 1 + random_below(&state, (uint32_t)most);
        for (size_t n = 0; n < size; n++) {
            data[n] = (uint8_t)random64(&state);
        }
    }
    return LLVMFuzzerMutate(data, size, most);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes in = {data, data + size};
    check_name = FUZZ_NAME;
    if (setjmp(check_exit) != 0) {
        fflush(stdout);
        abort();
    }
    fuzz(&in);
    return 0;
}

#endif
