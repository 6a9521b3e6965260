/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DID_H
#define WAS_DID_H

#include "base/was_error.h"

#include <stdbool.h>

/*
 * was_did: decentralized identifiers as text (DID Core section 3.1). The only reader of them. Knows
 * no method, no key and no right.
 */

enum { WAS_DID_MAX_BYTES = 512 };

/* Whether the whole text is a DID of at most WAS_DID_MAX_BYTES, and no DID URL: it has no path,
 * query or fragment. */
bool was_did_valid(const char *text);

/*
 * The DID of a DID URL that names a controller: what stands before `#`, in the pool.
 * Errors: INVALID_BODY, pointer "#/controller" (not `did:method:id` of DID Core section 3.1, more
 * than WAS_DID_MAX_BYTES, a path or query).
 */
WAS_CHECKED const was_error_t *was_did_of_controller(const char *text, const char **did,
                                                     apr_pool_t *pool);

#endif
