/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SCHEMA_SESSION_H
#define WAS_SCHEMA_SESSION_H

#include "store/was_schema.h"
#include "store/was_session.h"

/*
 * was_schema_session: how texts are run in the schema of our tables; private to was_schema*.c.
 */

/* Where the session finds our tables, or else would make them: PostgreSQL's name of the schema.
 * Errors: UNAVAILABLE (its search_path names none that exists), and those of was_db. */
WAS_CHECKED const was_error_t *was_schema_find(was_session_t *session, const char **schema,
                                               apr_pool_t *pool);

/* As was_session_run, for one or more statements that name our tables; all else that they name is
 * looked for in PostgreSQL's own schema. */
WAS_CHECKED const was_error_t *was_schema_run(was_session_t *session, const char *schema,
                                              const char *sql, int seconds, const was_rows_t **rows,
                                              apr_pool_t *pool);

/* Whether Citus keeps the tables, which are there in `tables->schema`, on the nodes that it has,
 * and the origin if it does. Errors: those of was_db. */
WAS_CHECKED const was_error_t *was_schema_find_citus(was_session_t *session, was_tables_t *tables,
                                                     apr_pool_t *pool);

#endif
