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

static const was_error_t *policy_absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such policy");
}

const was_error_t *was_pws_policies_get(was_db_t *db, const char *space,
                                        const was_pws_level_t *level, const char **document,
                                        apr_pool_t *pool)
{
    /* The authorization's read has a column for each level. */
    int column = 4 - (level->collection != NULL) - (level->resource != NULL);
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(NULL), WAS_TEXT(level->collection),
                                  WAS_TEXT(level->resource)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_AUTHORIZE, values, 4, &rows, pool));
    *document = was_rows_count(rows) > 0 ? was_rows_text(rows, 0, column) : NULL;
    return *document != NULL ? NULL : policy_absent(pool);
}

/* The space's own: lock and raise; `key` becomes space and token. */
static void add_space_raise(was_transaction_t *transaction, const was_grant_t *grant,
                            const char *document, was_value_t key[2], apr_pool_t *pool)
{
    bool deletes = document == NULL;
    was_value_t raise[6];

    key[0] = WAS_TEXT(grant->space);
    key[1] = WAS_INTEGER(was_grant_token());
    was_grant_values(grant, raise, pool);
    raise[3] = key[1];
    raise[4] = WAS_TEXT(document);
    raise[5] = was_limit_value(grant->quota);
    was_step_add(transaction, WAS_SQL_PWS_SPACE_LOCK, raise, WAS_GRANT_VALUES);
    was_step_add(transaction,
                 deletes ? WAS_SQL_PWS_POLICY_SPACE_RAISE_DELETE : WAS_SQL_PWS_POLICY_SPACE_RAISE,
                 raise, deletes ? 4 : 6);
}

static const was_step_t *add_space_put(was_transaction_t *transaction, const was_grant_t *grant,
                                       const char *document, apr_pool_t *pool)
{
    was_value_t values[3];

    add_space_raise(transaction, grant, document, values, pool);
    values[2] = WAS_TEXT(document);
    return was_step_add(transaction, WAS_SQL_PWS_POLICY_SPACE_PUT, values, 3);
}

static const was_step_t *add_space_delete(was_transaction_t *transaction, const was_grant_t *grant,
                                          apr_pool_t *pool)
{
    was_value_t values[2];

    add_space_raise(transaction, grant, NULL, values, pool);
    was_step_add(transaction, WAS_SQL_PWS_POLICY_SPACE_TOMBSTONE, values, 2);
    return was_step_add(transaction, WAS_SQL_PWS_POLICY_SPACE_DELETE, values, 2);
}

/* The same below a collection; `key` becomes space, collection, resource and token. */
static void add_raise(was_transaction_t *transaction, const was_grant_t *grant,
                      const was_pws_level_t *level, const char *document, was_value_t key[4],
                      apr_pool_t *pool)
{
    bool deletes = document == NULL;
    was_value_t raise[8];

    key[0] = WAS_TEXT(grant->space);
    key[1] = WAS_TEXT(level->collection);
    key[2] = WAS_TEXT(level->resource != NULL ? level->resource : "");
    key[3] = WAS_INTEGER(was_grant_token());
    was_grant_values(grant, raise, pool);
    for (int i = 0; i < 3; i++) {
        raise[WAS_GRANT_VALUES + i] = key[1 + i];
    }
    raise[6] = WAS_TEXT(document);
    raise[7] = was_limit_value(grant->quota);
    if (!deletes) {
        was_pws_quota_lock(transaction, grant, pool);
    }
    was_step_add(transaction, WAS_SQL_PWS_COLLECTION_LOCK, raise, 4);
    was_step_add(transaction, deletes ? WAS_SQL_PWS_POLICY_RAISE_DELETE : WAS_SQL_PWS_POLICY_RAISE,
                 raise, deletes ? 6 : 8);
}

static const was_step_t *add_put(was_transaction_t *transaction, const was_grant_t *grant,
                                 const was_pws_level_t *level, const char *document,
                                 apr_pool_t *pool)
{
    was_value_t values[5];

    add_raise(transaction, grant, level, document, values, pool);
    values[4] = WAS_TEXT(document);
    return was_step_add(transaction, WAS_SQL_PWS_POLICY_PUT, values, 5);
}

static const was_step_t *add_delete(was_transaction_t *transaction, const was_grant_t *grant,
                                    const was_pws_level_t *level, apr_pool_t *pool)
{
    was_value_t values[4];

    add_raise(transaction, grant, level, NULL, values, pool);
    was_step_add(transaction, WAS_SQL_PWS_POLICY_TOMBSTONE, values, 4);
    return was_step_add(transaction, WAS_SQL_PWS_POLICY_DELETE, values, 4);
}

/* Why a put found no row. */
static const was_error_t *explain_put_policy(was_db_t *db, const was_grant_t *grant,
                                             const was_pws_level_t *level, apr_pool_t *pool)
{
    was_pws_state_t state;

    WAS_TRY(was_pws_collections_state(db, grant, level->collection, level->resource, &state, pool));
    if (state.is_granted && (level->collection == NULL || state.has_collection) &&
        (level->resource == NULL || state.has_resource)) {
        WAS_TRY(was_pws_quota_explain(db, grant, pool));
    }
    return policy_absent(pool);
}

const was_error_t *was_pws_policies_put(was_db_t *db, const was_grant_t *grant,
                                        const was_pws_level_t *level, const char *document,
                                        bool *created, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *write = level->collection == NULL
                                  ? add_space_put(&transaction, grant, document, pool)
                                  : add_put(&transaction, grant, level, document, pool);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(write->rows) == 0) {
        return explain_put_policy(db, grant, level, pool);
    }
    *created = was_rows_true(write->rows, 0, 0);
    return NULL;
}

const was_error_t *was_pws_policies_delete(was_db_t *db, const was_grant_t *grant,
                                           const was_pws_level_t *level, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *write = level->collection == NULL
                                  ? add_space_delete(&transaction, grant, pool)
                                  : add_delete(&transaction, grant, level, pool);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    return was_rows_count(write->rows) > 0 ? NULL : was_pws_grant_check(db, grant, pool);
}
