/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_H
#define PWS_H

#include "http/was_respond.h"
#include "pws/pws_state.h"

/*
 * pws: "Portable Web Spaces" v0.5. One symbol for the driver, and the handlers of its rows. Private
 * by default: what a request may is what the capability that it invokes says, and whoever may not
 * cannot tell what is there from what is not.
 */

extern const was_protocol_t pws_protocol;

/* Link to the service document, on every answer. */
void pws_decorate(was_request_t *request);

/* was_protocol_t.admit_content, of whatever is taken and of contents. Errors: UNSUPPORTED (a form),
 * and those of was_pws_resources_room. */
WAS_CHECKED const was_error_t *pws_admit(was_request_t *request, was_place_t *place);
WAS_CHECKED const was_error_t *pws_content_admit(was_request_t *request, was_place_t *place);

/* Of a chunk the same. Errors: those of was_pws_chunks_room. */
WAS_CHECKED const was_error_t *pws_chunk_admit(was_request_t *request, was_place_t *place);

/* The media type of a body that is to be stored. Errors: MISSING_TYPE, INVALID_BODY. */
WAS_CHECKED const was_error_t *pws_read_type(const was_request_t *request, const char **type);

/* What the server's own backend is called. */
#define PWS_OWN_BACKEND "PostgreSQL"

/* The list of a space's backends as JSON, in the pool: the server's own, and behind it those of
 * `registered`, with commas between; NULL for none. Errors: UNAVAILABLE (no memory). */
WAS_CHECKED const was_error_t *pws_backends_text(const was_request_t *request,
                                                 const char *registered, const char **text);

/* What the request's document says of a collection. Errors: those of pws_descriptors, INVALID_BODY,
 * NOT_ENCRYPTED, UNKNOWN_BACKEND. */
struct was_pws_collection_t;
WAS_CHECKED const was_error_t *pws_collection_read(const was_request_t *request,
                                                   struct was_pws_collection_t *collection);

/* The handlers, by route. Errors: those of the store's verb, and INVALID_BODY. */
#define PWS_HANDLERS(X)                                                                            \
    X(pws_root_get)                                                                                \
    X(pws_service_get)                                                                             \
    X(pws_add_slash)                                                                               \
    X(pws_strip_slash)                                                                             \
    X(pws_retired)                                                                                 \
    X(pws_spaces_get)                                                                              \
    X(pws_spaces_post)                                                                             \
    X(pws_space_get)                                                                               \
    X(pws_space_put)                                                                               \
    X(pws_space_delete)                                                                            \
    X(pws_collections_get)                                                                         \
    X(pws_collections_post)                                                                        \
    X(pws_collection_get)                                                                          \
    X(pws_collection_put)                                                                          \
    X(pws_collection_delete)                                                                       \
    X(pws_log_get)                                                                                 \
    X(pws_log_put)                                                                                 \
    X(pws_resources_get)                                                                           \
    X(pws_resources_post)                                                                          \
    X(pws_content_get)                                                                             \
    X(pws_resource_put)                                                                            \
    X(pws_resource_delete)                                                                         \
    X(pws_resource_meta_get)                                                                       \
    X(pws_resource_meta_put)                                                                       \
    X(pws_chunks_get)                                                                              \
    X(pws_chunk_put)                                                                               \
    X(pws_chunk_delete)                                                                            \
    X(pws_query_post)                                                                              \
    X(pws_query_get)                                                                               \
    X(pws_policy_get)                                                                              \
    X(pws_policy_put)                                                                              \
    X(pws_policy_delete)                                                                           \
    X(pws_linkset_get)                                                                             \
    X(pws_backends_get)                                                                            \
    X(pws_backends_post)                                                                           \
    X(pws_backend_get)                                                                             \
    X(pws_backend_put)                                                                             \
    X(pws_backend_delete)                                                                          \
    X(pws_quotas_get)                                                                              \
    X(pws_quota_get)                                                                               \
    X(pws_revocations_post)                                                                        \
    X(pws_export_post)                                                                             \
    X(pws_import_post)

#define PWS_HANDLER(name)                                                                          \
    WAS_CHECKED const was_error_t *name(was_request_t *request, was_response_t *response);
PWS_HANDLERS(PWS_HANDLER)
#undef PWS_HANDLER

#endif
