/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Answers on the wire. Owns every status, header and problem document that leaves the module, and
 * what of a failure is logged. Refuses to know why a request was answered as it was.
 */

#include "http/was_respond.h"
#include "http/was_body.h"
#include "http/was_content.h"
#include "http/was_cors.h"

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

APLOG_USE_MODULE(was);

enum { RETRY_SECONDS = 1 };

struct was_stream_t {
    was_request_t *request;
    apr_bucket_brigade *brigade;
};

/* What every answer carries. */
static void decorate(was_request_t *request)
{
    was_cors_answer(request);
    if (request->protocol->decorate != NULL) {
        request->protocol->decorate(request);
    }
}

static const was_error_t *pass(was_stream_t *stream)
{
    request_rec *r = stream->request->r;
    apr_status_t status = ap_pass_brigade(r->output_filters, stream->brigade);

    apr_brigade_cleanup(stream->brigade);
    if (status != APR_SUCCESS || r->connection->aborted) {
        return was_error_log(stream->request->pool, WAS_ERROR_INCOMPLETE, "the client went away");
    }
    return NULL;
}

const was_error_t *was_stream_write(was_stream_t *stream, const void *bytes, apr_size_t length)
{
    apr_bucket_alloc_t *list = stream->brigade->bucket_alloc;

    /* Transient: a filter that keeps it copies it, the network does not need to. */
    APR_BRIGADE_INSERT_TAIL(stream->brigade, apr_bucket_transient_create(bytes, length, list));
    return pass(stream);
}

static void set_answer_header(was_request_t *request, const was_response_t *response)
{
    apr_table_t *out = request->r->headers_out;

    if (response->etag != NULL) {
        apr_table_setn(out, "ETag", apr_pstrcat(request->pool, "\"", response->etag, "\"", NULL));
    }
    if (response->modified > 0) {
        ap_update_mtime(request->r, apr_time_from_sec(response->modified));
        ap_set_last_modified(request->r);
    }
    if (response->location != NULL) {
        apr_table_setn(out, "Location", response->location);
    }
    if (response->cache != NULL) {
        apr_table_setn(out, "Cache-Control", response->cache);
    }
    if (response->disposition != NULL) {
        apr_table_setn(out, "Content-Disposition", response->disposition);
    }
    if (response->varies_by_accept) {
        apr_table_mergen(out, "Vary", "Accept");
    }
}

/* What a Range field asks for of a content: all (there is no field, or it means nothing), parts, or
 * only what is not there. */
typedef enum asked_t { ASKED_ALL, ASKED_PARTS, ASKED_NOTHING } asked_t;

static bool read_position(const char **c, apr_int64_t *position)
{
    char *end;

    if (!apr_isdigit(**c)) {
        return false;
    }
    *position = apr_strtoi64(*c, &end, 10);
    *c = end;
    return true;
}

/* One range (RFC 9110 section 14.1.1); false when it is none. */
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

/* Whether an If-Range, if there is one, names the version that is sent. */
static bool holds_if_range(const was_request_t *request)
{
    const char *condition = was_request_field(request, "If-Range");
    const char *etag = apr_table_get(request->r->headers_out, "ETag");
    const char *modified = apr_table_get(request->r->headers_out, "Last-Modified");

    return condition == NULL || (etag != NULL && strcmp(condition, etag) == 0) ||
           (modified != NULL && strcmp(condition, modified) == 0);
}

static asked_t read_ranges(const was_request_t *request, apr_int64_t size)
{
    const char *c = was_request_field(request, "Range");
    asked_t asked = ASKED_ALL;

    /* Section 14.2: ranges are GET's alone. */
    if (c == NULL || strncasecmp(c, "bytes=", 6) != 0 || request->is_head ||
        !holds_if_range(request)) {
        return ASKED_ALL;
    }
    for (c += 6; *(c += strspn(c, " \t,")) != '\0';) {
        bool satisfiable;

        if (!read_range(&c, size, &satisfiable) || strchr(" \t,", *c) == NULL) {
            return ASKED_ALL;
        }
        asked = satisfiable || asked == ASKED_PARTS ? ASKED_PARTS : ASKED_NOTHING;
    }
    return asked;
}

/*
 * httpd's range filter cuts every answer, reads Range more generously than it is defined, knows an
 * older field too, and refuses with a page of its own. So it is left only what it is to do: fields
 * that ask for parts of a stored content.
 */
static asked_t keep_ranges(const was_request_t *request, const was_response_t *response)
{
    asked_t asked =
        response->resource != NULL ? read_ranges(request, response->resource->size) : ASKED_ALL;

    apr_table_unset(request->r->headers_in, "Request-Range");
    if (asked == ASKED_ALL) {
        apr_table_unset(request->r->headers_in, "Range");
    }
    return asked;
}

static void append_json(was_request_t *request, const json_t *json, apr_bucket_brigade *brigade)
{
    apr_size_t length = 0;
    const char *text = was_json_text(json, &length, request->pool);

    APR_BRIGADE_INSERT_TAIL(
        brigade, apr_bucket_pool_create(text, length, request->pool, brigade->bucket_alloc));
    ap_set_content_length(request->r, (apr_int64_t)length);
}

/* Ends a streamed answer: properly, or so that the client sees that it was cut. */
static int finish_stream(was_request_t *request, const was_response_t *response,
                         apr_bucket_brigade *brigade)
{
    was_stream_t stream = {request, brigade};
    const was_error_t *error = NULL;
    apr_bucket_alloc_t *list = brigade->bucket_alloc;

    if (!request->is_head) {
        error = response->produce(&stream, response->baton);
    }
    if (error != NULL) {
        ap_log_rerror(APLOG_MARK, error->kind == WAS_ERROR_INCOMPLETE ? APLOG_INFO : APLOG_ERR, 0,
                      request->r, "[%s] an answer ends early: %s", was_request_id(request),
                      was_error_chain(error, request->pool));
        request->r->connection->keepalive = AP_CONN_CLOSE;
        /* Keeps the last chunk, which would call the answer complete, from being sent. */
        APR_BRIGADE_INSERT_TAIL(
            brigade, ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, request->pool, list));
    }
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(list));
    (void)ap_pass_brigade(request->r->output_filters, brigade);
    return OK;
}

static int status_of(was_answer_t answer)
{
    switch (answer) {
    case WAS_ANSWER_CREATED:
        return HTTP_CREATED;
    case WAS_ANSWER_NO_CONTENT:
        return HTTP_NO_CONTENT;
    case WAS_ANSWER_MOVED:
        return HTTP_PERMANENT_REDIRECT;
    default:
        return HTTP_OK;
    }
}

/* Body and its headers, for an answer that has one. */
static void append_body(was_request_t *request, const was_response_t *response,
                        apr_bucket_brigade *brigade)
{
    request_rec *r = request->r;

    if (response->type != NULL) {
        ap_set_content_type(r, response->type);
    }
    if (response->json != NULL) {
        append_json(request, response->json, brigade);
    }
    else if (response->resource != NULL) {
        /* Strangers wrote it: no browser is to guess what it could also be. */
        apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
        ap_set_accept_ranges(r);
        ap_set_content_length(r, response->resource->size);
        was_content_append(brigade, request, response->space, response->resource);
    }
    else if (response->produce == NULL) {
        ap_set_content_length(r, 0);
    }
}

/* The answer to a read whose conditions do not ask for the body; OK to go on. */
static int answer_condition(was_request_t *request, const was_response_t *response)
{
    bool is_read = request->is_head || strcmp(request->method, "GET") == 0;
    apr_table_t *in = request->r->headers_in;

    if (!is_read || response->answer != WAS_ANSWER_OK || response->etag == NULL) {
        return OK;
    }
    /* httpd would take now for an unknown time, and a date for a condition beside an If-Match;
     * sections 13.1.3 and 13.1.4 of RFC 9110 have such dates ignored. */
    if (response->modified <= 0) {
        apr_table_unset(in, "If-Modified-Since");
    }
    if (response->modified <= 0 || apr_table_get(in, "If-Match") != NULL) {
        apr_table_unset(in, "If-Unmodified-Since");
    }
    return ap_meets_conditions(request->r);
}

int was_respond(was_request_t *request, const was_response_t *response)
{
    request_rec *r = request->r;
    apr_bucket_brigade *brigade;
    int condition;

    was_body_discard(request);
    decorate(request);
    set_answer_header(request, response);
    condition = answer_condition(request, response);
    if (condition == HTTP_PRECONDITION_FAILED) {
        return was_respond_error(request, was_conditions_failed(request->pool), NULL);
    }
    if (condition == OK && keep_ranges(request, response) == ASKED_NOTHING) {
        apr_table_setn(
            r->headers_out, "Content-Range",
            apr_psprintf(request->pool, "bytes */%" APR_INT64_T_FMT, response->resource->size));
        return was_respond_error(
            request,
            was_error_make(request->pool, WAS_ERROR_RANGE, NULL, "the resource has no such bytes"),
            NULL);
    }
    brigade = apr_brigade_create(request->pool, r->connection->bucket_alloc);
    r->status = condition == OK ? status_of(response->answer) : condition;
    if (r->status != HTTP_NOT_MODIFIED && r->status != HTTP_NO_CONTENT) {
        append_body(request, response, brigade);
        if (response->produce != NULL) {
            return finish_stream(request, response, brigade);
        }
    }
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(brigade->bucket_alloc));
    (void)ap_pass_brigade(r->output_filters, brigade);
    return OK;
}

/* How the protocol shows this kind. */
static was_face_t face_of(const was_protocol_t *protocol, const was_error_t *error)
{
    static const struct {
        int status;
        const char *fragment, *title;
    } kinds[] = {
#define WAS_KIND_ROW(name, status, fragment, title) {status, fragment, title},
        WAS_ERROR_KINDS(WAS_KIND_ROW)
#undef WAS_KIND_ROW
    };
    was_face_t face = {.kind = error->kind,
                       .status = kinds[error->kind].status,
                       .fragment = kinds[error->kind].fragment,
                       .title = kinds[error->kind].title,
                       .pointer = error->pointer};
    int i;

    for (i = 0; i < protocol->nfaces; i++) {
        const was_face_t *own = &protocol->faces[i];

        if (own->kind == error->kind) {
            face.status = own->status != 0 ? own->status : face.status;
            face.fragment = own->fragment != NULL ? own->fragment : face.fragment;
            face.title = own->title != NULL ? own->title : face.title;
            face.pointer = own->pointer != NULL ? own->pointer : face.pointer;
            face.masked = own->masked;
            face.untyped = own->untyped;
        }
    }
    return face;
}

/* Whether it is ours to mend; what is not offered, or beyond a limit, is a refusal. */
static bool is_failure(int status)
{
    return ap_is_HTTP_SERVER_ERROR(status) && status != HTTP_NOT_IMPLEMENTED &&
           status != HTTP_INSUFFICIENT_STORAGE;
}

/* What a client can be told of failures that are described for the operator only. */
static const char *detail_of(const was_error_t *error, const was_face_t *face)
{
    if (error->detail != NULL) {
        return error->detail;
    }
    switch (error->kind) {
    case WAS_ERROR_UNAVAILABLE:
        return "the database cannot be used now; nothing was written, and the request can be "
               "sent again";
    case WAS_ERROR_UNCERTAIN:
        return "the database went away while it was writing: whether the write was kept is not "
               "known, so read before you send it again";
    default:
        return face->title;
    }
}

static json_t *problem_of(const was_request_t *request, const was_face_t *face,
                          const was_error_t *error)
{
    json_t *problem = was_json_own(json_object(), request->pool);
    json_t *item = json_object();

    json_object_set_new(
        problem, "type",
        json_string(face->untyped ? "about:blank"
                                  : apr_pstrcat(request->pool, request->protocol->problem_base,
                                                face->fragment, NULL)));
    json_object_set_new(problem, "title", json_string(face->title));
    json_object_set_new(problem, "status", json_integer(face->status));
    json_object_set_new(item, "detail",
                        json_string(face->masked ? face->title : detail_of(error, face)));
    if (face->pointer != NULL && !face->masked) {
        json_object_set_new(item, "pointer", json_string(face->pointer));
    }
    json_object_set_new(problem, "errors", json_pack("[o]", item));
    if (is_failure(face->status)) {
        /* What an operator finds in the log. */
        json_object_set_new(problem, "requestId", json_string(was_request_id(request)));
    }
    return problem;
}

static void log_error(const was_request_t *request, int status, const was_error_t *error)
{
    const char *chain = was_error_chain(error, request->pool);

    if (is_failure(status)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, request->r, "[%s] %s %s", was_request_id(request),
                      was_error_name(error->kind), chain);
    }
    else {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, request->r, "[%s] %s %s", was_request_id(request),
                      was_error_name(error->kind), chain);
    }
}

int was_respond_error(was_request_t *request, const was_error_t *error, const char *allow)
{
    was_face_t face = face_of(request->protocol, error);
    request_rec *r = request->r;
    apr_bucket_brigade *brigade;

    log_error(request, face.status, error);
    was_body_discard(request);
    r->status = face.status;
    decorate(request);
    apr_table_unset(r->headers_out, "Content-Disposition");
    apr_table_unset(r->headers_out, "ETag");
    apr_table_unset(r->headers_out, "Last-Modified");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    if (face.status == HTTP_UNAUTHORIZED) {
        apr_table_setn(r->headers_out, "WWW-Authenticate", request->protocol->challenge);
    }
    if (face.status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->headers_out, "Retry-After", apr_itoa(request->pool, RETRY_SECONDS));
    }
    if (allow != NULL) {
        apr_table_setn(r->headers_out, "Allow", allow);
    }
    ap_set_content_type(r, "application/problem+json");
    brigade = apr_brigade_create(request->pool, r->connection->bucket_alloc);
    append_json(request, problem_of(request, &face, error), brigade);
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(brigade->bucket_alloc));
    (void)ap_pass_brigade(r->output_filters, brigade);
    return OK;
}

int was_respond_options(was_request_t *request, const char *allow)
{
    was_response_t response = {.answer = WAS_ANSWER_NO_CONTENT};

    apr_table_setn(request->r->headers_out, "Allow", allow);
    was_cors_preflight(request, allow);
    return was_respond(request, &response);
}
