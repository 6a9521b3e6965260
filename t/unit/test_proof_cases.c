/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_proof: one thing is wrong in each case, and is told. */
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
    test_cases(pool);
    test_alphabets(pool);
    test_arrays(pool);
    test_confusion(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
