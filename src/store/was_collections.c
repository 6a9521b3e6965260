/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Collections in and out of their table. Owns what the rows mean, and what it means that a write
 * found no row. Refuses to know what the JSON in them says.
 */

#include "store/was_collections.h"

#include <string.h>

void was_grant_values(const was_grant_t *grant, was_value_t values[3])
{
    values[0] = WAS_TEXT(grant->space);
    values[1] = WAS_TEXT(grant->controller);
    values[2] = WAS_TEXT(grant->links);
}

static const was_error_t *absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such collection");
}

const was_error_t *was_collections_get(was_db_t *db, const char *space, const char *id,
                                       was_collection_t *collection, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(id)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_COLLECTION_GET, values, 2, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return absent(pool);
    }
    collection->id = id;
    collection->name = was_rows_text(rows, 0, 0);
    collection->backend = was_rows_text(rows, 0, 1);
    collection->encryption = was_rows_text(rows, 0, 2);
    collection->plaintext = was_rows_text(rows, 0, 3);
    collection->generator = was_rows_text(rows, 0, 4);
    collection->generator_origin = was_rows_text(rows, 0, 5);
    collection->custom = was_rows_text(rows, 0, 6);
    collection->epoch = was_rows_text(rows, 0, 7);
    collection->created_by = was_rows_text(rows, 0, 8);
    collection->created = was_rows_integer(rows, 0, 9, 0);
    collection->updated = was_rows_integer(rows, 0, 10, 0);
    collection->etag = was_rows_text(rows, 0, 11);
    collection->modified = was_rows_integer(rows, 0, 12, -1);
    return NULL;
}

/* The first twelve parameters of both writes. */
static void fill(const was_grant_t *grant, const was_collection_t *collection,
                 was_value_t values[12])
{
    was_grant_values(grant, values);
    values[3] = WAS_TEXT(collection->id);
    values[4] = WAS_TEXT(collection->name);
    values[5] = WAS_TEXT(collection->backend);
    values[6] = WAS_TEXT(collection->encryption);
    values[7] = WAS_TEXT(collection->plaintext);
    values[8] = WAS_TEXT(collection->generator);
    values[9] = WAS_TEXT(collection->generator_origin);
    values[10] = WAS_TEXT(collection->custom);
    values[11] = WAS_TEXT(collection->epoch);
}

/* `*etag` is NULL when there is one of this id, or the grant holds no more. */
static const was_error_t *insert(was_db_t *db, const was_grant_t *grant,
                                 const was_collection_t *collection, const char **etag,
                                 apr_pool_t *pool)
{
    was_value_t values[13];
    const was_rows_t *rows;

    fill(grant, collection, values);
    values[12] = WAS_TEXT(grant->invoker);
    WAS_TRY(was_db_run(db, WAS_SQL_COLLECTION_INSERT, values, 13, &rows, pool));
    *etag = was_rows_count(rows) > 0 ? was_rows_text(rows, 0, 0) : NULL;
    return NULL;
}

/* Whether the collection is there for this grant. */
static const was_error_t *look(was_db_t *db, const was_grant_t *grant, const char *id, bool *held,
                               bool *there, apr_pool_t *pool)
{
    was_value_t values[5];
    const was_rows_t *rows;

    was_grant_values(grant, values);
    values[3] = WAS_TEXT(id);
    values[4] = WAS_TEXT(NULL);
    WAS_TRY(was_db_run(db, WAS_SQL_ITEM_LOOK, values, 5, &rows, pool));
    *held = was_rows_count(rows) > 0;
    *there = *held && was_rows_true(rows, 0, 0);
    return NULL;
}

const was_error_t *was_grant_check(was_db_t *db, const was_grant_t *grant, apr_pool_t *pool)
{
    bool held, there;

    WAS_TRY(look(db, grant, NULL, &held, &there, pool));
    return held ? NULL : absent(pool);
}

const was_error_t *was_collections_create(was_db_t *db, const was_grant_t *grant,
                                          const was_collection_t *collection, const char **etag,
                                          apr_pool_t *pool)
{
    bool held, there;

    WAS_TRY(insert(db, grant, collection, etag, pool));
    if (*etag != NULL) {
        return NULL;
    }
    WAS_TRY(look(db, grant, collection->id, &held, &there, pool));
    if (!held) {
        return absent(pool);
    }
    return was_error_make(pool, WAS_ERROR_CONFLICT, "#/id", "there is a collection of this id");
}

/* Why an update found no row. */
static const was_error_t *explain(was_db_t *db, const was_grant_t *grant,
                                  const was_collection_t *wanted,
                                  const was_conditions_t *conditions, apr_pool_t *pool)
{
    was_collection_t stored;
    bool held, there;

    WAS_TRY(look(db, grant, wanted->id, &held, &there, pool));
    if (!held) {
        return absent(pool);
    }
    if (!there) {
        return was_conditions_failed(pool);
    }
    WAS_TRY(was_collections_get(db, grant->space, wanted->id, &stored, pool));
    if (wanted->encryption != NULL && (wanted->plaintext != NULL || stored.plaintext != NULL)) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/encryption",
                              "a collection is encrypted or declares plaintext, not both");
    }
    if (stored.encryption != NULL &&
        (wanted->encryption == NULL || strcmp(stored.encryption, wanted->encryption) != 0)) {
        return was_error_make(pool, WAS_ERROR_IMMUTABLE, "#/encryption",
                              "the encryption of a collection stays as it was declared");
    }
    return was_conditions_given(conditions) ? was_conditions_failed(pool) : absent(pool);
}

const was_error_t *was_collections_put(was_db_t *db, const was_grant_t *grant,
                                       const was_collection_t *collection,
                                       const was_conditions_t *conditions, bool *created,
                                       const char **etag, apr_pool_t *pool)
{
    was_value_t values[15];
    const was_rows_t *rows;

    *created = false;
    if (conditions->match == NULL) {
        WAS_TRY(insert(db, grant, collection, etag, pool));
        *created = *etag != NULL;
        if (*created) {
            return NULL;
        }
    }
    fill(grant, collection, values);
    was_conditions_values(conditions, &values[12], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_COLLECTION_UPDATE, values, 15, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return explain(db, grant, collection, conditions, pool);
    }
    *etag = was_rows_text(rows, 0, 0);
    return NULL;
}

const was_error_t *was_collections_delete(was_db_t *db, const was_grant_t *grant, const char *id,
                                          apr_pool_t *pool)
{
    const was_rows_t *rows;
    was_value_t values[4];

    was_grant_values(grant, values);
    values[3] = WAS_TEXT(id);
    WAS_TRY(was_db_run(db, WAS_SQL_COLLECTION_DELETE, values, 4, &rows, pool));
    return was_rows_count(rows) > 0 ? NULL : was_grant_check(db, grant, pool);
}

const was_error_t *was_collections_delete_space(was_db_t *db, const was_grant_t *grant,
                                                apr_pool_t *pool)
{
    const was_rows_t *rows;
    was_value_t values[3];

    was_grant_values(grant, values);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_SPACE_DELETE, values, 3, &rows, pool));
    return was_rows_count(rows) > 0 ? NULL : absent(pool);
}

const was_error_t *was_collections_list(was_db_t *db, const char *space, const char *after,
                                        int limit, const was_collection_t **collections, int *count,
                                        apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(after), WAS_INTEGER(limit)};
    const was_rows_t *rows;
    was_collection_t *list;
    int i;

    WAS_TRY(was_db_run(db, WAS_SQL_COLLECTION_LIST, values, 3, &rows, pool));
    *count = was_rows_count(rows);
    list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));
    for (i = 0; i < *count; i++) {
        list[i].id = was_rows_text(rows, i, 0);
        list[i].name = was_rows_text(rows, i, 1);
    }
    *collections = list;
    return NULL;
}
