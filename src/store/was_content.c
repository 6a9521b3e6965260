/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_content: contents in and out of rows. Owns the columns that every read of one yields. Refuses
 * to know whose they are.
 */

#include "store/was_content.h"

bool was_content_row(const was_rows_t *rows, int row, int column, was_resource_t *resource)
{
    if (was_rows_text(rows, row, column) == NULL) {
        return false;
    }
    resource->type = was_rows_text(rows, row, column);
    resource->size = was_rows_integer(rows, row, column + 1, 0);
    resource->etag = was_rows_text(rows, row, column + 2);
    resource->modified = was_rows_integer(rows, row, column + 3, -1);
    resource->piece = was_rows_bytes(rows, row, column + 4, &resource->piece_length);
    /* What somebody else wrote may say another size than it has: what is there counts. */
    if (resource->piece != NULL) {
        resource->size = (apr_int64_t)resource->piece_length;
    }
    else if (resource->size < 0) {
        resource->size = 0;
    }
    return true;
}

const was_error_t *was_content_read(was_db_t *db, const was_resource_t *resource,
                                    apr_int64_t offset, apr_size_t length, const char **bytes,
                                    apr_size_t *count, apr_pool_t *pool)
{
    const was_pieces_t *pieces = &resource->pieces;
    was_value_t values[6];
    int nvalues = 0;
    const was_rows_t *rows;

    while (nvalues < pieces->nvalues) {
        values[nvalues] = pieces->values[nvalues];
        nvalues++;
    }
    values[nvalues++] = WAS_INTEGER(offset + 1);
    values[nvalues++] = WAS_INTEGER((apr_int64_t)length);
    WAS_TRY(was_db_run(db, pieces->statement, values, nvalues, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_error_log(pool, WAS_ERROR_CONFLICT, "the resource changed while it was read");
    }
    *bytes = was_rows_bytes(rows, 0, 0, count);
    return NULL;
}
