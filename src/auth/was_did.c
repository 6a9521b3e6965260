/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_did: decentralized identifiers as text, and did:key to its Ed25519 key.
 * Refuses every method that would need somebody to be asked, and to know what the key may do.
 */
#include "auth/was_did.h"

#include "base/was_encoding.h"

#include <apr_strings.h>

#include <string.h>

/* The multicodec of an Ed25519 public key, 0xed as a varint, stands before the key. */
enum { CODEC_0 = 0xed, CODEC_1 = 0x01, CODEC_BYTES = 2 };

static const was_error_t *unresolved(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization", "%s", detail);
}

const was_error_t *was_did_key_resolve(const char *did_url, was_did_key_t *key, apr_pool_t *pool)
{
    static const char prefix[] = "did:key:";
    const apr_size_t skip = sizeof(prefix) - 1;
    unsigned char bytes[CODEC_BYTES + WAS_ED25519_KEY_BYTES];
    const char *text = did_url + skip;
    apr_size_t length;
    apr_size_t count;

    if (strncmp(did_url, prefix, skip) != 0) {
        return unresolved("the key must be named by a did:key", pool);
    }
    length = strcspn(text, "#");
    if (text[0] != 'z' || !was_multibase_decode(text, length, bytes, sizeof(bytes), &count)) {
        return unresolved("the did:key is not the base58btc text of an Ed25519 key", pool);
    }
    if (count != sizeof(bytes) || bytes[0] != CODEC_0 || bytes[1] != CODEC_1) {
        return unresolved("the did:key does not hold an Ed25519 key", pool);
    }
    if (!was_crypto_valid_ed25519_key(bytes + CODEC_BYTES)) {
        return unresolved("the did:key holds a key that proves nothing", pool);
    }
    /* The text of a key is unique, so the fragment names the same key only if it is the same. */
    if (text[length] == '#' &&
        (strncmp(text + length + 1, text, length) != 0 || text[length + 1 + length] != '\0')) {
        return unresolved("the fragment of the did:key names another key", pool);
    }
    key->did = apr_pstrmemdup(pool, did_url, skip + length);
    memcpy(key->key, bytes + CODEC_BYTES, WAS_ED25519_KEY_BYTES);
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_id_character(char c)
{
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
}

/* The bytes of a %-escape at `at`, or 0. */
static apr_size_t escape_length(const char *at)
{
    return at[0] == '%' && is_hex(at[1]) && is_hex(at[2]) ? 3 : 0;
}

/* DID Core section 3.1: the length of the DID that `text` begins with, 0 if there is none. */
static apr_size_t did_length(const char *text)
{
    const char *at = text + 4;
    const char *method = at;

    if (strncmp(text, "did:", 4) != 0) {
        return 0;
    }
    while (is_lower(*at) || is_digit(*at)) {
        at++;
    }
    if (at == method || *at != ':') {
        return 0;
    }
    while (*at == ':' || is_id_character(*at) || escape_length(at) > 0) {
        at += *at == '%' ? 3 : 1;
    }
    /* What the method makes of its colons is its own affair, but the last one names nothing. */
    return at[-1] == ':' ? 0 : (apr_size_t)(at - text);
}

/* RFC 3986 section 3.5; an empty one names nothing. */
static bool is_fragment(const char *text)
{
    const char *at = text;

    while (*at != '\0') {
        apr_size_t escaped = escape_length(at);

        if (escaped == 0 && !is_id_character(*at) && strchr("~!$&'()*+,;=:@/?", *at) == NULL) {
            return false;
        }
        at += escaped > 0 ? escaped : 1;
    }
    return at > text;
}

const was_error_t *was_did_of_controller(const char *text, const char **did, apr_pool_t *pool)
{
    apr_size_t length = did_length(text);

    if (length == 0 || length > WAS_DID_MAX_BYTES ||
        (text[length] != '\0' && (text[length] != '#' || !is_fragment(text + length + 1)))) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/controller",
                              "the controller must be a DID of at most %d bytes",
                              WAS_DID_MAX_BYTES);
    }
    *did = apr_pstrmemdup(pool, text, length);
    return NULL;
}
