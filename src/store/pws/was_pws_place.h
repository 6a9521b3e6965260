/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_PLACE_H
#define WAS_PWS_PLACE_H

#include "store/pws/was_pws_collections.h"
#include "store/pws/was_pws_resources.h"

/*
 * was_pws_place: where a write takes place: the values that the steps of one of a resource begin
 * with, and what it means that a write found no row. For the store's own verbs.
 */

/* What every step behind ..._RAISE begins with: space, collection, resource, and the token of this
 * write. */
typedef struct was_pws_place_t {
    was_value_t key[4];
} was_pws_place_t;

was_pws_place_t was_pws_place_key(const was_pws_key_t *key);

/* The first values of a ..._RAISE. */
enum { WAS_PWS_PLACE_RAISE = WAS_GRANT_VALUES + 3 };

void was_pws_place_raise(const was_grant_t *grant, const was_pws_place_t *place,
                         was_value_t values[WAS_PWS_PLACE_RAISE], apr_pool_t *pool);

/* Whether a write that found no row may write where it wanted to. `fine` says that a backend
 * elsewhere is; `*found` is what is there. Errors: NOT_FOUND (the grant does not hold, or no such
 * collection), NOT_ENCRYPTED, UNKNOWN_BACKEND, and those of was_db. */
WAS_CHECKED const was_error_t *was_pws_place_check(was_db_t *db, const was_grant_t *grant,
                                                   const was_pws_key_t *key, bool is_envelope,
                                                   bool fine, was_pws_state_t *found,
                                                   apr_pool_t *pool);

/* How often a write is begun anew that found no row for no reason that is left: others have changed
 * meanwhile what it is to write. */
enum { WAS_PWS_PLACE_TRIES = 5 };

/* The same for one of a content, which under a quota is most often too long. */
int was_pws_place_tries(const was_grant_t *grant);

/* Whether what is there now is as conditions demand, if any are given: by `matches` and its values,
 * which has no row where nothing can be there. Errors: PRECONDITION, and those of was_db. */
WAS_CHECKED const was_error_t *was_pws_place_matches(was_db_t *db,
                                                     const was_conditions_t *conditions,
                                                     was_sql_t matches, const was_value_t *values,
                                                     int nvalues, apr_pool_t *pool);

/* What a write is told that was begun anew in vain; never NULL. Errors: QUOTA, where there is one;
 * UNAVAILABLE. */
WAS_CHECKED const was_error_t *was_pws_place_lost(was_db_t *db, const was_grant_t *grant,
                                                  apr_pool_t *pool);

#endif
