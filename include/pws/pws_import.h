/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_IMPORT_H
#define PWS_IMPORT_H

#include "http/was_catalog.h"
#include "http/was_protocol.h"
#include "http/was_request.h"
#include "http/was_spool.h"
#include "http/was_stow.h"
#include "http/was_unpack.h"
#include "pws/pws_archive_names.h"
#include "store/pws/was_pws_import.h"

/*
 * pws_import: the archive of a space on its way in (protocol/pws-next F.6): looked at as a whole,
 * then handed to the store record by record. Private to the files of that name.
 */

/* An entry that counts. */
typedef struct pws_item_t {
    pws_entry_kind_t kind;
    apr_int64_t size;
    apr_int64_t offset; /* in the archive */
    apr_int64_t number; /* of a chunk */
    apr_int64_t type;   /* where its media type is, among the types */
    bool is_envelope;   /* a content is */
    bool has_terms;     /* and is to be found by them */
} pws_item_t;

enum {
    PWS_IMPORT_ENTRIES_MAX = 1000000,
    PWS_IMPORT_NAME_MAX = 4095,
    PWS_IMPORT_REVOCATIONS_MAX = 1000,
    PWS_IMPORT_TEXT_MAX = 64 * 1024, /* of a JSON entry */
    /* Of one with a log: as JSON, it may be twice as long. */
    PWS_IMPORT_LOG_MAX = 2 * WAS_LINES_MAX_BYTES + 4096
};

typedef struct pws_import_t {
    was_request_t *request;
    was_unpack_source_t source;
    const char *space;    /* the archive's id of it */
    was_catalog_t *items; /* by collection, resource and kind: pws_item_t */
    was_catalog_t *names; /* of all entries: whether one is a directory */
    was_spool_t *types;   /* media types, each with a NUL */
    apr_int64_t types_end;
    apr_int64_t bytes; /* of all contents */
    apr_size_t entries;
    const char *name;                /* that the archive gives the space; or NULL */
    bool has_space;                  /* it says something of the space itself */
    int unattested;                  /* records whose origin nobody has proven */
    apr_array_header_t *revocations; /* pws_item_t */
    was_stow_t *stow; /* contents too long for a row, by their place among the items */
} pws_import_t;

/* Looks at all of the archive; nothing is stored. Errors: INVALID_ARCHIVE, QUOTA, NOT_ENCRYPTED,
 * those of was_spool. */
WAS_CHECKED const was_error_t *pws_import_check(pws_import_t *import);

/* What a JSON entry says; each is checked. Errors: INVALID_ARCHIVE. */
WAS_CHECKED const was_error_t *pws_import_read_space(pws_import_t *import, const pws_item_t *item,
                                                     apr_pool_t *pool);
WAS_CHECKED const was_error_t *pws_import_read_collection(const pws_import_t *import,
                                                          const pws_item_t *item, const char *id,
                                                          was_pws_incoming_t *record,
                                                          apr_pool_t *pool);
/* Of a log: what it says is the collection's. */
WAS_CHECKED const was_error_t *pws_import_read_log(const pws_import_t *import,
                                                   const pws_item_t *item,
                                                   was_pws_incoming_t *record, apr_pool_t *pool);
WAS_CHECKED const was_error_t *pws_import_read_tombstone(const pws_import_t *import,
                                                         const pws_item_t *item,
                                                         was_pws_incoming_t *record,
                                                         apr_pool_t *pool);
WAS_CHECKED const was_error_t *pws_import_read_meta(const pws_import_t *import,
                                                    const pws_item_t *item, bool *is_deleted,
                                                    was_pws_incoming_t *record, apr_pool_t *pool);
WAS_CHECKED const was_error_t *pws_import_read_policy(const pws_import_t *import,
                                                      const pws_item_t *item,
                                                      was_pws_incoming_t *record, apr_pool_t *pool);
WAS_CHECKED const was_error_t *pws_import_read_chunk_meta(const pws_import_t *import,
                                                          const pws_item_t *item,
                                                          was_pws_incoming_t *record,
                                                          apr_pool_t *pool);

WAS_CHECKED const was_error_t *pws_import_read_revocation(const pws_import_t *import,
                                                          const pws_item_t *item,
                                                          json_t **capability, apr_pool_t *pool);
WAS_CHECKED const was_error_t *pws_import_object(const pws_import_t *import, const pws_item_t *item,
                                                 json_t **object, apr_pool_t *pool);

/* All of an entry, NUL behind it. Errors: those of the source. */
WAS_CHECKED const was_error_t *pws_import_bytes(const pws_import_t *import, const pws_item_t *item,
                                                const char **bytes, apr_pool_t *pool);

/* The media type of a content. */
WAS_CHECKED const was_error_t *pws_import_type(const pws_import_t *import, const pws_item_t *item,
                                               const char **type, apr_pool_t *pool);

/* Looks at a content of a JSON type: sets what the item says of it, and its terms, in the pool.
 * Errors: INVALID_ARCHIVE. */
WAS_CHECKED const was_error_t *pws_import_inspect(const pws_import_t *import, const char *type,
                                                  pws_item_t *item, was_pws_terms_t *terms,
                                                  apr_pool_t *pool);

/* What a key of an item says; `resource` is NULL where it is of none. */
void pws_import_split_key(const char *key, const char **collection, const char **resource,
                          apr_pool_t *pool);

/* Contents that are too long for a row go into parts now. Errors: those of was_stow_add. */
WAS_CHECKED const was_error_t *pws_import_store_parts(pws_import_t *import);

/* Revokes what was revoked where the archive comes from, as far as the importer could; what is left
 * out, the log says. */
void pws_import_revoke(const pws_import_t *import);

/* The records, for the store. */
was_pws_incoming_source_t pws_import_records(pws_import_t *import);

#endif
