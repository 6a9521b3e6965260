/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_RESOURCES_H
#define WAS_PWS_RESOURCES_H

#include "store/pws/was_pws_stamp.h"
#include "store/pws/was_pws_terms.h"
#include "store/was_content.h"
#include "store/was_grant.h"
#include "store/was_limit.h"
#include "store/was_page.h"
#include "store/was_preconditions.h"

#include <apr_time.h>

/*
 * was_pws_resources: the resources of a collection (protocol/pws section 12), and what is noted
 * beside them, in the same row with a stamp of its own. Besides the errors listed, all give those
 * of was_db.
 */

typedef struct was_pws_key_t {
    const char *space;
    const char *collection;
    const char *resource;
} was_pws_key_t;

/* What a client notes of a content beside its bytes. */
typedef struct was_pws_notes_t {
    const char *epoch;  /* or NULL */
    const char *writer; /* or NULL */
    bool is_envelope;   /* may be stored where the collection is encrypted */
} was_pws_notes_t;

/* How all of them say NOT_FOUND. */
WAS_CHECKED const was_error_t *was_pws_resources_absent(apr_pool_t *pool);

/* A row of was_resource_t, from `column` on. False when there is no resource in it. */
bool was_pws_resources_row(const was_rows_t *rows, int column, const was_pws_key_t *key,
                           was_resource_t *resource);

/* How much room there is for a content. One that is still to get its name (resource "") is not
 * there. Errors: NOT_FOUND, PRECONDITION (what is there now is not as it must be). */
WAS_CHECKED const was_error_t *was_pws_resources_room(was_db_t *db, const was_grant_t *grant,
                                                      const was_pws_key_t *key,
                                                      const was_conditions_t *conditions,
                                                      was_room_t *room, apr_pool_t *pool);

/* A content with what is noted of it, and the conditions under which it is to be written. */
typedef struct was_pws_write_t {
    const was_content_t *content;
    const was_pws_notes_t *notes;
    const was_conditions_t *conditions;
    was_pws_terms_t terms; /* by which it is to be found; they are the resource's from then on */
} was_pws_write_t;

/* What describes a resource. */
typedef struct was_pws_meta_t {
    const char *type;
    apr_int64_t size;
    apr_time_t created;
    was_pws_stamp_t stamp; /* of the content */
    const char *created_by;
    const char *custom; /* JSON, or NULL */
    const char *epoch;
    const char *writer;
    const char *etag;       /* of all of this */
    const char *generation; /* of what is noted; NULL: nothing was, and it has no stamp */
    was_pws_stamp_t noted;
} was_pws_meta_t;

/* Creates (`*created` true) or replaces. Of `meta`, what is about the content becomes what is there
 * then, its etag being the content's. In a collection that is immutable, what is there already is
 * fine and stays, its validator, too, where it has these bytes and this media type, whatever the
 * parameters. Errors: NOT_FOUND (no such collection), PRECONDITION, NOT_ENCRYPTED, UNKNOWN_BACKEND
 * (the collection's contents are elsewhere), WRITTEN_ONCE, CONFLICT (a claim is another
 * resource's), INVALID_BODY and TOO_LARGE (of a content that cannot be looked at where values are
 * unique; see was_pws_terms), QUOTA, UNAVAILABLE (also when parts of the content are missing). */
WAS_CHECKED const was_error_t *was_pws_resources_put(was_db_t *db, const was_grant_t *grant,
                                                     const was_pws_key_t *key,
                                                     const was_pws_write_t *write,
                                                     was_pws_meta_t *meta, bool *created,
                                                     apr_pool_t *pool);

/* Deletes, its chunks and its policy too, and leaves tombstones, its own with the label `writer`
 * (or NULL); what is not there is fine without a condition on it. Errors: NOT_FOUND (no such
 * collection), PRECONDITION. */
WAS_CHECKED const was_error_t *was_pws_resources_delete(was_db_t *db, const was_grant_t *grant,
                                                        const was_pws_key_t *key,
                                                        const was_conditions_t *conditions,
                                                        const char *writer, apr_pool_t *pool);

typedef struct was_pws_entry_t {
    const char *id;
    const char *type;
    const char *custom; /* JSON, or NULL */
    const char *epoch;
    const char *writer;
} was_pws_entry_t;

/* A page of the collection, ascending by id (by code units). Errors: NOT_FOUND (the collection is
 * gone). */
WAS_CHECKED const was_error_t *was_pws_resources_list(was_db_t *db, const char *space,
                                                      const char *collection,
                                                      const was_page_t *page,
                                                      const was_pws_entry_t **entries,
                                                      was_found_t *found, apr_pool_t *pool);

/* What the first columns of PWS_META_COLUMNS say, PWS_CONTENT_WRITTEN's among them as far as they
 * are the same, and all of them. For the verbs alone. */
enum { WAS_PWS_CONTENT_COLUMNS = 4 + WAS_PWS_STAMP_COLUMNS };
void was_pws_resources_read_content(const was_rows_t *rows, was_pws_meta_t *meta);
void was_pws_resources_read_meta(const was_rows_t *rows, was_pws_meta_t *meta);

/* Errors: NOT_FOUND. */
WAS_CHECKED const was_error_t *was_pws_resources_get_meta(was_db_t *db, const was_pws_key_t *key,
                                                          was_pws_meta_t *meta, apr_pool_t *pool);

/* Replaces custom and, unless it is to be kept, writer; an epoch of NULL stays as it is.
 * `is_envelope` is about `custom`. What "*" as a validator must not match is what is noted. */
typedef struct was_pws_meta_write_t {
    const char *custom; /* JSON, or NULL to clear */
    bool keeps_writer;
    const was_pws_notes_t *notes;
    const was_conditions_t *conditions; /* a time among them is ignored */
} was_pws_meta_write_t;

/* `meta` becomes what is there now. Errors: NOT_FOUND, PRECONDITION, NOT_ENCRYPTED, CONFLICT (a
 * value that is unique is another resource's), INVALID_BODY (the content beside it cannot be looked
 * at), QUOTA, UNAVAILABLE (others change it all the time). */
WAS_CHECKED const was_error_t *was_pws_resources_put_meta(was_db_t *db, const was_grant_t *grant,
                                                          const was_pws_key_t *key,
                                                          const was_pws_meta_write_t *write,
                                                          was_pws_meta_t *meta, apr_pool_t *pool);

#endif
