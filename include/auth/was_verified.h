/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_VERIFIED_H
#define WAS_VERIFIED_H

#include "auth/was_zcap.h"

/*
 * was_verified: the chains of capabilities that this process has verified, so that one that comes
 * again is neither taken apart nor verified again. Keeps only what holds for ever (signatures,
 * attenuation); what time or a revocation can change is asked again for every request.
 */

typedef struct was_verified_t was_verified_t;

/* Room for `slots` capabilities of 8 KiB each; a newer one takes the place of an older one. Safe
 * for threads; to be made before there are any. Lives as long as the pool. NULL when there is no
 * lock to be had, which the others take for a set that remembers nothing. */
was_verified_t *was_verified_make(int slots, apr_pool_t *pool);

/* The verified chain of a capability, named by all its bytes as sent; NULL when it is not known. It
 * lives as long as the pool. Its delegations have no JSON. */
const was_zcap_chain_t *was_verified_find(was_verified_t *verified, const char *capability,
                                          apr_pool_t *pool);

/* Remembers a copy of a chain that was_zcap_verify accepted under its first delegator, unless it is
 * too long for the room of one. */
void was_verified_add(was_verified_t *verified, const char *capability,
                      const was_zcap_chain_t *chain);

#endif
