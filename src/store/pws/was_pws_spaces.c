/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_spaces: spaces in and out of their table, and what decides who may. Owns which policy is
 * the most specific. Refuses to know what a policy says, what a capability is, and what becomes of
 * the rows below a space that is gone.
 */

#include "store/pws/was_pws_spaces.h"

#include "store/pws/was_pws_chunks.h"
#include "store/was_frozen.h"
#include "store/was_limit.h"
#include "store/was_sweep.h"

#include <string.h>

/* Where the columns of the space go on in the authorization's row, and where what was wanted
 * begins. */
enum { COLUMN_SPACE = 5, COLUMN_FROZEN = 9, COLUMN_WANTED = 10 };

/* How often a creation is begun anew behind others. */
enum { CREATE_TRIES = 3 };

static const was_error_t *space_absent(apr_pool_t *pool)
{
    return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such space, or not granted any more");
}

/* What else describes a space, from `column` on. */
static void describe_row(const was_rows_t *rows, int column, was_pws_space_t *space)
{
    space->type = was_rows_text(rows, 0, column);
    space->stamp = was_pws_stamp_read(rows, 0, column + 1);
    space->backends = was_rows_text(rows, 0, column + 1 + WAS_PWS_STAMP_COLUMNS);
}

/* A space, from its name on. */
static was_pws_space_t read_space(const was_rows_t *rows, int column, const char *id)
{
    return (was_pws_space_t){.id = id,
                             .controller = was_rows_text(rows, 0, 0),
                             .name = was_rows_text(rows, 0, column),
                             .created_by = was_rows_text(rows, 0, column + 1),
                             .etag = was_rows_text(rows, 0, column + 2),
                             .modified = was_rows_integer(rows, 0, column + 3, -1)};
}

static void take_authorization(const was_rows_t *rows, const was_pws_place_t *place,
                               was_pws_authorization_t *authorization)
{
    authorization->exists = true;
    authorization->revoked = was_rows_true(rows, 0, 1);
    for (int column = 2; column <= 4 && authorization->policy == NULL; column++) {
        authorization->policy = was_rows_text(rows, 0, column);
    }
    authorization->space = read_space(rows, COLUMN_SPACE, place->space);
    authorization->frozen = (was_frozen_t)was_rows_integer(rows, 0, COLUMN_FROZEN, 0);
}

/* The content that is wanted, in the columns from this one on. */
static bool take_content(const was_rows_t *rows, int column, const was_pws_place_t *place,
                         was_resource_t *content)
{
    const was_pws_key_t key = {place->space, place->collection, place->resource};

    return place->chunk >= 0 ? was_pws_chunks_row(rows, column, &key, place->chunk, content)
                             : was_pws_resources_row(rows, column, &key, content);
}

/* What is wanted, for who holds the right to it; `*is_held` is false for anybody else. */
static const was_error_t *read_held(was_db_t *db, const was_pws_place_t *place,
                                    was_value_t delegations, was_pws_wanted_t *wanted,
                                    bool *is_held, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(place->space),
                                  WAS_TEXT(wanted->controller),
                                  delegations,
                                  WAS_TEXT(place->collection),
                                  WAS_TEXT(place->resource),
                                  WAS_INTEGER((apr_int64_t)wanted->want),
                                  WAS_INTEGER(place->chunk)};
    const was_sql_t statement =
        place->chunk >= 0 ? WAS_SQL_PWS_CHUNK_GET_HELD : WAS_SQL_PWS_RESOURCE_GET_HELD;
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, statement, values, was_sql_statement(statement)->nvalues, &rows, pool));
    *is_held = was_rows_count(rows) > 0;
    wanted->found = *is_held && take_content(rows, 0, place, wanted->resource);
    return NULL;
}

/* All that decides, and what is wanted where the policy may let anybody read it: at one moment, or
 * what is written once nobody may would be read by who came before. */
static const was_error_t *read_open(was_db_t *db, const was_pws_place_t *place,
                                    was_value_t delegations, was_pws_wanted_t *wanted,
                                    was_pws_authorization_t *authorization, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(place->space),
                                  delegations,
                                  WAS_TEXT(place->collection),
                                  WAS_TEXT(place->resource),
                                  WAS_INTEGER((apr_int64_t)wanted->want),
                                  WAS_INTEGER(place->chunk)};
    const was_sql_t statement =
        place->chunk >= 0 ? WAS_SQL_PWS_CHUNK_GET_OPEN : WAS_SQL_PWS_RESOURCE_GET_OPEN;
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, statement, values, was_sql_statement(statement)->nvalues, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return NULL;
    }
    take_authorization(rows, place, authorization);
    wanted->found = take_content(rows, COLUMN_WANTED, place, wanted->resource);
    return NULL;
}

/* All that decides, and what describes the space if that is wanted. */
static const was_error_t *read_decision(was_db_t *db, const was_pws_place_t *place,
                                        was_value_t delegations, const was_pws_wanted_t *wanted,
                                        was_pws_authorization_t *authorization, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(place->space), delegations, WAS_TEXT(place->collection),
                                  WAS_TEXT(place->resource),
                                  WAS_TEXT(wanted != NULL ? wanted->controller : NULL)};
    const was_sql_t statement =
        wanted == NULL ? WAS_SQL_PWS_AUTHORIZE : WAS_SQL_PWS_AUTHORIZE_SPACE;
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, statement, values, was_sql_statement(statement)->nvalues, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return NULL;
    }
    take_authorization(rows, place, authorization);
    if (wanted != NULL) {
        describe_row(rows, COLUMN_WANTED, &authorization->space);
    }
    return NULL;
}

const was_error_t *was_pws_spaces_authorize(was_db_t *db, const was_pws_place_t *place,
                                            const char *const *delegations, int ndelegations,
                                            was_pws_wanted_t *wanted,
                                            was_pws_authorization_t *authorization,
                                            apr_pool_t *pool)
{
    const was_value_t hashes = was_grant_delegations(delegations, ndelegations, pool);
    bool is_held = false;

    memset(authorization, 0, sizeof(*authorization));
    if (wanted == NULL || wanted->resource == NULL) {
        return read_decision(db, place, hashes, wanted, authorization, pool);
    }
    if (wanted->controller != NULL) {
        WAS_TRY(read_held(db, place, hashes, wanted, &is_held, pool));
    }
    if (!is_held) {
        return read_open(db, place, hashes, wanted, authorization, pool);
    }
    authorization->exists = true;
    authorization->space = (was_pws_space_t){.id = place->space, .controller = wanted->controller};
    return NULL;
}

const was_error_t *was_pws_spaces_get(was_db_t *db, const char *id, was_pws_space_t *space,
                                      apr_pool_t *pool)
{
    const was_value_t value = WAS_TEXT(id);
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_SPACE_GET, &value, 1, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return space_absent(pool);
    }
    *space = read_space(rows, 1, id);
    describe_row(rows, 5, space);
    return NULL;
}

/* What stands at the id now. */
static const was_error_t *read_state(was_db_t *db, const char *id,
                                     const was_conditions_t *conditions, const was_rows_t **rows,
                                     apr_pool_t *pool)
{
    was_value_t values[4] = {WAS_TEXT(id)};

    was_preconditions_values(conditions, &values[1], pool);
    return was_db_run(db, WAS_SQL_PWS_SPACE_STATE, values, 4, rows, pool);
}

static was_value_t consented_delegations(const was_pws_consent_t *consent, apr_pool_t *pool)
{
    return was_grant_delegations(consent->delegations, consent->ndelegations, pool);
}

static const was_error_t *check_revoked(was_db_t *db, const was_value_t values[2], apr_pool_t *pool)
{
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_REVOKED, values, 2, &rows, pool));
    return was_rows_true(rows, 0, 0) ? was_error_make(pool, WAS_ERROR_MISMATCH, "#/controller",
                                                      "the capability was revoked")
                                     : NULL;
}

/* Why a creation has made none; NULL where nothing tells: the space that had the id may be gone. */
static const was_error_t *explain_create(was_db_t *db, const char *id,
                                         const was_pws_consent_t *consent,
                                         const was_value_t *values, apr_pool_t *pool)
{
    const was_conditions_t none = {.unmodified_since = -1};
    const was_rows_t *rows;

    if (consent->ndelegations > 0) {
        WAS_TRY(check_revoked(db, values, pool));
    }
    WAS_TRY(read_state(db, id, &none, &rows, pool));
    return was_rows_count(rows) > 0
               ? was_error_make(pool, WAS_ERROR_CONFLICT, "/body", "there is a space of this id")
               : NULL;
}

const was_error_t *was_pws_spaces_create(was_db_t *db, const char *id,
                                         const was_pws_space_change_t *change,
                                         const was_pws_consent_t *consent, was_pws_space_t *space,
                                         apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(consent->scope),
                                  consented_delegations(consent, pool),
                                  WAS_TEXT(id),
                                  WAS_INTEGER(was_grant_token()),
                                  WAS_TEXT(change->controller),
                                  WAS_TEXT(change->name),
                                  WAS_TEXT(change->created_by),
                                  was_limit_value(change->most),
                                  WAS_TEXT(change->type)};
    const was_rows_t *rows;

    for (int tries = 0; tries < CREATE_TRIES; tries++) {
        WAS_TRY(was_limit_write(db, change->controller, change->most, WAS_SQL_PWS_SPACE_INSERT,
                                values, 9, &rows, pool));
        if (was_rows_count(rows) > 0) {
            *space = (was_pws_space_t){.id = id,
                                       .controller = change->controller,
                                       .name = change->name,
                                       .created_by = change->created_by,
                                       .etag = was_rows_text(rows, 0, 0),
                                       .type = change->type,
                                       .stamp = was_pws_stamp_read(rows, 0, 1)};
            return NULL;
        }
        WAS_TRY(explain_create(db, id, consent, values, pool));
    }
    if (change->most > 0) {
        return was_limit_reached(change->most, pool);
    }
    return was_error_make(pool, WAS_ERROR_UNAVAILABLE, NULL,
                          "others make, move or delete this space all the time; nothing was "
                          "written, and the request can be sent again");
}

const was_error_t *was_pws_spaces_update(was_db_t *db, const char *id, const char *controller,
                                         const was_pws_space_change_t *change,
                                         const was_conditions_t *conditions, const char **etag,
                                         apr_pool_t *pool)
{
    was_value_t values[8] = {WAS_TEXT(id), WAS_TEXT(controller), WAS_TEXT(change->controller),
                             WAS_TEXT(change->name)};
    const was_rows_t *rows;

    was_preconditions_values(conditions, &values[4], pool);
    values[7] = was_limit_value(change->most);
    WAS_TRY(was_limit_write(db, change->controller, change->most, WAS_SQL_PWS_SPACE_UPDATE, values,
                            8, &rows, pool));
    if (was_rows_count(rows) > 0) {
        *etag = was_rows_text(rows, 0, 0);
        return NULL;
    }
    WAS_TRY(read_state(db, id, conditions, &rows, pool));
    if (was_rows_count(rows) == 0 || strcmp(was_rows_text(rows, 0, 0), controller) != 0) {
        return space_absent(pool);
    }
    was_frozen_t frozen = (was_frozen_t)was_rows_integer(rows, 0, 2, 0);

    if (frozen != WAS_FROZEN_NOT) {
        return was_frozen_refusal(frozen, pool);
    }
    if (change->most > 0 && was_rows_true(rows, 0, 1) &&
        strcmp(change->controller, controller) != 0) {
        return was_limit_reached(change->most, pool);
    }
    return was_preconditions_given(conditions) ? was_preconditions_failed(pool)
                                               : space_absent(pool);
}

const was_error_t *was_pws_spaces_delete(was_db_t *db, const was_grant_t *grant, apr_pool_t *pool)
{
    static const was_sql_t order[] = {WAS_SQL_PWS_SPACE_LOCK, WAS_SQL_PWS_SPACE_COUNTERS_LOCK,
                                      WAS_SQL_PWS_SPACE_SWEEP, WAS_SQL_PWS_SPACE_DELETE};
    was_value_t values[WAS_GRANT_VALUES];
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *last = NULL;

    was_grant_values(grant, values, pool);
    for (apr_size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        last = was_step_add(&transaction, order[i], values, WAS_GRANT_VALUES);
    }
    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(last->rows) == 0) {
        return space_absent(pool);
    }
    was_sweep_announce();
    return NULL;
}

const was_error_t *was_pws_spaces_list(was_db_t *db, const was_pws_consent_t *consent,
                                       const was_page_t *page, const was_pws_space_t **spaces,
                                       was_found_t *found, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(consent->scope), WAS_TEXT(page->after),
                                  WAS_INTEGER(was_page_lookahead(page)), WAS_INTEGER(page->extra)};
    const was_value_t delegations[] = {WAS_TEXT(consent->scope),
                                       consented_delegations(consent, pool)};
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *listed = was_step_add(&transaction, WAS_SQL_PWS_SPACE_LIST, values, 4);
    const was_step_t *counted = was_step_add(&transaction, WAS_SQL_PWS_SPACE_COUNT, values, 1);
    const was_step_t *revoked =
        consent->ndelegations > 0 ? was_step_add(&transaction, WAS_SQL_PWS_REVOKED, delegations, 2)
                                  : NULL;

    WAS_TRY(was_db_transact(db, &transaction, pool));
    *found = (was_found_t){.count = 0};
    if (revoked == NULL || !was_rows_true(revoked->rows, 0, 0)) {
        *found = was_page_found(page, listed->rows, 3);
        found->total = was_page_total(page, found, was_rows_integer(counted->rows, 0, 0, 0));
    }
    was_pws_space_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(found->count + 1));

    for (int i = 0; i < found->count; i++) {
        list[i].id = was_rows_text(listed->rows, i, 0);
        list[i].name = was_rows_text(listed->rows, i, 1);
        list[i].type = was_rows_text(listed->rows, i, 2);
    }
    *spaces = list;
    return NULL;
}
