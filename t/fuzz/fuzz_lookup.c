/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * The query by a blinded index: the input is how much the store finds, and the query. The store is
 * asked for groups of terms, of which none is empty; whoever is answered gets a JSON text with
 * every document that was found.
 */
#include "store.h"

#include "pws/pws.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "pws/pws_lookup.h"
#include "store/pws/was_pws_terms.h"

enum { TERM_DIGITS = 2 + 2 * WAS_SHA256_BYTES, ALL = 3 };

static int found_count;
static bool finds_long;

static void check_lookup(const was_pws_lookup_t *lookup)
{
    int end = 0;

    for (int i = 0; i < lookup->ngroups; i++) {
        REQUIRE(atoi(lookup->ends[i]) > end);
        end = atoi(lookup->ends[i]);
    }
    REQUIRE(end == lookup->nterms && end <= PWS_LOOKUP_MAX_TERMS);
    REQUIRE(lookup->ngroups <= PWS_LOOKUP_MAX_GROUPS);
    for (int i = 0; i < lookup->nterms; i++) {
        REQUIRE(strlen(lookup->terms[i]) == TERM_DIGITS);
    }
    REQUIRE(lookup->page.limit >= 1 && lookup->page.limit <= PWS_PAGE_MAX);
    REQUIRE(strlen(lookup->page.after) <= PWS_ID_MAX_BYTES);
    REQUIRE(strcmp(lookup->space, "s") == 0 && strcmp(lookup->collection, "c") == 0);
}

const was_error_t *was_pws_terms_find(was_db_t *db, const was_pws_lookup_t *lookup,
                                      was_pws_found_t *found, apr_pool_t *pool)
{
    static const char *const ids[ALL] = {"a", "\"", "\xc3\xa4"};
    static const was_resource_t resources[ALL] = {
        {.piece = " {\"n\":1e-999} ", .size = 14}, {.piece = "[]", .size = 2}, {.piece = "{}"}};
    static const was_resource_t long_one = {.size = 4};

    REQUIRE(db == NULL && pool != NULL);
    check_lookup(lookup);
    *found = (was_pws_found_t){.found = {.count = found_count, .more = found_count == ALL},
                               .ids = ids,
                               .resources = finds_long ? &long_one : resources};
    return NULL;
}

const was_error_t *was_pws_terms_count(was_db_t *db, const was_pws_lookup_t *lookup,
                                       apr_int64_t *count, apr_pool_t *pool)
{
    REQUIRE(db == NULL && pool != NULL);
    check_lookup(lookup);
    *count = found_count;
    return NULL;
}

const was_error_t *was_content_read(was_db_t *db, const was_resource_t *resource,
                                    apr_int64_t offset, apr_size_t length, was_read_t *read,
                                    apr_pool_t *pool)
{
    REQUIRE(db == NULL && pool != NULL && offset + (apr_int64_t)length == resource->size);
    *read = (was_read_t){.npieces = 1, .count = 2};
    read->pieces[0].bytes = "[]";
    read->pieces[0].count = 2;
    return NULL;
}

static void check_page(const was_response_t *response, apr_pool_t *pool)
{
    json_t *page = NULL;

    if (response->produce != NULL) {
        REQUIRE(finds_long && response->text == NULL);
        REQUIRE(response->produce((was_stream_t *)response->baton, response->baton) == NULL);
        return;
    }
    REQUIRE(response->text != NULL && response->type != NULL);
    REQUIRE(was_json_parse_object(response->text, strlen(response->text), &page, pool) == NULL);
    if (json_object_get(page, "count") != NULL) {
        REQUIRE(json_object_size(page) == 1);
        return;
    }
    REQUIRE((int)json_array_size(json_object_get(page, "documents")) == found_count);
    REQUIRE(json_is_true(json_object_get(page, "hasMore")) ==
            (json_object_get(page, "cursor") != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const was_protocol_t protocol = {.name = "fuzz"};
    apr_pool_t *pool = fuzz_pool();
    was_request_t *request = fuzz_request(&protocol, pool);
    pws_state_t state = {.exists = true, .verified = true};
    was_response_t response = {.answer = WAS_ANSWER_OK};

    if (size < 1 || size > WAS_DOCUMENT_MAX_BYTES) {
        return 0;
    }
    char *text = fuzz_text(data + 1, size - 1);

    finds_long = (data[0] & 4) != 0;
    found_count = finds_long ? 1 : data[0] % (ALL + 1);
    request->state = &state;
    REQUIRE(was_path_parse("/space/s/c/query", "", &request->path, pool) == NULL);
    fuzz_set_body(request, text, size - 1);
    const was_error_t *error = fuzz_parse_document(request);

    error = error != NULL ? error : pws_lookup_post(request, &response);
    if (error == NULL) {
        check_page(&response, pool);
    }
    else {
        REQUIRE(error->kind == WAS_ERROR_INVALID_BODY || error->kind == WAS_ERROR_INVALID_CURSOR);
        fuzz_check_error(error, error->kind);
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
