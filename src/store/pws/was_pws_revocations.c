/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_revocations: what was revoked, in and out of its table. Owns how many there may be, and
 * that what has expired goes when another comes. Refuses to know what a delegation is.
 */

#include "store/pws/was_pws_revocations.h"

#include "store/pws/was_pws_quota.h"
#include "store/was_frozen.h"
#include "store/was_limit.h"
#include "store/was_preconditions.h"

#include <apr_strings.h>

#include <string.h>

/* How often one who may revoke tries to, before it is told that there is no room. */
enum { REVOKE_TRIES = 3 };

/* Of whom the space is, and whether it is on its way to another database. */
static const was_error_t *refuse_moving(was_db_t *db, const was_grant_t *grant, apr_pool_t *pool)
{
    const was_conditions_t none = {.unmodified_since = -1};
    was_value_t values[4] = {WAS_TEXT(grant->space)};
    const was_rows_t *rows;

    was_preconditions_values(&none, &values[1], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_SPACE_STATE, values, 4, &rows, pool));
    if (was_rows_count(rows) == 0 || strcmp(was_rows_text(rows, 0, 0), grant->controller) != 0) {
        return NULL;
    }
    was_frozen_t frozen = (was_frozen_t)was_rows_integer(rows, 0, 2, 0);

    return frozen >= WAS_FROZEN_MOVING ? was_frozen_refusal(frozen, pool) : NULL;
}

static const was_error_t *look_revocable(was_db_t *db, const was_grant_t *grant, apr_pool_t *pool)
{
    was_value_t values[WAS_GRANT_VALUES];
    const was_rows_t *rows;

    was_grant_values(grant, values, pool);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_REVOKE_LOCK, values, WAS_GRANT_VALUES, &rows, pool));
    if (was_rows_count(rows) > 0) {
        return NULL;
    }
    WAS_TRY(refuse_moving(db, grant, pool));
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such space, or not granted any more");
}

static const was_error_t *refuse_more(int most, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_QUOTA, NULL,
                          "the space remembers as many revocations as it may: %d", most);
}

/* Of what is in the space itself. That may have been on its way to another database, and be open
 * again for who asks why there was no row. */
static const was_error_t *revoke_inside(was_db_t *db, const was_grant_t *grant, was_value_t hash,
                                        apr_int64_t keep_until, int most, apr_pool_t *pool)
{
    const was_value_t token = WAS_INTEGER(was_grant_token());
    const was_value_t put[] = {WAS_TEXT(grant->space), token, hash, WAS_INTEGER(keep_until)};
    was_value_t raise[7];

    was_grant_values(grant, raise, pool);
    raise[3] = token;
    raise[4] = hash;
    raise[5] = WAS_INTEGER(most);
    raise[6] = was_limit_value(grant->quota);
    for (int tries = 0; tries < REVOKE_TRIES; tries++) {
        was_transaction_t transaction = {.nsteps = 0};

        was_step_add(&transaction, WAS_SQL_PWS_REVOKE_LOCK, raise, WAS_GRANT_VALUES);
        const was_step_t *raised = was_step_add(&transaction, WAS_SQL_PWS_REVOKE_RAISE, raise, 7);

        was_step_add(&transaction, WAS_SQL_PWS_REVOKED_FORGET, put, 2);
        was_step_add(&transaction, WAS_SQL_PWS_REVOKE, put, 4);
        WAS_TRY(was_db_transact(db, &transaction, pool));
        if (was_rows_count(raised->rows) > 0) {
            return NULL;
        }
        WAS_TRY(look_revocable(db, grant, pool));
    }
    WAS_TRY(was_pws_quota_explain(db, grant, pool));
    return refuse_more(most, pool);
}

/* Of what is in no space. What its scope remembers may be on another node than the space, so that
 * no statement sees both, and the right is looked at before. It may end in between: then somebody
 * has revoked who might have done so a moment ago, which gives nobody anything. */
static const was_error_t *revoke_elsewhere(was_db_t *db, const was_grant_t *grant,
                                           const was_pws_revocation_t *revocation, was_value_t hash,
                                           int most, apr_pool_t *pool)
{
    const was_value_t put[] = {WAS_TEXT(revocation->scope), hash,
                               WAS_INTEGER(revocation->keep_until), WAS_INTEGER(most)};
    was_transaction_t transaction = {.nsteps = 0};

    WAS_TRY(look_revocable(db, grant, pool));
    was_limit_lock(&transaction, revocation->scope, most);
    was_step_add(&transaction, WAS_SQL_PWS_REVOKED_FORGET_ELSEWHERE, put, 1);
    const was_step_t *revoked = was_step_add(&transaction, WAS_SQL_PWS_REVOKE_ELSEWHERE, put, 4);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    return was_rows_count(revoked->rows) > 0 ? NULL : refuse_more(most, pool);
}

const was_error_t *was_pws_revocations_add(was_db_t *db, const was_grant_t *grant,
                                           const was_pws_revocation_t *revocation, apr_pool_t *pool)
{
    const was_value_t hash = WAS_TEXT(apr_pstrcat(pool, "\\x", revocation->delegation, NULL));
    int most = revocation->by_controller ? WAS_PWS_REVOCATIONS_MAX : WAS_PWS_REVOCATIONS_HOLDER_MAX;
    was_grant_t bound = *grant;

    if (strcmp(revocation->scope, grant->space) != 0) {
        return revoke_elsewhere(db, grant, revocation, hash, most, pool);
    }
    bound.quota = revocation->by_controller ? 0 : grant->quota;
    return revoke_inside(db, &bound, hash, revocation->keep_until, most, pool);
}
