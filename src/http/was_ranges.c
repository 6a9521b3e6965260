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

/* One range (section 14.1.1); false when it is none. */
static bool read_range(const char **c, apr_int64_t size, bool *satisfiable)
{
    apr_int64_t first, last;

    if (**c == '-') { /* the last so many bytes */
        (*c)++;
        if (!read_position(c, &last)) {
            return false;
        }
        *satisfiable = last > 0 && size > 0;
        return true;
    }
    if (!read_position(c, &first) || **c != '-') {
        return false;
    }
    (*c)++;
    *satisfiable = first < size;
    return !read_position(c, &last) || last >= first;
}

was_ranges_t was_ranges_read(const char *range, apr_int64_t size)
{
    was_ranges_t asked = WAS_RANGES_ALL;

    if (range == NULL || strncasecmp(range, "bytes=", 6) != 0 || size > APR_INT64_C(1) << 50) {
        return WAS_RANGES_ALL;
    }
    for (const char *c = range + 6; *(c += strspn(c, " \t,")) != '\0';) {
        bool satisfiable;

        if (!read_range(&c, size, &satisfiable) || strchr(" \t,", *c) == NULL) {
            return WAS_RANGES_ALL;
        }
        asked = satisfiable || asked == WAS_RANGES_PARTS ? WAS_RANGES_PARTS : WAS_RANGES_NONE;
    }
    return asked;
}

bool was_ranges_count(const char *condition, const char *etag, const char *modified)
{
    return condition == NULL || (etag != NULL && strcmp(condition, etag) == 0) ||
           (modified != NULL && strcmp(condition, modified) == 0);
}
