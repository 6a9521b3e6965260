/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_ARCHIVE_H
#define WAS_PWS_ARCHIVE_H

#include "store/pws/was_pws_stamp.h"
#include "store/was_content.h"

#include <apr_time.h>

/*
 * was_pws_archive: all that a space has, a page at a time, for an archive of it (protocol/pws-next
 * section F). Each record is of one moment, with its content; what is below a collection is that
 * collection's and no later life's. Besides the errors listed, all give those of was_db.
 */

typedef enum was_pws_kind_t {
    /* below a space, with what is left of those that are deleted: */
    WAS_PWS_COLLECTIONS,
    /* below a collection, the same: */
    WAS_PWS_RESOURCES,
    /* below a resource's mark of its chunks; ids are numbers */
    WAS_PWS_CHUNKS
} was_pws_kind_t;

typedef struct was_pws_archived_t {
    const char *id;
    const char *generation; /* as it is shown */
    apr_int64_t life;       /* of a collection: what is below it has this */
    was_pws_stamp_t stamp;
    bool is_deleted;
    const char *document; /* what is noted as custom: JSON; or NULL */
    /* Of resources, chunks, and, as far as they are known, what is left of resources: */
    const char *writer;     /* or NULL */
    was_resource_t content; /* its type may be NULL */
    apr_time_t created;
    const char *created_by;       /* or NULL */
    const char *epoch;            /* or NULL */
    const char *noted_generation; /* NULL: nothing was noted, and it has no stamp */
    was_pws_stamp_t noted;
    const char *policy; /* JSON; NULL: it has none, and the next two are not set */
    const char *policy_generation;
    was_pws_stamp_t policy_stamp;
    bool has_chunks;
    apr_int64_t chunks; /* the mark of them */
} was_pws_archived_t;

/* Where a listing goes on; all zero but for what it lists. */
typedef struct was_pws_listed_t {
    was_pws_kind_t kind;
    const char *space;
    apr_int64_t parent; /* generation, or mark */
    const char *origin; /* of all stamps */
    char from[512];
    bool is_over;
} was_pws_listed_t;

/* The generation of a space. Errors: NOT_FOUND. */
WAS_CHECKED const was_error_t *was_pws_archive_space(was_db_t *db, const char *space,
                                                     apr_int64_t *generation, apr_pool_t *pool);

/* The next page, ascending by id; at its end `is_over`. A page comes to WAS_PAGE_BYTES, or is one
 * record. */
WAS_CHECKED const was_error_t *was_pws_archive_list(was_db_t *db, was_pws_listed_t *listed,
                                                    const was_pws_archived_t **records, int *count,
                                                    apr_pool_t *pool);

/* The log that governs a collection; `*body` is NULL where there is none. */
typedef struct was_pws_archived_log_t {
    const char *generation;
    was_pws_stamp_t stamp;
    const char *body;
    apr_size_t length;
} was_pws_archived_log_t;

WAS_CHECKED const was_error_t *was_pws_archive_log(was_db_t *db, const was_pws_listed_t *listed,
                                                   was_pws_archived_log_t *log, apr_pool_t *pool);

#endif
