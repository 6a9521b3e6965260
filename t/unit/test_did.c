/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_did: what can be a controller. */
#include "tap.h"

#include "auth/was_did.h"

#define FINGER "z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX"
#define DID "did:key:" FINGER

static const struct {
    const char *text;
    const char *did; /* NULL: refused */
    const char *name;
} controller_cases[] = {
    {DID, DID, "a did:key"},
    {DID "#" FINGER, DID, "classic 2: a fragment is dropped"},
    {"did:web:example.org", "did:web:example.org", "another method"},
    {"did:web:example.org#owner", "did:web:example.org", "another method with a fragment"},
    {"did:web:example.org%3A3000:user:alice", "did:web:example.org%3A3000:user:alice",
     "an escape and colons"},
    {"did:3:a-b._C", "did:3:a-b._C", "every kind of character"},
    {"did:a::b", "did:a::b", "an empty part inside"},
    {"did:x:y#a/b?c%20d~!$&'()*+,;=:@", "did:x:y", "all that a fragment may hold"},
    {"", NULL, "nothing"},
    {"did", NULL, "cut short: did"},
    {"did:", NULL, "cut short: the method"},
    {"did:key", NULL, "cut short: the colon"},
    {"did:key:", NULL, "cut short: the id"},
    {"did::id", NULL, "no method"},
    {"did:Key:id", NULL, "an upper-case method"},
    {"did:k-y:id", NULL, "a method with a hyphen"},
    {"DID:key:id", NULL, "an upper-case scheme"},
    {"did:a:b:", NULL, "a colon at the end"},
    {"did:a:b:#f", NULL, "a colon before the fragment"},
    {"did:a:b%2", NULL, "a broken escape"},
    {"did:a:b%zz", NULL, "an escape without digits"},
    {"did:a:b/path", NULL, "a path"},
    {"did:a:b?query", NULL, "a query"},
    {"did:a:b?query#f", NULL, "a query and a fragment"},
    {"did:a:b#", NULL, "an empty fragment"},
    {"did:a:b#c#d", NULL, "two fragments"},
    {"did:a:b#c d", NULL, "a blank in the fragment"},
    {"did:a:b#c%", NULL, "a broken escape in the fragment"},
    {"did:a:b c", NULL, "a blank"},
    {"did:a:b\n", NULL, "a line break"},
    {"did:a:\xc3\xa9", NULL, "nothing beyond ASCII"},
    {"urn:uuid:1", NULL, "a URN"},
    {"https://example.org", NULL, "a URL"},
};

static void check_controller(const char *text, const char *expected, const char *what,
                             apr_pool_t *pool)
{
    const char *did = NULL;
    const was_error_t *error = was_did_of_controller(text, &did, pool);
    char name[200];

    apr_snprintf(name, sizeof(name), "controller: %s", what);
    is_str(did, expected, name);
    is_str(outcome(error), expected == NULL ? "INVALID_BODY" : "fine", "... the outcome");
    if (error != NULL) {
        is_str(error->pointer, "#/controller", "... the pointer");
    }
    ok(was_did_valid(text) == (expected != NULL && strcmp(text, expected) == 0),
       "... a DID if it is all of it");
}

static const char *long_did(apr_size_t length, const char *suffix, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, length + 1);

    memset(text, 'x', length);
    memcpy(text, "did:a:", 6);
    text[length] = '\0';
    return apr_pstrcat(pool, text, suffix, NULL);
}

static void test_controllers(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(controller_cases) / sizeof(controller_cases[0]); i++) {
        check_controller(controller_cases[i].text, controller_cases[i].did,
                         controller_cases[i].name, pool);
    }
    check_controller(long_did(512, "", pool), long_did(512, "", pool), "512 bytes", pool);
    check_controller(long_did(513, "", pool), NULL, "513 bytes", pool);
    check_controller(long_did(512, "#fragment", pool), long_did(512, "", pool),
                     "512 bytes and a fragment", pool);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_controllers(pool);
    return done();
}
