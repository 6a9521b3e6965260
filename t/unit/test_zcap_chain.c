/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_zcap_expand: what comes out of a capability. */
#include "zcap.h"

#include "auth/was_zcap.h"

static json_t *chain_of(json_t *capability)
{
    return json_object_get(json_object_get(capability, "proof"), "capabilityChain");
}

/* What comes out, by a chain that a real client made. */
static void test_delegations(apr_pool_t *pool)
{
    const json_t *request =
        load_vector("07-delegated-PUT-jcs-chain2-attenuated.explained.json", pool);
    const json_t *capability = json_object_get(request, "capability");
    was_zcap_chain_t chain = {.ndelegations = 0};

    is_str(outcome(was_zcap_expand(capability, &chain, pool)), "fine", "delegations: a real chain");
    if (!ok(chain.ndelegations == 2, "... of two delegations")) {
        return;
    }
    is_str(chain.root_id,
           "urn:zcap:root:http%3A%2F%2Flocalhost%3A3999%2Fspace%2F11111111-1111-4111-8111-"
           "111111111111%2F",
           "... root_id");
    is_str(chain.root_target, "http://localhost:3999/space/11111111-1111-4111-8111-111111111111/",
           "... root_target");
    is_str(chain.delegations[0].id, "urn:uuid:c17daf74-693a-4be8-9853-ca704e289574",
           "... first: id");
    is_str(chain.delegations[0].parent, chain.root_id, "... parent");
    is_str(chain.delegations[0].target,
           "http://localhost:3999/space/11111111-1111-4111-8111-111111111111/credentials/",
           "... target");
    is_int(chain.delegations[0].ncontrollers, 1, "... controllers");
    is_str(chain.delegations[0].controllers[0],
           "did:key:z6MkgpJp9jpAsqFCKqKMvHsAL5VEnkcd8FhhZdwnX33BFDgs", "... the controller");
    is_int(chain.delegations[0].nactions, 2, "... actions");
    is_str(chain.delegations[0].actions[0], "GET", "... the first action");
    is_str(chain.delegations[0].actions[1], "PUT", "... the second action");
    is_str(chain.delegations[0].delegator,
           "did:key:z6Mkud27oH7SyTr495b67UgZ6tFmA72egaxyte23ygpUfEvD", "... delegator");
    is_str(chain.delegations[1].id, "urn:uuid:7ac3b4be-e5ac-4f91-90de-dee02deb1181",
           "... tail: id");
    is_str(chain.delegations[1].parent, chain.delegations[0].id, "... parent");
    is_str(chain.delegations[1].delegator,
           "did:key:z6MkgpJp9jpAsqFCKqKMvHsAL5VEnkcd8FhhZdwnX33BFDgs", "... delegator");
    is_int(chain.delegations[1].expires, APR_INT64_C(1795403845000000), "... expires");
    is_int(chain.delegations[1].created, APR_INT64_C(1795403545000000), "... created");
    ok(chain.delegations[1].json == capability, "... json is what was given");
    ok(chain.delegations[0].json == json_array_get(chain_of((json_t *)capability), 1),
       "... and what it embeds");
}

static void test_no_action(apr_pool_t *pool)
{
    const json_t *capability = delegate(NULL, 1, &(grant_t){.rdf = true}, pool);
    was_zcap_chain_t chain = {.ndelegations = 0};

    is_str(outcome(was_zcap_expand(capability, &chain, pool)), "fine", "action: absent");
    ok(chain.ndelegations == 1 && chain.delegations[0].actions == NULL &&
           chain.delegations[0].nactions == 0,
       "... any");
    capability = delegate(NULL, 1, &(grant_t){.with = "{'allowedAction':'GET'}"}, pool);
    is_str(outcome(was_zcap_expand(capability, &chain, pool)), "fine", "action: a string");
    ok(chain.delegations[0].nactions == 1 && strcmp(chain.delegations[0].actions[0], "GET") == 0,
       "... one");
    json_object_set_new((json_t *)capability, "allowedAction", json_null());
    const was_error_t *error = was_zcap_expand(capability, &chain, pool);

    is_str(outcome(error), "MALFORMED", "action: null");
    is_str(error == NULL ? NULL : error->pointer, "/capability-invocation", "... the pointer");
    is_str(error == NULL ? NULL : error->detail,
           "the capability is malformed: allowedAction must be a string or an array of strings",
           "... the detail");
    ok(chain.delegations[0].nactions == 1, "... nothing comes out");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    ok(was_crypto_init(), "crypto is ready");
    test_delegations(pool);
    test_no_action(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
