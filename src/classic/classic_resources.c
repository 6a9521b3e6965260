/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * classic_resources: bytes and a type under a path of a space. Owns what a media type may contain,
 * and when a reader may read. Refuses to know how bytes are kept and moved.
 */

#include "classic/classic.h"
#include "base/was_media_type.h"
#include "http/was_digests.h"

#include <string.h>

/* Which resource the request is about. */
static const was_error_t *resource_key(const was_request_t *request, was_classic_key_t *key)
{
    key->caller = request->caller;
    key->path = was_path_rest(request->path, 2);
    return classic_space_uuid(request, &key->space);
}

/* The read that needed a right which the caller does not have: an access list may grant it. */
static const was_error_t *read_by_list(was_request_t *request, const was_classic_key_t *key,
                                       const char *link, const was_error_t *refusal,
                                       was_resource_t *resource)
{
    bool granted = false;

    if (link != NULL) {
        WAS_TRY(classic_acl_grants(request, key->space, link, key->path, &granted));
    }
    if (granted) {
        return was_classic_resources_get(request->db, key, true, was_digests_piece(request),
                                         resource, NULL, request->pool);
    }
    if (request->caller == NULL) {
        return was_error_make(request->pool, WAS_ERROR_UNAUTHENTICATED, "/authorization",
                              "reading here needs the controller's signature");
    }
    return refusal;
}

const was_error_t *classic_resource_get(was_request_t *request, was_response_t *response)
{
    was_resource_t *resource = apr_pcalloc(request->pool, sizeof(*resource));
    bool anyone = was_config_reads_public(request->config);
    const char *link = NULL;
    was_classic_key_t key;

    WAS_TRY(resource_key(request, &key));
    const was_error_t *error = was_classic_resources_get(
        request->db, &key, anyone, was_digests_piece(request), resource, &link, request->pool);
    if (error != NULL && error->kind == WAS_ERROR_FORBIDDEN) {
        error = read_by_list(request, &key, link, error, resource);
    }
    if (error != NULL) {
        return error;
    }
    response->resource = resource;

    response->type = was_media_type_of_stored(resource->type);
    response->etag = resource->etag;
    response->modified = resource->modified;
    response->cache = anyone ? "no-cache" : "private, no-cache";
    return NULL;
}

/* The media type of what is written. */
static const was_error_t *choose_type(const was_request_t *request, const char **type)
{
    const char *text = was_request_field(request, "Content-Type");

    if (text == NULL || *text == '\0') {
        *type = was_media_type_unknown;
        return NULL;
    }
    if (!was_media_type_is_sendable(text)) {
        return was_error_make(request->pool, WAS_ERROR_MALFORMED, "/content-type",
                              "a Content-Type has at most %d printable ASCII characters",
                              WAS_MEDIA_TYPE_MAX_BYTES);
    }
    *type = text;
    return NULL;
}

/* An archive waits in a file; whose it is, is asked before it comes. */
static const was_error_t *admit_archive(was_request_t *request)
{
    was_classic_space_t space;
    const char *uuid;

    WAS_TRY(classic_space_uuid(request, &uuid));
    return was_classic_spaces_get(request->db, uuid, request->caller, &space, request->pool);
}

const was_error_t *classic_content_admit(was_request_t *request, was_place_t *place)
{
    was_classic_key_t key;

    if (request->route->need == WAS_NEED_ARCHIVE) {
        return admit_archive(request);
    }
    WAS_TRY(resource_key(request, &key));
    WAS_TRY(was_classic_resources_room(request->db, &key, request->config->quota,
                                       &request->conditions, &place->room, request->pool));
    place->space = was_config_in_parts(request->config, request->db) ? key.space : NULL;
    return NULL;
}

static const was_error_t *store_resource(was_request_t *request, was_response_t *response)
{
    was_classic_key_t key;
    was_content_t content;
    const char *type;

    WAS_TRY(resource_key(request, &key));
    WAS_TRY(choose_type(request, &type));
    was_body_content(request->body, type, &content);
    return was_classic_resources_put(request->db, &key, &content, &request->conditions,
                                     request->config->quota, &response->etag, request->pool);
}

const was_error_t *classic_resource_put(was_request_t *request, was_response_t *response)
{
    WAS_TRY(store_resource(request, response));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}

const was_error_t *classic_resource_post(was_request_t *request, was_response_t *response)
{
    WAS_TRY(store_resource(request, response));
    response->answer = WAS_ANSWER_CREATED;
    response->location = request->path->raw;
    return NULL;
}

const was_error_t *classic_resource_delete(was_request_t *request, was_response_t *response)
{
    was_classic_key_t key;

    WAS_TRY(resource_key(request, &key));
    WAS_TRY(was_classic_resources_delete(request->db, &key, &request->conditions, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}
