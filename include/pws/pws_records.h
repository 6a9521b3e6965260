/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_RECORDS_H
#define PWS_RECORDS_H

#include "store/pws/was_pws_archive.h"
#include "store/pws/was_pws_collections.h"
#include "store/pws/was_pws_spaces.h"

/*
 * pws_records: what the JSON entries of an archive say (protocol/pws-next F.3). Each makes one text
 * in the pool. Errors: BROKEN (what is stored cannot be said in JSON).
 */

/* `backends` is the JSON list of them, as it is served. */
WAS_CHECKED const was_error_t *pws_record_space(const was_pws_space_t *space,
                                                apr_int64_t generation, const char *backends,
                                                const char **text, apr_pool_t *pool);

/* What a log says of the encryption of one that it governs is said by the log alone. */
WAS_CHECKED const was_error_t *pws_record_collection(const was_pws_collection_t *collection,
                                                     const char *generation, bool is_governed,
                                                     const char **text, apr_pool_t *pool);

/* Of a collection that is there no more. */
WAS_CHECKED const was_error_t *pws_record_tombstone(const was_pws_archived_t *record,
                                                    const char **text, apr_pool_t *pool);

/* Of a resource, or of one that is there no more. */
WAS_CHECKED const was_error_t *pws_record_meta(const was_pws_archived_t *record, const char **text,
                                               apr_pool_t *pool);

WAS_CHECKED const was_error_t *pws_record_chunk(const was_pws_archived_t *record, const char **text,
                                                apr_pool_t *pool);

WAS_CHECKED const was_error_t *pws_record_policy(const char *document, const was_pws_stamp_t *stamp,
                                                 const char *generation, const char **text,
                                                 apr_pool_t *pool);

WAS_CHECKED const was_error_t *pws_record_log(const was_pws_archived_log_t *log, const char **text,
                                              apr_pool_t *pool);

#endif
