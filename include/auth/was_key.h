/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_KEY_H
#define WAS_KEY_H

#include "auth/was_crypto.h"

/*
 * was_key: public keys, and the types of key that this server can verify with. A type is a row of
 * one table; whoever holds a key asks it to verify and does not look at its type. Also the one DID
 * method that can be resolved without asking anybody: did:key. Knows no signature's scheme and no
 * right.
 */

/* The largest of all types, which a unit test compares with the table. */
enum {
    WAS_KEY_CODEC_BYTES = 2,
    WAS_KEY_MAX_BYTES = WAS_ED25519_KEY_BYTES,
    WAS_KEY_MAX_SIGNATURE_BYTES = WAS_ED25519_SIGNATURE_BYTES
};

typedef enum was_key_kind_t { WAS_KEY_ED25519, WAS_KEY_KIND_COUNT } was_key_kind_t;

/* What there is to know of a type. */
typedef struct was_key_type_t {
    was_key_kind_t kind;
    const char *name;
    unsigned char
        codec[WAS_KEY_CODEC_BYTES]; /* its multicodec as a varint, before a did:key's key */
    apr_size_t key_bytes;
    apr_size_t signature_bytes;

    /* Whether `key_bytes` bytes can be a public key that proves something. */
    bool (*is_valid)(const unsigned char *key);

    /* Whether the holder of the key signed `length` bytes; a signature has no second form. */
    bool (*verify)(const unsigned char *key, const unsigned char *signature, const void *message,
                   apr_size_t length);
} was_key_type_t;

typedef struct was_key_t {
    const char *did; /* "did:key:z6Mk...", without fragment; in the pool */
    const was_key_type_t *type;
    unsigned char bytes[WAS_KEY_MAX_BYTES]; /* `type->key_bytes` of them count */
} was_key_t;

/* The row of a kind. */
const was_key_type_t *was_key_type(was_key_kind_t kind);

/*
 * Resolves `did:key:z...` with or without a fragment; a fragment must repeat the key
 * ("did:key:F#F").
 * Errors: UNAUTHENTICATED, pointer "/authorization" (another method, a type of key that is not in
 * the table, text that is not canonical base58btc, a key that its type calls invalid, a fragment
 * that names another key, a path or query).
 */
WAS_CHECKED const was_error_t *was_key_resolve(const char *did_url, was_key_t *key,
                                               apr_pool_t *pool);

/* Whether the key's holder signed `length` bytes of `message`. A signature of another size than the
 * key's type has is none. */
bool was_key_verify(const was_key_t *key, const unsigned char *signature,
                    apr_size_t signature_bytes, const void *message, apr_size_t length);

#endif
