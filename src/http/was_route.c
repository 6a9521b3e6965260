/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The driver: one way through the module for every request of every protocol. Owns the matching of
 * shapes, the methods that follow from a table (HEAD, OPTIONS, Allow) and the order of checks.
 * Refuses to know any route, and what a right means to a protocol.
 */

#include "http/was_route.h"
#include "http/was_body.h"
#include "http/was_conditions.h"

#include <apr_strings.h>

#include <string.h>

/* Whether segment `index` of the path is the shape's segment [shape, shape + length). */
static bool segment_fits(const was_path_t *path, int index, const char *shape, apr_size_t length)
{
    const was_segment_t *segment = &path->segments[index];

    if (length == 1 && *shape == '*') {
        return segment->length > 0;
    }
    return segment->length == length && memcmp(path->decoded + segment->offset, shape, length) == 0;
}

static bool fits(const was_path_t *path, const char *shape)
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
        if (!segment_fits(path, index, shape, length)) {
            return false;
        }
        shape += length;
    }
    return index == path->nsegments;
}

/* The first row whose shape fits; rows of one shape stand together or apart. */
static const was_route_t *find_shape(const was_protocol_t *protocol, const was_path_t *path)
{
    const was_route_t *route;

    for (route = protocol->routes; route->method != NULL; route++) {
        if (route->right != WAS_RIGHT_NONE && fits(path, route->shape)) {
            return route;
        }
    }
    return NULL;
}

static const was_route_t *find_method(const was_protocol_t *protocol, const char *shape,
                                      const was_request_t *request)
{
    const char *method = request->is_head ? "GET" : request->method;
    const was_route_t *route;

    for (route = protocol->routes; route->method != NULL; route++) {
        if (route->right != WAS_RIGHT_NONE && strcmp(route->shape, shape) == 0 &&
            (strcmp(route->method, method) == 0 || strcmp(route->method, "*") == 0)) {
            return route;
        }
    }
    return NULL;
}

/* The methods of a row's shape, or of no row at all, as an Allow field. */
static const char *allowed(const was_protocol_t *protocol, const was_route_t *row, apr_pool_t *pool)
{
    const char *list = "";
    const was_route_t *route;

    for (route = protocol->routes; row != NULL && route->method != NULL; route++) {
        if (route->right != WAS_RIGHT_NONE && strcmp(route->shape, row->shape) == 0 &&
            strcmp(route->method, "*") != 0 && strcmp(route->method, "OPTIONS") != 0) {
            bool reads = strcmp(route->method, "GET") == 0;

            list = apr_pstrcat(pool, list, route->method, reads ? ", HEAD, " : ", ", NULL);
        }
    }
    return apr_pstrcat(pool, list, "OPTIONS", NULL);
}

/* Whether the signature speaks of a body, which may be that of a request that needs none. */
static bool covers_body(const was_request_t *request)
{
    const was_signature_t *signature = request->signature;

    return signature != NULL && (was_signature_covers(signature, "digest") ||
                                 was_signature_covers(signature, "content-digest"));
}

/* From the row to the point where the handler may act. */
static const was_error_t *admit(was_request_t *request)
{
    const was_protocol_t *protocol = request->protocol;
    apr_int64_t max = request->route->need == WAS_NEED_CONTENT ? 0 : WAS_DOCUMENT_MAX_BYTES;
    bool takes_body = request->route->need != WAS_NEED_NOTHING;
    bool anyone = request->route->right == WAS_RIGHT_ANYONE;

    if (!anyone) {
        WAS_TRY(protocol->authenticate(request));
    }
    if (takes_body) {
        WAS_TRY(was_body_check(request, max));
    }
    if (!anyone && protocol->authorize != NULL) {
        /* Before the body: nobody without a right has us take and keep his bytes. */
        WAS_TRY(protocol->authorize(request));
    }
    if (strcmp(request->route->method, "GET") != 0) {
        /* Before the body: who waits with the end of it until the first use is forgotten must not
         * be taken for the first. */
        WAS_TRY(was_replay_use(was_config_server(request->r->server)->replay, request->signature,
                               was_config_skew(request->config), request->pool));
    }
    if (takes_body || covers_body(request)) {
        WAS_TRY(was_body_read(request, max));
    }
    if (strcmp(request->route->method, "GET") != 0) {
        WAS_TRY(was_conditions_read(request, &request->conditions));
    }
    return NULL;
}

int was_route_handle(request_rec *r, const was_protocol_t *protocol)
{
    was_request_t request;
    was_response_t response;
    const was_route_t *shape;
    const was_error_t *error = was_request_make(r, protocol, &request);
    const char *allow;

    if (error != NULL) {
        return was_respond_error(&request, error, NULL);
    }
    shape = find_shape(protocol, request.path);
    if (strcmp(request.method, "OPTIONS") == 0) {
        return was_respond_options(&request, allowed(protocol, shape, r->pool));
    }
    if (shape == NULL) {
        error = was_error_make(r->pool, WAS_ERROR_NOT_FOUND, "/resource", "nothing is served here");
        return was_respond_error(&request, error, NULL);
    }
    request.route = find_method(protocol, shape->shape, &request);
    if (request.route == NULL) {
        allow = allowed(protocol, shape, r->pool);
        error = was_error_make(r->pool, WAS_ERROR_METHOD, NULL, "this takes %s", allow);
        return was_respond_error(&request, error, allow);
    }
    memset(&response, 0, sizeof(response));
    error = admit(&request);
    if (error == NULL) {
        error = request.route->handle(&request, &response);
    }
    return error != NULL ? was_respond_error(&request, error, NULL)
                         : was_respond(&request, &response);
}
