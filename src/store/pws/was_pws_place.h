/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_PLACE_H
#define WAS_PWS_PLACE_H

#include "store/pws/was_pws_collections.h"
#include "store/pws/was_pws_resources.h"

/*
 * was_pws_place: where a write of a resource, or of what is noted of it, takes place: the values
 * that its steps begin with, and whether it might write there at all. For the store's own verbs.
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

#endif
