/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_ARCHIVE_NAMES_H
#define PWS_ARCHIVE_NAMES_H

#include "base/was_error.h"

#include <stdbool.h>

/*
 * pws_archive_names: the names of entries in the archive of a space (protocol/pws-next F.2), made
 * and read. Knows no tar and no content.
 */

typedef enum pws_entry_kind_t {
    PWS_ENTRY_STRAY, /* nothing that is imported; its name does no harm */
    PWS_ENTRY_MANIFEST,
    PWS_ENTRY_DIRECTORY, /* that may be there: "space/", of a space, a collection, or chunks */
    PWS_ENTRY_SPACE,
    PWS_ENTRY_SPACE_POLICY,
    PWS_ENTRY_DELETED_COLLECTION,
    PWS_ENTRY_COLLECTION,
    PWS_ENTRY_COLLECTION_POLICY,
    PWS_ENTRY_LOG,
    PWS_ENTRY_META,
    PWS_ENTRY_POLICY,
    PWS_ENTRY_CONTENT,
    PWS_ENTRY_CHUNK,
    PWS_ENTRY_CHUNK_META,
    PWS_ENTRY_REVOCATION
} pws_entry_kind_t;

/* What a name says; what it does not is NULL. */
typedef struct pws_entry_name_t {
    pws_entry_kind_t kind;
    const char *space;
    const char *collection;
    const char *resource;
    apr_int64_t number; /* of a chunk */
    const char *type;   /* media type of a content or chunk */
} pws_entry_name_t;

/* The name of what these members say, in the pool; of a directory too, that of the deepest one that
 * they name. Not of a stray, nor of a revocation. */
const char *pws_entry_name_make(const pws_entry_name_t *entry, apr_pool_t *pool);

/*
 * Takes the name of an entry apart; a directory's ends with a slash. Ids are ids, types can be
 * sent, numbers are canonical and a percent-encoding is the one that is made.
 * Errors: INVALID_ID (where an id stands that is none), MALFORMED (a name that leads elsewhere: an
 * empty segment, `.` or `..`, absolute; or with a control character).
 */
WAS_CHECKED const was_error_t *pws_entry_name_read(const char *name, pws_entry_name_t *entry,
                                                   apr_pool_t *pool);

#endif
