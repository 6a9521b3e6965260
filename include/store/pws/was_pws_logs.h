/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_LOGS_H
#define WAS_PWS_LOGS_H

#include "store/was_db.h"
#include "store/was_grant.h"
#include "store/was_preconditions.h"

#include <apr_time.h>

/*
 * was_pws_logs: the logs that govern what collections say of their encryption (protocol/pws
 * section 15), whole and byte for byte; what the last line says becomes the collection's. A log
 * only grows, by one line at a time. Besides the errors listed, all give those of was_db.
 */

typedef struct was_pws_log_t {
    const char *body;
    apr_size_t length;
    /* In a change, what the body says: */
    apr_size_t before;     /* so many bytes stand before its last line; 0: it is the only one */
    const char *method;    /* of its first line */
    const char *state;     /* JSON: of its last line, without what that says of revisions */
    const char *revisions; /* JSON: what it says of those; NULL for nothing */
    /* What is there: */
    const char *etag;
    apr_time_t updated;
} was_pws_log_t;

/* Sets body, length, etag and updated. Errors: NOT_FOUND. */
WAS_CHECKED const was_error_t *was_pws_logs_get(was_db_t *db, const char *space,
                                                const char *collection, was_pws_log_t *log,
                                                apr_pool_t *pool);

/*
 * Makes the log, or adds a line to it, under conditions on what is there; `log->etag` becomes what
 * is there then. Of the same body as before nothing is written (`*is_repeated`).
 * Errors: PRECONDITION (also where what is there is not the beginning of the body), INVALID_BODY
 * (more than a line is added, or less; an epoch would go), IMMUTABLE (the collection has said by
 * itself which encryption or plaintext it takes; scheme, version or hmac would change),
 * REVISIONS_FIXED, QUOTA, NOT_FOUND (no such collection, or the grant does not hold any more).
 */
WAS_CHECKED const was_error_t *was_pws_logs_put(was_db_t *db, const was_grant_t *grant,
                                                const char *collection, was_pws_log_t *log,
                                                const was_conditions_t *conditions,
                                                bool *is_repeated, apr_pool_t *pool);

/* Of a body that cannot be a log: what would be wrong with its write before that is. Errors:
 * NOT_FOUND, PRECONDITION, as above. */
WAS_CHECKED const was_error_t *was_pws_logs_check(was_db_t *db, const was_grant_t *grant,
                                                  const char *collection, const was_pws_log_t *log,
                                                  const was_conditions_t *conditions,
                                                  apr_pool_t *pool);

#endif
