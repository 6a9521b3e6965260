/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_trace: reads traceparent. Owns its grammar. Refuses to know requests, and logs.
 */

#include "http/was_trace.h"

#include <apr_strings.h>

#include <stdbool.h>
#include <string.h>

/* version "-" trace-id "-" parent-id "-" trace-flags */
enum { ID = 3, ID_DIGITS = 32, PARENT = 36, PARENT_DIGITS = 16, FLAGS = 53, LENGTH = 55 };

static const char lower_hex[] = "0123456789abcdef";

static bool is_part(const char *at, apr_size_t ndigits, char end)
{
    return strspn(at, lower_hex) == ndigits && at[ndigits] == end;
}

/* An id of zeros alone names nothing. */
static bool is_trace_part(const char *at, apr_size_t ndigits)
{
    return is_part(at, ndigits, '-') && strspn(at, "0") < ndigits;
}

const char *was_trace_id(const char *field, apr_pool_t *pool)
{
    if (field == NULL || strlen(field) < LENGTH) {
        return NULL;
    }
    /* A later version may say more behind the flags; 255 is none, and is kept from being one. */
    bool is_first = strncmp(field, "00-", ID) == 0;
    char end = is_first || field[LENGTH] == '\0' ? '\0' : '-';

    if (!is_part(field, 2, '-') || strncmp(field, "ff", 2) == 0 ||
        !is_trace_part(field + ID, ID_DIGITS) || !is_trace_part(field + PARENT, PARENT_DIGITS) ||
        !is_part(field + FLAGS, 2, end)) {
        return NULL;
    }
    return apr_pstrmemdup(pool, field + ID, ID_DIGITS);
}
