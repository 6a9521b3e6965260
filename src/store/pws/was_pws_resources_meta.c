/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_resources_meta: what is noted of a resource, into its row. Owns the steps of that write,
 * and what it means that it found no row. Refuses to know what the JSON says.
 */

#include "store/pws/was_pws_resources.h"

#include "store/pws/was_pws_quota.h"
#include "store/was_limit.h"
#include "was_pws_place.h"

/* Why a write of what is noted found no row; NULL where nothing tells. */
static const was_error_t *explain_meta(was_db_t *db, const was_pws_key_t *key,
                                       const was_conditions_t *conditions,
                                       const was_pws_state_t *found, apr_pool_t *pool)
{
    was_value_t values[6] = {WAS_TEXT(key->space), WAS_TEXT(key->collection),
                             WAS_TEXT(key->resource)};

    if (!found->has_resource) {
        return was_pws_resources_absent(pool);
    }
    was_preconditions_values(conditions, &values[3], pool);
    return was_pws_place_matches(db, conditions, WAS_SQL_PWS_RESOURCE_META_MATCHES, values, 5,
                                 pool);
}

/* What the statements of a write of notes take, in their order. */
typedef struct put_meta_t {
    was_value_t raise[15];
    was_value_t put[8];
} put_meta_t;

static put_meta_t put_meta_values(const was_grant_t *grant, const was_pws_key_t *key,
                                  const was_pws_meta_write_t *write,
                                  const was_conditions_t *conditions, apr_pool_t *pool)
{
    const was_pws_place_t keyed = was_pws_place_key(key);
    put_meta_t values = {.put = {keyed.key[0], keyed.key[1], keyed.key[2], keyed.key[3],
                                 WAS_TEXT(write->custom), WAS_TEXT(write->notes->epoch),
                                 WAS_TEXT(write->notes->writer), WAS_BOOLEAN(write->keeps_writer)}};

    was_pws_place_raise(grant, &keyed, values.raise, pool);
    values.raise[6] = WAS_BOOLEAN(write->notes->is_envelope);
    was_preconditions_values(conditions, &values.raise[7], pool);
    for (int i = 0; i < 4; i++) {
        values.raise[9 + i] = values.put[4 + i];
    }
    values.raise[13] = was_limit_value(grant->quota);
    return values;
}

/* `*rows` has no row when nothing was written. */
static const was_error_t *put_meta(was_db_t *db, const was_grant_t *grant, put_meta_t *values,
                                   bool claims, const was_rows_t **rows, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};

    values->raise[14] = WAS_BOOLEAN(claims);
    was_pws_quota_lock(&transaction, grant, pool);
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LOCK, values->raise, 4);
    was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_META_RAISE, values->raise, 15);
    const was_step_t *step =
        was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_META_PUT, values->put, 8);

    if (claims) {
        was_pws_claims_put(&transaction, values->put);
    }
    const was_error_t *error = was_db_transact(db, &transaction, pool);

    WAS_TRY(claims ? was_pws_claims_explain(error, false, pool) : error);
    *rows = step->rows;
    return NULL;
}

const was_error_t *was_pws_resources_put_meta(was_db_t *db, const was_grant_t *grant,
                                              const was_pws_key_t *key,
                                              const was_pws_meta_write_t *write,
                                              was_pws_meta_t *meta, apr_pool_t *pool)
{
    was_conditions_t conditions = *write->conditions;
    was_pws_state_t found = {.has_claims = false};
    const was_rows_t *rows;

    conditions.unmodified_since = -1;
    put_meta_t values = put_meta_values(grant, key, write, &conditions, pool);

    for (int tries = 0; tries < WAS_PWS_PLACE_TRIES; tries++) {
        WAS_TRY(put_meta(db, grant, &values, found.has_claims, &rows, pool));
        if (was_rows_count(rows) > 0) {
            was_pws_resources_read_meta(rows, meta);
            return NULL;
        }
        WAS_TRY(
            was_pws_place_check(db, grant, key, write->notes->is_envelope, false, &found, pool));
        WAS_TRY(explain_meta(db, key, &conditions, &found, pool));
    }
    return was_pws_place_lost(db, grant, pool);
}
