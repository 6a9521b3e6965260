/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Registered backends in and out of their table. Owns what the rows mean. Refuses to know what a
 * descriptor says, and never sees what must not be shown.
 */

#include "store/was_collections.h"

const was_error_t *was_backends_list(was_db_t *db, const char *space,
                                     const was_backend_place_t **places, int *count,
                                     apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space)};
    const was_rows_t *rows;
    was_backend_place_t *list;
    int i;

    WAS_TRY(was_db_run(db, WAS_SQL_BACKEND_LIST, values, 1, &rows, pool));
    *count = was_rows_count(rows);
    list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));
    for (i = 0; i < *count; i++) {
        list[i].id = was_rows_text(rows, i, 0);
        list[i].descriptor = was_rows_text(rows, i, 1);
    }
    *places = list;
    return NULL;
}

const was_error_t *was_backends_get(was_db_t *db, const char *space, const char *id,
                                    const char **descriptor, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(id)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_BACKEND_GET, values, 2, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such backend");
    }
    *descriptor = was_rows_text(rows, 0, 0);
    return NULL;
}

const was_error_t *was_backends_put(was_db_t *db, const was_grant_t *grant, bool replace,
                                    const was_backend_place_t *place, bool *created,
                                    apr_pool_t *pool)
{
    was_value_t values[5];
    const was_rows_t *rows;

    was_grant_values(grant, values);
    values[3] = WAS_TEXT(place->id);
    values[4] = WAS_TEXT(place->descriptor);
    WAS_TRY(was_db_run(db, WAS_SQL_BACKEND_INSERT, values, 5, &rows, pool));
    *created = was_rows_count(rows) > 0;
    if (*created) {
        return NULL;
    }
    if (!replace) {
        return was_error_make(pool, WAS_ERROR_CONFLICT, "#/id", "there is a backend of this id");
    }
    WAS_TRY(was_db_run(db, WAS_SQL_BACKEND_UPDATE, values, 5, &rows, pool));
    return was_rows_count(rows) > 0
               ? NULL
               : was_error_log(pool, WAS_ERROR_NOT_FOUND, "the backend or the right is gone");
}

const was_error_t *was_backends_delete(was_db_t *db, const was_grant_t *grant, const char *id,
                                       apr_pool_t *pool)
{
    const was_rows_t *rows;
    was_value_t values[4];

    was_grant_values(grant, values);
    values[3] = WAS_TEXT(id);
    WAS_TRY(was_db_run(db, WAS_SQL_BACKEND_DELETE, values, 4, &rows, pool));
    return was_rows_count(rows) > 0 ? NULL : was_grant_check(db, grant, pool);
}
