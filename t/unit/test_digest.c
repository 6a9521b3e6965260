/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_digest: the spellings of a digest, and fields that say nothing or two things. */
#include "tap.h"

#include "auth/was_digest.h"

#define HELLO_256 "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
#define HELLO_256_HEX "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define HELLO_MH "uEiAs8k26X7CjDiboOyrFueKeGxYeXB-nQl5zBDNik4uYJA"
#define HELLO_MH_Z "zQmRN6wdp1S2A5EtjW9A3M1vKSBuQQGcgvuhoMUoEz4iiT5"
#define HELLO_512                                                                                  \
    "m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw=="
#define HELLO_512_HEX                                                                              \
    "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"                             \
    "2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043"
#define OTHER_256 "2SmKENGwc1g33EvYXaxkGw887yekfl1TpU8vP1svz/o="
#define OTHER_256_HEX "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"
#define OTHER_MH "uEiDZKYoQ0bBzWDfcS9hdrGQbDzzvJ6R-XVOlTy8_Wy_P-g"

typedef struct digest_case_t {
    const char *value;
    const char *hex; /* NULL: refused */
    const char *name;
} digest_case_t;

static const digest_case_t digest_cases[] = {
    {"SHA-256=" HELLO_256, HELLO_256_HEX, "RFC 3230: SHA-256"},
    {"sha-256=" HELLO_256, HELLO_256_HEX, "RFC 3230: names in any case"},
    {"SHA-512=" HELLO_512, HELLO_512_HEX, "RFC 3230: SHA-512"},
    {"mh=" HELLO_MH, HELLO_256_HEX, "wallets: a multihash, base64url"},
    {"mh=" HELLO_MH_Z, HELLO_256_HEX, "wallets: a multihash, base58btc"},
    {"SHA-256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ", HELLO_256_HEX,
     "wallets: URL-safe, no padding"},
    {" \tSHA-256=" HELLO_256 " \t", HELLO_256_HEX, "blanks around"},
    {"md5=xyz, SHA-256=" HELLO_256, HELLO_256_HEX, "behind an unknown one"},
    {"SHA-256=" HELLO_256 " ,unixsum=30637", HELLO_256_HEX, "before an unknown one"},
    {"junk,,=,SHA-256=" HELLO_256 ",", HELLO_256_HEX, "between entries that are none"},
    {"SHA-512=" HELLO_512 ",SHA-256=" HELLO_256, HELLO_512_HEX, "the first known, SHA-512"},
    {"SHA-256=" HELLO_256 ",SHA-512=" HELLO_512, HELLO_256_HEX, "the first known, SHA-256"},
    {"SHA-256=" HELLO_256 ",mh=" HELLO_MH, HELLO_256_HEX, "the same twice"},
    {"SHA-256=" HELLO_256 ",SHA-256=" OTHER_256, NULL, "two different ones"},
    {"mh=" HELLO_MH ",SHA-256=" OTHER_256, NULL, "two different ones, two spellings"},
    {"SHA-256=" OTHER_256, OTHER_256_HEX, "a slash in the value"},
    {"mh=" OTHER_MH, OTHER_256_HEX, "another multihash"},
    {"", NULL, "empty"},
    {" , ", NULL, "empty entries"},
    {"md5=abc", NULL, "none is known"},
    {"SHA-256", NULL, "a known name without a value"},
    {"SHA-256=", NULL, "an empty value"},
    {"mh=", NULL, "an empty multihash"},
    {"SHA-256 =" HELLO_256, NULL, "a blank before the equals sign"},
    {"SHA-256= " HELLO_256, NULL, "a blank behind the equals sign"},
    {"SHA-256=:" HELLO_256 ":", NULL, "the other field's form"},
    {"SHA-256=LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCR=", NULL, "unused bits"},
    {"SHA-256=LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmA==", NULL, "31 bytes"},
    {"SHA-256=" HELLO_512, NULL, "the length of another algorithm"},
    {"SHA-512=" HELLO_256, NULL, "the length of another algorithm, shorter"},
    {"SHA-512=AAAA" HELLO_512, NULL, "more than any digest"},
    {"SHA-256=LPJNul\xffwow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", NULL, "a byte beyond ASCII"},
    {"SHA-256=" HELLO_256 ";q=1", NULL, "a parameter"},
    {"mh=u" HELLO_256, NULL, "a multihash without its prefix"},
    {"mh=uE0CbcdIkvWLzeF2W1GrT6j1zMZv7wokMqtri3_clGWc8pyMjw9mbpcEdfHrMbhS4xdoMRmNHXC5cOt70b3O83sBD",
     NULL, "a multihash of SHA-512"},
    {"mh=uEh8s8k26X7CjDiboOyrFueKeGxYeXB-nQl5zBDNik4uY", NULL, "a multihash of 31 bytes"},
    {"mh=" HELLO_MH "=", NULL, "a multihash with padding"},
    {"SHA-256=" HELLO_256 ",SHA-512=x", NULL, "a later known one that is malformed"},
    {"SHA-25=" HELLO_256, NULL, "a shorter name"},
    {"SHA-2566=" HELLO_256, NULL, "a longer name"},
};

static const digest_case_t content_cases[] = {
    {"sha-256=:" HELLO_256 ":", HELLO_256_HEX, "RFC 9530: sha-256"},
    {"sha-512=:" HELLO_512 ":", HELLO_512_HEX, "RFC 9530: sha-512"},
    {"md5=:abc=:, sha-256=:" HELLO_256 ":", HELLO_256_HEX, "behind an unknown one"},
    {"sha-256=:" HELLO_256 ":,sha-512=:" HELLO_512 ":", HELLO_256_HEX, "the first known"},
    {"sha-256=:" HELLO_256 ":, sha-256=:" OTHER_256 ":", NULL, "two different ones"},
    {"", NULL, "empty"},
    {"sha-256", NULL, "no value"},
    {"sha-256=", NULL, "an empty value"},
    {"sha-256=:", NULL, "one colon"},
    {"sha-256=::", NULL, "an empty byte sequence"},
    {"sha-256=" HELLO_256, NULL, "no colons"},
    {"sha-256=:" HELLO_256, NULL, "no colon at the end"},
    {"sha-256=" HELLO_256 ":", NULL, "no colon at the beginning"},
    {"sha-256=x" HELLO_256 ":", NULL, "another character at the beginning"},
    {"sha-256=:" HELLO_256 "x", NULL, "another character at the end"},
    {"sha-256=:" HELLO_256 ":;p", NULL, "a parameter"},
    {"sha-256=: " HELLO_256 ":", NULL, "a blank inside"},
    {"sha-512=:" HELLO_256 ":", NULL, "the length of another algorithm"},
    {"mh=:" HELLO_MH ":", NULL, "mh is the other field's"},
    {"mh=" HELLO_MH, NULL, "mh is the other field's, bare"},
};

/* A field that no signature covers: an empty string where it says nothing. */
static const digest_case_t unsigned_cases[] = {
    {"sha-256=:" HELLO_256 ":", HELLO_256_HEX, "sha-256"},
    {"sha-512=:" HELLO_512 ":", HELLO_512_HEX, "sha-512"},
    {"md5=:abc=:, sha-256=:" HELLO_256 ":", HELLO_256_HEX, "behind an unknown one"},
    {"", "", "empty"},
    {"md5=:abc=:", "", "unknown ones alone"},
    {"mh=" HELLO_MH, "", "mh is the other field's"},
    {"sha-256=" HELLO_256, NULL, "no colons"},
    {"sha-512=:" HELLO_256 ":", NULL, "the length of another algorithm"},
    {"sha-256=:" HELLO_256 ":, sha-256=:" OTHER_256 ":", NULL, "two different ones"},
};

typedef const was_error_t *(*parse_fn)(const char *value, was_digest_t *digest, apr_pool_t *pool);

static void run(const char *field, parse_fn parse, const digest_case_t *cases, size_t count,
                apr_pool_t *pool)
{
    static const char hex_digits[] = "0123456789abcdef";
    bool is_signed = parse != was_digest_parse_unsigned;

    for (size_t i = 0; i < count; i++) {
        was_digest_t digest = {.count = 0};
        const was_error_t *error = parse(cases[i].value, &digest, pool);
        char hex[2 * WAS_DIGEST_MAX_BYTES + 1] = "";
        char name[200];

        for (apr_size_t j = 0; j < digest.count; j++) {
            hex[2 * j] = hex_digits[digest.bytes[j] >> 4];
            hex[2 * j + 1] = hex_digits[digest.bytes[j] & 15];
        }
        apr_snprintf(name, sizeof(name), "%s: %s", field, cases[i].name);
        is_str(error == NULL ? hex : NULL, cases[i].hex, name);
        if (error == NULL) {
            ok(digest.algorithm == (digest.count == 64 ? WAS_DIGEST_SHA512 : WAS_DIGEST_SHA256),
               "... the algorithm");
            continue;
        }
        is_str(outcome(error), is_signed ? "UNAUTHENTICATED" : "MALFORMED", "... the kind");
        is_str(error->pointer, is_signed ? "/authorization" : "/body", "... the pointer");
        ok(digest.count == 0, "... nothing comes out");
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    run("Digest", was_digest_parse, digest_cases, sizeof(digest_cases) / sizeof(digest_cases[0]),
        pool);
    run("Content-Digest", was_digest_parse_content, content_cases,
        sizeof(content_cases) / sizeof(content_cases[0]), pool);
    run("Content-Digest, unsigned", was_digest_parse_unsigned, unsigned_cases,
        sizeof(unsigned_cases) / sizeof(unsigned_cases[0]), pool);
    return done();
}
