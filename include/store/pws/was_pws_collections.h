/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_COLLECTIONS_H
#define WAS_PWS_COLLECTIONS_H

#include "store/pws/was_pws_stamp.h"
#include "store/was_db.h"
#include "store/was_grant.h"
#include "store/was_page.h"
#include "store/was_preconditions.h"

#include <apr_time.h>

/*
 * was_pws_collections: collections of pws spaces (protocol/pws section 11), each with the change
 * counter that every write below it raises. Besides the errors listed, all give those of was_db.
 */

/* Members hold JSON texts where pws gives them objects; NULL for absent. */
typedef struct was_pws_collection_t {
    const char *id;
    const char *name;
    const char *backend;    /* id; NULL for the server's own (in a change: "default") */
    const char *encryption; /* JSON */
    const char *plaintext;  /* JSON */
    const char *generator;  /* a DID, or JSON: an object */
    const char *generator_origin;
    bool forgets_generator; /* in a change: a generator that is left out is cleared, not kept */
    const char *custom;     /* JSON */
    bool is_sealed;         /* in a change: that is an envelope, or nothing */
    const char *revisions;  /* JSON; in a change: NULL for what it is */
    const char *history;    /* the method of the log that says encryption and revisions; or NULL */
    const char *epoch;
    const char *created_by;
    was_pws_stamp_t created; /* of the write that made it */
    was_pws_stamp_t stamp;
    const char *etag;
    bool is_deleted; /* in a list: only its tombstone is there */
} was_pws_collection_t;

/* Errors: NOT_FOUND. */
WAS_CHECKED const was_error_t *was_pws_collections_get(was_db_t *db, const char *space,
                                                       const char *id,
                                                       was_pws_collection_t *collection,
                                                       apr_pool_t *pool);

/* `collection` becomes what was made: what a read gives. Errors: CONFLICT (the id exists), QUOTA,
 * NOT_FOUND (the grant does not hold any more). */
WAS_CHECKED const was_error_t *was_pws_collections_create(was_db_t *db, const was_grant_t *grant,
                                                          was_pws_collection_t *collection,
                                                          apr_pool_t *pool);

/*
 * Creates (`*created` true, `collection` becomes what was made), or replaces what a client writes
 * (of `collection` only the etag becomes what is there now); a backend, plaintext, generator or
 * revisions that are left out stay. Conditions that demand an existing collection never create.
 * What a log says stays as well. What becomes unique is looked for in all resources, within a
 * statement's time. Errors: PRECONDITION, CONFLICT (two resources have one value that is to be
 * unique, or one cannot be looked at), IMMUTABLE (scheme, version or hmac of the encryption that is
 * there would change), INVALID_BODY (encryption and plaintext at once, an epoch would go), GOVERNED
 * (an encryption besides a log's), REVISIONS_FIXED, NOT_ENCRYPTED (custom, where a log says that
 * all is), QUOTA, NOT_FOUND (the grant does not hold any more), UNAVAILABLE (others change it all
 * the time).
 */
WAS_CHECKED const was_error_t *was_pws_collections_put(was_db_t *db, const was_grant_t *grant,
                                                       was_pws_collection_t *collection,
                                                       const was_conditions_t *conditions,
                                                       bool *created, apr_pool_t *pool);

/* Deletes with everything in it, and leaves a tombstone; what never was there is fine, and what was
 * deleted already if it may be `again`. Errors: NOT_FOUND (it may not, or the grant does not hold
 * any more). */
WAS_CHECKED const was_error_t *was_pws_collections_delete(was_db_t *db, const was_grant_t *grant,
                                                          const char *id, bool again,
                                                          apr_pool_t *pool);

/* A page of the space, ascending by id; only id and name are set, and of what was deleted the
 * stamp in place of the name. Errors: NOT_FOUND (the space is gone). */
WAS_CHECKED const was_error_t *was_pws_collections_list(was_db_t *db, const char *space,
                                                        const was_page_t *page,
                                                        const was_pws_collection_t **collections,
                                                        was_found_t *found, apr_pool_t *pool);

/* What a write that found no row would have found. */
typedef struct was_pws_state_t {
    bool is_granted; /* without it nothing else is set */
    bool has_collection;
    bool is_encrypted;
    bool is_immutable; /* what is in it may be deleted, and not replaced */
    bool is_elsewhere; /* its contents are at a registered backend */
    bool has_resource;
    bool has_terms;  /* the resource has */
    bool has_claims; /* the collection declares something unique */
} was_pws_state_t;

/* `collection` and `resource` may be NULL. */
WAS_CHECKED const was_error_t *was_pws_collections_state(was_db_t *db, const was_grant_t *grant,
                                                         const char *collection,
                                                         const char *resource,
                                                         was_pws_state_t *state, apr_pool_t *pool);

/* NOT_FOUND for a grant that does not hold any more, NULL for one that does. */
WAS_CHECKED const was_error_t *was_pws_grant_check(was_db_t *db, const was_grant_t *grant,
                                                   apr_pool_t *pool);

#endif
