/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SESSION_H
#define WAS_SESSION_H

#include "base/was_error.h"
#include "store/was_rows.h"

/*
 * was_session: a connection of its own, outside mod_dbd's pool, for what is to be done or known
 * before requests come; closed with the pool that it was opened for. A `connect_timeout` of 5
 * seconds holds unless the connection string names another.
 */
typedef struct was_session_t was_session_t;

/* Whether libpq understands the connection string. */
bool was_session_accepts(const char *params);

/* For was_solo: a connection, which is the caller's to finish; it may not be one. NULL when the
 * system has no memory. */
struct pg_conn;
struct pg_conn *was_session_connect(const char *params);

/* Errors: UNAVAILABLE. */
WAS_CHECKED const was_error_t *was_session_open(const char *params, was_session_t **session,
                                                apr_pool_t *pool);

/* Runs one or more statements in one string, within so many seconds; `rows` (or NULL) gets the last
 * one's, as texts. Errors: those of was_db. */
WAS_CHECKED const was_error_t *was_session_run(was_session_t *session, const char *sql, int seconds,
                                               const was_rows_t **rows, apr_pool_t *pool);

/* The text as a literal of SQL. In the pool. */
const char *was_session_quote(was_session_t *session, const char *text, apr_pool_t *pool);

/* What was copied, with the form around it. */
typedef struct was_copied_t {
    apr_int64_t rows, bytes;
} was_copied_t;

/* Lets a `COPY ... TO STDOUT` of one session be the rows of a `COPY ... FROM STDIN` of another one,
 * within so many seconds; `copied` grows by them. After an error, neither can be used any more.
 * Errors: those of was_db. */
WAS_CHECKED const was_error_t *was_session_copy(was_session_t *from, const char *out,
                                                was_session_t *to, const char *in, int seconds,
                                                was_copied_t *copied, apr_pool_t *pool);

/* Opens one, uses it, and closes it; the scratch pool goes with it. Errors: UNAVAILABLE, whatever
 * it was that failed. */
WAS_CHECKED const was_error_t *was_session_once(const char *params,
                                                const was_error_t *(*use)(was_session_t *session,
                                                                          void *baton,
                                                                          apr_pool_t *scratch),
                                                void *baton, apr_pool_t *pool);

/* What stands between us and PostgreSQL: nothing, or a pooler. */
typedef enum was_session_pooler_t {
    WAS_POOLER_NONE,
    WAS_POOLER_KEEPS_NAMES,  /* of prepared statements, for each of its clients */
    WAS_POOLER_FORGETS_NAMES /* so that each statement is sent and planned each time */
} was_session_pooler_t;

/* What is behind a connection string. */
typedef struct was_session_facts_t {
    was_session_pooler_t pooler;
    const char *encoding; /* the database's: "UTF8" */
    const char *database; /* its name */
    const char *version;  /* of the server: "15.14" */
} was_session_facts_t;

/* Finds it out, on a connection of its own. Errors: UNAVAILABLE. */
WAS_CHECKED const was_error_t *was_session_find_facts(const char *params,
                                                      was_session_facts_t *facts, apr_pool_t *pool);

#endif
