/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Controllers, policies and revocations in and out of their tables. Owns which policy is the most
 * specific. Refuses to know what a policy says and what a capability is.
 */

#include "store/was_policies.h"

#include <string.h>

typedef enum was_level_t { SPACE, COLLECTION, RESOURCE } was_level_t;

static was_level_t level_of(const was_policy_key_t *key)
{
    if (key->path != NULL) {
        return RESOURCE;
    }
    return key->collection != NULL ? COLLECTION : SPACE;
}

/* What the level's table is keyed by beside the space. */
static const char *parent_of(const was_policy_key_t *key)
{
    return key->path != NULL ? key->path : key->collection;
}

static const was_error_t *absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such policy");
}

static void read_resource(const was_rows_t *rows, const was_policy_key_t *key, was_wanted_t *wanted)
{
    was_resource_t *resource = wanted->resource;

    wanted->found = was_rows_text(rows, 0, 5) != NULL;
    if (wanted->found) {
        resource->path = key->path;
        resource->type = was_rows_text(rows, 0, 5);
        resource->size = was_rows_integer(rows, 0, 6, 0);
        resource->etag = was_rows_text(rows, 0, 7);
        resource->modified = was_rows_integer(rows, 0, 8, -1);
        resource->piece = was_rows_bytes(rows, 0, 9, &resource->piece_length);
    }
}

const was_error_t *was_policies_look(was_db_t *db, const char *space, const char *links,
                                     const was_policy_key_t *key, was_wanted_t *wanted,
                                     was_standing_t *standing, apr_pool_t *pool)
{
    const was_value_t values[] = {
        WAS_TEXT(space),
        WAS_TEXT(links),
        WAS_TEXT(key->collection),
        WAS_TEXT(key->path),
        WAS_TEXT(wanted != NULL ? wanted->controller : NULL),
        WAS_INTEGER(wanted != NULL ? (apr_int64_t)wanted->want : 0),
    };
    const was_rows_t *rows;
    int column;

    memset(standing, 0, sizeof(*standing));
    WAS_TRY(was_db_run(db, wanted != NULL ? WAS_SQL_PWS_LOOK_ITEM : WAS_SQL_PWS_LOOK, values,
                       wanted != NULL ? 6 : 4, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return NULL;
    }
    standing->controller = was_rows_text(rows, 0, 0);
    standing->revoked = was_rows_true(rows, 0, 1);
    for (column = 2; column <= 4 && standing->policy == NULL; column++) {
        standing->policy = was_rows_text(rows, 0, column);
    }
    if (wanted != NULL) {
        read_resource(rows, key, wanted);
    }
    return NULL;
}

const was_error_t *was_policies_get(was_db_t *db, const char *space, const was_policy_key_t *key,
                                    const char **document, apr_pool_t *pool)
{
    static const int columns[] = {[RESOURCE] = 2, [COLLECTION] = 3, [SPACE] = 4};
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(NULL), WAS_TEXT(key->collection),
                                  WAS_TEXT(key->path)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_LOOK, values, 4, &rows, pool));
    *document = was_rows_count(rows) > 0 ? was_rows_text(rows, 0, columns[level_of(key)]) : NULL;
    return *document != NULL ? NULL : absent(pool);
}

const was_error_t *was_policies_put(was_db_t *db, const was_grant_t *grant,
                                    const was_policy_key_t *key, const char *document,
                                    bool *created, apr_pool_t *pool)
{
    static const was_sql_t inserts[] = {WAS_SQL_SPACE_POLICY_INSERT,
                                        WAS_SQL_COLLECTION_POLICY_INSERT,
                                        WAS_SQL_RESOURCE_POLICY_INSERT};
    static const was_sql_t updates[] = {WAS_SQL_SPACE_POLICY_UPDATE,
                                        WAS_SQL_COLLECTION_POLICY_UPDATE,
                                        WAS_SQL_RESOURCE_POLICY_UPDATE};
    was_level_t level = level_of(key);
    int count = level == SPACE ? 4 : 5;
    was_value_t values[5];
    const was_rows_t *rows;

    was_grant_values(grant, values);
    values[3] = WAS_TEXT(document);
    values[4] = WAS_TEXT(parent_of(key));
    WAS_TRY(was_db_run(db, inserts[level], values, count, &rows, pool));
    *created = was_rows_count(rows) > 0;
    if (!*created) {
        WAS_TRY(was_db_run(db, updates[level], values, count, &rows, pool));
    }
    return was_rows_count(rows) > 0 ? NULL : absent(pool);
}

const was_error_t *was_policies_delete(was_db_t *db, const was_grant_t *grant,
                                       const was_policy_key_t *key, apr_pool_t *pool)
{
    static const was_sql_t deletes[] = {WAS_SQL_SPACE_POLICY_DELETE,
                                        WAS_SQL_COLLECTION_POLICY_DELETE,
                                        WAS_SQL_RESOURCE_POLICY_DELETE};
    was_level_t level = level_of(key);
    const was_rows_t *rows;
    was_value_t values[4];

    was_grant_values(grant, values);
    values[3] = WAS_TEXT(parent_of(key));
    WAS_TRY(was_db_run(db, deletes[level], values, level == SPACE ? 3 : 4, &rows, pool));
    return was_rows_count(rows) > 0 ? NULL : was_grant_check(db, grant, pool);
}

const was_error_t *was_policies_revoke(was_db_t *db, const char *space, const char *controller,
                                       const char *link, apr_int64_t keep_until, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(controller), WAS_TEXT(link),
                                  WAS_INTEGER(keep_until)};

    WAS_TRY(was_db_run(db, WAS_SQL_REVOKED_FORGET, values, 1, NULL, pool));
    return was_db_run(db, WAS_SQL_REVOKE, values, 4, NULL, pool);
}
