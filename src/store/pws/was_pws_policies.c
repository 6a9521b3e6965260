/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_policies: policies in and out of their table. Owns the steps of their writes: a policy
 * below a collection takes a position in its changes, the space's own has none. Refuses to know
 * what a policy says.
 */

#include "store/pws/was_pws_policies.h"

#include "store/pws/was_pws_collections.h"
#include "store/pws/was_pws_quota.h"
#include "store/was_limit.h"
#include "was_pws_place.h"

static const was_error_t *policy_absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such policy");
}

/* The values that name a level: space, collection, resource. */
static void level_values(const char *space, const was_pws_level_t *level, was_value_t values[3])
{
    values[0] = WAS_TEXT(space);
    values[1] = WAS_TEXT(level->collection);
    values[2] = WAS_TEXT(level->resource != NULL ? level->resource : "");
}

const was_error_t *was_pws_policies_get(was_db_t *db, const char *space,
                                        const was_pws_level_t *level, was_pws_policy_t *policy,
                                        apr_pool_t *pool)
{
    was_value_t values[3];
    const was_rows_t *rows;

    level_values(space, level, values);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_POLICY_GET, values, 3, &rows, pool));
    if (was_rows_count(rows) == 0 || was_rows_text(rows, 0, 1) == NULL) {
        return policy_absent(pool);
    }
    *policy = (was_pws_policy_t){.document = was_rows_text(rows, 0, 0),
                                 .etag = was_rows_text(rows, 0, 1),
                                 .stamp = was_pws_stamp_read(rows, 0, 2)};
    return NULL;
}

/* What a write does: sets a document, or (NULL) deletes; under conditions. */
typedef struct policy_write_t {
    const char *document;
    const was_conditions_t *conditions;
} policy_write_t;

/* The space's own: lock and raise; `key` becomes space and token. */
static void add_space_raise(was_transaction_t *transaction, const was_grant_t *grant,
                            const policy_write_t *write, was_value_t key[2], apr_pool_t *pool)
{
    bool deletes = write->document == NULL;
    was_value_t raise[9];

    key[0] = WAS_TEXT(grant->space);
    key[1] = WAS_INTEGER(was_grant_token());
    was_grant_values(grant, raise, pool);
    raise[3] = key[1];
    raise[4] = WAS_TEXT(write->document);
    raise[5] = was_limit_value(grant->quota);
    was_preconditions_values(write->conditions, &raise[deletes ? 4 : 6], pool);
    was_step_add(transaction, WAS_SQL_PWS_SPACE_LOCK, raise, WAS_GRANT_VALUES);
    was_step_add(transaction,
                 deletes ? WAS_SQL_PWS_POLICY_SPACE_RAISE_DELETE : WAS_SQL_PWS_POLICY_SPACE_RAISE,
                 raise, deletes ? 7 : 9);
}

static const was_step_t *add_space_put(was_transaction_t *transaction, const was_grant_t *grant,
                                       const policy_write_t *write, apr_pool_t *pool)
{
    was_value_t values[3];

    add_space_raise(transaction, grant, write, values, pool);
    values[2] = WAS_TEXT(write->document);
    return was_step_add(transaction, WAS_SQL_PWS_POLICY_SPACE_PUT, values, 3);
}

static const was_step_t *add_space_delete(was_transaction_t *transaction, const was_grant_t *grant,
                                          const policy_write_t *write, apr_pool_t *pool)
{
    was_value_t values[2];

    add_space_raise(transaction, grant, write, values, pool);
    const was_step_t *left =
        was_step_add(transaction, WAS_SQL_PWS_POLICY_SPACE_TOMBSTONE, values, 2);

    was_step_add(transaction, WAS_SQL_PWS_POLICY_SPACE_DELETE, values, 2);
    return left;
}

/* The same below a collection; `key` becomes space, collection, resource and token. */
static void add_raise(was_transaction_t *transaction, const was_grant_t *grant,
                      const was_pws_level_t *level, const policy_write_t *write, was_value_t key[4],
                      apr_pool_t *pool)
{
    bool deletes = write->document == NULL;
    was_value_t raise[11];

    level_values(grant->space, level, key);
    key[3] = WAS_INTEGER(was_grant_token());
    was_grant_values(grant, raise, pool);
    for (int i = 0; i < 3; i++) {
        raise[WAS_GRANT_VALUES + i] = key[1 + i];
    }
    raise[6] = WAS_TEXT(write->document);
    raise[7] = was_limit_value(grant->quota);
    was_preconditions_values(write->conditions, &raise[deletes ? 6 : 8], pool);
    if (!deletes) {
        was_pws_quota_lock(transaction, grant, pool);
    }
    was_step_add(transaction, WAS_SQL_PWS_COLLECTION_LOCK, raise, 4);
    was_step_add(transaction, deletes ? WAS_SQL_PWS_POLICY_RAISE_DELETE : WAS_SQL_PWS_POLICY_RAISE,
                 raise, deletes ? 9 : 11);
}

static const was_step_t *add_put(was_transaction_t *transaction, const was_grant_t *grant,
                                 const was_pws_level_t *level, const policy_write_t *write,
                                 apr_pool_t *pool)
{
    was_value_t values[5];

    add_raise(transaction, grant, level, write, values, pool);
    values[4] = WAS_TEXT(write->document);
    return was_step_add(transaction, WAS_SQL_PWS_POLICY_PUT, values, 5);
}

static const was_step_t *add_delete(was_transaction_t *transaction, const was_grant_t *grant,
                                    const was_pws_level_t *level, const policy_write_t *write,
                                    apr_pool_t *pool)
{
    was_value_t values[4];

    add_raise(transaction, grant, level, write, values, pool);
    const was_step_t *left = was_step_add(transaction, WAS_SQL_PWS_POLICY_TOMBSTONE, values, 4);

    was_step_add(transaction, WAS_SQL_PWS_POLICY_DELETE, values, 4);
    return left;
}

/* Whether there is something that could have a policy. */
static const was_error_t *check_level(was_db_t *db, const was_grant_t *grant,
                                      const was_pws_level_t *level, apr_pool_t *pool)
{
    was_pws_state_t state;

    WAS_TRY(was_pws_collections_state(db, grant, level->collection, level->resource, &state, pool));
    return state.is_granted && (level->collection == NULL || state.has_collection) &&
                   (level->resource == NULL || state.has_resource)
               ? NULL
               : policy_absent(pool);
}

/* Why a put found no row; NULL where nothing tells. */
static const was_error_t *explain_put_policy(was_db_t *db, const was_grant_t *grant,
                                             const was_pws_level_t *level,
                                             const was_conditions_t *conditions, apr_pool_t *pool)
{
    was_value_t values[6];

    WAS_TRY(check_level(db, grant, level, pool));
    level_values(grant->space, level, values);
    was_preconditions_values(conditions, &values[3], pool);
    return was_pws_place_matches(db, conditions, WAS_SQL_PWS_POLICY_MATCHES, values, 6, pool);
}

const was_error_t *was_pws_policies_put(was_db_t *db, const was_grant_t *grant,
                                        const was_pws_level_t *level,
                                        const was_conditions_t *conditions,
                                        was_pws_policy_t *policy, bool *created, apr_pool_t *pool)
{
    const policy_write_t write = {.document = policy->document, .conditions = conditions};

    for (int tries = 0; tries < WAS_PWS_PLACE_TRIES; tries++) {
        was_transaction_t transaction = {.nsteps = 0};
        const was_step_t *put = level->collection == NULL
                                    ? add_space_put(&transaction, grant, &write, pool)
                                    : add_put(&transaction, grant, level, &write, pool);

        WAS_TRY(was_db_transact(db, &transaction, pool));
        if (was_rows_count(put->rows) > 0) {
            *created = was_rows_true(put->rows, 0, 0);
            policy->etag = was_rows_text(put->rows, 0, 1);
            policy->stamp = was_pws_stamp_read(put->rows, 0, 2);
            return NULL;
        }
        WAS_TRY(explain_put_policy(db, grant, level, conditions, pool));
    }
    return was_pws_place_lost(db, grant, pool);
}

/* What it means that a deletion found nothing, or not what it was to delete. */
static const was_error_t *explain_delete(was_db_t *db, const was_grant_t *grant,
                                         const was_pws_level_t *level,
                                         const was_conditions_t *conditions, apr_pool_t *pool)
{
    was_value_t values[6];
    const was_rows_t *rows;

    WAS_TRY(was_pws_grant_check(db, grant, pool));
    if (!was_preconditions_given(conditions)) {
        return NULL;
    }
    level_values(grant->space, level, values);
    was_preconditions_values(conditions, &values[3], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_POLICY_MATCHES, values, 6, &rows, pool));
    return was_rows_count(rows) > 0 && was_rows_true(rows, 0, 0) ? NULL
                                                                 : was_preconditions_failed(pool);
}

const was_error_t *was_pws_policies_delete(was_db_t *db, const was_grant_t *grant,
                                           const was_pws_level_t *level,
                                           const was_conditions_t *conditions, const char **etag,
                                           apr_pool_t *pool)
{
    const policy_write_t write = {.conditions = conditions};
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *left = level->collection == NULL
                                 ? add_space_delete(&transaction, grant, &write, pool)
                                 : add_delete(&transaction, grant, level, &write, pool);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    *etag = was_rows_count(left->rows) > 0 ? was_rows_text(left->rows, 0, 0) : NULL;
    return *etag != NULL ? NULL : explain_delete(db, grant, level, conditions, pool);
}
