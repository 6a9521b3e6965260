/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_chunks: chunks into their table, and out of it. Owns the steps of each write, and what it
 * means that one found no row. Refuses to know what numbers look like, and what became of the
 * chunks of a resource that is gone.
 */

#include "store/pws/was_pws_chunks.h"

#include "store/pws/was_pws_quota.h"
#include "store/was_limit.h"
#include "was_pws_place.h"

enum { KEY_VALUES = 4, STATE_VALUES = WAS_GRANT_VALUES + 6 };

/* Space, collection, resource, number: what most statements begin with. */
static void chunk_values(const was_pws_key_t *key, apr_int64_t number,
                         was_value_t values[KEY_VALUES])
{
    values[0] = WAS_TEXT(key->space);
    values[1] = WAS_TEXT(key->collection);
    values[2] = WAS_TEXT(key->resource);
    values[3] = WAS_INTEGER(number);
}

/* The grant, and what of the key is not in it. */
static int granted_values(const was_grant_t *grant, const was_pws_key_t *key, was_value_t *values,
                          apr_pool_t *pool)
{
    was_grant_values(grant, values, pool);
    values[WAS_GRANT_VALUES] = WAS_TEXT(key->collection);
    values[WAS_GRANT_VALUES + 1] = WAS_TEXT(key->resource);
    return WAS_GRANT_VALUES + 2;
}

static const was_error_t *chunk_absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such chunk");
}

bool was_pws_chunks_row(const was_rows_t *rows, int column, const was_pws_key_t *key,
                        apr_int64_t number, was_resource_t *chunk)
{
    if (!was_content_row(rows, 0, column, chunk)) {
        return false;
    }
    chunk->pieces = (was_pieces_t){.statement = WAS_SQL_PWS_CHUNK_PIECE, .nvalues = KEY_VALUES + 1};
    chunk_values(key, number, chunk->pieces.values);
    chunk->pieces.values[KEY_VALUES] = WAS_TEXT(chunk->etag);
    return true;
}

const was_error_t *was_pws_chunks_room(was_db_t *db, const was_grant_t *grant,
                                       const was_pws_key_t *key, apr_int64_t number,
                                       const was_conditions_t *conditions, was_room_t *room,
                                       apr_pool_t *pool)
{
    was_value_t values[10];
    const was_rows_t *rows;
    int nvalues = granted_values(grant, key, values, pool);

    values[nvalues] = WAS_INTEGER(number);
    values[nvalues + 1] = was_limit_value(grant->quota);
    was_preconditions_values(conditions, &values[nvalues + 2], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_CHUNK_ROOM, values, 10, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_pws_resources_absent(pool);
    }
    *room = (was_room_t){.quota = grant->quota,
                         .used = was_rows_integer(rows, 0, 0, 0),
                         .bytes = was_rows_integer(rows, 0, 1, 0)};
    return was_rows_true(rows, 0, 2) ? NULL : was_preconditions_failed(pool);
}

/* What a write that found no row would have found. */
typedef struct found_t {
    bool is_elsewhere; /* the collection's contents are at a registered backend */
    bool is_immutable; /* what is in it may be deleted, and not replaced */
    bool exists;       /* the chunk does */
    bool matches;      /* it is as the conditions demand */
} found_t;

static const was_error_t *look_behind(was_db_t *db, const was_grant_t *grant,
                                      const was_pws_key_t *key, apr_int64_t number,
                                      const was_conditions_t *conditions, found_t *found,
                                      apr_pool_t *pool)
{
    was_value_t values[STATE_VALUES];
    const was_rows_t *rows;
    int nvalues = granted_values(grant, key, values, pool);

    values[nvalues] = WAS_INTEGER(number);
    was_preconditions_values(conditions, &values[nvalues + 1], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_CHUNK_STATE, values, STATE_VALUES, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_pws_resources_absent(pool);
    }
    *found = (found_t){.is_elsewhere = was_rows_true(rows, 0, 0),
                       .is_immutable = was_rows_true(rows, 0, 1),
                       .exists = was_rows_true(rows, 0, 2),
                       .matches = was_rows_true(rows, 0, 3)};
    return NULL;
}

/* A put of what is there and may not change: fine if it is the same. What was there may be gone. */
static const was_error_t *repeat_chunk(was_db_t *db, const was_pws_key_t *key, apr_int64_t number,
                                       const was_content_t *content, const char **etag,
                                       apr_pool_t *pool)
{
    was_value_t values[KEY_VALUES + 4];
    const was_rows_t *rows;

    chunk_values(key, number, values);
    values[KEY_VALUES] = WAS_TEXT(content->type);
    values[KEY_VALUES + 1] = was_content_bytes(content);
    values[KEY_VALUES + 2] = was_content_digest(content);
    values[KEY_VALUES + 3] = WAS_INTEGER((apr_int64_t)content->length);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_CHUNK_SAME, values, KEY_VALUES + 4, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return NULL;
    }
    if (!was_rows_true(rows, 0, 0)) {
        return was_error_make(pool, WAS_ERROR_WRITTEN_ONCE, NULL,
                              "chunks in this collection are written once");
    }
    *etag = was_rows_text(rows, 0, 1);
    was_parts_drop(content->parts);
    return NULL;
}

/* Why a put found no row; or, in `*etag`, that it repeats what is there, where that may not change;
 * neither where nothing tells. */
static const was_error_t *explain_chunk(was_db_t *db, const was_grant_t *grant,
                                        const was_pws_key_t *key, apr_int64_t number,
                                        const was_pws_write_t *write, const char **etag,
                                        apr_pool_t *pool)
{
    const was_content_t *content = write->content;
    found_t found;

    WAS_TRY(look_behind(db, grant, key, number, write->conditions, &found, pool));
    if (found.is_elsewhere) {
        return was_error_make(pool, WAS_ERROR_UNKNOWN_BACKEND, NULL,
                              "the backend of this collection cannot be written to from here");
    }
    if (!found.matches) {
        return was_preconditions_failed(pool);
    }
    if (found.is_immutable && found.exists) {
        return repeat_chunk(db, key, number, content, etag, pool);
    }
    return was_parts_explain(content->parts, (apr_int64_t)content->length, pool);
}

/* What a put's statements take, in their order. */
typedef struct put_t {
    was_value_t raise[14];
    was_value_t put[10];
} put_t;

static put_t chunk_put_values(const was_grant_t *grant, const was_pws_key_t *key,
                              apr_int64_t number, const was_pws_write_t *write, apr_pool_t *pool)
{
    const was_content_t *content = write->content;
    put_t values;
    int nvalues = granted_values(grant, key, values.raise, pool);

    chunk_values(key, number, values.put);
    values.put[4] = values.put[3];
    values.put[3] = WAS_INTEGER(was_grant_token());
    values.put[5] = WAS_INTEGER((apr_int64_t)content->length);
    values.put[6] = WAS_TEXT(content->type);
    values.put[7] = was_content_bytes(content);
    values.put[8] = was_parts_mark(content->parts);
    values.put[9] = was_content_digest(content);
    for (int i = 3; i <= 6; i++) {
        values.raise[nvalues++] = values.put[i];
    }
    was_preconditions_values(write->conditions, &values.raise[nvalues], pool);
    values.raise[12] = was_limit_value(grant->quota);
    values.raise[13] = values.put[8];
    return values;
}

const was_error_t *was_pws_chunks_put(was_db_t *db, const was_grant_t *grant,
                                      const was_pws_key_t *key, apr_int64_t number,
                                      const was_pws_write_t *write, const char **etag,
                                      apr_pool_t *pool)
{
    const put_t values = chunk_put_values(grant, key, number, write, pool);
    was_parts_t *parts = write->content->parts;

    *etag = NULL;
    for (int tries = was_pws_place_tries(grant); tries > 0 && *etag == NULL; tries--) {
        was_transaction_t transaction = {.nsteps = 0};

        was_parts_lock(&transaction, parts);
        was_pws_quota_lock(&transaction, grant, pool);
        was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LOCK, values.raise, WAS_GRANT_VALUES + 1);
        was_step_add(&transaction, WAS_SQL_PWS_CHUNK_RAISE, values.raise, 14);
        was_step_add(&transaction, WAS_SQL_PWS_CHUNK_CHARGE, values.put, 7);
        const was_step_t *step = was_step_add(&transaction, WAS_SQL_PWS_CHUNK_PUT, values.put, 10);

        was_parts_name(&transaction, parts);
        WAS_TRY(was_db_transact(db, &transaction, pool));
        if (was_rows_count(step->rows) > 0) {
            *etag = was_rows_text(step->rows, 0, 0);
            was_parts_settle(parts);
        }
        else {
            WAS_TRY(explain_chunk(db, grant, key, number, write, etag, pool));
        }
    }
    return *etag != NULL ? NULL : was_pws_place_lost(db, grant, pool);
}

const was_error_t *was_pws_chunks_delete(was_db_t *db, const was_grant_t *grant,
                                         const was_pws_key_t *key, apr_int64_t number,
                                         const was_conditions_t *conditions, apr_pool_t *pool)
{
    was_value_t raise[10], gone[KEY_VALUES + 1];
    was_transaction_t transaction = {.nsteps = 0};
    int nvalues = granted_values(grant, key, raise, pool);
    found_t found;

    chunk_values(key, number, gone);
    gone[4] = raise[nvalues + 1] = gone[3];
    gone[3] = raise[nvalues] = WAS_INTEGER(was_grant_token());
    was_preconditions_values(conditions, &raise[nvalues + 2], pool);
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LOCK, raise, WAS_GRANT_VALUES + 1);
    const was_step_t *raised =
        was_step_add(&transaction, WAS_SQL_PWS_CHUNK_RAISE_DELETE, raise, 10);

    was_step_add(&transaction, WAS_SQL_PWS_CHUNK_DISCHARGE, gone, KEY_VALUES + 1);
    was_step_add(&transaction, WAS_SQL_PWS_CHUNK_DELETE, gone, KEY_VALUES + 1);
    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(raised->rows) > 0) {
        return NULL;
    }
    WAS_TRY(look_behind(db, grant, key, number, conditions, &found, pool));
    return found.matches ? chunk_absent(pool) : was_preconditions_failed(pool);
}

const was_error_t *was_pws_chunks_list(was_db_t *db, const was_pws_key_t *key,
                                       was_pws_chunks_t *list, apr_pool_t *pool)
{
    was_value_t values[KEY_VALUES + 1];
    const was_rows_t *rows;

    chunk_values(key, list->after, values);
    values[KEY_VALUES] = WAS_INTEGER(WAS_PWS_CHUNKS_PAGE);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_CHUNK_LIST, values, KEY_VALUES + 1, &rows, pool));
    int count = was_rows_count(rows);

    if (count == 0) {
        return was_pws_resources_absent(pool);
    }
    apr_int64_t mark = was_rows_integer(rows, 0, 0, 0);

    if (list->after >= 0 && mark != list->mark) {
        return was_error_log(pool, WAS_ERROR_CONFLICT, "the resource became another one");
    }
    list->mark = mark;
    was_pws_chunk_t *chunks = apr_pcalloc(pool, sizeof(*chunks) * (apr_size_t)count);

    if (was_rows_text(rows, 0, 1) == NULL) {
        count = 0;
    }
    for (int i = 0; i < count; i++) {
        chunks[i] = (was_pws_chunk_t){.number = was_rows_integer(rows, i, 1, 0),
                                      .size = was_rows_integer(rows, i, 2, 0),
                                      .type = was_rows_text(rows, i, 3)};
        list->after = chunks[i].number;
    }
    list->chunks = chunks;
    list->count = count;
    list->more = count == WAS_PWS_CHUNKS_PAGE;
    return NULL;
}
