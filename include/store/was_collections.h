/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_COLLECTIONS_H
#define WAS_COLLECTIONS_H

#include "store/was_spaces.h"

/*
 * was_collections: collections of pws spaces. Writes carry the controller whose root capability was
 * verified and the links of the capability that is used: a transfer or a revocation that committed
 * before stops them. Besides the errors listed, all give those of was_db.
 */

/* What a write stands on. */
typedef struct was_grant_t {
    const char *space;
    const char *controller; /* DID: must still be the space's */
    const char *links;      /* array literal of "id delegator"; NULL for the controller itself */
    const char *invoker;    /* DID that signed; noted as created by */
} was_grant_t;

/* Fills the three parameters of WAS_SQL_HELD_SPACE. */
void was_grant_values(const was_grant_t *grant, was_value_t values[3]);

/* Whether the grant still holds, for a deletion that found nothing to delete.
 * Errors: NOT_FOUND. */
const was_error_t *was_grant_check(was_db_t *db, const was_grant_t *grant, apr_pool_t *pool);

/* Members hold JSON texts where pws gives them objects; NULL for absent. */
typedef struct was_collection_t {
    const char *id;
    const char *name;
    const char *backend;    /* id; NULL for the server's own (in a change: "default") */
    const char *encryption; /* JSON, canonical */
    const char *plaintext;  /* JSON */
    const char *generator;
    const char *generator_origin;
    const char *custom; /* JSON */
    const char *epoch;
    const char *created_by;
    apr_time_t created;
    apr_time_t updated;
    const char *etag;
    apr_int64_t modified;
} was_collection_t;

/* Errors: NOT_FOUND. */
const was_error_t *was_collections_get(was_db_t *db, const char *space, const char *id,
                                       was_collection_t *collection, apr_pool_t *pool);

/* Errors: CONFLICT (the id exists), NOT_FOUND (the grant does not hold any more). */
const was_error_t *was_collections_create(was_db_t *db, const was_grant_t *grant,
                                          const was_collection_t *collection, const char **etag,
                                          apr_pool_t *pool);

/*
 * Creates (`*created` true), or replaces what a client writes; a backend or plaintext that is left
 * out stays. Conditions that demand an existing collection never create.
 * Errors: PRECONDITION, IMMUTABLE (the encryption that is there would change), INVALID_BODY
 * (encryption beside a plaintext declaration), NOT_FOUND.
 */
const was_error_t *was_collections_put(was_db_t *db, const was_grant_t *grant,
                                       const was_collection_t *collection,
                                       const was_conditions_t *conditions, bool *created,
                                       const char **etag, apr_pool_t *pool);

/* Deletes with everything in it; what is not there is fine. */
const was_error_t *was_collections_delete(was_db_t *db, const was_grant_t *grant, const char *id,
                                          apr_pool_t *pool);

/* Places that a client registered: an id, and a JSON descriptor without secrets. */
typedef struct was_backend_place_t {
    const char *id;
    const char *descriptor;
} was_backend_place_t;

const was_error_t *was_backends_list(was_db_t *db, const char *space,
                                     const was_backend_place_t **places, int *count,
                                     apr_pool_t *pool);

/* Errors: NOT_FOUND. */
const was_error_t *was_backends_get(was_db_t *db, const char *space, const char *id,
                                    const char **descriptor, apr_pool_t *pool);

/* Registers; with `replace` also over one of this id. Errors: CONFLICT, NOT_FOUND (the grant does
 * not hold any more). */
const was_error_t *was_backends_put(was_db_t *db, const was_grant_t *grant, bool replace,
                                    const was_backend_place_t *place, bool *created,
                                    apr_pool_t *pool);

/* What is not there is fine. */
const was_error_t *was_backends_delete(was_db_t *db, const was_grant_t *grant, const char *id,
                                       apr_pool_t *pool);

/* Deletes the whole space. */
const was_error_t *was_collections_delete_space(was_db_t *db, const was_grant_t *grant,
                                                apr_pool_t *pool);

/* Ids after `after`, ascending, at most `limit`; only id and name are set. */
const was_error_t *was_collections_list(was_db_t *db, const char *space, const char *after,
                                        int limit, const was_collection_t **collections, int *count,
                                        apr_pool_t *pool);

#endif
