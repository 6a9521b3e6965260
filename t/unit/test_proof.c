/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_proof: what clients and reference implementations signed holds. */
#include "zcap.h"

#include "base/was_encoding.h"
#include "auth/was_proof.h"

static const char *const requests[] = {
    "05-delegated-GET-jcs-space-rooted", "06-delegated-GET-jcs-target-rooted",
    "07-delegated-PUT-jcs-chain2-attenuated", "08-delegated-GET-Ed25519Signature2020"};

static json_t *parent_of(const json_t *capability)
{
    const json_t *chain = json_object_get(json_object_get(capability, "proof"), "capabilityChain");
    json_t *last = json_array_get(chain, json_array_size(chain) - 1);

    return json_is_object(last) ? last : NULL;
}

/* What a suite signs, before it is hashed. */
static void check_texts(const json_t *capability, const json_t *texts, apr_pool_t *pool)
{
    bool rdf = strcmp(text_of(texts, "suite"), "eddsa-jcs-2022") != 0;
    json_t *options = was_json_own(json_copy(json_object_get(capability, "proof")), pool);
    const char *text = NULL;
    apr_size_t length;

    json_object_del(options, "proofValue");
    ok(canonical(capability, options, rdf, true, &text, &length, pool), "... canonical options");
    is_str(text, text_of(texts, "canonicalProofOptions"), "... are as signed");
    ok(canonical(capability, options, rdf, false, &text, &length, pool), "... canonical document");
    is_str(text, text_of(texts, "canonicalDocument"), "... is as signed");
}

static void check_signer(const json_t *capability, const json_t *texts, apr_pool_t *pool)
{
    was_key_t key = {.did = NULL};
    char hex[2 * WAS_ED25519_KEY_BYTES + 1];

    is_str(outcome(was_proof_verify(capability, &key, pool)), "fine", text_of(texts, "id"));
    was_hex_encode(key.bytes, key.type->key_bytes, hex);
    is_str(hex, text_of(texts, "publicKeyHex"), "... the key");
    check_texts(capability, texts, pool);
}

/*
 * Every byte of the text of a capability is signed: with one of them changed it is malformed, or
 * the proof does not verify.
 */
static void check_bytes(const json_t *capability, const char *name, int ways, apr_pool_t *pool)
{
    static const char masks[] = {0x01, 0x20};
    apr_size_t length = 0;
    const char *text = was_json_text(capability, &length, pool);
    char *changed = apr_pstrmemdup(pool, text, length);
    int accepted = 0;
    int verified = 0;
    apr_pool_t *inner;

    apr_pool_create(&inner, pool);
    for (apr_size_t i = 0; i < length * (apr_size_t)ways; i++) {
        apr_size_t at = i % length;
        was_key_t key;
        json_t *value;

        changed[at] = (char)(text[at] ^ masks[i / length]);
        if (was_json_parse(changed, length, &value, inner) == NULL) {
            verified++;
            accepted += was_proof_verify(value, &key, inner) == NULL;
        }
        changed[at] = text[at];
        apr_pool_clear(inner);
    }
    is_int(accepted, 0, apr_pstrcat(pool, "each byte is signed: ", name, NULL));
    ok(verified > (int)length / 2, "... %d changes were JSON", verified);
}

static void test_requests(apr_pool_t *pool)
{
    int found = 0;

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        const json_t *request =
            load_vector(apr_pstrcat(pool, requests[i], ".explained.json", NULL), pool);
        const json_t *texts =
            load_vector(apr_pstrcat(pool, requests[i], ".delegation-vectors.json", NULL), pool);
        const json_t *capability = json_object_get(request, "capability");

        check_bytes(capability, requests[i], 2, pool);
        for (; capability != NULL; capability = parent_of(capability)) {
            for (size_t j = 0; j < json_array_size(texts); j++) {
                const json_t *row = json_array_get(texts, j);

                if (strcmp(text_of(row, "id"), text_of(capability, "id")) == 0) {
                    check_signer(capability, row, pool);
                    found++;
                }
            }
        }
    }
    is_int(found, 5, "pws 7: five delegations of real clients");
}

/* The digests that section 21.3 gives for its two delegations by eddsa-jcs-2022. */
static void test_published(const json_t *capability, const char *options, const char *document,
                           apr_pool_t *pool)
{
    json_t *proof = was_json_own(json_copy(json_object_get(capability, "proof")), pool);
    unsigned char digest[WAS_SHA256_BYTES];
    char hex[2 * WAS_SHA256_BYTES + 1];
    const char *text;
    apr_size_t length;

    json_object_del(proof, "proofValue");
    ok(canonical(capability, proof, false, true, &text, &length, pool), "pws 21.3: options");
    was_crypto_sha256(text, length, digest);
    was_hex_encode(digest, sizeof(digest), hex);
    is_str(hex, options, "... their digest");
    ok(canonical(capability, proof, false, false, &text, &length, pool), "pws 21.3: document");
    was_crypto_sha256(text, length, digest);
    was_hex_encode(digest, sizeof(digest), hex);
    is_str(hex, document, "... its digest");
}

static void test_chains(apr_pool_t *pool)
{
    const json_t *vectors = load_vector("zcap-chains.json", pool);
    const json_t *chains = json_object_get(vectors, "chains");

    is_int((long long)json_array_size(chains), 9, "nine chains of the reference implementation");
    for (size_t i = 0; i < json_array_size(chains); i++) {
        const json_t *chain = json_array_get(chains, i);
        const char *name = text_of(chain, "name");
        const json_t *capability = json_object_get(chain, "capability");

        check_bytes(capability, name, 1, pool);
        for (; capability != NULL; capability = parent_of(capability)) {
            const json_t *parent = parent_of(capability);
            const char *delegator =
                parent == NULL ? text_of(vectors, "rootController") : text_of(parent, "controller");
            was_key_t key = {.did = NULL};

            is_str(outcome(was_proof_verify(capability, &key, pool)), "fine", name);
            is_str(key.did, delegator, "... the delegator");
        }
        if (strcmp(name, "jcs, jcs") == 0) {
            capability = json_object_get(chain, "capability");
            test_published(parent_of(capability),
                           "3dcdde798a4698a09ac4b0fa927049b528408e47f6b12a6d4b9311561cd3b95b",
                           "9318e5567ea9da60eb80b9c105263258a415273c1b6fcdfc0c4aab5ed4ed0b75",
                           pool);
            test_published(
                capability, "bd61276b5075481d79ec552a2a9270ea2d762880fa8dabf20d923d57763afa17",
                "dd01ac425b375f816e6ea3227764c50305f5cab3e218f0520c01fe8a2002d499", pool);
        }
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    ok(was_crypto_init(), "crypto is ready");
    test_requests(pool);
    test_chains(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
