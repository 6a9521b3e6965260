/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_LIMIT_H
#define WAS_LIMIT_H

#include "store/was_db.h"
#include "store/was_step.h"

/*
 * was_limit: how many spaces a controller may have in all, under both protocols, and how many bytes
 * a space may be charged with. Private to the store's verbs; the conditions themselves are in their
 * statements.
 */

/* A limit as a value of a statement: NULL for none, which `most` up to 0 means. */
was_value_t was_limit_value(apr_int64_t most);

/* Adds the lock of a controller to a transaction that may give it one space more, where there is a
 * limit: a step whose row says nothing. */
void was_limit_lock(was_transaction_t *transaction, const char *controller, apr_int64_t most);

/*
 * Runs a write that may give `controller` one space more: behind its lock, where there is a limit,
 * so that of all who write at once no more succeed than fit. `*rows` is what it returned: none
 * when it wrote nothing. Errors: those of was_db_transact.
 */
WAS_CHECKED const was_error_t *was_limit_write(was_db_t *db, const char *controller,
                                               apr_int64_t most, was_sql_t statement,
                                               const was_value_t *values, int nvalues,
                                               const was_rows_t **rows, apr_pool_t *pool);

/* How much room a space has for one content. */
typedef struct was_room_t {
    apr_int64_t quota; /* bytes that the space may be charged with; up to 0: any number */
    apr_int64_t used;  /* that it is */
    apr_int64_t bytes; /* the most that the content may have, not counting what is noted of it */
} was_room_t;

/* Whether a content of so many bytes may be worth to be taken. Errors: QUOTA. */
WAS_CHECKED const was_error_t *was_limit_check(const was_room_t *room, apr_int64_t length,
                                               apr_pool_t *pool);

/* QUOTA: a write does not fit into a space that is charged with so many bytes. */
WAS_CHECKED const was_error_t *was_limit_exceeded(apr_int64_t quota, apr_int64_t used,
                                                  apr_pool_t *pool);

/* QUOTA: the controller has as many as it may. */
WAS_CHECKED const was_error_t *was_limit_reached(apr_int64_t most, apr_pool_t *pool);

#endif
