/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DB_H
#define WAS_DB_H

#include "base/was_error.h"
#include "store/was_sql.h"

struct server_rec;

/*
 * was_db: the way to PostgreSQL and back. Borrows a connection from mod_dbd's pool, makes sure that
 * it lives, runs one statement (or one upload) natively, and gives the connection back before it
 * returns: nothing that a client does or leaves undone can keep a connection. The only room that
 * includes mod_dbd, apr_dbd or libpq. Knows no table and no HTTP.
 *
 * What a lost connection means is decided here. A statement that cannot have been committed is run
 * once more on a fresh connection; one that may have been is reported as UNCERTAIN.
 *
 * Errors that every running function can give:
 *   UNAVAILABLE  no connection, the statement's time is over, too many connections, disk full, a
 *                read-only or recovering database, a deadlock, no schema yet: nothing was written
 *   UNCERTAIN    the connection went away after a write was sent, or no standby is known to have it
 *   NOT_FOUND    the row that a foreign key names is gone
 *   CONFLICT     a unique key exists
 *   TARGET_TOO_LONG  a key is longer than an index can hold
 *   MALFORMED    text that the database's encoding cannot hold
 *   BROKEN       anything else
 */

/* One database as one server uses it; lives as long as the configuration. */
typedef struct was_db_t was_db_t;

/*
 * `params` is what DBDParams says, any libpq connection string; kept, not copied. `connections` is
 * how many of them mod_dbd makes at most, and `kept` says that it closes none by itself. Who
 * finds all in use for half a minute is told UNAVAILABLE, and so is everybody, soon, while
 * PostgreSQL is out of reach. `ready` is asked before the first statement, and again after a
 * statement found a table missing: it makes the schema, or says why there is none. It runs in one
 * thread at a time, and after a failure not more often than once a second.
 */
was_db_t *was_db_make(struct server_rec *server, const char *params, int connections, bool kept,
                      const was_error_t *(*ready)(const char *params, apr_pool_t *pool),
                      apr_pool_t *pool);

/* Asks `ready` now. For start-up. */
const was_error_t *was_db_prepare(was_db_t *db, apr_pool_t *pool);

/* A parameter. Texts are NUL-terminated; a NULL pointer is SQL NULL. Nothing is copied. */
typedef struct was_value_t {
    enum { WAS_VALUE_TEXT, WAS_VALUE_BYTES, WAS_VALUE_INTEGER, WAS_VALUE_NULL } type;
    const void *data;
    apr_size_t length;
    apr_int64_t integer; /* sent as bigint */
} was_value_t;

#define WAS_TEXT(text)                                                                             \
    ((was_value_t){.type = (text) != NULL ? WAS_VALUE_TEXT : WAS_VALUE_NULL, .data = (text)})
#define WAS_BYTES(bytes, count)                                                                    \
    ((was_value_t){.type = WAS_VALUE_BYTES, .data = (bytes), .length = (count)})
#define WAS_INTEGER(value) ((was_value_t){.type = WAS_VALUE_INTEGER, .integer = (value)})
#define WAS_BOOLEAN(value) WAS_TEXT((value) ? "t" : "f")

enum { WAS_DB_MAX_VALUES = 16 };

/*
 * The rows of an answer; they live as long as the pool given to was_db_run, independently of any
 * connection. Columns count from 0. A text is NUL-terminated; NULL stands for SQL NULL.
 */
typedef struct was_rows_t was_rows_t;

int was_rows_count(const was_rows_t *rows);
const char *was_rows_text(const was_rows_t *rows, int row, int column);
const char *was_rows_bytes(const was_rows_t *rows, int row, int column, apr_size_t *count);
/* A bigint; `otherwise` for SQL NULL. */
apr_int64_t was_rows_integer(const was_rows_t *rows, int row, int column, apr_int64_t otherwise);
bool was_rows_true(const was_rows_t *rows, int row, int column); /* NULL is false */

/* Runs one statement as a transaction of its own; committed when this returns NULL. */
const was_error_t *was_db_run(was_db_t *db, was_sql_t statement, const was_value_t *values,
                              int nvalues, const was_rows_t **rows, apr_pool_t *pool);

/* A content of any size, from its beginning each time `rewind` is called. */
typedef struct was_source_t {
    const was_error_t *(*rewind)(void *baton);
    /* Up to `capacity` bytes; 0 at the end. */
    const was_error_t *(*read)(void *baton, char *buffer, apr_size_t capacity, apr_size_t *count);
    void *baton;
    apr_size_t size; /* what `read` will yield in all */
} was_source_t;

/* What a statement needs before it, in one transaction with it. */
typedef struct was_transaction_t {
    /* Staged in pg_temp.was_upload, where the statement takes it from; or NULL. The source must be
     * local: the connection is held while it is read. Memory here is constant; the server's backend
     * needs about four and a half times the content. */
    const was_source_t *content;
    /* The name of a lock, or NULL. One transaction at a time has it, on all servers of the
     * database, and its statement sees what those before it committed. */
    const char *lock;
} was_transaction_t;

/* Runs one statement behind what it needs; rolled back, without an error, when it yields no row.
 * Where it needs nothing, this is was_db_run. */
const was_error_t *was_db_transact(was_db_t *db, const was_transaction_t *transaction,
                                   was_sql_t statement, const was_value_t *values, int nvalues,
                                   const was_rows_t **rows, apr_pool_t *pool);

/*
 * A connection of its own, outside the pool, for schema work; closed with the pool. A
 * `connect_timeout` of 5 seconds holds unless `params` names another.
 */
typedef struct was_session_t was_session_t;

/* Whether libpq understands the connection string. */
bool was_session_accepts(const char *params);

const was_error_t *was_session_open(const char *params, was_session_t **session, apr_pool_t *pool);

/* Runs one or more statements in one string, within so many seconds; `rows` (or NULL) gets the last
 * one's, as texts. */
const was_error_t *was_session_run(was_session_t *session, const char *sql, int seconds,
                                   const was_rows_t **rows, apr_pool_t *pool);

#endif
