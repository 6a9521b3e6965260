/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PQ_H
#define WAS_PQ_H

#include "store/was_db.h"

#include <apr_time.h>
#include <libpq-fe.h>

/*
 * was_pq: one exchange with PostgreSQL over one connection, with an end in time. libpq's blocking
 * calls wait for as long as the kernel keeps a dead peer alive; these never wait longer than the
 * deadline. Private to was_db: knows no pool, no retry, and what a failure means to nobody.
 */

/* How an exchange ended. */
typedef enum was_pq_end_t {
    WAS_PQ_DONE,    /* answered, without error */
    WAS_PQ_REFUSED, /* answered with an error; the connection is fine, nothing was done */
    WAS_PQ_UNSENT,  /* the connection broke before the request was out: nothing was done */
    WAS_PQ_LOST,    /* the connection broke after that */
    WAS_PQ_LATE,    /* no answer by the deadline; the connection was given up */
    WAS_PQ_ALONE    /* committed, but the wait for a standby was cut short; given up, too */
} was_pq_end_t;

/*
 * Sends what a PQsend... function, whose result is `sent`, has queued, and waits for the last
 * result until `deadline`. `*result` is the caller's to clear, set for DONE and REFUSED. A COPY
 * that starts counts as DONE.
 */
was_pq_end_t was_pq_finish(PGconn *pg, int sent, apr_time_t deadline, PGresult **result);

/* The same for a statement without parameters or interesting answer. */
was_pq_end_t was_pq_command(PGconn *pg, const char *sql, apr_time_t deadline, PGresult **result);

was_pq_end_t was_pq_prepare(PGconn *pg, const was_sql_statement_t *statement, apr_time_t deadline,
                            PGresult **result);

/* Runs a prepared statement; the answer is binary. */
was_pq_end_t was_pq_execute(PGconn *pg, const was_sql_statement_t *statement,
                            const was_value_t *values, int nvalues, apr_time_t deadline,
                            PGresult **result);

/*
 * Sends `content` as the one binary column of one row into a COPY FROM STDIN that has started.
 * A source that fails ends the COPY and comes out as `*failure`, with REFUSED.
 */
was_pq_end_t was_pq_copy(PGconn *pg, const was_source_t *content, apr_time_t deadline,
                         PGresult **result, const was_error_t **failure, apr_pool_t *pool);

/* What the server's error says, as an error of ours. The server's text goes to the log only, and
 * without its DETAIL, which may quote stored values. */
const was_error_t *was_pq_error(const PGresult *result, apr_pool_t *pool);

/* Whether the error is one of these SQLSTATEs, given as a NULL-terminated list. */
bool was_pq_state_is(const PGresult *result, const char *const *states);

/* Cuts the connection, so that nobody uses it before it was reset. */
void was_pq_abandon(PGconn *pg);

/* Rows over a result that the pool owns from now on. */
const was_rows_t *was_pq_rows(PGresult *result, apr_pool_t *pool);

#endif
