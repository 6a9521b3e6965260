/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Resources in and out of their table. Owns what the rows mean, and what it means that a write
 * found no row. Refuses to know media types, requests, and why the caller may.
 */

#include "store/was_resources.h"

#include <apr_strings.h>

const was_error_t *was_resources_get(was_db_t *db, const was_resource_key_t *key, bool anyone,
                                     apr_size_t want, was_resource_t *resource, const char **link,
                                     apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(key->space),  WAS_TEXT(key->protocol),
                                  WAS_TEXT(key->caller), WAS_TEXT(key->path),
                                  WAS_BOOLEAN(anyone),   WAS_INTEGER((apr_int64_t)want)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_GET, values, 6, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_space_absent(pool);
    }
    if (link != NULL) {
        *link = was_rows_text(rows, 0, 0);
    }
    if (!was_rows_true(rows, 0, 1)) {
        return was_space_foreign(pool);
    }
    if (was_rows_text(rows, 0, 2) == NULL) {
        return was_error_make(pool, WAS_ERROR_NOT_FOUND, "/resource", "there is no such resource");
    }
    resource->path = key->path;
    resource->type = was_rows_text(rows, 0, 2);
    resource->size = was_rows_integer(rows, 0, 3, 0);
    resource->etag = was_rows_text(rows, 0, 4);
    resource->modified = was_rows_integer(rows, 0, 5, -1);
    resource->piece = was_rows_bytes(rows, 0, 6, &resource->piece_length);
    return NULL;
}

const was_error_t *was_resources_piece(was_db_t *db, const char *space, const char *path,
                                       const char *etag, apr_int64_t offset, apr_size_t length,
                                       const char **bytes, apr_size_t *count, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(path), WAS_TEXT(etag),
                                  WAS_INTEGER(offset + 1), WAS_INTEGER((apr_int64_t)length)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_PIECE, values, 5, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_error_log(pool, WAS_ERROR_CONFLICT, "the resource changed while it was read");
    }
    *bytes = was_rows_bytes(rows, 0, 0, count);
    return NULL;
}

const was_error_t *was_content_write(was_db_t *db, const was_content_t *content, const char *space,
                                     const was_sql_t statements[2][2], was_value_t *values,
                                     int nvalues, const was_rows_t **rows, apr_pool_t *pool)
{
    bool staged = content->source != NULL, limited = content->quota > 0;
    was_transaction_t transaction = {.content = content->source};

    if (limited) {
        transaction.lock = apr_pstrcat(pool, "was:space:", space, NULL);
        values[nvalues++] = WAS_INTEGER(content->quota);
    }
    if (!staged) {
        values[nvalues++] = WAS_BYTES(content->bytes, content->length);
    }
    return was_db_transact(db, &transaction, statements[staged][limited], values, nvalues, rows,
                           pool);
}

const was_error_t *was_content_check(was_db_t *db, const was_content_t *content, const char *space,
                                     const char *path, const was_conditions_t *conditions,
                                     apr_pool_t *pool)
{
    was_value_t values[5] = {WAS_TEXT(space), WAS_TEXT(path)};
    const was_rows_t *rows;
    bool found;

    if (content->quota <= 0) {
        return NULL;
    }
    was_conditions_values(conditions, &values[2], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_USAGE, values, 5, &rows, pool));
    found = was_rows_text(rows, 0, 1) != NULL;
    if (found ? !was_rows_true(rows, 0, 1) : conditions->match != NULL) {
        return NULL;
    }
    return was_error_make(pool, WAS_ERROR_QUOTA, NULL,
                          "the space may hold %" APR_INT64_T_FMT
                          " bytes; beside this content of %" APR_SIZE_T_FMT
                          " it holds %" APR_INT64_T_FMT,
                          content->quota, content->length, was_rows_integer(rows, 0, 0, 0));
}

/* Why a write of a content, or (NULL) a deletion, found no row. What is seen now may have changed
 * since: a write without conditions that would find its row by now came when there was none. */
static const was_error_t *explain(was_db_t *db, const was_resource_key_t *key,
                                  const was_content_t *content, const was_conditions_t *conditions,
                                  apr_pool_t *pool)
{
    bool deletes = content == NULL, absent_is_fine = deletes && conditions->match == NULL;
    const was_value_t values[] = {WAS_TEXT(key->space), WAS_TEXT(key->protocol),
                                  WAS_TEXT(key->caller), WAS_TEXT(key->path)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_LOOK, values, 4, &rows, pool));
    if (was_rows_count(rows) == 0) {
        if (!deletes) {
            return was_space_absent(pool);
        }
        return absent_is_fine ? NULL : was_conditions_failed(pool);
    }
    if (!was_rows_true(rows, 0, 0)) {
        return was_space_foreign(pool);
    }
    if (!deletes) {
        WAS_TRY(was_content_check(db, content, key->space, key->path, conditions, pool));
    }
    if (!was_conditions_given(conditions)) {
        return deletes ? NULL : was_space_absent(pool);
    }
    return absent_is_fine && !was_rows_true(rows, 0, 1) ? NULL : was_conditions_failed(pool);
}

const was_error_t *was_resources_put(was_db_t *db, const was_resource_key_t *key,
                                     const was_content_t *content,
                                     const was_conditions_t *conditions, const char **etag,
                                     apr_pool_t *pool)
{
    /* By whether it replaces, the content is staged, and there is a quota. */
    static const was_sql_t statements[2][2][2] = {
        {{WAS_SQL_RESOURCE_PUT, WAS_SQL_RESOURCE_PUT_LIMITED},
         {WAS_SQL_RESOURCE_PUT_STAGED, WAS_SQL_RESOURCE_PUT_STAGED_LIMITED}},
        {{WAS_SQL_RESOURCE_REPLACE, WAS_SQL_RESOURCE_REPLACE_LIMITED},
         {WAS_SQL_RESOURCE_REPLACE_STAGED, WAS_SQL_RESOURCE_REPLACE_STAGED_LIMITED}}};
    was_value_t values[10] = {WAS_TEXT(key->space), WAS_TEXT(key->protocol), WAS_TEXT(key->caller),
                              WAS_TEXT(key->path), WAS_TEXT(content->type)};
    const was_rows_t *rows;

    was_conditions_values(conditions, &values[5], pool);
    WAS_TRY(was_content_write(db, content, key->space, statements[conditions->match != NULL],
                              values, 8, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return explain(db, key, content, conditions, pool);
    }
    *etag = was_rows_text(rows, 0, 0);
    return NULL;
}

const was_error_t *was_resources_delete(was_db_t *db, const was_resource_key_t *key,
                                        const was_conditions_t *conditions, apr_pool_t *pool)
{
    was_value_t values[7] = {WAS_TEXT(key->space), WAS_TEXT(key->protocol), WAS_TEXT(key->caller),
                             WAS_TEXT(key->path)};
    const was_rows_t *rows;

    was_conditions_values(conditions, &values[4], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_DELETE, values, 7, &rows, pool));
    if (was_rows_count(rows) > 0) {
        return NULL;
    }
    return explain(db, key, NULL, conditions, pool);
}

const was_error_t *was_resources_list(was_db_t *db, const char *space, const char *after, int limit,
                                      const was_resource_t **resources, int *count,
                                      apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(after), WAS_INTEGER(limit)};
    const was_rows_t *rows;
    was_resource_t *list;
    int i;

    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_LIST, values, 3, &rows, pool));
    *count = was_rows_count(rows);
    list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));
    for (i = 0; i < *count; i++) {
        list[i].path = was_rows_text(rows, i, 0);
        list[i].type = was_rows_text(rows, i, 1);
        list[i].size = was_rows_integer(rows, i, 2, 0);
        list[i].etag = was_rows_text(rows, i, 3);
        list[i].modified = was_rows_integer(rows, i, 4, -1);
    }
    *resources = list;
    return NULL;
}
