/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CRYPTO_H
#define WAS_CRYPTO_H

#include "base/was_error.h"

#include <stdbool.h>

/*
 * was_crypto: digests and signature checks. The only room that includes libsodium's or OpenSSL's
 * headers, besides the alphabets of was_encoding. Knows bytes, not what they mean.
 */

enum {
    WAS_ED25519_KEY_BYTES = 32,
    WAS_ED25519_SIGNATURE_BYTES = 64,
    WAS_SHA256_BYTES = 32,
    WAS_DIGEST_MAX_BYTES = 64
};

/* Readies the libraries; call once, before there are threads. False: we must not serve. */
bool was_crypto_init(void);

/*
 * Ed25519 (RFC 8032) over `length` bytes. Refuses, as libsodium does, keys and R of small order,
 * non-canonical keys, and S outside the group order, so that no signature has a second form.
 */
bool was_crypto_verify_ed25519(const unsigned char key[WAS_ED25519_KEY_BYTES],
                               const unsigned char signature[WAS_ED25519_SIGNATURE_BYTES],
                               const void *message, apr_size_t length);

/* Whether the bytes can be an Ed25519 public key: canonical, and not of small order. That they name
 * no point of the curve is found only by verifying, which then fails. */
bool was_crypto_valid_ed25519_key(const unsigned char key[WAS_ED25519_KEY_BYTES]);

/* Compares without telling by its time where the difference is. */
bool was_crypto_equal(const void *a, const void *b, apr_size_t length);

void was_crypto_sha256(const void *bytes, apr_size_t length,
                       unsigned char digest[WAS_SHA256_BYTES]);

enum { WAS_MAC_KEY_BYTES = 16, WAS_MAC_BYTES = 16 };

/* What only who has the key can make of these few bytes (SipHash-2-4 of 128 bits: a tenth of what a
 * keyed BLAKE2b takes for them). */
void was_crypto_mac(const unsigned char key[WAS_MAC_KEY_BYTES], const void *bytes,
                    apr_size_t length, unsigned char mac[WAS_MAC_BYTES]);

/* A number for a table: of the same bytes the same, until was_crypto_init is called again. Who does
 * not know the key, which nobody is told, cannot make two of them meet. */
apr_uint32_t was_crypto_short_hash(const void *bytes, apr_size_t length);

typedef enum was_digest_algorithm_t { WAS_DIGEST_SHA256, WAS_DIGEST_SHA512 } was_digest_algorithm_t;

/* A digest over bytes that come in pieces. */
typedef struct was_hasher_t was_hasher_t;

/* Errors: BROKEN when OpenSSL refuses (out of memory). */
WAS_CHECKED const was_error_t *was_hasher_make(was_digest_algorithm_t algorithm,
                                               was_hasher_t **hasher, apr_pool_t *pool);
void was_hasher_update(was_hasher_t *hasher, const void *bytes, apr_size_t length);

/* Ends the digest: 32 or 64 bytes, or 0 when OpenSSL failed on the way. The hasher must not be used
 * afterwards. */
apr_size_t was_hasher_finish(was_hasher_t *hasher, unsigned char digest[WAS_DIGEST_MAX_BYTES]);

/* A new UUID of version 4 (RFC 9562): 36 characters in lower case, in the pool. */
const char *was_crypto_uuid(apr_pool_t *pool);

#endif
