/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_proof: delegation proofs, by the suites eddsa-jcs-2022 and Ed25519Signature2020.
 * Refuses every other suite, and to know what the delegator may delegate.
 *
 * Both suites sign the same thing in two spellings: the digest of the proof's options, which is the
 * proof without its value, and behind it the digest of the capability without the proof.
 */
#include "auth/was_proof.h"

#include "base/was_encoding.h"
#include "auth/was_jcs.h"
#include "auth/was_nquads.h"

#include <string.h>

typedef struct message_t {
    unsigned char options[WAS_SHA256_BYTES];
    unsigned char document[WAS_SHA256_BYTES];
} message_t;

static const was_error_t *refused(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_INVALID_BODY, NULL, "%s", detail);
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

/* A copy that lacks one member; what it holds is shared, and only counted anew. */
static const was_error_t *copy_without(const json_t *object, const char *name, json_t **copy,
                                       apr_pool_t *pool)
{
    *copy = was_json_own(json_copy((json_t *)object), pool);
    if (*copy == NULL) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "out of memory while copying JSON");
    }
    json_object_del(*copy, name);
    return NULL;
}

/*
 * The proof's own context takes the place of the document's, which may only add to it. An empty one
 * would leave the context of the document unsigned.
 */
static const was_error_t *replace_context(json_t *document, const json_t *proof, apr_pool_t *pool)
{
    json_t *own = json_object_get(proof, "@context");
    const json_t *given = json_object_get(document, "@context");

    if (own == NULL) {
        return NULL;
    }
    /* What is no array has no size and no elements, and is equal to nothing. */
    if (json_array_size(own) == 0) {
        return refused("the context of the proof is not that of the capability", pool);
    }
    for (apr_size_t i = 0; i < json_array_size(own); i++) {
        if (!json_equal(json_array_get(own, i), json_array_get(given, i))) {
            return refused("the context of the proof is not that of the capability", pool);
        }
    }
    if (json_object_set(document, "@context", own) != 0) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "out of memory while copying JSON");
    }
    return NULL;
}

static const was_error_t *digest_jcs(const json_t *capability, const json_t *proof,
                                     message_t *message, apr_pool_t *pool)
{
    json_t *options;
    json_t *document;
    const char *text;
    apr_size_t length;

    WAS_TRY(copy_without(proof, "proofValue", &options, pool));
    WAS_TRY(copy_without(capability, "proof", &document, pool));
    WAS_TRY(replace_context(document, proof, pool));
    WAS_TRY(was_jcs_text(options, &text, &length, pool));
    was_crypto_sha256(text, length, message->options);
    WAS_TRY(was_jcs_text(document, &text, &length, pool));
    was_crypto_sha256(text, length, message->document);
    return NULL;
}

static const was_error_t *digest_rdf(const json_t *capability, const json_t *proof,
                                     message_t *message, apr_pool_t *pool)
{
    const char *text;
    apr_size_t length;

    (void)proof;
    WAS_TRY(was_nquads_proof(capability, &text, &length, pool));
    was_crypto_sha256(text, length, message->options);
    WAS_TRY(was_nquads_document(capability, &text, &length, pool));
    was_crypto_sha256(text, length, message->document);
    return NULL;
}

typedef struct suite_t {
    const char *type;
    const char *cryptosuite; /* NULL: it has none */
    const char *alphabets;   /* of proofValue: prefixes of multibase */
    const was_error_t *(*digest)(const json_t *capability, const json_t *proof, message_t *message,
                                 apr_pool_t *pool);
} suite_t;

static const suite_t suites[] = {
    {"DataIntegrityProof", "eddsa-jcs-2022", "zu", digest_jcs},
    {"Ed25519Signature2020", NULL, "z", digest_rdf},
};

static const suite_t *suite_of(const json_t *proof)
{
    for (apr_size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        const json_t *cryptosuite = json_object_get(proof, "cryptosuite");
        bool matches = suites[i].cryptosuite == NULL ? cryptosuite == NULL
                                                     : is_text(cryptosuite, suites[i].cryptosuite);

        if (matches && is_text(json_object_get(proof, "type"), suites[i].type)) {
            return &suites[i];
        }
    }
    return NULL;
}

static bool decode_value(const json_t *value, const suite_t *suite,
                         unsigned char signature[WAS_ED25519_SIGNATURE_BYTES])
{
    const char *text = json_string_value(value);
    apr_size_t count;

    return text != NULL && strchr(suite->alphabets, text[0]) != NULL &&
           was_multibase_decode(text, json_string_length(value), signature,
                                WAS_ED25519_SIGNATURE_BYTES, &count) &&
           count == WAS_ED25519_SIGNATURE_BYTES;
}

const was_error_t *was_proof_verify(const json_t *capability, was_did_key_t *delegator,
                                    apr_pool_t *pool)
{
    const json_t *proof = was_json_only_object(json_object_get(capability, "proof"));
    const json_t *method = json_object_get(proof, "verificationMethod");
    const suite_t *suite = suite_of(proof);
    unsigned char signature[WAS_ED25519_SIGNATURE_BYTES];
    message_t message;
    was_did_key_t key;

    if (proof == NULL) {
        return refused("the capability must have one proof", pool);
    }
    if (suite == NULL) {
        return refused("the suite of the proof is not supported", pool);
    }
    if (!is_text(json_object_get(proof, "proofPurpose"), "capabilityDelegation")) {
        return refused("the purpose of the proof must be capabilityDelegation", pool);
    }
    if (!json_is_string(method)) {
        return refused("the proof names no verificationMethod", pool);
    }
    if (!decode_value(json_object_get(proof, "proofValue"), suite, signature)) {
        return refused("the proofValue is not the multibase text of 64 bytes", pool);
    }
    WAS_TRY(was_did_key_resolve(json_string_value(method), &key, pool));
    WAS_TRY(suite->digest(capability, proof, &message, pool));
    if (!was_crypto_verify_ed25519(key.key, signature, &message, sizeof(message))) {
        return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, NULL,
                              "the signature of the proof does not verify");
    }
    *delegator = key;
    return NULL;
}
