/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_zcap, was_proof, was_nquads: the input is the JSON of a capability. What expands is verified
 * as sent, and then signed again, each delegation in turn, by one key that controls all of it: then
 * it must hold exactly if the rules of protocol/pws section 6.4 do, which are written a second time
 * here.
 */
#include "fuzz.h"

#include "../unit/zcap.h"

#include "base/was_encoding.h"
#include "auth/was_proof.h"
#include "auth/was_zcap.h"

enum { SIGNER = 7 };

static json_t *chain_of(json_t *capability)
{
    return json_object_get(json_object_get(capability, "proof"), "capabilityChain");
}

static void check_lines(const char *text, apr_size_t length)
{
    const char *previous = NULL;
    size_t previous_size = 0;

    REQUIRE(strlen(text) == length && was_utf8_valid(text, length));
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        int order = 1;

        REQUIRE(text[size] == '\n' && size > 2 && memcmp(text + size - 2, " .", 2) == 0);
        if (previous != NULL) {
            order = memcmp(text, previous, size < previous_size ? size : previous_size);
            order = order == 0 ? (size > previous_size) - (size < previous_size) : order;
        }
        REQUIRE(order > 0);
        previous = text;
        previous_size = size;
        text += size + 1;
    }
}

static bool check_nquads(const json_t *capability, apr_pool_t *pool)
{
    const char *document = NULL;
    const char *options = NULL;
    apr_size_t length;
    const was_error_t *error = was_nquads_document(capability, &document, &length, pool);

    if (error != NULL) {
        fuzz_check_error(error, WAS_ERROR_INVALID_BODY);
    }
    else {
        check_lines(document, length);
    }
    error = was_nquads_proof(capability, &options, &length, pool);
    if (error != NULL) {
        fuzz_check_error(error, WAS_ERROR_INVALID_BODY);
    }
    else {
        check_lines(options, length);
    }
    return document != NULL && options != NULL;
}

static void check_proof(const json_t *capability, apr_pool_t *pool)
{
    was_key_t key = {.did = NULL};
    const was_error_t *error = was_proof_verify(capability, &key, pool);

    REQUIRE((error == NULL) == (key.did != NULL));
    if (error != NULL) {
        REQUIRE(error->kind == WAS_ERROR_INVALID_BODY || error->kind == WAS_ERROR_UNAUTHENTICATED);
        fuzz_check_error(error, error->kind);
    }
}

static void check_delegations(const was_zcap_chain_t *chain, apr_pool_t *pool)
{
    REQUIRE(chain->ndelegations >= 1 && chain->ndelegations < WAS_ZCAP_MAX_LENGTH);
    REQUIRE(strcmp(was_zcap_root_target(chain->root_id, pool), chain->root_target) == 0);
    for (int i = 0; i < chain->ndelegations; i++) {
        const was_zcap_delegation_t *delegation = &chain->delegations[i];

        REQUIRE(was_uri_absolute(delegation->id) && was_uri_absolute(delegation->target));
        REQUIRE(was_zcap_root_target(delegation->id, pool) == NULL);
        REQUIRE(delegation->ncontrollers >= 1 &&
                delegation->ncontrollers <= WAS_ZCAP_MAX_CONTROLLERS);
        REQUIRE(delegation->nactions >= 0 && delegation->nactions <= WAS_ZCAP_MAX_ACTIONS);
        REQUIRE((delegation->actions == NULL) == (delegation->nactions == 0));
        REQUIRE(strncmp(delegation->delegator, "did:", 4) == 0 &&
                strchr(delegation->delegator, '#') == NULL);
        for (int j = 0; j < i; j++) {
            REQUIRE(strcmp(delegation->id, chain->delegations[j].id) != 0);
        }
        REQUIRE(i == 0 || strcmp(delegation->parent, chain->delegations[i - 1].id) == 0);
    }
}

static bool lies_within(const char *base, const char *url)
{
    size_t length = strlen(base);
    const char *rest = url + length;

    if (strncmp(base, url, length) != 0) {
        return false;
    }
    if (strchr(base, '?') != NULL) {
        return *rest == '\0' || *rest == '&' || base[length - 1] == '?' || base[length - 1] == '&';
    }
    return *rest == '\0' || *rest == '/' || *rest == '?' || base[length - 1] == '/';
}

static bool attenuates(const was_zcap_delegation_t *parent, const was_zcap_delegation_t *child)
{
    bool good = lies_within(parent->target, child->target) && child->expires <= parent->expires &&
                child->created >= parent->created &&
                (child->actions != NULL || parent->actions == NULL);

    for (int i = 0; parent->actions != NULL && i < child->nactions; i++) {
        bool found = false;

        for (int j = 0; j < parent->nactions; j++) {
            found = found || strcmp(child->actions[i], parent->actions[j]) == 0;
        }
        good = good && found;
    }
    return good;
}

/* Makes one delegation the signer's, by and for; false when its suite cannot sign it. */
static bool sign_again(json_t *capability, const test_key_t *key, apr_pool_t *pool)
{
    json_t *proof = json_object_get(capability, "proof");
    const char *type = json_string_value(json_object_get(proof, "type"));
    bool rdf = type != NULL && strcmp(type, "Ed25519Signature2020") == 0;
    was_key_t delegator;
    const char *text;
    apr_size_t length;

    json_object_set_new(capability, "controller", json_string(key->did));
    json_object_set_new(proof, "verificationMethod", json_string(key->id));
    if (rdf) {
        if (json_object_get(proof, "cryptosuite") != NULL || !check_nquads(capability, pool)) {
            return false;
        }
    }
    else {
        json_object_set_new(proof, "type", json_string("DataIntegrityProof"));
        json_object_set_new(proof, "cryptosuite", json_string("eddsa-jcs-2022"));
        json_object_del(proof, "@context");
        if (was_jcs_text(capability, &text, &length, pool) != NULL) {
            return false;
        }
    }
    sign_proof(capability, rdf, key, pool);
    REQUIRE(was_proof_verify(capability, &delegator, pool) == NULL);
    REQUIRE(strcmp(delegator.did, key->did) == 0);
    return true;
}

static void check_allowed(const was_zcap_chain_t *chain, const test_key_t *key)
{
    const was_zcap_delegation_t *tail = &chain->delegations[chain->ndelegations - 1];
    was_zcap_use_t use = {.url = tail->target,
                          .action = tail->actions == NULL ? "GET" : tail->actions[0],
                          .invoker = key->did,
                          .created = apr_time_sec(tail->created),
                          .now = apr_time_sec(tail->expires),
                          .root_controller = key->did};

    REQUIRE(was_zcap_allows(chain, &use) == WAS_ZCAP_ALLOWED);
    use.now += WAS_ZCAP_SKEW + 1;
    REQUIRE(was_zcap_allows(chain, &use) == WAS_ZCAP_EXPIRED);
    use.invoker = "did:key:z6MkeXATEjyXENzBXBxgC5EHk2JE5aqd7qMGGtDpLUH1e2Sj";
    REQUIRE(was_zcap_allows(chain, &use) == WAS_ZCAP_REFUSED);
}

static void check_signed(json_t *tail, int ndelegations, apr_pool_t *pool)
{
    const test_key_t *key = test_key(SIGNER, pool);
    json_t *delegations[WAS_ZCAP_MAX_LENGTH];
    was_zcap_chain_t chain;
    bool good = true;

    for (int i = ndelegations - 1; i >= 0; i--) {
        delegations[i] = tail;
        if (!json_is_object(json_object_get(tail, "proof"))) {
            return;
        }
        tail = json_array_get(chain_of(tail), (size_t)i);
    }
    for (int i = 0; i < ndelegations; i++) {
        if (!sign_again(delegations[i], key, pool)) {
            return;
        }
    }
    REQUIRE(was_zcap_expand(delegations[ndelegations - 1], &chain, pool) == NULL);
    check_delegations(&chain, pool);
    good = lies_within(chain.root_target, chain.delegations[0].target);
    for (int i = 1; i < ndelegations; i++) {
        good = good && attenuates(&chain.delegations[i - 1], &chain.delegations[i]);
    }
    REQUIRE((was_zcap_verify(&chain, key->did, pool) == NULL) == good);
    REQUIRE(was_zcap_verify(&chain, "did:web:example.org", pool) != NULL);
    if (good) {
        check_allowed(&chain, key);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    was_zcap_chain_t chain = {.ndelegations = 0};
    json_t *capability = NULL;
    const was_error_t *error;

    REQUIRE(was_crypto_init());
    if (was_json_parse((const char *)data, size, &capability, pool) == NULL) {
        check_nquads(capability, pool);
        check_proof(capability, pool);
        error = was_zcap_expand(capability, &chain, pool);
        if (error != NULL) {
            fuzz_check_error(error, WAS_ERROR_MALFORMED);
            REQUIRE(chain.ndelegations == 0);
        }
        else {
            check_delegations(&chain, pool);
            error = was_zcap_verify(&chain, chain.delegations[0].delegator, pool);
            if (error != NULL) {
                fuzz_check_error(error, WAS_ERROR_FORBIDDEN);
            }
            check_signed(was_json_own(json_deep_copy(capability), pool), chain.ndelegations, pool);
        }
    }
    apr_pool_clear(pool);
    return 0;
}
