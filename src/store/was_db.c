/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_db: transactions. Owns what a lost connection means for one, and when one is tried again.
 * Refuses to know tables, HTTP, where connections come from (was_pool) and how bytes travel
 * (was_pq).
 */

#include "store/was_db.h"

#include "base/was_tally.h"
#include "store/was_attempt.h"

#include <apr_strings.h>

#include <string.h>

was_step_t *was_step_add(was_transaction_t *transaction, was_sql_t statement,
                         const was_value_t *values, int nvalues)
{
    int last = WAS_TRANSACTION_MAX_STEPS - 1;
    was_step_t *step = &transaction->steps[transaction->nsteps < last ? transaction->nsteps : last];

    transaction->nsteps++;
    step->statement = statement;
    step->nvalues = nvalues;
    for (int i = 0; i < nvalues && i < WAS_STEP_MAX_VALUES; i++) {
        step->values[i] = values[i];
    }
    return step;
}

was_db_t *was_db_make(const struct was_lender_t *lender, const char *params, int connections,
                      bool is_kept, apr_int64_t keep_msec,
                      const was_error_t *(*ready)(const char *params, was_tables_t *tables,
                                                  apr_pool_t *pool),
                      apr_pool_t *pool)
{
    was_db_t *db = apr_pcalloc(pool, sizeof(*db));

    db->keep_msec = keep_msec;
    db->connections = was_pool_make(lender, params, connections, is_kept, ready, pool);
    return db->connections != NULL ? db : NULL;
}

was_db_t *was_db_of_caller(const was_db_t *db, apr_uint32_t caller, apr_pool_t *pool)
{
    was_db_t *made = apr_pmemdup(pool, db, sizeof(*db));

    made->caller = caller;
    return made;
}

const was_error_t *was_db_prepare(was_db_t *db, apr_pool_t *pool)
{
    return was_pool_prepare(db->connections, pool);
}

const was_error_t *was_db_open(was_db_t *db, int count, apr_pool_t *pool)
{
    return was_pool_open(db->connections, count, pool);
}

bool was_db_is_ready(const was_db_t *db)
{
    return was_pool_is_ready(db->connections);
}

bool was_db_is_ours(const was_db_t *db)
{
    return was_pool_is_ours(db->connections);
}

bool was_db_is_distributed(const was_db_t *db)
{
    return was_pool_is_distributed(db->connections);
}

apr_int64_t was_db_keeps(const was_db_t *db)
{
    return db->keep_msec;
}

static bool writes_anything(const was_transaction_t *transaction)
{
    for (int i = 0; i < transaction->nsteps; i++) {
        if (was_sql_statement(transaction->steps[i].statement)->writes) {
            return true;
        }
    }
    return false;
}

/* Tells a session that is not ours what holds for the transaction that has begun. */
static const was_error_t *set_locally(was_attempt_t *attempt, was_connection_t *connection)
{
    const was_step_t step =
        was_attempt_settings(connection->backend, connection->backend->statement_timeout);
    was_pq_exchange_t exchange;

    WAS_TRY(was_attempt_run(attempt, connection, &step, 1, false, &exchange));
    PQclear(exchange.results[0]);
    return NULL;
}

/* Begins a transaction and sends the content that its steps take. */
static const was_error_t *stage_content(was_attempt_t *attempt, was_connection_t *connection)
{
    const was_error_t *failure = NULL;
    PGresult *result = NULL;

    WAS_TRY(was_attempt_command(attempt, connection, WAS_SQL_STAGE));
    if (connection->backend->is_pooled) {
        WAS_TRY(set_locally(attempt, connection));
    }
    WAS_TRY(was_attempt_command(attempt, connection, WAS_SQL_COPY));
    was_pq_end_t end = was_pq_copy(connection->pg, attempt->transaction->content,
                                   apr_time_now() + connection->backend->timeout, &result, &failure,
                                   attempt->pool);

    if (failure == NULL) {
        failure =
            was_attempt_explain(attempt, end, result, was_sql_statement(WAS_SQL_COPY)->name, false);
    }
    PQclear(result);
    return failure;
}

/* Whether the steps need a beginning and an end of their own. What is sent together is one
 * transaction to PostgreSQL, but each step one of its own to Citus, which commits it at once on the
 * node that has the rows. */
static bool is_begun(const was_transaction_t *transaction, const was_backend_t *backend)
{
    return backend->is_distributed && transaction->content == NULL && transaction->nsteps > 1;
}

/* The steps as they are sent: behind settings of their own where a session is not ours and nobody
 * has told it yet. Yields how many; `*first` is the transaction's own first one. */
static int list_steps(const was_transaction_t *transaction, const was_backend_t *backend,
                      was_step_t *steps, int *first)
{
    bool begins = is_begun(transaction, backend);
    int count = 0;

    if (begins) {
        steps[count++] = (was_step_t){.statement = WAS_SQL_BEGIN};
    }
    if (backend->is_pooled && transaction->content == NULL) {
        steps[count++] = was_attempt_settings(backend, backend->statement_timeout);
    }
    *first = count;
    memcpy(&steps[count], transaction->steps, sizeof(*steps) * (apr_size_t)transaction->nsteps);
    count += transaction->nsteps;
    if (begins) {
        steps[count++] = (was_step_t){.statement = WAS_SQL_COMMIT};
    }
    return count;
}

static const was_error_t *run_steps(was_attempt_t *attempt, was_connection_t *connection)
{
    was_transaction_t *transaction = attempt->transaction;
    was_step_t steps[WAS_PQ_MAX_STEPS];
    int first = 0;
    int nsteps = list_steps(transaction, connection->backend, steps, &first);
    bool commits = transaction->content == NULL && writes_anything(transaction);
    was_pq_exchange_t exchange;

    WAS_TRY(was_attempt_run(attempt, connection, steps, nsteps, commits, &exchange));
    for (int i = 0; i < nsteps; i++) {
        const was_rows_t *rows = was_rows_make(exchange.results[i], attempt->pool);

        if (i >= first && i - first < transaction->nsteps) {
            transaction->steps[i - first].rows = rows;
        }
    }
    return NULL;
}

static const was_error_t *try_transaction(was_db_t *db, was_attempt_t *attempt)
{
    was_connection_t connection;
    const was_error_t *error = NULL;

    WAS_TRY(was_attempt_begin(attempt, db, &connection));
    if (attempt->transaction->content != NULL) {
        error = stage_content(attempt, &connection);
    }
    if (error == NULL) {
        error = run_steps(attempt, &connection);
    }
    if (error == NULL && attempt->transaction->content != NULL) {
        error = was_attempt_commit(attempt, &connection, writes_anything(attempt->transaction));
    }
    if (error != NULL && (attempt->again || attempt->torn)) {
        was_pool_renew(db->connections, &connection, attempt->schema);
    }
    was_pool_return(db->connections, &connection);
    return error;
}

const was_error_t *was_db_transact(was_db_t *db, was_transaction_t *transaction, apr_pool_t *pool)
{
    was_attempt_t attempt = {.transaction = transaction, .pool = pool};

    WAS_TRY(was_attempt_check(transaction, pool));
    was_tally_add(WAS_TALLY_TRANSACTIONS, 1);
    const was_error_t *error = try_transaction(db, &attempt);

    if (error == NULL || !attempt.again) {
        return error;
    }
    was_tally_add(WAS_TALLY_RETRIES, 1);
    attempt.second = true;
    return try_transaction(db, &attempt);
}

const was_error_t *was_db_run(was_db_t *db, was_sql_t statement, const was_value_t *values,
                              int nvalues, const was_rows_t **rows, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *step = was_step_add(&transaction, statement, values, nvalues);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (rows != NULL) {
        *rows = step->rows;
    }
    return NULL;
}
