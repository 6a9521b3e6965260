/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * classic: the classic protocol as data, its routes with their rights and the faces of its errors.
 * Owns what every classic path begins with. Refuses to know how requests arrive and answers leave.
 */

#include "classic/classic.h"

#include "http/was_health.h"

#include <string.h>

static const was_route_t routes[] = {
    {"GET", "/", WAS_RIGHT_ANYONE, WAS_NEED_NOTHING, WAS_FETCH_NOTHING, classic_root_get},
    {"GET", "/health", WAS_RIGHT_ANYONE, WAS_NEED_NOTHING, WAS_FETCH_NOTHING, was_health_get},
    {"GET", "/health/live", WAS_RIGHT_ANYONE, WAS_NEED_NOTHING, WAS_FETCH_NOTHING, was_health_live},
    {"GET", "/spaces", WAS_RIGHT_ANYONE, WAS_NEED_NOTHING, WAS_FETCH_NOTHING,
     classic_spaces_redirect},
    {"GET", "/spaces/", WAS_RIGHT_SIGNER, WAS_NEED_NOTHING, WAS_FETCH_NOTHING, classic_spaces_get},
    {"POST", "/spaces/", WAS_RIGHT_SIGNER, WAS_NEED_DOCUMENT_OR_NOTHING, WAS_FETCH_NOTHING,
     classic_spaces_post},
    {"GET", "/space/*", WAS_RIGHT_CONTROLLER, WAS_NEED_NOTHING, WAS_FETCH_NOTHING,
     classic_space_get},
    {"POST", "/space/*", WAS_RIGHT_CONTROLLER, WAS_NEED_ARCHIVE, WAS_FETCH_NOTHING,
     classic_space_post},
    {"PUT", "/space/*", WAS_RIGHT_CONTROLLER, WAS_NEED_DOCUMENT, WAS_FETCH_NOTHING,
     classic_space_put},
    {"DELETE", "/space/*", WAS_RIGHT_CONTROLLER, WAS_NEED_NOTHING, WAS_FETCH_NOTHING,
     classic_space_delete},
    {"GET", "/space/*/**", WAS_RIGHT_READER, WAS_NEED_NOTHING, WAS_FETCH_NOTHING,
     classic_resource_get},
    {"PUT", "/space/*/**", WAS_RIGHT_CONTROLLER, WAS_NEED_CONTENT, WAS_FETCH_NOTHING,
     classic_resource_put},
    {"POST", "/space/*/**", WAS_RIGHT_CONTROLLER, WAS_NEED_CONTENT, WAS_FETCH_NOTHING,
     classic_resource_post},
    {"DELETE", "/space/*/**", WAS_RIGHT_CONTROLLER, WAS_NEED_NOTHING, WAS_FETCH_NOTHING,
     classic_resource_delete},
    {0}};

/* Clients of the Python server know these pointers. */
static const was_face_t faces[] = {
    {.kind = WAS_ERROR_INVALID_BODY, .pointer = "/body"},
    {.kind = WAS_ERROR_INVALID_ARCHIVE, .pointer = "/body"},
    {.kind = WAS_ERROR_INVALID_ID, .pointer = "/space"},
};

const was_protocol_t classic_protocol = {
    .name = "classic",
    .problem_base = "https://wallet.storage/spec#",
    .challenge = "Signature headers=\"(created) (expires) (key-id) (request-target)\"",
    .routes = routes,
    .faces = faces,
    .nfaces = sizeof(faces) / sizeof(faces[0]),
    .authenticate = classic_authenticate,
    .admit_content = classic_content_admit,
};

const was_error_t *classic_check_uuid(const char *uuid, apr_pool_t *pool)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~:";
    apr_size_t length = strlen(uuid);

    /* No URL leads to a dot segment. */
    if (length == 0 || length > CLASSIC_UUID_MAX_BYTES || strspn(uuid, characters) < length ||
        strcmp(uuid, ".") == 0 || strcmp(uuid, "..") == 0) {
        return was_error_make(
            pool, WAS_ERROR_INVALID_ID, NULL,
            "a space id has 1 to %d characters of A-Z a-z 0-9 - . _ ~ :", CLASSIC_UUID_MAX_BYTES);
    }
    return NULL;
}

const was_error_t *classic_space_uuid(const was_request_t *request, const char **uuid)
{
    const char *text = was_path_segment(request->path, 1, request->pool);

    WAS_TRY(classic_check_uuid(text, request->pool));
    *uuid = text;
    return NULL;
}
