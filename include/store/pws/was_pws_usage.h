/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_USAGE_H
#define WAS_PWS_USAGE_H

#include "store/pws/was_pws_backends.h"

/*
 * was_pws_usage: what spaces and collections are charged (protocol/pws section 17.3), by the
 * counters that each write keeps: nothing is counted. Besides the errors listed, all give those of
 * was_db.
 */

/* Of a space, at one moment, and the backends that are registered there. */
typedef struct was_pws_usage_t {
    apr_int64_t bytes;
    const was_pws_backend_t *backends;
    int nbackends;
} was_pws_usage_t;

/* While `controller` controls the space. Errors: NOT_FOUND. */
WAS_CHECKED const was_error_t *was_pws_usage_space(was_db_t *db, const char *space,
                                                   const char *controller, was_pws_usage_t *usage,
                                                   apr_pool_t *pool);

/* Of a collection, at one moment. */
typedef struct was_pws_share_t {
    apr_int64_t bytes;         /* with all that is in it */
    apr_int64_t space_bytes;   /* of which they are */
    was_pws_backend_t backend; /* that it selects; an id of NULL for the server's own, a descriptor
                                * of NULL for one that is registered no more */
} was_pws_share_t;

/* Errors: NOT_FOUND. */
WAS_CHECKED const was_error_t *was_pws_usage_collection(was_db_t *db, const char *space,
                                                        const char *collection,
                                                        was_pws_share_t *share, apr_pool_t *pool);

typedef struct was_pws_used_t {
    const char *collection;
    apr_int64_t bytes;
    bool is_hidden; /* from who reads by a policy alone, if that was asked */
} was_pws_used_t;

/* Collections in the order of their ids, 500 at a time, each time at one moment. */
typedef struct was_pws_used_list_t {
    const char *after;          /* the caller's: "" at first, and then the last id of the page */
    bool only_public;           /* the caller's: is what is hidden asked? */
    apr_int64_t life;           /* of the space: its generation */
    const was_pws_used_t *used; /* the page, in its pool */
    int count;
    bool more; /* there may be */
} was_pws_used_list_t;

/* Reads the next page. Errors: NOT_FOUND (the space is gone, or was made anew behind the first). */
WAS_CHECKED const was_error_t *was_pws_usage_list(was_db_t *db, const char *space,
                                                  was_pws_used_list_t *list, apr_pool_t *pool);

#endif
