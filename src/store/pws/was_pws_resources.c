/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_resources: the resources of collections into their table, and out of it. Owns the steps
 * of each write, and what it means that one found no row; what is noted of a resource is written
 * by was_pws_resources_meta, and reads are was_pws_resources_read's. Refuses to know media types
 * and what the JSON beside them says.
 */

#include "store/pws/was_pws_resources.h"

#include "store/pws/was_pws_quota.h"
#include "store/was_limit.h"
#include "store/was_sweep.h"
#include "was_pws_place.h"

#include <apr_strings.h>

#include <string.h>

/* A content with its validator. */
static void read_written(const was_rows_t *rows, was_pws_meta_t *meta)
{
    was_pws_resources_read_content(rows, meta);
    meta->etag = was_rows_text(rows, 0, WAS_PWS_CONTENT_COLUMNS);
}

/* A put where everything is written once: fine, with what is there, if it is the same; what is in
 * memory is compared, and of what is in parts the digest. What was there may be gone. */
static const was_error_t *repeat_put(was_db_t *db, const was_pws_key_t *key,
                                     const was_content_t *content, was_pws_meta_t *meta,
                                     bool *is_repeated, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(key->space),
                                  WAS_TEXT(key->collection),
                                  WAS_TEXT(key->resource),
                                  WAS_TEXT(content->type),
                                  was_content_bytes(content),
                                  was_content_digest(content),
                                  WAS_INTEGER((apr_int64_t)content->length)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_RESOURCE_SAME, values, 7, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return NULL;
    }
    if (!was_rows_true(rows, 0, WAS_PWS_CONTENT_COLUMNS + 2)) {
        return was_error_make(pool, WAS_ERROR_WRITTEN_ONCE, NULL,
                              "resources of this collection are written once");
    }
    read_written(rows, meta);
    was_parts_drop(content->parts);
    *is_repeated = true;
    return NULL;
}

/* Why a put found no row, or that it repeats what is there, where that may not change; neither
 * where nothing tells. */
static const was_error_t *explain_put(was_db_t *db, const was_pws_key_t *key,
                                      const was_pws_write_t *write, const was_pws_state_t *found,
                                      was_pws_meta_t *meta, bool *is_repeated, apr_pool_t *pool)
{
    was_value_t values[6] = {WAS_TEXT(key->space), WAS_TEXT(key->collection),
                             WAS_TEXT(key->resource)};

    was_preconditions_values(write->conditions, &values[3], pool);
    WAS_TRY(was_pws_place_matches(db, write->conditions, WAS_SQL_PWS_RESOURCE_MATCHES, values, 6,
                                  pool));
    if (found->is_immutable && found->has_resource) {
        return repeat_put(db, key, write->content, meta, is_repeated, pool);
    }
    return was_parts_explain(write->content->parts, (apr_int64_t)write->content->length, pool);
}

/* What a put's statements take, in their order. */
typedef struct put_t {
    was_value_t raise[17];
    was_value_t put[13];
    const was_pws_terms_t *terms; /* NULL: there are none, and none are to go */
    bool claims;                  /* the collection may have declared something unique */
} put_t;

/* Texts one behind another, of which only the length counts. */
static const char *texts_in_one(const char *one, const char *two, const char *three,
                                apr_pool_t *pool)
{
    return apr_pstrcat(pool, one, two != NULL ? two : "", three != NULL ? three : "", NULL);
}

static void tend_terms(put_t *values, const was_pws_terms_t *terms)
{
    values->terms = terms;
    values->raise[15] = terms != NULL ? WAS_INTEGER(terms->count) : WAS_TEXT(NULL);
    values->raise[16] = WAS_BOOLEAN(values->claims);
}

static put_t put_values(const was_grant_t *grant, const was_pws_key_t *key,
                        const was_pws_write_t *write, apr_pool_t *pool)
{
    const was_content_t *content = write->content;
    const was_pws_place_t keyed = was_pws_place_key(key);
    put_t values = {.put = {keyed.key[0], keyed.key[1], keyed.key[2], keyed.key[3],
                            WAS_TEXT(content->type), WAS_TEXT(grant->invoker),
                            WAS_TEXT(write->notes->epoch), WAS_TEXT(write->notes->writer),
                            WAS_INTEGER((apr_int64_t)content->length), was_content_bytes(content),
                            was_parts_mark(content->parts), was_content_digest(content),
                            WAS_INTEGER(write->terms.count)}};

    was_pws_place_raise(grant, &keyed, values.raise, pool);
    values.raise[6] = WAS_INTEGER((apr_int64_t)content->length);
    values.raise[7] = WAS_BOOLEAN(write->notes->is_envelope);
    values.raise[8] =
        WAS_TEXT(texts_in_one(content->type, write->notes->epoch, write->notes->writer, pool));
    values.raise[9] = WAS_TEXT(grant->invoker);
    was_preconditions_values(write->conditions, &values.raise[10], pool);
    values.raise[13] = was_limit_value(grant->quota);
    values.raise[14] = was_parts_mark(content->parts);
    tend_terms(&values, write->terms.count > 0 ? &write->terms : NULL);
    return values;
}

/* Adds the write of a put that has raised the counter. */
static const was_step_t *add_put_steps(was_transaction_t *transaction, const put_t *values,
                                       apr_pool_t *pool)
{
    const was_step_t *step = was_step_add(transaction, WAS_SQL_PWS_RESOURCE_PUT, values->put, 13);

    if (values->terms != NULL) {
        was_pws_terms_put(transaction, values->put, values->terms, pool);
    }
    if (values->claims) {
        was_pws_claims_put(transaction, values->put);
    }
    return step;
}

/* `*rows` has no row when nothing was written. */
static const was_error_t *put_at_once(was_db_t *db, const put_t *values, const was_rows_t **rows,
                                      apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};
    was_value_t raise[11];

    memcpy(raise, values->raise, sizeof(raise));
    raise[10] = values->raise[15];
    was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_RAISE_AT_ONCE, raise, 11);
    const was_step_t *step = add_put_steps(&transaction, values, pool);

    WAS_TRY(was_pws_terms_explain(was_db_transact(db, &transaction, pool), pool));
    *rows = step->rows;
    return NULL;
}

/* The same, after everybody who came before. `values->claims` becomes whether the collection
 * declares anything unique. */
static const was_error_t *put_in_turn(was_db_t *db, was_parts_t *parts, bool is_limited,
                                      put_t *values, const was_rows_t **rows, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};

    was_parts_lock(&transaction, parts);
    if (is_limited) {
        was_step_add(&transaction, WAS_SQL_PWS_SPACE_LOCK, values->raise, WAS_GRANT_VALUES);
    }
    const was_step_t *lock =
        was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LOCK, values->raise, 4);

    was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_RAISE, values->raise, 17);
    const was_step_t *step = add_put_steps(&transaction, values, pool);

    was_parts_name(&transaction, parts);
    const was_error_t *error = was_db_transact(db, &transaction, pool);

    WAS_TRY(values->claims ? was_pws_claims_explain(error, parts != NULL, pool)
                           : was_pws_terms_explain(error, pool));
    values->claims = was_rows_count(lock->rows) > 0 && was_rows_true(lock->rows, 0, 0);
    *rows = step->rows;
    if (was_rows_count(step->rows) > 0) {
        was_parts_settle(parts);
    }
    return NULL;
}

static bool has_written(const was_rows_t *rows)
{
    return rows != NULL && was_rows_count(rows) > 0;
}

/* The same, and again where that has shown that the collection declares anything unique. */
static const was_error_t *put_claiming(was_db_t *db, was_parts_t *parts, bool is_limited,
                                       put_t *values, const was_rows_t **rows, apr_pool_t *pool)
{
    bool claims;

    do {
        claims = values->claims;
        tend_terms(values, values->terms);
        WAS_TRY(put_in_turn(db, parts, is_limited, values, rows, pool));
    } while (!has_written(*rows) && values->claims && !claims);
    return NULL;
}

/* Most writes have no terms to write and meet none, and so take no step for them, as long as the
 * statements find no need. */
const was_error_t *was_pws_resources_put(was_db_t *db, const was_grant_t *grant,
                                         const was_pws_key_t *key, const was_pws_write_t *write,
                                         was_pws_meta_t *meta, bool *created, apr_pool_t *pool)
{
    was_parts_t *parts = write->content->parts;
    const bool is_limited = grant->quota > 0;
    put_t values = put_values(grant, key, write, pool);
    const was_rows_t *rows = NULL;
    was_pws_state_t found;
    bool is_repeated = false;

    *created = false;
    if (parts == NULL && !is_limited && !was_preconditions_given(write->conditions)) {
        WAS_TRY(put_at_once(db, &values, &rows, pool));
    }
    for (int tries = was_pws_place_tries(grant); tries > 0 && !has_written(rows); tries--) {
        WAS_TRY(put_claiming(db, parts, is_limited, &values, &rows, pool));
        if (!has_written(rows)) {
            WAS_TRY(was_pws_place_check(db, grant, key, write->notes->is_envelope, false, &found,
                                        pool));
            WAS_TRY(explain_put(db, key, write, &found, meta, &is_repeated, pool));
            if (is_repeated) {
                return NULL;
            }
            values.claims = found.has_claims;
            tend_terms(&values, found.has_terms ? &write->terms : values.terms);
        }
    }
    if (!has_written(rows)) {
        return was_pws_place_lost(db, grant, pool);
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
    const was_pws_place_t keyed = was_pws_place_key(key);
    const was_value_t left[] = {keyed.key[0], keyed.key[1], keyed.key[2], keyed.key[3],
                                WAS_TEXT(writer)};
    was_transaction_t transaction = {.nsteps = 0};
    was_value_t raise[10];
    bool fine = conditions->match == NULL;
    was_pws_state_t found;

    was_pws_place_raise(grant, &keyed, raise, pool);
    was_preconditions_values(conditions, &raise[6], pool);
    raise[9] = left[4];
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LOCK, raise, 4);
    raised = was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_RAISE_DELETE, raise, 10);
    was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_TOMBSTONE, left, 5);
    was_pws_terms_delete(&transaction, keyed.key);
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
    WAS_TRY(was_pws_place_check(db, grant, key, true, fine, &found, pool));
    if (fine && (!found.has_resource || !was_preconditions_given(conditions))) {
        return NULL;
    }
    return was_preconditions_failed(pool);
}
