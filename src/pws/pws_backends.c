/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Backends (section 17.2): the server's own, and places that a client registers for its
 * collections. Nothing here reaches such a place, so its secrets are not needed: they are dropped
 * before anything is stored, and what is stored is what is shown.
 */

#include "pws/pws.h"

#include <apr_strings.h>

#include <string.h>

enum { TEXT_MAX_BYTES = 1024 };

static json_t *own_backend(void)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "id", "default", "name", "PostgreSQL", "managedBy",
                     "server", "persistence", "durable");
}

const was_error_t *pws_backends_get(was_request_t *request, was_response_t *response)
{
    json_t *list = json_pack("[o]", own_backend());
    const was_backend_place_t *places;
    int count, i;

    was_json_own(list, request->pool);
    WAS_TRY(
        was_backends_list(request->db, pws_segment(request, 1), &places, &count, request->pool));
    for (i = 0; i < count; i++) {
        json_array_append_new(list, json_loads(places[i].descriptor, 0, NULL));
    }
    pws_answer_json(request, response, json_incref(list));
    return NULL;
}

const was_error_t *pws_backend_get(was_request_t *request, was_response_t *response)
{
    const char *space = pws_segment(request, 1), *descriptor;
    was_collection_t collection;

    WAS_TRY(was_collections_get(request->db, space, pws_segment(request, 2), &collection,
                                request->pool));
    if (collection.backend == NULL) {
        pws_answer_json(request, response, own_backend());
        return NULL;
    }
    WAS_TRY(was_backends_get(request->db, space, collection.backend, &descriptor, request->pool));
    pws_answer_json(request, response, json_loads(descriptor, 0, NULL));
    return NULL;
}

/* Copies a string member that may be shown. */
static const was_error_t *copy(const json_t *from, const char *name, json_t *to, apr_pool_t *pool)
{
    const char *value;

    WAS_TRY(was_json_string(from, name, TEXT_MAX_BYTES, &value, pool));
    pws_set_string(to, name, value);
    return NULL;
}

/* What may be shown of a registration, and nothing else. */
static const was_error_t *describe(const was_request_t *request, const json_t *body, const char *id,
                                   json_t *descriptor)
{
    apr_pool_t *pool = request->pool;
    const json_t *connection = json_object_get(body, "connection");
    json_t *shown = json_object();

    json_object_set_new(descriptor, "id", json_string(id));
    json_object_set_new(descriptor, "managedBy", json_string("external"));
    json_object_set_new(descriptor, "connection", shown);
    if (!json_is_object(connection) || !json_is_string(json_object_get(connection, "kind")) ||
        !json_is_string(json_object_get(body, "provider"))) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/connection",
                              "a backend needs a \"provider\" and a \"connection\" with a "
                              "\"kind\"");
    }
    WAS_TRY(copy(body, "name", descriptor, pool));
    if (json_object_get(descriptor, "name") == NULL) {
        json_object_set_new(descriptor, "name", json_string(id));
    }
    WAS_TRY(copy(body, "provider", descriptor, pool));
    WAS_TRY(copy(connection, "kind", shown, pool));
    WAS_TRY(copy(connection, "scope", shown, pool));
    WAS_TRY(copy(connection, "rootFolderName", shown, pool));
    json_object_set_new(shown, "status", json_string("registered"));
    json_object_set_new(shown, "connectedAt", pws_time(apr_time_from_sec(request->now), pool));
    return NULL;
}

static const was_error_t *check_id(const char *id, apr_pool_t *pool)
{
    WAS_TRY(pws_check_id(id, pool));
    if (strcmp(id, "default") == 0) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/id",
                              "the server's own backend is not a client's to register");
    }
    return NULL;
}

static const was_error_t *put(was_request_t *request, was_response_t *response, const char *id,
                              const json_t *body, bool replace)
{
    was_grant_t grant = pws_grant(request);
    json_t *descriptor = was_json_own(json_object(), request->pool);
    was_backend_place_t place = {.id = id};
    bool created;

    WAS_TRY(check_id(id, request->pool));
    WAS_TRY(describe(request, body, id, descriptor));
    place.descriptor = was_json_text(descriptor, NULL, request->pool);
    WAS_TRY(was_backends_put(request->db, &grant, replace, &place, &created, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    if (created) {
        pws_answer_json(request, response, json_incref(descriptor));
        response->answer = WAS_ANSWER_CREATED;
        response->location = pws_url(request, "/space/%s/backends/%s", grant.space, id);
    }
    return NULL;
}

const was_error_t *pws_backends_post(was_request_t *request, was_response_t *response)
{
    const char *id;
    json_t *body;

    WAS_TRY(pws_read_object(request, &body));
    id = json_string_value(json_object_get(body, "id"));
    return put(request, response, id != NULL ? id : "", body, false);
}

const was_error_t *pws_backend_put(was_request_t *request, was_response_t *response)
{
    json_t *body;

    WAS_TRY(pws_read_object(request, &body));
    return put(request, response, pws_segment(request, 3), body, true);
}

const was_error_t *pws_backend_delete(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);
    const char *id = pws_segment(request, 3);

    WAS_TRY(check_id(id, request->pool));
    WAS_TRY(was_backends_delete(request->db, &grant, id, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}
