/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_REVOCATIONS_H
#define WAS_PWS_REVOCATIONS_H

#include "store/was_db.h"
#include "store/was_grant.h"

/*
 * was_pws_revocations: delegations that were revoked (protocol/pws section 8.5), by the hash of
 * each. They are remembered for as long as they could be used, also when the space is deleted or
 * changes hands meanwhile: the same id may come back to the same controller. Besides the errors
 * listed, gives those of was_db.
 */

/* How many a scope may remember. Who holds a delegation gets less, so that none can use up what the
 * controller needs to revoke him; and the controller is bound by this number alone, and by no
 * quota: whoever fills a space must not escape by that. */
enum { WAS_PWS_REVOCATIONS_MAX = 10000, WAS_PWS_REVOCATIONS_HOLDER_MAX = 1000 };

typedef struct was_pws_revocation_t {
    /* What the delegation's root is in: a space by its id; or, for one that is in no space, its
     * controller's DID, which is no id of a space. */
    const char *scope;
    const char *delegation; /* SHA-256 in hexadecimal */
    apr_int64_t keep_until; /* Unix seconds: how long it is remembered */
    bool by_controller;     /* and not by who holds a delegation */
} was_pws_revocation_t;

/*
 * Revokes a delegation by way of the grant's space, which must still be its controller's, and which
 * is charged for what is in it. What is revoked already is fine. Delegations of the scope that
 * nobody need remember any more are forgotten. Errors: NOT_FOUND (it does not control the space any
 * more; nothing was written), MOVING, QUOTA (by number, or for who is not the controller by bytes).
 */
WAS_CHECKED const was_error_t *was_pws_revocations_add(was_db_t *db, const was_grant_t *grant,
                                                       const was_pws_revocation_t *revocation,
                                                       apr_pool_t *pool);

#endif
