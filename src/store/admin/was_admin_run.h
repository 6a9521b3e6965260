/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ADMIN_RUN_H
#define WAS_ADMIN_RUN_H

#include "store/was_db.h"

/*
 * was_admin_run: statements that may take longer than one of a request, since they look at much;
 * private to the rooms beside it.
 */

/* Runs one as a transaction of its own, for up to an hour, whatever `statement_timeout` says.
 * Errors: those of was_db. */
WAS_CHECKED const was_error_t *was_admin_run(was_db_t *db, was_sql_t statement,
                                             const was_value_t *values, int nvalues,
                                             const was_rows_t **rows, apr_pool_t *pool);

#endif
