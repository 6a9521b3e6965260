/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_collections: collections (section 11). Owns the documents that describe them, and what a
 * client may say of one. Refuses to know who may.
 */

#include "pws/pws.h"

#include "pws/pws_descriptors.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "store/pws/was_pws_backends.h"
#include "store/pws/was_pws_collections.h"

#include <apr_strings.h>

#include <string.h>

/* What a collection says of its encryption; and where the log is that says it, if one does. */
static const char *text_of_encryption(const was_request_t *request,
                                      const was_pws_collection_t *collection)
{
    if (collection->history == NULL || collection->encryption == NULL) {
        return collection->encryption;
    }
    was_document_t *history = was_document_make(request->pool);
    json_t *root = was_document_root(history);
    int length = (int)strlen(collection->encryption) - 1;

    was_document_text(history, root, "method", collection->history);
    was_document_text(
        history, root, "resource",
        pws_url(request, "/space/%s/%s/meta/log", pws_segment(request, 1), collection->id));
    const char *text = was_json_text(was_document_finish(history), NULL, request->pool);

    return apr_psprintf(request->pool, "%.*s,\"history\":%s}", length, collection->encryption,
                        text != NULL ? text : "");
}

/* All of a collection; the older revision shows less of one that was just made, and no more of a
 * stamp than its time. */
static was_document_t *describe_collection(const was_request_t *request,
                                           const was_pws_collection_t *collection, bool is_new)
{
    const char *space = pws_segment(request, 1);
    was_document_t *document = was_document_make(request->pool);
    json_t *root = was_document_root(document);

    was_document_text(document, root, "id", collection->id);
    was_document_add_text(document, was_document_list(document, root, "type"), "Collection");
    was_document_text(document, root, "name", collection->name);
    was_document_text(document, was_document_object(document, root, "backend"), "id",
                      collection->backend != NULL ? collection->backend : "default");
    was_document_verbatim(document, "encryption", text_of_encryption(request, collection));
    was_document_verbatim(document, "plaintext", collection->plaintext);
    if (collection->generator != NULL && *collection->generator == '{') {
        was_document_verbatim(document, "generator", collection->generator);
    }
    else {
        was_document_text(document, root, "generator", collection->generator);
    }
    was_document_text(document, root, "generatorOrigin", collection->generator_origin);
    was_document_verbatim(document, "revisions", collection->revisions);
    was_document_json(document, root, "custom", collection->custom);
    was_document_text(document, root, "epoch", collection->epoch);
    was_document_text(document, root, "createdBy", collection->created_by);
    was_document_text(document, root, "url",
                      pws_path(request, "/space/%s/%s/", space, collection->id));
    if (is_new && pws_is_september(request)) {
        return document;
    }
    was_document_text(document, root, "linkset",
                      pws_path(request, "/space/%s/%s/linkset", space, collection->id));
    pws_document_time(document, root, "createdAt", collection->created.time, request->pool);
    if (pws_is_september(request)) {
        pws_document_time(document, root, "updatedAt", collection->stamp.time, request->pool);
    }
    else {
        pws_document_stamp(document, was_document_object(document, root, "created"),
                           &collection->created, request->pool);
        pws_document_stamp(document, root, &collection->stamp, request->pool);
    }
    return document;
}

const was_error_t *pws_collection_get(was_request_t *request, was_response_t *response)
{
    was_pws_collection_t collection;

    WAS_TRY(was_pws_collections_get(request->db, pws_segment(request, 1), pws_segment(request, 2),
                                    &collection, request->pool));
    pws_answer_document(response, describe_collection(request, &collection, false));
    response->etag = collection.etag;
    response->modified = apr_time_sec(collection.stamp.time);
    return NULL;
}

/* The server's own backend, or one that was registered. */
static const was_error_t *read_backend(const was_request_t *request, const char **backend)
{
    const json_t *member = json_object_get(request->document, "backend");
    const char *id = json_string_value(json_object_get(member, "id"));
    const char *descriptor;

    if (member == NULL) {
        return NULL;
    }
    if (id == NULL) {
        return pws_bad_member(request->pool, "backend", "an object with a string \"id\"");
    }
    *backend = id;
    if (strcmp(id, "default") == 0) {
        return NULL;
    }
    const was_error_t *error =
        was_pws_backends_get(request->db, pws_segment(request, 1), id, &descriptor, request->pool);

    if (error != NULL && error->kind == WAS_ERROR_NOT_FOUND) {
        return was_error_make(request->pool, WAS_ERROR_UNKNOWN_BACKEND, "#/backend",
                              "there is no backend of this id");
    }
    return error;
}

/* Section 11.1: what a client writes. */
const was_error_t *pws_collection_read(const was_request_t *request,
                                       was_pws_collection_t *collection)
{
    apr_pool_t *pool = request->pool;
    const json_t *body = request->document;
    const json_t *type = json_object_get(body, "type");

    if (type != NULL && !pws_list_holds(type, "Collection")) {
        return pws_bad_member(pool, "type", "an array that holds \"Collection\"");
    }
    WAS_TRY(was_json_string(body, "name", PWS_NAME_MAX_BYTES, &collection->name, pool));
    WAS_TRY(was_json_string(body, "epoch", PWS_NAME_MAX_BYTES, &collection->epoch, pool));
    WAS_TRY(pws_read_encryption(request, &collection->encryption));
    WAS_TRY(pws_read_plaintext(request, &collection->plaintext));
    WAS_TRY(pws_read_revisions(request, &collection->revisions));
    WAS_TRY(pws_read_generator(request, &collection->generator, &collection->generator_origin));
    WAS_TRY(pws_read_custom(body, &collection->custom, &collection->is_sealed, pool));
    if (collection->encryption != NULL && !collection->is_sealed) {
        return was_error_make(pool, WAS_ERROR_NOT_ENCRYPTED, "#/custom",
                              "this collection takes encrypted envelopes only");
    }
    return read_backend(request, &collection->backend);
}

static const was_error_t *check_reserved(const char *id, apr_pool_t *pool)
{
    if (pws_is_reserved_collection(id)) {
        return was_error_make(pool, WAS_ERROR_RESERVED_ID, "#/id",
                              "this id means something else in a URL");
    }
    return NULL;
}

static void answer_collection(was_request_t *request, was_response_t *response,
                              const was_pws_collection_t *collection)
{
    pws_answer_document(response, describe_collection(request, collection, true));
    response->etag = collection->etag;
    response->answer = WAS_ANSWER_CREATED;
    response->location = pws_url(request, "/space/%s/%s/", pws_segment(request, 1), collection->id);
}

const was_error_t *pws_collections_post(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    was_pws_collection_t collection = {.id = NULL};

    WAS_TRY(pws_read_new_id(request->document, &collection.id, request->pool));
    WAS_TRY(check_reserved(collection.id, request->pool));
    WAS_TRY(pws_collection_read(request, &collection));
    WAS_TRY(was_pws_collections_create(request->db, &grant, &collection, request->pool));
    answer_collection(request, response, &collection);
    return NULL;
}

const was_error_t *pws_collection_put(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    was_pws_collection_t collection = {
        .id = pws_segment(request, 2),
        .forgets_generator = was_config_revision(request->config) < WAS_REVISION_2026_10,
    };
    bool is_new;

    WAS_TRY(pws_check_same_id(request->document, collection.id, request->pool));
    WAS_TRY(check_reserved(collection.id, request->pool));
    WAS_TRY(pws_collection_read(request, &collection));
    WAS_TRY(was_pws_collections_put(request->db, &grant, &collection, &request->conditions, &is_new,
                                    request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    response->etag = collection.etag;
    if (is_new) {
        answer_collection(request, response, &collection);
    }
    return NULL;
}

const was_error_t *pws_collection_delete(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);

    response->answer = WAS_ANSWER_NO_CONTENT;
    return was_pws_collections_delete(request->db, &grant, pws_segment(request, 2),
                                      pws_is_september(request), request->pool);
}

static void add_collection(const was_request_t *request, was_document_t *document, json_t *item,
                           const void *entries, int index)
{
    const was_pws_collection_t *collection = &((const was_pws_collection_t *)entries)[index];

    was_document_text(document, item, "id", collection->id);
    was_document_text(document, item, "url",
                      pws_path(request, "/space/%s/%s/", pws_segment(request, 1), collection->id));
    if (collection->is_deleted) {
        was_document_json(document, item, "deleted", "true");
        pws_document_stamp(document, item, &collection->stamp, request->pool);
        return;
    }
    was_document_text(document, item, "name",
                      collection->name != NULL ? collection->name : collection->id);
}

static const char *id_of_collection(const void *entries, int index)
{
    return ((const was_pws_collection_t *)entries)[index].id;
}

const was_error_t *pws_collections_get(was_request_t *request, was_response_t *response)
{
    const char *space = pws_segment(request, 1);
    pws_listing_t listing = {.path = pws_path(request, "/space/%s/", space),
                             .add = add_collection,
                             .id = id_of_collection};
    const was_pws_collection_t *collections;
    was_page_t page;

    WAS_TRY(pws_read_page(request, listing.path, &page));
    page.only_public = pws_state(request)->is_public;
    page.with_deleted = !page.only_public && pws_includes(request, "deleted");
    WAS_TRY(was_pws_collections_list(request->db, space, &page, &collections, &listing.found,
                                     request->pool));
    listing.entries = collections;
    pws_answer_listing(request, response, was_document_make(request->pool), &page, &listing);
    return NULL;
}
