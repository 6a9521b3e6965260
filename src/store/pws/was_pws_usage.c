/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_usage: counters of bytes out of their tables. Owns what their columns mean. Refuses to
 * know what is charged, and how much may be.
 */

#include "store/pws/was_pws_usage.h"

enum { PAGE_ROWS = 500 };

static const was_error_t *usage_absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such space or collection");
}

const was_error_t *was_pws_usage_space(was_db_t *db, const char *space, const char *controller,
                                       was_pws_usage_t *usage, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(controller)};
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *charged = was_step_add(&transaction, WAS_SQL_PWS_SPACE_USAGE, values, 2);
    const was_step_t *listed = was_step_add(&transaction, WAS_SQL_PWS_BACKEND_LIST, values, 1);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(charged->rows) == 0) {
        return usage_absent(pool);
    }
    usage->bytes = was_rows_integer(charged->rows, 0, 0, 0);
    usage->backends = was_pws_backends_read(listed->rows, &usage->nbackends, pool);
    return NULL;
}

const was_error_t *was_pws_usage_collection(was_db_t *db, const char *space, const char *collection,
                                            was_pws_share_t *share, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(collection)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_USAGE_GET, values, 2, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return usage_absent(pool);
    }
    *share = (was_pws_share_t){
        .bytes = was_rows_integer(rows, 0, 0, 0),
        .space_bytes = was_rows_integer(rows, 0, 1, 0),
        .backend = {.id = was_rows_text(rows, 0, 2), .descriptor = was_rows_text(rows, 0, 3)}};
    return NULL;
}

const was_error_t *was_pws_usage_list(was_db_t *db, const char *space, was_pws_used_list_t *list,
                                      apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(list->after), WAS_INTEGER(PAGE_ROWS),
                                  WAS_BOOLEAN(list->only_public)};
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *listed = was_step_add(&transaction, WAS_SQL_PWS_USAGE_LIST, values, 4);
    const was_step_t *there = was_step_add(&transaction, WAS_SQL_PWS_ARCHIVE_SPACE, values, 1);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(there->rows) == 0) {
        return usage_absent(pool);
    }
    const apr_int64_t life = was_rows_integer(there->rows, 0, 0, 0);

    if (*list->after != '\0' && life != list->life) {
        return usage_absent(pool);
    }
    const was_rows_t *rows = listed->rows;
    const int count = was_rows_count(rows);
    was_pws_used_t *used = apr_pcalloc(pool, sizeof(*used) * (apr_size_t)(count + 1));

    for (int i = 0; i < count; i++) {
        used[i] = (was_pws_used_t){.collection = was_rows_text(rows, i, 0),
                                   .bytes = was_rows_integer(rows, i, 1, 0),
                                   .is_hidden = !was_rows_true(rows, i, 2)};
    }
    list->life = life;
    list->used = used;
    list->count = count;
    list->more = count == PAGE_ROWS;
    return NULL;
}
