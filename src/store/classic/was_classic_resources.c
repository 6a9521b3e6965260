/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_classic_resources: resources in and out of their table. Owns what the rows mean, and what it
 * means that a write found no row. Refuses to know media types, requests, and why the caller may.
 */

#include "store/classic/was_classic_resources.h"

#include "store/classic/was_classic_spaces.h"
#include "store/classic/was_classic_version.h"
#include "store/was_frozen.h"
#include "store/was_limit.h"

#include <string.h>

/* Of the mark that a content in parts is to the row. */
enum { MARK_BYTES = 8 };

static was_pieces_t pieces_of(const char *space, const char *path, const char *etag)
{
    return (was_pieces_t){.statement = WAS_SQL_RESOURCE_PIECE,
                          .values = {WAS_TEXT(space), WAS_TEXT(path), WAS_TEXT(etag)},
                          .nvalues = 3};
}

/* Columns of RESOURCE_GET. */
enum {
    LINK,
    CONTROLLER,
    TYPE,
    LENGTH,
    VERSION,
    CONTENT = VERSION + 3,
    PARTS,
    PARTS_BYTES,
    PARTS_DIGEST
};

/* Whether the content is the mark that names the parts: whoever knows nothing of them leaves the
 * mark, and another content. */
static bool stands_in_parts(const was_rows_t *rows)
{
    apr_size_t length, mark_length;
    const char *content = was_rows_bytes(rows, 0, CONTENT, &length);
    const char *mark = was_rows_bytes(rows, 0, PARTS, &mark_length);

    return content != NULL && mark != NULL && length == mark_length &&
           memcmp(content, mark, length) == 0;
}

/* A row of RESOURCE_GET that has one. */
static void take_resource_row(const was_rows_t *rows, apr_size_t want, was_resource_t *resource,
                              apr_pool_t *pool)
{
    memset(resource, 0, sizeof(*resource));
    resource->type = was_rows_text(rows, 0, TYPE);
    resource->size = was_rows_integer(rows, 0, LENGTH, 0);
    resource->etag = was_classic_version_etag(rows, 0, VERSION, pool);
    resource->modified = was_classic_version_modified(rows, 0, VERSION);
    resource->is_in_parts = stands_in_parts(rows);
    if (resource->is_in_parts) {
        resource->mark = was_rows_integer(rows, 0, PARTS, 0);
        resource->size = was_rows_integer(rows, 0, PARTS_BYTES, 0);
        resource->digest = was_content_read_digest(rows, 0, PARTS_DIGEST);
    }
    else if ((apr_size_t)resource->size <= want) {
        resource->piece = was_rows_bytes(rows, 0, CONTENT, &resource->piece_length);
    }
    /* What somebody else wrote may say what it likes. */
    resource->size = resource->size < 0 ? 0 : resource->size;
}

const was_error_t *was_classic_resources_get(was_db_t *db, const was_classic_key_t *key,
                                             bool anyone, apr_size_t want, was_resource_t *resource,
                                             const char **link, apr_pool_t *pool)
{
    apr_size_t most = want < MARK_BYTES ? MARK_BYTES : want;
    const was_value_t values[] = {WAS_TEXT(key->space),
                                  WAS_TEXT(key->caller),
                                  WAS_TEXT(key->path),
                                  WAS_BOOLEAN(anyone),
                                  WAS_INTEGER((apr_int64_t)most),
                                  WAS_TEXT(was_classic_caller_url(key->caller, pool))};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_GET, values, 6, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_classic_space_absent(pool);
    }
    if (link != NULL) {
        *link = was_rows_text(rows, 0, LINK);
    }
    if (!anyone &&
        !was_classic_caller_controls(key->caller, was_rows_text(rows, 0, CONTROLLER), pool)) {
        return was_classic_space_foreign(pool);
    }
    if (was_rows_text(rows, 0, TYPE) == NULL) {
        return was_error_make(pool, WAS_ERROR_NOT_FOUND, "/resource", "there is no such resource");
    }
    take_resource_row(rows, want, resource, pool);
    resource->path = key->path;
    resource->pieces = pieces_of(key->space, key->path, resource->etag);
    return NULL;
}

/* Whether it was the quota, and not the conditions, that a put failed by in a space that the caller
 * may write to. */
static const was_error_t *check_space_quota(was_db_t *db, const was_classic_key_t *key,
                                            const was_conditions_t *conditions, apr_int64_t quota,
                                            apr_pool_t *pool)
{
    if (quota <= 0) {
        return NULL;
    }
    was_value_t values[5] = {WAS_TEXT(key->space), WAS_TEXT(key->path)};
    const was_rows_t *rows;

    was_preconditions_values(conditions, &values[2], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_USAGE, values, 5, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_classic_space_absent(pool);
    }
    bool found = was_rows_text(rows, 0, 1) != NULL;

    if (found ? !was_rows_true(rows, 0, 1) : conditions->match != NULL) {
        return NULL;
    }
    return was_limit_exceeded(quota, was_rows_integer(rows, 0, 0, 0), pool);
}

/* Why a write of a content, or (NULL) a deletion, found no row. What is seen now may have changed
 * since: a write without conditions that would find its row by now came when there was none. NULL
 * for a write under conditions where nothing tells; QUOTA is a guess as well. */
static const was_error_t *explain_write(was_db_t *db, const was_classic_key_t *key,
                                        const was_content_t *content,
                                        const was_conditions_t *conditions, apr_int64_t quota,
                                        apr_pool_t *pool)
{
    bool deletes = content == NULL, absent_is_fine = deletes && conditions->match == NULL;
    const was_value_t values[] = {WAS_TEXT(key->space), WAS_TEXT(key->caller), WAS_TEXT(key->path)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_OWNER, values, 3, &rows, pool));
    if (was_rows_count(rows) == 0) {
        if (!deletes) {
            return was_classic_space_absent(pool);
        }
        return absent_is_fine ? NULL : was_preconditions_failed(pool);
    }
    was_frozen_t frozen = (was_frozen_t)was_rows_integer(rows, 0, 2, 0);

    if (!was_rows_true(rows, 0, 0)) {
        return was_classic_space_foreign(pool);
    }
    if (frozen != WAS_FROZEN_NOT) {
        return was_frozen_refusal(frozen, pool);
    }
    if (!deletes) {
        WAS_TRY(was_parts_explain(content->parts, (apr_int64_t)content->length, pool));
        WAS_TRY(check_space_quota(db, key, conditions, quota, pool));
    }
    if (!was_preconditions_given(conditions)) {
        return deletes ? NULL : was_classic_space_absent(pool);
    }
    return conditions->match == NULL && !was_rows_true(rows, 0, 1) ? NULL
                                                                   : was_preconditions_failed(pool);
}

const was_error_t *was_classic_resources_room(was_db_t *db, const was_classic_key_t *key,
                                              apr_int64_t quota, const was_conditions_t *conditions,
                                              was_room_t *room, apr_pool_t *pool)
{
    was_value_t values[7] = {WAS_TEXT(key->space), WAS_TEXT(key->caller), WAS_TEXT(key->path),
                             was_limit_value(quota)};
    const was_rows_t *rows;

    was_preconditions_values(conditions, &values[4], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_ROOM, values, 7, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_classic_space_absent(pool);
    }
    *room = (was_room_t){.quota = quota,
                         .used = was_rows_integer(rows, 0, 1, 0),
                         .bytes = was_rows_integer(rows, 0, 2, 0)};
    bool found = was_rows_text(rows, 0, 3) != NULL;
    was_frozen_t frozen = (was_frozen_t)was_rows_integer(rows, 0, 4, 0);

    if (!was_rows_true(rows, 0, 0)) {
        return was_classic_space_foreign(pool);
    }
    if (frozen != WAS_FROZEN_NOT) {
        return was_frozen_refusal(frozen, pool);
    }
    return (found ? was_rows_true(rows, 0, 3) : conditions->match == NULL)
               ? NULL
               : was_preconditions_failed(pool);
}

/* The usual write: no conditions, no quota, a content that is a value. `*etag` is NULL where it
 * found no row. */
static const was_error_t *put_plainly(was_db_t *db, const was_classic_key_t *key,
                                      const was_content_t *content, const char **etag,
                                      apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(key->space),
                                  WAS_TEXT(key->caller),
                                  WAS_TEXT(key->path),
                                  WAS_TEXT(content->type),
                                  WAS_INTEGER((apr_int64_t)content->length),
                                  WAS_BYTES(content->bytes, content->length),
                                  WAS_TEXT(was_classic_caller_url(key->caller, pool))};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_PUT, values, 7, &rows, pool));
    *etag = was_rows_count(rows) > 0 ? was_classic_version_etag(rows, 0, 0, pool) : NULL;
    return NULL;
}

/* `*etag` is NULL where nothing was written. */
static const was_error_t *put_once(was_db_t *db, const was_classic_key_t *key,
                                   const was_content_t *content, const was_conditions_t *conditions,
                                   apr_int64_t quota, const char **etag, apr_pool_t *pool)
{
    /* By whether it replaces, and where the content is: here, without or within a quota, or not. */
    enum { HERE, WITHIN, STAGED, IN_PARTS };
    static const was_sql_t statements[2][4] = {
        {WAS_SQL_RESOURCE_PUT_IF, WAS_SQL_RESOURCE_PUT_WITHIN, WAS_SQL_RESOURCE_PUT_STAGED,
         WAS_SQL_RESOURCE_PUT_PARTS},
        {WAS_SQL_RESOURCE_REPLACE, WAS_SQL_RESOURCE_REPLACE_WITHIN, WAS_SQL_RESOURCE_REPLACE_STAGED,
         WAS_SQL_RESOURCE_REPLACE_PARTS}};
    int where = content->source != NULL  ? STAGED
                : content->parts != NULL ? IN_PARTS
                : quota > 0              ? WITHIN
                                         : HERE;
    const was_value_t space = WAS_TEXT(key->space);
    was_transaction_t transaction = {.content = content->source};

    *etag = NULL;
    if (where == HERE && !was_preconditions_given(conditions)) {
        return put_plainly(db, key, content, etag, pool);
    }
    /* How many values a statement of each kind takes. */
    static const int nvalues[] = {[HERE] = 10, [WITHIN] = 10, [STAGED] = 9, [IN_PARTS] = 11};
    was_value_t values[11] = {WAS_TEXT(key->space), WAS_TEXT(key->caller), WAS_TEXT(key->path),
                              WAS_TEXT(content->type)};

    was_preconditions_values(conditions, &values[4], pool);
    values[7] = was_limit_value(quota);
    values[8] = WAS_INTEGER((apr_int64_t)content->length);
    values[9] = where == IN_PARTS ? was_parts_mark(content->parts)
                                  : WAS_BYTES(content->bytes, content->length);
    values[10] = was_content_digest(content);
    was_parts_lock(&transaction, content->parts);
    if (quota > 0) {
        was_step_add(&transaction, WAS_SQL_SPACE_LOCK, &space, 1);
    }
    const was_step_t *write = was_step_add(
        &transaction, statements[conditions->match != NULL][where], values, nvalues[where]);

    was_parts_name(&transaction, content->parts);
    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(write->rows) > 0) {
        was_parts_settle(content->parts);
        *etag = was_classic_version_etag(write->rows, 0, 0, pool);
    }
    return NULL;
}

const was_error_t *was_classic_resources_put(was_db_t *db, const was_classic_key_t *key,
                                             const was_content_t *content,
                                             const was_conditions_t *conditions, apr_int64_t quota,
                                             const char **etag, apr_pool_t *pool)
{
    const was_error_t *error = NULL;

    /* What was there, or was not, may have changed since: it is tried once more. */
    for (int tries = 0; tries < 2; tries++) {
        WAS_TRY(put_once(db, key, content, conditions, quota, etag, pool));
        if (*etag != NULL) {
            return NULL;
        }
        error = explain_write(db, key, content, conditions, quota, pool);
        if (error != NULL && error->kind != WAS_ERROR_QUOTA) {
            return error;
        }
    }
    return error != NULL ? error
                         : was_error_make(pool, WAS_ERROR_UNAVAILABLE, NULL,
                                          "others write and delete this all the time; nothing was "
                                          "written, and the request can be sent again");
}

const was_error_t *was_classic_resources_delete(was_db_t *db, const was_classic_key_t *key,
                                                const was_conditions_t *conditions,
                                                apr_pool_t *pool)
{
    was_value_t values[6] = {WAS_TEXT(key->space), WAS_TEXT(key->caller), WAS_TEXT(key->path)};
    const was_rows_t *rows;

    was_preconditions_values(conditions, &values[3], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_DELETE, values, 6, &rows, pool));
    return was_rows_count(rows) > 0 ? NULL : explain_write(db, key, NULL, conditions, 0, pool);
}

const was_error_t *was_classic_resources_list(was_db_t *db, const char *space,
                                              const was_page_t *page,
                                              const was_resource_t **resources, was_found_t *found,
                                              apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(page->after),
                                  WAS_INTEGER(was_page_lookahead(page)), WAS_INTEGER(page->extra)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_RESOURCE_LIST, values, 4, &rows, pool));
    *found = was_page_found(page, rows, 5);
    was_resource_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(found->count + 1));

    for (int i = 0; i < found->count; i++) {
        list[i].path = was_rows_text(rows, i, 0);
        list[i].type = was_rows_text(rows, i, 1);
        list[i].size = was_rows_integer(rows, i, 2, 0);
        list[i].etag = was_rows_text(rows, i, 3);
        list[i].modified = was_rows_integer(rows, i, 4, -1);
    }
    *resources = list;
    return NULL;
}
