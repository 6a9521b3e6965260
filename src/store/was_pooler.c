/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pooler: whether a pooler stands between, and what it does with the names of prepared
 * statements. Owns how that is found out without leaving anything behind. Refuses to know its name
 * and version.
 */

#include "store/was_pooler.h"

#include "store/was_pq.h"

const was_error_t *was_pooler_ask(PGconn *pg, const was_step_t *step, apr_time_t deadline,
                                  const was_rows_t **rows, apr_pool_t *pool)
{
    was_pq_exchange_t exchange = {.deadline = deadline};
    was_pq_end_t end = was_pq_run(pg, step, 1, &exchange);

    if (end == WAS_PQ_DONE) {
        *rows = was_rows_make(exchange.results[0], pool);
        return NULL;
    }
    const was_error_t *error =
        end == WAS_PQ_REFUSED
            ? was_pq_error(exchange.refusal, pool)
            : was_error_log(pool, WAS_ERROR_UNAVAILABLE, "a new connection does not answer");

    PQclear(exchange.refusal);
    return error;
}

const was_error_t *was_pooler_is_there(PGconn *pg, apr_time_t deadline, bool *is_there,
                                       apr_pool_t *pool)
{
    const was_step_t step = {
        .statement = WAS_SQL_POOLER_PID, .nvalues = 1, .values = {WAS_INTEGER(PQbackendPID(pg))}};
    const was_rows_t *rows;

    WAS_TRY(was_pooler_ask(pg, &step, deadline, &rows, pool));
    *is_there = was_rows_true(rows, 0, 0);
    return NULL;
}

/* One that keeps them for its clients has given ours another name. One that does not either has
 * ours, or refuses it because another client has left it. */
static bool is_renamed(PGconn *pg, apr_time_t deadline, bool *is_ours, apr_pool_t *pool)
{
    const was_step_t step = {.statement = WAS_SQL_POOLER};
    bool prepared[WAS_SQL_COUNT] = {false};
    was_pq_exchange_t exchange = {.is_named = true, .prepared = prepared, .deadline = deadline};
    bool is_answered = was_pq_run(pg, &step, 1, &exchange) == WAS_PQ_DONE;

    PQclear(exchange.refusal);
    *is_ours = is_answered && was_rows_true(was_rows_make(exchange.results[0], pool), 0, 0);
    return is_answered && !*is_ours;
}

static bool tell_session(PGconn *pg, const char *sql, apr_time_t deadline)
{
    PGresult *result = NULL;
    was_pq_end_t end = was_pq_command(pg, sql, deadline, &result);

    PQclear(result);
    return end == WAS_PQ_DONE;
}

bool was_pooler_keeps_names(PGconn *pg, apr_time_t deadline, apr_pool_t *pool)
{
    bool is_ours = false;

    /* A transaction is what keeps the server session for us until we have tidied it. */
    if (!tell_session(pg, "BEGIN", deadline)) {
        return false;
    }
    bool keeps = is_renamed(pg, deadline, &is_ours, pool);

    if (is_ours) {
        (void)tell_session(pg, was_sql_statement(WAS_SQL_POOLER_FORGET)->text, deadline);
    }
    return tell_session(pg, "ROLLBACK", deadline) && keeps;
}
