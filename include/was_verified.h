/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_VERIFIED_H
#define WAS_VERIFIED_H

#include "was_crypto.h"

/*
 * was_verified: which capabilities' chains were verified already, by this process. Remembers that
 * something holds for ever (signatures, attenuation), and nothing that time or a revocation can
 * change: those are asked again for every request.
 */

typedef struct was_verified_t was_verified_t;

/* Room for `slots` capabilities; a newer one takes the place of an older one. Safe for threads. */
was_verified_t *was_verified_make(int slots, apr_pool_t *pool);

/* Names a capability by all its bytes, as sent. */
void was_verified_key(const char *capability, unsigned char key[WAS_SHA256_BYTES]);

bool was_verified_has(was_verified_t *verified, const unsigned char key[WAS_SHA256_BYTES]);
void was_verified_add(was_verified_t *verified, const unsigned char key[WAS_SHA256_BYTES]);

#endif
