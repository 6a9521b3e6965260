/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_SPACES_H
#define WAS_PWS_SPACES_H

#include "store/pws/was_pws_stamp.h"
#include "store/was_content.h"
#include "store/was_frozen.h"
#include "store/was_grant.h"
#include "store/was_page.h"
#include "store/was_preconditions.h"

/*
 * was_pws_spaces: spaces of Portable Web Spaces (protocol/pws section 10), and all that a request's
 * authorization needs of the store, in one read. Besides the errors listed, all give those of
 * was_db.
 */

/* The row's texts live in the pool given to the verb. */
typedef struct was_pws_space_t {
    const char *id;
    const char *controller; /* DID */
    const char *name;       /* or NULL */
    const char *created_by; /* DID, or NULL */
    const char *etag;       /* without quotes */
    apr_int64_t modified;   /* Unix seconds */
    const char *type;       /* JSON: an array; NULL: what follows is not set either */
    was_pws_stamp_t stamp;
    const char *backends; /* JSON: descriptors with commas between, ascending by id; or NULL */
} was_pws_space_t;

/* What a request is about. */
typedef struct was_pws_place_t {
    const char *space;
    const char *collection; /* or NULL */
    const char *resource;   /* or NULL */
    apr_int64_t chunk;      /* of the resource; -1 for none */
} was_pws_place_t;

/* What is to come along, if the authorization lets it be had: the content of a resource or a chunk,
 * or all that describes the space. A content comes with a policy that may let anybody read it,
 * too. */
typedef struct was_pws_wanted_t {
    /* If this DID controls the space, and no delegation was revoked. Of a content NULL, too: there
     * is nobody for whom it would be looked for alone. */
    const char *controller;
    apr_size_t want;          /* how long a content may be to come with it */
    was_resource_t *resource; /* NULL: the space */
    bool found;               /* the content; set by the read */
} was_pws_wanted_t;

/* What decides who may, at one moment. */
typedef struct was_pws_authorization_t {
    bool exists;           /* the space does; without it nothing else is set */
    was_pws_space_t space; /* from its type on only where that was wanted */
    bool revoked;          /* one of the delegations was */
    was_frozen_t frozen;   /* nobody writes, whoever he is; or so it was until just now */
    const char *policy;    /* JSON: the most specific one that exists; or NULL */
} was_pws_authorization_t;

/* `wanted` may be NULL. Where a content is wanted by who may have it, nothing else is looked at,
 * and the space's controller is all that is set of the rest; anybody else costs a second read. */
WAS_CHECKED const was_error_t *was_pws_spaces_authorize(was_db_t *db, const was_pws_place_t *place,
                                                        const char *const *delegations,
                                                        int ndelegations, was_pws_wanted_t *wanted,
                                                        was_pws_authorization_t *authorization,
                                                        apr_pool_t *pool);

/* All of a space. Errors: NOT_FOUND. */
WAS_CHECKED const was_error_t *was_pws_spaces_get(was_db_t *db, const char *id,
                                                  was_pws_space_t *space, apr_pool_t *pool);

/* What a write sets. */
typedef struct was_pws_space_change_t {
    const char *controller;
    const char *name;       /* NULL clears */
    const char *created_by; /* DID, or NULL; counts at creation only */
    const char *type;       /* JSON: an array; the same */
    apr_int64_t most;       /* spaces that the controller may have; up to 0: no limit */
} was_pws_space_change_t;

/* By which delegations a controller wants something, none of which may have been revoked: SHA-256
 * in hexadecimal; none where it asks itself. */
typedef struct was_pws_consent_t {
    const char *scope; /* of their root, as in was_pws_revocations */
    const char *const *delegations;
    int ndelegations;
} was_pws_consent_t;

/* `space` becomes what was made. Errors: MISMATCH (a delegation was revoked), CONFLICT (the id
 * exists), QUOTA (the controller has as many as it may), UNAVAILABLE (others make and delete it all
 * the time). */
WAS_CHECKED const was_error_t *was_pws_spaces_create(was_db_t *db, const char *id,
                                                     const was_pws_space_change_t *change,
                                                     const was_pws_consent_t *consent,
                                                     was_pws_space_t *space, apr_pool_t *pool);

/* Replaces name and controller, while `controller` controls the space.
 * Errors: NOT_FOUND (it does not), FROZEN, PRECONDITION, QUOTA (the new controller has as many as
 * it may). */
WAS_CHECKED const was_error_t *was_pws_spaces_update(was_db_t *db, const char *id,
                                                     const char *controller,
                                                     const was_pws_space_change_t *change,
                                                     const was_conditions_t *conditions,
                                                     const char **etag, apr_pool_t *pool);

/* Deletes the space and, for whoever asks, all that is in it: those rows go later (was_sweep). What
 * was revoked stays so. Errors: NOT_FOUND (the grant does not hold any more). */
WAS_CHECKED const was_error_t *was_pws_spaces_delete(was_db_t *db, const was_grant_t *grant,
                                                     apr_pool_t *pool);

/* A page of the spaces of the controller that the scope is, ascending by id; only id, name and
 * type are set. None where a delegation was revoked. */
WAS_CHECKED const was_error_t *was_pws_spaces_list(was_db_t *db, const was_pws_consent_t *consent,
                                                   const was_page_t *page,
                                                   const was_pws_space_t **spaces,
                                                   was_found_t *found, apr_pool_t *pool);

#endif
