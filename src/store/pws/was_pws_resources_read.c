/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_resources_read: what was_pws_resources reads. Owns what the columns of the rows mean.
 * Refuses to know who may read.
 */

#include "store/pws/was_pws_resources.h"

#include "store/pws/was_pws_stamp.h"

const was_error_t *was_pws_resources_absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such resource");
}

bool was_pws_resources_row(const was_rows_t *rows, int column, const was_pws_key_t *key,
                           was_resource_t *resource)
{
    if (!was_content_row(rows, 0, column, resource)) {
        return false;
    }
    resource->pieces = (was_pieces_t){.statement = WAS_SQL_PWS_RESOURCE_PIECE,
                                      .values = {WAS_TEXT(key->space), WAS_TEXT(key->collection),
                                                 WAS_TEXT(key->resource), WAS_TEXT(resource->etag)},
                                      .nvalues = 4};
    return true;
}

const was_error_t *was_pws_resources_room(was_db_t *db, const was_grant_t *grant,
                                          const was_pws_key_t *key,
                                          const was_conditions_t *conditions, was_room_t *room,
                                          apr_pool_t *pool)
{
    was_value_t values[9];
    const was_rows_t *rows;

    was_grant_values(grant, values, pool);
    values[3] = WAS_TEXT(key->collection);
    values[4] = WAS_TEXT(key->resource);
    values[5] = was_limit_value(grant->quota);
    was_preconditions_values(conditions, &values[6], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_RESOURCE_ROOM, values, 9, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_pws_resources_absent(pool);
    }
    *room = (was_room_t){.quota = grant->quota,
                         .used = was_rows_integer(rows, 0, 0, 0),
                         .bytes = was_rows_integer(rows, 0, 1, 0)};
    return was_rows_true(rows, 0, 2) ? NULL : was_preconditions_failed(pool);
}

/* A page, and behind it how many there are: an empty one is so of a collection that is there. */
static const was_error_t *list_resources(was_db_t *db, was_sql_t statement,
                                         const was_value_t *values, int nvalues,
                                         const was_rows_t **rows, apr_int64_t *count,
                                         apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *listed = was_step_add(&transaction, statement, values, nvalues);
    const was_step_t *counted = was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_COUNT, values, 2);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(counted->rows) == 0) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such collection");
    }
    *rows = listed->rows;
    *count = was_rows_integer(counted->rows, 0, 0, 0);
    return NULL;
}

const was_error_t *was_pws_resources_list(was_db_t *db, const char *space, const char *collection,
                                          const was_page_t *page, const was_pws_entry_t **entries,
                                          was_found_t *found, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space),
                                  WAS_TEXT(collection),
                                  WAS_TEXT(page->after),
                                  WAS_INTEGER(was_page_lookahead(page)),
                                  WAS_BOOLEAN(page->only_public),
                                  WAS_INTEGER(page->extra)};
    const was_rows_t *rows;
    apr_int64_t count;
    bool is_short = page->limit <= WAS_PAGE_FEW && !page->only_public;

    if (is_short) {
        WAS_TRY(
            list_resources(db, WAS_SQL_PWS_RESOURCE_SHORT_LIST, values, 4, &rows, &count, pool));
        is_short = was_page_is_short(page, rows, 5, found);
    }
    if (!is_short) {
        WAS_TRY(list_resources(db, WAS_SQL_PWS_RESOURCE_LIST, values, 6, &rows, &count, pool));
        *found = was_page_found(page, rows, 5);
    }
    found->total = was_page_total(page, found, count);
    was_pws_entry_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(found->count + 1));

    for (int i = 0; i < found->count; i++) {
        list[i].id = was_rows_text(rows, i, 0);
        list[i].type = was_rows_text(rows, i, 1);
        list[i].custom = was_rows_text(rows, i, 2);
        list[i].epoch = was_rows_text(rows, i, 3);
        list[i].writer = was_rows_text(rows, i, 4);
    }
    *entries = list;
    return NULL;
}

void was_pws_resources_read_content(const was_rows_t *rows, was_pws_meta_t *meta)
{
    *meta = (was_pws_meta_t){.type = was_rows_text(rows, 0, 0),
                             .size = was_rows_integer(rows, 0, 1, 0),
                             .created = was_rows_time(rows, 0, 2),
                             .stamp = was_pws_stamp_read(rows, 0, 3),
                             .created_by = was_rows_text(rows, 0, WAS_PWS_CONTENT_COLUMNS - 1)};
}

void was_pws_resources_read_meta(const was_rows_t *rows, was_pws_meta_t *meta)
{
    const int column = WAS_PWS_CONTENT_COLUMNS;

    was_pws_resources_read_content(rows, meta);
    meta->custom = was_rows_text(rows, 0, column);
    meta->epoch = was_rows_text(rows, 0, column + 1);
    meta->writer = was_rows_text(rows, 0, column + 2);
    meta->etag = was_rows_text(rows, 0, column + 3);
    meta->generation = was_rows_text(rows, 0, column + 4);
    if (meta->generation != NULL) {
        meta->noted = was_pws_stamp_read(rows, 0, column + 5);
    }
}

const was_error_t *was_pws_resources_get_meta(was_db_t *db, const was_pws_key_t *key,
                                              was_pws_meta_t *meta, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(key->space), WAS_TEXT(key->collection),
                                  WAS_TEXT(key->resource)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_RESOURCE_META_GET, values, 3, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_pws_resources_absent(pool);
    }
    was_pws_resources_read_meta(rows, meta);
    return NULL;
}
