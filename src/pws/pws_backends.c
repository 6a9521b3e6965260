/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_backends: backends (section 17.2): the server's own, and places that a client registers for
 * its collections. Nothing here reaches such a place, so its secrets are not needed: they are
 * dropped before anything is stored, and what is stored is what is shown.
 */

#include "pws/pws.h"

#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "store/pws/was_pws_backends.h"
#include "store/pws/was_pws_collections.h"

#include <apr_strings.h>
#include <apr_tables.h>

#include <string.h>

enum { TEXT_MAX_BYTES = 1024, DESCRIPTOR_MAX_BYTES = 8 * 1024 };

static void describe_own(was_document_t *document, json_t *object)
{
    was_document_text(document, object, "id", "default");
    was_document_text(document, object, "name", PWS_OWN_BACKEND);
    was_document_text(document, object, "managedBy", "server");
    was_document_text(document, object, "persistence", "durable");
}

/* What a list shows of a backend: of one whose descriptor cannot be read, that it is there. */
static const was_error_t *shown_in_list(const was_pws_backend_t *backend, const char **text,
                                        apr_pool_t *pool)
{
    *text = backend->descriptor;
    if (pws_check_stored(backend->descriptor, pool) == NULL) {
        return NULL;
    }
    was_document_t *document = was_document_make(pool);

    was_document_text(document, was_document_root(document), "id", backend->id);
    const json_t *alone = was_document_finish(document);

    *text = alone != NULL ? was_json_text(alone, NULL, pool) : NULL;
    return *text != NULL ? NULL : was_error_log(pool, WAS_ERROR_UNAVAILABLE, "no such text");
}

const was_error_t *pws_backends_text(const was_request_t *request, const char *registered,
                                     const char **text)
{
    was_document_t *document = was_document_make(request->pool);

    describe_own(document, was_document_root(document));
    const json_t *own = was_document_finish(document);

    if (own == NULL) {
        return was_error_log(request->pool, WAS_ERROR_UNAVAILABLE, "out of memory for a document");
    }
    *text =
        apr_pstrcat(request->pool, "[", was_json_text(own, NULL, request->pool),
                    registered != NULL ? "," : "", registered != NULL ? registered : "", "]", NULL);
    return NULL;
}

const was_error_t *pws_backends_get(was_request_t *request, was_response_t *response)
{
    const was_pws_backend_t *backends;
    const char *text;
    int count;

    WAS_TRY(was_pws_backends_list(request->db, pws_segment(request, 1), &backends, &count,
                                  request->pool));
    apr_array_header_t *parts = apr_array_make(request->pool, count + 1, sizeof(const char *));

    for (int i = 0; i < count; i++) {
        WAS_TRY(shown_in_list(&backends[i], &APR_ARRAY_PUSH(parts, const char *), request->pool));
    }
    WAS_TRY(pws_backends_text(
        request, count > 0 ? apr_array_pstrcat(request->pool, parts, ',') : NULL, &text));
    pws_answer_text(response, text);
    return NULL;
}

const was_error_t *pws_backend_get(was_request_t *request, was_response_t *response)
{
    const char *space = pws_segment(request, 1), *descriptor;
    was_pws_collection_t collection;

    WAS_TRY(was_pws_collections_get(request->db, space, pws_segment(request, 2), &collection,
                                    request->pool));
    if (collection.backend == NULL) {
        was_document_t *document = was_document_make(request->pool);

        describe_own(document, was_document_root(document));
        pws_answer_document(response, document);
        return NULL;
    }
    WAS_TRY(
        was_pws_backends_get(request->db, space, collection.backend, &descriptor, request->pool));
    WAS_TRY(pws_check_stored(descriptor, request->pool));
    pws_answer_text(response, descriptor);
    return NULL;
}

/* Copies a string member that may be shown; `otherwise` where there is none. */
static const was_error_t *copy_member(const json_t *from, const char *name, const char *otherwise,
                                      was_document_t *document, json_t *to, apr_pool_t *pool)
{
    const char *value;

    WAS_TRY(was_json_string(from, name, TEXT_MAX_BYTES, &value, pool));
    was_document_text(document, to, name, value != NULL ? value : otherwise);
    return NULL;
}

/* What may be shown of a registration, and nothing else. */
static const was_error_t *describe_registration(const was_request_t *request, const char *id,
                                                was_document_t *document)
{
    apr_pool_t *pool = request->pool;
    const json_t *body = request->document;
    const json_t *connection = json_object_get(body, "connection");
    json_t *root = was_document_root(document);

    if (!json_is_object(connection) || !json_is_string(json_object_get(connection, "kind")) ||
        !json_is_string(json_object_get(body, "provider"))) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/connection",
                              "a backend needs a \"provider\" and a \"connection\" with a "
                              "\"kind\"");
    }
    was_document_text(document, root, "id", id);
    was_document_text(document, root, "managedBy", "external");
    json_t *shown = was_document_object(document, root, "connection");

    WAS_TRY(copy_member(body, "name", id, document, root, pool));
    WAS_TRY(copy_member(body, "provider", NULL, document, root, pool));
    WAS_TRY(copy_member(connection, "kind", NULL, document, shown, pool));
    WAS_TRY(copy_member(connection, "scope", NULL, document, shown, pool));
    WAS_TRY(copy_member(connection, "rootFolderName", NULL, document, shown, pool));
    was_document_text(document, shown, "status", "registered");
    pws_document_time(document, shown, "connectedAt", apr_time_from_sec(request->now), pool);
    return NULL;
}

static const was_error_t *check_backend_id(const char *id, apr_pool_t *pool)
{
    WAS_TRY(pws_check_id(id, pool));
    if (strcmp(id, "default") == 0) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/id",
                              "the server's own backend is not a client's to register");
    }
    return NULL;
}

static const was_error_t *put_backend(was_request_t *request, was_response_t *response,
                                      const char *id, bool replace)
{
    const was_grant_t grant = pws_grant(request);
    was_document_t *document = was_document_make(request->pool);
    was_pws_backend_t backend = {.id = id};
    bool created;

    WAS_TRY(check_backend_id(id, request->pool));
    WAS_TRY(describe_registration(request, id, document));
    const json_t *descriptor = was_document_finish(document);

    if (descriptor == NULL) {
        return was_error_log(request->pool, WAS_ERROR_BROKEN, "a descriptor cannot be made");
    }
    apr_size_t length;

    backend.descriptor = was_json_text(descriptor, &length, request->pool);
    if (backend.descriptor == NULL || length > DESCRIPTOR_MAX_BYTES) {
        return was_error_make(request->pool, WAS_ERROR_INVALID_BODY, NULL,
                              "what is shown of a backend has at most %d bytes of JSON",
                              DESCRIPTOR_MAX_BYTES);
    }
    WAS_TRY(was_pws_backends_put(request->db, &grant, replace, &backend, &created, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    if (created) {
        pws_answer_document(response, document);
        response->answer = WAS_ANSWER_CREATED;
        response->location = pws_url(request, "/space/%s/backends/%s", grant.space, id);
    }
    return NULL;
}

const was_error_t *pws_backends_post(was_request_t *request, was_response_t *response)
{
    const char *id = json_string_value(json_object_get(request->document, "id"));

    return put_backend(request, response, id != NULL ? id : "", false);
}

const was_error_t *pws_backend_put(was_request_t *request, was_response_t *response)
{
    return put_backend(request, response, pws_segment(request, 3), true);
}

const was_error_t *pws_backend_delete(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    const char *id = pws_segment(request, 3);

    WAS_TRY(check_backend_id(id, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return was_pws_backends_delete(request->db, &grant, id, request->pool);
}
