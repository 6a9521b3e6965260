/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_content: contents in and out of rows. Owns the columns that every read of one yields, and
 * where its bytes are. Refuses to know whose they are.
 */

#include "store/was_content.h"

#include <string.h>

const unsigned char *was_content_read_digest(const was_rows_t *rows, int row, int column)
{
    apr_size_t count;
    const char *bytes = was_rows_bytes(rows, row, column, &count);

    return bytes != NULL && count == WAS_CONTENT_DIGEST_BYTES ? (const unsigned char *)bytes : NULL;
}

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
    resource->is_in_parts = was_rows_text(rows, row, column + 5) != NULL;
    resource->mark = was_rows_integer(rows, row, column + 5, 0);
    resource->digest = was_content_read_digest(rows, row, column + 6);
    /* What somebody else wrote may say another size than it has: what is there counts. */
    if (resource->piece != NULL) {
        resource->size = (apr_int64_t)resource->piece_length;
    }
    else if (resource->size < 0) {
        resource->size = 0;
    }
    return true;
}

static const was_error_t *content_gone(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_CONFLICT, "the resource changed while it was read");
}

/* From its row. */
static const was_error_t *read_row(was_db_t *db, const was_pieces_t *pieces, apr_int64_t offset,
                                   apr_size_t length, was_read_t *read, apr_pool_t *pool)
{
    was_value_t values[sizeof(pieces->values) / sizeof(pieces->values[0]) + 2];
    int nvalues = 0;
    const was_rows_t *rows;

    while (nvalues < pieces->nvalues) {
        values[nvalues] = pieces->values[nvalues];
        nvalues++;
    }
    values[nvalues++] = WAS_INTEGER(offset + 1);
    values[nvalues++] =
        WAS_INTEGER((apr_int64_t)(length < WAS_READ_BYTES ? length : WAS_READ_BYTES));
    WAS_TRY(was_db_run(db, pieces->statement, values, nvalues, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return content_gone(pool);
    }
    read->rows = rows;
    read->pieces[0].bytes = was_rows_bytes(rows, 0, 0, &read->pieces[0].count);
    read->npieces = 1;
    return NULL;
}

/* From the part that has the first byte on. */
static const was_error_t *read_parts(was_db_t *db, const was_resource_t *resource,
                                     apr_int64_t offset, apr_size_t length, was_read_t *read,
                                     apr_pool_t *pool)
{
    apr_size_t before = (apr_size_t)(offset % WAS_PART_BYTES);
    apr_size_t wanted = (before + length + WAS_PART_BYTES - 1) / WAS_PART_BYTES;
    int most = wanted < WAS_PARTS_AT_ONCE ? (int)wanted : WAS_PARTS_AT_ONCE;
    const was_rows_t *rows;

    WAS_TRY(was_parts_read(db, resource->pieces.values[0].data, resource->mark,
                           offset / WAS_PART_BYTES, most, &rows, pool));
    read->rows = rows;
    read->npieces = was_rows_count(rows);
    for (int i = 0; i < read->npieces; i++) {
        apr_size_t count;
        const char *bytes = was_rows_bytes(rows, i, 0, &count);
        apr_size_t skipped = i == 0 ? before : 0;
        apr_int64_t left = resource->size - (offset / WAS_PART_BYTES + i) * WAS_PART_BYTES;

        /* What somebody else has cut or lengthened would be taken for what stands elsewhere. */
        if ((apr_int64_t)count != (left < WAS_PART_BYTES ? left : WAS_PART_BYTES)) {
            return content_gone(pool);
        }
        read->pieces[i].bytes = bytes + skipped;
        read->pieces[i].count = count - skipped < length ? count - skipped : length;
        length -= read->pieces[i].count;
    }
    return read->npieces == most ? NULL : content_gone(pool);
}

const was_error_t *was_content_read(was_db_t *db, const was_resource_t *resource,
                                    apr_int64_t offset, apr_size_t length, was_read_t *read,
                                    apr_pool_t *pool)
{
    memset(read, 0, sizeof(*read));
    WAS_TRY(resource->is_in_parts ? read_parts(db, resource, offset, length, read, pool)
                                  : read_row(db, &resource->pieces, offset, length, read, pool));
    for (int i = 0; i < read->npieces; i++) {
        read->count += read->pieces[i].count;
    }
    return read->count > 0 ? NULL : content_gone(pool);
}

const was_error_t *was_content_refused(const was_error_t *error, apr_pool_t *pool)
{
    if (error->kind != WAS_ERROR_CONFLICT) {
        return error;
    }
    const was_error_t *refusal =
        was_error_make(pool, WAS_ERROR_UNAVAILABLE, NULL,
                       "the resource cannot be read now; the request can be sent again");

    return was_error_wrap(pool, refusal, "its row has just changed, or bytes of it are lost");
}

was_value_t was_content_bytes(const was_content_t *content)
{
    return content->parts == NULL ? WAS_BYTES(content->bytes, content->length) : WAS_TEXT(NULL);
}

was_value_t was_content_digest(const was_content_t *content)
{
    return content->parts != NULL && content->digest != NULL
               ? WAS_BYTES((const char *)content->digest, WAS_CONTENT_DIGEST_BYTES)
               : WAS_TEXT(NULL);
}
