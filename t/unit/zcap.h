/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef ZCAP_H
#define ZCAP_H

#include "tap.h"

#include "auth/was_crypto.h"
#include "auth/was_jcs.h"
#include "auth/was_nquads.h"

#include <sodium.h>

/*
 * zcap: capabilities for the unit programs: those of the vectors, and signed ones made from a short
 * description. Canonical texts come from the rooms under test, which the vectors anchor.
 */

#define ROOT_URL "http://localhost:3002/space/s1/"
#define ROOT_ID "urn:zcap:root:http%3A%2F%2Flocalhost%3A3002%2Fspace%2Fs1%2F"
#define ZCAP_ID(digit) "urn:uuid:00000000-0000-4000-8000-00000000000" digit

enum { MAX_VECTOR = 1 << 18, NOW = 1767323045 /* 2026-01-02T03:04:05Z */ };

/* A file of t/vectors. */
static inline json_t *load_vector(const char *name, apr_pool_t *pool)
{
    const char *top = getenv("srcdir");
    const char *path = apr_pstrcat(pool, top == NULL ? "." : top, "/t/vectors/", name, NULL);
    FILE *file = fopen(path, "rb");
    char *text = apr_palloc(pool, MAX_VECTOR);
    json_t *value = NULL;
    size_t length;

    if (file == NULL) {
        printf("Bail out! %s cannot be read\n", path);
        exit(1);
    }
    length = fread(text, 1, MAX_VECTOR, file);
    fclose(file);
    if (was_json_parse(text, length, &value, pool) != NULL) {
        printf("Bail out! %s is no JSON\n", path);
        exit(1);
    }
    return value;
}

/* A member of a vector that must be there. */
static inline const char *text_of(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    if (value == NULL) {
        printf("Bail out! a vector lacks %s\n", name);
        exit(1);
    }
    return value;
}

/* JSON as the tests write it, with ' for ". */
static inline json_t *json_of(const char *text, apr_pool_t *pool)
{
    char *quoted = apr_pstrdup(pool, text);
    json_t *value = NULL;

    for (char *at = quoted; *at != '\0'; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    if (was_json_parse(quoted, strlen(quoted), &value, pool) != NULL) {
        printf("Bail out! a test is no JSON: %s\n", text);
        exit(1);
    }
    return value;
}

static inline const char *base58(const unsigned char *bytes, size_t count, apr_pool_t *pool)
{
    static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    unsigned char digits[128] = {0};
    size_t used = 0;
    char *text = apr_pcalloc(pool, sizeof(digits) + 1);

    for (size_t i = 0; i < count; i++) {
        unsigned carry = bytes[i];

        for (size_t j = 0; j < used || carry > 0; j++) {
            carry += digits[j] * 256u;
            digits[j] = (unsigned char)(carry % 58);
            carry /= 58;
            used = j + 1 > used ? j + 1 : used;
        }
    }
    for (size_t i = 0; i < count && bytes[i] == 0; i++) {
        used++;
    }
    for (size_t i = 0; i < used; i++) {
        text[i] = alphabet[digits[used - 1 - i]];
    }
    return text;
}

typedef struct test_key_t {
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    const char *did;
    const char *id; /* did:key:F#F */
} test_key_t;

/* The key whose seed is 32 bytes `n`: 1 controls the root, 2 the first delegation, and so on. */
static inline const test_key_t *test_key(int n, apr_pool_t *pool)
{
    test_key_t *key = apr_pcalloc(pool, sizeof(*key));
    unsigned char seed[crypto_sign_SEEDBYTES];
    unsigned char named[34] = {0xed, 0x01};
    const char *text;

    memset(seed, n, sizeof(seed));
    crypto_sign_seed_keypair(named + 2, key->secret, seed);
    text = base58(named, sizeof(named), pool);
    key->did = apr_pstrcat(pool, "did:key:z", text, NULL);
    key->id = apr_pstrcat(pool, key->did, "#z", text, NULL);
    return key;
}

/* One delegation to make, behind `parent`. */
typedef struct grant_t {
    bool rdf;                /* Ed25519Signature2020, not eddsa-jcs-2022 */
    int signer;              /* 0: the one who controls the parent */
    const char *with;        /* members to set before it is signed, null removes; or NULL */
    const char *proof_with;  /* the same in the proof */
    const char *after;       /* the same once it is signed */
    const char *proof_after; /* the same */
} grant_t;

static inline void merge(json_t *object, const char *members, apr_pool_t *pool)
{
    json_t *given = json_of(members == NULL ? "{}" : members, pool);
    const char *name;
    json_t *member;

    json_object_foreach(given, name, member)
    {
        if (json_is_null(member)) {
            json_object_del(object, name);
        }
        else {
            json_object_set(object, name, member);
        }
    }
}

/* The chain of a delegation by `parent`, whose own chain it continues. */
static inline json_t *next_chain(json_t *parent)
{
    const json_t *own = json_object_get(json_object_get(parent, "proof"), "capabilityChain");
    json_t *chain = json_array();

    for (size_t i = 0; i < json_array_size(own); i++) {
        json_t *entry = json_array_get(own, i);

        if (json_is_object(entry)) {
            entry = json_object_get(entry, "id");
        }
        json_array_append(chain, entry);
    }
    if (json_is_object(parent)) {
        json_array_append(chain, parent);
    }
    else {
        json_array_append_new(chain, json_string(ROOT_ID));
    }
    return chain;
}

static inline bool canonical(const json_t *capability, const json_t *options, bool rdf, bool proof,
                             const char **text, apr_size_t *length, apr_pool_t *pool)
{
    json_t *document = was_json_own(json_copy((json_t *)capability), pool);

    if (rdf) {
        return (proof ? was_nquads_proof(document, text, length, pool)
                      : was_nquads_document(document, text, length, pool)) == NULL;
    }
    json_object_del(document, "proof");
    return was_jcs_text(proof ? options : document, text, length, pool) == NULL;
}

/* Sets proofValue; what the suite cannot sign gets a signature of nothing. */
static inline void sign_proof(json_t *capability, bool rdf, const test_key_t *key, apr_pool_t *pool)
{
    json_t *proof = json_object_get(capability, "proof");
    unsigned char message[64] = {0};
    unsigned char signature[crypto_sign_BYTES];
    const char *text;
    apr_size_t length;

    json_object_del(proof, "proofValue");
    if (canonical(capability, proof, rdf, true, &text, &length, pool)) {
        was_crypto_sha256(text, length, message);
    }
    if (canonical(capability, proof, rdf, false, &text, &length, pool)) {
        was_crypto_sha256(text, length, message + 32);
    }
    crypto_sign_detached(signature, NULL, message, sizeof(message), key->secret);
    text = apr_pstrcat(pool, "z", base58(signature, sizeof(signature), pool), NULL);
    json_object_set_new(proof, "proofValue", json_string(text));
}

/*
 * A capability that delegation number `n` (from 1) makes: by key n to key n + 1, with the target
 * and all actions of the root, for 300 seconds from NOW on.
 */
static inline json_t *delegate(json_t *parent, int n, const grant_t *grant, apr_pool_t *pool)
{
    const char *suite = grant->rdf ? "https://w3id.org/security/suites/ed25519-2020/v1"
                                   : "https://w3id.org/security/data-integrity/v2";
    const test_key_t *key = test_key(grant->signer == 0 ? n : grant->signer, pool);
    const char *text = apr_psprintf(
        pool,
        "{'@context':['https://w3id.org/zcap/v1','%s'],'id':'" ZCAP_ID(
            "%d") "',"
                  "'controller':'%s','parentCapability':'%s','invocationTarget':'" ROOT_URL "',"
                  "'expires':'2026-01-02T03:09:05Z','proof':{'type':'%s','created':'2026-01-02T03:"
                  "04:05Z',"
                  "'verificationMethod':'%s','proofPurpose':'capabilityDelegation'}}",
        suite, n, test_key(n + 1, pool)->did,
        parent == NULL ? ROOT_ID : json_string_value(json_object_get(parent, "id")),
        grant->rdf ? "Ed25519Signature2020" : "DataIntegrityProof", key->id);
    json_t *capability = json_of(text, pool);
    json_t *proof = json_object_get(capability, "proof");

    json_object_set_new(proof, "capabilityChain", next_chain(parent));
    if (!grant->rdf) {
        json_object_set_new(proof, "cryptosuite", json_string("eddsa-jcs-2022"));
    }
    merge(proof, grant->proof_with, pool);
    merge(capability, grant->with, pool);
    sign_proof(capability, grant->rdf, key, pool);
    merge(capability, grant->after, pool);
    merge(proof, grant->proof_after, pool);
    return capability;
}

#endif
