/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_origin: what a document may name, and what browsers send. */
#include "tap.h"

#include "base/was_origin.h"

#include <apr_escape.h>

static const struct {
    const char *text;
    bool valid;
    bool canonical;
} cases[] = {
    {"https://wallet.example", true, true},
    {"http://localhost:8080", true, true},
    {"https://[2001:db8::1]", true, true},
    {"https://[2001:db8::1]:8443", true, true},
    {"http://127.0.0.1", true, true},
    {"chrome-extension://abcdef", true, true},
    {"http://wallet.example:443", true, true},
    {"https://wallet.example:65535", true, true},
    {"https://wallet.example:443", true, false},
    {"http://wallet.example:80", true, false},
    {"https://wallet.example:65536", true, false},
    {"https://wallet.example:0", true, false},
    {"https://Wallet.example", true, false},
    {"HTTPS://wallet.example", true, false},
    {"https://wallet_.example", true, true},
    {"https://wallet.example~", true, false},
    {"https://wallet.example/", false, false},
    {"https://wallet.example/path", false, false},
    {"https://wallet.example?x", false, false},
    {"https://wallet.example#x", false, false},
    {"https://user@wallet.example", false, false},
    {"https://wallet.example ", false, false},
    {" https://wallet.example", false, false},
    {"https://wallet.example\n", false, false},
    {"https://wallet.example\x7f", false, false},
    {"https://w\xc3\xa4llet.example", false, false},
    {"https://", false, false},
    {"://wallet.example", false, false},
    {"wallet.example", false, false},
    {"https:wallet.example", false, false},
    {"https:/wallet.example", false, false},
    {"//wallet.example", false, false},
    {"null", false, false},
    {"*", false, false},
    {"", false, false},
};

/* A pattern, what browsers might send, and whether that is meant. */
static const struct {
    const char *pattern, *origin;
    bool matches;
} matches[] = {
    {"https://a.example", "https://a.example", true},
    {"https://a.example", "https://b.a.example", false},
    {"null", "null", true},
    {"null", "NULL", false},
    {"https://*.a.example", "https://b.a.example", true},
    {"https://*.a.example", "https://c.b.a.example", true},
    {"https://*.a.example", "https://a.example", false},
    {"https://*.a.example", "https://.a.example", false},
    {"https://*.a.example", "https://..a.example", false},
    {"https://*.a.example", "https://ba.example", false},
    {"https://*.a.example", "http://b.a.example", false},
    {"https://*.a.example", "https://b.a.example:8443", false},
    {"https://*.a.example", "https://b.a.example.evil.example", false},
    {"https://*.a.example", "https://evil.example/.a.example", false},
    {"https://*.a.example", "https://evil.example:1.a.example", false},
    {"https://*.a.example", "https://evil.example@b.a.example", false},
    {"https://*.a.example", "https://*.a.example", false},
    {"https://*.a.example", "null", false},
    {"https://*.a.example:8443", "https://b.a.example:8443", true},
    {"https://*.a.example:8443", "https://b.a.example", false},
};

static void test_matches(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
        ok(was_origin_pattern(matches[i].pattern, pool), "%s is a pattern", matches[i].pattern);
        ok(was_origin_matches(matches[i].pattern, matches[i].origin) == matches[i].matches,
           "... that %s %s", matches[i].matches ? "names" : "does not name", matches[i].origin);
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_matches(pool);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *shown = apr_pescape_echo(pool, cases[i].text, 1);

        /* A number sign means something in a result's name. */
        shown = strchr(shown, '#') != NULL ? "an origin and a fragment" : shown;
        ok(was_origin_valid(cases[i].text) == cases[i].valid, "'%s' is %s", shown,
           cases[i].valid ? "an origin" : "no origin");
        ok(was_origin_canonical(cases[i].text, pool) == cases[i].canonical, "... and %s",
           cases[i].canonical ? "as browsers send it" : "not as browsers send it");
    }
    return done();
}
