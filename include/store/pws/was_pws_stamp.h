/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_STAMP_H
#define WAS_PWS_STAMP_H

#include "store/was_db.h"
#include "store/was_rows.h"

/*
 * was_pws_stamp: when a record was written (protocol/pws-next C.1). Of two stamps of one record the
 * later one is greater: by time, then by counter.
 */
typedef struct was_pws_stamp_t {
    apr_time_t time;     /* whole milliseconds */
    apr_int64_t counter; /* orders the writes of one millisecond; 0 or more */
    const char *origin;  /* the id of the database that minted it */
} was_pws_stamp_t;

enum { WAS_PWS_STAMP_COLUMNS = 3 };

/* Of a row: the columns of PWS_STAMP, from `column` on. */
was_pws_stamp_t was_pws_stamp_read(const was_rows_t *rows, int row, int column);

/* The id that every stamp of this database has. Errors: those of was_db. */
WAS_CHECKED const was_error_t *was_pws_origin_get(was_db_t *db, const char **origin,
                                                  apr_pool_t *pool);

#endif
