/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_parts: contents in parts. Owns their numbers, and how long what nobody names is kept. Refuses
 * to know which row names a content, and where its bytes come from.
 */

#include "store/was_parts.h"

#include "store/was_grant.h"
#include "store/was_sweep.h"

struct was_parts_t {
    was_db_t *db;
    apr_pool_t *pool;
    was_value_t key[2]; /* space, mark */
    apr_int64_t number; /* of the next part */
    bool is_settled;
};

was_parts_t *was_parts_make(was_db_t *db, const char *space, apr_pool_t *pool)
{
    was_parts_t *parts = apr_pcalloc(pool, sizeof(*parts));

    parts->db = db;
    parts->pool = pool;
    parts->key[0] = WAS_TEXT(space);
    parts->key[1] = WAS_INTEGER(was_grant_token());
    return parts;
}

static const was_error_t *write_parts(was_parts_t *parts, const char *bytes, apr_size_t count,
                                      apr_pool_t *pool)
{
    const was_value_t lease[] = {parts->key[0], parts->key[1],
                                 WAS_INTEGER(was_db_keeps(parts->db))};
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *step = was_step_add(&transaction, WAS_SQL_PARTS_LEASE, lease, 3);

    for (apr_size_t from = 0; from < count; from += WAS_PART_BYTES) {
        apr_size_t length = count - from < WAS_PART_BYTES ? count - from : WAS_PART_BYTES;
        apr_int64_t number = parts->number + (apr_int64_t)(from / WAS_PART_BYTES);
        const was_value_t values[] = {parts->key[0], parts->key[1], WAS_INTEGER(number),
                                      WAS_BYTES(bytes + from, length)};

        was_step_add(&transaction, WAS_SQL_PARTS_PUT, values, 4);
    }
    WAS_TRY(was_db_transact(parts->db, &transaction, pool));
    return was_rows_count(step->rows) > 0
               ? NULL
               : was_error_log(pool, WAS_ERROR_UNAVAILABLE, "the upload is being swept already");
}

const was_error_t *was_parts_write(was_parts_t *parts, const char *bytes, apr_size_t count)
{
    apr_pool_t *scratch;

    apr_pool_create(&scratch, parts->pool);
    const was_error_t *error = write_parts(parts, bytes, count, scratch);

    if (error != NULL && error->kind == WAS_ERROR_UNCERTAIN) {
        error = write_parts(parts, bytes, count, scratch); /* done twice is done once */
    }
    if (error != NULL && error->kind == WAS_ERROR_UNCERTAIN) {
        error =
            was_error_log(parts->pool, WAS_ERROR_UNAVAILABLE, "%s", was_error_text(error, scratch));
    }
    if (error == NULL) {
        parts->number += (apr_int64_t)((count + WAS_PART_BYTES - 1) / WAS_PART_BYTES);
        apr_pool_destroy(scratch);
    }
    return error;
}

was_value_t was_parts_mark(const was_parts_t *parts)
{
    return parts != NULL ? parts->key[1] : WAS_TEXT(NULL);
}

void was_parts_lock(was_transaction_t *transaction, const was_parts_t *parts)
{
    if (parts != NULL) {
        was_step_add(transaction, WAS_SQL_PARTS_LOCK, parts->key, 2);
    }
}

void was_parts_name(was_transaction_t *transaction, const was_parts_t *parts)
{
    if (parts != NULL) {
        was_step_add(transaction, WAS_SQL_PARTS_NAME, parts->key, 2);
    }
}

void was_parts_settle(was_parts_t *parts)
{
    if (parts != NULL) {
        parts->is_settled = true;
    }
}

const was_error_t *was_parts_explain(const was_parts_t *parts, apr_int64_t size, apr_pool_t *pool)
{
    if (parts == NULL) {
        return NULL;
    }
    const was_value_t values[] = {parts->key[0], parts->key[1], WAS_INTEGER(size)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(parts->db, WAS_SQL_PARTS_WHOLE, values, 3, &rows, pool));
    return was_rows_true(rows, 0, 0)
               ? NULL
               : was_error_log(pool, WAS_ERROR_UNAVAILABLE, "parts of the upload were lost");
}

void was_parts_drop(was_parts_t *parts)
{
    if (parts == NULL || parts->number == 0 || parts->is_settled) {
        return;
    }
    if (was_db_run(parts->db, WAS_SQL_PARTS_DROP, parts->key, 2, NULL, parts->pool) == NULL) {
        was_sweep_announce();
    }
}

const was_error_t *was_parts_read(was_db_t *db, const char *space, apr_int64_t mark,
                                  apr_int64_t first, int count, const was_rows_t **rows,
                                  apr_pool_t *pool)
{
    const was_value_t hold[] = {WAS_TEXT(space), WAS_INTEGER(mark), WAS_INTEGER(was_db_keeps(db))};
    const was_value_t get[] = {hold[0], hold[1], WAS_INTEGER(first), WAS_INTEGER(count)};
    was_transaction_t transaction = {.nsteps = 0};

    was_step_add(&transaction, WAS_SQL_PARTS_HOLD, hold, 3);
    const was_step_t *step = was_step_add(&transaction, WAS_SQL_PARTS_GET, get, 4);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    *rows = step->rows;
    return NULL;
}
