/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_limit: spaces of a controller and bytes of a space, where they are limited. Owns the lock
 * that the makers of spaces take, and what is said to who has reached a limit. Refuses to know who
 * may make a space, what is charged, and what else keeps a write from its row.
 */

#include "store/was_limit.h"

was_value_t was_limit_value(apr_int64_t most)
{
    return most > 0 ? WAS_INTEGER(most) : WAS_TEXT(NULL);
}

void was_limit_lock(was_transaction_t *transaction, const char *controller, apr_int64_t most)
{
    const was_value_t name = WAS_TEXT(controller);

    if (most > 0) {
        was_step_add(transaction, WAS_SQL_CONTROLLER_LOCK, &name, 1);
    }
}

const was_error_t *was_limit_write(was_db_t *db, const char *controller, apr_int64_t most,
                                   was_sql_t statement, const was_value_t *values, int nvalues,
                                   const was_rows_t **rows, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};

    was_limit_lock(&transaction, controller, most);
    const was_step_t *write = was_step_add(&transaction, statement, values, nvalues);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    *rows = write->rows;
    return NULL;
}

const was_error_t *was_limit_check(const was_room_t *room, apr_int64_t length, apr_pool_t *pool)
{
    return room->quota > 0 && length > room->bytes
               ? was_limit_exceeded(room->quota, room->used, pool)
               : NULL;
}

const was_error_t *was_limit_exceeded(apr_int64_t quota, apr_int64_t used, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_QUOTA, NULL,
                          "the space may hold %" APR_INT64_T_FMT
                          " bytes, with a charge for each thing in it; it holds %" APR_INT64_T_FMT
                          ", and this does not fit",
                          quota, used);
}

const was_error_t *was_limit_reached(apr_int64_t most, apr_pool_t *pool)
{
    return was_error_make(
        pool, WAS_ERROR_QUOTA, NULL,
        "the controller has as many spaces as one may have here: %" APR_INT64_T_FMT, most);
}
