/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DID_H
#define WAS_DID_H

#include "auth/was_crypto.h"

/*
 * was_did: decentralized identifiers as text, and the one method that can be resolved without
 * asking anybody: did:key with an Ed25519 key. Knows no signature and no right.
 */

enum { WAS_DID_MAX_BYTES = 512 };

typedef struct was_did_key_t {
    const char *did; /* "did:key:z6Mk...", without fragment; in the pool */
    unsigned char key[WAS_ED25519_KEY_BYTES];
} was_did_key_t;

/*
 * Resolves `did:key:z6Mk...` with or without a fragment; a fragment must repeat the key
 * ("did:key:F#F").
 * Errors: UNAUTHENTICATED (another method, another key type, text that is not canonical base58btc,
 * a key that is not canonical or of small order, a fragment that names another key, a path or
 * query).
 */
const was_error_t *was_did_key_resolve(const char *did_url, was_did_key_t *key, apr_pool_t *pool);

/*
 * The DID of a DID URL that names a controller: what stands before `#`, in the pool.
 * Errors: INVALID_BODY, pointer "#/controller" (not `did:method:id` of DID Core section 3.1, more
 * than WAS_DID_MAX_BYTES, a path or query).
 */
const was_error_t *was_did_of_controller(const char *text, const char **did, apr_pool_t *pool);

#endif
