/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_nquads and was_rdf: what a JSON-LD processor writes, byte for byte, and what is refused. */
#include "zcap.h"

#include "base/was_encoding.h"
#include "auth/was_rdf.h"

#define DOCUMENT(rest) "<" ZCAP_ID("1") "> <https://w3id.org/security#" rest " .\n"
#define CONTROLLER "did:key:z6Mko9hTggMwjSTEaJaPUfE6tqcy2xvU6BnNq3e3o8qVBiyH"
#define TAIL                                                                                       \
    DOCUMENT("controller> <" CONTROLLER ">")                                                       \
    DOCUMENT("expiration> \"2026-01-02T03:09:05Z\"^^<http://www.w3.org/2001/XMLSchema#dateTime>")  \
    DOCUMENT("invocationTarget> <" ROOT_URL ">") DOCUMENT("parentCapability> <" ROOT_ID ">")

static const char *hex_of(const char *text, apr_pool_t *pool)
{
    unsigned char digest[WAS_SHA256_BYTES];
    char *hex = apr_palloc(pool, 2 * sizeof(digest) + 1);

    was_crypto_sha256(text, strlen(text), digest);
    was_hex_encode(digest, sizeof(digest), hex);
    return hex;
}

static int lines_of(const char *text)
{
    int count = 0;

    for (; *text != '\0'; text++) {
        count += *text == '\n';
    }
    return count;
}

static void check_texts(const json_t *capability, const char *document, const char *options,
                        const char *name, apr_pool_t *pool)
{
    const char *text = NULL;
    apr_size_t length = 0;

    is_str(outcome(was_nquads_document(capability, &text, &length, pool)), "fine", name);
    is_str(text, document, "... the document");
    is_int((long long)length, (long long)strlen(document), "... its length");
    is_str(outcome(was_nquads_proof(capability, &text, &length, pool)), "fine", name);
    is_str(text, options, "... the options of the proof");
    is_int((long long)length, (long long)strlen(options), "... their length");
}

/* Made by jsonld; the first two are the examples of section 7.2, whose digests 21.4 gives. */
static void test_chains(apr_pool_t *pool)
{
    static const struct {
        const char *options;
        const char *document;
        int noptions;
        int ndocument;
    } published[] = {
        {"188d47a3b229dc9c227ae9c534b13b826f2aa76b6b5cfb7df0d1fbef56426ce8",
         "f7ec328a21afe9befaf4fa4455b02e28096ffea11b7afbb3568e8d75d92032db", 7, 6},
        {"c709672c704e96e9fb29e0e6dd4e034248155a526db9c1c941a01ff7ca04332f",
         "114657359ec60dc2585345b696fa796c4ebdc9fc18124e46588d7ed9dc309c18", 24, 5},
    };
    const json_t *chains = json_object_get(load_vector("zcap-chains.json", pool), "chains");
    int found = 0;

    for (size_t i = 0; i < json_array_size(chains); i++) {
        const json_t *chain = json_array_get(chains, i);
        const char *name = text_of(chain, "name");

        if (json_object_get(chain, "document") == NULL) {
            continue;
        }
        if (found < 2) {
            const char *options = text_of(chain, "options");
            const char *document = text_of(chain, "document");

            is_str(hex_of(options, pool), published[found].options, "pws 21.4: options");
            is_str(hex_of(document, pool), published[found].document, "pws 21.4: document");
            is_int(lines_of(options), published[found].noptions, "pws 21.4: lines");
            is_int(lines_of(document), published[found].ndocument, "pws 21.4: lines");
        }
        check_texts(json_object_get(chain, "capability"), text_of(chain, "document"),
                    text_of(chain, "options"), apr_pstrcat(pool, "pws 7.2: ", name, NULL), pool);
        found++;
    }
    is_int(found, 3, "pws 7.2: chains of one to three delegations");
}

static void test_client(apr_pool_t *pool)
{
    static const char name[] = "08-delegated-GET-Ed25519Signature2020";
    const json_t *request = load_vector(apr_pstrcat(pool, name, ".explained.json", NULL), pool);
    const json_t *signed_texts = json_array_get(
        load_vector(apr_pstrcat(pool, name, ".delegation-vectors.json", NULL), pool), 0);

    check_texts(json_object_get(request, "capability"), text_of(signed_texts, "canonicalDocument"),
                text_of(signed_texts, "canonicalProofOptions"), "what a real client signed", pool);
}

/* What is set in a first delegation, and its document. */
static const struct {
    const char *with;
    const char *text;
    const char *name;
} documents[] = {
    {NULL, TAIL, "no allowedAction"},
    {"{'allowedAction':'GET'}", DOCUMENT("allowedAction> \"GET\"") TAIL, "one action"},
    {"{'allowedAction':['GET']}", DOCUMENT("allowedAction> \"GET\"") TAIL, "an array of one"},
    {"{'allowedAction':['PUT','GET','PUT']}",
     DOCUMENT("allowedAction> \"GET\"") DOCUMENT("allowedAction> \"PUT\"") TAIL,
     "an array is a set: neither order nor repetition"},
    {"{'allowedAction':['\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \\u0022\\\\/\\u007f']}",
     DOCUMENT("allowedAction> \"\\u0001\\b\\t\\n\\u000B\\f\\r\\u001F \\\"\\\\/\\u007F\"") TAIL,
     "escapes"},
    {"{'allowedAction':'\\u0080\\u00e9\\ud83d\\ude00'}",
     DOCUMENT("allowedAction> \"\xc2\x80\xc3\xa9\xf0\x9f\x98\x80\"") TAIL, "UTF-8"},
    {"{'allowedAction':['GET\\u0022 .\\n<urn:x> <urn:y> \\u0022z']}",
     DOCUMENT("allowedAction> \"GET\\\" .\\n<urn:x> <urn:y> \\\"z\"") TAIL,
     "a literal cannot pose as a line"},
    {"{'controller':['" CONTROLLER "']}", TAIL, "an array of one controller"},
    {"{'controller':['did:web:b','did:web:a','did:web:b']}",
     DOCUMENT("controller> <did:web:a>") DOCUMENT("controller> <did:web:b>")
         DOCUMENT("expiration> \"2026-01-02T03:09:05Z\"^^<http://www.w3.org/2001/"
                  "XMLSchema#dateTime>") DOCUMENT("invocationTarget> <" ROOT_URL ">")
             DOCUMENT("parentCapability> <" ROOT_ID ">"),
     "several controllers"},
};

static void test_documents(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        const grant_t grant = {.rdf = true, .with = documents[i].with};
        const json_t *capability = delegate(NULL, 1, &grant, pool);
        const char *text = NULL;
        apr_size_t length;

        is_str(outcome(was_nquads_document(capability, &text, &length, pool)), "fine",
               documents[i].name);
        is_str(text, documents[i].text, "... the text");
    }
}

#define MEMBER "Ed25519Signature2020: an unknown member cannot be signed"
#define CONTEXT "Ed25519Signature2020: another context is not known"
#define NO_ID "Ed25519Signature2020: the id must be an absolute URI"
#define EMPTY "Ed25519Signature2020: an empty array cannot be signed"
#define AS_IT_IS(name) "Ed25519Signature2020: " name " cannot be signed as it is"
#define SUITE "Ed25519Signature2020: the proof, or a parent's, is of another suite or purpose"
#define SIZE "Ed25519Signature2020: capabilityChain must be an array of one to three entries"
#define ENTRY "Ed25519Signature2020: capabilityChain holds what is neither an id nor the parent"

/* Changes of a first delegation and what they are refused for. */
static const struct {
    const char *with;
    const char *detail;
    const char *name;
} bad_documents[] = {
    {"{'type':'x'}", MEMBER, "safe mode: an unknown member"},
    {"{'caveat':[]}", MEMBER, "safe mode: caveat"},
    {"{'invoker':'did:web:a'}", MEMBER, "safe mode: invoker"},
    {"{'@id':'urn:x:y'}", MEMBER, "a keyword of JSON-LD"},
    {"{'@context':null}", CONTEXT, "no context"},
    {"{'@context':'https://w3id.org/zcap/v1'}", CONTEXT, "one context"},
    {"{'@context':['https://w3id.org/zcap/v1']}", CONTEXT, "an array of one context"},
    {"{'@context':['https://w3id.org/security/suites/ed25519-2020/v1',"
     "'https://w3id.org/zcap/v1']}",
     CONTEXT, "the contexts the other way round"},
    {"{'@context':['https://w3id.org/zcap/v1',"
     "'https://w3id.org/security/suites/ed25519-2020/v1',{'GET':'urn:x:y'}]}",
     CONTEXT, "a context more"},
    {"{'@context':['https://w3id.org/zcap/v1','https://w3id.org/security/data-integrity/v2']}",
     CONTEXT, "the context of the other suite"},
    {"{'@context':['https://w3id.org/zcap/v1',"
     "['https://w3id.org/security/suites/ed25519-2020/v1']]}",
     CONTEXT, "a context in an array"},
    {"{'id':null}", NO_ID, "no id"},
    {"{'id':7}", NO_ID, "an id that is no string"},
    {"{'id':'x'}", NO_ID, "an id without a scheme"},
    {"{'id':'_:b0'}", NO_ID, "an id that is a blank node"},
    {"{'id':'urn:uuid:1 2'}", NO_ID, "an id with a blank"},
    {"{'id':'urn:x>'}", NO_ID, "an id that ends its brackets"},
    {"{'id':'urn:\\u00e9'}", NO_ID, "an id beyond ASCII"},
    {"{'id':'urn:x\\ny'}", NO_ID, "an id with a line break"},
    {"{'id':'urn:{x}'}", NO_ID, "an id with braces"},
    {"{'id':'urn:'}", NO_ID, "an id that is a scheme alone"},
    {"{'id':'1rn:x'}", NO_ID, "a scheme that begins with a digit"},
    {"{'controller':null}", AS_IT_IS("controller"), "no controller"},
    {"{'controller':'me'}", AS_IT_IS("controller"), "a controller that is no URI"},
    {"{'controller':['did:web:a','me']}", AS_IT_IS("controller"), "one of the controllers"},
    {"{'controller':[['did:web:a']]}", AS_IT_IS("controller"), "an array in an array"},
    {"{'controller':{'id':'did:web:a'}}", AS_IT_IS("controller"), "a controller as an object"},
    {"{'controller':[]}", EMPTY, "an empty array of controllers"},
    {"{'parentCapability':null}", AS_IT_IS("parentCapability"), "no parent"},
    {"{'parentCapability':['urn:x:y']}", AS_IT_IS("parentCapability"), "parents in an array"},
    {"{'parentCapability':'parent'}", AS_IT_IS("parentCapability"), "a parent that is no URI"},
    {"{'invocationTarget':null}", AS_IT_IS("invocationTarget"), "no target"},
    {"{'invocationTarget':'/space/'}", AS_IT_IS("invocationTarget"), "a relative target"},
    {"{'expires':null}", AS_IT_IS("expires"), "no expires"},
    {"{'expires':1767323345}", AS_IT_IS("expires"), "an expires that is no string"},
    {"{'expires':['2026-01-02T03:09:05Z']}", AS_IT_IS("expires"), "an expires in an array"},
    {"{'allowedAction':[]}", EMPTY, "no action is not the same as any action"},
    {"{'allowedAction':7}", AS_IT_IS("allowedAction"), "an action that is no string"},
    {"{'allowedAction':['GET',{}]}", AS_IT_IS("allowedAction"), "one of the actions"},
};

static const struct {
    const char *with;
    const char *detail;
    const char *name;
} bad_proofs[] = {
    {"{'nonce':'x'}", MEMBER, "safe mode: an unknown member of the proof"},
    {"{'cryptosuite':'eddsa-jcs-2022'}", MEMBER, "safe mode: cryptosuite"},
    {"{'@context':'https://w3id.org/zcap/v1'}", MEMBER, "a context of the proof"},
    {"{'type':null}", SUITE, "no type"},
    {"{'type':['Ed25519Signature2020']}", SUITE, "a type in an array"},
    {"{'type':'DataIntegrityProof'}", SUITE, "another suite"},
    {"{'proofPurpose':'capabilityInvocation'}", SUITE, "another purpose"},
    {"{'created':null}", AS_IT_IS("created"), "no created"},
    {"{'verificationMethod':null}", AS_IT_IS("verificationMethod"), "no verificationMethod"},
    {"{'verificationMethod':'key-1'}", AS_IT_IS("verificationMethod"),
     "a verificationMethod that is no URI"},
    {"{'capabilityChain':null}", SIZE, "no capabilityChain"},
    {"{'capabilityChain':'urn:x:y'}", SIZE, "a capabilityChain that is no array"},
    {"{'capabilityChain':[]}", SIZE, "an empty capabilityChain"},
    {"{'capabilityChain':['urn:a:1','urn:a:2','urn:a:3','urn:a:4']}", SIZE, "four entries"},
    {"{'capabilityChain':[7]}", ENTRY, "an entry that is neither"},
    {"{'capabilityChain':['root']}", ENTRY, "an entry that is no URI"},
    {"{'capabilityChain':[{},'urn:a:1']}", ENTRY, "an object that is not the last"},
    {"{'capabilityChain':['urn:a:1',{}]}", CONTEXT, "a parent without a context"},
};

static void is_refused(const was_error_t *error, const char *text, const char *detail,
                       const char *name)
{
    is_str(outcome(error), "INVALID_BODY", name);
    is_str(error == NULL ? NULL : error->detail, detail, "... the detail");
    ok(text == NULL, "... no text comes out");
}

static void test_refused(apr_pool_t *pool)
{
    const char *text = NULL;
    apr_size_t length;

    for (size_t i = 0; i < sizeof(bad_documents) / sizeof(bad_documents[0]); i++) {
        const grant_t grant = {.rdf = true, .after = bad_documents[i].with};
        const json_t *capability = delegate(NULL, 1, &grant, pool);

        is_refused(was_nquads_document(capability, &text, &length, pool), text,
                   bad_documents[i].detail, bad_documents[i].name);
    }
    for (size_t i = 0; i < sizeof(bad_proofs) / sizeof(bad_proofs[0]); i++) {
        const grant_t grant = {.rdf = true, .proof_after = bad_proofs[i].with};
        const json_t *capability = delegate(NULL, 1, &grant, pool);

        is_refused(was_nquads_proof(capability, &text, &length, pool), text, bad_proofs[i].detail,
                   bad_proofs[i].name);
    }
}

/* The options are signed under the context of the capability. */
static void test_options_context(apr_pool_t *pool)
{
    const grant_t grant = {.rdf = true, .after = "{'@context':['https://w3id.org/zcap/v1']}"};
    const char *text = NULL;
    apr_size_t length;

    is_refused(was_nquads_proof(delegate(NULL, 1, &grant, pool), &text, &length, pool), text,
               CONTEXT, "options under another context");
}

/* What an embedded parent must be, besides the rules of its document. */
static void test_embedded(apr_pool_t *pool)
{
    static const struct {
        grant_t parent;
        const char *detail;
        const char *name;
    } cases[] = {
        {{.rdf = true, .after = "{'more':1}"}, MEMBER, "an unknown member in the parent"},
        {{.rdf = true, .proof_after = "{'more':1}"}, MEMBER, "an unknown member in its proof"},
        {{.rdf = false}, CONTEXT, "pws 7.3: a parent of the other suite"},
        {{.rdf = true, .proof_after = "{'type':'DataIntegrityProof'}"},
         SUITE,
         "pws 7.3: a parent's proof of the other suite"},
        {{.rdf = true, .after = "{'proof':null}"}, SUITE, "a parent without a proof"},
        {{.rdf = true, .proof_after = "{'proofValue':null}"},
         AS_IT_IS("proofValue"),
         "a parent's proof without its value"},
    };
    const grant_t plain = {.rdf = true};
    const char *text = NULL;
    apr_size_t length;
    json_t *parent = NULL;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        parent = delegate(NULL, 1, &cases[i].parent, pool);
        is_refused(was_nquads_proof(delegate(parent, 2, &plain, pool), &text, &length, pool), text,
                   cases[i].detail, cases[i].name);
    }
    parent = NULL;
    for (int i = 1; i <= 4; i++) {
        parent = delegate(parent, i, &plain, pool);
    }
    is_refused(was_nquads_proof(parent, &text, &length, pool), text, SIZE, "a fourth delegation");
    json_array_remove(json_object_get(json_object_get(parent, "proof"), "capabilityChain"), 0);
    is_refused(was_nquads_proof(parent, &text, &length, pool), text,
               "Ed25519Signature2020: more than three delegations are not supported",
               "a fourth delegation, behind a shorter chain");
}

/* A proof in an array of one is the same proof, a parent's too. */
static void test_array(apr_pool_t *pool)
{
    const grant_t plain = {.rdf = true};
    json_t *parent = delegate(NULL, 1, &plain, pool);
    json_t *child = delegate(parent, 2, &plain, pool);
    const char *expected = NULL;
    const char *text = NULL;
    apr_size_t length;

    ok(was_nquads_proof(child, &expected, &length, pool) == NULL && expected != NULL,
       "a parent's proof has a text");
    json_object_set_new(parent, "proof", json_pack("[O]", json_object_get(parent, "proof")));
    is_str(outcome(was_nquads_proof(child, &text, &length, pool)), "fine", "in an array too");
    is_str(text, expected, "... the same");
    json_object_set_new(child, "proof", json_pack("[O]", json_object_get(child, "proof")));
    text = NULL;
    is_str(outcome(was_nquads_proof(child, &text, &length, pool)), "fine",
           "its child's proof in an array too");
    is_str(text, expected, "... the same");
    json_array_append_new(json_object_get(child, "proof"), json_object());
    text = NULL;
    is_refused(was_nquads_proof(child, &text, &length, pool), text, SUITE, "two proofs");
}

/* Two cells that only the N-degree hash would tell apart: both stand first in a chain that goes on,
 * in a graph of their own. */
static void test_alike(apr_pool_t *pool)
{
    const grant_t plain = {.rdf = true};
    const grant_t longer = {.rdf = true,
                            .proof_with = "{'capabilityChain':['" ROOT_ID "','urn:a:1']}"};
    json_t *parent = delegate(NULL, 1, &longer, pool);
    const char *text = NULL;
    apr_size_t length;

    ok(was_nquads_proof(parent, &text, &length, pool) == NULL, "a chain of two ids");
    parent = delegate(NULL, 2, &plain, pool);
    text = NULL;
    json_object_set_new(json_object_get(parent, "proof"), "capabilityChain",
                        json_pack("[s,o]", ROOT_ID, json_incref(delegate(NULL, 1, &longer, pool))));
    ok(was_nquads_proof(parent, &text, &length, pool) == NULL, "such a chain in a parent");
    text = NULL;
    is_refused(was_nquads_proof(delegate(parent, 3, &plain, pool), &text, &length, pool), text,
               "parts of the RDF are too much alike", "such chains in a parent and its parent");
}

/* The parts of was_rdf that capabilities do not need. */
static void test_rdf(apr_pool_t *pool)
{
    was_rdf_t *rdf = was_rdf_make(pool);
    was_rdf_term_t node = was_rdf_node_term(was_rdf_node(rdf));
    const char *text = NULL;
    apr_size_t length = 7;

    ok(was_rdf_canonical(was_rdf_make(pool), &text, &length) == NULL, "rdf: nothing");
    is_str(text, "", "... has an empty text");
    is_int((long long)length, 0, "... and its length");
    was_rdf_add(rdf, node.node, node, "<urn:p>", node);
    was_rdf_add(rdf, WAS_RDF_DEFAULT_GRAPH, node, "<urn:p>",
                was_rdf_text_term(was_rdf_literal("a\"b", "urn:t", pool)));
    ok(was_rdf_canonical(rdf, &text, &length) == NULL, "rdf: a node in every place");
    is_str(text, "_:c14n0 <urn:p> \"a\\\"b\"^^<urn:t> .\n_:c14n0 <urn:p> _:c14n0 _:c14n0 .\n",
           "... has one label");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    ok(was_crypto_init(), "crypto is ready");
    test_chains(pool);
    test_client(pool);
    test_documents(pool);
    test_refused(pool);
    test_options_context(pool);
    test_embedded(pool);
    test_array(pool);
    test_alike(pool);
    test_rdf(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
