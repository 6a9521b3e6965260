/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_changes: the changes of a collection out of the tables of its records. Owns what the rows
 * mean. Refuses to know what a checkpoint is, and how a change is shown.
 */

#include "store/pws/was_pws_changes.h"

#include "store/was_page.h"

/* Columns of a row: what is the same in each, then the change. */
enum { KEY, ORIGIN, LIFE, POSITION, KIND, ID, DELETED, AT, STAMP, ETAG = STAMP + 3 };
enum { TYPE = ETAG + 1, CREATED_BY, WRITER, EPOCH, CUSTOM, META, META_ETAG = META + 3 };
enum { CONTENT = META_ETAG + 1, TOTAL };

static was_pws_change_stamp_t read_stamp(const was_rows_t *rows, int row, int column)
{
    return (was_pws_change_stamp_t){.updated = was_rows_time(rows, row, column),
                                    .counter = was_rows_integer(rows, row, column + 1, 0),
                                    .generation = was_rows_text(rows, row, column + 2)};
}

static was_pws_change_kind_t read_kind(const char *kind)
{
    return *kind == 'p'   ? WAS_PWS_CHANGE_POLICY
           : *kind == 'c' ? WAS_PWS_CHANGE_COLLECTION
                          : WAS_PWS_CHANGE_RESOURCE;
}

static void read_change(const was_rows_t *rows, int row, was_pws_change_t *change)
{
    *change = (was_pws_change_t){
        .kind = read_kind(was_rows_text(rows, row, KIND)),
        .id = was_rows_text(rows, row, ID),
        .is_deleted = was_rows_true(rows, row, DELETED),
        .position = was_rows_integer(rows, row, AT, 0),
        .stamp = read_stamp(rows, row, STAMP),
        .etag = was_rows_text(rows, row, ETAG),
        .type = was_rows_text(rows, row, TYPE),
        .created_by = was_rows_text(rows, row, CREATED_BY),
        .writer = was_rows_text(rows, row, WRITER),
        .epoch = was_rows_text(rows, row, EPOCH),
        .custom = was_rows_text(rows, row, CUSTOM),
        .meta_etag = was_rows_text(rows, row, META_ETAG),
        .meta = read_stamp(rows, row, META),
    };
    change->content = was_rows_bytes(rows, row, CONTENT, &change->length);
}

/* How many of the rows are the page's: all that were sent, but one that goes beyond its bytes. */
static int count_changes(const was_rows_t *rows)
{
    int found = was_rows_count(rows);

    if (was_rows_text(rows, 0, KIND) == NULL) {
        return 0;
    }
    return found > 1 && was_rows_integer(rows, found - 1, TOTAL, 0) > WAS_PAGE_BYTES ? found - 1
                                                                                     : found;
}

const was_error_t *was_pws_changes_read(was_db_t *db, const was_pws_changes_query_t *query,
                                        was_pws_changes_t *changes, apr_pool_t *pool)
{
    const was_value_t values[] = {
        WAS_TEXT(query->space),    WAS_TEXT(query->collection),     WAS_INTEGER(query->after),
        WAS_INTEGER(query->limit), WAS_BOOLEAN(query->only_public), WAS_BOOLEAN(query->only_json),
        WAS_INTEGER(query->extra),
    };
    const was_rows_t *rows;
    apr_size_t length;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_CHANGES, values, 7, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such collection");
    }
    const char *key = was_rows_bytes(rows, 0, KEY, &length);

    if (key == NULL || length != WAS_FEED_KEY_BYTES) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "was_origin.feed_key: not of 32 bytes");
    }
    was_pws_change_t *list;

    *changes = (was_pws_changes_t){.key = (const unsigned char *)key,
                                   .origin = was_rows_text(rows, 0, ORIGIN),
                                   .generation = was_rows_integer(rows, 0, LIFE, 0),
                                   .position = was_rows_integer(rows, 0, POSITION, 0),
                                   .count = count_changes(rows)};
    list = apr_palloc(pool, sizeof(*list) * (apr_size_t)(changes->count + 1));
    for (int i = 0; i < changes->count; i++) {
        read_change(rows, i, &list[i]);
    }
    changes->changes = list;
    return NULL;
}
