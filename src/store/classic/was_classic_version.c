/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_classic_version: reads what tells the versions of a row apart. Owns PostgreSQL's forms of
 * times and transactions. Refuses to know which row it is.
 */

#include "store/classic/was_classic_version.h"

#include <apr_strings.h>

enum { REVISED, TRANSACTION, WRITTEN };

/* Of 2000-01-01, where PostgreSQL's time begins, since 1970. */
#define EPOCH_MICROSECONDS APR_INT64_C(946684800000000)

/* Unix microseconds; the last that 64 bits hold also for what comes behind that, as `infinity`. */
static apr_int64_t revised_at(const was_rows_t *rows, int row, int column)
{
    apr_int64_t revised = was_rows_integer(rows, row, column + REVISED, 0);

    return revised <= APR_INT64_MAX - EPOCH_MICROSECONDS ? revised + EPOCH_MICROSECONDS
                                                         : APR_INT64_MAX;
}

/* A row has 32 bits of its transaction's number; what we noted has all of them. */
static apr_uint32_t transaction_of(const was_rows_t *rows, int row, int column)
{
    return (apr_uint32_t)was_rows_integer(rows, row, column, 0);
}

const char *was_classic_version_etag(const was_rows_t *rows, int row, int column, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_UINT64_T_HEX_FMT "-%x",
                        (apr_uint64_t)revised_at(rows, row, column),
                        transaction_of(rows, row, column + TRANSACTION));
}

apr_int64_t was_classic_version_modified(const was_rows_t *rows, int row, int column)
{
    apr_int64_t revised = revised_at(rows, row, column);

    if (transaction_of(rows, row, column + TRANSACTION) !=
        transaction_of(rows, row, column + WRITTEN)) {
        return -1;
    }
    /* Rounded down, also before 1970. */
    return revised / APR_USEC_PER_SEC - (revised % APR_USEC_PER_SEC < 0);
}
