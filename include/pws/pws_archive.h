/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_ARCHIVE_H
#define PWS_ARCHIVE_H

#include "http/was_respond.h"
#include "pws/pws_archive_names.h"

/*
 * pws_archive: an archive in the making. Its entries are added in any order, and sent in the one
 * that archives have, behind a manifest of them. They are kept in unnamed files until then; only
 * contents in parts are read while they are sent: parts do not change, and are not swept while
 * somebody reads on. Knows no table, and not what the entries hold.
 *
 * Errors of all that add: those of was_spool.
 */
typedef struct pws_archive_t pws_archive_t;

/* An empty one, of the space of this id, which is kept. */
WAS_CHECKED const was_error_t *pws_archive_make(was_request_t *request, const char *space,
                                                pws_archive_t **archive);

/* A directory: "space/" where the entry names no space, else the deepest one that it names. */
WAS_CHECKED const was_error_t *
pws_archive_add_directory(pws_archive_t *archive, const pws_entry_name_t *entry, apr_pool_t *pool);

/* An entry with a text. */
WAS_CHECKED const was_error_t *pws_archive_add_text(pws_archive_t *archive,
                                                    const pws_entry_name_t *entry, const char *text,
                                                    apr_pool_t *pool);

/* An entry with a stored content. Errors: also those of was_content_read, but UNAVAILABLE where the
 * content was written meanwhile. */
WAS_CHECKED const was_error_t *pws_archive_add_content(pws_archive_t *archive,
                                                       const pws_entry_name_t *entry,
                                                       const was_resource_t *content,
                                                       apr_pool_t *pool);

/* Makes it the answer. Nothing is added any more. */
WAS_CHECKED const was_error_t *pws_archive_answer(pws_archive_t *archive, was_response_t *response);

#endif
