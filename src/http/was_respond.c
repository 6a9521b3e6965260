/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_respond: answers on the wire. Owns every header that leaves the module, and the decision what
 * becomes of an answer, which falls before the first of them is written. Refuses to know why a
 * request was answered as it was.
 */

#include "http/was_respond.h"

#include "http/was_body.h"
#include "http/was_bucket.h"
#include "http/was_cors.h"
#include "http/was_cut.h"
#include "http/was_digests.h"
#include "http/was_direct.h"
#include "http/was_problem.h"
#include "http/was_ranges.h"

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include <apr_strings.h>

#include <string.h>

APLOG_USE_MODULE(was);

enum { RETRY_SECONDS = 1 };

/* What becomes of a response value. */
typedef struct decision_t {
    int status;
    const char *etag;     /* the fields' texts, which name the version that is sent; or NULL */
    const char *modified; /* the same */
    was_ranges_t ranges;
    was_digests_t digests; /* of a stored content */
    was_ahead_t *ahead;    /* the same */
    const char *text;      /* of a JSON body; or NULL */
} decision_t;

/* An answer that is written while it is made. Nothing of it has left before its first byte, so that
 * what fails until then is answered as anything else that fails. */
struct was_stream_t {
    was_request_t *request;
    const was_response_t *response;
    const decision_t *decision;
    apr_bucket_brigade *brigade;
    bool is_begun;
};

static int status_of_answer(was_answer_t answer)
{
    static const int statuses[] = {[WAS_ANSWER_OK] = HTTP_OK,
                                   [WAS_ANSWER_CREATED] = HTTP_CREATED,
                                   [WAS_ANSWER_NO_CONTENT] = HTTP_NO_CONTENT,
                                   [WAS_ANSWER_MOVED] = HTTP_PERMANENT_REDIRECT};

    return statuses[answer];
}

/* A time that a field of HTTP has digits for. */
static bool is_dated(const was_response_t *response)
{
    return response->modified > 0 && response->modified <= APR_INT64_C(253402300799);
}

static void decide_validators(const was_request_t *request, const was_response_t *response,
                              decision_t *decision)
{
    if (response->etag != NULL) {
        decision->etag = apr_pstrcat(request->pool, "\"", response->etag, "\"", NULL);
    }
    if (is_dated(response)) {
        apr_time_t modified = apr_time_from_sec(response->modified);
        char *text = apr_palloc(request->pool, APR_RFC822_DATE_LEN);

        apr_rfc822_date(text, ap_rationalize_mtime(request->r, modified));
        decision->modified = text;
    }
}

/* What the conditions of a read make of it, in the order of RFC 9110 section 13.2.2. Dates count
 * only where the version has one. */
static int decide_condition(const was_request_t *request, const decision_t *decision)
{
    request_rec *r = request->r;
    bool dated = decision->modified != NULL;
    apr_table_t *validators = apr_table_make(request->pool, 2);

    apr_table_setn(validators, "ETag", decision->etag);
    if (dated) {
        apr_table_setn(validators, "Last-Modified", decision->modified);
    }
    if (was_request_field(request, "If-Match") != NULL) {
        if (ap_condition_if_match(r, validators) == AP_CONDITION_NOMATCH) {
            return HTTP_PRECONDITION_FAILED;
        }
    }
    else if (dated && ap_condition_if_unmodified_since(r, validators) >= AP_CONDITION_WEAK) {
        return HTTP_PRECONDITION_FAILED;
    }
    ap_condition_e same = AP_CONDITION_NONE;
    if (was_request_field(request, "If-None-Match") != NULL) {
        same = ap_condition_if_none_match(r, validators);
    }
    else if (dated) {
        same = ap_condition_if_modified_since(r, validators);
    }
    return same >= AP_CONDITION_WEAK ? HTTP_NOT_MODIFIED : HTTP_OK;
}

static was_ranges_t decide_ranges(const was_request_t *request, const was_response_t *response,
                                  const decision_t *decision)
{
    /* Section 14.2: ranges are GET's alone. Documents are no contents. */
    if (response->resource == NULL || request->is_head ||
        !was_ranges_count(was_request_field(request, "If-Range"), decision->etag,
                          decision->modified)) {
        return WAS_RANGES_ALL;
    }
    return was_ranges_read(was_request_field(request, "Range"), response->resource->size);
}

/* An answer that says it has a body must have one: a document that could not be made is none. */
static const was_error_t *decide_body(const was_request_t *request, const was_response_t *response,
                                      decision_t *decision)
{
    decision->text = response->text;
    if (response->json != NULL) {
        decision->text = was_json_text(response->json, NULL, request->pool);
        if (decision->text == NULL) {
            return was_error_log(request->pool, WAS_ERROR_BROKEN, "a document cannot be written");
        }
    }
    else if (response->text == NULL && response->resource == NULL && response->produce == NULL &&
             (response->type != NULL || response->answer == WAS_ANSWER_OK)) {
        return was_error_log(request->pool, WAS_ERROR_BROKEN, "a document could not be built");
    }
    return NULL;
}

/* All that can still refuse. Errors: PRECONDITION, RANGE, BROKEN, UNAVAILABLE, those of was_db. */
static const was_error_t *decide_answer(const was_request_t *request,
                                        const was_response_t *response, decision_t *decision)
{
    bool is_read = request->is_head || strcmp(request->method, "GET") == 0;

    decision->status = status_of_answer(response->answer);
    decide_validators(request, response, decision);
    if (is_read && response->answer == WAS_ANSWER_OK && response->etag != NULL) {
        decision->status = decide_condition(request, decision);
    }
    if (decision->status == HTTP_PRECONDITION_FAILED) {
        return was_preconditions_failed(request->pool);
    }
    if (decision->status == HTTP_NOT_MODIFIED) {
        return NULL;
    }
    decision->ranges = decide_ranges(request, response, decision);
    if (decision->ranges == WAS_RANGES_NONE) {
        return was_error_make(request->pool, WAS_ERROR_RANGE, NULL, "there are no such bytes");
    }
    if (response->resource != NULL) {
        WAS_TRY(was_digests_decide(request, response->resource, decision->ranges == WAS_RANGES_ALL,
                                   &decision->digests));
        WAS_TRY(was_bucket_ahead(request, response->resource, decision->ranges == WAS_RANGES_ALL,
                                 &decision->ahead));
    }
    return decide_body(request, response, decision);
}

/* What every answer carries. */
static void add_common(was_request_t *request)
{
    was_cors_answer(request);
    apr_table_setn(request->r->headers_out, "X-Request-Id", was_request_id(request));
    if (request->protocol->decorate != NULL) {
        request->protocol->decorate(request);
    }
}

static void add_field(const was_request_t *request, const char *name, const char *value)
{
    if (value != NULL) {
        apr_table_setn(request->r->headers_out, name, value);
    }
}

static void add_head(was_request_t *request, const was_response_t *response,
                     const decision_t *decision)
{
    request_rec *r = request->r;

    r->status = decision->status;
    add_common(request);
    if (is_dated(response)) {
        ap_update_mtime(r, apr_time_from_sec(response->modified));
    }
    if (decision->etag != NULL) {
        was_direct_uncode(r);
        add_field(request, "ETag", decision->etag);
    }
    add_field(request, "Last-Modified", decision->modified);
    add_field(request, "Location", response->location);
    add_field(request, "Cache-Control", response->cache);
    add_field(request, "Content-Disposition", response->disposition);
    if (response->varies_by_accept) {
        apr_table_mergen(r->headers_out, "Vary", "Accept");
    }
}

static void append_text(const was_request_t *request, const char *text, apr_size_t length,
                        apr_bucket_brigade *brigade)
{
    APR_BRIGADE_INSERT_TAIL(
        brigade, apr_bucket_pool_create(text, length, request->pool, brigade->bucket_alloc));
    ap_set_content_length(request->r, (apr_int64_t)length);
}

/* Body and its headers, for an answer that has one. */
static void append_body(const was_request_t *request, const was_response_t *response,
                        const decision_t *decision, apr_bucket_brigade *brigade)
{
    request_rec *r = request->r;

    if (response->type != NULL) {
        ap_set_content_type(r, response->type);
    }
    if (decision->text != NULL) {
        append_text(request, decision->text, strlen(decision->text), brigade);
    }
    else if (response->resource != NULL) {
        /* Strangers wrote it: no browser is to guess what it could also be. */
        apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
        was_digests_answer(request, &decision->digests);
        ap_set_accept_ranges(r);
        ap_set_content_length(r, response->resource->size);
        if (response->resource->size == 0) {
            /* httpd takes a HEAD's length of 0 for one that nobody has set, and drops it. There is
             * nothing to hold back. */
            r->header_only = 0;
        }
        was_bucket_append(brigade, request, response->resource, decision->ahead);
    }
    else if (response->produce == NULL) {
        ap_set_content_length(r, 0);
    }
}

static int end_answer(const was_request_t *request, apr_bucket_brigade *brigade)
{
    request_rec *r = request->r;

    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(brigade->bucket_alloc));
    apr_status_t status = ap_pass_brigade(r->output_filters, brigade);

    /* A filter that reads a content gives back what failed while it did, and tells nobody. */
    if (status == APR_EGENERAL && !r->connection->aborted) {
        was_cut_pass(request, brigade, r->proto_output_filters);
    }
    return OK;
}

static apr_bucket_brigade *make_brigade(const was_request_t *request)
{
    return apr_brigade_create(request->pool, request->r->connection->bucket_alloc);
}

/* `name` and `value` are a field that this refusal has besides; NULL for none. */
static int send_problem(was_request_t *request, const was_error_t *error, const char *name,
                        const char *value)
{
    request_rec *r = request->r;
    was_problem_t problem = was_problem_make(request, error);

    r->status = problem.status;
    add_common(request);
    add_field(request, "Cache-Control", "no-store");
    if (problem.status == HTTP_UNAUTHORIZED &&
        apr_table_get(r->headers_out, "WWW-Authenticate") == NULL) {
        add_field(request, "WWW-Authenticate", request->protocol->challenge);
    }
    if (problem.status == HTTP_SERVICE_UNAVAILABLE) {
        add_field(request, "Retry-After", apr_itoa(request->pool, RETRY_SECONDS));
    }
    if (name != NULL) {
        add_field(request, name, value);
    }
    ap_set_content_type(r, "application/problem+json");
    apr_bucket_brigade *brigade = make_brigade(request);
    append_text(request, problem.text, problem.length, brigade);
    return end_answer(request, brigade);
}

static void begin_stream(was_stream_t *stream)
{
    if (!stream->is_begun) {
        stream->is_begun = true;
        add_head(stream->request, stream->response, stream->decision);
        append_body(stream->request, stream->response, stream->decision, stream->brigade);
    }
}

const was_error_t *was_stream_write(was_stream_t *stream, const void *bytes, apr_size_t length)
{
    request_rec *r = stream->request->r;
    apr_bucket_alloc_t *list = stream->brigade->bucket_alloc;

    begin_stream(stream);
    /* Transient: a filter that keeps it copies it, the network does not need to. */
    APR_BRIGADE_INSERT_TAIL(stream->brigade, apr_bucket_transient_create(bytes, length, list));
    apr_status_t status = ap_pass_brigade(r->output_filters, stream->brigade);

    apr_brigade_cleanup(stream->brigade);
    if (status != APR_SUCCESS || r->connection->aborted) {
        return was_error_log(stream->request->pool, WAS_ERROR_INCOMPLETE, "the client went away");
    }
    return NULL;
}

/* Ends an answer that has begun so that the client sees that it is not whole. */
static int cut_stream(const was_stream_t *stream, const was_error_t *error)
{
    const was_request_t *request = stream->request;
    request_rec *r = request->r;

    was_problem_log_cut(request, error);
    r->connection->keepalive = AP_CONN_CLOSE;
    was_cut_append(request, stream->brigade);
    (void)end_answer(request, stream->brigade);
    if (r->proto_num < HTTP_VERSION(1, 1)) {
        was_cut_reset(r->connection);
    }
    return OK;
}

static int stream_answer(was_request_t *request, const was_response_t *response,
                         const decision_t *decision)
{
    was_stream_t stream = {request, response, decision, make_brigade(request), false};
    const was_error_t *error =
        request->is_head ? NULL : response->produce(&stream, response->baton);

    if (error != NULL) {
        return stream.is_begun ? cut_stream(&stream, error)
                               : send_problem(request, error, NULL, NULL);
    }
    begin_stream(&stream);
    return end_answer(request, stream.brigade);
}

int was_respond(was_request_t *request, const was_response_t *response)
{
    decision_t decision = {0};
    const was_error_t *error = decide_answer(request, response, &decision);

    was_body_discard(request);
    was_direct_unrange(request->r, decision.ranges != WAS_RANGES_ALL);
    if (error != NULL && error->kind == WAS_ERROR_RANGE) {
        return send_problem(
            request, error, "Content-Range",
            apr_psprintf(request->pool, "bytes */%" APR_INT64_T_FMT, response->resource->size));
    }
    if (error != NULL) {
        return send_problem(request, error, NULL, NULL);
    }
    if (response->produce != NULL && decision.status == HTTP_OK) {
        return stream_answer(request, response, &decision);
    }
    apr_bucket_brigade *brigade = make_brigade(request);
    add_head(request, response, &decision);
    if (decision.status != HTTP_NOT_MODIFIED && decision.status != HTTP_NO_CONTENT) {
        append_body(request, response, &decision, brigade);
    }
    return end_answer(request, brigade);
}

int was_respond_error(was_request_t *request, const was_error_t *error, const char *allow)
{
    was_body_discard(request);
    return send_problem(request, error, allow != NULL ? "Allow" : NULL, allow);
}

void was_respond_unread(was_request_t *request, const was_error_t *error)
{
    (void)send_problem(request, error, NULL, NULL);
}

int was_respond_options(was_request_t *request, const char *allow)
{
    was_body_discard(request);
    request->r->status = HTTP_NO_CONTENT;
    add_common(request);
    add_field(request, "Allow", allow);
    was_cors_preflight(request);
    return end_answer(request, make_brigade(request));
}
