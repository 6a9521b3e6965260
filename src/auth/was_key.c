/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_key: the table of key types, and did:key to its key.
 * Refuses every method that would need somebody to be asked, and to know what the key may do.
 */

#include "auth/was_key.h"

#include "base/was_encoding.h"

#include <apr_strings.h>

#include <string.h>

/* In the order of was_key_kind_t. */
static const was_key_type_t key_types[WAS_KEY_KIND_COUNT] = {
    {WAS_KEY_ED25519,
     "Ed25519",
     {0xed, 0x01},
     WAS_ED25519_KEY_BYTES,
     WAS_ED25519_SIGNATURE_BYTES,
     was_crypto_valid_ed25519_key,
     was_crypto_verify_ed25519},
};

const was_key_type_t *was_key_type(was_key_kind_t kind)
{
    return &key_types[kind];
}

static const was_error_t *unresolved_key(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization", "%s", detail);
}

/* The type of a key behind its codec; NULL when there is none, or the key has another size. */
static const was_key_type_t *type_of_key(const unsigned char *named, apr_size_t count)
{
    for (int i = 0; i < WAS_KEY_KIND_COUNT; i++) {
        const was_key_type_t *type = &key_types[i];

        if (count == WAS_KEY_CODEC_BYTES + type->key_bytes &&
            memcmp(named, type->codec, WAS_KEY_CODEC_BYTES) == 0) {
            return type;
        }
    }
    return NULL;
}

/* The text of a key is unique, so the fragment names the same key only if it is the same. */
static bool fragment_repeats(const char *text, apr_size_t length)
{
    const char *fragment = text + length;

    return *fragment == '\0' ||
           (strncmp(fragment + 1, text, length) == 0 && fragment[1 + length] == '\0');
}

const was_error_t *was_key_resolve(const char *did_url, was_key_t *key, apr_pool_t *pool)
{
    static const char prefix[] = "did:key:";
    const apr_size_t skip = sizeof(prefix) - 1;

    if (strncmp(did_url, prefix, skip) != 0) {
        return unresolved_key("the key must be named by a did:key", pool);
    }
    const char *text = did_url + skip;
    apr_size_t length = strcspn(text, "#");
    unsigned char named[WAS_KEY_CODEC_BYTES + WAS_KEY_MAX_BYTES];
    apr_size_t count;

    if (text[0] != 'z' || !was_multibase_decode(text, length, named, sizeof(named), &count)) {
        return unresolved_key("the did:key is not the base58btc text of a supported key", pool);
    }
    const was_key_type_t *type = type_of_key(named, count);

    if (type == NULL) {
        return unresolved_key("the did:key does not hold a key of a supported type", pool);
    }
    if (!type->is_valid(named + WAS_KEY_CODEC_BYTES)) {
        return unresolved_key("the did:key holds a key that proves nothing", pool);
    }
    if (!fragment_repeats(text, length)) {
        return unresolved_key("the fragment of the did:key names another key", pool);
    }
    key->did = apr_pstrmemdup(pool, did_url, skip + length);
    key->type = type;
    memcpy(key->bytes, named + WAS_KEY_CODEC_BYTES, type->key_bytes);
    return NULL;
}

bool was_key_verify(const was_key_t *key, const unsigned char *signature,
                    apr_size_t signature_bytes, const void *message, apr_size_t length)
{
    return signature_bytes == key->type->signature_bytes &&
           key->type->verify(key->bytes, signature, message, length);
}
