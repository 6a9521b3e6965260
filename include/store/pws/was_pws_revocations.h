/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_REVOCATIONS_H
#define WAS_PWS_REVOCATIONS_H

#include "store/was_db.h"

/*
 * was_pws_revocations: delegations of a space that were revoked (protocol/pws section 8.5), by the
 * hash of each. Besides the errors listed, gives those of was_db.
 */

/*
 * Revokes a delegation, SHA-256 in hexadecimal, of a space that `controller` controls, to be
 * remembered until the time (Unix seconds). What is revoked already is fine. Delegations that
 * nobody need remember any more are forgotten.
 * Errors: NOT_FOUND (it does not control the space any more; nothing was written).
 */
WAS_CHECKED const was_error_t *was_pws_revocations_add(was_db_t *db, const char *space,
                                                       const char *controller,
                                                       const char *delegation,
                                                       apr_int64_t keep_until, apr_pool_t *pool);

#endif
