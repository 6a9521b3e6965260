/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_BACKENDS_H
#define WAS_PWS_BACKENDS_H

#include "store/was_db.h"
#include "store/was_grant.h"
#include "store/was_page.h"

/*
 * was_pws_backends: places that a client registered for its collections (protocol/pws section
 * 17.2). Besides the errors listed, all give those of was_db.
 */

/* An id, and a JSON descriptor without secrets. */
typedef struct was_pws_backend_t {
    const char *id;
    const char *descriptor;
} was_pws_backend_t;

/* How many a space may register; there may be more of before that was so. */
enum { WAS_PWS_MAX_BACKENDS = 32 };

/* The rows of PWS_BACKEND_LIST. */
const was_pws_backend_t *was_pws_backends_read(const was_rows_t *rows, int *count,
                                               apr_pool_t *pool);

/* Those of a space, ascending by id, up to WAS_PAGE_BYTES of descriptors. */
WAS_CHECKED const was_error_t *was_pws_backends_list(was_db_t *db, const char *space,
                                                     const was_pws_backend_t **backends, int *count,
                                                     apr_pool_t *pool);

/* Errors: NOT_FOUND. */
WAS_CHECKED const was_error_t *was_pws_backends_get(was_db_t *db, const char *space, const char *id,
                                                    const char **descriptor, apr_pool_t *pool);

/* Registers; with `replace` also over one of this id. Errors: CONFLICT, QUOTA, NOT_FOUND (the
 * grant does not hold any more), UNAVAILABLE (with `replace`, where others change them all the
 * time). */
WAS_CHECKED const was_error_t *was_pws_backends_put(was_db_t *db, const was_grant_t *grant,
                                                    bool replace, const was_pws_backend_t *backend,
                                                    bool *created, apr_pool_t *pool);

/* What is not there is fine. Errors: NOT_FOUND (the grant does not hold any more). */
WAS_CHECKED const was_error_t *was_pws_backends_delete(was_db_t *db, const was_grant_t *grant,
                                                       const char *id, apr_pool_t *pool);

#endif
