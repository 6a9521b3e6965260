/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_admin_change: controllers, frozen spaces and deletion. Owns that a change is made to what was
 * looked at. Refuses to know who wants it.
 */

#include "store/admin/was_admin_change.h"

#include "store/classic/was_classic_spaces.h"
#include "store/pws/was_pws_spaces.h"

/* A change behind the space's lock: the time of its statement is one at which it is done, however
 * long it had to wait. `*lock` has a row where there is such a space. */
static const was_error_t *change_locked(was_db_t *db, was_admin_protocol_t protocol,
                                        was_sql_t statement, const was_value_t *values, int nvalues,
                                        const was_rows_t **lock, bool *changed, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *locks = was_step_add(
        &transaction,
        protocol == WAS_ADMIN_CLASSIC ? WAS_SQL_ADMIN_CLASSIC_LOCK : WAS_SQL_ADMIN_PWS_LOCK, values,
        1);
    const was_step_t *changes = was_step_add(&transaction, statement, values, nvalues);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    *lock = locks->rows;
    *changed = was_rows_count(changes->rows) > 0;
    return NULL;
}

const was_error_t *was_admin_change_controller(was_db_t *db, was_admin_protocol_t protocol,
                                               const char *id, const char *to, const char **from,
                                               apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(id), WAS_TEXT(to)};
    const was_rows_t *lock;
    bool moved;

    WAS_TRY(change_locked(db, protocol,
                          protocol == WAS_ADMIN_CLASSIC ? WAS_SQL_ADMIN_CLASSIC_MOVE
                                                        : WAS_SQL_ADMIN_PWS_MOVE,
                          values, 2, &lock, &moved, pool));
    if (was_rows_count(lock) == 0) {
        return was_error_make(pool, WAS_ERROR_NOT_FOUND, NULL, "there is no space %s", id);
    }
    *from = was_rows_text(lock, 0, 0);
    return moved ? NULL : was_frozen_refusal(WAS_FROZEN_MOVING, pool);
}

const was_error_t *was_admin_change_frozen(was_db_t *db, was_admin_protocol_t protocol,
                                           const char *id, bool is_frozen, bool *changed,
                                           apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(id), WAS_BOOLEAN(is_frozen)};
    const was_rows_t *lock;

    return change_locked(db, protocol,
                         protocol == WAS_ADMIN_CLASSIC ? WAS_SQL_ADMIN_CLASSIC_FREEZE
                                                       : WAS_SQL_ADMIN_PWS_FREEZE,
                         values, 2, &lock, changed, pool);
}

const was_error_t *was_admin_change_turn(was_db_t *db, const was_admin_space_t *space,
                                         was_frozen_t from, was_frozen_t to, bool *turned,
                                         apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space->id), WAS_INTEGER(from), WAS_INTEGER(to)};
    const was_rows_t *lock;

    return change_locked(db, space->protocol,
                         space->protocol == WAS_ADMIN_CLASSIC ? WAS_SQL_ADMIN_CLASSIC_TURN
                                                              : WAS_SQL_ADMIN_PWS_TURN,
                         values, 3, &lock, turned, pool);
}

const was_error_t *was_admin_change_wait(was_db_t *db, int seconds, bool *ended, apr_pool_t *pool)
{
    enum { LOOK_MSEC = 10 };
    apr_time_t end = apr_time_now() + apr_time_from_sec(seconds);
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_ADMIN_NOW, NULL, 0, &rows, pool));
    const was_value_t now = WAS_INTEGER(was_rows_integer(rows, 0, 0, 0));

    do {
        WAS_TRY(was_db_run(db, WAS_SQL_ADMIN_ENDED, &now, 1, &rows, pool));
        *ended = was_rows_true(rows, 0, 0);
        if (!*ended) {
            apr_sleep(apr_time_from_msec(LOOK_MSEC));
        }
    } while (!*ended && apr_time_now() < end);
    return NULL;
}

const was_error_t *was_admin_change_erase(was_db_t *db, const was_admin_space_t *space,
                                          apr_pool_t *pool)
{
    const was_conditions_t none = {.unmodified_since = -1};
    const was_grant_t grant = {.space = space->id, .controller = space->controller};

    if (space->frozen != WAS_FROZEN_NOT) {
        return was_frozen_refusal(space->frozen, pool);
    }
    return space->protocol == WAS_ADMIN_CLASSIC
               ? was_classic_spaces_delete(db, space->id, space->controller, &none, pool)
               : was_pws_spaces_delete(db, &grant, pool);
}

const was_error_t *was_admin_change_forget(was_db_t *db, const char *controller, apr_pool_t *pool)
{
    const was_value_t value = WAS_TEXT(controller);

    return was_db_run(db, WAS_SQL_ADMIN_CONTROLLER_FORGET, &value, 1, NULL, pool);
}
