/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_classic_import: resources of an archive as steps of one transaction. Owns their order, and
 * what it means that one found no row. Refuses to know what an archive looks like.
 */

#include "store/classic/was_classic_import.h"

#include "store/classic/was_classic_spaces.h"
#include "store/was_frozen.h"
#include "store/was_limit.h"
#include "store/was_work.h"

#include <string.h>

/* Whether what waits should be sent before one more is added: of as many steps, or bytes. */
enum { MOST_STEPS = WAS_TRANSACTION_MAX_STEPS - 1, MOST_BYTES = 256 * 1024 };

/* Steps that wait; each may create a row. */
typedef struct batch_t {
    was_work_t *work;
    was_transaction_t transaction;
    apr_size_t bytes;
    apr_pool_t *pool; /* of the values */
} batch_t;

static const was_error_t *send_batch(was_classic_import_t *import, batch_t *batch)
{
    WAS_TRY(was_work_run(batch->work, &batch->transaction, batch->pool));
    for (int i = 0; i < batch->transaction.nsteps; i++) {
        bool is_created = was_rows_count(batch->transaction.steps[i].rows) > 0;

        import->created += is_created;
        import->skipped += !is_created;
    }
    memset(&batch->transaction, 0, sizeof(batch->transaction));
    batch->bytes = 0;
    apr_pool_clear(batch->pool);
    return NULL;
}

/* One whose content was put into parts has a list of its own. */
static const was_error_t *write_long(was_classic_import_t *import, batch_t *batch,
                                     const was_classic_incoming_t *incoming)
{
    const was_content_t *content = &incoming->content;
    const was_value_t mark = was_parts_mark(content->parts);
    const was_value_t size = WAS_INTEGER((apr_int64_t)content->length);
    const was_value_t whole[] = {WAS_TEXT(import->space), mark, size};
    const was_value_t values[] = {
        whole[0], WAS_TEXT(incoming->path),   WAS_TEXT(content->type), size,
        mark,     was_content_digest(content)};
    was_transaction_t transaction = {.nsteps = 0}, checked = {.nsteps = 0};

    was_parts_lock(&checked, content->parts);
    const was_step_t *step = was_step_add(&checked, WAS_SQL_PARTS_WHOLE, whole, 3);

    WAS_TRY(was_work_run(batch->work, &checked, batch->pool));
    if (!was_rows_true(step->rows, 0, 0)) {
        return was_error_log(batch->pool, WAS_ERROR_UNAVAILABLE, "parts of an import were lost");
    }
    step = import->in_parts ? was_step_add(&transaction, WAS_SQL_IMPORT_PARTS, values, 6)
                            : was_step_add(&transaction, WAS_SQL_IMPORT_GATHERED, values, 5);
    was_parts_name(&transaction, content->parts);
    WAS_TRY(was_work_run(batch->work, &transaction, batch->pool));
    import->created += was_rows_count(step->rows) > 0;
    import->skipped += was_rows_count(step->rows) == 0;
    return NULL;
}

static void add_short(const was_classic_import_t *import, batch_t *batch,
                      const was_classic_incoming_t *incoming)
{
    const was_content_t *content = &incoming->content;
    const was_value_t values[] = {
        WAS_TEXT(import->space), WAS_TEXT(incoming->path), WAS_TEXT(content->type),
        WAS_INTEGER((apr_int64_t)content->length), WAS_BYTES(content->bytes, content->length)};

    was_step_add(&batch->transaction, WAS_SQL_IMPORT_RESOURCE, values, 5);
    batch->bytes += content->length;
}

static const was_error_t *write_all(was_classic_import_t *import, batch_t *batch)
{
    was_classic_incoming_t incoming;

    WAS_TRY(import->rewind(import->baton));
    do {
        incoming = (was_classic_incoming_t){.path = NULL};
        WAS_TRY(import->next(import->baton, &incoming, batch->pool));
        if (incoming.path != NULL && incoming.content.parts != NULL) {
            WAS_TRY(write_long(import, batch, &incoming));
        }
        else if (incoming.path != NULL) {
            add_short(import, batch, &incoming);
        }
        int waiting = batch->transaction.nsteps;

        if (incoming.path == NULL || waiting == 0 || waiting >= MOST_STEPS ||
            batch->bytes > MOST_BYTES) {
            WAS_TRY(send_batch(import, batch));
        }
    } while (incoming.path != NULL);
    return NULL;
}

/* The space's lock, and what it is charged, seen behind that. */
static const was_error_t *open_import(const was_classic_import_t *import, batch_t *batch,
                                      apr_int64_t *charged)
{
    was_transaction_t transaction = {.nsteps = 0};
    was_value_t values[6] = {WAS_TEXT(import->space), WAS_TEXT(import->caller)};
    apr_pool_t *pool = batch->pool;

    was_preconditions_values(import->conditions, &values[2], pool);
    values[5] = was_limit_value(import->quota);
    was_step_add(&transaction, WAS_SQL_SPACE_LOCK, values, 1);
    const was_step_t *step = was_step_add(&transaction, WAS_SQL_IMPORT_OPEN, values, 6);

    WAS_TRY(was_work_run(batch->work, &transaction, pool));
    if (was_rows_count(step->rows) == 0) {
        return was_classic_space_absent(pool);
    }
    was_frozen_t frozen = (was_frozen_t)was_rows_integer(step->rows, 0, 3, 0);

    if (!was_rows_true(step->rows, 0, 0)) {
        return was_classic_space_foreign(pool);
    }
    if (frozen != WAS_FROZEN_NOT) {
        return was_frozen_refusal(frozen, pool);
    }
    *charged = was_rows_integer(step->rows, 0, 2, 0);
    return was_rows_true(step->rows, 0, 1) ? NULL : was_preconditions_failed(pool);
}

/* The members of the space. Then all of it fits, or makes the space no bigger than it was. */
static const was_error_t *close_import(const was_classic_import_t *import, batch_t *batch,
                                       apr_int64_t before)
{
    const was_value_t members[] = {WAS_TEXT(import->space), WAS_TEXT(import->name),
                                   WAS_TEXT(import->link)};
    const was_value_t values[] = {members[0], was_limit_value(import->quota)};
    was_transaction_t transaction = {.nsteps = 0};

    was_step_add(&transaction, WAS_SQL_IMPORT_NAME, members, 3);
    const was_step_t *step = was_step_add(&transaction, WAS_SQL_IMPORT_USED, values, 2);

    WAS_TRY(was_work_run(batch->work, &transaction, batch->pool));
    apr_int64_t after = was_rows_integer(step->rows, 0, 0, 0);

    return after <= import->quota || after <= before
               ? NULL
               : was_limit_exceeded(import->quota, before, batch->pool);
}

static const was_error_t *write_import(was_work_t *work, void *baton, apr_pool_t *pool)
{
    was_classic_import_t *import = baton;
    batch_t batch = {.work = work};
    apr_int64_t before = 0;

    apr_pool_create(&batch.pool, pool);
    import->created = import->skipped = 0;
    WAS_TRY(open_import(import, &batch, &before));
    WAS_TRY(write_all(import, &batch));
    return close_import(import, &batch, before);
}

const was_error_t *was_classic_import(was_db_t *db, was_classic_import_t *import, apr_pool_t *pool)
{
    return was_work_do(db, WAS_CLASSIC_IMPORT_SECONDS, write_import, import, pool);
}
