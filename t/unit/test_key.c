/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_key: the table of types, the one text that names a key, and who signed. */
#include "tap.h"

#include "auth/was_key.h"

#include <sodium.h>

#define FINGER "z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX"
#define DID "did:key:" FINGER
#define OTHER "z6Mko9hTggMwjSTEaJaPUfE6tqcy2xvU6BnNq3e3o8qVBiyH"

static const unsigned char expected_key[WAS_ED25519_KEY_BYTES] = {
    0x8a, 0x88, 0xe3, 0xdd, 0x74, 0x09, 0xf1, 0x95, 0xfd, 0x52, 0xdb, 0x2d, 0x3c, 0xba, 0x5d, 0x72,
    0xca, 0x67, 0x09, 0xbf, 0x1d, 0x94, 0x12, 0x1b, 0xf3, 0x74, 0x88, 0x01, 0xb4, 0x0f, 0x6f, 0x5c};

static const struct {
    const char *text;
    const char *outcome;
    const char *name;
} key_cases[] = {
    {DID, "fine", "without a fragment"},
    {DID "#" FINGER, "fine", "with a fragment that repeats the key"},
    {DID "#" OTHER, "UNAUTHENTICATED", "a fragment that names another key"},
    {DID "#", "UNAUTHENTICATED", "an empty fragment"},
    {DID "#" FINGER "x", "UNAUTHENTICATED", "a longer fragment"},
    {DID "#z6Mkon3", "UNAUTHENTICATED", "a shorter fragment"},
    {DID "#" FINGER "#" FINGER, "UNAUTHENTICATED", "two fragments"},
    {DID "#key-1", "UNAUTHENTICATED", "a fragment that is no key"},
    {DID "/path", "UNAUTHENTICATED", "a path"},
    {DID "?a=b", "UNAUTHENTICATED", "a query"},
    {DID "?a=b#" FINGER, "UNAUTHENTICATED", "a query and a fragment"},
    {DID " ", "UNAUTHENTICATED", "a blank behind"},
    {" " DID, "UNAUTHENTICATED", "a blank before"},
    {"", "UNAUTHENTICATED", "nothing"},
    {"did:key:", "UNAUTHENTICATED", "no key"},
    {"did:key:z", "UNAUTHENTICATED", "an empty key"},
    {"did:key:#", "UNAUTHENTICATED", "an empty key and fragment"},
    {"did:key", "UNAUTHENTICATED", "cut short"},
    {"DID:KEY:" FINGER, "UNAUTHENTICATED", "upper case"},
    {"did:web:example.org", "UNAUTHENTICATED", "another method"},
    {"did:key:" DID, "UNAUTHENTICATED", "a DID in a DID"},
    {FINGER, "UNAUTHENTICATED", "a bare key"},
    {"did:key:6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX", "UNAUTHENTICATED", "no prefix"},
    {"did:key:z16Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX", "UNAUTHENTICATED",
     "a leading zero"},
    {"did:key:u7QGKiOPddAnxlf1S2y08ul1yymcJvx2UEhvzdIgBtA9vXA", "UNAUTHENTICATED",
     "the same bytes as base64url"},
    {"did:key:z6LSkzxVagBX8fzFegos93GjWVSkdeQbkmEuxsQL5nw78pKu", "UNAUTHENTICATED",
     "an X25519 key"},
    {"did:key:zQ3shWja5u6MKwwxvwZgMSpzRPwCkwFM6q8FUyvM6cWpEfpuR", "UNAUTHENTICATED",
     "a secp256k1 key"},
    {"did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", "UNAUTHENTICATED", "a P-256 key"},
    {"did:key:z6Mm71Mk9QNhAoVkEt4DX8tvEDanrZnfDFPDFxYuHXgMrcao", "UNAUTHENTICATED",
     "the codec's second byte"},
    {"did:key:zAKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9", "UNAUTHENTICATED", "no codec"},
    {"did:key:z2DQX5mVU6ohBpXMYStcQnFR2Mo45mtjURYHwafeUn9Hqrv", "UNAUTHENTICATED", "31 bytes"},
    {"did:key:zQecMToUZ2EJj2978FEjKrvi3p2osoHnvMCxuD9cXcbQZnD9S", "UNAUTHENTICATED", "33 bytes"},
    {"did:key:z6MkeXATEjyXENzBXBxgC5EHk2JE5aqd7qMGGtDpLUH1e2Sj", "UNAUTHENTICATED",
     "the identity point"},
    {"did:key:z6Mkh59EgPEuBMugWwYWVMbZFQmHm8V1tcgLejJJTx6d8KDE", "UNAUTHENTICATED",
     "a point of order 8"},
    {"did:key:z6MkvUK5T7wX3YKPL8TakfM6vdwQQtkJSzV8fTKGdgosTh6E", "UNAUTHENTICATED",
     "a coordinate that is not canonical"},
};

static void test_keys(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(key_cases) / sizeof(key_cases[0]); i++) {
        was_key_t key = {.did = "untouched"};
        const was_error_t *error = was_key_resolve(key_cases[i].text, &key, pool);
        char name[200];

        apr_snprintf(name, sizeof(name), "classic 3: did:key: %s", key_cases[i].name);
        is_str(outcome(error), key_cases[i].outcome, name);
        if (error != NULL) {
            is_str(error->pointer, "/authorization", "... the pointer");
            is_str(key.did, "untouched", "... nothing comes out");
            continue;
        }
        is_str(key.did, DID, "... the DID is without fragment");
        ok(memcmp(key.bytes, expected_key, sizeof(expected_key)) == 0, "... the key");
        ok(key.type == was_key_type(WAS_KEY_ED25519), "... the type");
    }
}

/* Whatever single byte is changed: refused, or another key. Never the same key by another text. */
static void test_one_text(apr_pool_t *pool)
{
    int same = 0;
    int others = 0;
    apr_pool_t *inner;

    apr_pool_create(&inner, pool);
    for (size_t at = 0; at < sizeof(DID) - 1; at++) {
        for (int byte = 1; byte < 256; byte++) {
            char text[] = DID;
            was_key_t key;

            text[at] = (char)byte;
            if (strcmp(text, DID) != 0 && was_key_resolve(text, &key, inner) == NULL) {
                same += memcmp(key.bytes, expected_key, sizeof(expected_key)) == 0 ||
                        strcmp(key.did, text) != 0;
                others++;
            }
            apr_pool_clear(inner);
        }
    }
    is_int(same, 0, "did:key: no other text names the same key");
    ok(others > 1000, "did:key: %d other texts name other keys", others);
}

/* What every row must have, and what the buffers of others are made for. */
static void test_types(void)
{
    for (int i = 0; i < WAS_KEY_KIND_COUNT; i++) {
        const was_key_type_t *type = was_key_type((was_key_kind_t)i);

        ok((int)type->kind == i && type->name[0] != '\0', "types: %s stands in its place",
           type->name);
        ok(type->is_valid != NULL && type->verify != NULL, "... and can be asked");
        ok(type->key_bytes > 0 && type->key_bytes <= WAS_KEY_MAX_BYTES &&
               type->signature_bytes > 0 && type->signature_bytes <= WAS_KEY_MAX_SIGNATURE_BYTES,
           "... and fits");
        for (int j = 0; j < i; j++) {
            ok(memcmp(type->codec, was_key_type((was_key_kind_t)j)->codec, WAS_KEY_CODEC_BYTES) !=
                   0,
               "... and has a codec of its own");
        }
    }
    is_str(was_key_type(WAS_KEY_ED25519)->name, "Ed25519", "types: the name of Ed25519");
}

/* A resolved key verifies what its holder signed, and nothing of another size. */
static void test_verify(apr_pool_t *pool)
{
    static const char message[] = "what was signed";
    unsigned char seed[crypto_sign_SEEDBYTES];
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    unsigned char signature[crypto_sign_BYTES + 1] = {0};
    const unsigned char *signed_text = (const unsigned char *)message;
    was_key_t key;
    was_key_t other;
    int passed = 0;

    memset(seed, 1, sizeof(seed));
    crypto_sign_seed_keypair(public_key, secret, seed);
    crypto_sign_detached(signature, NULL, signed_text, sizeof(message), secret);
    if (!ok(was_key_resolve(DID, &key, pool) == NULL &&
                was_key_resolve("did:key:" OTHER, &other, pool) == NULL,
            "verify: two keys")) {
        return;
    }
    ok(memcmp(key.bytes, public_key, sizeof(public_key)) == 0, "verify: the holder's key");
    ok(was_key_verify(&key, signature, crypto_sign_BYTES, message, sizeof(message)),
       "verify: what its holder signed");
    ok(!was_key_verify(&other, signature, crypto_sign_BYTES, message, sizeof(message)),
       "verify: not what another signed");
    ok(!was_key_verify(&key, signature, crypto_sign_BYTES, message, sizeof(message) - 1),
       "verify: not another message");
    for (apr_size_t size = 0; size <= sizeof(signature); size++) {
        passed += size != crypto_sign_BYTES &&
                  was_key_verify(&key, signature, size, message, sizeof(message));
    }
    is_int(passed, 0, "verify: no signature of another size");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    ok(was_crypto_init(), "crypto is ready");
    test_types();
    test_keys(pool);
    test_one_text(pool);
    test_verify(pool);
    return done();
}
