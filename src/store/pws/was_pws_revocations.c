/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_revocations: what was revoked, in and out of its table. Owns for how long it stays.
 * Refuses to know what a delegation is.
 */

#include "store/pws/was_pws_revocations.h"

#include <apr_strings.h>

const was_error_t *was_pws_revocations_add(was_db_t *db, const char *space, const char *controller,
                                           const char *delegation, apr_int64_t keep_until,
                                           apr_pool_t *pool)
{
    const was_value_t root[] = {WAS_TEXT(space), WAS_TEXT(controller), WAS_TEXT(NULL)};
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(controller),
                                  WAS_TEXT(apr_pstrcat(pool, "\\x", delegation, NULL)),
                                  WAS_INTEGER(keep_until)};
    was_transaction_t transaction = {.nsteps = 0};

    was_step_add(&transaction, WAS_SQL_PWS_SPACE_LOCK, root, 3);
    was_step_add(&transaction, WAS_SQL_PWS_REVOKED_FORGET, values, 1);
    const was_step_t *revoke = was_step_add(&transaction, WAS_SQL_PWS_REVOKE, values, 4);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    return was_rows_count(revoke->rows) > 0
               ? NULL
               : was_error_log(pool, WAS_ERROR_NOT_FOUND, "the space or its controller is gone");
}
