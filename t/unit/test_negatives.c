/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_crypto: forgeries that are made of the right pieces. Points are moved by points of small
 * order, numbers by the group order; what comes out is nobody's signature, or somebody else's.
 */
#include "tap.h"

#include "auth/was_crypto.h"

#include <sodium.h>

enum { SCALAR = 32, POINT = 32, TORSION = 8, ROUNDS = 24 };

/* A point of order 8; its multiples are all the points of small order. */
static const unsigned char generator8[POINT] = {
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
    0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};

static unsigned char torsion[TORSION][POINT]; /* torsion[i] is i times the generator */

static void must(bool good, const char *what)
{
    if (!good) {
        printf("Bail out! %s\n", what);
        exit(1);
    }
}

static void make_torsion(void)
{
    memset(torsion, 0, sizeof(torsion));
    torsion[0][0] = 1;
    for (int i = 1; i < TORSION; i++) {
        must(crypto_core_ed25519_add(torsion[i], torsion[i - 1], generator8) == 0,
             "points cannot be added");
    }
    must(memcmp(torsion[1], generator8, POINT) == 0, "the identity is none");
}

/* A scalar that is another for every seed, and the same in every run. */
static void scalar_of(unsigned seed, unsigned char scalar[SCALAR])
{
    unsigned char bytes[randombytes_SEEDBYTES] = {(unsigned char)seed, (unsigned char)(seed >> 8)};
    unsigned char wide[64];

    randombytes_buf_deterministic(wide, sizeof(wide), bytes);
    crypto_core_ed25519_scalar_reduce(scalar, wide);
}

/* scalar * B + torsion[moved] */
static void point_of(const unsigned char scalar[SCALAR], int moved, unsigned char point[POINT])
{
    unsigned char base[POINT];

    must(crypto_scalarmult_ed25519_base_noclamp(base, scalar) == 0, "no multiple of the base");
    must(crypto_core_ed25519_add(point, base, torsion[moved]) == 0, "no sum of points");
}

/* The challenge k of RFC 8032 section 5.1.7. */
static void challenge_of(const unsigned char r[POINT], const unsigned char key[POINT],
                         const char *message, unsigned char challenge[SCALAR])
{
    crypto_hash_sha512_state state;
    unsigned char wide[64];

    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, r, POINT);
    crypto_hash_sha512_update(&state, key, POINT);
    crypto_hash_sha512_update(&state, (const unsigned char *)message, strlen(message));
    crypto_hash_sha512_final(&state, wide);
    crypto_core_ed25519_scalar_reduce(challenge, wide);
}

/* R and S = nonce + k * secret; yields k modulo 8. */
static int sign(const unsigned char nonce[SCALAR], const unsigned char r[POINT],
                const unsigned char secret[SCALAR], const unsigned char key[POINT],
                const char *message, unsigned char signature[WAS_ED25519_SIGNATURE_BYTES])
{
    unsigned char challenge[SCALAR];
    unsigned char product[SCALAR];

    challenge_of(r, key, message, challenge);
    crypto_core_ed25519_scalar_mul(product, challenge, secret);
    memcpy(signature, r, POINT);
    crypto_core_ed25519_scalar_add(signature + POINT, nonce, product);
    return challenge[0] & 7;
}

static bool verifies(const unsigned char key[POINT], const unsigned char *signature,
                     const char *message)
{
    return was_crypto_verify_ed25519(key, signature, message, strlen(message));
}

/*
 * Key and R moved by every pair of points of small order. The equation that is checked is the one
 * without the cofactor, so that such a signature counts exactly where it holds to the last bit, and
 * for one key only: two servers cannot disagree about it.
 */
static void test_moved_points(apr_pool_t *pool)
{
    unsigned char secret[SCALAR];
    int made = 0;
    int held = 0;
    int wrong = 0;
    int elsewhere = 0;

    scalar_of(1, secret);
    for (int number = 0; number < TORSION * TORSION * ROUNDS; number++) {
        int i = number % TORSION;
        int j = number / TORSION % TORSION;
        const char *message = apr_psprintf(pool, "message %d", number);
        unsigned char nonce[SCALAR];
        unsigned char key[POINT];
        unsigned char r[POINT];
        unsigned char signature[WAS_ED25519_SIGNATURE_BYTES];
        bool holds;

        scalar_of(1000 + (unsigned)number, nonce);
        point_of(secret, i, key);
        point_of(nonce, j, r);
        holds = (j + i * sign(nonce, r, secret, key, message, signature)) % TORSION == 0;
        wrong += verifies(key, signature, message) != holds;
        made++;
        held += holds;
        for (int other = 0; other < TORSION; other++) {
            point_of(secret, other, key);
            elsewhere += other != i && verifies(key, signature, message);
        }
    }
    is_int(wrong, 0, "RFC 8032: key and R moved by points of small order: held to the last bit");
    is_int(elsewhere, 0, "RFC 8032: ... and for no neighbour of the key");
    ok(held > made / 16 && held < made / 2, "... %d moved, %d of them hold", made, held);
}

/* A key of small order needs no secret: S = nonce answers every challenge that it divides. */
static void test_keys_without_secret(apr_pool_t *pool)
{
    const unsigned char none[SCALAR] = {0};
    int passed = 0;
    int held = 0;

    for (int number = 0; number < TORSION * TORSION * ROUNDS; number++) {
        int i = number % TORSION;
        int j = number / TORSION % TORSION;
        const char *message = apr_psprintf(pool, "forged %d", number);
        unsigned char nonce[SCALAR];
        unsigned char r[POINT];
        unsigned char signature[WAS_ED25519_SIGNATURE_BYTES];

        scalar_of(5000 + (unsigned)number, nonce);
        point_of(nonce, j, r);
        held += (j + i * sign(nonce, r, none, torsion[i], message, signature)) % TORSION == 0;
        passed += verifies(torsion[i], signature, message);
        passed += was_crypto_valid_ed25519_key(torsion[i]);
    }
    is_int(passed, 0, "classic 3: a key of small order, answered without a secret");
    ok(held > ROUNDS, "... though the equation held %d times", held);
}

/* The encodings of points of small order that are not canonical: y + p, or a sign where x is 0. */
static const char *const spellings[] = {
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

/* R of small order in any spelling: with S = k * secret the equation holds for the identity. */
static void test_small_r(apr_pool_t *pool)
{
    const unsigned char none[SCALAR] = {0};
    unsigned char secret[SCALAR];
    unsigned char key[POINT];
    unsigned char r[POINT];
    unsigned char signature[WAS_ED25519_SIGNATURE_BYTES];
    int passed = 0;
    int tried = 0;

    scalar_of(2, secret);
    point_of(secret, 0, key);
    for (size_t i = 0; i < TORSION + sizeof(spellings) / sizeof(spellings[0]); i++) {
        if (i < TORSION) {
            memcpy(r, torsion[i], POINT);
        }
        else {
            must(sodium_hex2bin(r, POINT, spellings[i - TORSION], 2 * POINT, NULL, NULL, NULL) == 0,
                 "a table holds bad hex");
        }
        for (int round = 0; round < ROUNDS; round++) {
            const char *message = apr_psprintf(pool, "small %d", round);

            sign(none, r, secret, key, message, signature);
            passed += verifies(key, signature, message);
            tried++;
        }
    }
    is_int(passed, 0, "RFC 8032: R of small order, in every spelling");
    is_int(tried, 14 * ROUNDS, "... 14 spellings were tried");
}

/* bytes += order * count, as long as that fits. */
static bool add_order(unsigned char bytes[SCALAR], int count)
{
    static const unsigned char order[SCALAR] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                                0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                                0,    0,    0,    0,    0,    0,    0,    0,
                                                0,    0,    0,    0,    0,    0,    0,    0x10};
    unsigned carry = 0;

    for (int i = 0; i < SCALAR; i++) {
        carry += bytes[i] + (unsigned)(order[i] * count);
        bytes[i] = (unsigned char)carry;
        carry >>= 8;
    }
    return carry == 0;
}

static void test_malleable(apr_pool_t *pool)
{
    unsigned char secret[SCALAR];
    unsigned char nonce[SCALAR];
    unsigned char key[POINT];
    unsigned char r[POINT];
    unsigned char signature[WAS_ED25519_SIGNATURE_BYTES];
    int honest = 0;
    int tried = 0;
    int passed = 0;

    scalar_of(3, secret);
    point_of(secret, 0, key);
    for (unsigned round = 0; round < ROUNDS; round++) {
        const char *message = apr_psprintf(pool, "malleable %u", round);

        scalar_of(9000 + round, nonce);
        point_of(nonce, 0, r);
        sign(nonce, r, secret, key, message, signature);
        honest += verifies(key, signature, message);
        for (int count = 1; count < 16; count++) {
            unsigned char moved[WAS_ED25519_SIGNATURE_BYTES];

            memcpy(moved, signature, sizeof(moved));
            if (add_order(moved + POINT, count)) {
                passed += verifies(key, moved, message);
                tried++;
            }
        }
        memset(signature, (int)(round % 2 * 0xff), sizeof(signature));
        passed += verifies(key, signature, message);
    }
    is_int(honest, ROUNDS, "RFC 8032: S as it was made");
    is_int(passed, 0,
           "RFC 8032 5.1.7: S and a multiple of the order, or nothing but zeros or ones");
    ok(tried >= 14 * ROUNDS, "... %d of them", tried);
}

/* A y that no x belongs to. */
static void test_off_curve(void)
{
    unsigned char nonce[SCALAR];
    unsigned char signature[WAS_ED25519_SIGNATURE_BYTES];
    int off = 0;
    int passed = 0;

    scalar_of(4, nonce);
    point_of(nonce, 0, signature);
    memcpy(signature + POINT, nonce, SCALAR);
    for (int number = 2; number < 1000; number++) {
        unsigned char key[POINT] = {(unsigned char)number, (unsigned char)(number >> 8)};
        unsigned char sum[POINT];

        key[31] = number % 2 ? 0x80 : 0;
        if (crypto_core_ed25519_add(sum, key, torsion[0]) != 0) {
            passed += verifies(key, signature, "anything");
            off++;
        }
    }
    ok(off > 300, "%d numbers are no point", off);
    is_int(passed, 0, "classic 3: no signature under a key that is no point");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    must(was_crypto_init(), "libsodium does not start");
    make_torsion();
    test_moved_points(pool);
    test_keys_without_secret(pool);
    test_small_r(pool);
    test_malleable(pool);
    test_off_curve();
    return done();
}
