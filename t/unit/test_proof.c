/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_proof: what clients and reference implementations signed holds, and nothing beside it. */
#include "zcap.h"

#include "base/was_encoding.h"
#include "auth/was_proof.h"

#define NO_PROOF "the capability must have one proof"
#define SUITE "the suite of the proof is not supported"
#define PURPOSE "the purpose of the proof must be capabilityDelegation"
#define NO_METHOD "the proof names no verificationMethod"
#define VALUE "the proofValue is not the multibase text of 64 bytes"
#define CONTEXT "the context of the proof is not that of the capability"
#define BROKEN "the signature of the proof does not verify"

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

/* Kinds and details of what is refused; the grant is otherwise good. */
static const struct {
    const char *name;
    const char *outcome;
    const char *detail;
    grant_t grant;
} cases[] = {
    {"eddsa-jcs-2022", "fine", NULL, {.rdf = false}},
    {"Ed25519Signature2020", "fine", NULL, {.rdf = true}},
    {"jcs: other members are signed", "fine", NULL, {.with = "{'name':'x','list':[1,{}]}"}},
    {"jcs: another member that was not signed",
     "UNAUTHENTICATED",
     BROKEN,
     {.after = "{'name':'x'}"}},
    {"jcs: other members of the proof are signed", "fine", NULL, {.proof_with = "{'nonce':'x'}"}},
    {"jcs: another member of the proof that was not signed",
     "UNAUTHENTICATED",
     BROKEN,
     {.proof_after = "{'nonce':'x'}"}},
    {"jcs: a member that is removed", "UNAUTHENTICATED", BROKEN, {.after = "{'expires':null}"}},
    {"jcs: a number that is no integer",
     "INVALID_BODY",
     "a number that is signed must be an integer",
     {.with = "{'weight':1.5}"}},
    {"jcs: a number beyond 2^53",
     "INVALID_BODY",
     "a number that is signed is too large",
     {.with = "{'weight':9007199254740993}"}},
    {"2020: another member",
     "INVALID_BODY",
     "Ed25519Signature2020: an unknown member cannot be signed",
     {.rdf = true, .after = "{'name':'x'}"}},
    {"2020: another member of the proof",
     "INVALID_BODY",
     "Ed25519Signature2020: an unknown member cannot be signed",
     {.rdf = true, .proof_after = "{'nonce':'x'}"}},
    {"2020: the context of the other suite",
     "INVALID_BODY",
     "Ed25519Signature2020: another context is not known",
     {.rdf = true,
      .after = "{'@context':['https://w3id.org/zcap/v1',"
               "'https://w3id.org/security/data-integrity/v2']}"}},

    {"jcs: the context in the proof",
     "fine",
     NULL,
     {.proof_with = "{'@context':['https://w3id.org/zcap/v1',"
                    "'https://w3id.org/security/data-integrity/v2']}"}},
    {"jcs: another context in the proof",
     "INVALID_BODY",
     CONTEXT,
     {.proof_with = "{'@context':['https://w3id.org/zcap/v1','https://w3id.org/zcap/v2']}"}},
    {"jcs: more in the proof's context",
     "INVALID_BODY",
     CONTEXT,
     {.proof_with = "{'@context':['https://w3id.org/zcap/v1',"
                    "'https://w3id.org/security/data-integrity/v2','urn:x:y']}"}},
    {"jcs: an empty context in the proof",
     "INVALID_BODY",
     CONTEXT,
     {.with = "{'@context':[]}",
      .proof_with = "{'@context':[]}",
      .after = "{'@context':['https://w3id.org/zcap/v1']}"}},
    {"jcs: a context that is no array",
     "INVALID_BODY",
     CONTEXT,
     {.proof_with = "{'@context':'https://w3id.org/zcap/v1'}"}},
    {"jcs: a context that is null", "INVALID_BODY", CONTEXT, {.proof_after = "{'@context':7}"}},
    {"jcs: a document without a context",
     "INVALID_BODY",
     CONTEXT,
     {.proof_with = "{'@context':['https://w3id.org/zcap/v1']}", .after = "{'@context':null}"}},
    {"jcs: a document whose context is no array",
     "INVALID_BODY",
     CONTEXT,
     {.proof_with = "{'@context':['https://w3id.org/zcap/v1']}",
      .after = "{'@context':'https://w3id.org/zcap/v1'}"}},
    {"jcs: the document adds to the proof's context",
     "fine",
     NULL,
     {.with = "{'@context':['https://w3id.org/zcap/v1']}",
      .proof_with = "{'@context':['https://w3id.org/zcap/v1']}",
      .after = "{'@context':['https://w3id.org/zcap/v1','urn:x:y']}"}},
    {"jcs: without a context in the proof the document's is signed",
     "UNAUTHENTICATED",
     BROKEN,
     {.with = "{'@context':['https://w3id.org/zcap/v1']}",
      .after = "{'@context':['https://w3id.org/zcap/v1','urn:x:y']}"}},

    {"no proof", "INVALID_BODY", NO_PROOF, {.after = "{'proof':null}"}},
    {"a proof that is a string", "INVALID_BODY", NO_PROOF, {.after = "{'proof':'x'}"}},
    {"an array of no proof", "INVALID_BODY", NO_PROOF, {.after = "{'proof':[]}"}},
    {"an array of a string", "INVALID_BODY", NO_PROOF, {.after = "{'proof':['x']}"}},
    {"no type", "INVALID_BODY", SUITE, {.proof_with = "{'type':null}"}},
    {"an unknown type", "INVALID_BODY", SUITE, {.proof_with = "{'type':'Proof'}"}},
    {"Ed25519Signature2018",
     "INVALID_BODY",
     SUITE,
     {.rdf = true, .proof_after = "{'type':'Ed25519Signature2018'}"}},
    {"no cryptosuite", "INVALID_BODY", SUITE, {.proof_with = "{'cryptosuite':null}"}},
    {"an unknown cryptosuite",
     "INVALID_BODY",
     SUITE,
     {.proof_with = "{'cryptosuite':'eddsa-rdfc-2022'}"}},
    {"a cryptosuite that is no string",
     "INVALID_BODY",
     SUITE,
     {.proof_with = "{'cryptosuite':['eddsa-jcs-2022']}"}},
    {"2020: a cryptosuite",
     "INVALID_BODY",
     SUITE,
     {.rdf = true, .proof_after = "{'cryptosuite':'eddsa-jcs-2022'}"}},
    {"no purpose", "INVALID_BODY", PURPOSE, {.proof_with = "{'proofPurpose':null}"}},
    {"another purpose",
     "INVALID_BODY",
     PURPOSE,
     {.proof_with = "{'proofPurpose':'assertionMethod'}"}},
    {"2020: another purpose",
     "INVALID_BODY",
     PURPOSE,
     {.rdf = true, .proof_after = "{'proofPurpose':'capabilityInvocation'}"}},
    {"no verificationMethod",
     "INVALID_BODY",
     NO_METHOD,
     {.proof_with = "{'verificationMethod':null}"}},
    {"a verificationMethod that is an object",
     "INVALID_BODY",
     NO_METHOD,
     {.proof_with = "{'verificationMethod':{'id':'did:web:a'}}"}},
    {"no proofValue", "INVALID_BODY", VALUE, {.proof_after = "{'proofValue':null}"}},
    {"an empty proofValue", "INVALID_BODY", VALUE, {.proof_after = "{'proofValue':''}"}},
    {"a proofValue without its prefix",
     "INVALID_BODY",
     VALUE,
     {.proof_after = "{'proofValue':'4cnYznNe8KaqwHcXFzUmqypdrYipu6f2LSNAJ9rWQaeod9hWJPwruZ9DgNmm6"
                     "3gRS85jJpxaJ6ws1hv2h8LXoNsM'}"}},
    {"a proofValue of 63 bytes",
     "INVALID_BODY",
     VALUE,
     {.proof_after = "{'proofValue':'uAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'}"}},
    {"a proofValue of 65 bytes",
     "INVALID_BODY",
     VALUE,
     {.proof_after = "{'proofValue':'uAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'}"}},
    {"a signature of nothing",
     "UNAUTHENTICATED",
     BROKEN,
     {.proof_after =
          "{'proofValue':'z1111111111111111111111111111111111111111111111111111111111111111'}"}},

    {"another key than the one that signed",
     "UNAUTHENTICATED",
     BROKEN,
     {.proof_with = "{'verificationMethod':'did:key:z6MkvRXNYcE7MMduynWTgeKbDaT1iijDSC8pZqXZc8rHPr"
                    "f2#z6MkvRXNYcE7MMduynWTgeKbDaT1iijDSC8pZqXZc8rHPrf2'}"}},
    {"2020: another key than the one that signed",
     "UNAUTHENTICATED",
     BROKEN,
     {.rdf = true,
      .proof_with = "{'verificationMethod':'did:key:z6MkvRXNYcE7MMduynWTgeKbDaT1iijDSC8pZqXZc8rHPr"
                    "f2#z6MkvRXNYcE7MMduynWTgeKbDaT1iijDSC8pZqXZc8rHPrf2'}"}},
    {"a key without a fragment",
     "fine",
     NULL,
     {.proof_with = "{'verificationMethod':"
                    "'did:key:z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX'}"}},
    {"a key of another method",
     "UNAUTHENTICATED",
     "the key must be named by a did:key",
     {.proof_with = "{'verificationMethod':'did:web:example.org#key-1'}"}},
    {"a key that is not Ed25519",
     "UNAUTHENTICATED",
     "the did:key does not hold a key of a supported type",
     {.proof_with =
          "{'verificationMethod':'did:key:z6LSkzxVagBX8fzFegos93GjWVSkdeQbkmEuxsQL5nw78pKu'}"}},
    {"a key of small order",
     "UNAUTHENTICATED",
     "the did:key holds a key that proves nothing",
     {.proof_with =
          "{'verificationMethod':'did:key:z6MkeXATEjyXENzBXBxgC5EHk2JE5aqd7qMGGtDpLUH1e2Sj'}"}},
};

static void test_cases(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const json_t *capability = delegate(NULL, 1, &cases[i].grant, pool);
        was_key_t key = {.did = "untouched"};
        const was_error_t *error = was_proof_verify(capability, &key, pool);

        is_str(outcome(error), cases[i].outcome, cases[i].name);
        is_str(error == NULL ? NULL : error->detail, cases[i].detail, "... the detail");
        is_str(key.did, error == NULL ? test_key(1, pool)->did : "untouched", "... the delegator");
    }
}

/* Multibase has two alphabets here; the RDF suite knows only one. */
static void test_alphabets(apr_pool_t *pool)
{
    for (int rdf = 0; rdf <= 1; rdf++) {
        const grant_t grant = {.rdf = rdf == 1};
        json_t *capability = delegate(NULL, 1, &grant, pool);
        json_t *proof = json_object_get(capability, "proof");
        unsigned char signature[64];
        char text[96] = "u";
        was_key_t key;
        apr_size_t count;

        ok(was_multibase_decode(text_of(proof, "proofValue"), strlen(text_of(proof, "proofValue")),
                                signature, sizeof(signature), &count),
           "a signature to write as base64url");
        sodium_bin2base64(text + 1, sizeof(text) - 1, signature, sizeof(signature),
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        json_object_set_new(proof, "proofValue", json_string(text));
        is_str(outcome(was_proof_verify(capability, &key, pool)), rdf ? "INVALID_BODY" : "fine",
               rdf ? "2020: no base64url" : "jcs: base64url");
    }
}

/* One proof may stand in an array; a second one, good or bad, makes it nobody's. */
static void test_arrays(apr_pool_t *pool)
{
    for (int rdf = 0; rdf <= 1; rdf++) {
        const grant_t grant = {.rdf = rdf == 1};
        json_t *capability = delegate(NULL, 1, &grant, pool);
        json_t *proof = json_object_get(capability, "proof");
        json_t *proofs = json_pack("[O]", proof);
        const was_error_t *error;
        was_key_t key;

        json_object_set_new(capability, "proof", proofs);
        is_str(outcome(was_proof_verify(capability, &key, pool)), "fine", "an array of one proof");
        json_array_append(proofs, proof);
        error = was_proof_verify(capability, &key, pool);
        is_str(error == NULL ? NULL : error->detail, NO_PROOF, "an array of two proofs");
    }
}

/* The other suite's signature says nothing: each is bound to its name. */
static void test_confusion(apr_pool_t *pool)
{
    const grant_t rdf = {.rdf = true};
    const grant_t jcs = {.proof_after = "{'type':'Ed25519Signature2020','cryptosuite':null}",
                         .after = "{'@context':['https://w3id.org/zcap/v1',"
                                  "'https://w3id.org/security/suites/ed25519-2020/v1']}"};
    json_t *capability = delegate(NULL, 1, &rdf, pool);
    json_t *proof = json_object_get(capability, "proof");
    was_key_t key;

    json_object_set_new(proof, "type", json_string("DataIntegrityProof"));
    json_object_set_new(proof, "cryptosuite", json_string("eddsa-jcs-2022"));
    is_str(outcome(was_proof_verify(capability, &key, pool)), "UNAUTHENTICATED",
           "a signature of Ed25519Signature2020 as one of eddsa-jcs-2022");
    is_str(outcome(was_proof_verify(delegate(NULL, 1, &jcs, pool), &key, pool)), "UNAUTHENTICATED",
           "a signature of eddsa-jcs-2022 as one of Ed25519Signature2020");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    ok(was_crypto_init(), "crypto is ready");
    test_requests(pool);
    test_chains(pool);
    test_cases(pool);
    test_alphabets(pool);
    test_arrays(pool);
    test_confusion(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
