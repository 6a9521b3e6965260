/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_IMPORT_H
#define WAS_PWS_IMPORT_H

#include "store/pws/was_pws_collections.h"
#include "store/pws/was_pws_logs.h"
#include "store/pws/was_pws_terms.h"
#include "store/was_content.h"
#include "store/was_grant.h"

/*
 * was_pws_import: records from an archive into a space, all or none (protocol/pws-next F.6). What
 * is there already, or was deleted here, stays as it is. Every record gets a stamp of this database
 * and a position of its own in its collection, of one block; a generation is kept where it can be.
 */

typedef enum was_pws_incoming_kind_t {
    WAS_PWS_IN_NAME,         /* of the space itself */
    WAS_PWS_IN_SPACE_POLICY, /* of it */
    WAS_PWS_IN_DELETED_COLLECTION,
    WAS_PWS_IN_COLLECTION, /* before all that is in it */
    WAS_PWS_IN_COLLECTION_POLICY,
    WAS_PWS_IN_RESOURCE, /* before its chunks and its policy */
    WAS_PWS_IN_DELETED_RESOURCE,
    WAS_PWS_IN_CHUNK,
    WAS_PWS_IN_POLICY
} was_pws_incoming_kind_t;

typedef struct was_pws_incoming_t {
    was_pws_incoming_kind_t kind;
    const char *resource;             /* id, where it is of one */
    const char *document;             /* a policy, or the space's name */
    apr_int64_t generation;           /* 0: a new one */
    apr_time_t created;               /* 0: now */
    was_pws_collection_t *collection; /* of itself; of what was deleted only the id */
    const was_pws_log_t *log;         /* that governs it, which has said what it takes; or NULL */
    apr_int64_t log_generation;
    /* Of a resource or a chunk: */
    was_content_t content; /* its type is known of what was deleted, too, or NULL */
    was_pws_terms_t terms; /* of a resource */
    bool is_envelope;      /* the content, and what is noted */
    const char *custom;
    const char *epoch;
    const char *writer;
    bool is_noted; /* something is noted, or was */
    apr_int64_t noted_generation;
    apr_int64_t number;      /* of a chunk */
    int nchunks;             /* of a resource */
    apr_int64_t chunk_bytes; /* of all of them, contents and types */
} was_pws_incoming_t;

/* Where they come from, in this order: what is the space's own, then each collection, ascending by
 * id, with all that is in it. */
typedef struct was_pws_incoming_source_t {
    /* From the first one on, also when all of it must be done once more. */
    const was_error_t *(*rewind)(void *baton);
    /* The next one, which lives as long as the pool; `*ended` when there is none. */
    const was_error_t *(*next)(void *baton, was_pws_incoming_t *record, bool *ended,
                               apr_pool_t *pool);
    void *baton;
} was_pws_incoming_source_t;

typedef struct was_pws_counted_t {
    int created;
    int skipped;
} was_pws_counted_t;

typedef struct was_pws_imported_t {
    was_pws_counted_t collections, resources, policies;
} was_pws_imported_t;

/* How long it may take. */
enum { WAS_PWS_IMPORT_SECONDS = 600 };

/*
 * Writes what the source yields. Parts of contents that are written are the rows' then.
 * Errors: those of was_work and of the source; NOT_FOUND (the grant does not hold any more), QUOTA,
 * NOT_ENCRYPTED (a content, or what is noted, where the collection takes envelopes only), CONFLICT
 * (a claim, or a value that is to be unique, is another resource's, of the archive or there
 * already), INVALID_ARCHIVE (the database cannot read JSON of which values are to be unique: beyond
 * WAS_PIECE_BYTES, or with an escaped NUL), UNKNOWN_BACKEND (the collection's contents are
 * elsewhere), UNAVAILABLE (also where parts of a content are missing). Nothing is written then.
 */
WAS_CHECKED const was_error_t *was_pws_import(was_db_t *db, const was_grant_t *grant,
                                              const was_pws_incoming_source_t *source,
                                              was_pws_imported_t *imported, apr_pool_t *pool);

#endif
