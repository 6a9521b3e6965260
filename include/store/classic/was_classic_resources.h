/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CLASSIC_RESOURCES_H
#define WAS_CLASSIC_RESOURCES_H

#include "store/was_content.h"
#include "store/was_limit.h"
#include "store/was_page.h"
#include "store/was_preconditions.h"

/*
 * was_classic_resources: resources of the classic protocol as rows of the Python server's
 * was_resources (protocol/classic sections 2, 5 and 8). A path is the decoded path with its leading
 * slash. Besides the errors listed, all give those of was_db.
 */

/* Which resource, and who asks. */
typedef struct was_classic_key_t {
    const char *space;
    const char *path;
    const char *caller; /* or NULL */
} was_classic_key_t;

/*
 * Reads a resource. `anyone` says that no right is needed; otherwise the caller must control the
 * space. `want` is how long a content may be to come with the row.
 * With `link`, the space's link (or NULL) comes out too, also with a FORBIDDEN.
 * Errors: NOT_FOUND, pointer "/space" or "/resource"; FORBIDDEN.
 */
WAS_CHECKED const was_error_t *was_classic_resources_get(was_db_t *db, const was_classic_key_t *key,
                                                         bool anyone, apr_size_t want,
                                                         was_resource_t *resource,
                                                         const char **link, apr_pool_t *pool);

/*
 * How much room there is for a content, in a space that may be charged with `quota` bytes: for who
 * may not write it to be told so before his bytes are taken.
 * Errors: NOT_FOUND, pointer "/space"; FORBIDDEN; FROZEN; PRECONDITION.
 */
WAS_CHECKED const was_error_t *
was_classic_resources_room(was_db_t *db, const was_classic_key_t *key, apr_int64_t quota,
                           const was_conditions_t *conditions, was_room_t *room, apr_pool_t *pool);

/*
 * Creates or replaces. Conditions that demand an existing version never create. The space may be
 * charged with `quota` bytes; up to 0: no limit.
 * Errors: NOT_FOUND, pointer "/space"; FORBIDDEN; FROZEN; PRECONDITION; TARGET_TOO_LONG; QUOTA
 * (never for what is charged no more than what it replaces); UNAVAILABLE, also when parts of the
 * content are missing.
 */
WAS_CHECKED const was_error_t *was_classic_resources_put(was_db_t *db, const was_classic_key_t *key,
                                                         const was_content_t *content,
                                                         const was_conditions_t *conditions,
                                                         apr_int64_t quota, const char **etag,
                                                         apr_pool_t *pool);

/* Deletes. What is not there is fine, in a space that is not there too.
 * Errors: FORBIDDEN, FROZEN, PRECONDITION. */
WAS_CHECKED const was_error_t *was_classic_resources_delete(was_db_t *db,
                                                            const was_classic_key_t *key,
                                                            const was_conditions_t *conditions,
                                                            apr_pool_t *pool);

/* A page of a space's resources by their paths, in the database's order, without contents. The
 * right to list was checked by the caller's read of the space. */
WAS_CHECKED const was_error_t *was_classic_resources_list(was_db_t *db, const char *space,
                                                          const was_page_t *page,
                                                          const was_resource_t **resources,
                                                          was_found_t *found, apr_pool_t *pool);

#endif
