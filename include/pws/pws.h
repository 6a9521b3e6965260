/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_H
#define PWS_H

#include "http/was_body.h"
#include "store/was_items.h"
#include "store/was_policies.h"
#include "http/was_respond.h"
#include "auth/was_zcap.h"

/*
 * pws: "Portable Web Spaces" v0.5. One symbol for the driver; the rest is between the files of
 * src/pws. Private by default: what a request may is what the capability that it invokes says, and
 * whoever may not cannot tell what is there from what is not.
 */

extern const was_protocol_t pws_protocol;

enum {
    PWS_ID_MAX_BYTES = 255,
    PWS_NAME_MAX_BYTES = 1024,
    PWS_CUSTOM_MAX_BYTES = 32 * 1024,
    PWS_PAGE = 100,
    PWS_PAGE_MAX = 1000
};

/* What a request holds; request->state once it was authenticated. */
typedef struct pws_state_t {
    bool is_signed; /* it carries a signature and a capability, well-formed */
    bool verified;  /* and the signature is good */
    was_zcap_chain_t chain;
    const char *capability; /* as sent; NULL for a root */
    bool chain_verified;    /* by an earlier request */
    const char *action;
    /* After authorization: */
    bool exists;              /* the space does */
    const char *controller;   /* the space's; NULL when there is no space */
    const char *links;        /* of the chain, for the store; NULL for a root */
    was_resource_t *resource; /* that a read is about, when it came along; or NULL */
} pws_state_t;

const pws_state_t *pws_state(const was_request_t *request);

/* Sections 4 (steps 2 to 6) and 5. Errors: UNSIGNED, UNAUTHENTICATED, MISSING_TYPE. */
const was_error_t *pws_authenticate(was_request_t *request);

/* Sections 4 (steps 7 to 9), 6.4 and 8. Errors: INVALID_ID, NOT_FOUND, EXPIRED, REVOKED, and those
 * of was_db. */
const was_error_t *pws_authorize(was_request_t *request);

/* What of a right the body decides. Errors: NOT_FOUND. */
const was_error_t *pws_authorize_by_body(was_request_t *request);

/* Section 8.5: whether the caller controls the space, or delegated in `chain`. */
bool pws_may_revoke(const was_request_t *request, const was_zcap_chain_t *chain);

/* Section 8.6: whether the controller that a new space names wants it. `target` is the URL whose
 * root may be invoked. Errors: MISMATCH. */
const was_error_t *pws_consent(const was_request_t *request, const char *controller,
                               const char *target);

/* Whose spaces the request may list: a DID, or NULL for nobody's. */
const char *pws_lister(const was_request_t *request);

/* Section 8.5. */
const was_error_t *pws_revocations_post(was_request_t *request, was_response_t *response);

/* Link to the service document, on every answer. */
void pws_decorate(was_request_t *request);

/* What a write stands on. */
was_grant_t pws_grant(const was_request_t *request);

/* The decoded segment: 1 is the space, 2 the collection, 3 the resource. */
const char *pws_segment(const was_request_t *request, int index);

/* Section 1.2: whether a text can be an id. Errors: INVALID_ID. */
const was_error_t *pws_check_id(const char *id, apr_pool_t *pool);

/* Section 1.3: ids that mean something else where a collection's or a resource's would stand. */
bool pws_is_reserved_collection(const char *id);
bool pws_is_reserved_resource(const char *id);

/* URLs: with the origin, or from its root. `format` makes what follows the mount. */
const char *pws_url(const was_request_t *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *pws_path(const was_request_t *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The body as a JSON object, which the driver has parsed. Fails never. */
const was_error_t *pws_read_object(const was_request_t *request, json_t **object);

/* A DID of a method that we can verify. Errors: INVALID_BODY. */
const was_error_t *pws_check_controller(const char *controller, apr_pool_t *pool);

/* Microseconds as RFC 3339. */
json_t *pws_time(apr_time_t time, apr_pool_t *pool);

/* Sets a string member when there is one. */
void pws_set_string(json_t *object, const char *name, const char *value);

/* Sets a member from its JSON text when there is one. */
void pws_set_json(json_t *object, const char *name, const char *text);

/* An answer of one JSON document that the caller alone may keep. */
void pws_answer_json(was_request_t *request, was_response_t *response, json_t *json);

/* Where a page of a listing begins, and how long it is (section 13.1). Errors: INVALID_CURSOR. */
typedef struct pws_page_t {
    const char *after; /* "" for the first */
    int limit;
} pws_page_t;
const was_error_t *pws_read_page(const was_request_t *request, pws_page_t *page);

/* The URL of the next page, behind `last`. */
const char *pws_next_page(const was_request_t *request, const pws_page_t *page, const char *path,
                          const char *last);

/* Section 14.2: whether a JSON object is an encrypted envelope. */
bool pws_is_envelope(const json_t *value);

/* Reads `custom` for a collection that is encrypted or not. Errors: INVALID_BODY. */
const was_error_t *pws_read_custom(const json_t *body, const char **text, bool *is_envelope,
                                   apr_pool_t *pool);

/* Whether a media type is a form's (RFC 7578). */
bool pws_is_multipart(const char *type);

/*
 * Makes the form's one part with a filename the content: its bytes and its type. Other parts are
 * not looked at.
 * Errors: INVALID_BODY (malformed, no such part, several), UNSUPPORTED (a form that does not fit
 * into memory: WAS_PIECE_BYTES).
 */
const was_error_t *pws_multipart_file(const was_request_t *request, was_content_t *content);

/* The handlers, by route. */
#define PWS_HANDLER(name) const was_error_t *name(was_request_t *request, was_response_t *response)
PWS_HANDLER(pws_root_get);
PWS_HANDLER(pws_service_get);
PWS_HANDLER(pws_add_slash);
PWS_HANDLER(pws_strip_slash);
PWS_HANDLER(pws_retired);
PWS_HANDLER(pws_not_offered);
PWS_HANDLER(pws_spaces_get);
PWS_HANDLER(pws_spaces_post);
PWS_HANDLER(pws_space_get);
PWS_HANDLER(pws_space_put);
PWS_HANDLER(pws_space_delete);
PWS_HANDLER(pws_collections_get);
PWS_HANDLER(pws_collections_post);
PWS_HANDLER(pws_collection_get);
PWS_HANDLER(pws_collection_put);
PWS_HANDLER(pws_collection_delete);
PWS_HANDLER(pws_items_get);
PWS_HANDLER(pws_items_post);
PWS_HANDLER(pws_item_get);
PWS_HANDLER(pws_item_put);
PWS_HANDLER(pws_item_delete);
PWS_HANDLER(pws_item_meta_get);
PWS_HANDLER(pws_item_meta_put);
PWS_HANDLER(pws_policy_get);
PWS_HANDLER(pws_policy_put);
PWS_HANDLER(pws_policy_delete);
PWS_HANDLER(pws_linkset_get);
PWS_HANDLER(pws_backends_get);
PWS_HANDLER(pws_backends_post);
PWS_HANDLER(pws_backend_get);
PWS_HANDLER(pws_backend_put);
PWS_HANDLER(pws_backend_delete);
#undef PWS_HANDLER

#endif
