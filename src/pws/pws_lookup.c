/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_lookup: queries by a blinded index. Owns the form of the query and of its answer. Refuses to
 * know how documents are found, and who may ask.
 */

#include "pws/pws_lookup.h"

#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "pws/pws_indexed.h"
#include "pws/pws_state.h"

#include <apr_strings.h>

#include <string.h>

/* What stands between two documents of an answer. */
enum { BETWEEN_BYTES = 1 };

typedef struct query_t {
    was_request_t *request;
    pws_index_t index;
    apr_array_header_t *terms; /* of texts, as `ends` */
    apr_array_header_t *ends;
    was_pws_lookup_t lookup;
    was_pws_found_t found;
} query_t;

static void begin_group(query_t *query)
{
    APR_ARRAY_PUSH(query->ends, const char *) = "0";
}

static void add_term(query_t *query, const char *name, const char *value)
{
    apr_pool_t *pool = query->request->pool;

    APR_ARRAY_PUSH(query->terms, const char *) = pws_indexed_term(&query->index, name, value, pool);
    APR_ARRAY_IDX(query->ends, query->ends->nelts - 1, const char *) =
        apr_itoa(pool, query->terms->nelts);
}

static const was_error_t *too_many(apr_pool_t *pool, const char *member)
{
    return pws_bad_member(pool, member, "of at most 64 elements and 256 names");
}

/* An object of strings, of which all are to be had; an empty one matches nothing. */
static const was_error_t *read_group(query_t *query, const json_t *element)
{
    apr_pool_t *pool = query->request->pool;
    const char *name;
    json_t *value;

    if (!json_is_object(element)) {
        return pws_bad_member(pool, "equals", "a list of objects, whose members are strings");
    }
    if (json_object_size(element) == 0) {
        return NULL;
    }
    begin_group(query);
    json_object_foreach((json_t *)element, name, value)
    {
        if (!json_is_string(value)) {
            return pws_bad_member(pool, "equals", "a list of objects, whose members are strings");
        }
        add_term(query, name, json_string_value(value));
    }
    return NULL;
}

static const was_error_t *read_equals(query_t *query, const json_t *equals)
{
    const apr_size_t count = json_array_size(equals);

    if (count == 0) {
        return pws_bad_member(query->request->pool, "equals", "a list that is not empty");
    }
    for (apr_size_t i = 0; i < count; i++) {
        WAS_TRY(read_group(query, json_array_get(equals, i)));
        if (query->ends->nelts > PWS_LOOKUP_MAX_GROUPS ||
            query->terms->nelts > PWS_LOOKUP_MAX_TERMS) {
            return too_many(query->request->pool, "equals");
        }
    }
    return NULL;
}

static const was_error_t *read_has(query_t *query, const json_t *has)
{
    const apr_size_t count = json_array_size(has);

    if (count == 0) {
        return pws_bad_member(query->request->pool, "has", "a list that is not empty");
    }
    if (count > PWS_LOOKUP_MAX_TERMS) {
        return too_many(query->request->pool, "has");
    }
    begin_group(query);
    for (apr_size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(has, i));

        if (name == NULL) {
            return pws_bad_member(query->request->pool, "has", "a list of strings");
        }
        add_term(query, name, NULL);
    }
    return NULL;
}

/* One of the two, in terms of the index. */
static const was_error_t *read_clause(query_t *query)
{
    const json_t *body = query->request->document;
    const json_t *index = json_object_get(body, "index");
    const json_t *equals = json_object_get(body, "equals"), *has = json_object_get(body, "has");
    apr_pool_t *pool = query->request->pool;

    if (json_string_length(index) == 0) {
        return pws_bad_member(pool, "index", "a string that is not empty");
    }
    if ((equals != NULL) == (has != NULL)) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, equals != NULL ? "#/has" : "#/equals",
                              "a query has one of \"equals\" and \"has\"");
    }
    query->index = pws_index_of(json_string_value(index));
    query->terms = apr_array_make(pool, 8, sizeof(const char *));
    query->ends = apr_array_make(pool, 8, sizeof(const char *));
    return equals != NULL ? read_equals(query, equals) : read_has(query, has);
}

/* All that is asked for. */
static const was_error_t *read_query(query_t *query, bool *counts)
{
    const was_request_t *request = query->request;
    const json_t *count = json_object_get(request->document, "count");
    const json_t *cursor = json_object_get(request->document, "cursor");
    was_page_t page = {.after = "",
                       .limit = pws_limit_of_member(json_object_get(request->document, "limit")),
                       .extra = BETWEEN_BYTES,
                       .only_public = pws_state(request)->is_public};

    WAS_TRY(read_clause(query));
    if (count != NULL && !json_is_boolean(count)) {
        return pws_bad_member(request->pool, "count", "true or false");
    }
    *counts = json_is_true(count);
    if (cursor != NULL) {
        const char *text = json_string_value(cursor);

        WAS_TRY(pws_read_cursor(text != NULL ? text : "!", &page.after, request->pool));
    }
    query->lookup = (was_pws_lookup_t){.space = pws_segment(request, 1),
                                       .collection = pws_segment(request, 2),
                                       .terms = (const char *const *)query->terms->elts,
                                       .nterms = query->terms->nelts,
                                       .ends = (const char *const *)query->ends->elts,
                                       .ngroups = query->ends->nelts,
                                       .page = page};
    return NULL;
}

/* What an answer has behind its documents. */
static const char *end_of_page(const query_t *query)
{
    const was_pws_found_t *found = &query->found;
    apr_pool_t *pool = query->request->pool;

    if (!found->found.more) {
        return "],\"hasMore\":false}";
    }
    return apr_pstrcat(pool, "],\"hasMore\":true,\"cursor\":\"",
                       pws_cursor_text(found->ids[found->found.count - 1], pool), "\"}", NULL);
}

static const char begin_of_page[] = "{\"documents\":[";

/* The one document of its page, as much of it at a time as an exchange brings. */
static const was_error_t *produce_long(was_stream_t *stream, void *baton)
{
    const query_t *query = baton;
    const was_resource_t *resource = &query->found.resources[0];
    const char *end = end_of_page(query);
    apr_pool_t *scratch;
    const was_error_t *error = was_stream_write(stream, begin_of_page, sizeof(begin_of_page) - 1);

    apr_pool_create(&scratch, query->request->pool);
    for (apr_int64_t at = 0; at < resource->size && error == NULL;) {
        was_read_t read;

        apr_pool_clear(scratch);
        error = was_content_read(query->request->db, resource, at,
                                 (apr_size_t)(resource->size - at), &read, scratch);
        for (int i = 0; error == NULL && i < read.npieces; i++) {
            error = was_stream_write(stream, read.pieces[i].bytes, read.pieces[i].count);
            at += (apr_int64_t)read.pieces[i].count;
        }
        if (error != NULL) {
            error = was_error_wrap(query->request->pool, error, "a document that was found");
        }
    }
    apr_pool_destroy(scratch);
    return error != NULL ? error : was_stream_write(stream, end, strlen(end));
}

static void answer_found(const query_t *query, was_response_t *response)
{
    const was_pws_found_t *found = &query->found;
    apr_pool_t *pool = query->request->pool;
    apr_array_header_t *pieces =
        apr_array_make(pool, 2 * found->found.count + 2, sizeof(const char *));

    APR_ARRAY_PUSH(pieces, const char *) = begin_of_page;
    for (int i = 0; i < found->found.count; i++) {
        if (i > 0) {
            APR_ARRAY_PUSH(pieces, const char *) = ",";
        }
        APR_ARRAY_PUSH(pieces, const char *) = found->resources[i].piece;
    }
    APR_ARRAY_PUSH(pieces, const char *) = end_of_page(query);
    pws_answer_text(response, apr_array_pstrcat(pool, pieces, '\0'));
}

static const was_error_t *answer_count(const query_t *query, was_response_t *response)
{
    apr_int64_t count;

    WAS_TRY(was_pws_terms_count(query->request->db, &query->lookup, &count, query->request->pool));
    pws_answer_text(response,
                    apr_psprintf(query->request->pool, "{\"count\":%" APR_INT64_T_FMT "}", count));
    return NULL;
}

const was_error_t *pws_lookup_post(was_request_t *request, was_response_t *response)
{
    query_t *query = apr_pcalloc(request->pool, sizeof(*query));
    bool counts = false;

    query->request = request;
    WAS_TRY(read_query(query, &counts));
    if (counts) {
        return answer_count(query, response);
    }
    WAS_TRY(was_pws_terms_find(request->db, &query->lookup, &query->found, request->pool));
    if (query->found.found.count > 0 && query->found.resources[0].piece == NULL) {
        pws_answer_text(response, NULL);
        response->produce = produce_long;
        response->baton = query;
        return NULL;
    }
    answer_found(query, response);
    return NULL;
}
