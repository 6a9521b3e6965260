/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_collections_list: the collections of a space in pages, what is left of deleted ones among
 * them where that is asked for. Refuses to know who may see them.
 */

#include "store/pws/was_pws_collections.h"

/* A page of what there is, and behind it how many there are: an empty one is so of a space that is
 * there. */
static const was_error_t *list_collections(was_db_t *db, const char *space, const was_page_t *page,
                                           const was_rows_t **rows, apr_int64_t *count,
                                           apr_pool_t *pool)
{
    const was_value_t live[] = {WAS_TEXT(space), WAS_TEXT(page->after),
                                WAS_INTEGER(was_page_lookahead(page)),
                                WAS_BOOLEAN(page->only_public), WAS_INTEGER(page->extra)};
    const was_value_t all[] = {live[0], live[1], live[2], live[4]};
    const was_value_t counted[] = {live[0], WAS_BOOLEAN(page->with_deleted)};
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *list =
        page->with_deleted ? was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LIST_ALL, all, 4)
                           : was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LIST, live, 5);
    const was_step_t *total = was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_COUNT, counted, 2);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(total->rows) == 0) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such space");
    }
    *rows = list->rows;
    *count = was_rows_integer(total->rows, 0, 0, 0);
    return NULL;
}

const was_error_t *was_pws_collections_list(was_db_t *db, const char *space, const was_page_t *page,
                                            const was_pws_collection_t **collections,
                                            was_found_t *found, apr_pool_t *pool)
{
    const int bytes = page->with_deleted ? 2 + WAS_PWS_STAMP_COLUMNS : 2;
    const was_rows_t *rows;
    apr_int64_t counted;

    WAS_TRY(list_collections(db, space, page, &rows, &counted, pool));
    *found = was_page_found(page, rows, bytes);
    found->total = was_page_total(page, found, counted);
    was_pws_collection_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(found->count + 1));

    for (int i = 0; i < found->count; i++) {
        list[i].id = was_rows_text(rows, i, 0);
        list[i].name = was_rows_text(rows, i, 1);
        if (page->with_deleted && was_rows_integer(rows, i, 2, -1) >= 0) {
            list[i].is_deleted = true;
            list[i].stamp = was_pws_stamp_read(rows, i, 2);
        }
    }
    *collections = list;
    return NULL;
}
