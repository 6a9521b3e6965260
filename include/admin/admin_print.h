/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef ADMIN_PRINT_H
#define ADMIN_PRINT_H

#include <apr_pools.h>

#include <stdbool.h>

/*
 * admin_print: rows on standard output, one at a time, so that a list takes no memory: as lines of
 * columns with tabs between, under a line of their names; or by --json each as an object on a line
 * of its own. Sentences go to standard error.
 */

/* How a run prints. */
typedef struct admin_print_t {
    bool is_json;
    bool has_header; /* of the list that is being printed */
} admin_print_t;

typedef struct admin_field_t {
    enum { ADMIN_TEXT, ADMIN_NUMBER, ADMIN_TIME, ADMIN_BOOLEAN } type;
    const char *name;
    const char *text;
    apr_int64_t number; /* of a time: Unix milliseconds; -1 is none for it and for a number */
} admin_field_t;

/* Strings of control characters cannot reach a terminal from here. */
admin_field_t admin_print_text(const char *name, const char *text); /* NULL: none */
admin_field_t admin_print_number(const char *name, apr_int64_t number);
admin_field_t admin_print_time(const char *name, apr_int64_t msec);
admin_field_t admin_print_boolean(const char *name, bool value);

/* A row of a list; all rows of one have the same names. */
void admin_print_row(admin_print_t *print, const admin_field_t *fields, int nfields,
                     apr_pool_t *pool);

/* One thing alone: a line for each of its fields. */
void admin_print_sheet(const admin_print_t *print, const admin_field_t *fields, int nfields,
                       apr_pool_t *pool);

/* A sentence, printf-like. */
void admin_print_note(apr_pool_t *pool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
