/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_admin_contents: contents in parts, from outside of requests. Owns what the columns mean.
 * Refuses to read a content.
 */

#include "store/admin/was_admin_contents.h"

#include "was_admin_run.h"

const was_error_t *was_admin_contents_sweeps(was_db_t *db, const was_admin_sweep_t **sweeps,
                                             int *count, apr_pool_t *pool)
{
    const was_rows_t *rows;

    WAS_TRY(was_admin_run(db, WAS_SQL_ADMIN_SWEEPS, NULL, 0, &rows, pool));
    *count = was_rows_count(rows);
    was_admin_sweep_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));

    for (int i = 0; i < *count; i++) {
        list[i] = (was_admin_sweep_t){.kind = was_rows_text(rows, i, 0),
                                      .count = was_rows_integer(rows, i, 1, 0),
                                      .due = was_rows_integer(rows, i, 2, 0)};
    }
    *sweeps = list;
    return NULL;
}

const was_error_t *was_admin_contents_uploads(was_db_t *db, const was_admin_upload_t *after,
                                              const was_admin_upload_t **uploads, int *count,
                                              apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(after->space), WAS_INTEGER(after->mark),
                                  WAS_INTEGER(WAS_ADMIN_CONTENTS_PAGE)};
    const was_rows_t *rows;

    WAS_TRY(was_admin_run(db, WAS_SQL_ADMIN_UPLOADS, values, 3, &rows, pool));
    *count = was_rows_count(rows);
    was_admin_upload_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));

    for (int i = 0; i < *count; i++) {
        list[i] = (was_admin_upload_t){.space = was_rows_text(rows, i, 0),
                                       .mark = was_rows_integer(rows, i, 1, 0),
                                       .ends = was_rows_integer(rows, i, 2, 0),
                                       .bytes = was_rows_integer(rows, i, 3, 0)};
    }
    *uploads = list;
    return NULL;
}

const was_error_t *was_admin_contents_end(was_db_t *db, const was_admin_upload_t *upload,
                                          bool *ended, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(upload->space), WAS_INTEGER(upload->mark)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_ADMIN_UPLOAD_END, values, 2, &rows, pool));
    *ended = was_rows_count(rows) > 0;
    return NULL;
}

const was_error_t *was_admin_contents_long(was_db_t *db, const was_admin_long_t *after,
                                           const was_admin_long_t **contents, int *count,
                                           apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(after->space), WAS_TEXT(after->path),
                                  WAS_INTEGER(WAS_ADMIN_CONTENTS_PAGE)};
    const was_rows_t *rows;

    WAS_TRY(was_admin_run(db, WAS_SQL_ADMIN_LONG, values, 3, &rows, pool));
    *count = was_rows_count(rows);
    was_admin_long_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));

    for (int i = 0; i < *count; i++) {
        list[i] = (was_admin_long_t){.space = was_rows_text(rows, i, 0),
                                     .path = was_rows_text(rows, i, 1),
                                     .mark = was_rows_integer(rows, i, 2, 0),
                                     .bytes = was_rows_integer(rows, i, 3, 0)};
    }
    *contents = list;
    return NULL;
}

const was_error_t *was_admin_contents_move(was_db_t *db, const was_admin_long_t *content,
                                           bool *moved, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(content->space), WAS_TEXT(content->path),
                                  WAS_INTEGER(content->mark)};
    const was_rows_t *rows;

    if (content->bytes > WAS_ADMIN_ROW_MAX) {
        return was_error_make(pool, WAS_ERROR_TOO_LARGE, NULL,
                              "a row has at most 511 MiB, so that a backup can have it");
    }
    WAS_TRY(was_admin_run(db, WAS_SQL_ADMIN_LONG_TO_ROW, values, 3, &rows, pool));
    *moved = was_rows_count(rows) > 0;
    return NULL;
}
