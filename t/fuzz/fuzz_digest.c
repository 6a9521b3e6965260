/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_digest: the input is the value of a Digest, Content-Digest or Repr-Digest field. */
#include "fuzz.h"

#include "auth/was_digest.h"

typedef const was_error_t *(*parse_fn)(const char *value, was_digest_t *digest, apr_pool_t *pool);

static void check(const char *value, parse_fn parse, apr_pool_t *pool)
{
    was_digest_t digest = {.count = 0};
    was_digest_t again = {.count = 0};
    const was_error_t *error = parse(value, &digest, pool);

    if (error != NULL) {
        REQUIRE(digest.count == 0 && strcmp(error->pointer, "/authorization") == 0);
        fuzz_check_error(error, WAS_ERROR_UNAUTHENTICATED);
        return;
    }
    REQUIRE(digest.count == (digest.algorithm == WAS_DIGEST_SHA512 ? 64 : 32));
    /* A field said twice says the same. */
    REQUIRE(parse(apr_pstrcat(pool, value, " ,\t", value, NULL), &again, pool) == NULL);
    REQUIRE(again.algorithm == digest.algorithm && again.count == digest.count);
    REQUIRE(memcmp(again.bytes, digest.bytes, digest.count) == 0);
}

/* Without a signature, a field means the same, or nothing. */
static void check_unsigned(const char *value, apr_pool_t *pool)
{
    was_digest_t digest = {.count = 0};
    was_digest_t covered = {.count = 0};
    const was_error_t *error = was_digest_parse_unsigned(value, &digest, pool);
    const was_error_t *refusal = was_digest_parse_content(value, &covered, pool);

    if (error != NULL) {
        REQUIRE(refusal != NULL && digest.count == 0 && strcmp(error->pointer, "/body") == 0);
        fuzz_check_error(error, WAS_ERROR_MALFORMED);
        return;
    }
    REQUIRE((refusal != NULL) == (digest.count == 0));
    REQUIRE(digest.count == covered.count && digest.algorithm == covered.algorithm);
    REQUIRE(memcmp(digest.bytes, covered.bytes, digest.count) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *value = fuzz_text(data, size);

    check(value, was_digest_parse, pool);
    check(value, was_digest_parse_content, pool);
    check_unsigned(value, pool);
    free(value);
    apr_pool_clear(pool);
    return 0;
}
