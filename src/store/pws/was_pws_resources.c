/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_resources: the resources of collections into their table, and out of it. Owns the steps
 * of each write, and what it means that one found no row; reads are was_pws_resources_read's.
 * Refuses to know media types and what the JSON beside them says.
 */

#include "store/pws/was_pws_resources.h"

#include "store/pws/was_pws_collections.h"
#include "store/pws/was_pws_quota.h"
#include "store/was_limit.h"
#include "store/was_sweep.h"

#include <apr_strings.h>

/* What every write begins with: the values of its first step, and of those behind ..._RAISE. */
typedef struct keyed_t {
    was_value_t key[4]; /* space, collection, resource, token */
} keyed_t;

static keyed_t key_values(const was_pws_key_t *key)
{
    return (keyed_t){.key = {WAS_TEXT(key->space), WAS_TEXT(key->collection),
                             WAS_TEXT(key->resource), WAS_INTEGER(was_grant_token())}};
}

/* The first six values of a ..._RAISE. */
enum { RAISE_VALUES = WAS_GRANT_VALUES + 3 };

static void raise_values(const was_grant_t *grant, const keyed_t *keyed,
                         was_value_t values[RAISE_VALUES], apr_pool_t *pool)
{
    was_grant_values(grant, values, pool);
    for (int i = 0; i < 3; i++) {
        values[WAS_GRANT_VALUES + i] = keyed->key[1 + i];
    }
}

/* Whether a write that found no row may write where it wanted to. `fine` says that an absent
 * resource is; `*found` is what is there. */
static const was_error_t *check_place(was_db_t *db, const was_grant_t *grant,
                                      const was_pws_key_t *key, bool is_envelope, bool fine,
                                      was_pws_state_t *found, apr_pool_t *pool)
{
    was_pws_state_t state;

    WAS_TRY(was_pws_collections_state(db, grant, key->collection, key->resource, &state, pool));
    if (!state.is_granted || !state.has_collection) {
        return was_pws_resources_absent(pool);
    }
    if (state.is_encrypted && !is_envelope) {
        return was_error_make(pool, WAS_ERROR_NOT_ENCRYPTED, NULL,
                              "this collection takes encrypted envelopes only");
    }
    if (state.is_elsewhere && !fine) {
        return was_error_make(pool, WAS_ERROR_UNKNOWN_BACKEND, NULL,
                              "the backend of this collection cannot be written to from here");
    }
    *found = state;
    return NULL;
}

/* PRECONDITION where a resource is not as a write demands. */
static const was_error_t *check_conditions(was_db_t *db, const was_value_t values[6],
                                           apr_pool_t *pool)
{
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_RESOURCE_MATCHES, values, 6, &rows, pool));
    return was_rows_count(rows) > 0 && was_rows_true(rows, 0, 0) ? NULL
                                                                 : was_preconditions_failed(pool);
}

/* A content with its validator. */
static void read_written(const was_rows_t *rows, was_pws_meta_t *meta)
{
    was_pws_resources_read_content(rows, meta);
    meta->etag = was_rows_text(rows, 0, WAS_PWS_CONTENT_COLUMNS);
}

/* NULL where they are in parts. */
static was_value_t bytes_value(const was_content_t *content)
{
    return content->parts == NULL ? WAS_BYTES(content->bytes, content->length) : WAS_TEXT(NULL);
}

/* A put where everything is written once: fine, with what is there, if it is the same; what is in
 * memory is compared, and of what is in parts the digest. */
static const was_error_t *repeat_put(was_db_t *db, const was_pws_key_t *key,
                                     const was_content_t *content, was_pws_meta_t *meta,
                                     apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(key->space),
                                  WAS_TEXT(key->collection),
                                  WAS_TEXT(key->resource),
                                  WAS_TEXT(content->type),
                                  bytes_value(content),
                                  was_content_digest(content),
                                  WAS_INTEGER((apr_int64_t)content->length)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_RESOURCE_SAME, values, 7, &rows, pool));
    if (was_rows_count(rows) > 0 && was_rows_true(rows, 0, WAS_PWS_CONTENT_COLUMNS + 2)) {
        read_written(rows, meta);
        was_parts_drop(content->parts);
        return NULL;
    }
    return was_error_make(pool, WAS_ERROR_WRITTEN_ONCE, NULL,
                          "resources of this collection are written once");
}

/* Why a put found no row; or that it repeats what is there, where that may not change. */
static const was_error_t *explain_put(was_db_t *db, const was_grant_t *grant,
                                      const was_pws_key_t *key, const was_pws_write_t *write,
                                      was_pws_meta_t *meta, apr_pool_t *pool)
{
    was_value_t values[6] = {WAS_TEXT(key->space), WAS_TEXT(key->collection),
                             WAS_TEXT(key->resource)};
    was_pws_state_t found;

    WAS_TRY(check_place(db, grant, key, write->notes->is_envelope, false, &found, pool));
    was_preconditions_values(write->conditions, &values[3], pool);
    if (found.is_immutable && found.has_resource) {
        WAS_TRY(check_conditions(db, values, pool));
        return repeat_put(db, key, write->content, meta, pool);
    }
    WAS_TRY(
        was_pws_quota_explain_matching(db, grant, WAS_SQL_PWS_RESOURCE_MATCHES, values, 6, pool));
    WAS_TRY(was_parts_explain(write->content->parts, (apr_int64_t)write->content->length, pool));
    if (was_preconditions_given(write->conditions)) {
        return was_preconditions_failed(pool);
    }
    return found.is_immutable ? was_error_make(pool, WAS_ERROR_UNAVAILABLE, NULL,
                                               "what was there was just deleted; nothing was "
                                               "written, and the request can be sent again")
                              : was_pws_resources_absent(pool);
}

/* What a put's statements take, in their order. */
typedef struct put_t {
    was_value_t raise[15];
    was_value_t put[12];
} put_t;

/* Texts one behind another, of which only the length counts. */
static const char *texts_in_one(const char *one, const char *two, const char *three,
                                apr_pool_t *pool)
{
    return apr_pstrcat(pool, one, two != NULL ? two : "", three != NULL ? three : "", NULL);
}

static put_t put_values(const was_grant_t *grant, const was_pws_key_t *key,
                        const was_pws_write_t *write, apr_pool_t *pool)
{
    const was_content_t *content = write->content;
    const keyed_t keyed = key_values(key);
    put_t values = {.put = {keyed.key[0], keyed.key[1], keyed.key[2], keyed.key[3],
                            WAS_TEXT(content->type), WAS_TEXT(grant->invoker),
                            WAS_TEXT(write->notes->epoch), WAS_TEXT(write->notes->writer),
                            WAS_INTEGER((apr_int64_t)content->length), bytes_value(content),
                            was_parts_mark(content->parts), was_content_digest(content)}};

    raise_values(grant, &keyed, values.raise, pool);
    values.raise[6] = WAS_INTEGER((apr_int64_t)content->length);
    values.raise[7] = WAS_BOOLEAN(write->notes->is_envelope);
    values.raise[8] =
        WAS_TEXT(texts_in_one(content->type, write->notes->epoch, write->notes->writer, pool));
    values.raise[9] = WAS_TEXT(grant->invoker);
    was_preconditions_values(write->conditions, &values.raise[10], pool);
    values.raise[13] = was_limit_value(grant->quota);
    values.raise[14] = was_parts_mark(content->parts);
    return values;
}

/* `*rows` has no row when nothing was written. */
static const was_error_t *put_at_once(was_db_t *db, const put_t *values, const was_rows_t **rows,
                                      apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};

    was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_RAISE_AT_ONCE, values->raise, 10);
    const was_step_t *step = was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_PUT, values->put, 12);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    *rows = step->rows;
    return NULL;
}

/* The same, after everybody who came before. */
static const was_error_t *put_in_turn(was_db_t *db, was_parts_t *parts, bool is_limited,
                                      const put_t *values, const was_rows_t **rows,
                                      apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};

    was_parts_lock(&transaction, parts);
    if (is_limited) {
        was_step_add(&transaction, WAS_SQL_PWS_SPACE_LOCK, values->raise, WAS_GRANT_VALUES);
    }
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LOCK, values->raise, 4);
    was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_RAISE, values->raise, 15);
    const was_step_t *step = was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_PUT, values->put, 12);

    was_parts_name(&transaction, parts);
    WAS_TRY(was_db_transact(db, &transaction, pool));
    *rows = step->rows;
    if (was_rows_count(step->rows) > 0) {
        was_parts_settle(parts);
    }
    return NULL;
}

const was_error_t *was_pws_resources_put(was_db_t *db, const was_grant_t *grant,
                                         const was_pws_key_t *key, const was_pws_write_t *write,
                                         was_pws_meta_t *meta, bool *created, apr_pool_t *pool)
{
    const was_content_t *content = write->content;
    const put_t values = put_values(grant, key, write, pool);
    const was_rows_t *rows = NULL;

    *created = false;
    if (content->parts == NULL && grant->quota <= 0 &&
        !was_preconditions_given(write->conditions)) {
        WAS_TRY(put_at_once(db, &values, &rows, pool));
    }
    if (rows == NULL || was_rows_count(rows) == 0) {
        WAS_TRY(put_in_turn(db, content->parts, grant->quota > 0, &values, &rows, pool));
    }
    if (was_rows_count(rows) == 0) {
        return explain_put(db, grant, key, write, meta, pool);
    }
    read_written(rows, meta);
    *created = was_rows_true(rows, 0, WAS_PWS_CONTENT_COLUMNS + 1);
    return NULL;
}

const was_error_t *was_pws_resources_delete(was_db_t *db, const was_grant_t *grant,
                                            const was_pws_key_t *key,
                                            const was_conditions_t *conditions, const char *writer,
                                            apr_pool_t *pool)
{
    static const was_sql_t order[] = {WAS_SQL_PWS_RESOURCE_CHUNKS, WAS_SQL_PWS_RESOURCE_DELETE,
                                      WAS_SQL_PWS_POLICY_TOMBSTONE, WAS_SQL_PWS_POLICY_DELETE};
    const was_step_t *raised, *swept;
    const keyed_t keyed = key_values(key);
    const was_value_t left[] = {keyed.key[0], keyed.key[1], keyed.key[2], keyed.key[3],
                                WAS_TEXT(writer)};
    was_transaction_t transaction = {.nsteps = 0};
    was_value_t raise[10];
    bool fine = conditions->match == NULL;
    was_pws_state_t found;

    raise_values(grant, &keyed, raise, pool);
    was_preconditions_values(conditions, &raise[6], pool);
    raise[9] = left[4];
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LOCK, raise, 4);
    raised = was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_RAISE_DELETE, raise, 10);
    was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_TOMBSTONE, left, 5);
    swept = was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_SWEEP, keyed.key, 4);
    for (apr_size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        was_step_add(&transaction, order[i], keyed.key, 4);
    }
    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(swept->rows) > 0) {
        was_sweep_announce();
    }
    if (was_rows_count(raised->rows) > 0) {
        return NULL;
    }
    WAS_TRY(check_place(db, grant, key, true, fine, &found, pool));
    if (fine && (!found.has_resource || !was_preconditions_given(conditions))) {
        return NULL;
    }
    return was_preconditions_failed(pool);
}

/* Why a write of what is noted found no row. */
static const was_error_t *explain_meta(was_db_t *db, const was_grant_t *grant,
                                       const was_pws_key_t *key, const was_pws_meta_write_t *write,
                                       const was_conditions_t *conditions, apr_pool_t *pool)
{
    was_value_t values[6] = {WAS_TEXT(key->space), WAS_TEXT(key->collection),
                             WAS_TEXT(key->resource)};
    was_pws_state_t found;

    WAS_TRY(check_place(db, grant, key, write->notes->is_envelope, false, &found, pool));
    was_preconditions_values(conditions, &values[3], pool);
    WAS_TRY(was_pws_quota_explain_matching(db, grant, WAS_SQL_PWS_RESOURCE_META_MATCHES, values, 5,
                                           pool));
    return was_preconditions_given(conditions) ? was_preconditions_failed(pool)
                                               : was_pws_resources_absent(pool);
}

const was_error_t *was_pws_resources_put_meta(was_db_t *db, const was_grant_t *grant,
                                              const was_pws_key_t *key,
                                              const was_pws_meta_write_t *write,
                                              was_pws_meta_t *meta, apr_pool_t *pool)
{
    const keyed_t keyed = key_values(key);
    was_conditions_t conditions = *write->conditions;
    was_value_t raise[14], put[8] = {keyed.key[0], keyed.key[1], keyed.key[2], keyed.key[3]};
    was_transaction_t transaction = {.nsteps = 0};

    put[4] = WAS_TEXT(write->custom);
    put[5] = WAS_TEXT(write->notes->epoch);
    put[6] = WAS_TEXT(write->notes->writer);
    put[7] = WAS_BOOLEAN(write->keeps_writer);
    conditions.unmodified_since = -1;
    raise_values(grant, &keyed, raise, pool);
    raise[6] = WAS_BOOLEAN(write->notes->is_envelope);
    was_preconditions_values(&conditions, &raise[7], pool);
    for (int i = 0; i < 4; i++) {
        raise[9 + i] = put[4 + i];
    }
    raise[13] = was_limit_value(grant->quota);
    was_pws_quota_lock(&transaction, grant, pool);
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LOCK, raise, 4);
    was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_META_RAISE, raise, 14);
    const was_step_t *step = was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_META_PUT, put, 8);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(step->rows) > 0) {
        was_pws_resources_read_meta(step->rows, meta);
        return NULL;
    }
    return explain_meta(db, grant, key, write, &conditions, pool);
}
