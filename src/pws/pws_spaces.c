/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_spaces: spaces (section 10). Owns the documents that describe them on the wire, and what a
 * client may say of one. Refuses to know who may.
 */

#include "pws/pws.h"

#include "auth/was_did.h"
#include "auth/was_key.h"
#include "pws/pws_auth.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"

#include <string.h>

/* The members that every description begins with. */
static was_document_t *describe_space(const was_request_t *request, const was_pws_space_t *space)
{
    was_document_t *document = was_document_make(request->pool);
    json_t *root = was_document_root(document);

    was_document_text(document, root, "id", space->id);
    was_document_add_text(document, was_document_list(document, root, "type"), "Space");
    was_document_text(document, root, "name", space->name);
    was_document_text(document, root, "controller", space->controller);
    was_document_text(document, root, "createdBy", space->created_by);
    was_document_text(document, root, "url", pws_path(request, "/space/%s/", space->id));
    return document;
}

const was_error_t *pws_space_get(was_request_t *request, was_response_t *response)
{
    const was_pws_space_t *space = &pws_state(request)->space;
    was_document_t *document = describe_space(request, space);

    was_document_text(document, was_document_root(document), "linkset",
                      pws_path(request, "/space/%s/linkset", space->id));
    pws_answer_document(response, document);
    response->etag = space->etag;
    response->modified = space->modified;
    return NULL;
}

/* What a new space says that it is. */
static const was_error_t *check_space_type(const json_t *body, apr_pool_t *pool)
{
    const json_t *type = json_object_get(body, "type");

    if (type != NULL && !pws_list_holds(type, "Space")) {
        return pws_bad_member(pool, "type", "an array that holds \"Space\"");
    }
    return NULL;
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

const was_error_t *pws_space_read_creation(was_request_t *request, pws_creation_t *creation)
{
    const json_t *body = request->document;

    if (request->route->right == WAS_RIGHT_CREATE_SPACE) {
        WAS_TRY(pws_read_new_id(body, &creation->id, request->pool));
    }
    else {
        creation->id = pws_segment(request, 1);
        WAS_TRY(pws_check_same_id(body, creation->id, request->pool));
    }
    WAS_TRY(check_space_type(body, request->pool));
    WAS_TRY(read_space_change(request, &creation->change));
    return check_controller(creation->change.controller, request->pool);
}

/* The answer to a creation. */
static void answer_space(was_request_t *request, was_response_t *response,
                         const pws_creation_t *creation)
{
    const was_pws_space_t space = {.id = creation->id,
                                   .name = creation->change.name,
                                   .controller = creation->change.controller,
                                   .created_by = creation->change.created_by};

    pws_answer_document(response, describe_space(request, &space));
    response->answer = WAS_ANSWER_CREATED;
    response->location = pws_url(request, "/space/%s/", creation->id);
}

const was_error_t *pws_spaces_post(was_request_t *request, was_response_t *response)
{
    const pws_creation_t *creation = pws_state(request)->creation;

    WAS_TRY(was_pws_spaces_create(request->db, creation->id, &creation->change, &creation->consent,
                                  &response->etag, request->pool));
    answer_space(request, response, creation);
    return NULL;
}

/* PUT where no space was when the request was authorized. */
static const was_error_t *create_by_put(was_request_t *request, was_response_t *response)
{
    const pws_creation_t *creation = pws_state(request)->creation;

    if (request->conditions.match != NULL) {
        return was_preconditions_failed(request->pool);
    }
    const was_error_t *error =
        was_pws_spaces_create(request->db, creation->id, &creation->change, &creation->consent,
                              &response->etag, request->pool);

    if (error != NULL && error->kind == WAS_ERROR_CONFLICT &&
        request->conditions.none_match != NULL) {
        return was_preconditions_failed(request->pool); /* another was first */
    }
    if (error == NULL) {
        answer_space(request, response, creation);
    }
    return error;
}

const was_error_t *pws_space_put(was_request_t *request, was_response_t *response)
{
    const pws_state_t *state = pws_state(request);
    const char *id = pws_segment(request, 1);
    was_pws_space_change_t change = {.controller = NULL};

    if (!state->exists) {
        return create_by_put(request, response);
    }
    WAS_TRY(pws_check_same_id(request->document, id, request->pool));
    WAS_TRY(read_space_change(request, &change));
    if (change.controller != NULL) {
        WAS_TRY(check_controller(change.controller, request->pool));
    }
    else {
        change.controller = state->controller;
    }
    response->answer = WAS_ANSWER_NO_CONTENT;
    return was_pws_spaces_update(request->db, id, state->controller, &change, &request->conditions,
                                 &response->etag, request->pool);
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
