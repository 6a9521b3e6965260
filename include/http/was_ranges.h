/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_RANGES_H
#define WAS_RANGES_H

#include <apr.h>

#include <stdbool.h>

/*
 * was_ranges: what a Range field asks for of a content (RFC 9110 section 14). Texts and a size in,
 * an answer out; cutting is the server's.
 */

typedef enum was_ranges_t {
    WAS_RANGES_ALL,   /* there is no field, or it means nothing */
    WAS_RANGES_PARTS, /* at least one range that is there */
    WAS_RANGES_NONE   /* ranges, and not one of them is there */
} was_ranges_t;

/* What `range` (or NULL) asks for of a content of `size` bytes. Of more than 2^50 it means nothing:
 * whoever stored that size was wrong, and the server's sums of lengths would leave their type. */
was_ranges_t was_ranges_read(const char *range, apr_int64_t size);

/* Whether it asks for one range, without blanks around it, that is there, and which. */
bool was_ranges_one(const char *range, apr_int64_t size, apr_int64_t *first, apr_int64_t *length);

/* Section 13.1.5: whether ranges count beside the If-Range `condition` (or NULL) when the content
 * has these ETag and Last-Modified fields (or NULL). */
bool was_ranges_count(const char *condition, const char *etag, const char *modified);

#endif
