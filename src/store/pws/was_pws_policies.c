/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_policies: policies in and out of their table. Owns the steps of their writes: a policy
 * below a collection takes a position in its changes, the space's own has none. Refuses to know
 * what a policy says.
 */

#include "store/pws/was_pws_policies.h"

#include "store/pws/was_pws_collections.h"

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

/* The space's own: all steps carry the grant themselves, behind the space's lock. */
static const was_step_t *add_space_put(was_transaction_t *transaction, const was_grant_t *grant,
                                       const char *document, apr_pool_t *pool)
{
    was_value_t values[5];

    was_grant_values(grant, values, pool);
    values[3] = WAS_TEXT(document);
    values[4] = WAS_INTEGER(was_grant_token());
    was_step_add(transaction, WAS_SQL_PWS_SPACE_LOCK, values, WAS_GRANT_VALUES);
    return was_step_add(transaction, WAS_SQL_PWS_POLICY_SPACE_PUT, values, 5);
}

static const was_step_t *add_space_delete(was_transaction_t *transaction, const was_grant_t *grant,
                                          apr_pool_t *pool)
{
    was_value_t values[WAS_GRANT_VALUES];

    was_grant_values(grant, values, pool);
    was_step_add(transaction, WAS_SQL_PWS_SPACE_LOCK, values, WAS_GRANT_VALUES);
    was_step_add(transaction, WAS_SQL_PWS_POLICY_SPACE_TOMBSTONE, values, WAS_GRANT_VALUES);
    return was_step_add(transaction, WAS_SQL_PWS_POLICY_SPACE_DELETE, values, WAS_GRANT_VALUES);
}

/* Lock and raise; `key` becomes space, collection, resource and token. */
static void add_raise(was_transaction_t *transaction, const was_grant_t *grant,
                      const was_pws_level_t *level, bool deletes, was_value_t key[4],
                      apr_pool_t *pool)
{
    was_value_t raise[7];

    key[0] = WAS_TEXT(grant->space);
    key[1] = WAS_TEXT(level->collection);
    key[2] = WAS_TEXT(level->resource != NULL ? level->resource : "");
    key[3] = WAS_INTEGER(was_grant_token());
    was_grant_values(grant, raise, pool);
    for (int i = 0; i < 3; i++) {
        raise[WAS_GRANT_VALUES + i] = key[1 + i];
    }
    raise[6] = WAS_BOOLEAN(deletes);
    was_step_add(transaction, WAS_SQL_PWS_COLLECTION_LOCK, raise, 4);
    was_step_add(transaction, WAS_SQL_PWS_POLICY_RAISE, raise, 7);
}

static const was_step_t *add_put(was_transaction_t *transaction, const was_grant_t *grant,
                                 const was_pws_level_t *level, const char *document,
                                 apr_pool_t *pool)
{
    was_value_t values[5];

    add_raise(transaction, grant, level, false, values, pool);
    values[4] = WAS_TEXT(document);
    return was_step_add(transaction, WAS_SQL_PWS_POLICY_PUT, values, 5);
}

static const was_step_t *add_delete(was_transaction_t *transaction, const was_grant_t *grant,
                                    const was_pws_level_t *level, apr_pool_t *pool)
{
    was_value_t values[4];

    add_raise(transaction, grant, level, true, values, pool);
    was_step_add(transaction, WAS_SQL_PWS_POLICY_TOMBSTONE, values, 4);
    return was_step_add(transaction, WAS_SQL_PWS_POLICY_DELETE, values, 4);
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
        return policy_absent(pool);
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
