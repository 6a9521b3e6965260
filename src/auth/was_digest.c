/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_digest: what a client says the digest of the body is, in the spellings of wallets.
 * Refuses to know the body; whoever reads it compares.
 */

#include "auth/was_digest.h"

#include "base/was_encoding.h"

#include <apr_cstr.h>
#include <string.h>

/* Reads what stands behind the `=` of an entry. */
typedef bool (*read_value_fn)(const char *text, apr_size_t length, was_digest_t *digest);

typedef struct entry_t {
    const char *name;
    was_digest_algorithm_t algorithm;
    read_value_fn read;
} entry_t;

/* The entries that a field may have, and what is wrong when it is malformed. */
typedef struct spelling_t {
    const entry_t *known;
    was_error_kind_t kind;
    const char *pointer;
} spelling_t;

static bool read_base64(const char *text, apr_size_t length, was_digest_t *digest)
{
    apr_size_t expected = digest->algorithm == WAS_DIGEST_SHA512 ? 64 : 32;

    return was_base64_decode(text, length, digest->bytes, sizeof(digest->bytes), &digest->count) &&
           digest->count == expected;
}

static bool read_multihash(const char *text, apr_size_t length, was_digest_t *digest)
{
    unsigned char bytes[2 + WAS_SHA256_BYTES];
    const unsigned char *hash;
    apr_size_t count;

    if (!was_multibase_decode(text, length, bytes, sizeof(bytes), &count) ||
        !was_multihash_sha256(bytes, count, &hash)) {
        return false;
    }
    memcpy(digest->bytes, hash, WAS_SHA256_BYTES);
    digest->count = WAS_SHA256_BYTES;
    return true;
}

/* A byte sequence of RFC 8941: base64 between colons. */
static bool read_sequence(const char *text, apr_size_t length, was_digest_t *digest)
{
    return length >= 2 && text[0] == ':' && text[length - 1] == ':' &&
           read_base64(text + 1, length - 2, digest);
}

static const was_error_t *refused_digest(const spelling_t *spelling, const char *detail,
                                         apr_pool_t *pool)
{
    return was_error_make(pool, spelling->kind, spelling->pointer, "%s", detail);
}

static const entry_t *find_known(const entry_t *known, const char *name, apr_size_t length)
{
    for (; known->name != NULL; known++) {
        if (strlen(known->name) == length && apr_cstr_casecmpn(known->name, name, length) == 0) {
            return known;
        }
    }
    return NULL;
}

/* One entry of the list without the blanks around it; `*known` is NULL when it is of no use. */
static bool read_entry(const entry_t *table, const char *text, apr_size_t length,
                       const entry_t **known, was_digest_t *digest)
{
    const char *equals = memchr(text, '=', length);
    apr_size_t name_length = equals == NULL ? length : (apr_size_t)(equals - text);

    *known = find_known(table, text, name_length);
    if (*known == NULL) {
        return true;
    }
    if (equals == NULL) {
        return false;
    }
    digest->algorithm = (*known)->algorithm;
    return (*known)->read(equals + 1, length - name_length - 1, digest);
}

/*
 * The first known entry counts, but the others are read too: a field that says two things about one
 * body would be believed differently by two readers. `first->count` is 0 before there is one.
 */
static const was_error_t *take_entry(const spelling_t *spelling, const char *text,
                                     apr_size_t length, was_digest_t *first, apr_pool_t *pool)
{
    was_digest_t next = {0};
    const entry_t *known;

    if (!read_entry(spelling->known, text, length, &known, &next)) {
        return refused_digest(spelling, "the digest field is malformed", pool);
    }
    if (known == NULL) {
        return NULL;
    }
    if (first->count == 0) {
        *first = next;
    }
    else if (next.algorithm == first->algorithm &&
             memcmp(next.bytes, first->bytes, first->count) != 0) {
        return refused_digest(spelling, "the digest field contradicts itself", pool);
    }
    return NULL;
}

/* `*first` is the first known entry; its count is 0 where there is none. */
static const was_error_t *parse_entries(const char *value, const spelling_t *spelling,
                                        was_digest_t *first, apr_pool_t *pool)
{
    const char *end;

    for (const char *at = value;; at = end + 1) {
        at += strspn(at, " \t");
        apr_size_t length = strcspn(at, ",");

        end = at + length;
        while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t')) {
            length--;
        }
        WAS_TRY(take_entry(spelling, at, length, first, pool));
        if (*end == '\0') {
            return NULL;
        }
    }
}

/* Of a field that is signed, which must say something. */
static const was_error_t *parse_signed(const char *value, const entry_t *known,
                                       was_digest_t *digest, apr_pool_t *pool)
{
    const spelling_t spelling = {known, WAS_ERROR_UNAUTHENTICATED, "/authorization"};
    was_digest_t first = {0};

    WAS_TRY(parse_entries(value, &spelling, &first, pool));
    if (first.count == 0) {
        return refused_digest(&spelling, "the digest field holds no SHA-256 or SHA-512 digest",
                              pool);
    }
    *digest = first;
    return NULL;
}

const was_error_t *was_digest_parse(const char *value, was_digest_t *digest, apr_pool_t *pool)
{
    static const entry_t known[] = {{"SHA-256", WAS_DIGEST_SHA256, read_base64},
                                    {"SHA-512", WAS_DIGEST_SHA512, read_base64},
                                    {"mh", WAS_DIGEST_SHA256, read_multihash},
                                    {NULL, WAS_DIGEST_SHA256, NULL}};

    return parse_signed(value, known, digest, pool);
}

static const entry_t known_sequences[] = {{"sha-256", WAS_DIGEST_SHA256, read_sequence},
                                          {"sha-512", WAS_DIGEST_SHA512, read_sequence},
                                          {NULL, WAS_DIGEST_SHA256, NULL}};

const was_error_t *was_digest_parse_content(const char *value, was_digest_t *digest,
                                            apr_pool_t *pool)
{
    return parse_signed(value, known_sequences, digest, pool);
}

const was_error_t *was_digest_parse_unsigned(const char *value, was_digest_t *digest,
                                             apr_pool_t *pool)
{
    static const spelling_t spelling = {known_sequences, WAS_ERROR_MALFORMED, "/body"};
    was_digest_t first = {0};

    WAS_TRY(parse_entries(value, &spelling, &first, pool));
    *digest = first;
    return NULL;
}
