/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_indexed: `indexed` of documents. Owns its form, and how a term is made. Refuses to know where
 * terms go, and what names and values mean: they are blinded.
 */

#include "pws/pws_indexed.h"

#include "base/was_encoding.h"

#include <apr_tables.h>

#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 1024 };

static const char pointer[] = "#/indexed";

void pws_indexed_note(pws_indexed_t *indexed, int depth, const char *name, char first,
                      apr_off_t offset)
{
    if (depth == 1 && first == '[' && strcmp(name, "indexed") == 0) {
        indexed->count += indexed->count < 2;
        indexed->begin = indexed->count == 1 ? offset : indexed->begin;
    }
}

static void keep_byte(pws_indexed_t *indexed, char c, apr_pool_t *pool)
{
    if (indexed->length == PWS_INDEXED_MAX_BYTES) {
        indexed->is_long = true;
        return;
    }
    if (indexed->length == indexed->capacity) {
        apr_size_t capacity = indexed->capacity > 0 ? 2 * indexed->capacity : FIRST_BYTES;
        char *text = apr_palloc(pool, capacity);

        if (indexed->length > 0) {
            memcpy(text, indexed->text, indexed->length);
        }
        indexed->text = text;
        indexed->capacity = capacity;
    }
    indexed->text[indexed->length++] = c;
}

/* Where brackets and strings are; that they are as they must be is the scanner's. */
static void follow_byte(pws_indexed_t *indexed, char c)
{
    if (indexed->is_quoted) {
        indexed->is_quoted = indexed->is_escaped || c != '"';
        indexed->is_escaped = !indexed->is_escaped && c == '\\';
    }
    else if (c == '"') {
        indexed->is_quoted = true;
    }
    else {
        indexed->open += (c == '[' || c == '{') - (c == ']' || c == '}');
    }
}

void pws_indexed_take(pws_indexed_t *indexed, const char *bytes, apr_size_t count, apr_off_t offset,
                      apr_pool_t *pool)
{
    bool is_begun = indexed->length > 0;

    if (indexed->count == 0 || (is_begun && indexed->open == 0)) {
        return;
    }
    for (apr_size_t i = is_begun ? 0 : (apr_size_t)(indexed->begin - offset); i < count; i++) {
        keep_byte(indexed, bytes[i], pool);
        follow_byte(indexed, bytes[i]);
        if (indexed->open == 0) {
            return;
        }
    }
}

pws_index_t pws_index_of(const char *id)
{
    pws_index_t index;

    was_crypto_sha256(id, strlen(id), index.digest);
    return index;
}

/* Digests of digests: all of one length, so that no two lists of texts are the same bytes. */
const char *pws_indexed_term(const pws_index_t *index, const char *name, const char *value,
                             apr_pool_t *pool)
{
    unsigned char parts[3][WAS_SHA256_BYTES], term[1 + WAS_SHA256_BYTES];
    char *hex = apr_palloc(pool, 2 * sizeof(term) + 1);

    memcpy(parts[0], index->digest, sizeof(parts[0]));
    was_crypto_sha256(name, strlen(name), parts[1]);
    if (value != NULL) {
        was_crypto_sha256(value, strlen(value), parts[2]);
    }
    term[0] = value != NULL ? 'v' : 'n';
    was_crypto_sha256(parts, (value != NULL ? 3 : 2) * sizeof(parts[0]), term + 1);
    was_hex_encode(term, sizeof(term), hex);
    return hex;
}

/* Of all entries: the terms so far, in no order. */
typedef struct gathered_t {
    apr_array_header_t *all;
    apr_array_header_t *claims;
    int attributes;
} gathered_t;

static void gather_attribute(gathered_t *gathered, const pws_index_t *index,
                             const json_t *attribute, apr_pool_t *pool)
{
    const json_t *name = json_object_get(attribute, "name");
    const char *value = json_string_value(json_object_get(attribute, "value"));

    if (json_string_length(name) == 0 || value == NULL) {
        return;
    }
    const char *term = pws_indexed_term(index, json_string_value(name), value, pool);

    gathered->attributes++;
    APR_ARRAY_PUSH(gathered->all, const char *) = term;
    APR_ARRAY_PUSH(gathered->all, const char *) =
        pws_indexed_term(index, json_string_value(name), NULL, pool);
    if (json_is_true(json_object_get(attribute, "unique"))) {
        APR_ARRAY_PUSH(gathered->claims, const char *) = term;
    }
}

static const was_error_t *gather_entry(gathered_t *gathered, const json_t *entry, apr_pool_t *pool)
{
    const json_t *id = json_object_get(json_object_get(entry, "hmac"), "id");
    const json_t *attributes = json_object_get(entry, "attributes");

    if (json_string_length(id) == 0) {
        return NULL;
    }
    const pws_index_t index = pws_index_of(json_string_value(id));

    for (apr_size_t i = 0; i < json_array_size(attributes); i++) {
        if (gathered->attributes == PWS_INDEXED_MAX_ATTRIBUTES) {
            return was_error_make(pool, WAS_ERROR_TOO_LARGE, pointer,
                                  "a document is indexed by at most %d attributes",
                                  PWS_INDEXED_MAX_ATTRIBUTES);
        }
        gather_attribute(gathered, &index, json_array_get(attributes, i), pool);
    }
    return NULL;
}

static int compare_texts(const void *one, const void *two)
{
    return strcmp(*(const char *const *)one, *(const char *const *)two);
}

/* Sorts, and leaves each once; yields how many. */
static int sort_once(apr_array_header_t *texts)
{
    const char **list = (const char **)texts->elts;
    int count = 0;

    qsort(list, (apr_size_t)texts->nelts, sizeof(*list), compare_texts);
    for (int i = 0; i < texts->nelts; i++) {
        if (count == 0 || strcmp(list[count - 1], list[i]) != 0) {
            list[count++] = list[i];
        }
    }
    return count;
}

static const was_error_t *parse_indexed(const pws_indexed_t *indexed, json_t **list,
                                        apr_pool_t *pool)
{
    if (indexed->count > 1) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, pointer,
                              "a document has one \"indexed\"");
    }
    if (indexed->is_long) {
        return was_error_make(pool, WAS_ERROR_TOO_LARGE, pointer,
                              "\"indexed\" has at most %d bytes", PWS_INDEXED_MAX_BYTES);
    }
    const was_error_t *error = was_json_parse(indexed->text, indexed->length, list, pool);

    if (error == NULL || error->kind != WAS_ERROR_INVALID_BODY) {
        return error;
    }
    return was_error_make(pool, WAS_ERROR_INVALID_BODY, pointer,
                          "\"indexed\" has no name twice, no NUL and no number beyond 64 bits, is "
                          "%d deep at most, and of at most %d arrays and objects",
                          WAS_JSON_MAX_DEPTH, WAS_JSON_MAX_CONTAINERS);
}

const was_error_t *pws_indexed_end(const pws_indexed_t *indexed, was_pws_terms_t *terms,
                                   apr_pool_t *pool)
{
    json_t *list;
    gathered_t gathered = {.attributes = 0};

    *terms = (was_pws_terms_t){.count = 0};
    if (indexed->count == 0) {
        return NULL;
    }
    WAS_TRY(parse_indexed(indexed, &list, pool));
    gathered.all = apr_array_make(pool, 16, sizeof(const char *));
    gathered.claims = apr_array_make(pool, 16, sizeof(const char *));
    for (apr_size_t i = 0; i < json_array_size(list); i++) {
        WAS_TRY(gather_entry(&gathered, json_array_get(list, i), pool));
    }
    *terms = (was_pws_terms_t){.all = (const char *const *)gathered.all->elts,
                               .count = sort_once(gathered.all),
                               .claims = (const char *const *)gathered.claims->elts,
                               .nclaims = sort_once(gathered.claims)};
    return NULL;
}
