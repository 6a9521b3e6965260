/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_RESOURCES_H
#define WAS_RESOURCES_H

#include "store/was_spaces.h"

/*
 * was_resources: resources as rows of was_resources. A path is the decoded path with its leading
 * slash. Contents up to WAS_PIECE_BYTES travel with the row; bigger ones in pieces, each tied to
 * one version of the row.
 */

enum {
    WAS_PIECE_BYTES = 1024 * 1024,
    /* A piece of a bigger content. libpq's buffers grow by doubling and never shrink: this fits
     * into half a MiB with all that stands around it in a message. */
    WAS_READ_BYTES = 508 * 1024,
    /* What a bytea can hold, with room for the row around it in a message of one GiB. */
    WAS_CONTENT_MAX_BYTES = 1000 * 1024 * 1024
};

/* Which resource, and who asks. */
typedef struct was_resource_key_t {
    const char *protocol;
    const char *space;
    const char *path;
    const char *caller; /* or NULL */
} was_resource_key_t;

typedef struct was_resource_t {
    const char *path;
    const char *type;
    apr_int64_t size;
    const char *etag;     /* without quotes */
    apr_int64_t modified; /* Unix seconds; -1 when unknown */
    const char *piece;    /* the content, if it came with the row; else NULL, of no length */
    apr_size_t piece_length;
} was_resource_t;

/* A content on its way in: in memory, or to be read from a source when `bytes` is NULL. */
typedef struct was_content_t {
    const char *type;
    const char *bytes;
    apr_size_t length;
    const was_source_t *source;
    apr_int64_t quota; /* bytes that the space's contents may have with it; up to 0: no limit */
} was_content_t;

/*
 * Reads a resource. `anyone` says that no right is needed; otherwise the caller must control the
 * space. `want` is how long a content may be to come with the row.
 * With `link`, the space's link (or NULL) comes out too, also with a FORBIDDEN.
 * Errors: NOT_FOUND, pointer "/space" or "/resource"; FORBIDDEN.
 */
const was_error_t *was_resources_get(was_db_t *db, const was_resource_key_t *key, bool anyone,
                                     apr_size_t want, was_resource_t *resource, const char **link,
                                     apr_pool_t *pool);

/* `length` bytes from `offset` of the version named by `etag`. Errors: CONFLICT (no such version
 * any more). */
const was_error_t *was_resources_piece(was_db_t *db, const char *space, const char *path,
                                       const char *etag, apr_int64_t offset, apr_size_t length,
                                       const char **bytes, apr_size_t *count, apr_pool_t *pool);

/*
 * Creates or replaces. Conditions that demand an existing version never create.
 * Errors: NOT_FOUND, pointer "/space"; FORBIDDEN; PRECONDITION; TARGET_TOO_LONG; QUOTA (never for a
 * content that is no longer than what it replaces).
 */
const was_error_t *was_resources_put(was_db_t *db, const was_resource_key_t *key,
                                     const was_content_t *content,
                                     const was_conditions_t *conditions, const char **etag,
                                     apr_pool_t *pool);

/*
 * What puts of resources share: runs the one of `statements` that fits, by whether the content is
 * staged and whether there is a quota, which is exact. `values` are the other parameters, with room
 * for two more behind them. No row: nothing was written.
 */
const was_error_t *was_content_write(was_db_t *db, const was_content_t *content, const char *space,
                                     const was_sql_t statements[2][2], was_value_t *values,
                                     int nvalues, const was_rows_t **rows, apr_pool_t *pool);

/* Whether it was the quota, and not the conditions, that a put failed by in a space that the caller
 * may write to. Errors: QUOTA. */
const was_error_t *was_content_check(was_db_t *db, const was_content_t *content, const char *space,
                                     const char *path, const was_conditions_t *conditions,
                                     apr_pool_t *pool);

/* Deletes. What is not there is fine, in a space that is not there too.
 * Errors: FORBIDDEN, PRECONDITION. */
const was_error_t *was_resources_delete(was_db_t *db, const was_resource_key_t *key,
                                        const was_conditions_t *conditions, apr_pool_t *pool);

/* Resources of a space with a path after `after` ("" for the first page), in the database's order,
 * at most `limit`, without contents. The right to list was checked by the caller's read of the
 * space. */
const was_error_t *was_resources_list(was_db_t *db, const char *space, const char *after, int limit,
                                      const was_resource_t **resources, int *count,
                                      apr_pool_t *pool);

#endif
