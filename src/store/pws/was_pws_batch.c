/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_batch: steps that wait. Owns when they are enough. Refuses to know what they do.
 */

#include "was_pws_batch.h"

#include <string.h>

/* What one more content, of up to WAS_PIECE_BYTES, may come on top of. */
enum { MOST_BYTES = 256 * 1024, MOST_TOGETHER = 5 };

void was_pws_batch_add(was_pws_batch_t *batch, was_sql_t statement, const was_value_t *values,
                       int nvalues, was_pws_counted_t *counted)
{
    batch->counted[batch->transaction.nsteps] = counted;
    was_step_add(&batch->transaction, statement, values, nvalues);
}

bool was_pws_batch_is_full(const was_pws_batch_t *batch)
{
    return batch->transaction.nsteps + MOST_TOGETHER > WAS_TRANSACTION_MAX_STEPS ||
           batch->bytes > MOST_BYTES;
}

const was_error_t *was_pws_batch_flush(was_pws_batch_t *batch)
{
    WAS_TRY(was_work_run(batch->work, &batch->transaction, batch->pool));
    for (int i = 0; i < batch->transaction.nsteps; i++) {
        was_pws_counted_t *counted = batch->counted[i];

        if (counted != NULL && was_rows_count(batch->transaction.steps[i].rows) > 0) {
            counted->created++;
        }
        else if (counted != NULL) {
            counted->skipped++;
        }
    }
    memset(&batch->transaction, 0, sizeof(batch->transaction));
    batch->bytes = 0;
    return NULL;
}

const was_error_t *was_pws_batch_alone(was_pws_batch_t *batch, was_sql_t statement,
                                       const was_value_t *values, int nvalues,
                                       const was_rows_t **rows)
{
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *step = was_step_add(&transaction, statement, values, nvalues);

    WAS_TRY(was_work_run(batch->work, &transaction, batch->pool));
    *rows = step->rows;
    return NULL;
}
