/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_place: what writes of resources have in common. Refuses to know what is written.
 */

#include "was_pws_place.h"

was_pws_place_t was_pws_place_key(const was_pws_key_t *key)
{
    return (was_pws_place_t){.key = {WAS_TEXT(key->space), WAS_TEXT(key->collection),
                                     WAS_TEXT(key->resource), WAS_INTEGER(was_grant_token())}};
}

void was_pws_place_raise(const was_grant_t *grant, const was_pws_place_t *place,
                         was_value_t values[WAS_PWS_PLACE_RAISE], apr_pool_t *pool)
{
    was_grant_values(grant, values, pool);
    for (int i = 0; i < 3; i++) {
        values[WAS_GRANT_VALUES + i] = place->key[1 + i];
    }
}

const was_error_t *was_pws_place_check(was_db_t *db, const was_grant_t *grant,
                                       const was_pws_key_t *key, bool is_envelope, bool fine,
                                       was_pws_state_t *found, apr_pool_t *pool)
{
    was_pws_state_t state;

    WAS_TRY(was_pws_collections_state(db, grant, key->collection, key->resource, &state, pool));
    if (!state.is_granted || !state.has_collection) {
        return was_pws_resources_absent(pool);
    }
    if (state.is_encrypted && !is_envelope) {
        return was_error_make(pool, WAS_ERROR_NOT_ENCRYPTED, NULL,
                              "this collection takes encrypted envelopes only");
    }
    if (state.is_elsewhere && !fine) {
        return was_error_make(pool, WAS_ERROR_UNKNOWN_BACKEND, NULL,
                              "the backend of this collection cannot be written to from here");
    }
    *found = state;
    return NULL;
}
