/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_POOLER_H
#define WAS_POOLER_H

#include "base/was_error.h"
#include "store/was_step.h"

#include <apr_time.h>
#include <libpq-fe.h>

#include <stdbool.h>

/*
 * was_pooler: what can be expected of a pooler that stands between us and PostgreSQL. Private to
 * the store.
 */

/* Runs what a new connection is asked before all else, whoever is there. Errors: UNAVAILABLE
 * (nobody answers), and those of was_db. */
WAS_CHECKED const was_error_t *was_pooler_ask(PGconn *pg, const was_step_t *step,
                                              apr_time_t deadline, const was_rows_t **rows,
                                              apr_pool_t *pool);

/* Whether there is one: the pid that it tells its clients is not the one that PostgreSQL has.
 * Errors: UNAVAILABLE, and those of was_db. */
WAS_CHECKED const was_error_t *was_pooler_is_there(PGconn *pg, apr_time_t deadline, bool *is_there,
                                                   apr_pool_t *pool);

/* Whether it keeps prepared statements for its clients, so that each meets its own, whichever
 * server session it is given. False when it does not answer by the deadline, too. */
bool was_pooler_keeps_names(PGconn *pg, apr_time_t deadline, apr_pool_t *pool);

#endif
