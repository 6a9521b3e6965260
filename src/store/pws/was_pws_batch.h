/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_BATCH_H
#define WAS_PWS_BATCH_H

#include "store/pws/was_pws_import.h"
#include "store/was_work.h"

/*
 * was_pws_batch: steps of a long transaction that are gathered until they are worth an exchange,
 * and what each of them counts. Private to was_pws_import.
 */
typedef struct was_pws_batch_t {
    was_work_t *work;
    was_transaction_t transaction;
    was_pws_counted_t *counted[WAS_TRANSACTION_MAX_STEPS];
    apr_size_t bytes; /* of contents among the values */
    apr_pool_t *pool; /* of the values; the caller clears it when no steps wait */
} was_pws_batch_t;

/* Adds a step; `counted`, or NULL, counts whether it yields a row. */
void was_pws_batch_add(was_pws_batch_t *batch, was_sql_t statement, const was_value_t *values,
                       int nvalues, was_pws_counted_t *counted);

/* Whether it should be sent before more is added: there is room for five steps until then. */
bool was_pws_batch_is_full(const was_pws_batch_t *batch);

/* Sends all that waits. Errors: those of was_work_run. */
WAS_CHECKED const was_error_t *was_pws_batch_flush(was_pws_batch_t *batch);

/* Runs one statement by itself, at once, before what waits. The same errors. */
WAS_CHECKED const was_error_t *was_pws_batch_alone(was_pws_batch_t *batch, was_sql_t statement,
                                                   const was_value_t *values, int nvalues,
                                                   const was_rows_t **rows);

#endif
