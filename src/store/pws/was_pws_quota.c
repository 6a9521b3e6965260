/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_quota: what a quota means to a write that has found no row. Owns the question of whether
 * it was the quota. Refuses to know what is charged, which the statements say.
 */

#include "store/pws/was_pws_quota.h"

#include "store/was_limit.h"

void was_pws_quota_lock(was_transaction_t *transaction, const was_grant_t *grant, apr_pool_t *pool)
{
    was_value_t values[WAS_GRANT_VALUES];

    if (grant->quota > 0) {
        was_grant_values(grant, values, pool);
        was_step_add(transaction, WAS_SQL_PWS_SPACE_LOCK, values, WAS_GRANT_VALUES);
    }
}

const was_error_t *was_pws_quota_explain(was_db_t *db, const was_grant_t *grant, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(grant->space), WAS_TEXT(grant->controller)};
    const was_rows_t *rows;

    if (grant->quota <= 0) {
        return NULL;
    }
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_SPACE_USAGE, values, 2, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "the space or its controller is gone");
    }
    return was_limit_exceeded(grant->quota, was_rows_integer(rows, 0, 0, 0), pool);
}
