/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_backends: registered backends in and out of their table. Owns what the rows mean. Refuses
 * to know what a descriptor says, and never sees what must not be shown.
 */

#include "store/pws/was_pws_backends.h"

#include "store/pws/was_pws_collections.h"

const was_error_t *was_pws_backends_list(was_db_t *db, const char *space,
                                         const was_pws_backend_t **backends, int *count,
                                         apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_BACKEND_LIST, values, 1, &rows, pool));
    *count = was_rows_count(rows);
    was_pws_backend_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));

    for (int i = 0; i < *count; i++) {
        list[i].id = was_rows_text(rows, i, 0);
        list[i].descriptor = was_rows_text(rows, i, 1);
    }
    *backends = list;
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

/* Behind the space's lock, so that nothing is registered for a space on its way out. */
static const was_error_t *write_backend(was_db_t *db, was_sql_t statement,
                                        const was_value_t *values, bool *found, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};

    was_step_add(&transaction, WAS_SQL_PWS_SPACE_LOCK, values, WAS_GRANT_VALUES);
    const was_step_t *write = was_step_add(&transaction, statement, values, 5);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    *found = was_rows_count(write->rows) > 0;
    return NULL;
}

const was_error_t *was_pws_backends_put(was_db_t *db, const was_grant_t *grant, bool replace,
                                        const was_pws_backend_t *backend, bool *created,
                                        apr_pool_t *pool)
{
    was_value_t values[5];
    bool updated;

    was_grant_values(grant, values, pool);
    values[3] = WAS_TEXT(backend->id);
    values[4] = WAS_TEXT(backend->descriptor);
    WAS_TRY(write_backend(db, WAS_SQL_PWS_BACKEND_INSERT, values, created, pool));
    if (*created) {
        return NULL;
    }
    if (!replace) {
        WAS_TRY(was_pws_grant_check(db, grant, pool));
        return was_error_make(pool, WAS_ERROR_CONFLICT, "#/id", "there is a backend of this id");
    }
    WAS_TRY(write_backend(db, WAS_SQL_PWS_BACKEND_UPDATE, values, &updated, pool));
    return updated ? NULL : backend_absent(pool);
}

const was_error_t *was_pws_backends_delete(was_db_t *db, const was_grant_t *grant, const char *id,
                                           apr_pool_t *pool)
{
    was_value_t values[4];
    const was_rows_t *rows;

    was_grant_values(grant, values, pool);
    values[3] = WAS_TEXT(id);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_BACKEND_DELETE, values, 4, &rows, pool));
    return was_rows_count(rows) > 0 ? NULL : was_pws_grant_check(db, grant, pool);
}
