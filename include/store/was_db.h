/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DB_H
#define WAS_DB_H

#include "store/was_schema.h"
#include "store/was_step.h"

/*
 * was_db: the way to PostgreSQL and back. Runs a list of steps as one transaction on a connection
 * borrowed for just that: what a client does or leaves undone can keep none. The steps are sent
 * together and answered together, one round trip in all; a content that is too big to be a value is
 * sent before them. Knows no table and no HTTP.
 *
 * What a lost connection means is decided here. A transaction that cannot have been committed is
 * run once more on a fresh connection; one that may have been is reported as UNCERTAIN.
 *
 * Errors that every running function can give:
 *   UNAVAILABLE  no connection, the statement's time is over, too many connections, disk full, a
 *                read-only or recovering database, no schema yet, a deadlock at the second try,
 *                too: nothing was written
 *   UNCERTAIN    the connection went away after a write was sent, behind the server that we talk
 *                to, too (SQLSTATE class 08, or XX in answer to a commit); or no standby is known
 *                to have it
 *   NOT_FOUND    the row that a foreign key names is gone
 *   CONFLICT     a unique key exists
 *   TARGET_TOO_LONG  a key is longer than an index can hold
 *   MALFORMED    text that the database's encoding cannot hold
 *   BROKEN       anything else; also a step with another number of values than its statement takes
 */

struct was_lender_t;

/* One database as one server uses it; lives as long as the configuration. */
typedef struct was_db_t was_db_t;

/*
 * `params` is what DBDParams says, any libpq connection string; kept, not copied, as `lender` is.
 * `connections` is how many that one lends at most, and `is_kept` says that it closes none by
 * itself. Who
 * finds all in use for half a minute is told UNAVAILABLE, and so is everybody, soon, while
 * PostgreSQL is out of reach. `keep_msec` says for how long a content is kept that is written
 * or read no further, and that no row names: longer than any client may rest. `ready` is asked
 * before the first statement, and again after a statement found a table missing: it makes the
 * schema, or says why there is none, and what is known of the tables, in the pool. It runs in one
 * thread at a time, and after a failure not more often than once a second. NULL when the system has
 * no lock to give.
 */
was_db_t *was_db_make(const struct was_lender_t *lender, const char *params, int connections,
                      bool is_kept, apr_int64_t keep_msec,
                      const was_error_t *(*ready)(const char *params, was_tables_t *tables,
                                                  apr_pool_t *pool),
                      apr_pool_t *pool);

/* The same database for one caller, in the pool: who all count as one have one number (was_permits
 * says what of), whose statements never hold all connections. */
was_db_t *was_db_of_caller(const was_db_t *db, apr_uint32_t caller, apr_pool_t *pool);

/* Asks `ready` now. For start-up. */
WAS_CHECKED const was_error_t *was_db_prepare(was_db_t *db, apr_pool_t *pool);

/* Opens so many connections before requests come, as was_pool_open says. Errors: UNAVAILABLE. */
WAS_CHECKED const was_error_t *was_db_open(was_db_t *db, int count, apr_pool_t *pool);

/* Whether that has been said, to whoever asked. For who can wait until others need the database. */
bool was_db_is_ready(const was_db_t *db);

/* Whether nobody but this module has made tables there, as far as is known: not before it is ready,
 * which a request that has read anything has seen. */
bool was_db_is_ours(const was_db_t *db);

/* Whether Citus keeps the tables, as far as is known. */
bool was_db_is_distributed(const was_db_t *db);

/* keep_msec. */
apr_int64_t was_db_keeps(const was_db_t *db);

/* Runs the steps; they are committed when this returns NULL, and each has its rows then, which live
 * as long as the pool. */
WAS_CHECKED const was_error_t *was_db_transact(was_db_t *db, was_transaction_t *transaction,
                                               apr_pool_t *pool);

/* Runs one statement as a transaction of its own; `rows` may be NULL. */
WAS_CHECKED const was_error_t *was_db_run(was_db_t *db, was_sql_t statement,
                                          const was_value_t *values, int nvalues,
                                          const was_rows_t **rows, apr_pool_t *pool);

#endif
