/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CLASSIC_SPACES_H
#define WAS_CLASSIC_SPACES_H

#include "store/was_db.h"
#include "store/was_page.h"
#include "store/was_preconditions.h"

/*
 * was_classic_spaces: spaces of the classic protocol as rows of the Python server's was_spaces
 * (protocol/classic sections 1, 2 and 8). Verbs take the caller (a DID without fragment, or NULL
 * for nobody), since right and act are one statement. Besides the errors listed, all give those of
 * was_db.
 */

/* The row's texts live in the pool given to the verb. */
typedef struct was_classic_space_t {
    const char *uuid;
    const char *id;
    const char *controller; /* as stored; the Python server may have stored a fragment */
    const char *name;       /* or NULL */
    const char *link;       /* or NULL */
    const char *etag;       /* without quotes */
    apr_int64_t modified;   /* Unix seconds; -1 when unknown */
} was_classic_space_t;

/* What a write sets. `id` counts at creation only. */
typedef struct was_classic_space_change_t {
    const char *id;
    const char *controller;
    bool sets_name, sets_link; /* false: keep what is there */
    const char *name, *link;   /* NULL clears */
    apr_int64_t most;          /* spaces that the controller may have; up to 0: no limit */
} was_classic_space_change_t;

/* Errors: NOT_FOUND, pointer "/space"; FORBIDDEN (the caller does not control it). */
WAS_CHECKED const was_error_t *was_classic_spaces_get(was_db_t *db, const char *uuid,
                                                      const char *caller,
                                                      was_classic_space_t *space, apr_pool_t *pool);

/* Whether what was read of the space by was_classic_spaces_get is what is there, still for this
 * caller. Errors: as there, and CONFLICT (it was written, or deleted and made anew). */
WAS_CHECKED const was_error_t *was_classic_spaces_recheck(was_db_t *db,
                                                          const was_classic_space_t *space,
                                                          const char *caller, apr_pool_t *pool);

/*
 * Creates the space, for a caller who names itself controller, or updates it, for the caller who
 * controls it now, whoever the new controller is.
 * Errors: FORBIDDEN (neither), FROZEN, PRECONDITION, QUOTA (the controller would have one space
 * more, and has as many as it may), CLEARING (what a deleted one held is not gone yet), UNAVAILABLE
 * (others make and delete it all the time).
 */
WAS_CHECKED const was_error_t *was_classic_spaces_put(was_db_t *db, const char *uuid,
                                                      const char *caller,
                                                      const was_classic_space_change_t *change,
                                                      const was_conditions_t *conditions,
                                                      const char **etag, apr_pool_t *pool);

/* Creates only. Errors: CONFLICT (the uuid exists), QUOTA, CLEARING, UNAVAILABLE. */
WAS_CHECKED const was_error_t *was_classic_spaces_create(was_db_t *db, const char *uuid,
                                                         const was_classic_space_change_t *change,
                                                         const char **etag, apr_pool_t *pool);

/* Deletes the space and all that is in it, which may take until later (was_sweep) where that is
 * much. A space that is not there is fine. Errors: FORBIDDEN, FROZEN, PRECONDITION. */
WAS_CHECKED const was_error_t *was_classic_spaces_delete(was_db_t *db, const char *uuid,
                                                         const char *caller,
                                                         const was_conditions_t *conditions,
                                                         apr_pool_t *pool);

/* A page of the caller's spaces, ascending by uuid; only uuid, id and controller are set. */
WAS_CHECKED const was_error_t *was_classic_spaces_list(was_db_t *db, const char *caller,
                                                       const was_page_t *page,
                                                       const was_classic_space_t **spaces,
                                                       was_found_t *found, apr_pool_t *pool);

/* The DID URL of the caller's key, the other way in which a controller may be stored; NULL for a
 * caller who is nobody. */
const char *was_classic_caller_url(const char *caller, apr_pool_t *pool);

/* Whether the caller is the controller, in either way: what CLASSIC_CALLER is in SQL. */
bool was_classic_caller_controls(const char *caller, const char *controller, apr_pool_t *pool);

/* The refusals that writes into a space share. */
WAS_CHECKED const was_error_t *
was_classic_space_absent(apr_pool_t *pool); /* NOT_FOUND, pointer "/space" */
WAS_CHECKED const was_error_t *was_classic_space_foreign(apr_pool_t *pool); /* FORBIDDEN */

#endif
