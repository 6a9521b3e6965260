/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * What a document says of itself to be found: the input is a document, which comes in pieces of any
 * length. What is made of it does not depend on them, and is what a tree of the whole says.
 */
#include "fuzz.h"

#include "pws/pws_envelope.h"
#include "pws/pws_indexed.h"

#include <stdlib.h>

static const was_error_t *inspect_pieces(const char *text, size_t length, size_t piece,
                                         was_pws_terms_t *terms, apr_pool_t *pool)
{
    pws_inspection_t *inspection = pws_inspection_make(pool);
    bool is_envelope;

    for (size_t at = 0; at < length; at += piece) {
        size_t count = piece < length - at ? piece : length - at;
        char *copy = malloc(count);

        REQUIRE(copy != NULL);
        memcpy(copy, text + at, count);
        pws_inspection_feed(inspection, copy, count);
        free(copy);
    }
    return pws_inspection_end(inspection, &is_envelope, terms, pool);
}

static void check_terms(const was_pws_terms_t *terms)
{
    const char *const *lists[] = {terms->all, terms->claims};
    const int counts[] = {terms->count, terms->nclaims};

    for (int i = 0; i < 2; i++) {
        for (int n = 0; n < counts[i]; n++) {
            REQUIRE(strlen(lists[i][n]) == 2 + 2 * WAS_SHA256_BYTES);
            REQUIRE(n == 0 || strcmp(lists[i][n - 1], lists[i][n]) < 0);
        }
    }
}

static bool has_term(const char *const *list, int count, const char *term)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(list[i], term) == 0) {
            return true;
        }
    }
    return false;
}

/* Every attribute of the form has its terms; yields how many attributes there are. */
static int check_tree(const json_t *list, const was_pws_terms_t *terms, apr_pool_t *pool)
{
    int attributes = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const json_t *own = json_object_get(entry, "attributes");
        const char *id = json_string_value(json_object_get(json_object_get(entry, "hmac"), "id"));

        for (size_t n = 0; id != NULL && *id != '\0' && n < json_array_size(own); n++) {
            const json_t *attribute = json_array_get(own, n);
            const char *name = json_string_value(json_object_get(attribute, "name"));
            const char *value = json_string_value(json_object_get(attribute, "value"));

            if (name == NULL || *name == '\0' || value == NULL) {
                continue;
            }
            const pws_index_t index = pws_index_of(id);
            const char *term = pws_indexed_term(&index, name, value, pool);

            attributes++;
            REQUIRE(has_term(terms->all, terms->count, term));
            REQUIRE(has_term(terms->all, terms->count, pws_indexed_term(&index, name, NULL, pool)));
            REQUIRE(!json_is_true(json_object_get(attribute, "unique")) ||
                    has_term(terms->claims, terms->nclaims, term));
        }
    }
    return attributes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size);
    was_pws_terms_t whole = {.count = 0}, pieces = {.count = 0};
    const was_error_t *error = inspect_pieces(text, size, size + 1, &whole, pool);
    const was_error_t *other = inspect_pieces(text, size, 1 + size % 7, &pieces, pool);
    json_t *tree = NULL;

    REQUIRE((error == NULL) == (other == NULL));
    if (error == NULL) {
        check_terms(&whole);
        REQUIRE(whole.count == pieces.count && whole.nclaims == pieces.nclaims);
        for (int i = 0; i < whole.count; i++) {
            REQUIRE(strcmp(whole.all[i], pieces.all[i]) == 0);
        }
        if (was_json_parse(text, size, &tree, pool) == NULL) {
            int attributes = check_tree(json_object_get(tree, "indexed"), &whole, pool);

            REQUIRE(whole.count <= 2 * attributes && whole.nclaims <= attributes);
        }
    }
    else {
        REQUIRE(error->kind == other->kind);
        REQUIRE(error->kind == WAS_ERROR_INVALID_BODY || error->kind == WAS_ERROR_TOO_LARGE);
        fuzz_check_error(error, error->kind);
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
