/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Spaces in and out of their table. Owns what the rows mean, and what it means that a write found
 * no row. Refuses to know who the caller is beyond its DID, and how the answer looks on the wire.
 */

#include "store/was_spaces.h"

#include <apr_strings.h>
#include <apr_tables.h>

#include <string.h>

/* Validators as an array literal, "{*}" for any; NULL for none. */
static const char *array_literal(const was_validators_t *validators, apr_pool_t *pool)
{
    if (validators == NULL) {
        return NULL;
    }
    if (validators->any) {
        return "{*}";
    }
    apr_array_header_t *parts = apr_array_make(pool, validators->count, sizeof(const char *));
    for (int i = 0; i < validators->count; i++) {
        APR_ARRAY_PUSH(parts, const char *) = validators->list[i];
    }
    return apr_pstrcat(pool, "{", apr_array_pstrcat(pool, parts, ','), "}", NULL);
}

void was_conditions_values(const was_conditions_t *conditions, was_value_t values[3],
                           apr_pool_t *pool)
{
    values[0] = WAS_TEXT(array_literal(conditions->match, pool));
    values[1] = WAS_TEXT(array_literal(conditions->none_match, pool));
    values[2] = WAS_INTEGER(conditions->unmodified_since);
    if (conditions->unmodified_since < 0) {
        values[2].type = WAS_VALUE_NULL;
    }
}

bool was_conditions_given(const was_conditions_t *conditions)
{
    return conditions->match != NULL || conditions->none_match != NULL ||
           conditions->unmodified_since >= 0;
}

const was_error_t *was_space_absent(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_NOT_FOUND, "/space", "there is no such space");
}

const was_error_t *was_space_foreign(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_FORBIDDEN, "/authorization",
                          "the signer does not control this space");
}

const was_error_t *was_conditions_failed(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_PRECONDITION, NULL,
                          "what is there is not as the request's conditions demand");
}

const was_error_t *was_spaces_get(was_db_t *db, const char *protocol, const char *uuid,
                                  const char *caller, was_space_t *space, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(uuid), WAS_TEXT(protocol), WAS_TEXT(caller)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_SPACE_GET, values, 3, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_space_absent(pool);
    }
    if (!was_rows_true(rows, 0, 6)) {
        return was_space_foreign(pool);
    }
    space->uuid = uuid;
    space->id = was_rows_text(rows, 0, 0);
    space->controller = was_rows_text(rows, 0, 1);
    space->name = was_rows_text(rows, 0, 2);
    space->link = was_rows_text(rows, 0, 3);
    space->etag = was_rows_text(rows, 0, 4);
    space->modified = was_rows_integer(rows, 0, 5, -1);
    space->created_by = was_rows_text(rows, 0, 7);
    return NULL;
}

/* What stands at a uuid, of whatever protocol, after a write found no row to write. */
typedef enum was_look_t { ABSENT, INVISIBLE, OTHERS, CALLERS } was_look_t;

static const was_error_t *look(was_db_t *db, const char *protocol, const char *uuid,
                               const char *caller, was_look_t *seen, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(uuid), WAS_TEXT(protocol), WAS_TEXT(caller)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_SPACE_LOOK, values, 3, &rows, pool));
    if (was_rows_count(rows) == 0) {
        *seen = ABSENT;
    }
    else if (!was_rows_true(rows, 0, 0)) {
        *seen = INVISIBLE;
    }
    else {
        *seen = was_rows_true(rows, 0, 1) ? CALLERS : OTHERS;
    }
    return NULL;
}

/* One write at a time decides about a controller whose spaces are limited. */
static was_transaction_t limited(const was_space_change_t *change, apr_pool_t *pool)
{
    was_transaction_t transaction = {0};

    if (change->most > 0) {
        transaction.lock = apr_pstrcat(pool, "was:controller:", change->controller, NULL);
    }
    return transaction;
}

/* Whether it was the limit that kept the controller from one space more: a new one, if none is
 * there; one that somebody gives away, if it is as the conditions demand. */
static const was_error_t *check_limit(was_db_t *db, const char *uuid,
                                      const was_space_change_t *change,
                                      const was_conditions_t *conditions, bool is_new,
                                      apr_pool_t *pool)
{
    was_value_t values[4] = {WAS_TEXT(uuid)};
    const was_rows_t *rows;
    bool found;

    if (change->most <= 0) {
        return NULL;
    }
    was_conditions_values(conditions, &values[1], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_SPACE_CONDITIONS, values, 4, &rows, pool));
    found = was_rows_count(rows) > 0;
    if (is_new ? found : !found || !was_rows_true(rows, 0, 0)) {
        return NULL;
    }
    return was_error_make(
        pool, WAS_ERROR_QUOTA, NULL,
        "the controller has as many spaces as one may have here: %" APR_INT64_T_FMT, change->most);
}

const was_error_t *was_spaces_put(was_db_t *db, const char *protocol, const char *uuid,
                                  const char *caller, const was_space_change_t *change,
                                  const was_conditions_t *conditions, const char **etag,
                                  apr_pool_t *pool)
{
    /* Only who names itself may create, and a condition on what exists never creates. */
    bool self = caller != NULL && strcmp(caller, change->controller) == 0;
    bool creates = self && conditions->match == NULL, is_limited = change->most > 0;
    static const was_sql_t statements[2][2] = {{WAS_SQL_SPACE_UPDATE, WAS_SQL_SPACE_UPDATE_LIMITED},
                                               {WAS_SQL_SPACE_PUT, WAS_SQL_SPACE_PUT_LIMITED}};
    was_transaction_t transaction = limited(change, pool);
    int count = 11;
    was_value_t values[13] = {
        WAS_TEXT(uuid),
        WAS_TEXT(protocol),
        WAS_TEXT(caller),
        WAS_TEXT(change->controller),
        WAS_BOOLEAN(change->sets_name),
        WAS_TEXT(change->name),
        WAS_BOOLEAN(change->sets_link),
        WAS_TEXT(change->link),
    };
    const was_rows_t *rows;
    was_look_t seen = ABSENT;

    was_conditions_values(conditions, &values[8], pool);
    if (creates) {
        values[count++] = WAS_TEXT(change->id);
    }
    if (is_limited) {
        values[count++] = WAS_INTEGER(change->most);
    }
    WAS_TRY(was_db_transact(db, &transaction, statements[creates][is_limited], values, count, &rows,
                            pool));
    if (was_rows_count(rows) > 0) {
        *etag = was_rows_text(rows, 0, 0);
        return NULL;
    }
    WAS_TRY(look(db, protocol, uuid, caller, &seen, pool));
    if (seen == ABSENT ? creates : seen == CALLERS && !self) {
        WAS_TRY(check_limit(db, uuid, change, conditions, seen == ABSENT, pool));
    }
    /* What is seen now may have changed since the write found it otherwise. */
    if (was_conditions_given(conditions) && (seen == CALLERS || (seen == ABSENT && self))) {
        return was_conditions_failed(pool);
    }
    /* What would not have been created anyway is answered as if nothing were there. */
    if (conditions->match != NULL && seen == INVISIBLE && self) {
        return was_conditions_failed(pool);
    }
    return was_space_foreign(pool);
}

const was_error_t *was_spaces_create(was_db_t *db, const char *protocol, const char *uuid,
                                     const was_space_change_t *change, const char **etag,
                                     apr_pool_t *pool)
{
    const was_conditions_t none = {.unmodified_since = -1};
    bool is_limited = change->most > 0;
    was_transaction_t transaction = limited(change, pool);
    const was_value_t values[] = {WAS_TEXT(uuid),
                                  WAS_TEXT(protocol),
                                  WAS_TEXT(change->controller),
                                  WAS_TEXT(change->id),
                                  WAS_TEXT(change->name),
                                  WAS_TEXT(change->link),
                                  WAS_TEXT(change->created_by),
                                  WAS_INTEGER(change->most)};
    const was_rows_t *rows;

    WAS_TRY(was_db_transact(db, &transaction,
                            is_limited ? WAS_SQL_SPACE_INSERT_LIMITED : WAS_SQL_SPACE_INSERT,
                            values, is_limited ? 8 : 7, &rows, pool));
    if (was_rows_count(rows) == 0) {
        WAS_TRY(check_limit(db, uuid, change, &none, true, pool));
        return was_error_make(pool, WAS_ERROR_CONFLICT, "/body", "there is a space of this uuid");
    }
    *etag = was_rows_text(rows, 0, 0);
    return NULL;
}

const was_error_t *was_spaces_delete(was_db_t *db, const char *protocol, const char *uuid,
                                     const char *caller, const was_conditions_t *conditions,
                                     apr_pool_t *pool)
{
    was_value_t values[6] = {WAS_TEXT(uuid), WAS_TEXT(protocol), WAS_TEXT(caller)};
    const was_rows_t *rows;
    was_look_t seen = ABSENT;

    was_conditions_values(conditions, &values[3], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_SPACE_DELETE, values, 6, &rows, pool));
    if (was_rows_count(rows) > 0) {
        return NULL;
    }
    WAS_TRY(look(db, protocol, uuid, caller, &seen, pool));
    switch (seen) {
    case CALLERS:
        /* Without a condition it was not there yet when the deletion looked. */
        return was_conditions_given(conditions) ? was_conditions_failed(pool) : NULL;
    case OTHERS:
        return was_space_foreign(pool);
    default:
        return conditions->match == NULL ? NULL : was_conditions_failed(pool);
    }
}

const was_error_t *was_spaces_list(was_db_t *db, const char *protocol, const char *caller,
                                   const char *after, int limit, const was_space_t **spaces,
                                   int *count, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(protocol), WAS_TEXT(caller), WAS_TEXT(after),
                                  WAS_INTEGER(limit)};
    const was_rows_t *rows;
    was_space_t *list;
    int i;

    WAS_TRY(was_db_run(db, WAS_SQL_SPACE_LIST, values, 4, &rows, pool));
    *count = was_rows_count(rows);
    list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));
    for (i = 0; i < *count; i++) {
        list[i].uuid = was_rows_text(rows, i, 0);
        list[i].id = was_rows_text(rows, i, 1);
        list[i].controller = was_rows_text(rows, i, 2);
        list[i].name = was_rows_text(rows, i, 3);
    }
    *spaces = list;
    return NULL;
}
