/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_logs: logs in and out of their table. Owns the steps of a write: all that it depends on
 * is looked at behind the lock of the collection's counter, by a step that says what is wrong, and
 * by the one that writes only where nothing is. Refuses to know what a line is.
 */

#include "store/pws/was_pws_logs.h"

#include "store/pws/was_pws_collections.h"
#include "store/pws/was_pws_quota.h"
#include "store/was_limit.h"

/* Columns of ..._LOOK. */
enum {
    ETAG,
    MATCHES,
    GOES_ON,
    REPEATED,
    ONE_LINE,
    MAY_BEGIN,
    ENCRYPTION_STAYS,
    EPOCHS_STAY,
    REVISIONS_STAY
};

enum { LOOK_VALUES = 11, RAISE_VALUES = 14 };

static const was_error_t *log_absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such log, or collection");
}

const was_error_t *was_pws_logs_get(was_db_t *db, const char *space, const char *collection,
                                    was_pws_log_t *log, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(collection)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_LOG_GET, values, 2, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return log_absent(pool);
    }
    *log = (was_pws_log_t){.etag = was_rows_text(rows, 0, 1), .updated = was_rows_time(rows, 0, 2)};
    log->body = was_rows_bytes(rows, 0, 0, &log->length);
    return NULL;
}

static void look_values(const was_grant_t *grant, const char *collection, const was_pws_log_t *log,
                        const was_conditions_t *conditions, was_value_t values[LOOK_VALUES],
                        apr_pool_t *pool)
{
    was_grant_values(grant, values, pool);
    values[3] = WAS_TEXT(collection);
    values[4] = WAS_BYTES(log->body, log->length);
    values[5] = WAS_INTEGER((apr_int64_t)log->before);
    values[6] = WAS_TEXT(log->state);
    values[7] = WAS_TEXT(log->revisions);
    was_preconditions_values(conditions, &values[8], pool);
}

/* What comes before everything that a body says. */
static const was_error_t *check_log_there(const was_rows_t *found, apr_pool_t *pool)
{
    if (was_rows_count(found) == 0) {
        return log_absent(pool);
    }
    return was_rows_true(found, 0, MATCHES) && was_rows_true(found, 0, GOES_ON)
               ? NULL
               : was_preconditions_failed(pool);
}

/* Why nothing was written, by what was found; NULL where that does not tell. */
static const was_error_t *explain_log(const was_rows_t *found, apr_pool_t *pool)
{
    WAS_TRY(check_log_there(found, pool));
    if (!was_rows_true(found, 0, ONE_LINE)) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, NULL,
                              "a log grows by one line at a time");
    }
    if (!was_rows_true(found, 0, MAY_BEGIN)) {
        return was_error_make(pool, WAS_ERROR_IMMUTABLE, NULL,
                              "the collection has said by itself what it takes");
    }
    if (!was_rows_true(found, 0, ENCRYPTION_STAYS)) {
        return was_error_make(
            pool, WAS_ERROR_IMMUTABLE, "#/state",
            "scheme, version and hmac of an encryption stay as they were declared");
    }
    if (!was_rows_true(found, 0, EPOCHS_STAY)) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/state/epochs",
                              "epochs are only added, and the current one is kept, or a new one");
    }
    if (!was_rows_true(found, 0, REVISIONS_STAY)) {
        return was_error_make(pool, WAS_ERROR_REVISIONS_FIXED, "#/state/revisions/immutable",
                              "whether resources may change stays as it was said first");
    }
    return NULL;
}

/* What is left where what was found would have been fine. */
static const was_error_t *explain_nothing(was_db_t *db, const was_grant_t *grant, apr_pool_t *pool)
{
    WAS_TRY(was_pws_grant_check(db, grant, pool));
    WAS_TRY(was_pws_quota_explain(db, grant, pool));
    return log_absent(pool);
}

/* The steps that look, and those that write; `*look` and `*put` are told what came of it. */
static void add_steps(was_transaction_t *transaction, const was_grant_t *grant,
                      const char *collection, const was_pws_log_t *log,
                      const was_value_t looked[LOOK_VALUES], const was_step_t **look,
                      const was_step_t **put)
{
    const was_value_t token = WAS_INTEGER(was_grant_token());
    const was_value_t write[] = {WAS_TEXT(grant->space), WAS_TEXT(collection), token, looked[4]};
    const was_value_t show[] = {write[0], write[1], token, looked[6], WAS_TEXT(log->method),
                                looked[7]};
    const was_value_t raise[RAISE_VALUES] = {
        looked[0],  looked[1],
        looked[2],  looked[3],
        token,      looked[4],
        looked[5],  looked[6],
        show[4],    looked[7],
        looked[8],  looked[9],
        looked[10], was_limit_value(grant->quota),
    };

    was_step_add(transaction, WAS_SQL_PWS_COLLECTION_LOCK, looked, 4);
    *look = was_step_add(transaction, WAS_SQL_PWS_LOG_LOOK, looked, LOOK_VALUES);
    was_step_add(transaction, WAS_SQL_PWS_LOG_RAISE, raise, RAISE_VALUES);
    *put = was_step_add(transaction, WAS_SQL_PWS_LOG_PUT, write, 4);
    was_step_add(transaction, WAS_SQL_PWS_LOG_SHOW, show, 6);
}

const was_error_t *was_pws_logs_put(was_db_t *db, const was_grant_t *grant, const char *collection,
                                    was_pws_log_t *log, const was_conditions_t *conditions,
                                    bool *is_repeated, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};
    was_value_t looked[LOOK_VALUES];
    const was_step_t *look, *put;

    look_values(grant, collection, log, conditions, looked, pool);
    was_pws_quota_lock(&transaction, grant, pool);
    add_steps(&transaction, grant, collection, log, looked, &look, &put);
    WAS_TRY(was_db_transact(db, &transaction, pool));
    *is_repeated = false;
    if (was_rows_count(put->rows) > 0) {
        log->etag = was_rows_text(put->rows, 0, 0);
        return NULL;
    }
    WAS_TRY(check_log_there(look->rows, pool));
    if (was_rows_true(look->rows, 0, REPEATED)) {
        *is_repeated = true;
        log->etag = was_rows_text(look->rows, 0, ETAG);
        return NULL;
    }
    WAS_TRY(explain_log(look->rows, pool));
    return explain_nothing(db, grant, pool);
}

const was_error_t *was_pws_logs_check(was_db_t *db, const was_grant_t *grant,
                                      const char *collection, const was_pws_log_t *log,
                                      const was_conditions_t *conditions, apr_pool_t *pool)
{
    was_value_t values[LOOK_VALUES];
    const was_rows_t *rows;

    look_values(grant, collection, log, conditions, values, pool);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_LOG_LOOK, values, LOOK_VALUES, &rows, pool));
    return check_log_there(rows, pool);
}
