/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_POLICIES_H
#define WAS_PWS_POLICIES_H

#include "store/was_db.h"
#include "store/was_grant.h"

/*
 * was_pws_policies: policies of spaces, collections and resources (protocol/pws section 8.2).
 * Besides the errors listed, all give those of was_db.
 */

/* Where a policy stands. */
typedef struct was_pws_level_t {
    const char *collection; /* NULL: the space's own */
    const char *resource;   /* NULL: the collection's own, or the space's */
} was_pws_level_t;

/* The document at exactly this level. Errors: NOT_FOUND. */
WAS_CHECKED const was_error_t *was_pws_policies_get(was_db_t *db, const char *space,
                                                    const was_pws_level_t *level,
                                                    const char **document, apr_pool_t *pool);

/* Errors: NOT_FOUND (nothing there that could have a policy, or the grant does not hold any
 * more). */
WAS_CHECKED const was_error_t *was_pws_policies_put(was_db_t *db, const was_grant_t *grant,
                                                    const was_pws_level_t *level,
                                                    const char *document, bool *created,
                                                    apr_pool_t *pool);

/* Leaves a tombstone; what is not there is fine. Errors: NOT_FOUND (the grant does not hold any
 * more). */
WAS_CHECKED const was_error_t *was_pws_policies_delete(was_db_t *db, const was_grant_t *grant,
                                                       const was_pws_level_t *level,
                                                       apr_pool_t *pool);

#endif
