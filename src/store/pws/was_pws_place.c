/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_place: what writes have in common. Refuses to know what is written.
 */

#include "was_pws_place.h"

#include "store/pws/was_pws_quota.h"
#include "store/was_preconditions.h"

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

int was_pws_place_tries(const was_grant_t *grant)
{
    return grant->quota > 0 ? 2 : WAS_PWS_PLACE_TRIES;
}

const was_error_t *was_pws_place_matches(was_db_t *db, const was_conditions_t *conditions,
                                         was_sql_t matches, const was_value_t *values, int nvalues,
                                         apr_pool_t *pool)
{
    const was_rows_t *rows;

    if (!was_preconditions_given(conditions)) {
        return NULL;
    }
    WAS_TRY(was_db_run(db, matches, values, nvalues, &rows, pool));
    return was_rows_count(rows) > 0 && !was_rows_true(rows, 0, 0) ? was_preconditions_failed(pool)
                                                                  : NULL;
}

const was_error_t *was_pws_place_lost(was_db_t *db, const was_grant_t *grant, apr_pool_t *pool)
{
    WAS_TRY(was_pws_quota_explain(db, grant, pool));
    return was_error_make(pool, WAS_ERROR_UNAVAILABLE, NULL,
                          "others change all the time what this is to write; nothing was written, "
                          "and the request can be sent again");
}
