/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SPACES_H
#define WAS_SPACES_H

#include "store/was_db.h"

/*
 * was_spaces: spaces as rows of was_spaces. Every verb takes the protocol, since a space is visible
 * only to the one it was made under, and the caller (a DID without fragment, or NULL for nobody),
 * since right and act are one statement. Besides the errors listed, all give those of was_db.
 */

/* What a precondition names: any version, or these. */
typedef struct was_validators_t {
    bool any;
    const char *const *list; /* each of lower-case hex and dashes, as our validators are */
    int count;
} was_validators_t;

/* Preconditions of a write, as was_conditions makes them from a request. */
typedef struct was_conditions_t {
    const was_validators_t *match;      /* or NULL */
    const was_validators_t *none_match; /* the same */
    apr_int64_t unmodified_since;       /* Unix seconds, or -1 */
} was_conditions_t;

/* The row's answers live in the pool given to the verb. */
typedef struct was_space_t {
    const char *uuid;
    const char *id;
    const char *controller; /* as stored; the Python server may have stored a fragment */
    const char *name;       /* or NULL */
    const char *link;       /* or NULL */
    const char *created_by; /* DID, or NULL */
    const char *etag;       /* without quotes */
    apr_int64_t modified;   /* Unix seconds; -1 when unknown */
} was_space_t;

/* What a PUT sets. `id` counts at creation only. */
typedef struct was_space_change_t {
    const char *id;
    const char *controller;
    bool sets_name, sets_link; /* false: keep what is there */
    const char *name, *link;   /* NULL clears */
    const char *created_by;    /* DID, or NULL; counts at creation only */
    apr_int64_t most;          /* spaces that the controller may have; up to 0: no limit */
} was_space_change_t;

/* Errors: NOT_FOUND, pointer "/space"; FORBIDDEN (the caller does not control it). */
const was_error_t *was_spaces_get(was_db_t *db, const char *protocol, const char *uuid,
                                  const char *caller, was_space_t *space, apr_pool_t *pool);

/*
 * Creates the space, for a caller who names itself controller, or updates it, for the caller who
 * controls it now, whoever the new controller is.
 * Errors: FORBIDDEN (neither; or the uuid is taken in another protocol), PRECONDITION, QUOTA (the
 * controller would have one space more, and has as many as it may).
 */
const was_error_t *was_spaces_put(was_db_t *db, const char *protocol, const char *uuid,
                                  const char *caller, const was_space_change_t *change,
                                  const was_conditions_t *conditions, const char **etag,
                                  apr_pool_t *pool);

/* Creates only. Errors: CONFLICT (the uuid exists, in whatever protocol), QUOTA. */
const was_error_t *was_spaces_create(was_db_t *db, const char *protocol, const char *uuid,
                                     const was_space_change_t *change, const char **etag,
                                     apr_pool_t *pool);

/* Deletes the space and all that is in it. A space that is not there is fine.
 * Errors: FORBIDDEN, PRECONDITION. */
const was_error_t *was_spaces_delete(was_db_t *db, const char *protocol, const char *uuid,
                                     const char *caller, const was_conditions_t *conditions,
                                     apr_pool_t *pool);

/* The caller's spaces with a uuid after `after` ("" for the first page), ordered by uuid, at most
 * `limit`; only uuid, id and controller are set. */
const was_error_t *was_spaces_list(was_db_t *db, const char *protocol, const char *caller,
                                   const char *after, int limit, const was_space_t **spaces,
                                   int *count, apr_pool_t *pool);

/* The refusals that writes into a space share, spaces and resources alike. */
const was_error_t *was_space_absent(apr_pool_t *pool);      /* NOT_FOUND, pointer "/space" */
const was_error_t *was_space_foreign(apr_pool_t *pool);     /* FORBIDDEN */
const was_error_t *was_conditions_failed(apr_pool_t *pool); /* PRECONDITION */

/* Whether any condition was set: only then can a write fail for one. */
bool was_conditions_given(const was_conditions_t *conditions);

/* Adds the three parameters that WAS_SQL_CONDITIONS takes at `values`. */
void was_conditions_values(const was_conditions_t *conditions, was_value_t values[3],
                           apr_pool_t *pool);

#endif
