/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_IDS_H
#define PWS_IDS_H

#include "http/was_request.h"

/*
 * pws_ids: ids of spaces, collections and resources, numbers of chunks, and the URLs that they make
 * (protocol/pws sections 1.1 to 1.3).
 */

enum { PWS_ID_MAX_BYTES = 255, PWS_NAME_MAX_BYTES = 1024 };

/* The decoded segment of the request's path: 1 is the space, 2 the collection, 3 the resource. */
const char *pws_segment(const was_request_t *request, int index);

/* Whether a text can be an id. Errors: INVALID_ID, pointer "#/id". */
WAS_CHECKED const was_error_t *pws_check_id(const char *id, apr_pool_t *pool);

/* The `id` that a body gives to what it makes, or one of our own making. Errors: INVALID_ID. */
WAS_CHECKED const was_error_t *pws_read_new_id(const json_t *body, const char **id,
                                               apr_pool_t *pool);

/* Whether a body that names an `id` names the one in the URL. Errors: INVALID_BODY. */
WAS_CHECKED const was_error_t *pws_check_same_id(const json_t *body, const char *id,
                                                 apr_pool_t *pool);

/* The number of the chunk that the path names (section 1.2); -1 where it names none. Errors:
 * INVALID_ID. */
WAS_CHECKED const was_error_t *pws_read_chunk(const was_request_t *request, apr_int64_t *number);

/* Whether the path names a chunk, whatever its number. */
bool pws_names_chunk(const was_request_t *request);

/* Ids that mean something else where a collection's or a resource's would stand. */
bool pws_is_reserved_collection(const char *id);
bool pws_is_reserved_resource(const char *id);

/* URLs: with the origin, or from its root. `format` makes what follows the mount. */
const char *pws_url(const was_request_t *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *pws_path(const was_request_t *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
