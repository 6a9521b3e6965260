/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CLASSIC_IMPORT_H
#define WAS_CLASSIC_IMPORT_H

#include "store/was_content.h"
#include "store/was_preconditions.h"

/*
 * was_classic_import: resources from an archive into a space of the classic protocol, all or none.
 * What is there already stays as it is.
 */

typedef struct was_classic_incoming_t {
    const char *path;
    was_content_t content; /* beyond WAS_PIECE_BYTES in parts, wherever it will stand */
} was_classic_incoming_t;

typedef struct was_classic_import_t {
    const char *space;
    const char *caller;
    const char *name, *link; /* the space's, where it has none; or NULL */
    apr_int64_t quota;       /* bytes that the space may be charged with; up to 0: no limit */
    bool in_parts; /* long contents stay in parts; else they come to stand in their rows */
    const was_conditions_t *conditions; /* on the space */
    /* From the first one on, also when all of it must be done once more. */
    const was_error_t *(*rewind)(void *baton);
    /* The next one, which lives as long as the pool; its path is NULL when there is none. */
    const was_error_t *(*next)(void *baton, was_classic_incoming_t *incoming, apr_pool_t *pool);
    void *baton;
    /* What came of it: */
    int created;
    int skipped;
} was_classic_import_t;

/* How long it may take. */
enum { WAS_CLASSIC_IMPORT_SECONDS = 600 };

/*
 * Writes what the source yields. Parts that a row names are its own then; of those that stand in
 * rows, the parts are the caller's to drop.
 * Errors: those of was_work and of the source; NOT_FOUND, pointer "/space"; FORBIDDEN; FROZEN;
 * PRECONDITION; QUOTA; UNAVAILABLE (also where parts of a content are missing). Nothing is written
 * then.
 */
WAS_CHECKED const was_error_t *was_classic_import(was_db_t *db, was_classic_import_t *import,
                                                  apr_pool_t *pool);

#endif
