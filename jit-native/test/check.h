/* A tiny test kit: one program a file, one function a test.
 *
 *     #include "check.h"
 *
 *     TEST(addition_wraps) {
 *         CHECK_EQ(add(UINT64_MAX, 1), 0);
 *     }
 *
 *     int main(int argc, char **argv) {
 *         RUN(addition_wraps);
 *         return check_finish();
 *     }
 *
 * Each test prints "ok NAME" or "FAIL NAME: why"; the program returns 1 when any failed. A failed check ends its test.
 */
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf check_exit;
static int check_failures;

/* Ends the running test as failed, with a message as of printf. */
#define CHECK_FAIL(...) check_fail(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(condition) ((condition) ? (void)0 : CHECK_FAIL("%s", #condition))

/* Integers of any type, compared as 64 bits. */
#define CHECK_EQ(actual, expected) check_equal(__FILE__, __LINE__, #actual, (uint64_t)(actual), (uint64_t)(expected))

#define CHECK_STR(actual, expected) check_string(__FILE__, __LINE__, #actual, (actual), (expected))

#define CHECK_BYTES(actual, expected, length) check_bytes(__FILE__, __LINE__, #actual, (actual), (expected), (length))

#define TEST(name) static void test_##name(void)
#define RUN(name) check_run(#name, test_##name)

static const char *check_name; /* of the running test; null between tests, where a failure ends the process */

__attribute__((noreturn, format(printf, 3, 4))) static inline void check_fail(const char *file, int line,
                                                                              const char *format, ...) {
    va_list arguments;
    printf("FAIL %s: %s:%d: ", check_name == NULL ? "between tests" : check_name, file, line);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    if (check_name == NULL) {
        exit(1);
    }
    longjmp(check_exit, 1);
}

static inline void check_equal(const char *file, int line, const char *what, uint64_t actual, uint64_t expected) {
    if (actual != expected) {
        check_fail(file, line, "%s is %" PRIu64 " (0x%" PRIx64 "), not %" PRIu64 " (0x%" PRIx64 ")", what, actual,
                   actual, expected, expected);
    }
}

static inline void check_string(const char *file, int line, const char *what, const char *actual,
                                const char *expected) {
    if (strcmp(actual, expected) != 0) {
        check_fail(file, line, "%s is \"%s\", not \"%s\"", what, actual, expected);
    }
}

static inline void check_bytes(const char *file, int line, const char *what, const void *actual, const void *expected,
                               size_t length) {
    const uint8_t *a = actual;
    const uint8_t *e = expected;
    for (size_t i = 0; i < length; i++) {
        if (a[i] != e[i]) {
            check_fail(file, line, "%s differs at octet %zu of %zu: 0x%02x, not 0x%02x", what, i, length, a[i], e[i]);
        }
    }
}

static inline void check_run(const char *name, void (*test)(void)) {
    check_name = name;
    if (setjmp(check_exit) == 0) {
        test();
        printf("ok %s\n", name);
    } else {
        check_failures++;
    }
    check_name = NULL;
    fflush(stdout);
}

static inline int check_finish(void) {
    return check_failures == 0 ? 0 : 1;
}

#endif
