/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_collections: collections in and out of their table. Owns what the rows mean, and what it
 * means that a write found no row; lists are was_pws_collections_list's. Refuses to know what the
 * JSON in them says, and what becomes of the rows below a collection that is gone.
 */

#include "store/pws/was_pws_collections.h"

#include "store/pws/was_pws_quota.h"
#include "store/pws/was_pws_terms.h"
#include "store/was_limit.h"
#include "store/was_sweep.h"
#include "was_pws_place.h"

#include <apr_strings.h>

#include <string.h>

/* Values that both writes take of a collection, from its name to its epoch. */
enum { MEMBER_VALUES = 8 };

static const was_error_t *collection_absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such collection");
}

/* The columns of PWS_COLLECTION_MADE. */
static void read_made(const was_rows_t *rows, int column, was_pws_collection_t *collection)
{
    collection->created = was_pws_stamp_read(rows, 0, column);
    collection->stamp = was_pws_stamp_read(rows, 0, column + WAS_PWS_STAMP_COLUMNS);
    collection->etag = was_rows_text(rows, 0, column + 2 * WAS_PWS_STAMP_COLUMNS);
}

const was_error_t *was_pws_collections_get(was_db_t *db, const char *space, const char *id,
                                           was_pws_collection_t *collection, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space), WAS_TEXT(id)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_COLLECTION_GET, values, 2, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return collection_absent(pool);
    }
    *collection = (was_pws_collection_t){
        .id = id,
        .name = was_rows_text(rows, 0, 0),
        .backend = was_rows_text(rows, 0, 1),
        .encryption = was_rows_text(rows, 0, 2),
        .plaintext = was_rows_text(rows, 0, 3),
        .generator = was_rows_text(rows, 0, 4),
        .generator_origin = was_rows_text(rows, 0, 5),
        .custom = was_rows_text(rows, 0, 6),
        .epoch = was_rows_text(rows, 0, 7),
        .created_by = was_rows_text(rows, 0, 8),
        .revisions = was_rows_text(rows, 0, 9),
        .history = was_rows_text(rows, 0, 10),
    };
    read_made(rows, 11, collection);
    return NULL;
}

static void fill_members(const was_pws_collection_t *collection, was_value_t values[MEMBER_VALUES])
{
    values[0] = WAS_TEXT(collection->name);
    values[1] = WAS_TEXT(collection->backend);
    values[2] = WAS_TEXT(collection->encryption);
    values[3] = WAS_TEXT(collection->plaintext);
    values[4] = WAS_TEXT(collection->generator);
    values[5] = WAS_TEXT(collection->generator_origin);
    values[6] = WAS_TEXT(collection->custom);
    values[7] = WAS_TEXT(collection->epoch);
}

/* Its etag is NULL when there is one of this id, the grant holds no more, or it does not fit. */
static const was_error_t *insert_collection(was_db_t *db, const was_grant_t *grant,
                                            was_pws_collection_t *collection, apr_pool_t *pool)
{
    const was_value_t generation = WAS_INTEGER(was_grant_token());
    const was_value_t key[] = {WAS_TEXT(grant->space), WAS_TEXT(collection->id), generation};
    was_value_t values[16];
    was_transaction_t transaction = {.nsteps = 0};

    was_grant_values(grant, values, pool);
    values[3] = WAS_TEXT(collection->id);
    fill_members(collection, &values[4]);
    values[12] = WAS_TEXT(grant->invoker);
    values[13] = generation;
    values[14] = was_limit_value(grant->quota);
    values[15] = WAS_TEXT(collection->revisions);
    was_step_add(&transaction, WAS_SQL_PWS_SPACE_LOCK, values, WAS_GRANT_VALUES);
    const was_step_t *insert =
        was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_INSERT, values, 16);
    const was_step_t *lift = was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LIFT, key, 3);

    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_COUNTER, key, 3);
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_CHARGE, key, 3);
    WAS_TRY(was_db_transact(db, &transaction, pool));
    const was_rows_t *rows = was_rows_count(lift->rows) > 0 ? lift->rows : insert->rows;

    collection->etag = NULL;
    if (was_rows_count(rows) > 0) {
        read_made(rows, 0, collection);
        collection->created_by = grant->invoker;
    }
    return NULL;
}

const was_error_t *was_pws_collections_state(was_db_t *db, const was_grant_t *grant,
                                             const char *collection, const char *resource,
                                             was_pws_state_t *state, apr_pool_t *pool)
{
    was_value_t values[5];
    const was_rows_t *rows;

    was_grant_values(grant, values, pool);
    values[3] = WAS_TEXT(collection);
    values[4] = WAS_TEXT(resource);
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_COLLECTION_STATE, values, 5, &rows, pool));
    memset(state, 0, sizeof(*state));
    if (was_rows_count(rows) > 0) {
        state->is_granted = true;
        state->has_collection = was_rows_true(rows, 0, 0);
        state->is_encrypted = was_rows_true(rows, 0, 1);
        state->has_resource = was_rows_true(rows, 0, 2);
        state->is_elsewhere = was_rows_true(rows, 0, 3);
        state->is_immutable = was_rows_true(rows, 0, 4);
        state->has_terms = was_rows_true(rows, 0, 5);
        state->has_claims = was_rows_true(rows, 0, 6);
    }
    return NULL;
}

const was_error_t *was_pws_grant_check(was_db_t *db, const was_grant_t *grant, apr_pool_t *pool)
{
    was_pws_state_t state;

    WAS_TRY(was_pws_collections_state(db, grant, NULL, NULL, &state, pool));
    return state.is_granted ? NULL : collection_absent(pool);
}

const was_error_t *was_pws_collections_create(was_db_t *db, const was_grant_t *grant,
                                              was_pws_collection_t *collection, apr_pool_t *pool)
{
    was_pws_state_t state;

    WAS_TRY(insert_collection(db, grant, collection, pool));
    if (collection->etag != NULL) {
        return NULL;
    }
    WAS_TRY(was_pws_collections_state(db, grant, collection->id, NULL, &state, pool));
    if (!state.is_granted) {
        return collection_absent(pool);
    }
    if (!state.has_collection) {
        WAS_TRY(was_pws_quota_explain(db, grant, pool));
    }
    return was_error_make(pool, WAS_ERROR_CONFLICT, "#/id", "there is a collection of this id");
}

/* The texts of a description that it is charged for, and that are not looked at by themselves. */
static const char *texts_of_collection(const was_pws_collection_t *collection, apr_pool_t *pool)
{
    const char *texts[] = {collection->name, collection->custom, collection->epoch};
    const char *all = "";

    for (apr_size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        all = texts[i] != NULL ? apr_pstrcat(pool, all, texts[i], NULL) : all;
    }
    return all;
}

/* Its etag is NULL when it is not there as it must be, the grant holds no more, or it does not
 * fit. */
static const was_error_t *update_collection(was_db_t *db, const was_grant_t *grant,
                                            was_pws_collection_t *collection,
                                            const was_conditions_t *conditions, apr_pool_t *pool)
{
    const was_value_t token = WAS_INTEGER(was_grant_token());
    was_value_t raise[17], update[12] = {WAS_TEXT(grant->space), WAS_TEXT(collection->id), token};
    was_transaction_t transaction = {.nsteps = 0};

    was_grant_values(grant, raise, pool);
    raise[3] = WAS_TEXT(collection->id);
    raise[4] = token;
    raise[5] = WAS_TEXT(collection->encryption);
    raise[6] = WAS_TEXT(collection->plaintext);
    was_preconditions_values(conditions, &raise[7], pool);
    raise[10] = WAS_TEXT(texts_of_collection(collection, pool));
    raise[11] = WAS_TEXT(collection->backend);
    raise[12] = was_limit_value(grant->quota);
    fill_members(collection, &update[3]);
    if (collection->generator == NULL && collection->forgets_generator) {
        update[7] = WAS_TEXT("");
    }
    raise[13] = update[7];
    raise[14] = update[8];
    raise[15] = update[11] = WAS_TEXT(collection->revisions);
    raise[16] = WAS_BOOLEAN(collection->is_sealed);
    was_pws_quota_lock(&transaction, grant, pool);
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LOCK, raise, 4);
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_RAISE, raise, 17);
    if (collection->plaintext != NULL) {
        was_pws_claims_declare(&transaction, update, collection->plaintext);
    }
    const was_step_t *write = was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_UPDATE, update, 12);

    const was_error_t *error = was_db_transact(db, &transaction, pool);

    WAS_TRY(collection->plaintext != NULL ? was_pws_claims_explain_all(error, pool) : error);
    collection->etag = was_rows_count(write->rows) > 0 ? was_rows_text(write->rows, 0, 0) : NULL;
    return NULL;
}

/* Inserts where it may, else updates; its etag is NULL when neither was possible. */
static const was_error_t *put_collection(was_db_t *db, const was_grant_t *grant,
                                         was_pws_collection_t *collection,
                                         const was_conditions_t *conditions, bool *created,
                                         apr_pool_t *pool)
{
    *created = false;
    if (conditions->match == NULL) {
        WAS_TRY(insert_collection(db, grant, collection, pool));
        *created = collection->etag != NULL;
        if (*created) {
            return NULL;
        }
    }
    return update_collection(db, grant, collection, conditions, pool);
}

/* What must stay of what is there, and would not; NULL also where it is gone. */
static const was_error_t *check_changes(was_db_t *db, const was_grant_t *grant,
                                        const was_pws_collection_t *wanted, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(grant->space),       WAS_TEXT(wanted->id),
                                  WAS_TEXT(wanted->encryption), WAS_TEXT(wanted->plaintext),
                                  WAS_TEXT(wanted->revisions),  WAS_BOOLEAN(wanted->is_sealed)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_COLLECTION_CHANGES, values, 6, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return NULL;
    }
    if (!was_rows_true(rows, 0, 0)) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY,
                              wanted->plaintext != NULL ? "#/plaintext" : "#/encryption",
                              "a collection is encrypted or declares plaintext, not both");
    }
    if (!was_rows_true(rows, 0, 1)) {
        return was_error_make(pool, WAS_ERROR_GOVERNED, "#/encryption",
                              "a log says what the encryption of this collection is");
    }
    if (!was_rows_true(rows, 0, 2)) {
        return was_error_make(
            pool, WAS_ERROR_IMMUTABLE, "#/encryption",
            "scheme, version and hmac of an encryption stay as they were declared");
    }
    if (!was_rows_true(rows, 0, 3)) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/encryption/epochs",
                              "epochs are only added, and the current one is kept, or a new one");
    }
    if (!was_rows_true(rows, 0, 4)) {
        return was_error_make(pool, WAS_ERROR_REVISIONS_FIXED, "#/revisions/immutable",
                              "whether resources may change stays as it was when the collection "
                              "was made");
    }
    return was_rows_true(rows, 0, 5) ? NULL
                                     : was_error_make(pool, WAS_ERROR_NOT_ENCRYPTED, "#/custom",
                                                      "this collection takes encrypted envelopes "
                                                      "only");
}

/* Why an update of what is there found no row; NULL where nothing tells. */
static const was_error_t *explain_update(was_db_t *db, const was_grant_t *grant,
                                         const was_pws_collection_t *wanted,
                                         const was_conditions_t *conditions, apr_pool_t *pool)
{
    was_value_t values[5] = {WAS_TEXT(grant->space), WAS_TEXT(wanted->id)};

    WAS_TRY(check_changes(db, grant, wanted, pool));
    was_preconditions_values(conditions, &values[2], pool);
    return was_pws_place_matches(db, conditions, WAS_SQL_PWS_COLLECTION_MATCHES, values, 5, pool);
}

/* Why neither was possible; NULL where others may just have been faster. */
static const was_error_t *explain_loss(was_db_t *db, const was_grant_t *grant,
                                       const was_pws_collection_t *wanted,
                                       const was_conditions_t *conditions, apr_pool_t *pool)
{
    was_pws_state_t state;

    WAS_TRY(was_pws_collections_state(db, grant, wanted->id, NULL, &state, pool));
    if (!state.is_granted) {
        return collection_absent(pool);
    }
    if (state.has_collection) {
        return explain_update(db, grant, wanted, conditions, pool);
    }
    return conditions->match != NULL ? was_preconditions_failed(pool) : NULL;
}

const was_error_t *was_pws_collections_put(was_db_t *db, const was_grant_t *grant,
                                           was_pws_collection_t *collection,
                                           const was_conditions_t *conditions, bool *created,
                                           apr_pool_t *pool)
{
    /* What was there for an insertion may be deleted before the update, and the other way round. */
    for (int tries = 0; tries < WAS_PWS_PLACE_TRIES; tries++) {
        WAS_TRY(put_collection(db, grant, collection, conditions, created, pool));
        if (collection->etag != NULL) {
            return NULL;
        }
        WAS_TRY(explain_loss(db, grant, collection, conditions, pool));
    }
    return was_pws_place_lost(db, grant, pool);
}

/* Why a deletion found nothing; or that it may do so. */
static const was_error_t *explain_no_deletion(was_db_t *db, const was_grant_t *grant,
                                              const char *id, bool again, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(grant->space), WAS_TEXT(id)};
    const was_rows_t *rows;

    WAS_TRY(was_pws_grant_check(db, grant, pool));
    if (again) {
        return NULL;
    }
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_COLLECTION_DELETED, values, 2, &rows, pool));
    return was_rows_count(rows) == 0 ? NULL : collection_absent(pool);
}

const was_error_t *was_pws_collections_delete(was_db_t *db, const was_grant_t *grant,
                                              const char *id, bool again, apr_pool_t *pool)
{
    static const was_sql_t order[] = {WAS_SQL_PWS_COLLECTION_TOMBSTONE,
                                      WAS_SQL_PWS_COLLECTION_SWEEP,
                                      WAS_SQL_PWS_COLLECTION_DELETE_COUNTER};
    const was_value_t token = WAS_INTEGER(was_grant_token());
    const was_value_t key[] = {WAS_TEXT(grant->space), WAS_TEXT(id), token};
    was_value_t raise[5];
    was_transaction_t transaction = {.nsteps = 0};

    was_grant_values(grant, raise, pool);
    raise[3] = WAS_TEXT(id);
    raise[4] = token;
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_LOCK, raise, 4);
    const was_step_t *raised =
        was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_RAISE_DELETE, raise, 5);

    for (apr_size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        was_step_add(&transaction, order[i], key, 3);
    }
    was_step_add(&transaction, WAS_SQL_PWS_COLLECTION_DELETE, key, 2);
    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(raised->rows) == 0) {
        return explain_no_deletion(db, grant, id, again, pool);
    }
    was_sweep_announce();
    return NULL;
}
