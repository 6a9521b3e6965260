/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_zcap: ids of roots, targets, and what a chain that holds allows (protocol/pws section 6). */
#include "zcap.h"

#include "auth/was_zcap.h"

static const struct {
    const char *id;
    const char *target; /* NULL: refused */
    const char *name;
} roots[] = {
    {ROOT_ID, ROOT_URL, "as clients write it"},
    {"urn:zcap:root:http%3a%2f%2flocalhost%3a3002%2fspace%2fs1%2f", ROOT_URL, "lower-case hex"},
    {"urn:zcap:root:http%3A%2f%2Flocalhost%3a3002%2Fspace%2Fs1%2F", ROOT_URL, "mixed hex"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F-_.!~*'()", "https://a.b/-_.!~*'()", "what is kept"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F%3Fx%3D%2520%26%25%25%25", "https://a.b/?x=%20&%%%",
     "a query with escapes, good and bad"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F%C3%A9", "https://a.b/\xc3\xa9", "UTF-8"},
    {"urn:zcap:root:", NULL, "no URL"},
    {"urn:zcap:root", NULL, "cut short"},
    {"", NULL, "nothing"},
    {"URN:ZCAP:ROOT:https%3A%2F%2Fa.b%2F", NULL, "upper case"},
    {"urn:zcap:delegated:https%3A%2F%2Fa.b%2F", NULL, "no root"},
    {"urn:uuid:00000000-0000-4000-8000-000000000001", NULL, "an id of a delegation"},
    {"urn:zcap:root:" ROOT_URL, NULL, "not encoded"},
    {"urn:zcap:root:https%3A%2F%2Fa.b/", NULL, "a slash that is not encoded"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F+", NULL, "a plus that is not encoded"},
    {"urn:zcap:root:https%3A%2F%2F%61.b%2F", NULL, "a letter that is encoded"},
    {"urn:zcap:root:https%3A%2F%2F%61.b/", NULL,
     "a letter that is encoded for a slash that is not"},
    {"urn:zcap:root:https%3A%2F%2Fa%2Eb%2F", NULL, "a dot that is encoded"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F%7E", NULL, "a tilde that is encoded"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F%", NULL, "an escape that is cut short"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F%2", NULL, "half an escape"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F%G0", NULL, "an escape that is no hex"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F%00", NULL, "a NUL"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F%FF", NULL, "not UTF-8"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F\xc3\xa9", NULL, "UTF-8 that is not encoded"},
    {"urn:zcap:root:https%3A%2F%2Fa.b%2F ", NULL, "a blank behind"},
};

static void test_roots(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        is_str(was_zcap_root_target(roots[i].id, pool), roots[i].target,
               apr_pstrcat(pool, "pws 6.1: root: ", roots[i].name, NULL));
    }
}

static const struct {
    const char *base;
    const char *url;
    bool within;
    const char *name;
} targets[] = {
    {"http://a/b", "http://a/b", true, "the same"},
    {"http://a/b", "http://a/b/", true, "behind a slash"},
    {"http://a/b", "http://a/b/c", true, "below"},
    {"http://a/b", "http://a/b/c/d?e", true, "further below"},
    {"http://a/b", "http://a/b?c=d", true, "a query"},
    {"http://a/b", "http://a/b?", true, "an empty query"},
    {"http://a/b", "http://a/bc", false, "a sibling that begins alike"},
    {"http://a/b", "http://a/b&c", false, "an ampersand without a query"},
    {"http://a/b", "http://a/b#c", false, "a fragment"},
    {"http://a/b", "http://a/b%2Fc", false, "an escaped slash"},
    {"http://a/b", "http://a/", false, "above"},
    {"http://a/b", "http://a/B", false, "another case"},
    {"http://a/b", "https://a/b", false, "another scheme"},
    {"http://a/b", "http://a:80/b", false, "the default port"},
    {"http://a/b", "http://a/%62", false, "an escape that means the same"},
    {"http://a/b", "http://a/./b", false, "a dot segment that means the same"},
    {"http://a/b", "", false, "nothing"},
    {"http://a/b/", "http://a/b/", true, "a container"},
    {"http://a/b/", "http://a/b/c", true, "in a container"},
    {"http://a/b/", "http://a/b/?limit=2", true, "the query of a container"},
    {"http://a/b/", "http://a/b//", true, "a slash more"},
    {"http://a/b/", "http://a/b", false, "a container without its slash"},
    {"http://a/b/", "http://a/bc", false, "beside a container"},
    {"http://a/b?c=1", "http://a/b?c=1", true, "the same query"},
    {"http://a/b?c=1", "http://a/b?c=1&d=2", true, "a query goes on"},
    {"http://a/b?c=1", "http://a/b?c=1&", true, "a query goes on with nothing"},
    {"http://a/b?c=1", "http://a/b?c=12", false, "a value goes on"},
    {"http://a/b?c=1", "http://a/b?c=1/d", false, "a slash in a query"},
    {"http://a/b?c=1", "http://a/b?c=1?d", false, "a question mark in a query"},
    {"http://a/b?c=1", "http://a/b?d=2&c=1", false, "the same parameters in another order"},
    {"http://a/b?c=1", "http://a/b", false, "without the query"},
    {"http://a/b?c=1", "http://a/b/d?c=1", false, "another path, the same query"},
    {"http://a/b?c=/", "http://a/b?c=/d", false, "a query that ends with a slash"},
    {"http://a/b?", "http://a/b?c=1", true, "an empty query"},
    {"http://a/b?", "http://a/b", false, "without the question mark"},
    {"http://a/b?c=1&", "http://a/b?c=1&d=2", true, "behind an ampersand"},
    {"http://a/b&", "http://a/b&c", false, "an ampersand that is no query's"},
};

static void test_targets(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        ok(was_zcap_within(targets[i].base, targets[i].url) == targets[i].within, "%s",
           apr_pstrcat(pool, "pws 6.3: within: ", targets[i].name, NULL));
    }
}

#define FOREIGN "http://localhost:3002/space/s2/"
#define FINGER_2 "z6Mko9hTggMwjSTEaJaPUfE6tqcy2xvU6BnNq3e3o8qVBiyH"
#define FINGER_3 "z6MkvRXNYcE7MMduynWTgeKbDaT1iijDSC8pZqXZc8rHPrf2"

/* What is tried, and what is different from a good try by the holder of the tail. */
typedef struct use_case_t {
    const char *name;
    was_zcap_verdict_t verdict;
    const char *actions; /* of the grant, JSON; NULL: any */
    const char *url;     /* absolute, or behind ROOT_URL; NULL: docs/x */
    const char *action;  /* NULL: GET */
    int invoker;         /* 0: the holder */
    int created;         /* after the proof was */
    int now;
    const char *controller; /* of the grant; NULL: the next key */
} use_case_t;

static const use_case_t uses[] = {
    {"all is well", WAS_ZCAP_ALLOWED, NULL, .url = NULL},
    {"the target itself", WAS_ZCAP_ALLOWED, NULL, .url = "docs/"},
    {"with a query", WAS_ZCAP_ALLOWED, NULL, .url = "docs/?limit=2&cursor=x"},
    {"above the target", WAS_ZCAP_REFUSED, NULL, .url = ""},
    {"beside the target", WAS_ZCAP_REFUSED, NULL, .url = "other/x"},
    {"the target without its slash", WAS_ZCAP_REFUSED, NULL, .url = "docs"},

    {"an action of the grant", WAS_ZCAP_ALLOWED, "['PUT','GET']", .action = "PUT"},
    {"another action of the grant", WAS_ZCAP_ALLOWED, "['PUT','GET']", .action = "GET"},
    {"an action as a string", WAS_ZCAP_ALLOWED, "'PUT'", .action = "PUT"},
    {"any action", WAS_ZCAP_ALLOWED, NULL, .action = "DELETE"},
    {"an action beside the grant", WAS_ZCAP_REFUSED, "['PUT','GET']", .action = "DELETE"},
    {"an action in another case", WAS_ZCAP_REFUSED, "['PUT','GET']", .action = "put"},
    {"an action that begins alike", WAS_ZCAP_REFUSED, "['PUT','GET']", .action = "PU"},
    {"HEAD of HEAD", WAS_ZCAP_ALLOWED, "['HEAD']", .action = "HEAD"},
    {"HEAD of GET", WAS_ZCAP_ALLOWED, "['GET']", .action = "HEAD"},
    {"HEAD of any", WAS_ZCAP_ALLOWED, NULL, .action = "HEAD"},
    {"HEAD of PUT", WAS_ZCAP_REFUSED, "['PUT']", .action = "HEAD"},
    {"GET of HEAD", WAS_ZCAP_REFUSED, "['HEAD']", .action = "GET"},

    {"the delegator does not hold it", WAS_ZCAP_REFUSED, NULL, .invoker = 1},
    {"a stranger does not hold it", WAS_ZCAP_REFUSED, NULL, .invoker = 9},
    {"one of several holders", WAS_ZCAP_ALLOWED, NULL, .invoker = 3,
     .controller = "['did:web:a','did:key:" FINGER_3 "']"},
    {"the full name of the holder's key", WAS_ZCAP_ALLOWED, NULL, .invoker = 3,
     .controller = "'did:key:" FINGER_3 "#" FINGER_3 "'"},
    {"another name of a key", WAS_ZCAP_REFUSED, NULL, .invoker = 3,
     .controller = "'did:key:" FINGER_3 "#" FINGER_2 "'"},
    {"nobody holds what a method holds that we do not know", WAS_ZCAP_REFUSED, NULL, .invoker = 3,
     .controller = "'did:web:a'"},

    {"used 300 seconds before it was made", WAS_ZCAP_ALLOWED, NULL, .created = -300},
    {"used 301 seconds before it was made", WAS_ZCAP_REFUSED, NULL, .created = -301},
    {"used long after it was made", WAS_ZCAP_ALLOWED, NULL, .created = 600},

    {"when it expires", WAS_ZCAP_ALLOWED, NULL, .now = 300},
    {"300 seconds after it expired", WAS_ZCAP_ALLOWED, NULL, .now = 600},
    {"301 seconds after it expired", WAS_ZCAP_EXPIRED, NULL, .now = 601},
    {"long after it expired", WAS_ZCAP_EXPIRED, NULL, .now = 1000000000},
    {"expired, and all else is well", WAS_ZCAP_EXPIRED, "['GET']", .action = "HEAD", .now = 601},
    {"expired, above the target", WAS_ZCAP_REFUSED, NULL, .url = "", .now = 601},
    {"expired, beside the grant", WAS_ZCAP_REFUSED, "['PUT']", .now = 601},
    {"expired, by a stranger", WAS_ZCAP_REFUSED, NULL, .invoker = 9, .now = 601},
    {"expired, used before it was made", WAS_ZCAP_REFUSED, NULL, .created = -301, .now = 601},
};

static const char *verdict_name(was_zcap_verdict_t verdict)
{
    static const char *const names[] = {"allowed", "expired", "refused"};

    return names[verdict];
}

static was_zcap_use_t use_of(const use_case_t *at, int holder, apr_pool_t *pool)
{
    const char *url = at->url == NULL ? "docs/x" : at->url;

    return (was_zcap_use_t){
        .url = apr_pstrcat(pool, strncmp(url, "http:", 5) == 0 ? "" : ROOT_URL, url, NULL),
        .action = at->action == NULL ? "GET" : at->action,
        .invoker = test_key(at->invoker == 0 ? holder : at->invoker, pool)->did,
        .created = (apr_int64_t)NOW + at->created,
        .now = (apr_int64_t)NOW + at->now,
        .root_controller = test_key(1, pool)->did,
    };
}

/* Each case with one delegation, and with a second one that says what the case says. */
static void test_uses(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        const use_case_t *at = &uses[i];
        const char *controller = at->controller;
        const char *with = apr_pstrcat(
            pool, "{'invocationTarget':'" ROOT_URL "docs/'",
            at->actions == NULL ? "" : ",'allowedAction':", at->actions == NULL ? "" : at->actions,
            controller == NULL ? "" : ",'controller':", controller == NULL ? "" : controller, "}",
            NULL);
        const grant_t plain = {.rdf = true};
        const grant_t grant = {.with = with};

        for (int n = 1; n <= 2; n++) {
            json_t *parent = n == 1 ? NULL : delegate(NULL, 1, &plain, pool);
            was_zcap_use_t use = use_of(at, n + 1, pool);
            was_zcap_chain_t chain = {.ndelegations = 0};

            ok(was_zcap_expand(delegate(parent, n, &grant, pool), &chain, pool) == NULL &&
                   was_zcap_verify(&chain, use.root_controller, pool) == NULL,
               "a chain of %d that holds", n);
            is_str(verdict_name(was_zcap_allows(&chain, &use)), verdict_name(at->verdict),
                   apr_pstrcat(pool, "pws 6.4: ", at->name, NULL));
        }
    }
}

/* An ancestor that has expired ends what it delegated, wherever it stands. */
static void test_expired_link(apr_pool_t *pool)
{
    const grant_t grant = {.rdf = false};
    json_t *tail = NULL;
    const use_case_t plain = {.now = 0};
    was_zcap_use_t use = use_of(&plain, 4, pool);
    was_zcap_chain_t chain;
    was_zcap_delegation_t delegations[3];

    for (int i = 1; i <= 3; i++) {
        tail = delegate(tail, i, &grant, pool);
    }
    ok(was_zcap_expand(tail, &chain, pool) == NULL, "three delegations");
    for (int i = 0; i < 3; i++) {
        memcpy(delegations, chain.delegations, sizeof(delegations));
        chain.delegations = delegations;
        is_str(verdict_name(was_zcap_allows(&chain, &use)), "allowed", "none has expired");
        delegations[i].expires = apr_time_from_sec(NOW - 301) + 999999;
        is_str(verdict_name(was_zcap_allows(&chain, &use)), "expired",
               apr_psprintf(pool, "pws 6.4: delegation %d has expired", i + 1));
        delegations[i].expires = apr_time_from_sec(NOW - 300);
        is_str(verdict_name(was_zcap_allows(&chain, &use)), "allowed", "... a moment before");
        delegations[i].expires = apr_time_from_sec(NOW + 300);
    }
}

/* Whatever a delegation says, it ends ten years behind its proof: an ancestor's end, too. */
static void test_lifetime(apr_pool_t *pool)
{
    static const struct {
        const char *name;
        apr_int64_t created; /* seconds before now */
        apr_int64_t expires; /* seconds from now */
        apr_int64_t end;     /* the same */
        was_zcap_verdict_t verdict;
    } cases[] = {
        {"the shorter of both", 10, 300, 300, WAS_ZCAP_ALLOWED},
        {"for ever, just made", 0, WAS_ZCAP_LIFETIME * 700L, WAS_ZCAP_LIFETIME, WAS_ZCAP_ALLOWED},
        {"for ever, in its last second", WAS_ZCAP_LIFETIME + 300L, WAS_ZCAP_LIFETIME * 700L, -300,
         WAS_ZCAP_ALLOWED},
        {"for ever, and over", WAS_ZCAP_LIFETIME + 301L, WAS_ZCAP_LIFETIME * 700L, -301,
         WAS_ZCAP_EXPIRED},
        {"over by what it says", 1000, -301, -301, WAS_ZCAP_EXPIRED},
    };
    const use_case_t plain = {.now = 0};
    const grant_t grant = {.rdf = false};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int n = 0; n < 2; n++) {
            was_zcap_use_t use = use_of(&plain, 3, pool);
            was_zcap_chain_t chain;
            was_zcap_delegation_t delegations[2];
            json_t *parent = delegate(NULL, 1, &grant, pool);

            ok(was_zcap_expand(delegate(parent, 2, &grant, pool), &chain, pool) == NULL, "two");
            memcpy(delegations, chain.delegations, sizeof(delegations));
            delegations[n].created = apr_time_from_sec(NOW - cases[i].created);
            delegations[n].expires = apr_time_from_sec(NOW + cases[i].expires);
            chain.delegations = delegations;
            ok(was_zcap_end(&delegations[n]) == apr_time_from_sec(NOW + cases[i].end), "%s: end",
               cases[i].name);
            is_str(verdict_name(was_zcap_allows(&chain, &use)), verdict_name(cases[i].verdict),
                   apr_psprintf(pool, "delegation %d: %s", n + 1, cases[i].name));
        }
    }
}

/* A root that is invoked itself: its controller, its target, any action, no time. */
static void test_root(apr_pool_t *pool)
{
    static const struct {
        const char *name;
        was_zcap_verdict_t verdict;
        use_case_t use;
    } cases[] = {
        {"by its controller", WAS_ZCAP_ALLOWED, {.action = "DELETE", .now = 1000000000}},
        {"the target itself", WAS_ZCAP_ALLOWED, {.url = ""}},
        {"by another", WAS_ZCAP_REFUSED, {.invoker = 2}},
        {"another target", WAS_ZCAP_REFUSED, {.url = FOREIGN}},
    };
    was_zcap_chain_t chain = {.root_id = ROOT_ID, .root_target = ROOT_URL};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        was_zcap_use_t use = use_of(&cases[i].use, 1, pool);

        is_str(verdict_name(was_zcap_allows(&chain, &use)), verdict_name(cases[i].verdict),
               apr_pstrcat(pool, "pws 6.4: a root: ", cases[i].name, NULL));
    }
    is_str(outcome(was_zcap_verify(&chain, test_key(1, pool)->did, pool)), "fine",
           "a root holds by itself");
}

/* Of a method whose keys we do not know, only the DID itself is the controller. */
static void test_other_method(apr_pool_t *pool)
{
    const use_case_t plain = {.now = 0};
    was_zcap_chain_t chain = {.root_id = ROOT_ID, .root_target = ROOT_URL};
    was_zcap_use_t use = use_of(&plain, 1, pool);

    use.invoker = "did:web:example.org";
    use.root_controller = "did:web:example.org";
    is_str(verdict_name(was_zcap_allows(&chain, &use)), "allowed", "another method: the DID");
    use.root_controller = "did:web:example.org#example.org";
    is_str(verdict_name(was_zcap_allows(&chain, &use)), "refused", "another method: a key of it");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    ok(was_crypto_init(), "crypto is ready");
    test_roots(pool);
    test_targets(pool);
    test_uses(pool);
    test_expired_link(pool);
    test_lifetime(pool);
    test_root(pool);
    test_other_method(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
