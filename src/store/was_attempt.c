/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_attempt: exchanges of one try, and what their ends mean. Owns when one may be made again, and
 * when nobody knows what became of it. Refuses to know whether it is.
 */

#include "store/was_attempt.h"

#include "base/was_tally.h"

#include <apr_strings.h>

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
     * back; the server shuts down; the primary became a standby; a deadlock was ended at our cost,
     * or what a standby has to replay was in our way. */
    static const char *const stale[] = {"26000", "42P05", "0A000", "42P01", "42703",
                                        "57P",   "25006", "40P01", "40001", NULL};
    static const char *const missing[] = {"42P01", "42703", NULL};
    static const char *const behind[] = {"08", NULL};
    /* Citus, of a node that is lost while it is at something, or has not answered the commit. */
    static const char *const internal[] = {"XX", NULL};
    /* The same, of one that it waits for no longer: that may be committing meanwhile. */
    static const char *const impatient[] = {"57", NULL};
    bool is_lost = attempt->is_distributed && was_pq_state_is(refusal, internal);
    bool is_left = attempt->is_distributed && was_pq_state_is(refusal, impatient);

    if (commits && (was_pq_state_is(refusal, behind) ||
                    (attempt->ends && (is_left || was_pq_state_is(refusal, internal))))) {
        return uncertain_write(attempt, name, "a server behind the server is lost");
    }
    if (commits && was_pq_is_own(refusal)) {
        return uncertain_write(attempt, name, "libpq could not take the answer");
    }
    attempt->again = was_pq_state_is(refusal, stale);
    attempt->schema = was_pq_state_is(refusal, missing);
    const was_error_t *error = was_pq_error(refusal, attempt->pool);

    return is_lost ? was_error_log(attempt->pool, WAS_ERROR_UNAVAILABLE, "%s: %s", name,
                                   was_error_text(error, attempt->pool))
                   : was_error_wrap(attempt->pool, error, "%s", name);
}

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

/* Of the kinds that was_db.h names; whatever else comes out is a defect. */
static was_tally_t tally_of_kind(was_error_kind_t kind)
{
    switch (kind) {
    case WAS_ERROR_UNAVAILABLE:
        return WAS_TALLY_DATABASE_UNAVAILABLE;
    case WAS_ERROR_UNCERTAIN:
        return WAS_TALLY_DATABASE_UNCERTAIN;
    case WAS_ERROR_NOT_FOUND:
        return WAS_TALLY_DATABASE_NOT_FOUND;
    case WAS_ERROR_CONFLICT:
        return WAS_TALLY_DATABASE_CONFLICT;
    case WAS_ERROR_TARGET_TOO_LONG:
        return WAS_TALLY_DATABASE_TARGET_TOO_LONG;
    case WAS_ERROR_MALFORMED:
        return WAS_TALLY_DATABASE_MALFORMED;
    default:
        return WAS_TALLY_DATABASE_BROKEN;
    }
}

static const was_error_t *count_error(const was_error_t *error)
{
    if (error != NULL) {
        was_tally_add(tally_of_kind(error->kind), 1);
    }
    return error;
}

const was_error_t *was_attempt_explain(was_attempt_t *attempt, was_pq_end_t end,
                                       const PGresult *refusal, const char *name, bool commits)
{
    return count_error(explain_end(attempt, end, refusal, name, commits));
}

const was_error_t *was_attempt_begin(was_attempt_t *attempt, const struct was_db_t *db,
                                     was_connection_t *connection)
{
    attempt->again = attempt->schema = attempt->torn = attempt->ends = false;
    WAS_TRY(count_error(was_pool_borrow(db->connections, db->caller, connection, attempt->pool)));
    attempt->is_distributed = connection->backend->is_distributed;
    return NULL;
}

const was_error_t *was_attempt_command(was_attempt_t *attempt, was_connection_t *connection,
                                       was_sql_t command)
{
    const was_sql_statement_t *statement = was_sql_statement(command);
    apr_time_t deadline = apr_time_now() + connection->backend->timeout;
    PGresult *result = NULL;

    was_tally_add(WAS_TALLY_STATEMENTS, 1);
    was_pq_end_t end = was_pq_command(connection->pg, statement->text, deadline, &result);
    const was_error_t *error = was_attempt_explain(attempt, end, result, statement->name, false);

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

/* A second try takes no name where a pooler stands
 * between: what it has prepared in a server's session may be what made the first one fail. */
const was_error_t *was_attempt_run(was_attempt_t *attempt, was_connection_t *connection,
                                   const was_step_t *steps, int nsteps, bool commits,
                                   was_pq_exchange_t *exchange)
{
    was_backend_t *backend = connection->backend;

    *exchange = (was_pq_exchange_t){
        .is_named = backend->is_named && !(attempt->second && backend->is_pooled),
        .prepared = backend->prepared,
        .texts = connection->texts,
        .deadline = attempt->deadline != 0 ? attempt->deadline : apr_time_now() + backend->timeout};
    was_tally_add(WAS_TALLY_STATEMENTS, nsteps);
    was_pq_end_t end = was_pq_run(connection->pg, steps, nsteps, exchange);
    was_sql_t named = end == WAS_PQ_REFUSED ? exchange->refused : steps[nsteps - 1].statement;

    attempt->ends =
        named == WAS_SQL_COMMIT || (backend->is_distributed && steps[0].statement != WAS_SQL_BEGIN);
    const was_error_t *error = was_attempt_explain(attempt, end, exchange->refusal,
                                                   was_sql_statement(named)->name, commits);

    attempt->torn = end == WAS_PQ_REFUSED && exchange->is_named && is_torn(backend, steps, nsteps);
    PQclear(exchange->refusal);
    return error;
}

was_step_t was_attempt_settings(const was_backend_t *backend, apr_int64_t milliseconds)
{
    return (was_step_t){
        .statement = WAS_SQL_LOCAL_SETTINGS,
        .nvalues = 2,
        .values = {WAS_INTEGER(milliseconds), WAS_BOOLEAN(backend->is_distributed)}};
}

const was_error_t *was_attempt_commit(was_attempt_t *attempt, was_connection_t *connection,
                                      bool writes)
{
    PGresult *result = NULL;

    was_tally_add(WAS_TALLY_STATEMENTS, 1);
    attempt->ends = true;
    was_pq_end_t end = was_pq_command(connection->pg, "COMMIT",
                                      apr_time_now() + connection->backend->timeout, &result);
    const was_error_t *error = was_attempt_explain(attempt, end, result, "COMMIT", writes);

    PQclear(result);
    return error;
}

/* A statement with other values than it takes would hand libpq what nobody has set. */
const was_error_t *was_attempt_check(const was_transaction_t *transaction, apr_pool_t *pool)
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
