/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_backends: registered backends in and out of their table. Owns what the rows mean. Refuses
 * to know what a descriptor says, and never sees what must not be shown.
 */

#include "store/pws/was_pws_backends.h"

#include "store/pws/was_pws_collections.h"
#include "store/was_limit.h"
#include "was_pws_place.h"

const was_pws_backend_t *was_pws_backends_read(const was_rows_t *rows, int *count, apr_pool_t *pool)
{
    *count = was_rows_count(rows);
    was_pws_backend_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));

    for (int i = 0; i < *count; i++) {
        list[i].id = was_rows_text(rows, i, 0);
        list[i].descriptor = was_rows_text(rows, i, 1);
    }
    return list;
}

const was_error_t *was_pws_backends_list(was_db_t *db, const char *space,
                                         const was_pws_backend_t **backends, int *count,
                                         apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_BACKEND_LIST, values, 1, &rows, pool));
    *backends = was_pws_backends_read(rows, count, pool);
    return NULL;
}

static const was_error_t *backend_absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such backend, or not granted any more");
}

const was_error_t *was_pws_backends_get(was_db_t *db, const char *space, const char *id,
                                        const char **descriptor, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(id)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_BACKEND_GET, values, 2, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return backend_absent(pool);
    }
    *descriptor = was_rows_text(rows, 0, 1);
    return NULL;
}

static const was_error_t *backend_taken(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_CONFLICT, "#/id", "there is a backend of this id");
}

/* Errors: QUOTA (there is no room for one more). */
static const was_error_t *check_room(was_db_t *db, const char *space, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_BACKEND_COUNT, values, 1, &rows, pool));
    return was_rows_integer(rows, 0, 0, 0) < WAS_PWS_MAX_BACKENDS
               ? NULL
               : was_error_make(pool, WAS_ERROR_QUOTA, NULL, "a space has at most %d backends",
                                WAS_PWS_MAX_BACKENDS);
}

/* Why a put found no row; NULL where nothing tells: one of its id may have come or gone since. */
static const was_error_t *explain_put_backend(was_db_t *db, const was_grant_t *grant, bool replace,
                                              const char *id, apr_pool_t *pool)
{
    const char *descriptor;

    WAS_TRY(was_pws_grant_check(db, grant, pool));
    const was_error_t *error = was_pws_backends_get(db, grant->space, id, &descriptor, pool);

    if (error != NULL && error->kind != WAS_ERROR_NOT_FOUND) {
        return error;
    }
    if (error == NULL && !replace) {
        return backend_taken(pool);
    }
    return error != NULL ? check_room(db, grant->space, pool) : NULL;
}

const was_error_t *was_pws_backends_put(was_db_t *db, const was_grant_t *grant, bool replace,
                                        const was_pws_backend_t *backend, bool *created,
                                        apr_pool_t *pool)
{
    const was_value_t token = WAS_INTEGER(was_grant_token());
    const was_value_t put[] = {WAS_TEXT(grant->space), token, WAS_TEXT(backend->id),
                               WAS_TEXT(backend->descriptor)};
    was_value_t raise[8];

    was_grant_values(grant, raise, pool);
    raise[3] = token;
    raise[4] = put[2];
    raise[5] = put[3];
    raise[6] = WAS_BOOLEAN(replace);
    raise[7] = was_limit_value(grant->quota);
    for (int tries = 0; tries < WAS_PWS_PLACE_TRIES; tries++) {
        was_transaction_t transaction = {.nsteps = 0};

        was_step_add(&transaction, WAS_SQL_PWS_SPACE_LOCK, raise, WAS_GRANT_VALUES);
        const was_step_t *raised = was_step_add(&transaction, WAS_SQL_PWS_BACKEND_RAISE, raise, 8);

        was_step_add(&transaction, WAS_SQL_PWS_BACKEND_PUT, put, 4);
        WAS_TRY(was_db_transact(db, &transaction, pool));
        if (was_rows_count(raised->rows) > 0) {
            *created = was_rows_true(raised->rows, 0, 0);
            return NULL;
        }
        WAS_TRY(explain_put_backend(db, grant, replace, backend->id, pool));
    }
    const was_error_t *lost = was_pws_place_lost(db, grant, pool);

    return replace || lost->kind != WAS_ERROR_UNAVAILABLE ? lost : backend_taken(pool);
}

const was_error_t *was_pws_backends_delete(was_db_t *db, const was_grant_t *grant, const char *id,
                                           apr_pool_t *pool)
{
    const was_value_t token = WAS_INTEGER(was_grant_token());
    const was_value_t key[] = {WAS_TEXT(grant->space), token, WAS_TEXT(id)};
    was_value_t raise[5];
    was_transaction_t transaction = {.nsteps = 0};

    was_grant_values(grant, raise, pool);
    raise[3] = token;
    raise[4] = key[2];
    was_step_add(&transaction, WAS_SQL_PWS_SPACE_LOCK, raise, WAS_GRANT_VALUES);
    const was_step_t *raised =
        was_step_add(&transaction, WAS_SQL_PWS_BACKEND_RAISE_DELETE, raise, 5);

    was_step_add(&transaction, WAS_SQL_PWS_BACKEND_DELETE, key, 3);
    WAS_TRY(was_db_transact(db, &transaction, pool));
    return was_rows_count(raised->rows) > 0 ? NULL : was_pws_grant_check(db, grant, pool);
}
