/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_did: the one text that names a key, and what can be a controller. */
#include "tap.h"

#include "auth/was_did.h"

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
        was_did_key_t key = {.did = "untouched"};
        const was_error_t *error = was_did_key_resolve(key_cases[i].text, &key, pool);
        char name[200];

        apr_snprintf(name, sizeof(name), "classic 3: did:key: %s", key_cases[i].name);
        is_str(outcome(error), key_cases[i].outcome, name);
        if (error != NULL) {
            is_str(error->pointer, "/authorization", "... the pointer");
            is_str(key.did, "untouched", "... nothing comes out");
            continue;
        }
        is_str(key.did, DID, "... the DID is without fragment");
        ok(memcmp(key.key, expected_key, sizeof(expected_key)) == 0, "... the key");
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
            was_did_key_t key;

            text[at] = (char)byte;
            if (strcmp(text, DID) != 0 && was_did_key_resolve(text, &key, inner) == NULL) {
                same += memcmp(key.key, expected_key, sizeof(expected_key)) == 0 ||
                        strcmp(key.did, text) != 0;
                others++;
            }
            apr_pool_clear(inner);
        }
    }
    is_int(same, 0, "did:key: no other text names the same key");
    ok(others > 1000, "did:key: %d other texts name other keys", others);
}

static const struct {
    const char *text;
    const char *did; /* NULL: refused */
    const char *name;
} controller_cases[] = {
    {DID, DID, "a did:key"},
    {DID "#" FINGER, DID, "classic 2: a fragment is dropped"},
    {"did:web:example.org", "did:web:example.org", "another method"},
    {"did:web:example.org#owner", "did:web:example.org", "another method with a fragment"},
    {"did:web:example.org%3A3000:user:alice", "did:web:example.org%3A3000:user:alice",
     "an escape and colons"},
    {"did:3:a-b._C", "did:3:a-b._C", "every kind of character"},
    {"did:a::b", "did:a::b", "an empty part inside"},
    {"did:x:y#a/b?c%20d~!$&'()*+,;=:@", "did:x:y", "all that a fragment may hold"},
    {"", NULL, "nothing"},
    {"did", NULL, "cut short: did"},
    {"did:", NULL, "cut short: the method"},
    {"did:key", NULL, "cut short: the colon"},
    {"did:key:", NULL, "cut short: the id"},
    {"did::id", NULL, "no method"},
    {"did:Key:id", NULL, "an upper-case method"},
    {"did:k-y:id", NULL, "a method with a hyphen"},
    {"DID:key:id", NULL, "an upper-case scheme"},
    {"did:a:b:", NULL, "a colon at the end"},
    {"did:a:b:#f", NULL, "a colon before the fragment"},
    {"did:a:b%2", NULL, "a broken escape"},
    {"did:a:b%zz", NULL, "an escape without digits"},
    {"did:a:b/path", NULL, "a path"},
    {"did:a:b?query", NULL, "a query"},
    {"did:a:b?query#f", NULL, "a query and a fragment"},
    {"did:a:b#", NULL, "an empty fragment"},
    {"did:a:b#c#d", NULL, "two fragments"},
    {"did:a:b#c d", NULL, "a blank in the fragment"},
    {"did:a:b#c%", NULL, "a broken escape in the fragment"},
    {"did:a:b c", NULL, "a blank"},
    {"did:a:b\n", NULL, "a line break"},
    {"did:a:\xc3\xa9", NULL, "nothing beyond ASCII"},
    {"urn:uuid:1", NULL, "a URN"},
    {"https://example.org", NULL, "a URL"},
};

static void check_controller(const char *text, const char *expected, const char *what,
                             apr_pool_t *pool)
{
    const char *did = NULL;
    const was_error_t *error = was_did_of_controller(text, &did, pool);
    char name[200];

    apr_snprintf(name, sizeof(name), "controller: %s", what);
    is_str(did, expected, name);
    is_str(outcome(error), expected == NULL ? "INVALID_BODY" : "fine", "... the outcome");
    if (error != NULL) {
        is_str(error->pointer, "#/controller", "... the pointer");
    }
}

static const char *long_did(apr_size_t length, const char *suffix, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, length + 1);

    memset(text, 'x', length);
    memcpy(text, "did:a:", 6);
    text[length] = '\0';
    return apr_pstrcat(pool, text, suffix, NULL);
}

static void test_controllers(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(controller_cases) / sizeof(controller_cases[0]); i++) {
        check_controller(controller_cases[i].text, controller_cases[i].did,
                         controller_cases[i].name, pool);
    }
    check_controller(long_did(512, "", pool), long_did(512, "", pool), "512 bytes", pool);
    check_controller(long_did(513, "", pool), NULL, "513 bytes", pool);
    check_controller(long_did(512, "#fragment", pool), long_did(512, "", pool),
                     "512 bytes and a fragment", pool);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_keys(pool);
    test_one_text(pool);
    test_controllers(pool);
    return done();
}
