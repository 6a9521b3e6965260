/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * The JSON documents of both protocols: the input is which handler reads it, and a body. The caller
 * may do what it asks for, and the store (store.c) takes only what PostgreSQL could. Whatever was
 * written was asked for by good JSON, and the answer to it can be sent.
 */
#include "store.h"

#include "base/was_encoding.h"
#include "classic/classic.h"
#include "pws/pws.h"
#include "pws/pws_auth.h"

typedef const was_error_t *(*handler_fn)(was_request_t *request, was_response_t *response);

static const struct {
    handler_fn handle;
    const char *target;
    was_need_t need;
} routes[] = {
    {pws_spaces_post, "/spaces/", WAS_NEED_DOCUMENT},
    {pws_space_put, "/space/s/meta", WAS_NEED_DOCUMENT},
    {pws_collections_post, "/space/s/", WAS_NEED_DOCUMENT},
    {pws_collection_put, "/space/s/c/meta", WAS_NEED_DOCUMENT},
    {pws_resource_meta_put, "/space/s/c/r/meta", WAS_NEED_DOCUMENT},
    {pws_policy_put, "/space/s/c/policy", WAS_NEED_DOCUMENT},
    {pws_backends_post, "/space/s/backends", WAS_NEED_DOCUMENT},
    {pws_backend_put, "/space/s/backends/b", WAS_NEED_DOCUMENT},
    {pws_resources_post, "/space/s/c/", WAS_NEED_CONTENT},
    {classic_spaces_post, "/spaces/", WAS_NEED_DOCUMENT_OR_NOTHING},
    {classic_space_put, "/space/s", WAS_NEED_DOCUMENT},
};

static void check_refusal(const was_error_t *error)
{
    switch (error->kind) {
    case WAS_ERROR_INVALID_BODY:
    case WAS_ERROR_INVALID_ID:
    case WAS_ERROR_RESERVED_ID:
    case WAS_ERROR_UNSUPPORTED_SCHEME:
    case WAS_ERROR_NOT_IMPLEMENTED:
    case WAS_ERROR_NOT_ENCRYPTED:
    case WAS_ERROR_UNKNOWN_BACKEND:
    case WAS_ERROR_FORBIDDEN:
        fuzz_check_error(error, error->kind);
        return;
    default:
        REQUIRE(error->kind == WAS_ERROR_INVALID_BODY);
    }
}

static void check_answer(const was_response_t *response, apr_pool_t *pool)
{
    apr_size_t length = 0;
    const char *text;

    REQUIRE(response->location == NULL ||
            (fuzz_can_be_sent(response->location) &&
             was_utf8_valid(response->location, strlen(response->location))));
    if (response->json != NULL) {
        text = was_json_text(response->json, &length, pool);
        REQUIRE(text != NULL && was_utf8_valid(text, length));
    }
    if (response->text != NULL) {
        REQUIRE(was_json_check_content(response->text, strlen(response->text), pool) == NULL);
    }
    REQUIRE(response->answer == WAS_ANSWER_CREATED || response->answer == WAS_ANSWER_NO_CONTENT ||
            (response->answer == WAS_ANSWER_OK && response->json != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const was_protocol_t protocol = {.name = "fuzz"};
    apr_pool_t *pool = fuzz_pool();
    was_request_t *request = fuzz_request(&protocol, pool);
    pws_state_t state = {.exists = true, .verified = true, .controller = request->caller};
    was_response_t response = {.answer = WAS_ANSWER_OK};
    pws_creation_t creation = {.id = NULL};
    was_route_t row = {.right = WAS_RIGHT_NONE};
    const was_error_t *error = NULL;
    char *text;
    size_t route;

    if (size < 1 || size > WAS_DOCUMENT_MAX_BYTES) {
        return 0;
    }
    route = (data[0] & 0x7f) % (sizeof(routes) / sizeof(routes[0]));
    text = malloc(size);
    REQUIRE(text != NULL);
    memcpy(text, data + 1, size - 1);
    state.exists = data[0] < 0x80;
    row.right =
        routes[route].handle == pws_spaces_post ? WAS_RIGHT_CREATE_SPACE : WAS_RIGHT_PUT_SPACE;
    request->route = &row;
    request->state = &state;
    fuzz_field(request, "Content-Type", "application/json");
    REQUIRE(was_path_parse(routes[route].target, "", &request->path, pool) == NULL);
    fuzz_set_body(request, text, size - 1);
    if (routes[route].need == WAS_NEED_DOCUMENT ||
        (routes[route].need == WAS_NEED_DOCUMENT_OR_NOTHING && size > 1)) {
        error = fuzz_parse_document(request);
    }
    if (error == NULL && (routes[route].handle == pws_spaces_post ||
                          (routes[route].handle == pws_space_put && !state.exists))) {
        error = pws_space_read_creation(request, &creation);
        state.creation = &creation;
    }
    if (error == NULL) {
        error = routes[route].handle(request, &response);
    }
    if (error == NULL) {
        REQUIRE(fuzz_store_was_written());
        REQUIRE(routes[route].handle == classic_spaces_post ||
                was_json_check_content(text, size - 1, pool) == NULL);
        check_answer(&response, pool);
    }
    else {
        REQUIRE(!fuzz_store_was_written());
        check_refusal(error);
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
