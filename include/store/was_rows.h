/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ROWS_H
#define WAS_ROWS_H

#include <apr_pools.h>
#include <apr_time.h>

#include <stdbool.h>

/*
 * was_rows: the rows of an answer. They live as long as the pool that they were made for,
 * independently of any connection. Rows and columns count from 0. A text is NUL-terminated; NULL
 * stands for SQL NULL.
 */
typedef struct was_rows_t was_rows_t;

int was_rows_count(const was_rows_t *rows);
const char *was_rows_text(const was_rows_t *rows, int row, int column);
const char *was_rows_bytes(const was_rows_t *rows, int row, int column, apr_size_t *count);
apr_size_t was_rows_length(const was_rows_t *rows, int row, int column); /* 0 for SQL NULL */
/* An integer or a bigint; `otherwise` for SQL NULL. */
apr_int64_t was_rows_integer(const was_rows_t *rows, int row, int column, apr_int64_t otherwise);
/* A bigint of Unix milliseconds; what lies beyond the years 0 to 9999, which a date-time has no
 * digits for, is their first or last one. */
apr_time_t was_rows_time(const was_rows_t *rows, int row, int column);
bool was_rows_true(const was_rows_t *rows, int row, int column); /* NULL is false */

/* Takes the rows from their pool (the one that they were made for): what they hold lives until it
 * is released now. */
void *was_rows_take(const was_rows_t *rows, apr_pool_t *pool);
void was_rows_release(void *taken);

/* For was_db and was_session: rows over a PGresult that the pool owns from now on. */
struct pg_result;
const was_rows_t *was_rows_make(struct pg_result *result, apr_pool_t *pool);

#endif
