/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_STEP_H
#define WAS_STEP_H

#include "base/was_error.h"
#include "store/was_rows.h"
#include "store/was_sql.h"

/*
 * was_step: what a transaction is made of, as plain values: statements with their values, and a
 * content that is too big to be one. Knows nothing of how they are run.
 */

/* A value. Texts are NUL-terminated; a NULL pointer is SQL NULL. Nothing is copied: what is pointed
 * at must live until the transaction has run. */
typedef struct was_value_t {
    enum { WAS_VALUE_TEXT, WAS_VALUE_BYTES, WAS_VALUE_INTEGER, WAS_VALUE_NULL } type;
    const void *data;
    apr_size_t length;
    apr_int64_t integer; /* sent as bigint */
} was_value_t;

#define WAS_TEXT(text)                                                                             \
    ((was_value_t){.type = (text) != NULL ? WAS_VALUE_TEXT : WAS_VALUE_NULL, .data = (text)})
#define WAS_BYTES(bytes, count)                                                                    \
    ((was_value_t){.type = WAS_VALUE_BYTES, .data = (bytes), .length = (count)})
#define WAS_INTEGER(value) ((was_value_t){.type = WAS_VALUE_INTEGER, .integer = (value)})
#define WAS_BOOLEAN(value) WAS_TEXT((value) ? "t" : "f")

enum { WAS_STEP_MAX_VALUES = 18, WAS_TRANSACTION_MAX_STEPS = 12 };

/* One statement with its values, and, once its transaction has run, its rows. */
typedef struct was_step_t {
    was_sql_t statement;
    int nvalues;
    was_value_t values[WAS_STEP_MAX_VALUES];
    const was_rows_t *rows;
} was_step_t;

/* A content of any size, from its beginning each time `rewind` is called. */
typedef struct was_source_t {
    const was_error_t *(*rewind)(void *baton);
    /* Up to `capacity` bytes; 0 at the end. */
    const was_error_t *(*read)(void *baton, char *buffer, apr_size_t capacity, apr_size_t *count);
    void *baton;
    apr_size_t size; /* what `read` will yield in all */
} was_source_t;

/* A list of steps that are done all or not at all, in this order; each sees what those before it
 * wrote, and what others had committed when its turn came. */
typedef struct was_transaction_t {
    was_step_t steps[WAS_TRANSACTION_MAX_STEPS];
    int nsteps;
    /* A content that a ..._STAGED statement takes, or NULL. The source must be local: a connection
     * is held while it is read. Memory here is constant; the server's backend needs about four and
     * a half times the content. */
    const was_source_t *content;
} was_transaction_t;

/* Appends a step; `values` are copied, what they point at is not. The step stays where it is. A
 * transaction of too many is refused when it is run. */
was_step_t *was_step_add(was_transaction_t *transaction, was_sql_t statement,
                         const was_value_t *values, int nvalues);

#endif
