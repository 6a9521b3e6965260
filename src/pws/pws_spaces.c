/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Spaces (section 10). Owns the documents that describe them on the wire, and what a client may say
 * of one. Refuses to know who may.
 */

#include "pws/pws.h"

#include <apr_strings.h>

#include <string.h>

/* The members that every description begins with. */
static json_t *describe(const was_request_t *request, const was_space_t *space)
{
    json_t *document = json_pack("{s:s, s:[s]}", "id", space->uuid, "type", "Space");

    pws_set_string(document, "name", space->name);
    pws_set_string(document, "controller", space->controller);
    pws_set_string(document, "createdBy", space->created_by);
    pws_set_string(document, "url", pws_path(request, "/space/%s/", space->uuid));
    return document;
}

static const was_error_t *space_of(was_request_t *request, was_space_t *space)
{
    const pws_state_t *state = pws_state(request);

    return was_spaces_get(request->db, request->protocol->name, pws_segment(request, 1),
                          state->controller, space, request->pool);
}

const was_error_t *pws_space_get(was_request_t *request, was_response_t *response)
{
    was_space_t space;
    json_t *document;

    WAS_TRY(space_of(request, &space));
    document = describe(request, &space);
    pws_set_string(document, "linkset", pws_path(request, "/space/%s/linkset", space.uuid));
    pws_answer_json(request, response, document);
    response->etag = space.etag;
    response->modified = space.modified;
    return NULL;
}

/* Section 10.1: what a new space says that it is. */
static const was_error_t *check_type(const json_t *body, apr_pool_t *pool)
{
    const json_t *type = json_object_get(body, "type"), *item;
    bool is_space = type == NULL;
    apr_size_t i;

    json_array_foreach((json_t *)type, i, item)
    {
        is_space =
            is_space || (json_is_string(item) && strcmp(json_string_value(item), "Space") == 0);
    }
    if (!is_space) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/type",
                              "\"type\" must be an array that holds \"Space\"");
    }
    return NULL;
}

/* Section 10.1, without the id and the type, which says nothing new of a space that is there. */
static const was_error_t *read_space(const was_request_t *request, const json_t *body,
                                     was_space_change_t *change)
{
    apr_pool_t *pool = request->pool;

    WAS_TRY(was_json_string(body, "name", PWS_NAME_MAX_BYTES, &change->name, pool));
    WAS_TRY(was_json_string(body, "controller", WAS_DID_MAX_BYTES, &change->controller, pool));
    change->sets_name = true;
    change->created_by = request->caller;
    return NULL;
}

static const was_error_t *read_id(const json_t *body, const char **id, apr_pool_t *pool)
{
    const json_t *member = json_object_get(body, "id");

    if (member == NULL) {
        *id = was_crypto_uuid(pool);
        return NULL;
    }
    *id = json_is_string(member) ? json_string_value(member) : "";
    return pws_check_id(*id, pool);
}

/* The answer to a creation. */
static void created(was_request_t *request, was_response_t *response, const char *id,
                    const was_space_change_t *change)
{
    was_space_t space = {.uuid = id,
                         .name = change->name,
                         .controller = change->controller,
                         .created_by = change->created_by};

    pws_answer_json(request, response, describe(request, &space));
    response->answer = WAS_ANSWER_CREATED;
    response->location = pws_url(request, "/space/%s/", id);
}

const was_error_t *pws_spaces_post(was_request_t *request, was_response_t *response)
{
    was_space_change_t change = {.most = request->config->max_spaces};
    const char *id;
    json_t *body;

    WAS_TRY(pws_read_object(request, &body));
    WAS_TRY(read_id(body, &id, request->pool));
    WAS_TRY(check_type(body, request->pool));
    WAS_TRY(read_space(request, body, &change));
    WAS_TRY(pws_check_controller(change.controller, request->pool));
    WAS_TRY(pws_consent(request, change.controller, pws_url(request, "/spaces/")));
    change.id = id;
    WAS_TRY(was_spaces_create(request->db, request->protocol->name, id, &change, &response->etag,
                              request->pool));
    created(request, response, id, &change);
    return NULL;
}

/* PUT where no space was when the request was authorized. */
static const was_error_t *create_by_put(was_request_t *request, was_response_t *response,
                                        const was_space_change_t *change)
{
    const char *id = pws_segment(request, 1);
    const was_error_t *error;

    WAS_TRY(pws_check_controller(change->controller, request->pool));
    WAS_TRY(pws_consent(request, change->controller, pws_url(request, "/space/%s/meta", id)));
    if (request->conditions.match != NULL) {
        return was_conditions_failed(request->pool);
    }
    error = was_spaces_create(request->db, request->protocol->name, id, change, &response->etag,
                              request->pool);
    if (error != NULL && error->kind == WAS_ERROR_CONFLICT &&
        request->conditions.none_match != NULL) {
        return was_conditions_failed(request->pool); /* another was first */
    }
    if (error == NULL) {
        created(request, response, id, change);
    }
    return error;
}

const was_error_t *pws_space_put(was_request_t *request, was_response_t *response)
{
    const pws_state_t *state = pws_state(request);
    was_space_change_t change = {.most = request->config->max_spaces};
    const char *id = pws_segment(request, 1);
    const json_t *given;
    json_t *body;

    WAS_TRY(pws_read_object(request, &body));
    given = json_object_get(body, "id");
    if (given != NULL && (!json_is_string(given) || strcmp(json_string_value(given), id) != 0)) {
        return was_error_make(request->pool, WAS_ERROR_INVALID_BODY, "#/id",
                              "\"id\" must be the one in the URL");
    }
    WAS_TRY(read_space(request, body, &change));
    change.id = id;
    if (!state->exists) {
        WAS_TRY(check_type(body, request->pool));
        return create_by_put(request, response, &change);
    }
    if (change.controller != NULL) {
        WAS_TRY(pws_check_controller(change.controller, request->pool));
    }
    else {
        change.controller = state->controller;
    }
    WAS_TRY(was_spaces_put(request->db, request->protocol->name, id, state->controller, &change,
                           &request->conditions, &response->etag, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}

const was_error_t *pws_space_delete(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);

    WAS_TRY(was_collections_delete_space(request->db, &grant, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}

const was_error_t *pws_spaces_get(was_request_t *request, was_response_t *response)
{
    const char *controller = pws_lister(request);
    json_t *items;
    const char *path = pws_path(request, "/spaces/");
    const was_space_t *spaces = NULL;
    int count = 0, shown, i;
    pws_page_t page;
    json_t *document;

    WAS_TRY(pws_read_page(request, &page));
    if (controller != NULL) {
        WAS_TRY(was_spaces_list(request->db, request->protocol->name, controller, page.after,
                                page.limit + 1, &spaces, &count, request->pool));
    }
    items = json_array();
    shown = count > page.limit ? page.limit : count;
    for (i = 0; i < shown; i++) {
        json_t *item = json_pack("{s:s}", "id", spaces[i].uuid);

        pws_set_string(item, "name", spaces[i].name);
        pws_set_string(item, "url", pws_path(request, "/space/%s/", spaces[i].uuid));
        json_array_append_new(items, item);
    }
    document = json_pack("{s:s, s:i, s:o}", "url", path, "totalItems", shown, "items", items);
    if (count > shown) {
        pws_set_string(document, "next",
                       pws_next_page(request, &page, path, spaces[shown - 1].uuid));
    }
    pws_answer_json(request, response, document);
    return NULL;
}
