/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_conditions: preconditions of writes, read off the request. Owns the grammar of entity tag
 * lists. Refuses to compare: the statement that writes does, or the answer would be out of date
 * when it writes.
 */

#include "http/was_conditions.h"

#include <apr_date.h>
#include <apr_strings.h>

#include <string.h>

enum { MAX_TAGS = 64, MAX_TAG_BYTES = 96 };

/* The one date that apr_date_parse_http takes for none: its failure is zero, too. */
static const char epoch[] = "Thu, 01 Jan 1970 00:00:00 GMT";

typedef struct entity_tag_t {
    const char *text; /* behind the opening quote */
    apr_size_t length;
    bool is_weak;
} entity_tag_t;

/* Our validators are lower-case hex and dashes. Others cannot match anything that we have, and are
 * left out. */
static bool could_be_ours(const entity_tag_t *tag)
{
    return tag->length > 0 && tag->length <= MAX_TAG_BYTES &&
           strspn(tag->text, "0123456789abcdef-") >= tag->length;
}

static const was_error_t *malformed_list(apr_pool_t *pool, const char *name)
{
    return was_error_make(pool, WAS_ERROR_MALFORMED, "/precondition",
                          "%s is neither * nor a list of entity tags", name);
}

static const char *skip_space(const char *c)
{
    return c + strspn(c, " \t");
}

/* One entity tag (RFC 9110 section 8.8.3), and what stands behind it; NULL when there is none at
 * `c`. */
static const char *read_tag(const char *c, entity_tag_t *tag)
{
    tag->is_weak = strncmp(c, "W/", 2) == 0;
    if (tag->is_weak) {
        c += 2;
    }
    if (*c != '"') {
        return NULL;
    }
    tag->text = ++c;
    for (; *c != '"'; c++) {
        if ((unsigned char)*c <= 0x20 || *c == 0x7f) {
            return NULL;
        }
    }
    tag->length = (apr_size_t)(c - tag->text);
    return c + 1;
}

/* What stands behind a tag: the next one, or the end; NULL for anything else. */
static const char *next_tag(const char *c)
{
    c = skip_space(c);
    return *c == '\0' ? c : *c == ',' ? skip_space(c + 1) : NULL;
}

/* Adds the tags of a list that could be ours to `list`; how many tags it has, or -1 when it is no
 * list, or too long a one. */
static int read_tags(const char *c, bool takes_weak, apr_array_header_t *list)
{
    int count = 0;

    while (c != NULL && *c != '\0') {
        entity_tag_t tag;

        if (*c == ',') { /* empty elements mean nothing (RFC 9110 section 5.6.1) */
            c = skip_space(c + 1);
            continue;
        }
        c = read_tag(c, &tag);
        if (c == NULL || ++count > MAX_TAGS) {
            return -1;
        }
        if ((takes_weak || !tag.is_weak) && could_be_ours(&tag)) {
            APR_ARRAY_PUSH(list, const char *) = apr_pstrmemdup(list->pool, tag.text, tag.length);
        }
        c = next_tag(c);
    }
    return c != NULL ? count : -1;
}

/* The validators that a field names; NULL when there is no field. If-None-Match compares weakly:
 * what a cache or a compressing proxy weakened still names the version. */
static const was_error_t *read_validators(const was_request_t *request, const char *name,
                                          bool takes_weak, const was_validators_t **validators)
{
    apr_pool_t *pool = request->pool;
    const char *value = was_request_field(request, name);

    *validators = NULL;
    if (value == NULL) {
        return NULL;
    }
    was_validators_t *read = apr_pcalloc(pool, sizeof(*read));
    const char *c = skip_space(value);
    read->any = *c == '*' && *skip_space(c + 1) == '\0';
    if (!read->any) {
        apr_array_header_t *list = apr_array_make(pool, 1, sizeof(const char *));

        if (read_tags(c, takes_weak, list) < 1) {
            return malformed_list(pool, name);
        }
        read->list = (const char *const *)list->elts;
        read->count = list->nelts;
    }
    *validators = read;
    return NULL;
}

const was_error_t *was_conditions_read(const was_request_t *request, was_conditions_t *conditions)
{
    const char *since = was_request_field(request, "If-Unmodified-Since");

    memset(conditions, 0, sizeof(*conditions));
    conditions->unmodified_since = -1;
    WAS_TRY(read_validators(request, "If-Match", false, &conditions->match));
    WAS_TRY(read_validators(request, "If-None-Match", true, &conditions->none_match));
    /* Section 13.1.4: ignored beside an If-Match, and when it is no date. */
    if (conditions->match == NULL && since != NULL) {
        apr_time_t time = apr_date_parse_http(since);

        if (time != APR_DATE_BAD || strcmp(since, epoch) == 0) {
            conditions->unmodified_since = apr_time_sec(time);
        }
    }
    return NULL;
}
