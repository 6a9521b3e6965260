/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ADMIN_SPACES_H
#define WAS_ADMIN_SPACES_H

#include "store/was_db.h"
#include "store/was_frozen.h"

/*
 * was_admin_spaces: spaces of both protocols as the operator sees them. Knows no right: whoever can
 * connect may look. Besides the errors listed, all give those of was_db.
 */

typedef enum was_admin_protocol_t {
    WAS_ADMIN_CLASSIC,
    WAS_ADMIN_PWS,
    WAS_ADMIN_PROTOCOLS /* how many there are */
} was_admin_protocol_t;

/* "classic", "pws". */
const char *was_admin_protocol_name(was_admin_protocol_t protocol);

/* The row's texts live in the pool given to the verb. A number that the protocol does not have is
 * -1, a text NULL. */
typedef struct was_admin_space_t {
    was_admin_protocol_t protocol;
    const char *id;
    const char *controller; /* as it is stored; the Python server may have stored a DID URL */
    const char *name;       /* or NULL */
    was_frozen_t frozen;    /* nobody writes to it, whoever he is */
    bool is_deleted;        /* only its rows are not all gone yet */
    apr_int64_t created;    /* Unix milliseconds */
} was_admin_space_t;

/* The same, and what is in it. */
typedef struct was_admin_details_t {
    was_admin_space_t space;
    const char *link;       /* or NULL */
    const char *type;       /* JSON: an array */
    const char *created_by; /* DID, or NULL */
    apr_int64_t updated;    /* Unix milliseconds */
    apr_int64_t collections, resources;
    apr_int64_t bytes;    /* that it is charged */
    apr_int64_t policies; /* in all of it */
    bool has_policy;      /* one of those is the space's own */
    apr_int64_t revocations, backends;
} was_admin_details_t;

/* What a controller has, by the spelling that is stored. */
typedef struct was_admin_usage_t {
    const char *controller; /* NULL: there is no further one */
    apr_int64_t spaces[WAS_ADMIN_PROTOCOLS];
    apr_int64_t resources;
    apr_int64_t bytes; /* that its spaces are charged */
} was_admin_usage_t;

enum { WAS_ADMIN_PAGE = 500 };

/* At most WAS_ADMIN_PAGE spaces behind the id `after` ("" for the first), ascending by id; of all,
 * or of one controller, whichever way that is spelled. `*spaces` has `*count` of them. */
WAS_CHECKED const was_error_t *was_admin_spaces_list(was_db_t *db, was_admin_protocol_t protocol,
                                                     const char *controller, const char *after,
                                                     const was_admin_space_t **spaces, int *count,
                                                     apr_pool_t *pool);

/* What is in a space. Errors: NOT_FOUND. */
WAS_CHECKED const was_error_t *was_admin_spaces_show(was_db_t *db, was_admin_protocol_t protocol,
                                                     const char *id, was_admin_details_t *details,
                                                     apr_pool_t *pool);

/* The next controller behind this one ("" for the first). */
WAS_CHECKED const was_error_t *was_admin_spaces_usage(was_db_t *db, const char *after,
                                                      was_admin_usage_t *usage, apr_pool_t *pool);

#endif
