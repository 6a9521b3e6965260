/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_route: the driver, one way through the module for every request of every protocol. Owns the
 * order of checks, and the parsing of documents. Refuses to know any route, and what a right means
 * to a protocol.
 */

#include "http/was_route.h"

#include "base/was_json.h"
#include "base/was_tally.h"
#include "http/was_body.h"
#include "http/was_conditions.h"
#include "http/was_match.h"
#include "http/was_respond.h"
#include "http/was_status.h"

#include <apr_strings.h>

#include <string.h>

/* Whether the signature speaks of a body, which may be that of a request that needs none. */
static bool covers_body(const was_request_t *request)
{
    const was_signature_t *signature = request->signature;

    return signature != NULL && (was_signature_covers(signature, "digest") ||
                                 was_signature_covers(signature, "content-digest"));
}

/* How much of a body may be taken from somebody whose right is looked for when it is there. */
enum { CARRY_MAX_BYTES = 64 * 1024 };

/* Whether the row's statements may take the right along: not where a stranger could have us keep
 * much, fill the cache of used signatures, or ask him to go on sending. */
static bool row_may_carry(const was_request_t *request)
{
    const char *length = was_request_field(request, "Content-Length");

    return request->route->fetch == WAS_FETCH_BY_STATEMENT && request->protocol->settle != NULL &&
           was_config_server(request->r->server)->replay == NULL && !request->r->expecting_100 &&
           was_request_field(request, "Transfer-Encoding") == NULL &&
           (length == NULL || apr_atoi64(length) <= CARRY_MAX_BYTES);
}

/* From the row to the body: who asks, and whether he may have us take it. */
static const was_error_t *admit_caller(was_request_t *request, apr_int64_t max)
{
    const was_protocol_t *protocol = request->protocol;
    const was_route_t *route = request->route;

    if (route->right != WAS_RIGHT_ANYONE) {
        WAS_TRY(protocol->authenticate(request));
    }
    if (route->need != WAS_NEED_NOTHING) {
        WAS_TRY(was_body_check(request, max));
    }
    request->may_carry = row_may_carry(request);
    if ((was_match_phases(route->right) & WAS_PHASE_BEFORE_BODY) != 0) {
        WAS_TRY(protocol->authorize(request));
    }
    if (strcmp(route->method, "GET") != 0) {
        /* Before the body: who waits with the end of it until the first use is forgotten must not
         * be taken for the first. */
        WAS_TRY(was_replay_use(was_config_server(request->r->server)->replay, request->signature,
                               was_config_skew(request->config), request->pool));
    }
    return NULL;
}

static const was_error_t *parse_document(was_request_t *request)
{
    was_need_t need = request->route->need;

    if (need != WAS_NEED_DOCUMENT && need != WAS_NEED_DOCUMENT_OR_NOTHING) {
        return NULL;
    }
    apr_size_t length = (apr_size_t)was_body_length(request->body);
    if (need == WAS_NEED_DOCUMENT_OR_NOTHING && length == 0) {
        return NULL;
    }
    return was_json_parse_object(was_body_bytes(request->body), length, &request->document,
                                 request->pool);
}

static const was_error_t *take_upload(was_request_t *request, apr_int64_t max)
{
    was_tally_add(WAS_TALLY_UPLOADS, 1);
    const was_error_t *error = was_body_read(request, max);
    was_tally_add(WAS_TALLY_UPLOADS, -1);
    return error;
}

/* From the body to the point where the handler may act. */
static const was_error_t *admit_body(was_request_t *request, apr_int64_t max)
{
    const was_route_t *route = request->route;

    if (route->need != WAS_NEED_NOTHING || covers_body(request)) {
        WAS_TRY(take_upload(request, max));
    }
    const was_error_t *flaw = parse_document(request);
    if ((was_match_phases(route->right) & WAS_PHASE_BEHIND_BODY) != 0) {
        WAS_TRY(request->protocol->authorize_by_body(request));
    }
    WAS_TRY(flaw);
    if (strcmp(route->method, "GET") != 0) {
        WAS_TRY(was_conditions_read(request, &request->conditions));
    }
    return NULL;
}

/* What a body of this kind may have; 0: no bound of its own. */
static apr_int64_t most_bytes(was_need_t need)
{
    return need == WAS_NEED_CONTENT || need == WAS_NEED_ARCHIVE ? 0
           : need == WAS_NEED_LINES                             ? WAS_LINES_MAX_BYTES
                                                                : WAS_DOCUMENT_MAX_BYTES;
}

/* From the row to the answer's value. */
static const was_error_t *serve_row(was_request_t *request, was_response_t *response)
{
    apr_int64_t max = most_bytes(request->route->need);

    WAS_TRY(admit_caller(request, max));
    WAS_TRY(admit_body(request, max));
    return request->route->handle(request, response);
}

/* The first row of the request's shape; NULL for none. */
static const was_route_t *find_shape(const was_request_t *request)
{
    const was_protocol_t *protocol = request->protocol;
    const was_route_t *shape = was_match_shape(protocol, request->path);
    bool is_hidden = shape != NULL && protocol->serves != NULL && !protocol->serves(request, shape);

    return is_hidden ? NULL : shape;
}

int was_route_handle(request_rec *r, const was_protocol_t *protocol)
{
    was_request_t request;
    const was_error_t *error = was_request_make(r, protocol, &request);
    bool is_options = strcmp(r->method, "OPTIONS") == 0;

    /* A page cannot read why a target is refused unless its preflight is answered. */
    if (error != NULL && !(is_options && request.config->cors != WAS_CORS_OFF)) {
        return was_respond_error(&request, error, NULL);
    }
    const was_route_t *shape = error == NULL ? find_shape(&request) : NULL;

    if (is_options) {
        return was_respond_options(&request, was_match_allowed(protocol, shape, r->pool));
    }
    if (shape == NULL) {
        error = was_error_make(r->pool, WAS_ERROR_NOT_FOUND, "/resource", "nothing is served here");
        return was_respond_error(&request, error, NULL);
    }
    request.route =
        was_match_method(protocol, shape->shape, request.is_head ? "GET" : request.method);
    if (request.route == NULL) {
        const char *allow = was_match_allowed(protocol, shape, r->pool);

        error = was_error_make(r->pool, WAS_ERROR_METHOD, NULL, "this takes %s", allow);
        return was_respond_error(&request, error, allow);
    }
    was_status_note(r, protocol, request.route);
    was_response_t response = {0};
    error = serve_row(&request, &response);
    if (protocol->settle != NULL) {
        error = protocol->settle(&request, error);
    }
    if (error != NULL) {
        was_body_drop(&request);
        return was_respond_error(&request, error, NULL);
    }
    return was_respond(&request, &response);
}
