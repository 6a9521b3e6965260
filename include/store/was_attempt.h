/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ATTEMPT_H
#define WAS_ATTEMPT_H

#include "store/was_pool.h"
#include "store/was_pq.h"

/*
 * was_attempt: one try to run a transaction on a borrowed connection, and what its end means.
 * Private to was_db and was_work.
 */

struct was_db_t {
    was_pool_t *connections;
    apr_uint32_t caller;
    apr_int64_t keep_msec;
};

typedef struct was_attempt_t {
    was_transaction_t *transaction;
    bool again;          /* it failed in a way that a second try may overcome */
    bool ends;           /* what was refused commits: itself, or what was before it */
    bool is_distributed; /* by Citus */
    bool schema;         /* a table was missing */
    bool torn;           /* what the pooler has prepared for us is not what we know of */
    bool second;         /* it is the second one */
    apr_time_t deadline; /* of all of it; 0: each exchange has its own */
    apr_pool_t *pool;
} was_attempt_t;

/* Borrows the connection of a try. Errors: those of was_pool_borrow. */
WAS_CHECKED const was_error_t *was_attempt_begin(was_attempt_t *attempt, const struct was_db_t *db,
                                                 was_connection_t *connection);

/*
 * Turns the end of an exchange into an error. `commits` says that what was sent may have been
 * committed, and is a write, so that a silence leaves its fate unknown. `name` is the statement's.
 */
WAS_CHECKED const was_error_t *was_attempt_explain(was_attempt_t *attempt, was_pq_end_t end,
                                                   const PGresult *refusal, const char *name,
                                                   bool commits);

/* Runs a command without values. */
WAS_CHECKED const was_error_t *was_attempt_command(was_attempt_t *attempt,
                                                   was_connection_t *connection, was_sql_t command);

/* Runs steps; `commits` as above. What comes out is in `exchange`. */
WAS_CHECKED const was_error_t *was_attempt_run(was_attempt_t *attempt, was_connection_t *connection,
                                               const was_step_t *steps, int nsteps, bool commits,
                                               was_pq_exchange_t *exchange);

/* Ends what was begun by itself; until then a lost connection means that nothing was done. */
WAS_CHECKED const was_error_t *was_attempt_commit(was_attempt_t *attempt,
                                                  was_connection_t *connection, bool writes);

/* What tells a session, which may be another's, what holds for the transaction that has begun; no
 * statement takes longer than so many milliseconds. */
was_step_t was_attempt_settings(const was_backend_t *backend, apr_int64_t milliseconds);

/* BROKEN for a list with more steps, or other values, than there may be. */
WAS_CHECKED const was_error_t *was_attempt_check(const was_transaction_t *transaction,
                                                 apr_pool_t *pool);

#endif
