/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_crypto: digests, signature checks and randomness, from libsodium and OpenSSL.
 * Refuses to know whose key it is or what was signed.
 */

#include "auth/was_crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

enum { UUID_BYTES = 36 };

struct was_hasher_t {
    EVP_MD_CTX *context; /* NULL once the digest has ended */
    apr_pool_t *pool;
    bool failed;
};

/* Of was_crypto_short_hash. */
static unsigned char short_key[crypto_shorthash_KEYBYTES];

bool was_crypto_init(void)
{
    if (sodium_init() < 0 || OPENSSL_init_crypto(0, NULL) != 1) {
        return false;
    }
    randombytes_buf(short_key, sizeof(short_key));
    return true;
}

bool was_crypto_verify_ed25519(const unsigned char key[WAS_ED25519_KEY_BYTES],
                               const unsigned char signature[WAS_ED25519_SIGNATURE_BYTES],
                               const void *message, apr_size_t length)
{
    return crypto_sign_verify_detached(signature, message, length, key) == 0;
}

/* Whether y, without the sign of x, is below p = 2^255 - 19. */
static bool is_canonical(const unsigned char y[WAS_ED25519_KEY_BYTES])
{
    if (y[31] != 0x7f) {
        return true;
    }
    for (int i = 30; i > 0; i--) {
        if (y[i] != 0xff) {
            return true;
        }
    }
    return y[0] < 0xed;
}

/*
 * libsodium's own test of a point multiplies it by the group order, which costs as much as a
 * verification. That a key names no point at all is found out by verifying; here it is enough to
 * know the five y of the points of order 1, 2, 4 and 8.
 */
bool was_crypto_valid_ed25519_key(const unsigned char key[WAS_ED25519_KEY_BYTES])
{
    static const unsigned char small[5][WAS_ED25519_KEY_BYTES] = {
        {0},
        {1},
        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
         0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
         0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
        {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
         0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
         0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};
    unsigned char y[WAS_ED25519_KEY_BYTES];

    memcpy(y, key, sizeof(y));
    y[31] &= 0x7f;
    for (int i = 0; i < 5; i++) {
        if (memcmp(y, small[i], sizeof(y)) == 0) {
            return false;
        }
    }
    return is_canonical(y);
}

bool was_crypto_equal(const void *a, const void *b, apr_size_t length)
{
    return sodium_memcmp(a, b, length) == 0;
}

/* libsodium's, because it cannot fail: no memory is asked for. Long inputs go through a hasher. */
void was_crypto_sha256(const void *bytes, apr_size_t length, unsigned char digest[WAS_SHA256_BYTES])
{
    crypto_hash_sha256(digest, bytes, length);
}

void was_crypto_mac(const unsigned char key[WAS_MAC_KEY_BYTES], const void *bytes,
                    apr_size_t length, unsigned char mac[WAS_MAC_BYTES])
{
    crypto_shorthash_siphashx24(mac, bytes, length, key);
}

apr_uint32_t was_crypto_short_hash(const void *bytes, apr_size_t length)
{
    unsigned char hash[crypto_shorthash_BYTES];
    apr_uint32_t number;

    crypto_shorthash(hash, bytes, length, short_key);
    memcpy(&number, hash, sizeof(number));
    return number;
}

static apr_status_t free_context(void *baton)
{
    was_hasher_t *hasher = baton;

    EVP_MD_CTX_free(hasher->context);
    hasher->context = NULL;
    return APR_SUCCESS;
}

const was_error_t *was_hasher_make(was_digest_algorithm_t algorithm, was_hasher_t **hasher,
                                   apr_pool_t *pool)
{
    const EVP_MD *digest = algorithm == WAS_DIGEST_SHA512 ? EVP_sha512() : EVP_sha256();
    was_hasher_t *made = apr_pcalloc(pool, sizeof(*made));

    made->pool = pool;
    made->context = EVP_MD_CTX_new();
    apr_pool_cleanup_register(pool, made, free_context, apr_pool_cleanup_null);
    if (made->context == NULL || EVP_DigestInit_ex(made->context, digest, NULL) != 1) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "OpenSSL cannot begin a digest");
    }
    *hasher = made;
    return NULL;
}

void was_hasher_update(was_hasher_t *hasher, const void *bytes, apr_size_t length)
{
    if (EVP_DigestUpdate(hasher->context, bytes, length) != 1) {
        hasher->failed = true;
    }
}

apr_size_t was_hasher_finish(was_hasher_t *hasher, unsigned char digest[WAS_DIGEST_MAX_BYTES])
{
    unsigned count = 0;

    if (EVP_DigestFinal_ex(hasher->context, digest, &count) != 1 || hasher->failed) {
        count = 0;
    }
    apr_pool_cleanup_run(hasher->pool, hasher, free_context);
    return count;
}

const char *was_crypto_uuid(apr_pool_t *pool)
{
    unsigned char bytes[16];
    char hex[2 * sizeof(bytes) + 1];
    char *uuid = apr_palloc(pool, UUID_BYTES + 1);
    char *to = uuid;

    randombytes_buf(bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
    for (int i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            *to++ = '-';
        }
        *to++ = hex[i];
    }
    *to = '\0';
    return uuid;
}
