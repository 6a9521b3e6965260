/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_caller: whose addresses are one caller's, and whose are two. */
#include "tap.h"

#include "auth/was_crypto.h"
#include "http/was_caller.h"

static const struct {
    const char *one, *other;
    bool same;
    const char *name;
} cases[] = {
    {"192.0.2.1", "192.0.2.1", true, "an address"},
    {"192.0.2.1", "192.0.2.2", false, "another one"},
    {"::ffff:192.0.2.1", "192.0.2.1", true, "IPv4 in the notation of IPv6"},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false, "the same, another one"},
    {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true, "a network of 64 bits"},
    {"2001:db8:1:2::1", "2001:db8:1:3::1", false, "the network beside it"},
    {"::1", "127.0.0.1", false, "this machine by two names"},
};

static apr_uint32_t caller_at(const char *text, apr_pool_t *pool)
{
    apr_sockaddr_t *address = NULL;

    if (apr_sockaddr_info_get(&address, text, APR_UNSPEC, 0, 0, pool) != APR_SUCCESS) {
        printf("Bail out! %s is no address here\n", text);
        exit(1);
    }
    return was_caller_of_address(address);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    ok(was_crypto_init(), "crypto is ready");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok((caller_at(cases[i].one, pool) == caller_at(cases[i].other, pool)) == cases[i].same,
           "%s", cases[i].name);
    }
    apr_uint32_t alice = was_caller_of_did("did:key:zAlice");

    ok(alice == was_caller_of_did("did:key:zAlice"), "a DID");
    ok(alice != was_caller_of_did("did:key:zBob"), "another one");
    ok(was_crypto_init() && alice != was_caller_of_did("did:key:zAlice"),
       "nobody knows the number");
    return done();
}
