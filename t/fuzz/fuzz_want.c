/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_want, and what becomes of it: the input is lines, the values of Want-Repr-Digest, of
 * Want-Content-Digest, and of Range.
 */
#include "request.h"

#include "http/was_digests.h"
#include "http/was_want.h"

static void check_want(const char *field, apr_pool_t *pool)
{
    const was_want_t want = was_want_read(field);
    was_want_t again;

    REQUIRE(want.sha256 >= 0 && want.sha256 <= 10 && want.sha512 >= 0 && want.sha512 <= 10);
    /* What is behind it counts, if it is a dictionary at all. */
    again = was_want_read(
        apr_pstrcat(pool, field == NULL ? "a=1" : field, ", sha-256=3, sha-512=4", NULL));
    REQUIRE(again.sha256 == 0 || again.sha256 == 3);
    REQUIRE(again.sha512 == again.sha256 + (again.sha256 > 0));
    REQUIRE((want.sha256 == 0 && want.sha512 == 0) || again.sha256 == 3);
}

static void check_field(const char *value, const was_want_t *want)
{
    if (value == NULL) {
        return;
    }
    REQUIRE(strncmp(value, "sha-256=:", 9) == 0 ? want->sha256 > 0 : want->sha512 > 0);
    REQUIRE(strncmp(value, want->sha512 > want->sha256 ? "sha-512=:" : "sha-256=:", 9) == 0);
    REQUIRE(value[strlen(value) - 1] == ':');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const was_protocol_t protocol = {.name = "fuzz", .problem_base = "#", .challenge = "Signature"};
    const was_resource_t resource = {.type = "text/plain",
                                     .etag = "a-1",
                                     .piece = "hello world",
                                     .piece_length = 11,
                                     .size = 11};
    was_response_t response = {.type = "text/plain", .etag = "a-1", .resource = &resource};
    apr_pool_t *pool = fuzz_pool();
    was_request_t *request = fuzz_request(&protocol, pool);
    char *text = fuzz_text(data, size), *rest = text;
    const char *repr = fuzz_line(&rest), *content = fuzz_line(&rest);

    check_want(repr, pool);
    fuzz_field(request, "Want-Repr-Digest", repr);
    fuzz_field(request, "Want-Content-Digest", content);
    fuzz_field(request, "Range", fuzz_line(&rest));
    REQUIRE(was_digests_piece(request) == WAS_PIECE_BYTES);
    REQUIRE(was_respond(request, &response) == OK);
    const was_want_t wants[] = {
        was_want_read(was_request_field(request, "Want-Repr-Digest")),
        was_want_read(was_request_field(request, "Want-Content-Digest")),
    };
    apr_table_t *out = request->r->headers_out;

    check_field(apr_table_get(out, "Repr-Digest"), &wants[0]);
    check_field(apr_table_get(out, "Content-Digest"), &wants[1]);
    if (request->r->status == 200) {
        REQUIRE((apr_table_get(out, "Repr-Digest") != NULL) ==
                (wants[0].sha256 > 0 || wants[0].sha512 > 0));
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
