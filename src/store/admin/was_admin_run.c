/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_admin_run: one long statement. Owns how long it may take. Refuses to know what it does.
 */

#include "was_admin_run.h"

#include "store/was_work.h"

enum { RUN_SECONDS = 3600 };

typedef struct run_t {
    was_sql_t statement;
    const was_value_t *values;
    int nvalues;
    const was_rows_t *rows;
} run_t;

static const was_error_t *run_statement(was_work_t *work, void *baton, apr_pool_t *pool)
{
    run_t *run = baton;
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *step = was_step_add(&transaction, run->statement, run->values, run->nvalues);

    WAS_TRY(was_work_run(work, &transaction, pool));
    run->rows = step->rows;
    return NULL;
}

const was_error_t *was_admin_run(was_db_t *db, was_sql_t statement, const was_value_t *values,
                                 int nvalues, const was_rows_t **rows, apr_pool_t *pool)
{
    run_t run = {.statement = statement, .values = values, .nvalues = nvalues};

    WAS_TRY(was_work_do(db, RUN_SECONDS, run_statement, &run, pool));
    *rows = run.rows;
    return NULL;
}
