/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_crypto: published vectors, and the keys and signatures that must not count. */
#include "tap.h"

#include "auth/was_crypto.h"

#include <sodium.h>

static void unhex(const char *hex, unsigned char *bytes, size_t size)
{
    size_t count = 0;

    if (sodium_hex2bin(bytes, size, hex, strlen(hex), NULL, &count, NULL) != 0 || count != size) {
        printf("Bail out! a table holds bad hex\n");
        exit(1);
    }
}

typedef struct signature_case_t {
    const char *key;
    const char *message;
    const char *signature;
    const char *name;
} signature_case_t;

static const signature_case_t rfc8032[] = {
    {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b",
     "RFC 8032: test 1"},
    {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00",
     "RFC 8032: test 2"},
    {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
     "c6594a7c15e9716ed28dc027beceea1ec40a",
     "RFC 8032: test 3"},
};

/* S' = S + L verifies in a naive implementation: the same signature in another form. */
static void add_group_order(unsigned char s[32])
{
    unsigned char order[32];
    unsigned carry = 0;

    unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", order, 32);
    for (int i = 0; i < 32; i++) {
        carry += s[i] + order[i];
        s[i] = (unsigned char)carry;
        carry >>= 8;
    }
}

static void test_verify(void)
{
    for (size_t i = 0; i < sizeof(rfc8032) / sizeof(rfc8032[0]); i++) {
        const signature_case_t *at = &rfc8032[i];
        size_t length = strlen(at->message) / 2;
        unsigned char key[32];
        unsigned char signature[64];
        unsigned char message[4];
        int passed = 0;

        unhex(at->key, key, sizeof(key));
        unhex(at->signature, signature, sizeof(signature));
        unhex(at->message, message, length);
        ok(was_crypto_verify_ed25519(key, signature, message, length), "%s", at->name);
        for (int bit = 0; bit < 512; bit++) {
            signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
            passed += was_crypto_verify_ed25519(key, signature, message, length);
            signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        for (int bit = 0; bit < 256; bit++) {
            key[bit / 8] ^= (unsigned char)(1 << bit % 8);
            passed += was_crypto_verify_ed25519(key, signature, message, length);
            key[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        passed += was_crypto_verify_ed25519(key, signature, "xyz", 3);
        is_int(passed, 0, "... with one bit changed, or the message, never");
        add_group_order(signature + 32);
        ok(!was_crypto_verify_ed25519(key, signature, message, length),
           "... with S beyond the group order, never");
    }
}

/* All encodings of points of order 1, 2, 4, 8, and encodings of y not below 2^255 - 19. */
static const struct {
    const char *key;
    const char *name;
} bad_keys[] = {
    {"0100000000000000000000000000000000000000000000000000000000000000", "order 1"},
    {"0100000000000000000000000000000000000000000000000000000000000080", "order 1, sign set"},
    {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "order 2"},
    {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "order 2, sign set"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "order 4"},
    {"0000000000000000000000000000000000000000000000000000000000000080", "order 4, sign set"},
    {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "order 8, first"},
    {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "order 8, second"},
    {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "order 8, third"},
    {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "order 8, fourth"},
    {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "y = p"},
    {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "y = p + 1"},
    {"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "y = p + 3"},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "y = 2^255 - 1"},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "all bits"},
};

static void test_keys(void)
{
    static const char *const good[] = {
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
        "5866666666666666666666666666666666666666666666666666666666666666",
        "eaffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7e",
    };
    unsigned char key[32];

    for (size_t i = 0; i < sizeof(bad_keys) / sizeof(bad_keys[0]); i++) {
        unhex(bad_keys[i].key, key, sizeof(key));
        ok(!was_crypto_valid_ed25519_key(key), "classic 3: no key: %s", bad_keys[i].name);
        ok(crypto_core_ed25519_is_valid_point(key) == 0, "... and libsodium agrees");
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        unhex(good[i], key, sizeof(key));
        ok(was_crypto_valid_ed25519_key(key), "a key: %s", good[i]);
    }
}

/* With S = 0 and R = A = the identity, 0 B = R + k A holds for every message. */
static void test_unmade_signature(void)
{
    unsigned char signature[64] = {1};
    unsigned char key[32];
    int passed = 0;

    for (size_t i = 0; i < sizeof(bad_keys) / sizeof(bad_keys[0]); i++) {
        unhex(bad_keys[i].key, key, sizeof(key));
        memcpy(signature, key, 32);
        passed += was_crypto_verify_ed25519(key, signature, "anything", 8);
        memset(signature, 0, 32);
        signature[0] = 1;
        passed += was_crypto_verify_ed25519(key, signature, "anything", 8);
    }
    is_int(passed, 0, "classic 3: no signature that nobody made, with any of the bad keys");
}

static const struct {
    was_digest_algorithm_t algorithm;
    const char *message;
    const char *digest;
    const char *name;
} digest_cases[] = {
    {WAS_DIGEST_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "FIPS 180-4: SHA-256 of nothing"},
    {WAS_DIGEST_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "FIPS 180-4: SHA-256 of abc"},
    {WAS_DIGEST_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "FIPS 180-4: SHA-256 of two blocks"},
    {WAS_DIGEST_SHA512, "",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877e"
     "ec2f63b931bd47417a81a538327af927da3e",
     "FIPS 180-4: SHA-512 of nothing"},
    {WAS_DIGEST_SHA512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fe"
     "ebbd454d4423643ce80e2a9ac94fa54ca49f",
     "FIPS 180-4: SHA-512 of abc"},
};

static void test_digests(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(digest_cases) / sizeof(digest_cases[0]); i++) {
        size_t length = strlen(digest_cases[i].message);
        size_t size = strlen(digest_cases[i].digest) / 2;
        unsigned char expected[64];
        unsigned char digest[WAS_DIGEST_MAX_BYTES];
        int good = 0;

        unhex(digest_cases[i].digest, expected, size);
        for (size_t cut = 0; cut <= length; cut++) {
            was_hasher_t *hasher = NULL;

            if (was_hasher_make(digest_cases[i].algorithm, &hasher, pool) != NULL) {
                break;
            }
            was_hasher_update(hasher, digest_cases[i].message, cut);
            was_hasher_update(hasher, digest_cases[i].message + cut, length - cut);
            good +=
                was_hasher_finish(hasher, digest) == size && memcmp(digest, expected, size) == 0;
        }
        is_int(good, (long long)length + 1, digest_cases[i].name);
        if (digest_cases[i].algorithm == WAS_DIGEST_SHA256) {
            was_crypto_sha256(digest_cases[i].message, length, digest);
            ok(memcmp(digest, expected, size) == 0, "... and at once");
        }
    }
}

/* A hasher that is dropped in the middle must go with its pool; LeakSanitizer watches. */
static void test_dropped_hasher(apr_pool_t *pool)
{
    was_hasher_t *hasher = NULL;
    apr_pool_t *inner;

    apr_pool_create(&inner, pool);
    is_str(outcome(was_hasher_make(WAS_DIGEST_SHA512, &hasher, inner)), "fine",
           "hasher: made in a pool of its own");
    was_hasher_update(hasher, "x", 1);
    apr_pool_destroy(inner);
}

static void test_equal(void)
{
    ok(was_crypto_equal("abcd", "abcd", 4), "equal: the same bytes");
    ok(!was_crypto_equal("abcd", "abce", 4), "equal: another last byte");
    ok(!was_crypto_equal("abcd", "Xbcd", 4), "equal: another first byte");
    ok(was_crypto_equal("abcd", "abce", 3), "equal: only as many as asked");
}

/* The third of the vectors that the authors of SipHash give for 128 bits. */
static void test_mac(void)
{
    unsigned char key[WAS_MAC_KEY_BYTES], mac[WAS_MAC_BYTES], expected[WAS_MAC_BYTES];

    for (unsigned i = 0; i < sizeof(key); i++) {
        key[i] = (unsigned char)i;
    }
    unhex("8177228da4a45dc7fca38bdef60affe4", expected, sizeof(expected));
    was_crypto_mac(key, "\0\1", 2, mac);
    ok(memcmp(mac, expected, sizeof(mac)) == 0, "mac: of a key and bytes");
}

static void test_uuid(apr_pool_t *pool)
{
    static const char shape[] = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
    const char *first = was_crypto_uuid(pool);
    unsigned variants = 0;
    int bad = 0;
    int same = 0;

    for (int round = 0; round < 1000; round++) {
        const char *uuid = was_crypto_uuid(pool);

        same += strcmp(uuid, first) == 0;
        bad += strlen(uuid) != 36;
        for (int i = 0; i < 36; i++) {
            const char *set = shape[i] == 'x'   ? "0123456789abcdef"
                              : shape[i] == 'v' ? "89ab"
                              : shape[i] == '4' ? "4"
                                                : "-";

            bad += uuid[i] == '\0' || strchr(set, uuid[i]) == NULL;
        }
        variants |= uuid[19] == '8' ? 1 : uuid[19] == '9' ? 2 : uuid[19] == 'a' ? 4 : 8;
    }
    is_int(bad, 0, "RFC 9562: a UUID of version 4 and variant 10, in lower case");
    is_int(same, 0, "uuid: no two are the same");
    is_int(variants, 0xf, "uuid: the bits of the variant's digit that are free vary");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    ok(was_crypto_init(), "init: the libraries are ready");
    ok(was_crypto_init(), "init: a second time, as httpd does");
    test_verify();
    test_keys();
    test_unmade_signature();
    test_digests(pool);
    test_dropped_hasher(pool);
    test_equal();
    test_mac();
    test_uuid(pool);
    return done();
}
