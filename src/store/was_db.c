/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_db: transactions. Owns what a lost connection means for one, and when one is tried again.
 * Refuses to know tables, HTTP, where connections come from (was_pool) and how bytes travel
 * (was_pq).
 */

#include "store/was_db.h"

#include "store/was_pool.h"
#include "store/was_pq.h"

#include <apr_strings.h>

#include <string.h>

struct was_db_t {
    was_pool_t *connections;
    apr_uint32_t caller;
    apr_int64_t keep_msec;
};

/* One try to run a transaction. */
typedef struct was_attempt_t {
    was_transaction_t *transaction;
    bool again;  /* it failed in a way that a second try may overcome */
    bool schema; /* a table was missing */
    bool torn;   /* what the pooler has prepared for us is not what we know of */
    bool second; /* it is the second one */
    apr_pool_t *pool;
} was_attempt_t;

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

was_db_t *was_db_make(struct server_rec *server, const char *params, int connections, bool is_kept,
                      apr_int64_t keep_msec,
                      const was_error_t *(*ready)(const char *params, was_tables_t *tables,
                                                  apr_pool_t *pool),
                      apr_pool_t *pool)
{
    was_db_t *db = apr_pcalloc(pool, sizeof(*db));

    db->keep_msec = keep_msec;
    db->connections = was_pool_make(server, params, connections, is_kept, ready, pool);
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

bool was_db_is_ready(const was_db_t *db)
{
    return was_pool_is_ready(db->connections);
}

bool was_db_is_ours(const was_db_t *db)
{
    return was_pool_is_ours(db->connections);
}

apr_int64_t was_db_keeps(const was_db_t *db)
{
    return db->keep_msec;
}

static const char *describe_end(was_pq_end_t end)
{
    switch (end) {
    case WAS_PQ_LATE:
        return "no answer in time";
    case WAS_PQ_ALONE:
        return "no standby is known to have it";
    default:
        return "connection lost";
    }
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

static const was_error_t *uncertain_write(const was_attempt_t *attempt, const char *name,
                                          const char *why)
{
    return was_error_wrap(
        attempt->pool,
        was_error_make(attempt->pool, WAS_ERROR_UNCERTAIN, NULL,
                       "the database went away while it wrote: nobody knows whether this was done; "
                       "look before you try again"),
        "%s: %s", name, why);
}

/* What the server refused. */
static const was_error_t *explain_refusal(was_attempt_t *attempt, const PGresult *refusal,
                                          const char *name, bool commits)
{
    /* Nothing done, and worth a second try: somebody deallocated, altered or dropped behind our
     * back; the server shuts down; the primary became a standby. */
    static const char *const stale[] = {"26000", "42P05", "0A000", "42P01",
                                        "42703", "57P",   "25006", NULL};
    static const char *const missing[] = {"42P01", "42703", NULL};
    static const char *const behind[] = {"08", NULL};

    if (commits && was_pq_state_is(refusal, behind)) {
        return uncertain_write(attempt, name, "a server behind the server is lost");
    }
    if (commits && was_pq_is_own(refusal)) {
        return uncertain_write(attempt, name, "libpq could not take the answer");
    }
    attempt->again = was_pq_state_is(refusal, stale);
    attempt->schema = was_pq_state_is(refusal, missing);
    return was_error_wrap(attempt->pool, was_pq_error(refusal, attempt->pool), "%s", name);
}

/*
 * Turns the end of an exchange into an error. `commits` says that what was sent may have been
 * committed, and is a write, so that a silence leaves its fate unknown.
 */
static const was_error_t *explain_end(was_attempt_t *attempt, was_pq_end_t end,
                                      const PGresult *refusal, const char *name, bool commits)
{
    switch (end) {
    case WAS_PQ_DONE:
        return NULL;
    case WAS_PQ_REFUSED:
        return explain_refusal(attempt, refusal, name, commits);
    case WAS_PQ_UNSENT:
        attempt->again = true;
        break;
    default:
        if (commits) {
            return uncertain_write(attempt, name, describe_end(end));
        }
        attempt->again = end == WAS_PQ_LOST;
    }
    return was_error_log(attempt->pool, WAS_ERROR_UNAVAILABLE, "%s: %s", name, describe_end(end));
}

static const was_error_t *run_command(was_attempt_t *attempt, was_connection_t *connection,
                                      was_sql_t command)
{
    const was_sql_statement_t *statement = was_sql_statement(command);
    apr_time_t deadline = apr_time_now() + connection->backend->timeout;
    PGresult *result = NULL;
    was_pq_end_t end = was_pq_command(connection->pg, statement->text, deadline, &result);
    const was_error_t *error = explain_end(attempt, end, result, statement->name, false);

    PQclear(result);
    return error;
}

/* Whether a step of a list that was refused is not known to be prepared. We would prepare it once
 * more; but the pooler may have noted its name before it knew what became of it, and then breaks
 * the connection with whoever uses it twice. */
static bool is_torn(const was_backend_t *backend, const was_step_t *steps, int nsteps)
{
    bool all = true;

    for (int i = 0; i < nsteps; i++) {
        all = all && backend->prepared[steps[i].statement];
    }
    return backend->is_pooled && !all;
}

/* Runs steps; `commits` as in explain_end. A second try takes no name where a pooler stands
 * between: what it has prepared in a server's session may be what made the first one fail. */
static const was_error_t *run_list(was_attempt_t *attempt, was_connection_t *connection,
                                   const was_step_t *steps, int nsteps, bool commits,
                                   was_pq_exchange_t *exchange)
{
    was_backend_t *backend = connection->backend;

    *exchange = (was_pq_exchange_t){.is_named = backend->is_named &&
                                                !(attempt->second && backend->is_pooled),
                                    .prepared = backend->prepared,
                                    .texts = connection->texts,
                                    .deadline = apr_time_now() + backend->timeout};
    was_pq_end_t end = was_pq_run(connection->pg, steps, nsteps, exchange);
    was_sql_t named = end == WAS_PQ_REFUSED ? exchange->refused : steps[nsteps - 1].statement;
    const was_error_t *error =
        explain_end(attempt, end, exchange->refusal, was_sql_statement(named)->name, commits);

    attempt->torn = end == WAS_PQ_REFUSED && exchange->is_named && is_torn(backend, steps, nsteps);
    PQclear(exchange->refusal);
    return error;
}

/* Tells a session that is not ours what holds for the transaction that has begun. */
static was_step_t settings_step(const was_backend_t *backend)
{
    return (was_step_t){.statement = WAS_SQL_LOCAL_SETTINGS,
                        .nvalues = 1,
                        .values = {WAS_INTEGER(backend->statement_timeout)}};
}

static const was_error_t *set_locally(was_attempt_t *attempt, was_connection_t *connection)
{
    const was_step_t step = settings_step(connection->backend);
    was_pq_exchange_t exchange;

    WAS_TRY(run_list(attempt, connection, &step, 1, false, &exchange));
    PQclear(exchange.results[0]);
    return NULL;
}

/* Begins a transaction and sends the content that its steps take. */
static const was_error_t *stage_content(was_attempt_t *attempt, was_connection_t *connection)
{
    const was_error_t *failure = NULL;
    PGresult *result = NULL;

    WAS_TRY(run_command(attempt, connection, WAS_SQL_STAGE));
    if (connection->backend->is_pooled) {
        WAS_TRY(set_locally(attempt, connection));
    }
    WAS_TRY(run_command(attempt, connection, WAS_SQL_COPY));
    was_pq_end_t end = was_pq_copy(connection->pg, attempt->transaction->content,
                                   apr_time_now() + connection->backend->timeout, &result, &failure,
                                   attempt->pool);

    if (failure == NULL) {
        failure = explain_end(attempt, end, result, was_sql_statement(WAS_SQL_COPY)->name, false);
    }
    PQclear(result);
    return failure;
}

/* The steps as they are sent: behind settings of their own where a session is not ours and nobody
 * has told it yet. Yields how many. */
static int list_steps(const was_transaction_t *transaction, const was_backend_t *backend,
                      was_step_t *steps)
{
    int first = backend->is_pooled && transaction->content == NULL;

    if (first > 0) {
        steps[0] = settings_step(backend);
    }
    memcpy(&steps[first], transaction->steps, sizeof(*steps) * (apr_size_t)transaction->nsteps);
    return first + transaction->nsteps;
}

static const was_error_t *run_steps(was_attempt_t *attempt, was_connection_t *connection)
{
    was_transaction_t *transaction = attempt->transaction;
    was_step_t steps[WAS_PQ_MAX_STEPS];
    int nsteps = list_steps(transaction, connection->backend, steps);
    int first = nsteps - transaction->nsteps;
    bool commits = transaction->content == NULL && writes_anything(transaction);
    was_pq_exchange_t exchange;

    WAS_TRY(run_list(attempt, connection, steps, nsteps, commits, &exchange));
    for (int i = 0; i < nsteps; i++) {
        const was_rows_t *rows = was_rows_make(exchange.results[i], attempt->pool);

        if (i >= first) {
            transaction->steps[i - first].rows = rows;
        }
    }
    return NULL;
}

/* Ends what stage_content began; until then a lost connection means that nothing was done. */
static const was_error_t *commit_steps(was_attempt_t *attempt, was_connection_t *connection)
{
    PGresult *result = NULL;
    was_pq_end_t end = was_pq_command(connection->pg, "COMMIT",
                                      apr_time_now() + connection->backend->timeout, &result);
    const was_error_t *error =
        explain_end(attempt, end, result, "COMMIT", writes_anything(attempt->transaction));

    PQclear(result);
    return error;
}

static const was_error_t *try_transaction(was_db_t *db, was_attempt_t *attempt)
{
    was_connection_t connection;
    const was_error_t *error = NULL;

    attempt->again = attempt->schema = attempt->torn = false;
    WAS_TRY(was_pool_borrow(db->connections, db->caller, &connection, attempt->pool));
    if (attempt->transaction->content != NULL) {
        error = stage_content(attempt, &connection);
    }
    if (error == NULL) {
        error = run_steps(attempt, &connection);
    }
    if (error == NULL && attempt->transaction->content != NULL) {
        error = commit_steps(attempt, &connection);
    }
    if (error != NULL && (attempt->again || attempt->torn)) {
        was_pool_renew(db->connections, &connection, attempt->schema);
    }
    was_pool_return(db->connections, &connection);
    return error;
}

/* A statement with other values than it takes would hand libpq what nobody has set. */
static const was_error_t *check_values(const was_transaction_t *transaction, apr_pool_t *pool)
{
    if (transaction->nsteps > WAS_TRANSACTION_MAX_STEPS) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "a transaction of %d steps is too long",
                             transaction->nsteps);
    }
    for (int i = 0; i < transaction->nsteps; i++) {
        const was_step_t *step = &transaction->steps[i];
        const was_sql_statement_t *statement = was_sql_statement(step->statement);

        if (statement == NULL || step->nvalues != statement->nvalues) {
            return was_error_log(pool, WAS_ERROR_BROKEN, "%s takes %d values, not %d",
                                 statement != NULL ? statement->name : "no statement",
                                 statement != NULL ? statement->nvalues : 0, step->nvalues);
        }
    }
    return NULL;
}

const was_error_t *was_db_transact(was_db_t *db, was_transaction_t *transaction, apr_pool_t *pool)
{
    was_attempt_t attempt = {.transaction = transaction, .pool = pool};

    WAS_TRY(check_values(transaction, pool));
    const was_error_t *error = try_transaction(db, &attempt);

    if (error == NULL || !attempt.again) {
        return error;
    }
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
