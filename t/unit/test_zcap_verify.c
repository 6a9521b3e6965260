/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_zcap_verify: protocol/pws section 6.4, steps 3b to 3g; one thing is wrong in each case. */
#include "zcap.h"

#include "auth/was_zcap.h"

enum { MAX_LINKS = 4 };

/* A chain of grants, and why it does not hold. */
typedef struct case_t {
    const char *name;
    const char *detail; /* behind "delegation "; NULL: it holds */
    int n;
    grant_t grants[MAX_LINKS];
} case_t;

#define DOES_NOT_HOLD(n) n " does not hold: "
#define TARGET "the target is not within the parent's"
#define ACTION "an action is not among the parent's"
#define EXPIRES "it expires after its parent"
#define CREATED "the proof is older than the parent's"
#define DELEGATOR "the delegator does not control the parent"
#define BROKEN "the signature of the proof does not verify"
#define FOREIGN "http://localhost:3002/space/s2/"
#define KEY_1 "did:key:z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX"
#define FINGER_2 "z6Mko9hTggMwjSTEaJaPUfE6tqcy2xvU6BnNq3e3o8qVBiyH"
#define FINGER_3 "z6MkvRXNYcE7MMduynWTgeKbDaT1iijDSC8pZqXZc8rHPrf2"
#define AT(second) "2026-01-02T03:04:" second "Z"

/* Every rule for a delegation by the root and for one by a delegation. */
static const case_t chains[] = {
    {"one, jcs", NULL, 1, {{.rdf = false}}},
    {"one, 2020", NULL, 1, {{.rdf = true}}},
    {"two, jcs", NULL, 2, {{.rdf = false}}},
    {"two, 2020",
     NULL,
     2,
     {{.rdf = true, .with = "{'allowedAction':'GET'}"},
      {.rdf = true, .with = "{'allowedAction':'GET'}"}}},
    {"three, jcs", NULL, 3, {{.rdf = false}}},
    {"three, 2020", NULL, 3, {{.rdf = true}, {.rdf = true}, {.rdf = true}}},
    {"jcs behind 2020", NULL, 2, {{.rdf = true}}},
    {"jcs behind jcs behind 2020", NULL, 3, {{.rdf = true}}},
    {"jcs behind 2020 behind 2020", NULL, 3, {{.rdf = true}, {.rdf = true}}},
    {"pws 7.3: 2020 behind jcs",
     DOES_NOT_HOLD("2") "Ed25519Signature2020: another context is not known",
     2,
     {{.rdf = false}, {.rdf = true}}},
    {"pws 7.3: 2020 behind jcs behind 2020",
     DOES_NOT_HOLD("3") "Ed25519Signature2020: another context is not known",
     3,
     {{.rdf = true}, {.rdf = false}, {.rdf = true}}},
    {"pws 7.2: four, 2020",
     DOES_NOT_HOLD("4") "Ed25519Signature2020: capabilityChain must be an array of one to three "
                        "entries",
     4,
     {{.rdf = true}, {.rdf = true}, {.rdf = true}, {.rdf = true}}},

    {"3b: not the root's controller", DOES_NOT_HOLD("1") DELEGATOR, 1, {{.signer = 9}}},
    {"3b: a delegation by a stranger",
     DOES_NOT_HOLD("2") DELEGATOR,
     2,
     {{.with = "{'controller':'" KEY_1 "'}"}}},
    {"3b: the root's controller cannot pass over the first",
     DOES_NOT_HOLD("2") DELEGATOR,
     2,
     {{.rdf = false}, {.signer = 1, .proof_with = "{'verificationMethod':'" KEY_1 "'}"}}},
    {"3b: one of several controllers",
     NULL,
     2,
     {{.with = "{'controller':['did:web:a','did:key:" FINGER_2 "','" KEY_1 "']}"}}},
    {"3b: the second of several controllers",
     NULL,
     2,
     {{.with = "{'controller':['did:key:" FINGER_2 "','" KEY_1 "']}"},
      {.signer = 1, .proof_with = "{'verificationMethod':'" KEY_1 "'}"}}},
    {"3b: a controller that is the full name of the key",
     NULL,
     2,
     {{.with = "{'controller':'did:key:" FINGER_2 "#" FINGER_2 "'}"}}},
    {"3b: another fragment of the controller",
     DOES_NOT_HOLD("2") DELEGATOR,
     2,
     {{.with = "{'controller':'did:key:" FINGER_2 "#" FINGER_3 "'}"}}},
    {"3b: a longer controller",
     DOES_NOT_HOLD("2") DELEGATOR,
     2,
     {{.with = "{'controller':'did:key:" FINGER_2 "x'}"}}},
    {"3b: a controller of another method",
     DOES_NOT_HOLD("2") DELEGATOR,
     2,
     {{.with = "{'controller':'did:web:example.org'}"}}},
    {"3b: a method that we do not know has never signed",
     DOES_NOT_HOLD("2") "the key must be named by a did:key",
     2,
     {{.with = "{'controller':'did:web:example.org'}"},
      {.proof_with = "{'verificationMethod':'did:web:example.org#key-1'}"}}},
    {"3b: a key that is not Ed25519",
     DOES_NOT_HOLD("2") "the did:key does not hold a key of a supported type",
     2,
     {{.with = "{'controller':'did:key:z6LSkzxVagBX8fzFegos93GjWVSkdeQbkmEuxsQL5nw78pKu'}"},
      {.proof_with =
           "{'verificationMethod':'did:key:z6LSkzxVagBX8fzFegos93GjWVSkdeQbkmEuxsQL5nw78pKu'}"}}},

    {"3c: narrower and narrower",
     NULL,
     3,
     {{.rdf = false},
      {.with = "{'invocationTarget':'" ROOT_URL "docs/'}"},
      {.with = "{'invocationTarget':'" ROOT_URL "docs/x?a=b'}"}}},
    {"3c: not within the root's",
     DOES_NOT_HOLD("1") TARGET,
     1,
     {{.with = "{'invocationTarget':'" FOREIGN "'}"}}},
    {"3c: another server",
     DOES_NOT_HOLD("1") TARGET,
     1,
     {{.with = "{'invocationTarget':'http://localhost:3003/space/s1/'}"}}},
    {"3c: wider than the root's",
     DOES_NOT_HOLD("1") TARGET,
     1,
     {{.with = "{'invocationTarget':'http://localhost:3002/'}"}}},
    {"3c: wider than the parent's",
     DOES_NOT_HOLD("2") TARGET,
     2,
     {{.with = "{'invocationTarget':'" ROOT_URL "docs/'}"}}},
    {"3c: beside the parent's",
     DOES_NOT_HOLD("2") TARGET,
     2,
     {{.with = "{'invocationTarget':'" ROOT_URL "docs/1'}"},
      {.with = "{'invocationTarget':'" ROOT_URL "docs/10'}"}}},
    {"3c: wide again behind a narrow one",
     DOES_NOT_HOLD("3") TARGET,
     3,
     {{.rdf = true}, {.rdf = true, .with = "{'invocationTarget':'" ROOT_URL "docs/'}"}}},

    {"3d: fewer and fewer",
     NULL,
     3,
     {{.with = "{'allowedAction':['GET','PUT','DELETE']}"},
      {.with = "{'allowedAction':['DELETE','GET']}"},
      {.with = "{'allowedAction':'GET'}"}}},
    {"3d: some of any", NULL, 2, {{.rdf = false}, {.with = "{'allowedAction':['GET','PUT']}"}}},
    {"3d: one more",
     DOES_NOT_HOLD("2") ACTION,
     2,
     {{.with = "{'allowedAction':'GET'}"}, {.with = "{'allowedAction':['GET','PUT']}"}}},
    {"3d: another",
     DOES_NOT_HOLD("2") ACTION,
     2,
     {{.with = "{'allowedAction':['GET']}"}, {.with = "{'allowedAction':'PUT'}"}}},
    {"3d: any of some",
     DOES_NOT_HOLD("2") ACTION,
     2,
     {{.with = "{'allowedAction':['GET']}"}, {.rdf = false}}},
    {"3d: any of some, 2020",
     DOES_NOT_HOLD("2") ACTION,
     2,
     {{.rdf = true, .with = "{'allowedAction':['GET']}"}, {.rdf = true}}},
    {"3d: another case",
     DOES_NOT_HOLD("2") ACTION,
     2,
     {{.with = "{'allowedAction':['GET']}"}, {.with = "{'allowedAction':'get'}"}}},
    {"3d: HEAD is not among GET",
     DOES_NOT_HOLD("2") ACTION,
     2,
     {{.with = "{'allowedAction':'GET'}"}, {.with = "{'allowedAction':'HEAD'}"}}},
    {"3d: one more behind fewer",
     DOES_NOT_HOLD("3") ACTION,
     3,
     {{.with = "{'allowedAction':['GET','PUT']}"},
      {.with = "{'allowedAction':['GET']}"},
      {.with = "{'allowedAction':['PUT']}"}}},

    {"3e: earlier and earlier",
     NULL,
     3,
     {{.rdf = false},
      {.with = "{'expires':'2026-01-02T03:09:04.999999Z'}"},
      {.with = "{'expires':'2026-01-02T05:09:04.999+02:00'}"}}},
    {"3e: a second later",
     DOES_NOT_HOLD("2") EXPIRES,
     2,
     {{.rdf = false}, {.with = "{'expires':'2026-01-02T03:09:06Z'}"}}},
    {"3e: a microsecond later",
     DOES_NOT_HOLD("2") EXPIRES,
     2,
     {{.rdf = false}, {.with = "{'expires':'2026-01-02T03:09:05.000001Z'}"}}},
    {"3e: later by its offset",
     DOES_NOT_HOLD("2") EXPIRES,
     2,
     {{.rdf = true}, {.with = "{'expires':'2026-01-02T03:09:05-01:00'}"}}},
    {"3e: later behind an earlier one",
     DOES_NOT_HOLD("3") EXPIRES,
     3,
     {{.rdf = false}, {.with = "{'expires':'2026-01-02T03:09:04Z'}"}}},
    {"3e: the first may expire whenever",
     NULL,
     1,
     {{.with = "{'expires':'9999-12-31T23:59:59Z'}"}}},
    {"3e: what has expired holds as a chain",
     NULL,
     1,
     {{.with = "{'expires':'1999-12-31T23:59:59Z'}"}}},

    {"3f: later and later",
     NULL,
     3,
     {{.rdf = false},
      {.proof_with = "{'created':'" AT("05.000001") "'}"},
      {.proof_with = "{'created':'" AT("06") "'}"}}},
    {"3f: a second older",
     DOES_NOT_HOLD("2") CREATED,
     2,
     {{.rdf = false}, {.proof_with = "{'created':'" AT("04") "'}"}}},
    {"3f: a microsecond older",
     DOES_NOT_HOLD("2") CREATED,
     2,
     {{.rdf = true, .proof_with = "{'created':'" AT("05.000001") "'}"}, {.rdf = true}}},
    {"3f: older behind a later one",
     DOES_NOT_HOLD("3") CREATED,
     3,
     {{.rdf = false}, {.proof_with = "{'created':'" AT("06") "'}"}}},
    {"3f: the first may be of any time",
     NULL,
     1,
     {{.proof_with = "{'created':'1999-12-31T23:59:59Z'}"}}},
    {"3f: of the future", NULL, 1, {{.proof_with = "{'created':'2999-12-31T23:59:59Z'}"}}},

    {"3g: the first is tampered with",
     DOES_NOT_HOLD("1") BROKEN,
     1,
     {{.after = "{'expires':'2027-01-02T03:09:05Z'}"}}},
    {"3g: the first is tampered with, 2020",
     DOES_NOT_HOLD("1") BROKEN,
     1,
     {{.rdf = true, .after = "{'expires':'2027-01-02T03:09:05Z'}"}}},
    {"3g: the first is tampered with before the second signs",
     DOES_NOT_HOLD("1") BROKEN,
     2,
     {{.after = "{'expires':'2027-01-02T03:09:05Z'}"}}},
    {"3g: the first is tampered with before the second signs, 2020",
     DOES_NOT_HOLD("1") BROKEN,
     2,
     {{.rdf = true, .after = "{'expires':'2027-01-02T03:09:05Z'}"}, {.rdf = true}}},
    {"3g: the second is tampered with",
     DOES_NOT_HOLD("2") BROKEN,
     3,
     {{.rdf = false},
      {.after = "{'controller':'did:key:" FINGER_3 "','allowedAction':'GET'}"},
      {.with = "{'allowedAction':'GET'}"}}},
    {"3g: the third is tampered with",
     DOES_NOT_HOLD("3") BROKEN,
     3,
     {{.rdf = true}, {.rdf = true}, {.rdf = true, .after = "{'allowedAction':'GET'}"}}},
    {"3g: signed by another key than it says",
     DOES_NOT_HOLD("1") BROKEN,
     1,
     {{.signer = 9, .proof_with = "{'verificationMethod':'" KEY_1 "'}"}}},
    {"3g: signed by another key than it says, second",
     DOES_NOT_HOLD("2") BROKEN,
     2,
     {{.rdf = false},
      {.signer = 9, .proof_with = "{'verificationMethod':'did:key:" FINGER_2 "'}"}}},
    {"3g: an unknown suite",
     DOES_NOT_HOLD("1") "the suite of the proof is not supported",
     1,
     {{.proof_with = "{'cryptosuite':'eddsa-rdfc-2022'}"}}},
    {"3g: an unknown suite, second",
     DOES_NOT_HOLD("2") "the suite of the proof is not supported",
     2,
     {{.rdf = false}, {.proof_with = "{'type':'Ed25519Signature2018','cryptosuite':null}"}}},
    {"other members, jcs", NULL, 2, {{.with = "{'name':'x'}"}, {.with = "{'tags':[1]}"}}},
    {"other members, 2020",
     DOES_NOT_HOLD("1") "Ed25519Signature2020: an unknown member cannot be signed",
     1,
     {{.rdf = true, .after = "{'name':'x'}"}}},
};

/* Delegation n is by key n, unless the case says otherwise. */
static const json_t *make_tail(const case_t *at, apr_pool_t *pool)
{
    json_t *tail = NULL;

    for (int i = 0; i < at->n; i++) {
        tail = delegate(tail, i + 1, &at->grants[i], pool);
    }
    return tail;
}

static void test_chains(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
        const case_t *at = &chains[i];
        const char *name = apr_pstrcat(pool, "pws 6.4: ", at->name, NULL);
        const char *controller = test_key(1, pool)->did;
        was_zcap_chain_t chain;
        const was_error_t *error = was_zcap_expand(make_tail(at, pool), &chain, pool);

        if (!ok(error == NULL, "%s", name)) {
            printf("# %s\n", error->detail);
            continue;
        }
        error = was_zcap_verify(&chain, controller, pool);
        is_str(outcome(error), at->detail == NULL ? "fine" : "FORBIDDEN", "... outcome");
        is_str(error == NULL ? NULL : error->detail,
               at->detail == NULL ? NULL : apr_pstrcat(pool, "delegation ", at->detail, NULL),
               "... the detail");
    }
}

/* Chains of the reference implementation, and of a real client, hold for their controller alone. */
static void test_vectors(apr_pool_t *pool)
{
    const json_t *vectors = load_vector("zcap-chains.json", pool);
    const json_t *rows = json_object_get(vectors, "chains");
    const char *controller = text_of(vectors, "rootController");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *name = text_of(row, "name");
        was_zcap_use_t use = {.url = text_of(vectors, "url"),
                              .action = text_of(vectors, "action"),
                              .invoker = text_of(row, "invoker"),
                              .created = NOW,
                              .now = NOW,
                              .root_controller = controller};
        was_zcap_chain_t chain;

        is_str(outcome(was_zcap_expand(json_object_get(row, "capability"), &chain, pool)), "fine",
               apr_pstrcat(pool, "vectors: ", name, NULL));
        is_str(chain.root_id, text_of(vectors, "root"), "... the root");
        is_str(outcome(was_zcap_verify(&chain, controller, pool)), "fine", "... holds");
        is_int(was_zcap_allows(&chain, &use), WAS_ZCAP_ALLOWED, "... allows");
        use.invoker = controller;
        is_int(was_zcap_allows(&chain, &use), WAS_ZCAP_REFUSED, "... to its holder alone");
        is_str(outcome(was_zcap_verify(&chain, text_of(row, "invoker"), pool)), "FORBIDDEN",
               "... holds not for another controller");
    }
}

static void test_requests(apr_pool_t *pool)
{
    static const struct {
        const char *file;
        const char *action;
        const char *beside;
    } requests[] = {{"05-delegated-GET-jcs-space-rooted", "GET", "doc-b"},
                    {"06-delegated-GET-jcs-target-rooted", "GET", "doc-a/b?c"},
                    {"07-delegated-PUT-jcs-chain2-attenuated", "PUT", "doc-ab"},
                    {"08-delegated-GET-Ed25519Signature2020", "GET", ""}};
    const char *controller = "did:key:z6Mkud27oH7SyTr495b67UgZ6tFmA72egaxyte23ygpUfEvD";
    const char *base =
        "http://localhost:3999/space/11111111-1111-4111-8111-111111111111/credentials/";

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        const json_t *request =
            load_vector(apr_pstrcat(pool, requests[i].file, ".explained.json", NULL), pool);
        const char *key = text_of(json_object_get(request, "signatureParams"), "keyId");
        bool below = strncmp(requests[i].beside, "doc-a/", 6) == 0;
        was_zcap_use_t use = {.url = apr_pstrcat(pool, base, "doc-a", NULL),
                              .action = requests[i].action,
                              .invoker = apr_pstrmemdup(pool, key, strcspn(key, "#")),
                              .created = 1795403545,
                              .now = 1795403550,
                              .root_controller = controller};
        was_zcap_chain_t chain;

        is_str(outcome(was_zcap_expand(json_object_get(request, "capability"), &chain, pool)),
               "fine", requests[i].file);
        is_str(outcome(was_zcap_verify(&chain, controller, pool)), "fine", "... holds");
        is_int(was_zcap_allows(&chain, &use), WAS_ZCAP_ALLOWED, "... allows the request");
        use.url = apr_pstrcat(pool, base, requests[i].beside, NULL);
        is_int(was_zcap_allows(&chain, &use), below ? WAS_ZCAP_ALLOWED : WAS_ZCAP_REFUSED,
               "... and not another");
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    ok(was_crypto_init(), "crypto is ready");
    test_chains(pool);
    test_vectors(pool);
    test_requests(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
