/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_POLICIES_H
#define WAS_POLICIES_H

#include "store/was_collections.h"
#include "store/was_resources.h"

/*
 * was_policies: what decides who may, as rows: a pws space's controller, its policies, and the
 * delegations that were revoked. Besides the errors listed, all give those of was_db.
 */

/* Where a policy stands. */
typedef struct was_policy_key_t {
    const char *collection; /* NULL: the space's own */
    const char *path; /* "/{collection}/{resource}"; NULL: the collection's own, or the space's */
} was_policy_key_t;

/* A resource that is wanted too, if the standing lets it be had. */
typedef struct was_wanted_t {
    const char *controller; /* only if this DID controls the space, and no link was revoked */
    apr_size_t want;        /* how long a content may be to come with it */
    was_resource_t *resource;
    bool found; /* set by the look */
} was_wanted_t;

/* All that a request's authorization needs of the store, at one moment. */
typedef struct was_standing_t {
    const char *controller; /* DID; NULL: there is no such space */
    bool revoked;           /* one of the links was */
    const char *policy;     /* JSON: the most specific one that exists; or NULL */
} was_standing_t;

/* `wanted` may be NULL. */
const was_error_t *was_policies_look(was_db_t *db, const char *space, const char *links,
                                     const was_policy_key_t *key, was_wanted_t *wanted,
                                     was_standing_t *standing, apr_pool_t *pool);

/* The document at exactly this level. Errors: NOT_FOUND. */
const was_error_t *was_policies_get(was_db_t *db, const char *space, const was_policy_key_t *key,
                                    const char **document, apr_pool_t *pool);

/* Errors: NOT_FOUND (nothing there that could have a policy). */
const was_error_t *was_policies_put(was_db_t *db, const was_grant_t *grant,
                                    const was_policy_key_t *key, const char *document,
                                    bool *created, apr_pool_t *pool);

/* What is not there is fine. */
const was_error_t *was_policies_delete(was_db_t *db, const was_grant_t *grant,
                                       const was_policy_key_t *key, apr_pool_t *pool);

/* Revokes a link ("id delegator") of a space, to be remembered until the time (Unix seconds). What
 * is revoked already is fine. */
const was_error_t *was_policies_revoke(was_db_t *db, const char *space, const char *controller,
                                       const char *link, apr_int64_t keep_until, apr_pool_t *pool);

#endif
