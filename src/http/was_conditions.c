/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Preconditions of writes, read off the request. Owns the grammar of entity tag lists. Refuses to
 * compare: the statement that writes does, or the answer would be out of date when it writes.
 */

#include "http/was_conditions.h"

#include <apr_date.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

enum { MAX_TAGS = 64, MAX_TAG_BYTES = 64 };

/* Our validators are lower-case hex and dashes, which need no quoting in an array literal. Others
 * cannot match anything that we have, and are left out. */
static bool could_be_ours(const char *tag, apr_size_t length)
{
    return length > 0 && length <= MAX_TAG_BYTES && strspn(tag, "0123456789abcdef-") >= length;
}

static const was_error_t *malformed(apr_pool_t *pool, const char *name)
{
    return was_error_make(pool, WAS_ERROR_MALFORMED, "/precondition",
                          "%s is neither * nor a list of entity tags", name);
}

static const char *skip_space(const char *c)
{
    while (*c == ' ' || *c == '\t') {
        c++;
    }
    return c;
}

/* One entity tag (RFC 9110 section 8.8.3); NULL when there is none at `c`. */
static const char *read_tag(const char *c, bool *weak, const char **tag, apr_size_t *length)
{
    *weak = strncmp(c, "W/", 2) == 0;
    if (*weak) {
        c += 2;
    }
    if (*c != '"') {
        return NULL;
    }
    *tag = ++c;
    while (*c != '"') {
        if ((unsigned char)*c <= 0x20 || *c == 0x7f) {
            return NULL;
        }
        c++;
    }
    *length = (apr_size_t)(c - *tag);
    return c + 1;
}

/* A list of entity tags as an array literal. If-None-Match compares weakly: what a cache or a
 * compressing proxy weakened still names the version. */
static const was_error_t *read_list(const char *value, const char *name, bool takes_weak,
                                    const char **array, apr_pool_t *pool)
{
    const char *literal = "", *c = skip_space(value);
    int ntags = 0;

    if (*c == '*' && *skip_space(c + 1) == '\0') {
        *array = "{*}";
        return NULL;
    }
    while (*c != '\0') {
        const char *tag;
        apr_size_t length;
        bool weak;

        if (*c == ',') { /* empty elements mean nothing (RFC 9110 section 5.6.1) */
            c = skip_space(c + 1);
            continue;
        }
        c = read_tag(c, &weak, &tag, &length);
        if (c == NULL || ++ntags > MAX_TAGS) {
            return malformed(pool, name);
        }
        if ((takes_weak || !weak) && could_be_ours(tag, length)) {
            literal = apr_psprintf(pool, "%s%s%.*s", literal, *literal != '\0' ? "," : "",
                                   (int)length, tag);
        }
        c = skip_space(c);
        if (*c == ',') {
            c = skip_space(c + 1);
        }
        else if (*c != '\0') {
            return malformed(pool, name);
        }
    }
    if (ntags == 0) {
        return malformed(pool, name);
    }
    *array = apr_pstrcat(pool, "{", literal, "}", NULL);
    return NULL;
}

const was_error_t *was_conditions_read(const was_request_t *request, was_conditions_t *conditions)
{
    const char *match = was_request_field(request, "If-Match");
    const char *none_match = was_request_field(request, "If-None-Match");
    const char *since = was_request_field(request, "If-Unmodified-Since");
    apr_time_t time;

    memset(conditions, 0, sizeof(*conditions));
    conditions->unmodified_since = -1;
    if (match != NULL) {
        WAS_TRY(read_list(match, "If-Match", false, &conditions->match, request->pool));
    }
    if (none_match != NULL) {
        WAS_TRY(
            read_list(none_match, "If-None-Match", true, &conditions->none_match, request->pool));
    }
    /* Section 13.1.4: ignored beside an If-Match, and when it is no date. */
    if (match == NULL && since != NULL) {
        time = apr_date_parse_http(since);
        conditions->unmodified_since = time != APR_DATE_BAD ? apr_time_sec(time) : -1;
    }
    return NULL;
}
