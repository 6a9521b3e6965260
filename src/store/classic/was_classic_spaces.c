/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_classic_spaces: spaces in and out of their table. Owns what the rows mean, and what it means
 * that a write found no row. Refuses to know who the caller is beyond its DID, and how the answer
 * looks on the wire.
 */

#include "store/classic/was_classic_spaces.h"

#include "store/classic/was_classic_version.h"
#include "store/was_frozen.h"
#include "store/was_limit.h"
#include "store/was_sweep.h"

#include <apr_strings.h>

#include <string.h>

/* What a DID of a key begins with; what follows is also the fragment of the key's URL. */
enum { DID_KEY_BYTES = sizeof("did:key:") - 1 };

/* How often a write is begun anew behind others. */
enum { WRITE_TRIES = 3 };

const was_error_t *was_classic_space_absent(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_NOT_FOUND, "/space", "there is no such space");
}

const was_error_t *was_classic_space_foreign(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_FORBIDDEN, "/authorization",
                          "the signer does not control this space");
}

const char *was_classic_caller_url(const char *caller, apr_pool_t *pool)
{
    return caller == NULL || strlen(caller) < DID_KEY_BYTES
               ? NULL
               : apr_pstrcat(pool, caller, "#", caller + DID_KEY_BYTES, NULL);
}

bool was_classic_caller_controls(const char *caller, const char *controller, apr_pool_t *pool)
{
    const char *url = was_classic_caller_url(caller, pool);

    return caller != NULL &&
           (strcmp(controller, caller) == 0 || (url != NULL && strcmp(controller, url) == 0));
}

const was_error_t *was_classic_spaces_get(was_db_t *db, const char *uuid, const char *caller,
                                          was_classic_space_t *space, apr_pool_t *pool)
{
    const was_value_t value = WAS_TEXT(uuid);
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_SPACE_GET, &value, 1, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_classic_space_absent(pool);
    }
    space->uuid = uuid;
    space->id = was_rows_text(rows, 0, 0);
    space->controller = was_rows_text(rows, 0, 1);
    space->name = was_rows_text(rows, 0, 2);
    space->link = was_rows_text(rows, 0, 3);
    space->etag = was_classic_version_etag(rows, 0, 4, pool);
    space->modified = was_classic_version_modified(rows, 0, 4);
    return was_classic_caller_controls(caller, space->controller, pool)
               ? NULL
               : was_classic_space_foreign(pool);
}

const was_error_t *was_classic_spaces_recheck(was_db_t *db, const was_classic_space_t *space,
                                              const char *caller, apr_pool_t *pool)
{
    was_classic_space_t now;

    WAS_TRY(was_classic_spaces_get(db, space->uuid, caller, &now, pool));
    if (strcmp(now.etag, space->etag) != 0) {
        return was_error_make(pool, WAS_ERROR_CONFLICT, "/space",
                              "the space was changed while it was read");
    }
    return NULL;
}

/* What stands at a uuid after a write found no row to write. */
typedef enum owner_t {
    OWNER_NOBODY, /* nothing does */
    OWNER_GONE,   /* a space whose deletion is under way */
    OWNER_OTHER,
    OWNER_CALLER,
    OWNER_FROZEN, /* the caller, of a space that nobody may write to */
    OWNER_MOVING  /* the same, of one that is or was moved */
} owner_t;

static const was_error_t *read_owner(was_db_t *db, const char *uuid, const char *caller,
                                     owner_t *owner, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(uuid), WAS_TEXT(caller)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_SPACE_OWNER, values, 2, &rows, pool));
    if (was_rows_count(rows) == 0) {
        *owner = OWNER_NOBODY;
    }
    else if (was_rows_true(rows, 0, 1)) {
        *owner = OWNER_GONE;
    }
    else {
        was_frozen_t frozen = (was_frozen_t)was_rows_integer(rows, 0, 2, 0);

        *owner = !was_rows_true(rows, 0, 0)    ? OWNER_OTHER
                 : frozen >= WAS_FROZEN_MOVING ? OWNER_MOVING
                 : frozen == WAS_FROZEN_KEPT   ? OWNER_FROZEN
                                               : OWNER_CALLER;
    }
    return NULL;
}

static const was_error_t *refuse_frozen(owner_t owner, apr_pool_t *pool)
{
    return was_frozen_refusal(owner == OWNER_MOVING ? WAS_FROZEN_MOVING : WAS_FROZEN_KEPT, pool);
}

static const was_error_t *space_clearing(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_CLEARING, "/space",
                          "the space that was here is deleted, and what it held is still being "
                          "cleared away: the same request can be sent again later");
}

static const was_error_t *space_contended(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_UNAVAILABLE, NULL,
                          "others make, move or delete this space all the time; nothing was "
                          "written, and the request can be sent again");
}

/* Whether it was the limit that kept the controller from one space more: a new one, if none is
 * there; one that somebody gives away, if it is as the conditions demand. */
static const was_error_t *check_space_limit(was_db_t *db, const char *uuid,
                                            const was_classic_space_change_t *change,
                                            const was_conditions_t *conditions, bool is_new,
                                            apr_pool_t *pool)
{
    if (change->most <= 0) {
        return NULL;
    }
    was_value_t values[4] = {WAS_TEXT(uuid)};
    const was_rows_t *rows;

    was_preconditions_values(conditions, &values[1], pool);
    WAS_TRY(was_db_run(db, WAS_SQL_SPACE_CONDITIONS, values, 4, &rows, pool));
    bool found = was_rows_count(rows) > 0;

    if (is_new ? found : !found || !was_rows_true(rows, 0, 0)) {
        return NULL;
    }
    return was_limit_reached(change->most, pool);
}

/* Only who names itself may create, and a condition on what exists never creates. */
static bool may_create(const char *caller, const was_classic_space_change_t *change,
                       const was_conditions_t *conditions)
{
    return caller != NULL && strcmp(caller, change->controller) == 0 && conditions->match == NULL;
}

/* Why a put found no row; NULL where nothing tells: what it met may be gone since, like a space
 * whose sweep has ended, or be the caller's now. */
static const was_error_t *explain_space_put(was_db_t *db, const char *uuid, const char *caller,
                                            const was_classic_space_change_t *change,
                                            const was_conditions_t *conditions, apr_pool_t *pool)
{
    bool self = caller != NULL && strcmp(caller, change->controller) == 0;
    bool creates = may_create(caller, change, conditions);
    owner_t owner = OWNER_NOBODY;

    WAS_TRY(read_owner(db, uuid, caller, &owner, pool));
    if (owner >= OWNER_FROZEN) {
        return refuse_frozen(owner, pool);
    }
    if (owner == OWNER_GONE && creates) {
        return space_clearing(pool);
    }
    if (owner == OWNER_NOBODY && creates) {
        return NULL;
    }
    if (owner == OWNER_CALLER && !self) {
        WAS_TRY(check_space_limit(db, uuid, change, conditions, false, pool));
    }
    if (was_preconditions_given(conditions) &&
        (owner == OWNER_CALLER || (owner <= OWNER_GONE && self))) {
        return was_preconditions_failed(pool);
    }
    return owner == OWNER_CALLER ? NULL : was_classic_space_foreign(pool);
}

/* A space of its caller's that is there is written, and else made, if there may be one more: by two
 * statements, of which at most one finds what it needs. `values` are those of the update. */
static const was_error_t *put_within(was_db_t *db, const was_classic_space_change_t *change,
                                     const was_value_t *values, const was_rows_t **rows,
                                     apr_pool_t *pool)
{
    const was_value_t made[] = {values[0],
                                WAS_TEXT(change->controller),
                                WAS_TEXT(change->id),
                                WAS_TEXT(change->name),
                                WAS_TEXT(change->link),
                                was_limit_value(change->most)};
    was_transaction_t transaction = {.nsteps = 0};

    was_limit_lock(&transaction, change->controller, change->most);
    const was_step_t *update = was_step_add(&transaction, WAS_SQL_SPACE_UPDATE, values, 11);
    const was_step_t *insert = was_step_add(&transaction, WAS_SQL_SPACE_INSERT, made, 6);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    *rows = was_rows_count(update->rows) > 0 ? update->rows : insert->rows;
    return NULL;
}

/* One try of a put; no row where it finds nothing to write. */
static const was_error_t *put_space(was_db_t *db, const char *uuid, const char *caller,
                                    const was_classic_space_change_t *change,
                                    const was_conditions_t *conditions, const was_rows_t **rows,
                                    apr_pool_t *pool)
{
    bool creates = may_create(caller, change, conditions);
    was_value_t values[11] = {
        WAS_TEXT(uuid),
        WAS_TEXT(caller),
        WAS_TEXT(change->controller),
        WAS_BOOLEAN(change->sets_name),
        WAS_TEXT(change->name),
        WAS_BOOLEAN(change->sets_link),
        WAS_TEXT(change->link),
    };

    was_preconditions_values(conditions, &values[7], pool);
    values[10] = was_limit_value(change->most);
    if (creates && change->most > 0) {
        return put_within(db, change, values, rows, pool);
    }
    if (creates) {
        values[10] = WAS_TEXT(change->id);
        return was_db_run(db, WAS_SQL_SPACE_PUT, values, 11, rows, pool);
    }
    return was_limit_write(db, change->controller, change->most, WAS_SQL_SPACE_UPDATE, values, 11,
                           rows, pool);
}

const was_error_t *was_classic_spaces_put(was_db_t *db, const char *uuid, const char *caller,
                                          const was_classic_space_change_t *change,
                                          const was_conditions_t *conditions, const char **etag,
                                          apr_pool_t *pool)
{
    const was_rows_t *rows;

    for (int tries = 0; tries < WRITE_TRIES; tries++) {
        WAS_TRY(put_space(db, uuid, caller, change, conditions, &rows, pool));
        if (was_rows_count(rows) > 0) {
            *etag = was_rows_text(rows, 0, 0);
            return NULL;
        }
        WAS_TRY(explain_space_put(db, uuid, caller, change, conditions, pool));
    }
    if (may_create(caller, change, conditions)) {
        WAS_TRY(check_space_limit(db, uuid, change, conditions, true, pool));
    }
    return space_contended(pool);
}

const was_error_t *was_classic_spaces_create(was_db_t *db, const char *uuid,
                                             const was_classic_space_change_t *change,
                                             const char **etag, apr_pool_t *pool)
{
    const was_conditions_t none = {.unmodified_since = -1};
    const was_value_t values[] = {WAS_TEXT(uuid),         WAS_TEXT(change->controller),
                                  WAS_TEXT(change->id),   WAS_TEXT(change->name),
                                  WAS_TEXT(change->link), was_limit_value(change->most)};
    const was_rows_t *rows;

    for (int tries = 0; tries < WRITE_TRIES; tries++) {
        owner_t owner = OWNER_NOBODY;

        WAS_TRY(was_limit_write(db, change->controller, change->most, WAS_SQL_SPACE_INSERT, values,
                                6, &rows, pool));
        if (was_rows_count(rows) > 0) {
            *etag = was_rows_text(rows, 0, 0);
            return NULL;
        }
        WAS_TRY(read_owner(db, uuid, change->controller, &owner, pool));
        if (owner == OWNER_GONE) {
            return space_clearing(pool);
        }
        if (owner != OWNER_NOBODY) {
            return was_error_make(pool, WAS_ERROR_CONFLICT, "/body",
                                  "there is a space of this uuid");
        }
    }
    WAS_TRY(check_space_limit(db, uuid, change, &none, true, pool));
    return space_contended(pool);
}

const was_error_t *was_classic_spaces_delete(was_db_t *db, const char *uuid, const char *caller,
                                             const was_conditions_t *conditions, apr_pool_t *pool)
{
    was_value_t values[5] = {WAS_TEXT(uuid), WAS_TEXT(caller)};
    was_transaction_t transaction = {.nsteps = 0};
    owner_t owner = OWNER_NOBODY;

    was_preconditions_values(conditions, &values[2], pool);
    const was_step_t *marks = was_step_add(&transaction, WAS_SQL_SPACE_MARK, values, 5);

    was_step_add(&transaction, WAS_SQL_SPACE_DELETE, values, 1);
    const was_step_t *sweeps = was_step_add(&transaction, WAS_SQL_SPACE_SWEEP, values, 1);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(sweeps->rows) > 0) {
        was_sweep_announce();
    }
    if (was_rows_count(marks->rows) > 0) {
        return NULL;
    }
    WAS_TRY(read_owner(db, uuid, caller, &owner, pool));
    switch (owner) {
    case OWNER_CALLER:
        /* Without a condition it was not there yet when the deletion looked. */
        return was_preconditions_given(conditions) ? was_preconditions_failed(pool) : NULL;
    case OWNER_OTHER:
        return was_classic_space_foreign(pool);
    case OWNER_FROZEN:
    case OWNER_MOVING:
        return refuse_frozen(owner, pool);
    default:
        return conditions->match == NULL ? NULL : was_preconditions_failed(pool);
    }
}

const was_error_t *was_classic_spaces_list(was_db_t *db, const char *caller, const was_page_t *page,
                                           const was_classic_space_t **spaces, was_found_t *found,
                                           apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(caller), WAS_TEXT(page->after),
                                  WAS_INTEGER(was_page_lookahead(page)), WAS_INTEGER(page->extra)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_SPACE_LIST, values, 4, &rows, pool));
    *found = was_page_found(page, rows, 3);
    was_classic_space_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(found->count + 1));

    for (int i = 0; i < found->count; i++) {
        list[i].uuid = was_rows_text(rows, i, 0);
        list[i].id = was_rows_text(rows, i, 1);
        list[i].controller = was_rows_text(rows, i, 2);
    }
    *spaces = list;
    return NULL;
}
