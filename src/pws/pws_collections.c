/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Collections (section 11). Owns the documents that describe them, and what a client may say of
 * one. Refuses to know who may.
 */

#include "pws/pws.h"
#include "auth/was_did.h"
#include "auth/was_jcs.h"
#include "base/was_origin.h"

#include <apr_strings.h>

#include <string.h>

static json_t *describe(const was_request_t *request, const was_collection_t *collection)
{
    json_t *document = json_pack("{s:s, s:[s]}", "id", collection->id, "type", "Collection");

    pws_set_string(document, "name", collection->name);
    json_object_set_new(
        document, "backend",
        json_pack("{s:s}", "id", collection->backend != NULL ? collection->backend : "default"));
    pws_set_json(document, "encryption", collection->encryption);
    pws_set_json(document, "plaintext", collection->plaintext);
    pws_set_string(document, "generator", collection->generator);
    pws_set_string(document, "generatorOrigin", collection->generator_origin);
    pws_set_json(document, "custom", collection->custom);
    pws_set_string(document, "epoch", collection->epoch);
    pws_set_string(document, "createdBy", collection->created_by);
    pws_set_string(document, "url",
                   pws_path(request, "/space/%s/%s/", pws_segment(request, 1), collection->id));
    return document;
}

const was_error_t *pws_collection_get(was_request_t *request, was_response_t *response)
{
    const char *space = pws_segment(request, 1), *id = pws_segment(request, 2);
    was_collection_t collection;
    json_t *document;

    WAS_TRY(was_collections_get(request->db, space, id, &collection, request->pool));
    document = describe(request, &collection);
    json_object_set_new(document, "createdAt", pws_time(collection.created, request->pool));
    json_object_set_new(document, "updatedAt", pws_time(collection.updated, request->pool));
    pws_set_string(document, "linkset", pws_path(request, "/space/%s/%s/linkset", space, id));
    pws_answer_json(request, response, document);
    response->etag = collection.etag;
    response->modified = collection.modified;
    return NULL;
}

static const was_error_t *bad_member(apr_pool_t *pool, const char *name, const char *what)
{
    return was_error_make(pool, WAS_ERROR_INVALID_BODY, apr_pstrcat(pool, "#/", name, NULL),
                          "\"%s\" must be %s", name, what);
}

/* The server's own backend, or one that was registered. */
static const was_error_t *read_backend(const was_request_t *request, const json_t *body,
                                       const char **backend)
{
    const json_t *member = json_object_get(body, "backend");
    const char *id = json_string_value(json_object_get(member, "id"));
    const char *descriptor;
    const was_error_t *error;

    if (member == NULL) {
        return NULL;
    }
    if (id == NULL) {
        return bad_member(request->pool, "backend", "an object with a string \"id\"");
    }
    *backend = id;
    if (strcmp(id, "default") == 0) {
        return NULL;
    }
    error = was_backends_get(request->db, pws_segment(request, 1), id, &descriptor, request->pool);
    if (error != NULL && error->kind == WAS_ERROR_NOT_FOUND) {
        return was_error_make(request->pool, WAS_ERROR_UNKNOWN_BACKEND, "#/backend",
                              "there is no backend of this id");
    }
    return error;
}

/* Section 14.1: kept and echoed; canonical, so that a repetition can be told from a change. */
static const was_error_t *read_encryption(const json_t *body, was_collection_t *collection,
                                          apr_pool_t *pool)
{
    const json_t *encryption = json_object_get(body, "encryption");
    const json_t *scheme = json_object_get(encryption, "scheme");
    const json_t *version = json_object_get(encryption, "version");
    apr_size_t length;

    if (encryption == NULL) {
        return NULL;
    }
    if (!json_is_string(scheme) || json_string_length(scheme) == 0 ||
        (version != NULL && (!json_is_integer(version) || json_integer_value(version) < 1))) {
        return bad_member(pool, "encryption", "an object with a scheme and a whole version");
    }
    if (collection->plaintext != NULL) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/encryption",
                              "a collection is encrypted or declares plaintext, not both");
    }
    if (strcmp(json_string_value(scheme), "edv") != 0 ||
        (version != NULL && json_integer_value(version) != 1)) {
        return was_error_make(pool, WAS_ERROR_UNSUPPORTED_SCHEME, "#/encryption",
                              "this server knows the scheme edv, version 1");
    }
    return was_jcs_text(encryption, &collection->encryption, &length, pool);
}

static const was_error_t *read_generator(const json_t *body, was_collection_t *collection,
                                         apr_pool_t *pool)
{
    const char *origin;

    WAS_TRY(was_json_string(body, "generator", WAS_DID_MAX_BYTES, &collection->generator, pool));
    if (collection->generator != NULL && !was_did_valid(collection->generator)) {
        return bad_member(pool, "generator", "a DID");
    }
    WAS_TRY(was_json_string(body, "generatorOrigin", 512, &origin, pool));
    collection->generator_origin = origin;
    if (origin != NULL && !was_origin_valid(origin)) {
        return bad_member(pool, "generatorOrigin", "an origin: https://host[:port]");
    }
    return NULL;
}

static bool holds(const json_t *array, const char *text)
{
    const json_t *item;
    apr_size_t i;

    json_array_foreach((json_t *)array, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), text) == 0) {
            return true;
        }
    }
    return false;
}

/* Section 11.1: what a client writes. */
static const was_error_t *read_collection(const was_request_t *request, const json_t *body,
                                          was_collection_t *collection)
{
    apr_pool_t *pool = request->pool;
    const json_t *plaintext = json_object_get(body, "plaintext");
    const json_t *type = json_object_get(body, "type");
    bool is_envelope;

    if (type != NULL && !holds(type, "Collection")) {
        return bad_member(pool, "type", "an array that holds \"Collection\"");
    }
    WAS_TRY(was_json_string(body, "name", PWS_NAME_MAX_BYTES, &collection->name, pool));
    WAS_TRY(was_json_string(body, "epoch", PWS_NAME_MAX_BYTES, &collection->epoch, pool));
    if (plaintext != NULL) {
        if (!json_is_object(plaintext)) {
            return bad_member(pool, "plaintext", "an object");
        }
        /* What it would promise about unique values is not served. */
        return was_error_make(pool, WAS_ERROR_NOT_IMPLEMENTED, "#/plaintext",
                              "this server does not offer plaintext declarations");
    }
    WAS_TRY(read_encryption(body, collection, pool));
    WAS_TRY(read_generator(body, collection, pool));
    WAS_TRY(pws_read_custom(body, &collection->custom, &is_envelope, pool));
    if (collection->encryption != NULL && !is_envelope) {
        return was_error_make(pool, WAS_ERROR_NOT_ENCRYPTED, "#/custom",
                              "this collection takes encrypted envelopes only");
    }
    return read_backend(request, body, &collection->backend);
}

static const was_error_t *check_reserved(const char *id, apr_pool_t *pool)
{
    if (pws_is_reserved_collection(id)) {
        return was_error_make(pool, WAS_ERROR_RESERVED_ID, "#/id",
                              "this id means something else in a URL");
    }
    return NULL;
}

static void created(was_request_t *request, was_response_t *response, was_collection_t *collection)
{
    collection->created_by = request->caller;
    pws_answer_json(request, response, describe(request, collection));
    response->answer = WAS_ANSWER_CREATED;
    response->location = pws_url(request, "/space/%s/%s/", pws_segment(request, 1), collection->id);
}

const was_error_t *pws_collections_post(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);
    was_collection_t collection = {0};
    const json_t *id;
    json_t *body;

    WAS_TRY(pws_read_object(request, &body));
    id = json_object_get(body, "id");
    if (id != NULL) {
        collection.id = json_is_string(id) ? json_string_value(id) : "";
    }
    else {
        collection.id = was_crypto_uuid(request->pool);
    }
    WAS_TRY(pws_check_id(collection.id, request->pool));
    WAS_TRY(check_reserved(collection.id, request->pool));
    WAS_TRY(read_collection(request, body, &collection));
    WAS_TRY(
        was_collections_create(request->db, &grant, &collection, &response->etag, request->pool));
    created(request, response, &collection);
    return NULL;
}

const was_error_t *pws_collection_put(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);
    was_collection_t collection = {.id = pws_segment(request, 2)};
    const json_t *id;
    json_t *body;
    bool is_new;

    WAS_TRY(pws_read_object(request, &body));
    id = json_object_get(body, "id");
    if (id != NULL && (!json_is_string(id) || strcmp(json_string_value(id), collection.id) != 0)) {
        return bad_member(request->pool, "id", "the one in the URL");
    }
    WAS_TRY(check_reserved(collection.id, request->pool));
    WAS_TRY(read_collection(request, body, &collection));
    WAS_TRY(was_collections_put(request->db, &grant, &collection, &request->conditions, &is_new,
                                &response->etag, request->pool));
    if (is_new) {
        created(request, response, &collection);
    }
    else {
        response->answer = WAS_ANSWER_NO_CONTENT;
    }
    return NULL;
}

const was_error_t *pws_collection_delete(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);

    WAS_TRY(was_collections_delete(request->db, &grant, pws_segment(request, 2), request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}

const was_error_t *pws_collections_get(was_request_t *request, was_response_t *response)
{
    const char *space = pws_segment(request, 1);
    const char *path = pws_path(request, "/space/%s/", space);
    json_t *items;
    const was_collection_t *list;
    int count, shown, i;
    pws_page_t page;
    json_t *document;

    WAS_TRY(pws_read_page(request, &page));
    WAS_TRY(was_collections_list(request->db, space, page.after, page.limit + 1, &list, &count,
                                 request->pool));
    items = json_array();
    shown = count > page.limit ? page.limit : count;
    for (i = 0; i < shown; i++) {
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:s}", "id", list[i].id, "name",
                                        list[i].name != NULL ? list[i].name : list[i].id, "url",
                                        pws_path(request, "/space/%s/%s/", space, list[i].id)));
    }
    document = json_pack("{s:s, s:i, s:o}", "url", path, "totalItems", shown, "items", items);
    if (count > shown) {
        pws_set_string(document, "next", pws_next_page(request, &page, path, list[shown - 1].id));
    }
    pws_answer_json(request, response, document);
    return NULL;
}
