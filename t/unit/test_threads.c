/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What threads share, under many at once: was_verified and was_permits keep their promises, and a
 * build with a sanitizer shows what is touched without a lock, or after it is gone. */
#include "tap.h"

#include "store/was_permits.h"
#include "auth/was_crypto.h"
#include "auth/was_verified.h"

#include <apr_atomic.h>
#include <apr_thread_proc.h>

enum { THREADS = 8, ROUNDS = 10000, SLOTS = 4, CAPABILITIES = 12, PLACES = 3 };

static was_verified_t *verified;
static was_permits_t *permits;

/* Of who is alone at the permits, and of nobody else: no lock guards it. */
static int going_alone, times_alone;

static apr_uint32_t inside;

/* One thread, and what it has seen. */
typedef struct visitor_t {
    apr_thread_t *thread;
    int number, found, wrong, crowded, together;
} visitor_t;

static void add_chain(const char *name, apr_pool_t *pool)
{
    was_zcap_delegation_t delegation = {.id = name,
                                        .parent = "urn:zcap:root:x",
                                        .target = apr_pstrcat(pool, "https://a/", name, NULL),
                                        .controllers = &name,
                                        .ncontrollers = 1,
                                        .delegator = "did:key:a"};
    was_zcap_chain_t chain = {.root_id = "urn:zcap:root:x",
                              .root_target = name,
                              .delegations = &delegation,
                              .ndelegations = 1};

    was_verified_add(verified, name, &chain);
}

/* Finds one of the chains, or adds it. */
static void use_chain(visitor_t *visitor, int number, apr_pool_t *pool)
{
    const char *name = apr_psprintf(pool, "capability %d", number);
    const was_zcap_chain_t *chain = was_verified_find(verified, name, pool);

    if (chain == NULL) {
        add_chain(name, pool);
        return;
    }
    visitor->found++;
    visitor->wrong += strcmp(chain->root_target, name) != 0 ||
                      strcmp(chain->delegations[0].target + strlen("https://a/"), name) != 0 ||
                      strcmp(chain->delegations[0].controllers[0], name) != 0;
}

/* Goes through the permits, now and then with a connection that has to be made. */
static void pass_gate(visitor_t *visitor, int round)
{
    bool alone = round % 50 == 0;
    apr_uint32_t caller = (apr_uint32_t)visitor->number % 3;

    if (was_permits_enter(permits, caller, &alone) != NULL) {
        return; /* told to come again: the machine is busy */
    }
    visitor->crowded += apr_atomic_inc32(&inside) >= PLACES;
    if (alone) {
        visitor->together += going_alone++ != 0;
        times_alone++;
        going_alone--;
        was_permits_pass(permits, true);
    }
    apr_atomic_dec32(&inside);
    was_permits_leave(permits, caller, true);
}

static void *APR_THREAD_FUNC visit(apr_thread_t *thread, void *data)
{
    visitor_t *visitor = data;
    apr_pool_t *pool;

    (void)thread;
    apr_pool_create(&pool, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        use_chain(visitor, (round * (visitor->number + 1)) % CAPABILITIES, pool);
        pass_gate(visitor, round);
        apr_pool_clear(pool);
    }
    apr_pool_destroy(pool);
    return NULL;
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    visitor_t visitors[THREADS] = {0}, all = {0};

    was_crypto_init();
    verified = was_verified_make(SLOTS, pool);
    permits = was_permits_make(PLACES, pool);
    for (int i = 0; i < THREADS; i++) {
        visitors[i].number = i;
        apr_thread_create(&visitors[i].thread, NULL, visit, &visitors[i], pool);
    }
    for (int i = 0; i < THREADS; i++) {
        apr_status_t status;

        apr_thread_join(&status, visitors[i].thread);
        all.found += visitors[i].found;
        all.wrong += visitors[i].wrong;
        all.crowded += visitors[i].crowded;
        all.together += visitors[i].together;
    }
    ok(all.found > 0, "chains that others have added are found");
    is_int(all.wrong, 0, "and are those that were asked for");
    is_int(all.crowded, 0, "the permits holds no more than there are places");
    ok(times_alone > 0, "somebody has gone alone");
    is_int(all.together, 0, "and nobody beside him");
    return done();
}
