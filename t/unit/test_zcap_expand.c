/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_zcap_expand: protocol/pws section 6.2, rule by rule; one thing is wrong in each case. */
#include "zcap.h"

#include "auth/was_zcap.h"

#define CHAIN "capabilityChain "
#define LISTED CHAIN "must be the parent's and the parent"

typedef struct case_t {
    const char *name;
    const char *detail; /* behind "the capability is malformed: "; NULL: fine */
    grant_t grant;
} case_t;

/* Refused whatever the signature says, so that changing what was signed does. */
static const case_t members[] = {
    {"context: absent",
     "@context must be an array that begins with that of zcap/v1",
     {.after = "{'@context':null}"}},
    {"context: a string",
     "@context must be an array that begins with that of zcap/v1",
     {.after = "{'@context':'https://w3id.org/zcap/v1'}"}},
    {"context: an empty array",
     "@context must be an array that begins with that of zcap/v1",
     {.after = "{'@context':[]}"}},
    {"context: another one first",
     "@context must be an array that begins with that of zcap/v1",
     {.after = "{'@context':['https://w3id.org/security/v2','https://w3id.org/zcap/v1']}"}},
    {"context: an object first",
     "@context must be an array that begins with that of zcap/v1",
     {.after = "{'@context':[{}]}"}},
    {"context: alone", NULL, {.after = "{'@context':['https://w3id.org/zcap/v1']}"}},
    {"id: absent", "id must be a string", {.after = "{'id':null}"}},
    {"id: empty", "id must be a string", {.after = "{'id':''}"}},
    {"id: a number", "id must be a string", {.after = "{'id':7}"}},
    {"id: no URI", "id must be an absolute URI", {.after = "{'id':'grant'}"}},
    {"id: a root's", "id must not be a root's", {.after = "{'id':'" ROOT_ID "'}"}},
    {"id: like a root's", "id must not be a root's", {.after = "{'id':'urn:zcap:root:x'}"}},
    {"id: a delegated one's", NULL, {.after = "{'id':'urn:zcap:delegated:x'}"}},
    {"controller: absent",
     "controller must be a string or an array of strings",
     {.after = "{'controller':null}"}},
    {"controller: an object",
     "controller must be a string or an array of strings",
     {.after = "{'controller':{'id':'did:web:a'}}"}},
    {"controller: an empty array",
     "controller must have one value, and not too many",
     {.after = "{'controller':[]}"}},
    {"controller: a number among them",
     "controller must be a string or an array of strings",
     {.after = "{'controller':['did:web:a',7]}"}},
    {"controller: a URL", "controller must be a DID", {.after = "{'controller':'https://a.b/'}"}},
    {"controller: a URL among them",
     "controller must be a DID",
     {.after = "{'controller':['did:web:a','https://a.b/']}"}},
    {"controller: an array", NULL, {.after = "{'controller':['did:web:a','did:key:zb']}"}},
    {"controller: the full name of a key", NULL, {.after = "{'controller':'did:key:zb#zb'}"}},
    {"controller: 16 of them",
     NULL,
     {.after = "{'controller':['did:a:1','did:a:2','did:a:3','did:a:4','did:a:5','did:a:6',"
               "'did:a:7','did:a:8','did:a:9','did:a:10','did:a:11','did:a:12','did:a:13',"
               "'did:a:14','did:a:15','did:a:16']}"}},
    {"controller: 17 of them",
     "controller must have one value, and not too many",
     {.after = "{'controller':['did:a:1','did:a:2','did:a:3','did:a:4','did:a:5','did:a:6',"
               "'did:a:7','did:a:8','did:a:9','did:a:10','did:a:11','did:a:12','did:a:13',"
               "'did:a:14','did:a:15','did:a:16','did:a:17']}"}},
    {"parent: absent", "parentCapability must be a string", {.after = "{'parentCapability':null}"}},
    {"parent: in an array",
     "parentCapability must be a string",
     {.after = "{'parentCapability':['" ROOT_ID "']}"}},
    {"parent: no URI",
     "parentCapability must be an absolute URI",
     {.after = "{'parentCapability':'root'}"}},
    {"parent: another root",
     "parentCapability must be the last of capabilityChain",
     {.after = "{'parentCapability':'urn:zcap:root:http%3A%2F%2Flocalhost%3A3002%2Fspace%2Fs2%2F'"
               "}"}},
    {"parent: no root",
     "parentCapability must be the last of capabilityChain",
     {.after = "{'parentCapability':'" ZCAP_ID("0") "'}"}},
    {"parent: the root with lower-case hex",
     NULL,
     {.after = "{'parentCapability':'urn:zcap:root:http%3a%2f%2flocalhost%3a3002%2fspace%2fs1%2f'"
               "}"}},
    {"target: absent", "invocationTarget must be a string", {.after = "{'invocationTarget':null}"}},
    {"target: an object",
     "invocationTarget must be a string",
     {.after = "{'invocationTarget':{}}"}},
    {"target: relative",
     "invocationTarget must be an absolute URI",
     {.after = "{'invocationTarget':'/space/s1/'}"}},
    {"target: a line break",
     "invocationTarget must be an absolute URI",
     {.after = "{'invocationTarget':'" ROOT_URL "\\n'}"}},
    {"expires: absent", "expires must be a string", {.after = "{'expires':null}"}},
    {"expires: a number", "expires must be a string", {.after = "{'expires':1767323345}"}},
    {"expires: no date-time", "expires must be a date-time", {.after = "{'expires':'never'}"}},
    {"expires: a leap second",
     "expires must be a date-time",
     {.after = "{'expires':'2016-12-31T23:59:60Z'}"}},
    {"action: null",
     "allowedAction must be a string or an array of strings",
     {.after = "{'allowedAction':7}"}},
    {"action: an empty array",
     "allowedAction must have one value, and not too many",
     {.after = "{'allowedAction':[]}"}},
    {"action: an empty string",
     "allowedAction must be a string or an array of strings",
     {.after = "{'allowedAction':''}"}},
    {"action: an empty string among them",
     "allowedAction must be a string or an array of strings",
     {.after = "{'allowedAction':['GET','']}"}},
    {"action: an object",
     "allowedAction must be a string or an array of strings",
     {.after = "{'allowedAction':{'GET':true}}"}},
    {"action: 32 of them",
     NULL,
     {.after = "{'allowedAction':['1','2','3','4','5','6','7','8','9','10','11','12','13','14',"
               "'15','16','17','18','19','20','21','22','23','24','25','26','27','28','29','30',"
               "'31','32']}"}},
    {"action: 33 of them",
     "allowedAction must have one value, and not too many",
     {.after = "{'allowedAction':['1','2','3','4','5','6','7','8','9','10','11','12','13','14',"
               "'15','16','17','18','19','20','21','22','23','24','25','26','27','28','29','30',"
               "'31','32','33']}"}},
    {"another member", NULL, {.after = "{'name':'x'}"}},
    {"a limit that is not known: caveat", "caveat is not supported", {.after = "{'caveat':[]}"}},
    {"a limit that is not known: invoker",
     "invoker is not supported",
     {.after = "{'invoker':'did:web:a'}"}},
    {"a limit that is not known: delegator",
     "delegator is not supported",
     {.after = "{'delegator':'did:web:a'}"}},
    {"proof: absent",
     CHAIN "must have a root, and not too many delegations",
     {.after = "{'proof':null}"}},
    {"proof: a string",
     CHAIN "must have a root, and not too many delegations",
     {.after = "{'proof':'x'}"}},
    {"proof: no type", "type must be a string", {.proof_after = "{'type':null}"}},
    {"proof: no value", "proofValue must be a string", {.proof_after = "{'proofValue':null}"}},
    {"proof: no purpose",
     "proofPurpose must be a string",
     {.proof_after = "{'proofPurpose':null}"}},
    {"proof: another purpose",
     "proofPurpose must be capabilityDelegation",
     {.proof_after = "{'proofPurpose':'capabilityInvocation'}"}},
    {"proof: no created", "created must be a string", {.proof_after = "{'created':null}"}},
    {"proof: created is no date-time",
     "created must be a date-time",
     {.proof_after = "{'created':'2026-01-02'}"}},
    {"proof: no verificationMethod",
     "verificationMethod must be a string",
     {.proof_after = "{'verificationMethod':null}"}},
    {"proof: verificationMethod is no DID URL",
     "verificationMethod must be a DID URL",
     {.proof_after = "{'verificationMethod':'https://a.b/key'}"}},
    {"proof: another member", NULL, {.proof_after = "{'nonce':'x'}"}},
    {"proof: a limit that is not known: expires",
     "expires is not supported",
     {.proof_after = "{'expires':'2026-01-02T03:04:06Z'}"}},
    {"proof: a limit that is not known: domain",
     "domain is not supported",
     {.proof_after = "{'domain':'a.b'}"}},
    {"proof: a limit that is not known: challenge",
     "challenge is not supported",
     {.proof_after = "{'challenge':'x'}"}},
    {"proof: a limit that is not known: previousProof",
     "previousProof is not supported",
     {.proof_after = "{'previousProof':'urn:x:y'}"}},
    {"chain: absent",
     CHAIN "must have a root, and not too many delegations",
     {.proof_after = "{'capabilityChain':null}"}},
    {"chain: a string",
     CHAIN "must have a root, and not too many delegations",
     {.proof_after = "{'capabilityChain':'" ROOT_ID "'}"}},
    {"chain: empty",
     CHAIN "must have a root, and not too many delegations",
     {.proof_after = "{'capabilityChain':[]}"}},
    {"chain: a number",
     CHAIN "must begin with the id of a root",
     {.proof_after = "{'capabilityChain':[7]}"}},
    {"chain: no root",
     CHAIN "must begin with the id of a root",
     {.proof_after = "{'capabilityChain':['" ZCAP_ID("0") "']}"}},
    {"chain: a root that is not encoded",
     CHAIN "must begin with the id of a root",
     {.proof_after = "{'capabilityChain':['urn:zcap:root:" ROOT_URL "']}"}},
    {"chain: a root as an object",
     CHAIN "must begin with the id of a root",
     {.proof_after = "{'capabilityChain':[{'id':'" ROOT_ID "'}]}"}},
    {"chain: the root with lower-case hex",
     NULL,
     {.proof_after =
          "{'capabilityChain':['urn:zcap:root:http%3a%2f%2flocalhost%3a3002%2fspace%2fs1%2f']}"}},
    {"chain: an id behind the root, which is not embedded",
     CHAIN "must end with the whole parent",
     {.proof_after = "{'capabilityChain':['" ROOT_ID "','" ZCAP_ID("0") "']}"}},
};

static void check(const json_t *capability, const char *detail, const char *name, apr_pool_t *pool)
{
    was_zcap_chain_t chain = {.ndelegations = -1};
    const was_error_t *error = was_zcap_expand(capability, &chain, pool);

    if (detail == NULL) {
        is_str(error == NULL ? NULL : error->detail, NULL, name);
        return;
    }
    is_str(outcome(error), "MALFORMED", name);
    is_str(error == NULL ? NULL : error->detail,
           apr_pstrcat(pool, "the capability is malformed: ", detail, NULL), "... the detail");
    is_str(error == NULL ? NULL : error->pointer, "/capability-invocation", "... the pointer");
    is_int(chain.ndelegations, -1, "... nothing comes out");
}

/* Each rule holds for the invoked capability and for a parent that it embeds. */
static void test_members(apr_pool_t *pool)
{
    const grant_t plain = {.rdf = false};

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *capability = delegate(NULL, 1, &members[i].grant, pool);

        check(capability, members[i].detail, members[i].name, pool);
    }
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *parent = delegate(NULL, 1, &plain, pool);
        json_t *child = delegate(parent, 2, &plain, pool);
        const char *name = apr_pstrcat(pool, "of a parent: ", members[i].name, NULL);
        const char *detail = members[i].detail;

        /* By itself the parent's chain is looked at when the child's has been read. */
        if (detail != NULL && strncmp(detail, CHAIN, strlen(CHAIN)) == 0) {
            continue;
        }
        merge(json_object_get(parent, "proof"), members[i].grant.proof_after, pool);
        merge(parent, members[i].grant.after, pool);
        if (detail == NULL) {
            json_object_set(child, "parentCapability", json_object_get(parent, "id"));
        }
        check(child, detail, name, pool);
    }
}

/* `count` delegations; `all`, if not NULL, gets each of them. */
static json_t *delegations(int count, json_t **all, apr_pool_t *pool)
{
    const grant_t plain = {.rdf = false};
    json_t *parent = NULL;

    for (int i = 1; i <= count; i++) {
        parent = delegate(parent, i, &plain, pool);
        if (all != NULL) {
            all[i - 1] = parent;
        }
    }
    return parent;
}

static json_t *chain_of(json_t *capability)
{
    return json_object_get(json_object_get(capability, "proof"), "capabilityChain");
}

static void test_length(apr_pool_t *pool)
{
    check(delegations(9, NULL, pool), NULL, "length: the root and nine delegations", pool);
    check(delegations(10, NULL, pool), CHAIN "must have a root, and not too many delegations",
          "length: the root and ten delegations", pool);
}

/* What the embedded parents' chains say must be what their children say of them. */
static void test_nesting(apr_pool_t *pool)
{
    static const char other_root[] = "urn:zcap:root:http%3A%2F%2Flocalhost%3A3002%2Fspace%2Fs2%2F";
    static const char lower_root[] = "urn:zcap:root:http%3a%2f%2flocalhost%3a3002%2fspace%2fs1%2f";
    json_t *all[4];
    json_t *tail = delegations(4, all, pool);

    check(tail, NULL, "nesting: four delegations", pool);

    json_array_set_new(chain_of(all[1]), 0, json_string(lower_root));
    check(tail, NULL, "nesting: one writes the root with lower-case hex", pool);
    json_array_set_new(chain_of(all[1]), 0, json_string(other_root));
    check(tail, CHAIN "must begin with the same root", "nesting: a parent of another root", pool);
    json_array_set_new(chain_of(all[1]), 0, json_string(ZCAP_ID("0")));
    check(tail, CHAIN "must begin with the same root", "nesting: a parent of no root", pool);

    tail = delegations(4, all, pool);
    json_array_set_new(chain_of(tail), 1, json_string(ZCAP_ID("9")));
    check(tail, LISTED, "nesting: the tail names another grandparent", pool);
    tail = delegations(4, all, pool);
    json_array_set(chain_of(tail), 1, all[0]);
    check(tail, LISTED, "nesting: a whole grandparent beside the parent", pool);
    tail = delegations(4, all, pool);
    json_array_set_new(chain_of(all[2]), 1, json_string(ZCAP_ID("9")));
    check(tail, LISTED, "nesting: a parent names another grandparent", pool);

    tail = delegations(4, all, pool);
    json_array_remove(chain_of(tail), 1);
    check(tail, LISTED, "nesting: the tail leaves one out", pool);
    tail = delegations(4, all, pool);
    json_array_remove(chain_of(all[2]), 1);
    check(tail, LISTED, "nesting: a parent leaves one out", pool);
    tail = delegations(4, all, pool);
    json_array_insert_new(chain_of(all[0]), 1, json_string(ZCAP_ID("9")));
    check(tail, LISTED, "nesting: the first has one more", pool);

    tail = delegations(4, all, pool);
    json_array_set_new(chain_of(all[2]), 2, json_string(ZCAP_ID("2")));
    check(tail, CHAIN "must end with the whole parent", "nesting: a parent names its own by id",
          pool);
    tail = delegations(4, all, pool);
    json_object_set_new(all[1], "proof", json_string("x"));
    check(tail, LISTED, "nesting: a parent without a proof", pool);
}

static void test_parents(apr_pool_t *pool)
{
    json_t *all[3];
    json_t *tail = delegations(3, all, pool);
    json_t *stranger = delegate(all[0], 9, &(grant_t){.signer = 2}, pool);

    json_array_set(chain_of(tail), 2, stranger);
    check(tail, "parentCapability must be the last of capabilityChain",
          "parent: another one is embedded", pool);
    tail = delegations(3, all, pool);
    json_object_set_new(tail, "parentCapability", json_string(ROOT_ID));
    check(tail, "parentCapability must be the last of capabilityChain",
          "parent: the root, behind two delegations", pool);
    tail = delegations(3, all, pool);
    json_object_set_new(all[0], "parentCapability", json_string(ZCAP_ID("0")));
    check(tail, "parentCapability must be the last of capabilityChain",
          "parent: the first is not of the root", pool);
}

/* The same id twice, which a chain of ids alone would show as a cycle. */
static void test_cycle(apr_pool_t *pool)
{
    static const char *const names[] = {"cycle: the tail is its grandparent",
                                        "cycle: the tail is its parent"};

    for (int i = 0; i < 2; i++) {
        json_t *all[3];
        json_t *tail = delegations(3, all, pool);

        json_object_set(tail, "id", json_object_get(all[i], "id"));
        check(tail, CHAIN "must have no cycle", names[i], pool);
    }
}

static void test_shapes(apr_pool_t *pool)
{
    json_t *capability = delegate(NULL, 1, &(grant_t){.rdf = false}, pool);
    json_t *proofs = json_pack("[O]", json_object_get(capability, "proof"));

    check(json_of("[]", pool), CHAIN "must have a root, and not too many delegations", "an array",
          pool);
    check(json_of("{}", pool), CHAIN "must have a root, and not too many delegations", "empty",
          pool);
    check(json_of("'x'", pool), CHAIN "must have a root, and not too many delegations", "a string",
          pool);
    json_object_set_new(capability, "proof", proofs);
    check(capability, NULL, "proof: in an array", pool);
    json_array_append(proofs, json_array_get(proofs, 0));
    check(capability, CHAIN "must have a root, and not too many delegations",
          "proof: two in an array", pool);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    ok(was_crypto_init(), "crypto is ready");
    test_members(pool);
    test_length(pool);
    test_nesting(pool);
    test_parents(pool);
    test_cycle(pool);
    test_shapes(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
