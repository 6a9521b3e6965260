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

static const was_error_t *refused_proof(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_INVALID_BODY, NULL, "%s", detail);
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
        return refused_proof("the context of the proof is not that of the capability", pool);
    }
    for (apr_size_t i = 0; i < json_array_size(own); i++) {
        if (!json_equal(json_array_get(own, i), json_array_get(given, i))) {
            return refused_proof("the context of the proof is not that of the capability", pool);
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
    was_key_kind_t key;      /* that it signs with */
    const was_error_t *(*digest)(const json_t *capability, const json_t *proof, message_t *message,
                                 apr_pool_t *pool);
} suite_t;

static const suite_t suites[] = {
    {"DataIntegrityProof", "eddsa-jcs-2022", "zu", WAS_KEY_ED25519, digest_jcs},
    {"Ed25519Signature2020", NULL, "z", WAS_KEY_ED25519, digest_rdf},
};

static const suite_t *suite_of(const json_t *proof)
{
    for (apr_size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        const json_t *cryptosuite = json_object_get(proof, "cryptosuite");
        bool matches = suites[i].cryptosuite == NULL
                           ? cryptosuite == NULL
                           : was_json_is_text(cryptosuite, suites[i].cryptosuite);

        if (matches && was_json_is_text(json_object_get(proof, "type"), suites[i].type)) {
            return &suites[i];
        }
    }
    return NULL;
}

/* A signature of the size that the suite's keys make. */
typedef struct value_t {
    unsigned char bytes[WAS_KEY_MAX_SIGNATURE_BYTES];
    apr_size_t count;
} value_t;

static const was_error_t *read_value(const json_t *proof, const suite_t *suite, value_t *value,
                                     apr_pool_t *pool)
{
    const json_t *member = json_object_get(proof, "proofValue");
    const char *text = json_string_value(member);
    apr_size_t expected = was_key_type(suite->key)->signature_bytes;

    if (text == NULL || strchr(suite->alphabets, text[0]) == NULL ||
        !was_multibase_decode(text, json_string_length(member), value->bytes, expected,
                              &value->count) ||
        value->count != expected) {
        return was_error_make(
            pool, WAS_ERROR_INVALID_BODY, NULL,
            "the proofValue is not the multibase text of %" APR_SIZE_T_FMT " bytes", expected);
    }
    return NULL;
}

/* The key that the proof names, which must be one that its suite signs with. */
static const was_error_t *resolve_method(const char *method, const suite_t *suite, was_key_t *key,
                                         apr_pool_t *pool)
{
    was_key_t named;

    WAS_TRY(was_key_resolve(method, &named, pool));
    if (named.type->kind != suite->key) {
        return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, NULL,
                              "the suite of the proof does not sign with keys of this type");
    }
    *key = named;
    return NULL;
}

const was_error_t *was_proof_verify(const json_t *capability, was_key_t *delegator,
                                    apr_pool_t *pool)
{
    const json_t *proof = was_json_only_object(json_object_get(capability, "proof"));
    const json_t *method = json_object_get(proof, "verificationMethod");
    const suite_t *suite = suite_of(proof);
    message_t message;
    value_t value;
    was_key_t key;

    if (proof == NULL) {
        return refused_proof("the capability must have one proof", pool);
    }
    if (suite == NULL) {
        return refused_proof("the suite of the proof is not supported", pool);
    }
    if (!was_json_is_text(json_object_get(proof, "proofPurpose"), "capabilityDelegation")) {
        return refused_proof("the purpose of the proof must be capabilityDelegation", pool);
    }
    if (!json_is_string(method)) {
        return refused_proof("the proof names no verificationMethod", pool);
    }
    WAS_TRY(read_value(proof, suite, &value, pool));
    WAS_TRY(resolve_method(json_string_value(method), suite, &key, pool));
    WAS_TRY(suite->digest(capability, proof, &message, pool));
    if (!was_key_verify(&key, value.bytes, value.count, &message, sizeof(message))) {
        return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, NULL,
                              "the signature of the proof does not verify");
    }
    *delegator = key;
    return NULL;
}
