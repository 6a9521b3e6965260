/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_POLICIES_H
#define WAS_PWS_POLICIES_H

#include "store/pws/was_pws_stamp.h"
#include "store/was_db.h"
#include "store/was_grant.h"
#include "store/was_preconditions.h"

/*
 * was_pws_policies: policies of spaces, collections and resources (protocol/pws section 8.2).
 * Besides the errors listed, all give those of was_db.
 */

/* Where a policy stands. */
typedef struct was_pws_level_t {
    const char *collection; /* NULL: the space's own */
    const char *resource;   /* NULL: the collection's own, or the space's */
} was_pws_level_t;

/* A policy, or what is left of one. */
typedef struct was_pws_policy_t {
    const char *document; /* JSON: an object; NULL: it was deleted */
    const char *etag;
    was_pws_stamp_t stamp;
} was_pws_policy_t;

/* What is, or is left, at exactly this level. Errors: NOT_FOUND (nothing ever was). */
WAS_CHECKED const was_error_t *was_pws_policies_get(was_db_t *db, const char *space,
                                                    const was_pws_level_t *level,
                                                    was_pws_policy_t *policy, apr_pool_t *pool);

/* Writes `policy->document`, under conditions on what is there; the rest of `policy` becomes what
 * is there then. Errors: PRECONDITION, QUOTA, NOT_FOUND (nothing there that could have a policy, or
 * the grant does not hold any more), UNAVAILABLE (others change it all the time). */
WAS_CHECKED const was_error_t *was_pws_policies_put(was_db_t *db, const was_grant_t *grant,
                                                    const was_pws_level_t *level,
                                                    const was_conditions_t *conditions,
                                                    was_pws_policy_t *policy, bool *created,
                                                    apr_pool_t *pool);

/* Leaves a tombstone, whose validator `*etag` is; what is not there is fine without a condition on
 * it, writes nothing, and has none (NULL). Errors: PRECONDITION, NOT_FOUND (the grant does not hold
 * any more). */
WAS_CHECKED const was_error_t *was_pws_policies_delete(was_db_t *db, const was_grant_t *grant,
                                                       const was_pws_level_t *level,
                                                       const was_conditions_t *conditions,
                                                       const char **etag, apr_pool_t *pool);

#endif
