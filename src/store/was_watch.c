/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_watch: looks at the counters of collections. Owns the statement's arrays. Refuses to know
 * what a change is.
 */

#include "store/was_watch.h"

#include "store/was_array.h"

#include <apr_strings.h>

const was_error_t *was_watch_look(was_db_t *db, const was_watched_t *watched, int count,
                                  bool *moved, apr_pool_t *pool)
{
    const char *texts[4][WAS_WATCH_MOST];
    was_value_t values[4];
    const was_rows_t *rows;

    if (count > WAS_WATCH_MOST) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "too many collections to look at");
    }
    for (int i = 0; i < count; i++) {
        texts[0][i] = watched[i].space;
        texts[1][i] = apr_psprintf(pool, "%" APR_INT64_T_FMT, watched[i].generation);
        texts[2][i] = apr_psprintf(pool, "%" APR_INT64_T_FMT, watched[i].position);
        texts[3][i] = apr_itoa(pool, i);
    }
    for (int i = 0; i < 4; i++) {
        values[i] = WAS_TEXT(was_array_texts(texts[i], count, pool));
    }
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_CHANGED, values, 4, &rows, pool));
    for (int i = 0; i < was_rows_count(rows); i++) {
        apr_int64_t number = was_rows_integer(rows, i, 0, -1);

        if (number >= 0 && number < count) {
            moved[number] = true;
        }
    }
    return NULL;
}
