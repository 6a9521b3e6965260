/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_spaces: spaces (section 10). Owns the documents that describe them on the wire, and what a
 * client may say of one. Refuses to know who may.
 */

#include "pws/pws.h"

#include "auth/was_did.h"
#include "auth/was_key.h"
#include "http/was_cell.h"
#include "pws/pws_auth.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"

#include <string.h>

enum { TYPE_MAX_BYTES = 1024, PUT_TRIES = 3 };

/* All of a space; the older revision shows less of one that was just made. */
static const was_error_t *describe_space(const was_request_t *request, const was_pws_space_t *space,
                                         bool is_new, was_document_t *document)
{
    json_t *root = was_document_root(document);
    const char *backends;

    was_document_text(document, root, "id", space->id);
    was_document_json(document, root, "type", space->type);
    was_document_text(document, root, "name", space->name);
    was_document_text(document, root, "controller", space->controller);
    was_document_text(document, root, "createdBy", space->created_by);
    was_document_text(document, root, "url", pws_path(request, "/space/%s/", space->id));
    if (!is_new || !pws_is_september(request)) {
        was_document_text(document, root, "linkset",
                          pws_path(request, "/space/%s/linkset", space->id));
    }
    if (!pws_is_september(request)) {
        WAS_TRY(pws_backends_text(request, space->backends, &backends));
        was_document_json(document, root, "backends", backends);
        pws_document_stamp(document, root, &space->stamp, request->pool);
    }
    return NULL;
}

/* The space, whose description may have come along with the authorization. */
static const was_error_t *whole_space(const was_request_t *request, was_pws_space_t *space)
{
    *space = pws_state(request)->space;
    return space->type != NULL
               ? NULL
               : was_pws_spaces_get(request->db, pws_segment(request, 1), space, request->pool);
}

const was_error_t *pws_space_get(was_request_t *request, was_response_t *response)
{
    was_document_t *document = was_document_make(request->pool);
    was_pws_space_t space;

    WAS_TRY(whole_space(request, &space));
    WAS_TRY(describe_space(request, &space, false, document));
    pws_answer_document(response, document);
    response->etag = space.etag;
    response->modified = space.modified;
    return NULL;
}

/* Section E.3 of pws-next: what a space says that it is. */
static const was_error_t *check_type(const json_t *type, apr_pool_t *pool)
{
    bool fits = json_array_size(type) > 0 && pws_list_holds(type, "Space");

    for (apr_size_t i = 0; fits && i < json_array_size(type); i++) {
        fits = json_string_length(json_array_get(type, i)) > 0;
    }
    if (!fits) {
        return pws_bad_member(pool, "type", "an array of names that holds \"Space\"");
    }
    if (pws_list_holds(type, "ServerInstanceSpace") ||
        (pws_list_holds(type, "DelegatedClientsSpace") &&
         !pws_list_holds(type, "AuxiliarySpace"))) {
        return pws_bad_member(pool, "type",
                              "one that a client may make: no \"ServerInstanceSpace\", and a "
                              "\"DelegatedClientsSpace\" is an \"AuxiliarySpace\", too");
    }
    return NULL;
}

/* The type of a new space. */
static const was_error_t *read_new_type(const json_t *body, const char **text, apr_pool_t *pool)
{
    const json_t *type = json_object_get(body, "type");
    apr_size_t length;

    *text = "[\"Space\"]";
    if (type == NULL) {
        return NULL;
    }
    WAS_TRY(check_type(type, pool));
    *text = was_json_text(type, &length, pool);
    return *text != NULL && length <= TYPE_MAX_BYTES
               ? NULL
               : was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/type",
                                "\"type\" has at most %d bytes", TYPE_MAX_BYTES);
}

static bool holds_all(const json_t *list, const json_t *others)
{
    for (apr_size_t i = 0; i < json_array_size(others); i++) {
        if (!pws_list_holds(list, json_string_value(json_array_get(others, i)))) {
            return false;
        }
    }
    return true;
}

/* A type in an update says what the space has, in any order, or it is left out. */
static const was_error_t *check_same_type(const json_t *body, const was_pws_space_t *space,
                                          apr_pool_t *pool)
{
    const json_t *type = json_object_get(body, "type");
    was_document_t *stored = was_document_make(pool);

    if (type == NULL) {
        return NULL;
    }
    WAS_TRY(check_type(type, pool));
    was_document_json(stored, was_document_root(stored), "type", space->type);
    const json_t *kept = json_object_get(was_document_finish(stored), "type");

    return holds_all(kept, type) && holds_all(type, kept)
               ? NULL
               : pws_bad_member(pool, "type", "what it was when the space was made");
}

/* A DID of a method that we can verify. */
static const was_error_t *check_controller(const char *controller, apr_pool_t *pool)
{
    was_key_t key;

    if (controller == NULL || strchr(controller, '#') != NULL ||
        was_key_resolve(controller, &key, pool) != NULL) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/controller",
                              "the controller must be a did:key of an Ed25519 key");
    }
    return NULL;
}

/* Without the id and the type, which says nothing new of a space that is there. */
static const was_error_t *read_space_change(const was_request_t *request,
                                            was_pws_space_change_t *change)
{
    const json_t *body = request->document;

    change->most = request->config->max_spaces;
    change->created_by = request->caller;
    WAS_TRY(was_json_string(body, "name", PWS_NAME_MAX_BYTES, &change->name, request->pool));
    return was_json_string(body, "controller", WAS_DID_MAX_BYTES, &change->controller,
                           request->pool);
}

/* The id of a space that is made by POST. */
static const was_error_t *read_posted_id(const was_request_t *request, const char **id)
{
    const was_cell_t *cell = request->config->cell;

    if (json_object_get(request->document, "id") == NULL) {
        *id = was_cell_uuid(cell, request->pool);
        return NULL;
    }
    WAS_TRY(pws_read_new_id(request->document, id, request->pool));
    return was_cell_check(cell, *id, "#/id", "PUT the space's meta", request->pool);
}

const was_error_t *pws_space_read_creation(was_request_t *request, pws_creation_t *creation)
{
    const json_t *body = request->document;

    if (request->route->right == WAS_RIGHT_CREATE_SPACE) {
        WAS_TRY(read_posted_id(request, &creation->id));
    }
    else {
        creation->id = pws_segment(request, 1);
        WAS_TRY(pws_check_same_id(body, creation->id, request->pool));
    }
    WAS_TRY(read_new_type(body, &creation->change.type, request->pool));
    WAS_TRY(read_space_change(request, &creation->change));
    return check_controller(creation->change.controller, request->pool);
}

/* Makes the space, whose controller consents, and answers with it. */
static const was_error_t *create_space(was_request_t *request, was_response_t *response)
{
    const pws_creation_t *creation = pws_state(request)->creation;
    was_document_t *document = was_document_make(request->pool);
    was_pws_space_t space;

    if (strcmp(creation->id, "server") == 0) {
        return was_error_make(request->pool, WAS_ERROR_RESERVED_ID, "#/id",
                              "this id is kept for the server itself");
    }
    WAS_TRY(was_pws_spaces_create(request->db, creation->id, &creation->change, &creation->consent,
                                  &space, request->pool));
    WAS_TRY(describe_space(request, &space, true, document));
    pws_answer_document(response, document);
    response->etag = space.etag;
    response->answer = WAS_ANSWER_CREATED;
    response->location = pws_url(request, "/space/%s/", creation->id);
    return NULL;
}

const was_error_t *pws_spaces_post(was_request_t *request, was_response_t *response)
{
    return create_space(request, response);
}

/* PUT where no space was when the request was authorized. `*is_late`: another was first. */
static const was_error_t *create_by_put(was_request_t *request, was_response_t *response,
                                        bool *is_late)
{
    if (request->conditions.match != NULL) {
        return was_preconditions_failed(request->pool);
    }
    const was_error_t *error = create_space(request, response);

    if (error != NULL && error->kind == WAS_ERROR_CONFLICT) {
        if (request->conditions.none_match != NULL) {
            return was_preconditions_failed(request->pool);
        }
        *is_late = true;
    }
    return error;
}

/* PUT where the space is the caller's. `*is_late`: not any more, or it is gone. */
static const was_error_t *update_space(was_request_t *request, was_response_t *response,
                                       bool *is_late)
{
    const pws_state_t *state = pws_state(request);
    const char *id = pws_segment(request, 1);
    was_pws_space_change_t change = {.controller = NULL};
    was_pws_space_t space;
    const was_error_t *error = whole_space(request, &space);

    if (error == NULL) {
        WAS_TRY(check_same_type(request->document, &space, request->pool));
        WAS_TRY(read_space_change(request, &change));
        if (change.controller != NULL) {
            WAS_TRY(check_controller(change.controller, request->pool));
        }
        else {
            change.controller = state->controller;
        }
        response->answer = WAS_ANSWER_NO_CONTENT;
        error = was_pws_spaces_update(request->db, id, state->controller, &change,
                                      &request->conditions, &response->etag, request->pool);
    }
    *is_late = error != NULL && error->kind == WAS_ERROR_NOT_FOUND;
    return error;
}

/* Whoever comes too late is asked for his right once more, as things are then (pws-next A.2). */
const was_error_t *pws_space_put(was_request_t *request, was_response_t *response)
{
    const pws_state_t *state = pws_state(request);

    WAS_TRY(pws_check_same_id(request->document, pws_segment(request, 1), request->pool));
    for (int i = 0; i < PUT_TRIES; i++) {
        bool is_late = false;
        const was_error_t *error = state->exists ? update_space(request, response, &is_late)
                                                 : create_by_put(request, response, &is_late);

        if (!is_late) {
            return error;
        }
        if (state->is_onboarding) {
            return was_error_log(request->pool, WAS_ERROR_NOT_FOUND, "another was first");
        }
        WAS_TRY(pws_authorize(request));
        WAS_TRY(pws_authorize_by_body(request));
    }
    return was_error_make(request->pool, WAS_ERROR_UNAVAILABLE, NULL,
                          "others make, move or delete this space all the time; nothing was "
                          "written, and the request can be sent again");
}

const was_error_t *pws_space_delete(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);

    response->answer = WAS_ANSWER_NO_CONTENT;
    return was_pws_spaces_delete(request->db, &grant, request->pool);
}

static void add_space(const was_request_t *request, was_document_t *document, json_t *item,
                      const void *entries, int index)
{
    const was_pws_space_t *space = &((const was_pws_space_t *)entries)[index];

    was_document_text(document, item, "id", space->id);
    if (!pws_is_september(request)) {
        was_document_json(document, item, "type", space->type);
    }
    was_document_text(document, item, "name", space->name);
    was_document_text(document, item, "url", pws_path(request, "/space/%s/", space->id));
}

static const char *id_of_space(const void *entries, int index)
{
    return ((const was_pws_space_t *)entries)[index].id;
}

const was_error_t *pws_spaces_get(was_request_t *request, was_response_t *response)
{
    const was_pws_consent_t *lister = pws_state(request)->lister;
    pws_listing_t listing = {
        .path = pws_path(request, "/spaces/"), .add = add_space, .id = id_of_space};
    const was_pws_space_t *spaces = NULL;
    was_page_t page;

    WAS_TRY(pws_read_page(request, listing.path, &page));
    if (lister != NULL) {
        WAS_TRY(was_pws_spaces_list(request->db, lister, &page, &spaces, &listing.found,
                                    request->pool));
    }
    listing.entries = spaces;
    pws_answer_listing(request, response, was_document_make(request->pool), &page, &listing);
    return NULL;
}
