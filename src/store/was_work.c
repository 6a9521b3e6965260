/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_work: long transactions. Owns their beginning, their end and how long they may take. Refuses
 * to know what is done in them.
 */

#include "store/was_work.h"

#include "base/was_tally.h"
#include "store/was_attempt.h"

struct was_work_t {
    was_attempt_t attempt;
    was_connection_t connection;
};

const was_error_t *was_work_run(was_work_t *work, was_transaction_t *transaction, apr_pool_t *pool)
{
    was_pq_exchange_t exchange;

    WAS_TRY(was_attempt_check(transaction, pool));
    if (transaction->nsteps == 0) {
        return NULL;
    }
    WAS_TRY(was_attempt_run(&work->attempt, &work->connection, transaction->steps,
                            transaction->nsteps, false, &exchange));
    for (int i = 0; i < transaction->nsteps; i++) {
        transaction->steps[i].rows = was_rows_make(exchange.results[i], pool);
    }
    return NULL;
}

/* What is left of its time is what each statement may take. */
static const was_error_t *begin_work(was_work_t *work, apr_pool_t *pool)
{
    apr_int64_t left = apr_time_as_msec(work->attempt.deadline - apr_time_now());
    was_transaction_t settings = {.nsteps = 1};

    WAS_TRY(was_attempt_command(&work->attempt, &work->connection, WAS_SQL_BEGIN));
    settings.steps[0] = was_attempt_settings(work->connection.backend, left > 1 ? left : 1);
    return was_work_run(work, &settings, pool);
}

static const was_error_t *
try_work(was_db_t *db, was_work_t *work,
         const was_error_t *(*act)(was_work_t *work, void *baton, apr_pool_t *pool), void *baton)
{
    was_attempt_t *attempt = &work->attempt;

    WAS_TRY(was_attempt_begin(attempt, db, &work->connection));
    const was_error_t *error = begin_work(work, attempt->pool);

    if (error == NULL) {
        error = act(work, baton, attempt->pool);
    }
    if (error == NULL) {
        error = was_attempt_commit(attempt, &work->connection, true);
    }
    if (error != NULL && (attempt->again || attempt->torn)) {
        was_pool_renew(db->connections, &work->connection, attempt->schema);
    }
    was_pool_return(db->connections, &work->connection);
    return error;
}

const was_error_t *was_work_do(was_db_t *db, int seconds,
                               const was_error_t *(*act)(was_work_t *work, void *baton,
                                                         apr_pool_t *pool),
                               void *baton, apr_pool_t *pool)
{
    was_work_t work = {
        .attempt = {.deadline = apr_time_now() + apr_time_from_sec(seconds), .pool = pool}};
    was_tally_add(WAS_TALLY_TRANSACTIONS, 1);
    const was_error_t *error = try_work(db, &work, act, baton);

    if (error == NULL || !work.attempt.again) {
        return error;
    }
    was_tally_add(WAS_TALLY_RETRIES, 1);
    work.attempt.second = true;
    apr_pool_create(&work.attempt.pool, pool);
    return try_work(db, &work, act, baton);
}
