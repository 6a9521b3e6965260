/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/was_error.h"

#include <apr_general.h>
#include <apr_strings.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * fuzz: what the targets share. A target feeds strangers' bytes to one room and states what must
 * hold of whatever is accepted; libFuzzer or replay.c calls it.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that is broken ends the program, which is what a fuzzer and `make check` look for. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The pool for one input; the target clears it at its end, so that a leak is seen. */
static inline apr_pool_t *fuzz_pool(void)
{
    static apr_pool_t *pool;

    if (pool == NULL) {
        REQUIRE(apr_initialize() == APR_SUCCESS);
        REQUIRE(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    }
    return pool;
}

/* The input as a C string of its own size, so that a read beyond its end is seen. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    REQUIRE(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    return text;
}

/* An error that may come out of a room: of the given kind, with a text that is clean to show. */
static inline void fuzz_check_error(const was_error_t *error, was_error_kind_t kind)
{
    REQUIRE(error->kind == kind);
    REQUIRE(error->detail != NULL);
    for (const char *at = error->detail; *at != '\0'; at++) {
        REQUIRE(*at >= 0x20 && *at <= 0x7e);
    }
}

#endif
