/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_CHUNKS_H
#define WAS_PWS_CHUNKS_H

#include "store/pws/was_pws_resources.h"

/*
 * was_pws_chunks: numbered contents that belong to a resource (protocol/pws section 16), each with
 * a validator and a generation of its own. They go with the resource, and a write of one changes
 * nothing of it, nor a position of its collection. `key` is the resource; where that is absent, so
 * is everything. Besides the errors listed, all give those of was_db.
 */

enum { WAS_PWS_CHUNK_MAX = 2147483647 }; /* numbers go from 0 */

/* A row of was_resource_t, from `column` on. False when there is no chunk in it. */
bool was_pws_chunks_row(const was_rows_t *rows, int column, const was_pws_key_t *key,
                        apr_int64_t number, was_resource_t *chunk);

/* How much room there is for a content. Errors: NOT_FOUND (no such resource), PRECONDITION (what is
 * there now is not as it must be). */
WAS_CHECKED const was_error_t *was_pws_chunks_room(was_db_t *db, const was_grant_t *grant,
                                                   const was_pws_key_t *key, apr_int64_t number,
                                                   const was_conditions_t *conditions,
                                                   was_room_t *room, apr_pool_t *pool);

/* Creates or replaces; the notes of the write are not looked at. In a collection that is immutable,
 * what is there already is fine and stays, as in was_pws_resources_put. Errors: NOT_FOUND (no such
 * resource), PRECONDITION, UNKNOWN_BACKEND, WRITTEN_ONCE, QUOTA, UNAVAILABLE (also when parts of
 * the content are missing). */
WAS_CHECKED const was_error_t *was_pws_chunks_put(was_db_t *db, const was_grant_t *grant,
                                                  const was_pws_key_t *key, apr_int64_t number,
                                                  const was_pws_write_t *write, const char **etag,
                                                  apr_pool_t *pool);

/* Errors: NOT_FOUND (no such chunk, either), PRECONDITION. */
WAS_CHECKED const was_error_t *was_pws_chunks_delete(was_db_t *db, const was_grant_t *grant,
                                                     const was_pws_key_t *key, apr_int64_t number,
                                                     const was_conditions_t *conditions,
                                                     apr_pool_t *pool);

typedef struct was_pws_chunk_t {
    apr_int64_t number;
    apr_int64_t size;
    const char *type;
} was_pws_chunk_t;

enum { WAS_PWS_CHUNKS_PAGE = 500 };

/* Chunks in the order of their numbers, so many at a time, each time at one moment. */
typedef struct was_pws_chunks_t {
    apr_int64_t after;             /* the number behind which the next page begins; -1 at first */
    apr_int64_t mark;              /* of the resource's chunks, as the first page has found it */
    const was_pws_chunk_t *chunks; /* the page, in its pool */
    int count;
    bool more; /* there may be */
} was_pws_chunks_t;

/* Reads the next page. Errors: NOT_FOUND (no such resource), CONFLICT (it is another one than that
 * of the first page). */
WAS_CHECKED const was_error_t *was_pws_chunks_list(was_db_t *db, const was_pws_key_t *key,
                                                   was_pws_chunks_t *list, apr_pool_t *pool);

#endif
