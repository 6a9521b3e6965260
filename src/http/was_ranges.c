/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_ranges: reads Range and If-Range. Owns their grammar, and what of it can be satisfied.
 * Refuses to know requests and contents.
 */

#include "http/was_ranges.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>
#include <strings.h>

static bool read_position(const char **c, apr_int64_t *position)
{
    if (!apr_isdigit(**c)) {
        return false;
    }
    char *end;
    *position = apr_strtoi64(*c, &end, 10);
    *c = end;
    return true;
}

typedef struct range_t {
    apr_int64_t first;
    apr_int64_t last;
} range_t;

/* One range (section 14.1.1), cut to what is there; false when it is none. It is satisfiable where
 * it is not empty then. */
static bool read_range(const char **c, apr_int64_t size, range_t *range)
{
    apr_int64_t count;

    range->last = size - 1;
    if (**c == '-') { /* the last so many bytes */
        (*c)++;
        if (!read_position(c, &count)) {
            return false;
        }
        range->first = count < size ? size - count : 0;
        return true;
    }
    if (!read_position(c, &range->first) || **c != '-') {
        return false;
    }
    (*c)++;
    if (!read_position(c, &count)) {
        return true;
    }
    range->last = count < size ? count : size - 1;
    return count >= range->first;
}

/* What stands behind the unit; NULL where it is none of ours, or the size is none. */
static const char *skip_unit(const char *range, apr_int64_t size)
{
    bool is_ours =
        range != NULL && strncasecmp(range, "bytes=", 6) == 0 && size <= APR_INT64_C(1) << 50;

    return is_ours ? range + 6 : NULL;
}

was_ranges_t was_ranges_read(const char *range, apr_int64_t size)
{
    was_ranges_t asked = WAS_RANGES_ALL;
    const char *c = skip_unit(range, size);

    if (c == NULL) {
        return WAS_RANGES_ALL;
    }
    while (*(c += strspn(c, " \t,")) != '\0') {
        range_t one;

        if (!read_range(&c, size, &one) || strchr(" \t,", *c) == NULL) {
            return WAS_RANGES_ALL;
        }
        asked =
            one.first <= one.last || asked == WAS_RANGES_PARTS ? WAS_RANGES_PARTS : WAS_RANGES_NONE;
    }
    return asked;
}

bool was_ranges_one(const char *range, apr_int64_t size, apr_int64_t *first, apr_int64_t *length)
{
    const char *c = skip_unit(range, size);
    range_t one;

    if (c == NULL || !read_range(&c, size, &one) || *c != '\0' || one.first > one.last) {
        return false;
    }
    *first = one.first;
    *length = one.last - one.first + 1;
    return true;
}

bool was_ranges_count(const char *condition, const char *etag, const char *modified)
{
    return condition == NULL || (etag != NULL && strcmp(condition, etag) == 0) ||
           (modified != NULL && strcmp(condition, modified) == 0);
}
