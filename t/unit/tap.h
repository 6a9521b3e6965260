/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef TAP_H
#define TAP_H

#include "base/was_error.h"

#include <apr_general.h>
#include <apr_strings.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * tap: what a unit program says (Test Anything Protocol), and no more. A program begins with
 * tap_begin and ends with `return done();`. The plan comes last, so that one that dies early fails.
 */

typedef struct tap_t {
    int count;
    int failed;
} tap_t;

static tap_t tap;

/* Readies APR; the pool lives as long as the program. */
static inline apr_pool_t *tap_begin(void)
{
    apr_pool_t *pool = NULL;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        printf("Bail out! APR does not start\n");
        exit(1);
    }
    return pool;
}

/* Prints one result; names are printf-like and must not hold '#' or line breaks. */
__attribute__((format(printf, 2, 3))) static inline bool ok(bool good, const char *format, ...)
{
    va_list arguments;

    printf("%sok %d - ", good ? "" : "not ", ++tap.count);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    tap.failed += !good;
    return good;
}

static inline bool is_str(const char *got, const char *expected, const char *name)
{
    bool good = got == expected || (got != NULL && expected != NULL && strcmp(got, expected) == 0);

    if (!ok(good, "%s", name)) {
        printf("#      got: %s\n# expected: %s\n", got == NULL ? "(NULL)" : got,
               expected == NULL ? "(NULL)" : expected);
    }
    return good;
}

static inline bool is_int(long long got, long long expected, const char *name)
{
    if (!ok(got == expected, "%s", name)) {
        printf("#      got: %lld\n# expected: %lld\n", got, expected);
    }
    return got == expected;
}

/* What a function that can fail came to: the name of the kind, or "fine". */
static inline const char *outcome(const was_error_t *error)
{
    return error == NULL ? "fine" : was_error_name(error->kind);
}

/* The plan, and the exit status of the program. A program that tested nothing has failed. */
static inline int done(void)
{
    printf("1..%d\n", tap.count);
    return tap.count > 0 && tap.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
