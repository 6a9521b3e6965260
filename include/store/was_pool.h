/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_POOL_H
#define WAS_POOL_H

#include "store/was_lender.h"
#include "store/was_schema.h"
#include "store/was_step.h"

#include <apr_time.h>

/*
 * was_pool: connections, borrowed from a lender, looked at before use, made ready once per backend,
 * and given back. Private to was_db.
 */

/* One database as one server uses it; lives as long as the configuration. */
typedef struct was_pool_t was_pool_t;

/* What was_db_make says of its values, and of NULL. */
was_pool_t *was_pool_make(const was_lender_t *lender, const char *params, int connections,
                          bool is_kept,
                          const was_error_t *(*ready)(const char *params, was_tables_t *tables,
                                                      apr_pool_t *pool),
                          apr_pool_t *pool);

/* Asks `ready` now. Errors: UNAVAILABLE. */
WAS_CHECKED const was_error_t *was_pool_prepare(was_pool_t *connections, apr_pool_t *pool);

/* Whether `ready` has said so, to whoever asked it. */
bool was_pool_is_ready(const was_pool_t *connections);

/* Whether it has said that all tables are ours; that Citus keeps them. */
bool was_pool_is_ours(const was_pool_t *connections);
bool was_pool_is_distributed(const was_pool_t *connections);

/*
 * Opens so many connections, and makes them ready, for a child that takes no requests yet: mod_dbd
 * makes one at a time and with the whole pool locked, which the first requests would wait for in
 * turn. Does nothing where `ready` has not said so, where mod_dbd would not keep them, and where no
 * connect_timeout bounds how long a database that hangs could keep the child from its work. Errors:
 * those of was_pool_borrow; what had been opened stays so.
 */
WAS_CHECKED const was_error_t *was_pool_open(was_pool_t *connections, int count, apr_pool_t *pool);

/* What we know of one pooled connection; lives with it. */
typedef struct was_backend_t {
    int pid;             /* 0: nothing is known */
    bool is_pooled;      /* a pooler stands between: nothing of ours may be left in a session */
    bool is_named;       /* prepared statements are kept by their names */
    bool is_distributed; /* Citus keeps the tables */
    apr_int64_t statement_timeout; /* milliseconds, in PostgreSQL */
    apr_time_t timeout;            /* the same, seen from here, and a little more */
    bool prepared[WAS_SQL_COUNT];
} was_backend_t;

/* A borrowed connection. */
typedef struct was_connection_t {
    void *handle; /* the lender's */
    PGconn *pg;
    was_backend_t *backend;
    apr_uint32_t caller;      /* for whom it was borrowed */
    const char *const *texts; /* of the statements, for the schema that the tables are in */
} was_connection_t;

/* Waits for a connection, half a minute at the longest, and makes it ready; given back by
 * was_pool_return. `caller` as in was_db_of_caller. Errors: UNAVAILABLE, and those of was_db while
 * it is made ready. */
WAS_CHECKED const was_error_t *was_pool_borrow(was_pool_t *connections, apr_uint32_t caller,
                                               was_connection_t *connection, apr_pool_t *pool);

/* Gives a connection back; rolls an open transaction back before. */
void was_pool_return(was_pool_t *connections, was_connection_t *connection);

/* Before it is given back: cuts the connection, so that the next one to borrow it reconnects, with
 * nothing prepared, no plan that is stale and the settings that were asked for; and behind a name
 * that moved, it finds the new primary. `schema`: a table was missing, `ready` is to be asked
 * again. */
void was_pool_renew(was_pool_t *connections, was_connection_t *connection, bool schema);

#endif
