/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_rows: reads results. Owns the binary forms of the few types that statements yield. Refuses to
 * know columns by name, and where a result came from.
 */

#include "store/was_rows.h"

#include <libpq-fe.h>

struct was_rows_t {
    PGresult *result;
};

static apr_status_t clear_result(void *data)
{
    PQclear(data);
    return APR_SUCCESS;
}

const was_rows_t *was_rows_make(PGresult *result, apr_pool_t *pool)
{
    was_rows_t *rows = apr_palloc(pool, sizeof(*rows));

    rows->result = result;
    apr_pool_cleanup_register(pool, result, clear_result, apr_pool_cleanup_null);
    return rows;
}

void *was_rows_take(const was_rows_t *rows, apr_pool_t *pool)
{
    apr_pool_cleanup_kill(pool, rows->result, clear_result);
    return rows->result;
}

void was_rows_release(void *taken)
{
    PQclear(taken);
}

int was_rows_count(const was_rows_t *rows)
{
    return PQntuples(rows->result);
}

const char *was_rows_text(const was_rows_t *rows, int row, int column)
{
    return PQgetisnull(rows->result, row, column) ? NULL : PQgetvalue(rows->result, row, column);
}

/* What has a length is there. */
const char *was_rows_bytes(const was_rows_t *rows, int row, int column, apr_size_t *count)
{
    *count = (apr_size_t)PQgetlength(rows->result, row, column);
    return *count > 0 ? PQgetvalue(rows->result, row, column) : was_rows_text(rows, row, column);
}

apr_size_t was_rows_length(const was_rows_t *rows, int row, int column)
{
    return (apr_size_t)PQgetlength(rows->result, row, column);
}

apr_int64_t was_rows_integer(const was_rows_t *rows, int row, int column, apr_int64_t otherwise)
{
    const int length = PQgetlength(rows->result, row, column);

    if (length != 8 && length != 4) {
        return otherwise;
    }
    const unsigned char *bytes = (const unsigned char *)PQgetvalue(rows->result, row, column);
    /* Its sign is that of the first byte. */
    apr_uint64_t value = bytes[0] < 0x80 ? 0 : ~(apr_uint64_t)0;

    for (int i = 0; i < length; i++) {
        value = value << 8 | bytes[i];
    }
    return (apr_int64_t)value;
}

apr_time_t was_rows_time(const was_rows_t *rows, int row, int column)
{
    static const apr_int64_t first = APR_INT64_C(-62167219200000), last = 253402300799999;
    apr_int64_t msec = was_rows_integer(rows, row, column, 0);

    return apr_time_from_msec(msec < first ? first : msec > last ? last : msec);
}

bool was_rows_true(const was_rows_t *rows, int row, int column)
{
    const char *byte = was_rows_text(rows, row, column);

    return byte != NULL && *byte != 0;
}
