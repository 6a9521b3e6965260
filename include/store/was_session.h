/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SESSION_H
#define WAS_SESSION_H

#include "base/was_error.h"
#include "store/was_rows.h"

/*
 * was_session: a connection of its own, outside mod_dbd's pool, for schema work; closed with the
 * pool that it was opened for. A `connect_timeout` of 5 seconds holds unless the connection string
 * names another.
 */
typedef struct was_session_t was_session_t;

/* Whether libpq understands the connection string. */
bool was_session_accepts(const char *params);

/* Errors: UNAVAILABLE. */
WAS_CHECKED const was_error_t *was_session_open(const char *params, was_session_t **session,
                                                apr_pool_t *pool);

/* Runs one or more statements in one string, within so many seconds; `rows` (or NULL) gets the last
 * one's, as texts. Errors: those of was_db. */
WAS_CHECKED const was_error_t *was_session_run(was_session_t *session, const char *sql, int seconds,
                                               const was_rows_t **rows, apr_pool_t *pool);

/* The pid of the server process, as it says it is to the client; behind a pooler it is another one
 * than the process says itself. */
int was_session_pid(const was_session_t *session);

#endif
