/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef CLASSIC_H
#define CLASSIC_H

#include "http/was_body.h"
#include "http/was_respond.h"
#include "store/classic/was_classic_resources.h"
#include "store/classic/was_classic_spaces.h"

/*
 * classic: the protocol of today's wallets ("WAS", wallet.storage drafts 0.1 and 0.2). One symbol
 * for the driver; the rest is between the files of src/classic.
 */

extern const was_protocol_t classic_protocol;

/* was_protocol_t.admit_content. Errors: those of was_classic_resources_room. */
WAS_CHECKED const was_error_t *classic_content_admit(was_request_t *request, was_place_t *place);

/* Section 3: verifies the signature, in the spellings of the target that clients sign. */
WAS_CHECKED const was_error_t *classic_authenticate(was_request_t *request);

/* Section 1: whether a text can be a space's uuid. Errors: INVALID_ID. */
enum { CLASSIC_UUID_MAX_BYTES = 255 };
WAS_CHECKED const was_error_t *classic_check_uuid(const char *uuid, apr_pool_t *pool);

/* The space named by the path's second segment. Errors: INVALID_ID. */
WAS_CHECKED const was_error_t *classic_space_uuid(const was_request_t *request, const char **uuid);

/* Section 5: whether the access list that the space's `link` leads to grants public reading of the
 * decoded `path` in the space. Anything malformed grants nothing.
 * Errors: those of was_db. */
WAS_CHECKED const was_error_t *classic_acl_grants(was_request_t *request, const char *space,
                                                  const char *link, const char *path,
                                                  bool *granted);

/* Section 7: makes the export of a space that the caller controls the response. */
void classic_export(was_request_t *request, const was_classic_space_t *space,
                    was_response_t *response);

/* The name of a resource's file there, below a directory named after the space; in the pool. */
const char *classic_entry_name(const char *uuid, const char *path, apr_pool_t *pool);

/* The handlers, by route. */
WAS_CHECKED const was_error_t *classic_root_get(was_request_t *request, was_response_t *response);
WAS_CHECKED const was_error_t *classic_spaces_redirect(was_request_t *request,
                                                       was_response_t *response);
WAS_CHECKED const was_error_t *classic_spaces_get(was_request_t *request, was_response_t *response);
WAS_CHECKED const was_error_t *classic_spaces_post(was_request_t *request,
                                                   was_response_t *response);
WAS_CHECKED const was_error_t *classic_space_get(was_request_t *request, was_response_t *response);
WAS_CHECKED const was_error_t *classic_space_post(was_request_t *request, was_response_t *response);
WAS_CHECKED const was_error_t *classic_space_put(was_request_t *request, was_response_t *response);
WAS_CHECKED const was_error_t *classic_space_delete(was_request_t *request,
                                                    was_response_t *response);
WAS_CHECKED const was_error_t *classic_resource_get(was_request_t *request,
                                                    was_response_t *response);
WAS_CHECKED const was_error_t *classic_resource_put(was_request_t *request,
                                                    was_response_t *response);
WAS_CHECKED const was_error_t *classic_resource_post(was_request_t *request,
                                                     was_response_t *response);
WAS_CHECKED const was_error_t *classic_resource_delete(was_request_t *request,
                                                       was_response_t *response);

#endif
