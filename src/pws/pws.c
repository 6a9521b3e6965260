/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws: Portable Web Spaces as data: routes with their rights, and the faces of errors. Owns the
 * method table of sections 2 and 3 and the registry of section 18.2. Refuses to know how requests
 * arrive and answers leave.
 */

#include "pws/pws.h"

#include "http/was_health.h"
#include "pws/pws_auth.h"
#include "pws/pws_documents.h"
#include "pws/pws_envelope.h"
#include "pws/pws_ids.h"

#include <string.h>

/*
 * Method, shape, right, what the body must be, what the authorizer may fetch on the way, handler.
 * The first shape that fits decides, so the segments that mean something stand before the ids.
 */
/* clang-format off */
#define ROW(method, shape, right, need, fetch, handle) \
    {method, shape, WAS_RIGHT_##right, WAS_NEED_##need, WAS_FETCH_##fetch, handle},
static const was_route_t routes[] = {
    ROW("GET", "/", ANYONE, NOTHING, NOTHING, pws_root_get)
    ROW("GET", "/health", ANYONE, NOTHING, NOTHING, was_health_get)
    ROW("GET", "/health/live", ANYONE, NOTHING, NOTHING, was_health_live)
    ROW("GET", "/service", ANYONE, NOTHING, NOTHING, pws_service_get)
    ROW("*", "/spaces", ANYONE, NOTHING, NOTHING, pws_add_slash)
    ROW("GET", "/spaces/", LIST_SPACES, NOTHING, NOTHING, pws_spaces_get)
    ROW("POST", "/spaces/", CREATE_SPACE, DOCUMENT, NOTHING, pws_spaces_post)
    ROW("GET", "/space/*/collections", ANYONE, NOTHING, NOTHING, pws_retired)
    ROW("GET", "/space/*/collections/", ANYONE, NOTHING, NOTHING, pws_retired)
    ROW("OPTIONS", "/space/*/query", ANYONE, NOTHING, NOTHING, NULL)
    ROW("OPTIONS", "/space/*/meta/log", ANYONE, NOTHING, NOTHING, NULL)
    ROW("GET", "/space/*/meta", READ, NOTHING, SPACE, pws_space_get)
    ROW("PUT", "/space/*/meta", PUT_SPACE, DOCUMENT, SPACE, pws_space_put)
    ROW("GET", "/space/*/policy", CAPABILITY, NOTHING, NOTHING, pws_policy_get)
    ROW("PUT", "/space/*/policy", CAPABILITY, DOCUMENT, NOTHING, pws_policy_put)
    ROW("DELETE", "/space/*/policy", CAPABILITY, NOTHING, NOTHING, pws_policy_delete)
    ROW("GET", "/space/*/linkset", READ, NOTHING, NOTHING, pws_linkset_get)
    ROW("GET", "/space/*/backends", READ, NOTHING, NOTHING, pws_backends_get)
    ROW("POST", "/space/*/backends", CAPABILITY, DOCUMENT, NOTHING, pws_backends_post)
    ROW("PUT", "/space/*/backends/*", CAPABILITY, DOCUMENT, NOTHING, pws_backend_put)
    ROW("DELETE", "/space/*/backends/*", CAPABILITY, NOTHING, NOTHING, pws_backend_delete)
    ROW("GET", "/space/*/quotas", READ, NOTHING, NOTHING, pws_quotas_get)
    ROW("POST", "/space/*/export", CAPABILITY, NOTHING, NOTHING, pws_export_post)
    ROW("POST", "/space/*/import", CAPABILITY, ARCHIVE, NOTHING, pws_import_post)
    ROW("POST", "/space/*/zcaps/revocations/*", REVOKE, DOCUMENT, NOTHING, pws_revocations_post)
    ROW("*", "/space/*/meta/", ANYONE, NOTHING, NOTHING, pws_strip_slash)
    ROW("*", "/space/*/policy/", ANYONE, NOTHING, NOTHING, pws_strip_slash)
    ROW("*", "/space/*/linkset/", ANYONE, NOTHING, NOTHING, pws_strip_slash)
    ROW("*", "/space/*/backends/", ANYONE, NOTHING, NOTHING, pws_strip_slash)
    ROW("*", "/space/*/quotas/", ANYONE, NOTHING, NOTHING, pws_strip_slash)
    ROW("*", "/space/*/export/", ANYONE, NOTHING, NOTHING, pws_strip_slash)
    ROW("*", "/space/*/import/", ANYONE, NOTHING, NOTHING, pws_strip_slash)
    ROW("*", "/space/*/query/", ANYONE, NOTHING, NOTHING, pws_strip_slash)
    ROW("GET", "/space/*/", READ, NOTHING, NOTHING, pws_collections_get)
    ROW("POST", "/space/*/", CAPABILITY, DOCUMENT, NOTHING, pws_collections_post)
    ROW("DELETE", "/space/*/", DELETE_SPACE, NOTHING, NOTHING, pws_space_delete)
    ROW("*", "/space/*", ANYONE, NOTHING, NOTHING, pws_add_slash)
    ROW("GET", "/space/*/*/meta", READ, NOTHING, NOTHING, pws_collection_get)
    ROW("PUT", "/space/*/*/meta", PUT_COLLECTION, DOCUMENT, NOTHING, pws_collection_put)
    ROW("GET", "/space/*/*/meta/log", READ, NOTHING, NOTHING, pws_log_get)
    ROW("PUT", "/space/*/*/meta/log", CAPABILITY, LINES, NOTHING, pws_log_put)
    ROW("GET", "/space/*/*/policy", CAPABILITY, NOTHING, NOTHING, pws_policy_get)
    ROW("PUT", "/space/*/*/policy", CAPABILITY, DOCUMENT, NOTHING, pws_policy_put)
    ROW("DELETE", "/space/*/*/policy", CAPABILITY, NOTHING, NOTHING, pws_policy_delete)
    ROW("GET", "/space/*/*/linkset", READ, NOTHING, NOTHING, pws_linkset_get)
    ROW("GET", "/space/*/*/backend", READ, NOTHING, NOTHING, pws_backend_get)
    ROW("GET", "/space/*/*/quota", READ, NOTHING, NOTHING, pws_quota_get)
    ROW("POST", "/space/*/*/query", READ, DOCUMENT, BY_STATEMENT, pws_query_post)
    ROW("GET", "/space/*/*/query", READ, NOTHING, BY_STATEMENT, pws_query_get)
    ROW("GET", "/space/*/*/", READ, NOTHING, NOTHING, pws_resources_get)
    ROW("POST", "/space/*/*/", CAPABILITY, CONTENT, BY_STATEMENT, pws_resources_post)
    ROW("DELETE", "/space/*/*/", CONTROLLER_ONLY, NOTHING, NOTHING, pws_collection_delete)
    ROW("*", "/space/*/*", ANYONE, NOTHING, NOTHING, pws_add_slash)
    ROW("GET", "/space/*/*/*/meta", READ, NOTHING, NOTHING, pws_resource_meta_get)
    ROW("PUT", "/space/*/*/*/meta", CAPABILITY, DOCUMENT, BY_STATEMENT, pws_resource_meta_put)
    ROW("GET", "/space/*/*/*/policy", CAPABILITY, NOTHING, NOTHING, pws_policy_get)
    ROW("PUT", "/space/*/*/*/policy", CAPABILITY, DOCUMENT, NOTHING, pws_policy_put)
    ROW("DELETE", "/space/*/*/*/policy", CAPABILITY, NOTHING, NOTHING, pws_policy_delete)
    ROW("*", "/space/*/*/*/chunks", ANYONE, NOTHING, NOTHING, pws_add_slash)
    ROW("GET", "/space/*/*/*/chunks/", READ, NOTHING, NOTHING, pws_chunks_get)
    ROW("GET", "/space/*/*/*/chunks/*", READ, NOTHING, RESOURCE, pws_content_get)
    ROW("PUT", "/space/*/*/*/chunks/*", CAPABILITY, CONTENT, BY_STATEMENT, pws_chunk_put)
    ROW("DELETE", "/space/*/*/*/chunks/*", CAPABILITY, NOTHING, BY_STATEMENT, pws_chunk_delete)
    ROW("*", "/space/*/*/*/chunks/*/", ANYONE, NOTHING, NOTHING, pws_strip_slash)
    ROW("GET", "/space/*/*/*", READ, NOTHING, RESOURCE, pws_content_get)
    ROW("PUT", "/space/*/*/*", CAPABILITY, CONTENT, BY_STATEMENT, pws_resource_put)
    ROW("DELETE", "/space/*/*/*", CAPABILITY, NOTHING, BY_STATEMENT, pws_resource_delete)
    ROW("*", "/space/*/*/*/", ANYONE, NOTHING, NOTHING, pws_strip_slash)
    {0}};
#undef ROW
/* clang-format on */

/* Whether a row's shape is this one, or goes on behind it. */
static bool shape_begins(const was_route_t *row, const char *shape)
{
    return strncmp(row->shape, shape, strlen(shape)) == 0;
}

/* A segment that means something is no id (pws-next A.2): what the table does not have of it is not
 * there, whoever asks. In the older revision a collection of such a name has metadata, which is
 * refused by its id. */
static bool pws_serves(const was_request_t *request, const was_route_t *row)
{
    if (shape_begins(row, "/space/*/*") && pws_is_reserved_collection(pws_segment(request, 2))) {
        return pws_is_september(request) && strcmp(row->shape, "/space/*/*/meta") == 0;
    }
    return !shape_begins(row, "/space/*/*/*/") || strcmp(row->shape, "/space/*/*/*/") == 0 ||
           !pws_is_reserved_resource(pws_segment(request, 3));
}

/* Section 18.2. What is absent and what is refused look the same, whatever the cause was. */
static const was_face_t faces[] = {
    {.kind = WAS_ERROR_MALFORMED, .fragment = "invalid-request", .title = "Bad Request"},
    {.kind = WAS_ERROR_INVALID_ID, .fragment = "invalid-id", .title = "Invalid Id"},
    {.kind = WAS_ERROR_INVALID_BODY,
     .fragment = "invalid-request-body",
     .title = "Invalid Request Body"},
    {.kind = WAS_ERROR_INCOMPLETE,
     .fragment = "invalid-request-body",
     .title = "Invalid Request Body"},
    {.kind = WAS_ERROR_MISSING_TYPE,
     .fragment = "missing-content-type",
     .title = "Missing Content-Type"},
    {.kind = WAS_ERROR_INVALID_CURSOR, .fragment = "invalid-cursor", .title = "Invalid Cursor"},
    {.kind = WAS_ERROR_INVALID_ARCHIVE, .fragment = "invalid-import", .title = "Invalid Import"},
    {.kind = WAS_ERROR_UNSUPPORTED_SCHEME,
     .fragment = "unsupported-encryption-scheme",
     .title = "Unsupported Encryption Scheme"},
    {.kind = WAS_ERROR_MISMATCH, .fragment = "controller-mismatch", .title = "Controller Mismatch"},
    {.kind = WAS_ERROR_UNSIGNED,
     .fragment = "missing-authorization",
     .title = "Missing Authorization"},
    {.kind = WAS_ERROR_UNAUTHENTICATED,
     .status = 400,
     .fragment = "invalid-authorization-header",
     .title = "Invalid Authorization Header"},
    {.kind = WAS_ERROR_FORBIDDEN,
     .status = 404,
     .fragment = "not-found",
     .title = "Not Found",
     .masked = true},
    {.kind = WAS_ERROR_NOT_FOUND, .masked = true},
    {.kind = WAS_ERROR_EXPIRED, .fragment = "capability-expired", .title = "Capability Expired"},
    {.kind = WAS_ERROR_REVOKED, .fragment = "capability-revoked", .title = "Capability Revoked"},
    {.kind = WAS_ERROR_METHOD, .untyped = true},
    {.kind = WAS_ERROR_MISDIRECTED, .untyped = true},
    {.kind = WAS_ERROR_CONFLICT, .fragment = "id-conflict", .title = "Id Conflict"},
    {.kind = WAS_ERROR_RESERVED_ID, .fragment = "reserved-id", .title = "Reserved Id"},
    {.kind = WAS_ERROR_UNKNOWN_BACKEND,
     .fragment = "unsupported-backend",
     .title = "Unsupported Backend"},
    {.kind = WAS_ERROR_IMMUTABLE,
     .fragment = "encryption-immutable",
     .title = "Encryption Immutable"},
    {.kind = WAS_ERROR_GOVERNED,
     .fragment = "encryption-history-log-governed",
     .title = "Encryption Governed By A History Log"},
    {.kind = WAS_ERROR_REVISIONS_FIXED,
     .fragment = "revisions-immutable",
     .title = "Revisions Immutable"},
    {.kind = WAS_ERROR_WRITTEN_ONCE,
     .fragment = "resource-immutable",
     .title = "Resource Immutable"},
    {.kind = WAS_ERROR_NOT_ENCRYPTED,
     .fragment = "encryption-scheme-mismatch",
     .title = "Encryption Scheme Mismatch"},
    {.kind = WAS_ERROR_TOO_LARGE, .fragment = "payload-too-large", .title = "Payload Too Large"},
    {.kind = WAS_ERROR_NOT_IMPLEMENTED,
     .fragment = "unsupported-operation",
     .title = "Unsupported Operation"},
    {.kind = WAS_ERROR_BROKEN, .fragment = "internal-error", .title = "Internal Error"},
    {.kind = WAS_ERROR_UNAVAILABLE, .fragment = "storage-error", .title = "Storage Unavailable"},
    {.kind = WAS_ERROR_MOVING, .fragment = "storage-error", .title = "Storage Unavailable"},
    {.kind = WAS_ERROR_UNCERTAIN, .fragment = "storage-error", .title = "Storage Unavailable"},
};

const was_protocol_t pws_protocol = {
    .name = "pws",
    .problem_base = "https://w3id.org/pws#",
    .challenge = "Signature",
    .routes = routes,
    .faces = faces,
    .nfaces = sizeof(faces) / sizeof(faces[0]),
    .serves = pws_serves,
    .authenticate = pws_authenticate,
    .authorize = pws_authorize,
    .authorize_by_body = pws_authorize_by_body,
    .admit_content = pws_admit,
    .inspect = pws_inspect,
    .settle = pws_settle,
    .decorate = pws_decorate,
};
