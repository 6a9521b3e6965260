/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_did and was_key: the input is a DID URL. */
#include "fuzz.h"

#include "auth/was_did.h"
#include "auth/was_key.h"

/* An accepted key: the DID is the text before `#`, resolves to the same key, and so does the URL
 * that repeats it as a fragment. */
static void check_key(const char *text, const was_key_t *key, apr_pool_t *pool)
{
    const char *finger = key->did + strlen("did:key:");
    was_key_t again = {.did = NULL};

    REQUIRE(strncmp(text, key->did, strlen(key->did)) == 0);
    REQUIRE(text[strlen(key->did)] == '\0' || strcmp(text + strlen(key->did) + 1, finger) == 0);
    REQUIRE(key->type->is_valid(key->bytes));
    REQUIRE(was_key_resolve(key->did, &again, pool) == NULL);
    REQUIRE(memcmp(again.bytes, key->bytes, key->type->key_bytes) == 0);
    REQUIRE(was_key_resolve(apr_pstrcat(pool, key->did, "#", finger, NULL), &again, pool) == NULL);
    REQUIRE(strcmp(again.did, key->did) == 0);
}

static void check_controller(const char *text, const char *did, apr_pool_t *pool)
{
    const char *again = NULL;

    REQUIRE(strlen(did) <= WAS_DID_MAX_BYTES && strncmp(text, did, strlen(did)) == 0);
    REQUIRE(text[strlen(did)] == '\0' || text[strlen(did)] == '#');
    REQUIRE(strpbrk(did, "#?/ \\\"") == NULL);
    REQUIRE(was_did_of_controller(did, &again, pool) == NULL && strcmp(did, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size);
    was_key_t key = {.did = NULL};
    const char *did = NULL;
    const was_error_t *error = was_key_resolve(text, &key, pool);
    const was_error_t *refused = was_did_of_controller(text, &did, pool);

    if (error == NULL) {
        check_key(text, &key, pool);
        /* Whoever signs can also control. */
        REQUIRE(refused == NULL && strcmp(did, key.did) == 0);
    }
    else {
        REQUIRE(key.did == NULL);
        fuzz_check_error(error, WAS_ERROR_UNAUTHENTICATED);
    }
    if (refused == NULL) {
        check_controller(text, did, pool);
    }
    else {
        REQUIRE(did == NULL);
        fuzz_check_error(refused, WAS_ERROR_INVALID_BODY);
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
