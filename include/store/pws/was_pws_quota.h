/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_QUOTA_H
#define WAS_PWS_QUOTA_H

#include "store/was_db.h"
#include "store/was_grant.h"
#include "store/was_step.h"

/*
 * was_pws_quota: whether it was the quota that kept a write from its row. Private to the store's
 * verbs of Portable Web Spaces. Besides the errors listed, all give those of was_db.
 */

/* Adds the lock of the space, under a quota: what is summed up stays so until the write is done. */
void was_pws_quota_lock(was_transaction_t *transaction, const was_grant_t *grant, apr_pool_t *pool);

/*
 * To be asked last, when a write that may write where it wanted to has found no row: NULL where
 * there is no quota. Errors: QUOTA; NOT_FOUND (the space is its controller's no more).
 */
WAS_CHECKED const was_error_t *was_pws_quota_explain(was_db_t *db, const was_grant_t *grant,
                                                     apr_pool_t *pool);

#endif
