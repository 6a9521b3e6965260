/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The resources of collections in and out of their tables. Owns what the rows mean, and what it
 * means that a write found no row. Refuses to know media types and what the JSON beside them says.
 */

#include "store/was_items.h"

#include <apr_strings.h>

#include <string.h>

static const was_error_t *absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such resource");
}

const was_error_t *was_items_get(was_db_t *db, const was_item_key_t *key, apr_size_t want,
                                 was_resource_t *resource, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(key->space), WAS_TEXT(key->path),
                                  WAS_TEXT(key->collection), WAS_INTEGER((apr_int64_t)want)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_ITEM_GET, values, 4, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return absent(pool);
    }
    resource->path = key->path;
    resource->type = was_rows_text(rows, 0, 0);
    resource->size = was_rows_integer(rows, 0, 1, 0);
    resource->etag = was_rows_text(rows, 0, 2);
    resource->modified = was_rows_integer(rows, 0, 3, -1);
    resource->piece = was_rows_bytes(rows, 0, 4, &resource->piece_length);
    return NULL;
}

/* Whether a write that found no row may write where it wanted to. `fine` says that an absent
 * resource is; `*there` whether the resource is. */
static const was_error_t *check_place(was_db_t *db, const was_grant_t *grant,
                                      const was_item_key_t *key, bool is_envelope, bool fine,
                                      bool *there, apr_pool_t *pool)
{
    was_value_t values[5];
    const was_rows_t *rows;

    was_grant_values(grant, values);
    values[3] = WAS_TEXT(key->collection);
    values[4] = WAS_TEXT(key->path);
    WAS_TRY(was_db_run(db, WAS_SQL_ITEM_LOOK, values, 5, &rows, pool));
    if (was_rows_count(rows) == 0 || !was_rows_true(rows, 0, 0)) {
        return absent(pool);
    }
    if (was_rows_true(rows, 0, 1) && !is_envelope) {
        return was_error_make(pool, WAS_ERROR_NOT_ENCRYPTED, NULL,
                              "this collection takes encrypted envelopes only");
    }
    if (was_rows_true(rows, 0, 3) && !fine) {
        return was_error_make(pool, WAS_ERROR_UNKNOWN_BACKEND, NULL,
                              "the backend of this collection cannot be written to from here");
    }
    *there = was_rows_true(rows, 0, 2);
    return NULL;
}

/* Why a write found no row. */
static const was_error_t *explain(was_db_t *db, const was_grant_t *grant, const was_item_key_t *key,
                                  bool is_envelope, bool given, bool fine, apr_pool_t *pool)
{
    bool there;

    WAS_TRY(check_place(db, grant, key, is_envelope, fine, &there, pool));
    if (fine && (!there || !given)) {
        return NULL;
    }
    return given ? was_conditions_failed(pool) : absent(pool);
}

/* The same for a write of a content. */
static const was_error_t *explain_put(was_db_t *db, const was_grant_t *grant,
                                      const was_item_key_t *key, const was_content_t *content,
                                      const was_item_notes_t *notes,
                                      const was_conditions_t *conditions, apr_pool_t *pool)
{
    bool there;

    WAS_TRY(check_place(db, grant, key, notes->is_envelope, false, &there, pool));
    WAS_TRY(was_content_check(db, content, key->space, key->path, conditions, pool));
    return was_conditions_given(conditions) ? was_conditions_failed(pool) : absent(pool);
}

const was_error_t *was_items_put(was_db_t *db, const was_grant_t *grant, const was_item_key_t *key,
                                 const was_content_t *content, const was_item_notes_t *notes,
                                 const was_conditions_t *conditions, const char **etag,
                                 apr_pool_t *pool)
{
    /* By whether it replaces, the content is staged, and there is a quota. */
    static const was_sql_t statements[2][2][2] = {
        {{WAS_SQL_ITEM_PUT, WAS_SQL_ITEM_PUT_LIMITED},
         {WAS_SQL_ITEM_PUT_STAGED, WAS_SQL_ITEM_PUT_STAGED_LIMITED}},
        {{WAS_SQL_ITEM_REPLACE, WAS_SQL_ITEM_REPLACE_LIMITED},
         {WAS_SQL_ITEM_REPLACE_STAGED, WAS_SQL_ITEM_REPLACE_STAGED_LIMITED}}};
    was_value_t values[15];
    const was_rows_t *rows;

    was_grant_values(grant, values);
    values[3] = WAS_TEXT(key->path);
    values[4] = WAS_TEXT(content->type);
    was_conditions_values(conditions, &values[5], pool);
    values[8] = WAS_TEXT(key->collection);
    values[9] = WAS_TEXT(grant->invoker);
    values[10] = WAS_TEXT(notes->epoch);
    values[11] = WAS_TEXT(notes->writer);
    values[12] = WAS_BOOLEAN(notes->is_envelope);
    WAS_TRY(was_content_write(db, content, key->space, statements[conditions->match != NULL],
                              values, 13, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return explain_put(db, grant, key, content, notes, conditions, pool);
    }
    *etag = was_rows_text(rows, 0, 0);
    return NULL;
}

const was_error_t *was_items_delete(was_db_t *db, const was_grant_t *grant,
                                    const was_item_key_t *key, const was_conditions_t *conditions,
                                    apr_pool_t *pool)
{
    was_value_t values[8];
    const was_rows_t *rows;

    was_grant_values(grant, values);
    values[3] = WAS_TEXT(key->path);
    values[4] = WAS_TEXT(key->collection);
    was_conditions_values(conditions, &values[5], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_ITEM_DELETE, values, 8, &rows, pool));
    if (was_rows_count(rows) > 0) {
        return NULL;
    }
    return explain(db, grant, key, true, was_conditions_given(conditions),
                   conditions->match == NULL, pool);
}

const was_error_t *was_items_list(was_db_t *db, const char *space, const char *collection,
                                  const char *after, int limit, const was_item_t **items,
                                  int *count, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(collection),
                                  WAS_TEXT(apr_pstrcat(pool, "/", collection, "/", after, NULL)),
                                  WAS_INTEGER(limit)};
    const was_rows_t *rows;
    was_item_t *list;
    int i;

    WAS_TRY(was_db_run(db, WAS_SQL_ITEM_LIST, values, 4, &rows, pool));
    *count = was_rows_count(rows);
    list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));
    for (i = 0; i < *count; i++) {
        list[i].id = was_rows_text(rows, i, 0) + strlen(collection) + 2;
        list[i].type = was_rows_text(rows, i, 1);
        list[i].name = was_rows_text(rows, i, 2);
        list[i].epoch = was_rows_text(rows, i, 3);
        list[i].writer = was_rows_text(rows, i, 4);
    }
    *items = list;
    return NULL;
}

const was_error_t *was_items_get_meta(was_db_t *db, const was_item_key_t *key,
                                      was_item_meta_t *meta, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(key->space), WAS_TEXT(key->path),
                                  WAS_TEXT(key->collection)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_ITEM_META_GET, values, 3, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return absent(pool);
    }
    meta->type = was_rows_text(rows, 0, 0);
    meta->size = was_rows_integer(rows, 0, 1, 0);
    meta->created = was_rows_integer(rows, 0, 2, 0);
    meta->updated = was_rows_integer(rows, 0, 3, 0);
    meta->created_by = was_rows_text(rows, 0, 4);
    meta->custom = was_rows_text(rows, 0, 5);
    meta->epoch = was_rows_text(rows, 0, 6);
    meta->writer = was_rows_text(rows, 0, 7);
    meta->etag = was_rows_text(rows, 0, 8);
    return NULL;
}

const was_error_t *was_items_put_meta(was_db_t *db, const was_grant_t *grant,
                                      const was_item_key_t *key, const char *custom,
                                      const was_item_notes_t *notes,
                                      const was_conditions_t *conditions, const char **etag,
                                      apr_pool_t *pool)
{
    was_value_t values[11];
    const was_rows_t *rows;

    was_grant_values(grant, values);
    values[3] = WAS_TEXT(key->path);
    values[4] = WAS_TEXT(key->collection);
    values[5] = WAS_TEXT(custom);
    values[6] = WAS_TEXT(notes->epoch);
    values[7] = WAS_TEXT(notes->writer);
    was_conditions_values(conditions, &values[8], pool);
    values[10] = WAS_BOOLEAN(notes->is_envelope);
    WAS_TRY(was_db_run(db, WAS_SQL_ITEM_META_PUT, values, 11, &rows, pool));
    if (was_rows_count(rows) == 0) {
        bool given = conditions->match != NULL || conditions->none_match != NULL;

        return explain(db, grant, key, notes->is_envelope, given, false, pool);
    }
    *etag = was_rows_text(rows, 0, 0);
    return NULL;
}
