/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_stamp: stamps out of rows, and the origin that they name. Refuses to know how a stamp is
 * minted, which the statements do.
 */

#include "store/pws/was_pws_stamp.h"

was_pws_stamp_t was_pws_stamp_read(const was_rows_t *rows, int row, int column)
{
    return (was_pws_stamp_t){.time = was_rows_time(rows, row, column),
                             .counter = was_rows_integer(rows, row, column + 1, 0),
                             .origin = was_rows_text(rows, row, column + 2)};
}

const was_error_t *was_pws_origin_get(was_db_t *db, const char **origin, apr_pool_t *pool)
{
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_ORIGIN, NULL, 0, &rows, pool));
    *origin = was_rows_count(rows) > 0 ? was_rows_text(rows, 0, 0) : NULL;
    return *origin != NULL ? NULL
                           : was_error_log(pool, WAS_ERROR_BROKEN, "the database has no origin id");
}
