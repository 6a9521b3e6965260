/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_cavage: the input is the value of an Authorization field, a line break, and a target.
 * Whatever parses is verified as sent, which must fail, and then with the signature of a key that
 * the target holds, which must succeed: so the signing string is written a second time here.
 */
#include "fuzz.h"

#include "auth/was_cavage.h"

#include <sodium.h>

static const char *find_field(void *baton, const char *name)
{
    (void)baton;
    return strlen(name) % 4 == 3 ? NULL : name;
}

/* Straight from protocol/classic section 3; NULL when there is none. */
static const char *signing_string(const was_cavage_t *cavage, const char *target, apr_pool_t *pool)
{
    const char *text = "";

    for (int i = 0; i < cavage->signature.ncovered; i++) {
        const char *name = cavage->signature.covered[i];
        const char *value = find_field(NULL, name);

        if (strcmp(name, "(created)") == 0) {
            value = apr_psprintf(pool, "%" APR_INT64_T_FMT, cavage->signature.created);
        }
        else if (strcmp(name, "(expires)") == 0) {
            value = apr_psprintf(pool, "%" APR_INT64_T_FMT, cavage->signature.expires);
        }
        else if (strcmp(name, "(key-id)") == 0) {
            value = cavage->key_id;
        }
        else if (strcmp(name, "(request-target)") == 0) {
            value = apr_pstrcat(pool, "put ", target, NULL);
        }
        if (value == NULL) {
            return NULL;
        }
        text = apr_pstrcat(pool, text, i > 0 ? "\n" : "", name, ": ", value, NULL);
    }
    return text;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

static void sign(was_signature_t *signature, const char *text)
{
    unsigned char seed[crypto_sign_SEEDBYTES] = {7};
    unsigned char secret[crypto_sign_SECRETKEYBYTES];

    crypto_sign_seed_keypair(signature->signer.bytes, secret, seed);
    crypto_sign_detached(signature->value, NULL, (const unsigned char *)text, strlen(text), secret);
}

static void check_verify(const was_cavage_t *parsed, const char *target, apr_pool_t *pool)
{
    static const char *const none[] = {NULL};
    const was_signature_rules_t rules = {.required = none};
    const was_message_t message = {
        .method = "PUT", .targets = &target, .ntargets = 1, .field = find_field};
    bool covered = was_signature_covers(&parsed->signature, "(request-target)");
    const char *text = signing_string(parsed, target, pool);
    was_cavage_t own = *parsed;
    bool good;

    sign(&own.signature, text == NULL ? "" : text);
    good = was_cavage_verify(&own, &message, &rules, parsed->signature.created, pool) == NULL;
    REQUIRE(good == (text != NULL && parsed->signature.expires > parsed->signature.created &&
                     !(covered && has_control(target))));
    if (good) {
        own.signature.value[0] ^= 1;
        REQUIRE(was_cavage_verify(&own, &message, &rules, parsed->signature.created, pool) != NULL);
    }
}

static void check_parsed(const was_cavage_t *cavage)
{
    const was_signature_t *signature = &cavage->signature;

    REQUIRE(signature->ncovered >= 1 && signature->ncovered <= WAS_SIGNATURE_MAX_COVERED);
    REQUIRE(signature->created >= 0 && signature->created <= 999999999999999);
    REQUIRE(signature->expires >= 0 && signature->expires <= 999999999999999);
    REQUIRE(strncmp(cavage->key_id, signature->signer.did, strlen(signature->signer.did)) == 0);
    for (int i = 0; i < signature->ncovered; i++) {
        REQUIRE(signature->covered[i][0] != '\0');
        REQUIRE(strpbrk(signature->covered[i], " :\n\"ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
        REQUIRE(was_signature_covers(signature, signature->covered[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *value = fuzz_text(data, size);
    char *target = strchr(value, '\n');
    const was_cavage_t *cavage = NULL;
    const was_error_t *error;

    REQUIRE(was_crypto_init());
    if (target != NULL) {
        *target++ = '\0';
    }
    error = was_cavage_parse(value, &cavage, pool);
    if (error == NULL) {
        check_parsed(cavage);
        check_verify(cavage, target == NULL ? "/" : target, pool);
    }
    else {
        REQUIRE(cavage == NULL && strcmp(error->pointer, "/authorization") == 0);
        fuzz_check_error(error, WAS_ERROR_UNAUTHENTICATED);
    }
    free(value);
    apr_pool_clear(pool);
    return 0;
}
