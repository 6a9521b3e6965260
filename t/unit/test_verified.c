/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_verified: what was added is found as it was, nothing else is, and who holds a chain keeps it
 * while newer ones take its place. */
#include "tap.h"

#include "auth/was_crypto.h"
#include "auth/was_verified.h"

enum { SLOTS = 8, MANY = 500 };

/* A chain of one delegation that tells its number in every text. */
static const was_zcap_chain_t *chain_of(int number, apr_pool_t *pool)
{
    was_zcap_chain_t *chain = apr_pcalloc(pool, sizeof(*chain));
    was_zcap_delegation_t *delegation = apr_pcalloc(pool, sizeof(*delegation));
    const char **texts = apr_pcalloc(pool, 2 * sizeof(*texts));

    texts[0] = apr_psprintf(pool, "GET %d", number);
    delegation->id = apr_psprintf(pool, "urn:id:%d", number);
    delegation->parent = "urn:zcap:root:x";
    delegation->target = apr_psprintf(pool, "https://a/%d", number);
    delegation->delegator = "did:key:a";
    delegation->controllers = texts;
    delegation->ncontrollers = 1;
    delegation->actions = number % 2 ? texts : NULL;
    delegation->nactions = number % 2 ? 1 : 0;
    delegation->expires = number;
    chain->root_id = "urn:zcap:root:x";
    chain->root_target = apr_psprintf(pool, "x%d", number);
    chain->delegations = delegation;
    chain->ndelegations = 1;
    return chain;
}

static bool is_chain(const was_zcap_chain_t *chain, int number, apr_pool_t *pool)
{
    const was_zcap_chain_t *made = chain_of(number, pool);
    const was_zcap_delegation_t *delegation;

    if (chain == NULL || chain->ndelegations != 1) {
        return false;
    }
    delegation = &chain->delegations[0];
    return strcmp(chain->root_target, made->root_target) == 0 &&
           strcmp(delegation->id, made->delegations[0].id) == 0 &&
           strcmp(delegation->target, made->delegations[0].target) == 0 &&
           strcmp(delegation->controllers[0], made->delegations[0].controllers[0]) == 0 &&
           (delegation->actions == NULL) == (made->delegations[0].actions == NULL) &&
           delegation->expires == number && delegation->json == NULL;
}

/* Which of a chain's texts are how long: the room of one is 7 KiB in all. */
static void test_long_chains(apr_pool_t *pool)
{
    static const struct {
        int id, target, actions, delegations;
        bool is_kept;
        const char *name;
    } cases[] = {
        {45, 100, 3, 9, true, "nine delegations of the usual length"},
        {45, 6000, 3, 1, true, "a long target"},
        {45, 7200, 3, 1, false, "one that is too long"},
        {7200, 100, 3, 1, false, "an id that is too long"},
        {45, 100, 7200, 1, false, "an action that is"},
        {45, 2000, 3, 9, false, "nine long targets"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        was_verified_t *verified = was_verified_make(SLOTS, pool);
        was_zcap_chain_t chain = *chain_of(1, pool);
        was_zcap_delegation_t delegations[9];
        const char *action = apr_psprintf(pool, "%0*d", cases[i].actions, 1);

        for (int n = 0; n < cases[i].delegations; n++) {
            delegations[n] = chain.delegations[0];
            delegations[n].id = apr_psprintf(pool, "%0*d", cases[i].id, n);
            delegations[n].target = apr_psprintf(pool, "%0*d", cases[i].target, n);
            delegations[n].actions = &action;
        }
        chain.delegations = delegations;
        chain.ndelegations = cases[i].delegations;
        was_verified_add(verified, "one", &chain);
        ok((was_verified_find(verified, "one", pool) != NULL) == cases[i].is_kept, "%s",
           cases[i].name);
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin(), *scratch;
    was_verified_t *verified;
    const was_zcap_chain_t *held;
    int i, known = 0;

    was_crypto_init();
    verified = was_verified_make(SLOTS, pool);
    ok(was_verified_find(verified, "one", pool) == NULL, "an empty set knows nothing");
    was_verified_add(NULL, "one", chain_of(1, pool));
    ok(was_verified_find(NULL, "one", pool) == NULL, "no set at all remembers nothing");
    apr_pool_create(&scratch, pool);
    was_verified_add(verified, "one", chain_of(1, scratch));
    apr_pool_destroy(scratch);
    held = was_verified_find(verified, "one", pool);
    ok(is_chain(held, 1, pool), "what was added is found, though what it was made of is gone");
    ok(was_verified_find(verified, "onf", pool) == NULL, "another capability is not");

    for (i = 2; i < MANY; i++) {
        const char *name = apr_psprintf(pool, "capability %d", i);

        apr_pool_create(&scratch, pool);
        was_verified_add(verified, name, chain_of(i, scratch));
        if (!ok(is_chain(was_verified_find(verified, name, scratch), i, scratch), "%s", name)) {
            break;
        }
        apr_pool_destroy(scratch);
    }
    for (i = 2; i < MANY; i++) {
        known += was_verified_find(verified, apr_psprintf(pool, "capability %d", i), pool) != NULL;
    }
    ok(known > 0 && known <= SLOTS, "no more are known than there are slots");
    ok(is_chain(held, 1, pool), "a chain that is held stays as it was");
    test_long_chains(pool);
    return done();
}
