/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PQ_H
#define WAS_PQ_H

#include "store/was_step.h"

#include <apr_time.h>
#include <libpq-fe.h>

/*
 * was_pq: one exchange with PostgreSQL over one connection, with an end in time. libpq's blocking
 * calls wait for as long as the kernel keeps a dead peer alive; these never wait longer than the
 * deadline. Private to the store: knows no pool, no retry, and what a failure means to nobody.
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

/* The same for statements without values or interesting answer. */
was_pq_end_t was_pq_command(PGconn *pg, const char *sql, apr_time_t deadline, PGresult **result);

/* A transaction's steps, two before them and one behind. */
enum { WAS_PQ_MAX_STEPS = WAS_TRANSACTION_MAX_STEPS + 3 };

/* What a list of steps is run with. */
typedef struct was_pq_exchange_t {
    bool is_named;  /* statements are prepared once, by name; else sent as text each time */
    bool *prepared; /* by statement: which of them this connection has; grows */
    /* By statement, its text; NULL where none has a table. */
    const char *const *texts;
    apr_time_t deadline;
    PGresult *results[WAS_PQ_MAX_STEPS]; /* the caller's to clear, set for DONE */
    PGresult *refusal;                   /* the same, set for REFUSED */
    was_sql_t refused;                   /* the statement that it is about */
} was_pq_exchange_t;

/* Runs steps in one round trip; together they are one transaction, or part of one that was begun.
 * Answers are binary. */
was_pq_end_t was_pq_run(PGconn *pg, const was_step_t *steps, int nsteps,
                        was_pq_exchange_t *exchange);

/*
 * Sends `content` as the one binary column of one row into a COPY FROM STDIN that has started.
 * A source that fails ends the COPY and comes out as `*failure`, with REFUSED.
 */
was_pq_end_t was_pq_copy(PGconn *pg, const was_source_t *content, apr_time_t deadline,
                         PGresult **result, const was_error_t **failure, apr_pool_t *pool);

/* Hands the rows of a COPY TO STDOUT that has started to a COPY FROM STDIN that has; both are to be
 * finished then. `*bytes` grows by what was handed on. */
was_pq_end_t was_pq_hand_on(PGconn *from, PGconn *to, apr_time_t deadline, apr_int64_t *bytes);

/* What the server's error says, as an error of ours. The server's text goes to the log only, and
 * without its DETAIL, which may quote stored values. */
WAS_CHECKED const was_error_t *was_pq_error(const PGresult *result, apr_pool_t *pool);

/* A text of libpq's or the server's as one line: what is white in it is a blank, and none at the
 * ends. */
const char *was_pq_line(const char *text, apr_pool_t *pool);

/* Whether this, an error or a notice, says that the session ends. It is said some time before the
 * connection is closed. */
bool was_pq_is_last_word(const PGresult *result);

/* Whether the error is libpq's own, and not the server's: what that did is not known. */
bool was_pq_is_own(const PGresult *result);

/* Whether the error is one of these SQLSTATEs, or classes of them, given as a NULL-terminated
 * list. */
bool was_pq_state_is(const PGresult *result, const char *const *states);

/* Cuts the connection, so that nobody uses it before it was reset. */
void was_pq_abandon(PGconn *pg);

#endif
