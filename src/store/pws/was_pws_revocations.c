/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_revocations: what was revoked, in and out of its table. Owns how many there may be, and
 * that what has expired goes when another comes. Refuses to know what a delegation is.
 */

#include "store/pws/was_pws_revocations.h"

#include "store/pws/was_pws_quota.h"
#include "store/was_limit.h"

#include <apr_strings.h>

/* Why one found no row. */
static const was_error_t *explain_revocation(was_db_t *db, const was_grant_t *grant, int most,
                                             apr_pool_t *pool)
{
    was_value_t values[WAS_GRANT_VALUES];
    const was_rows_t *rows;

    was_grant_values(grant, values, pool);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_REVOKE_LOCK, values, WAS_GRANT_VALUES, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such space, or not granted any more");
    }
    WAS_TRY(was_pws_quota_explain(db, grant, pool));
    return was_error_make(pool, WAS_ERROR_QUOTA, NULL,
                          "the space remembers as many revocations as it may: %d", most);
}

const was_error_t *was_pws_revocations_add(was_db_t *db, const was_grant_t *grant,
                                           const was_pws_revocation_t *revocation, apr_pool_t *pool)
{
    const was_value_t token = WAS_INTEGER(was_grant_token());
    const was_value_t delegation = WAS_TEXT(apr_pstrcat(pool, "\\x", revocation->delegation, NULL));
    const was_value_t put[] = {WAS_TEXT(grant->space), token, WAS_TEXT(revocation->scope),
                               delegation, WAS_INTEGER(revocation->keep_until)};
    int most = revocation->by_controller ? WAS_PWS_REVOCATIONS_MAX : WAS_PWS_REVOCATIONS_HOLDER_MAX;
    was_grant_t bound = *grant;
    was_value_t raise[8];
    was_transaction_t transaction = {.nsteps = 0};

    bound.quota = revocation->by_controller ? 0 : grant->quota;
    was_grant_values(&bound, raise, pool);
    raise[3] = token;
    raise[4] = delegation;
    raise[5] = WAS_INTEGER(most);
    raise[6] = was_limit_value(bound.quota);
    raise[7] = WAS_TEXT(revocation->scope);
    was_step_add(&transaction, WAS_SQL_PWS_REVOKE_LOCK, raise, WAS_GRANT_VALUES);
    const was_step_t *raised = was_step_add(&transaction, WAS_SQL_PWS_REVOKE_RAISE, raise, 8);

    was_step_add(&transaction, WAS_SQL_PWS_REVOKED_FORGET, put, 3);
    was_step_add(&transaction, WAS_SQL_PWS_REVOKE, put, 5);
    WAS_TRY(was_db_transact(db, &transaction, pool));
    return was_rows_count(raised->rows) > 0 ? NULL : explain_revocation(db, &bound, most, pool);
}
