/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_match: finds the row of a table. Owns the grammar of shapes, the methods that follow from a
 * table (HEAD, OPTIONS, Allow), and which rows can be served at all. Refuses to know a request, and
 * what a right means to a protocol.
 */

#include "http/was_match.h"

#include <apr_strings.h>

#include <string.h>

/* What a row of "*" answers, by the names that there are. */
#define ANY_METHOD "GET, HEAD, POST, PUT, PATCH, DELETE"

unsigned was_match_phases(was_right_t right)
{
    static const unsigned phases[WAS_RIGHT_COUNT] = {
#define WAS_RIGHT_PHASES(name, phases) [WAS_RIGHT_##name] = (phases),
        WAS_RIGHTS(WAS_RIGHT_PHASES)
#undef WAS_RIGHT_PHASES
    };

    return right < WAS_RIGHT_COUNT ? phases[right] : WAS_PHASE_NONE;
}

/* Whether the protocol can decide the row's right. One that it cannot must serve nobody. */
static bool can_decide(const was_protocol_t *protocol, const was_route_t *row)
{
    if (row->right == WAS_RIGHT_NONE || row->right >= WAS_RIGHT_COUNT) {
        return false;
    }
    unsigned phases = was_match_phases(row->right);
    return (row->right == WAS_RIGHT_ANYONE || protocol->authenticate != NULL) &&
           ((phases & WAS_PHASE_BEFORE_BODY) == 0 || protocol->authorize != NULL) &&
           ((phases & WAS_PHASE_BEHIND_BODY) == 0 || protocol->authorize_by_body != NULL);
}

/* Whether segment `index` of the path is the shape's segment [shape, shape + length). */
static bool fits_segment(const was_path_t *path, int index, const char *shape, apr_size_t length)
{
    const was_segment_t *segment = &path->segments[index];

    if (length == 1 && *shape == '*') {
        return segment->length > 0;
    }
    return segment->length == length && memcmp(path->decoded + segment->offset, shape, length) == 0;
}

static bool fits_shape(const was_path_t *path, const char *shape)
{
    int index = 0;

    for (; *shape == '/'; index++) {
        apr_size_t length = strcspn(++shape, "/");

        if (index >= path->nsegments) {
            return false;
        }
        if (length == 2 && memcmp(shape, "**", 2) == 0) {
            return true;
        }
        if (!fits_segment(path, index, shape, length)) {
            return false;
        }
        shape += length;
    }
    return index == path->nsegments;
}

const was_route_t *was_match_shape(const was_protocol_t *protocol, const was_path_t *path)
{
    for (const was_route_t *row = protocol->routes; row->method != NULL; row++) {
        if (can_decide(protocol, row) && fits_shape(path, row->shape)) {
            return row;
        }
    }
    return NULL;
}

const was_route_t *was_match_method(const was_protocol_t *protocol, const char *shape,
                                    const char *method)
{
    for (const was_route_t *row = protocol->routes; row->method != NULL; row++) {
        if (can_decide(protocol, row) && strcmp(row->shape, shape) == 0 &&
            (strcmp(row->method, method) == 0 || strcmp(row->method, "*") == 0)) {
            return row;
        }
    }
    return NULL;
}

const char *was_match_allowed(const was_protocol_t *protocol, const was_route_t *row,
                              apr_pool_t *pool)
{
    const char *list = "";

    for (const was_route_t *at = protocol->routes; row != NULL && at->method != NULL; at++) {
        if (can_decide(protocol, at) && strcmp(at->shape, row->shape) == 0 &&
            strcmp(at->method, "OPTIONS") != 0) {
            bool reads = strcmp(at->method, "GET") == 0;
            bool is_any = strcmp(at->method, "*") == 0;

            list = apr_pstrcat(pool, list, is_any ? ANY_METHOD : at->method,
                               reads ? ", HEAD, " : ", ", NULL);
        }
    }
    return apr_pstrcat(pool, list, "OPTIONS", NULL);
}
