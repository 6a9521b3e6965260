/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_key and was_cavage: the texts of a key and of a signature. Each has those that are written
 * down, and a text that differs in one byte, in its base or in its codec is no other one.
 */
#include "tap.h"

#include "auth/was_key.h"
#include "auth/was_cavage.h"

#include <sodium.h>

enum { KEY = WAS_ED25519_KEY_BYTES, CODEC = 2, TEXT = 1024, VARIANTS = 4 };

static const int variants[VARIANTS] = {
    sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
    sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING};

static void must(bool good, const char *what)
{
    if (!good) {
        printf("Bail out! %s\n", what);
        exit(1);
    }
}

/* base58btc by repeated division, behind a prefix. */
static const char *base58(const char *prefix, const unsigned char *bytes, size_t count,
                          apr_pool_t *pool)
{
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    unsigned char *number = apr_pmemdup(pool, bytes, count);
    char *end = (char *)apr_pcalloc(pool, 2 * count + 1) + 2 * count;
    size_t first = 0;

    must(count > 0 && bytes[0] != 0, "a leading zero would be a digit of its own");
    while (first < count) {
        unsigned rest = 0;

        for (size_t i = first; i < count; i++) {
            rest = rest * 256 + number[i];
            number[i] = (unsigned char)(rest / 58);
            rest %= 58;
        }
        *--end = digits[rest];
        while (first < count && number[first] == 0) {
            first++;
        }
    }
    return apr_pstrcat(pool, prefix, end, NULL);
}

static bool resolves(const char *text, was_key_t *key, apr_pool_t *pool)
{
    return was_key_resolve(text, key, pool) == NULL;
}

/* What may stand before the 32 bytes of a key: the codec, in one spelling. */
static void test_codecs(const unsigned char key[KEY], apr_pool_t *pool)
{
    static const struct {
        const char *codec; /* hex */
        bool good;
        const char *name;
    } cases[] = {
        {"ed01", true, "Ed25519"},
        {"ed8100", false, "Ed25519, one byte too many in the number"},
        {"ed818000", false, "Ed25519, two bytes too many"},
        {"ed81808080808080808000", false, "Ed25519, as long as such a number can be"},
        {"ed00", false, "the number cut to its low bits"},
        {"ed", false, "a number that does not end"},
        {"6d", false, "the low bits alone"},
        {"ed02", false, "another high part"},
        {"01ed", false, "the bytes turned round"},
        {"ec01", false, "X25519"},
        {"eb01", false, "BLS"},
        {"e701", false, "secp256k1"},
        {"8024", false, "P-256"},
        {"8026", false, "an Ed25519 private key"},
        {"ed01ed01", false, "the codec twice"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char bytes[64];
        size_t count = 0;
        was_key_t resolved;

        must(sodium_hex2bin(bytes, 16, cases[i].codec, strlen(cases[i].codec), NULL, &count,
                            NULL) == 0,
             "a table holds bad hex");
        memcpy(bytes + count, key, KEY);
        ok(resolves(base58("did:key:z", bytes, count + KEY, pool), &resolved, pool) ==
               cases[i].good,
           "classic 3: codec: %s", cases[i].name);
    }
}

/* The same 34 bytes in the other bases of multibase. */
static void test_bases(const unsigned char named[CODEC + KEY], apr_pool_t *pool)
{
    static const char prefixes[] = "0179fFvVtTbBcChkKRzZmMuUpQ/";
    const char *base = base58("", named, CODEC + KEY, pool);
    char text[TEXT];
    was_key_t key;
    int passed = 0;

    for (const char *prefix = prefixes; *prefix != '\0'; prefix++) {
        for (int i = 0; i < VARIANTS; i++) {
            sodium_bin2base64(text, sizeof(text), named, CODEC + KEY, variants[i]);
            passed += resolves(apr_psprintf(pool, "did:key:%c%s", *prefix, text), &key, pool);
        }
        sodium_bin2hex(text, sizeof(text), named, CODEC + KEY);
        passed += resolves(apr_psprintf(pool, "did:key:%c%s", *prefix, text), &key, pool);
        passed += *prefix != 'z' &&
                  resolves(apr_psprintf(pool, "did:key:%c%s", *prefix, base), &key, pool);
    }
    is_int(passed, 0, "classic 3: a did:key in another base, or under another base's letter");
    ok(resolves(apr_pstrcat(pool, "did:key:z", base, NULL), &key, pool), "... and in its own");
}

/* One byte more or less anywhere: no key, or another one. */
static void test_one_more_byte(const char *did_url, const was_key_t *honest, apr_pool_t *pool)
{
    int length = (int)strlen(did_url);
    apr_pool_t *scratch;
    int same = 0;

    apr_pool_create(&scratch, pool);
    for (int at = 0; at <= length; at++) {
        for (int byte = 0; byte < 256; byte++) {
            const char more[] = {(char)byte, '\0'};
            const char *rest = did_url + at + (byte == 0 && at < length); /* 0: a byte less */
            const char *text = apr_psprintf(scratch, "%.*s%s%s", at, did_url, more, rest);
            was_key_t key;

            same += strcmp(text, did_url) != 0 && resolves(text, &key, scratch) &&
                    memcmp(key.bytes, honest->bytes, KEY) == 0;
            apr_pool_clear(scratch);
        }
    }
    is_int(same, 0, "classic 3: a byte more or less in a key's name is not the same key");
}

#define FIELD                                                                                      \
    "Signature headers=\"(created)\",created=\"1000\",expires=\"1030\",keyId=\"%s\",signature="    \
    "\"%s\""

/* Whether the field is taken with this text for its signature, and for these bytes. */
static bool parses(const char *did, const char *text, const unsigned char *expected,
                   apr_pool_t *pool)
{
    const was_cavage_t *cavage;

    return was_cavage_parse(apr_psprintf(pool, FIELD, did, text), &cavage, pool) == NULL &&
           memcmp(cavage->signature.value, expected, WAS_ED25519_SIGNATURE_BYTES) == 0;
}

/* The texts of one signature: four, and whoever remembers signatures must remember the bytes. */
static void test_signature_texts(const char *did, apr_pool_t *pool)
{
    unsigned char bytes[WAS_ED25519_SIGNATURE_BYTES];
    char texts[VARIANTS][96];
    apr_pool_t *scratch;
    int good = 0;
    int strange = 0;

    apr_pool_create(&scratch, pool);
    memset(bytes, 0xfb, sizeof(bytes));
    for (int i = 0; i < VARIANTS; i++) {
        sodium_bin2base64(texts[i], sizeof(texts[i]), bytes, sizeof(bytes), variants[i]);
        good += parses(did, texts[i], bytes, pool);
    }
    for (int i = 0; i < VARIANTS; i++) {
        int length = (int)strlen(texts[i]);

        for (int turn = 0; turn < 256 * (length + 1); turn++) {
            const char byte[] = {(char)(turn % 256), '\0'}; /* 0: a byte less */
            const char *rest = texts[i] + turn / 256;
            const char *more = apr_psprintf(scratch, "%.*s%s%s", turn / 256, texts[i], byte, rest);
            const char *other = apr_psprintf(scratch, "%.*s%s%s", turn / 256, texts[i], byte,
                                             rest + (*rest != '\0'));

            strange += *byte != '\0' && parses(did, more, bytes, scratch);
            strange += strcmp(other, texts[i]) != 0 && parses(did, other, bytes, scratch);
            apr_pool_clear(scratch);
        }
    }
    is_int(good, VARIANTS,
           "classic 3: a signature has four texts: two alphabets, with padding or without");
    is_int(strange, 0, "classic 3: a byte more, or another, in a signature's text: not the same");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    unsigned char named[CODEC + KEY] = {0xed, 0x01};
    unsigned char seed[crypto_sign_SEEDBYTES] = {7};
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    was_key_t honest = {.did = NULL};
    const char *did;

    must(was_crypto_init(), "libsodium does not start");
    crypto_sign_seed_keypair(named + CODEC, secret, seed);
    did = base58("did:key:z", named, sizeof(named), pool);
    ok(resolves(did, &honest, pool), "an honest key to begin with");
    test_codecs(named + CODEC, pool);
    test_bases(named, pool);
    test_one_more_byte(did, &honest, pool);
    test_one_more_byte(apr_pstrcat(pool, did, "#", did + strlen("did:key:"), NULL), &honest, pool);
    test_signature_texts(did, pool);
    return done();
}
