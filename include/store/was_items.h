/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ITEMS_H
#define WAS_ITEMS_H

#include "store/was_collections.h"
#include "store/was_resources.h"

/*
 * was_items: the resources of a collection: rows of was_resources whose path is
 * `/{collection}/{resource}`, and what is noted beside them. Besides the errors listed, all give
 * those of was_db.
 */

typedef struct was_item_key_t {
    const char *space;
    const char *collection;
    const char *path; /* "/{collection}/{resource}" */
} was_item_key_t;

/* What a client notes of a content beside its bytes. */
typedef struct was_item_notes_t {
    const char *epoch;  /* or NULL */
    const char *writer; /* or NULL */
    bool is_envelope;   /* may be stored where the collection is encrypted */
} was_item_notes_t;

/* Errors: NOT_FOUND. */
const was_error_t *was_items_get(was_db_t *db, const was_item_key_t *key, apr_size_t want,
                                 was_resource_t *resource, apr_pool_t *pool);

/* Creates or replaces. Errors: NOT_FOUND (no such collection), PRECONDITION, NOT_ENCRYPTED,
 * UNKNOWN_BACKEND (the collection's contents are elsewhere), QUOTA. */
const was_error_t *was_items_put(was_db_t *db, const was_grant_t *grant, const was_item_key_t *key,
                                 const was_content_t *content, const was_item_notes_t *notes,
                                 const was_conditions_t *conditions, const char **etag,
                                 apr_pool_t *pool);

/* Deletes; what is not there is fine without a condition on it.
 * Errors: NOT_FOUND (no such collection), PRECONDITION. */
const was_error_t *was_items_delete(was_db_t *db, const was_grant_t *grant,
                                    const was_item_key_t *key, const was_conditions_t *conditions,
                                    apr_pool_t *pool);

typedef struct was_item_t {
    const char *id;
    const char *type;
    const char *name; /* that the client noted in the clear; or NULL */
    const char *epoch;
    const char *writer;
} was_item_t;

/* Resources with an id after `after` ("" for the first), ascending by code units. */
const was_error_t *was_items_list(was_db_t *db, const char *space, const char *collection,
                                  const char *after, int limit, const was_item_t **items,
                                  int *count, apr_pool_t *pool);

typedef struct was_item_meta_t {
    const char *type;
    apr_int64_t size;
    apr_time_t created;
    apr_time_t updated;
    const char *created_by;
    const char *custom; /* JSON, or NULL */
    const char *epoch;
    const char *writer;
    const char *etag; /* of what is noted, not of the content */
} was_item_meta_t;

/* Errors: NOT_FOUND. */
const was_error_t *was_items_get_meta(was_db_t *db, const was_item_key_t *key,
                                      was_item_meta_t *meta, apr_pool_t *pool);

/* Replaces custom and writer; an epoch of NULL stays as it is. `is_envelope` is about `custom`.
 * Errors: NOT_FOUND, PRECONDITION, NOT_ENCRYPTED. */
const was_error_t *was_items_put_meta(was_db_t *db, const was_grant_t *grant,
                                      const was_item_key_t *key, const char *custom,
                                      const was_item_notes_t *notes,
                                      const was_conditions_t *conditions, const char **etag,
                                      apr_pool_t *pool);

#endif
