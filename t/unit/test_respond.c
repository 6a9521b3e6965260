/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_respond: a body that is due and cannot be had is a failure and no empty answer, and a refusal
 * carries nothing of the answer that it stands for. httpd is the fuzz targets' stand-in, which also
 * sees that conditions are asked before any header is written.
 */
#include "../fuzz/request.h"
#include "tap.h"

#include <http_log.h>

static const was_protocol_t protocol = {
    .name = "test", .problem_base = "https://was.example/#", .challenge = "Signature"};

/* Nothing can be said in a text that is no UTF-8. */
static const was_protocol_t mute = {.name = "test", .problem_base = "\xff", .challenge = "x"};

static json_t *make_document(apr_pool_t *pool)
{
    return was_json_own(json_pack("{s:s}", "a", "b"), pool);
}

/* A value that contains itself, which is how one that cannot be written is made. */
static json_t *make_unwritable(json_t **inner, apr_pool_t *pool)
{
    json_t *outer = was_json_own(json_array(), pool);

    *inner = json_array();
    json_array_append_new(outer, *inner);
    json_array_append(*inner, outer);
    return outer;
}

static json_t *parse_sent(const was_request_t *request)
{
    json_t *document = NULL;

    (void)!was_json_parse_object(fuzz_sent()->body, fuzz_sent()->length, &document, request->pool);
    return document;
}

static void check_failure(const was_request_t *request, const char *name)
{
    const apr_table_t *out = request->r->headers_out;
    const json_t *document = parse_sent(request);

    is_int(request->r->status, 500, name);
    is_int(json_integer_value(json_object_get(document, "status")), 500, "... and says so");
    is_str(request->r->content_type, "application/problem+json", "... as a problem");
    is_int(fuzz_sent()->level, APLOG_ERR, "... and in the log");
    is_str(apr_table_get(out, "Cache-Control"), "no-store", "... that nobody keeps");
    ok(apr_table_get(out, "ETag") == NULL && apr_table_get(out, "Last-Modified") == NULL &&
           apr_table_get(out, "Location") == NULL,
       "... without what the answer had");
}

static void test_missing_bodies(apr_pool_t *pool)
{
    json_t *inner;
    const struct {
        was_response_t response;
        int status;
        const char *name;
    } cases[] = {
        {{.type = "application/json", .json = make_document(pool)}, 200, "a document"},
        {{.type = "application/json"}, 500, "a document that could not be built"},
        {{.etag = "a", .modified = 1768478400}, 500, "an answer without any body"},
        {{.type = "application/json", .json = make_unwritable(&inner, pool), .etag = "a"},
         500,
         "a document that cannot be written"},
        {{.answer = WAS_ANSWER_CREATED, .location = "/a", .type = "application/json"},
         500,
         "a document of what was created"},
        {{.answer = WAS_ANSWER_CREATED, .location = "/a"}, 201, "which has none, mostly"},
        {{.answer = WAS_ANSWER_NO_CONTENT, .etag = "a"}, 204, "no content"},
        {{.answer = WAS_ANSWER_MOVED, .location = "/a"}, 308, "a redirect"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        was_request_t *request = fuzz_request(&protocol, pool);

        is_int(was_respond(request, &cases[i].response), OK, "answered");
        if (cases[i].status == 500) {
            check_failure(request, cases[i].name);
        }
        else {
            is_int(request->r->status, cases[i].status, cases[i].name);
        }
    }
    json_array_clear(inner);
}

static const was_error_t *produce_nothing(was_stream_t *stream, void *baton)
{
    (void)stream;
    return baton;
}

static void test_produced(apr_pool_t *pool)
{
    const was_error_t *error = was_error_log(pool, WAS_ERROR_UNAVAILABLE, "no database");
    const was_response_t response = {.type = "x/y",
                                     .disposition = "attachment",
                                     .cache = "private",
                                     .produce = produce_nothing,
                                     .baton = (void *)(uintptr_t)error};
    was_request_t *request = fuzz_request(&protocol, pool);
    const apr_table_t *out = request->r->headers_out;

    is_int(was_respond(request, &response), OK, "what fails before its first byte is answered");
    is_int(request->r->status, 503, "... by its own status");
    is_int(json_integer_value(json_object_get(parse_sent(request), "status")), 503,
           "... and says so");
    is_str(request->r->content_type, "application/problem+json", "... as a problem");
    is_str(apr_table_get(out, "Cache-Control"), "no-store", "... that nobody keeps");
    ok(apr_table_get(out, "Content-Disposition") == NULL, "... without what the answer had");
    is_int(request->r->connection->keepalive, AP_CONN_UNKNOWN, "... and nothing is cut");
}

static void test_conditions(apr_pool_t *pool)
{
    static const struct {
        const char *name, *value;
        int status;
    } cases[] = {
        {"If-Match", "\"a\"", 200},           {"If-Match", "\"b\"", 412},
        {"If-None-Match", "\"a\"", 304},      {"If-None-Match", "\"b\"", 200},
        {"Range", "bytes=0-0", 200},          {"Range", "bytes=9-", 416},
        {"If-Modified-Since", "always", 200},
    };
    const was_resource_t resource = {.path = "/a", .size = 1, .piece = "x", .piece_length = 1};
    const was_response_t response = {.type = "text/plain",
                                     .etag = "a",
                                     .modified = 1768478400,
                                     .cache = "private",
                                     .disposition = "inline",
                                     .varies_by_accept = true,
                                     .resource = &resource};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        was_request_t *request = fuzz_request(&protocol, pool);
        const apr_table_t *out = request->r->headers_out;
        bool refused = cases[i].status >= 400;

        fuzz_field(request, cases[i].name, cases[i].value);
        was_respond(request, &response);
        is_int(request->r->status, cases[i].status, cases[i].name);
        is_str(apr_table_get(out, "ETag"), refused ? NULL : "\"a\"", "... ETag");
        is_str(apr_table_get(out, "Last-Modified"),
               refused ? NULL : "Thu, 15 Jan 2026 12:00:00 GMT", "... Last-Modified");
        is_str(apr_table_get(out, "Content-Disposition"), refused ? NULL : "inline",
               "... Content-Disposition");
        is_str(apr_table_get(out, "Cache-Control"), refused ? "no-store" : "private",
               "... Cache-Control");
        is_str(apr_table_get(out, "Vary"), refused ? NULL : "Accept", "... Vary");
    }
}

/* What is ours to repair is told to the operator, what is the client's is not. */
static void test_levels(apr_pool_t *pool)
{
    static const struct {
        was_error_kind_t kind;
        int status;
        int level;
        const char *retry; /* Retry-After */
        const char *name;
    } cases[] = {
        {WAS_ERROR_MALFORMED, 400, APLOG_INFO, NULL, "MALFORMED"},
        {WAS_ERROR_UNAUTHENTICATED, 401, APLOG_INFO, NULL, "UNAUTHENTICATED"},
        {WAS_ERROR_NOT_FOUND, 404, APLOG_INFO, NULL, "NOT_FOUND"},
        {WAS_ERROR_TOO_LARGE, 413, APLOG_INFO, NULL, "TOO_LARGE"},
        {WAS_ERROR_BROKEN, 500, APLOG_ERR, NULL, "BROKEN"},
        {WAS_ERROR_NOT_IMPLEMENTED, 501, APLOG_INFO, NULL, "NOT_IMPLEMENTED"},
        {WAS_ERROR_UNAVAILABLE, 503, APLOG_ERR, "1", "UNAVAILABLE, a spool that cannot be made"},
        {WAS_ERROR_UNCERTAIN, 503, APLOG_ERR, "1", "UNCERTAIN"},
        {WAS_ERROR_QUOTA, 507, APLOG_INFO, NULL, "QUOTA"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        was_request_t *request = fuzz_request(&protocol, pool);
        const was_error_t *error = was_error_make(pool, cases[i].kind, NULL, "for the client");

        was_respond_error(request, was_error_wrap(pool, error, "for the operator"), NULL);
        is_int(request->r->status, cases[i].status, cases[i].name);
        is_int(fuzz_sent()->level, cases[i].level, "... its level in the log");
        ok(strstr(fuzz_sent()->logged, "for the operator") != NULL, "... and its reason");
        ok(strstr(fuzz_sent()->body, "for the operator") == NULL, "... which no client sees");
        is_str(apr_table_get(request->r->headers_out, "Retry-After"), cases[i].retry,
               "... Retry-After");
    }
}

static void test_mute_problems(apr_pool_t *pool)
{
    was_request_t *request = fuzz_request(&mute, pool);

    is_int(was_respond_error(request, was_error_make(pool, WAS_ERROR_NOT_FOUND, NULL, "not there"),
                             NULL),
           OK, "a problem that cannot be written is answered");
    check_failure(request, "a problem that cannot be written");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_missing_bodies(pool);
    test_produced(pool);
    test_conditions(pool);
    test_levels(pool);
    test_mute_problems(pool);
    return done();
}
