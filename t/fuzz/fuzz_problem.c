/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_respond_error: the input is a kind, a flag for each way it can be shown, and lines: pointer,
 * detail, reason, Allow; an empty one is a text that is not there. Whatever bytes an error was made
 * of, what leaves is one JSON document that says its status, and one line in the log.
 */
#include "request.h"

#include "base/was_encoding.h"

enum { MASKED = 1, UNTYPED = 2, WRAPPED = 4, FAR_STATUS = 8 };

static const char *given(char **rest)
{
    const char *line = fuzz_line(rest);

    return line != NULL && *line != '\0' ? line : NULL;
}

static void check_body(const was_request_t *request, const was_error_t *error, bool masked)
{
    const fuzz_sent_t *sent = fuzz_sent();
    const json_t *item, *detail;
    json_t *problem = NULL;

    REQUIRE(was_utf8_valid(sent->body, sent->length));
    REQUIRE(was_json_parse_object(sent->body, sent->length, &problem, request->pool) == NULL);
    REQUIRE(json_is_string(json_object_get(problem, "type")));
    REQUIRE(json_is_string(json_object_get(problem, "title")));
    REQUIRE(json_integer_value(json_object_get(problem, "status")) == request->r->status);
    REQUIRE(json_array_size(json_object_get(problem, "errors")) == 1);
    item = json_array_get(json_object_get(problem, "errors"), 0);
    detail = json_object_get(item, "detail");
    if (masked) {
        REQUIRE(json_equal(detail, json_object_get(problem, "title")));
        REQUIRE(json_object_get(item, "pointer") == NULL);
    }
    else if (error->detail == NULL) {
        /* What is for the operator alone is in nobody's answer. */
        REQUIRE(json_equal(detail, json_object_get(problem, "title")) ||
                strncmp(json_string_value(detail), "the database ", 13) == 0);
    }
    else if (was_utf8_valid(error->detail, strlen(error->detail))) {
        REQUIRE(strcmp(json_string_value(detail), error->detail) == 0);
    }
}

static void check_head(const was_request_t *request, const char *allow)
{
    apr_table_t *out = request->r->headers_out;
    const fuzz_sent_t *sent = fuzz_sent();

    REQUIRE(strcmp(request->r->content_type, "application/problem+json") == 0);
    REQUIRE(apr_atoi64(apr_table_get(out, "Content-Length")) == (apr_int64_t)sent->length);
    REQUIRE(strcmp(apr_table_get(out, "Cache-Control"), "no-store") == 0);
    REQUIRE(apr_table_get(out, "ETag") == NULL && apr_table_get(out, "Last-Modified") == NULL);
    REQUIRE((apr_table_get(out, "Allow") == NULL) == (allow == NULL));
    REQUIRE((apr_table_get(out, "WWW-Authenticate") == NULL) == (request->r->status != 401));
    REQUIRE((apr_table_get(out, "Retry-After") == NULL) == (request->r->status != 503));
    for (const char *at = sent->logged; *at != '\0'; at++) {
        REQUIRE(*at >= 0x20 && *at <= 0x7e);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    was_face_t face = {.fragment = "fragment", .title = "Title"};
    was_protocol_t protocol = {.name = "fuzz",
                               .problem_base = "https://was.example/#",
                               .challenge = "Signature",
                               .faces = &face,
                               .nfaces = 1};
    apr_pool_t *pool = fuzz_pool();
    was_request_t *request = fuzz_request(&protocol, pool);
    was_error_t error = {.kind = WAS_ERROR_BROKEN};
    const was_error_t *told = &error;
    const char *allow;
    char *text, *rest;

    if (size < 2) {
        return 0;
    }
    text = rest = fuzz_text(data + 2, size - 2);
    error.kind = data[0] % WAS_ERROR_KIND_COUNT;
    error.pointer = given(&rest);
    error.detail = given(&rest);
    error.reason = given(&rest);
    allow = given(&rest);
    face.kind = error.kind;
    face.masked = (data[1] & MASKED) != 0;
    face.untyped = (data[1] & UNTYPED) != 0;
    face.status = (data[1] & FAR_STATUS) != 0 ? 418 : 0;
    if ((data[1] & WRAPPED) != 0) {
        told = was_error_wrap(pool, &error, "%s", error.reason == NULL ? "" : error.reason);
    }
    REQUIRE(was_respond_error(request, told, allow) == OK);
    check_body(request, told, face.masked);
    check_head(request, allow);
    free(text);
    apr_pool_clear(pool);
    return 0;
}
