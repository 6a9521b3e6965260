/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_CHANGES_H
#define WAS_PWS_CHANGES_H

#include "store/was_db.h"
#include "store/was_grant.h"

#include <apr_time.h>

/*
 * was_pws_changes: what has changed in a collection (protocol/pws-next section D): each record at
 * the position of its latest write, in the order of positions, which is that of commits. Besides
 * the errors listed, all give those of was_db.
 */

enum { WAS_FEED_KEY_BYTES = 32 };

typedef enum was_pws_change_kind_t {
    WAS_PWS_CHANGE_RESOURCE,
    WAS_PWS_CHANGE_COLLECTION, /* what is said of the collection itself */
    WAS_PWS_CHANGE_LOG,        /* that governs it */
    WAS_PWS_CHANGE_POLICY      /* of the collection, or of a resource */
} was_pws_change_kind_t;

typedef struct was_pws_change_stamp_t {
    apr_time_t updated;
    apr_int64_t counter;
    const char *generation; /* in hexadecimal */
} was_pws_change_stamp_t;

typedef struct was_pws_change_t {
    was_pws_change_kind_t kind;
    const char *id; /* of the resource, or of the one that the policy is of; "": the collection */
    bool is_deleted;
    apr_int64_t position;
    was_pws_change_stamp_t stamp;
    const char *etag; /* without quotes */
    /* Of resources alone; each may be NULL, and of a deleted one only type and writer are known: */
    const char *type;
    const char *created_by;
    const char *writer;
    const char *epoch;
    const char *custom;    /* JSON */
    const char *meta_etag; /* NULL: nothing was noted; else `meta` is set */
    was_pws_change_stamp_t meta;
    const char *content; /* of `length` bytes: of a JSON type, and at most WAS_PIECE_BYTES */
    apr_size_t length;
} was_pws_change_t;

typedef struct was_pws_changes_query_t {
    const char *space;
    const char *collection;
    apr_int64_t after; /* a position, 0 for the beginning */
    int limit;         /* of changes, 1 or more */
    int extra;         /* bytes that a change takes in the answer besides its own */
    /* Without policies, and without resources whose own policy does not let anybody read, and what
     * is left of one that had a policy. */
    bool only_public;
    bool only_json; /* resources with a JSON type, and nothing else */
    /* NULL: the right was looked at before. Else only who has this one finds the collection. */
    const was_grant_t *grant;
} was_pws_changes_query_t;

/* A page, which ends by its bytes, too (was_page): so it takes at most WAS_PAGE_BYTES, or one
 * change, whatever there is behind it. */
typedef struct was_pws_changes_t {
    const unsigned char *key; /* the database's own, WAS_FEED_KEY_BYTES, which nobody is told */
    const char *origin;
    apr_int64_t generation; /* of the collection: another one in each life */
    apr_int64_t position;   /* where the collection is */
    const was_pws_change_t *changes;
    int count;
} was_pws_changes_t;

/* What a write moves meanwhile is left for the page behind it. It is one exchange; one more where
 * something that is no resource is on the page, and another where few changes are asked for and one
 * of them is long. Errors: NOT_FOUND (no such collection, or none by that grant). */
WAS_CHECKED const was_error_t *was_pws_changes_read(was_db_t *db,
                                                    const was_pws_changes_query_t *query,
                                                    was_pws_changes_t *changes, apr_pool_t *pool);

#endif
