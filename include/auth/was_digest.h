/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DIGEST_H
#define WAS_DIGEST_H

#include "auth/was_crypto.h"

/*
 * was_digest: what a client says the body's digest is. Knows the three spellings that wallets use,
 * not the body.
 */

typedef struct was_digest_t {
    was_digest_algorithm_t algorithm;
    unsigned char bytes[WAS_DIGEST_MAX_BYTES];
    apr_size_t count; /* 32 or 64; 0: none */
} was_digest_t;

/*
 * Reads a `Digest` field (RFC 3230: `SHA-256=<base64>`, `SHA-512=<base64>`; wallets also send
 * `mh=<multibase of a SHA-256 multihash>`): the first entry of the list whose algorithm is known.
 * Errors: UNAUTHENTICATED, pointer "/authorization": none is known, or a known one is malformed or
 * contradicts the first.
 */
WAS_CHECKED const was_error_t *was_digest_parse(const char *value, was_digest_t *digest,
                                                apr_pool_t *pool);

/* Reads a `Content-Digest` field (RFC 9530: `sha-256=:<base64>:`, `sha-512=:...:`), as above. */
WAS_CHECKED const was_error_t *was_digest_parse_content(const char *value, was_digest_t *digest,
                                                        apr_pool_t *pool);

/*
 * Reads a `Content-Digest` or `Repr-Digest` field that no signature covers: one that knows none of
 * the algorithms says nothing.
 * Errors: MALFORMED, pointer "/body": a known one is malformed or contradicts the first.
 */
WAS_CHECKED const was_error_t *was_digest_parse_unsigned(const char *value, was_digest_t *digest,
                                                         apr_pool_t *pool);

#endif
