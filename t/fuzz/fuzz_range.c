/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_respond's reading of Range: the input is a size, and lines: Range, If-Range. httpd's filter
 * is left the field only where it asks for parts; the grammar (RFC 9110 section 14.1.1) and what
 * can be satisfied are written a second time here.
 */
#include "request.h"

typedef enum asked_t { ALL, PARTS, NOTHING } asked_t;

/* A number, or -1; what is beyond all sizes is the largest one. */
static apr_int64_t number(const char **at)
{
    const apr_int64_t most = APR_INT64_MAX;
    apr_int64_t value = 0;

    if (**at < '0' || **at > '9') {
        return -1;
    }
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        int digit = **at - '0';

        value = value > (most - digit) / 10 ? most : value * 10 + digit;
    }
    return value;
}

static asked_t expected(const char *at, apr_int64_t size)
{
    asked_t asked = ALL;

    for (;;) {
        apr_int64_t first, last;
        bool good;

        at += strspn(at, " \t,");
        if (*at == '\0') {
            return asked;
        }
        first = number(&at);
        if (*at++ != '-') {
            return ALL;
        }
        last = number(&at);
        if ((first < 0 && last < 0) || (first >= 0 && last >= 0 && last < first) ||
            strchr(" \t,", *at) == NULL) {
            return ALL;
        }
        good = first < 0 ? last > 0 && size > 0 : first < size;
        asked = good || asked == PARTS ? PARTS : NOTHING;
    }
}

static asked_t ask(const was_protocol_t *protocol, const char *range, const char *condition,
                   const was_resource_t *resource, bool is_head, apr_pool_t *pool)
{
    was_request_t *request = fuzz_request(protocol, pool);
    was_response_t response = {
        .type = "text/plain", .etag = "abc-1", .modified = 1768478400, .resource = resource};
    const char *kept;

    request->is_head = is_head;
    fuzz_field(request, "Range", range);
    fuzz_field(request, "Request-Range", range);
    fuzz_field(request, "If-Range", condition);
    REQUIRE(was_respond(request, &response) == OK);
    kept = apr_table_get(request->r->headers_in, "Range");
    REQUIRE(apr_table_get(request->r->headers_in, "Request-Range") == NULL);
    if (request->r->status == 416) {
        REQUIRE(strcmp(apr_table_get(request->r->headers_out, "Content-Range"),
                       apr_psprintf(pool, "bytes */%" APR_INT64_T_FMT, resource->size)) == 0);
        REQUIRE(strcmp(request->r->content_type, "application/problem+json") == 0);
        return NOTHING;
    }
    REQUIRE(request->r->status == 200);
    REQUIRE(apr_atoi64(apr_table_get(request->r->headers_out, "Content-Length")) == resource->size);
    REQUIRE(kept == NULL || strcmp(kept, range) == 0);
    return kept == NULL ? ALL : PARTS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const was_protocol_t protocol = {.name = "fuzz", .problem_base = "#", .challenge = "Signature"};
    apr_pool_t *pool = fuzz_pool();
    was_resource_t resource = {.path = "/a", .type = "text/plain", .etag = "abc-1", .piece = ""};
    const char *range, *condition;
    char *text, *rest;
    asked_t due = ALL;

    if (size < 1) {
        return 0;
    }
    resource.size = data[0];
    text = rest = fuzz_text(data + 1, size - 1);
    range = fuzz_line(&rest);
    condition = fuzz_line(&rest);
    if (strncasecmp(range, "bytes=", 6) == 0) {
        due = expected(range + 6, resource.size);
    }
    REQUIRE(ask(&protocol, range, NULL, &resource, false, pool) == due);
    REQUIRE(ask(&protocol, range, "\"abc-1\"", &resource, false, pool) == due);
    REQUIRE(ask(&protocol, range, "W/\"abc-1\"", &resource, false, pool) == ALL);
    REQUIRE(ask(&protocol, range, NULL, &resource, true, pool) == ALL);
    if (condition != NULL && strcmp(condition, "\"abc-1\"") != 0 &&
        strcmp(condition, "Thu, 15 Jan 2026 12:00:00 GMT") != 0) {
        REQUIRE(ask(&protocol, range, condition, &resource, false, pool) == ALL);
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
