/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_signature: whether what a signature says is enough, whichever scheme said it. */
#include "tap.h"

#include "auth/was_signature.h"

static const char *const covered[] = {"(request-target)", "host", "(created)"};

/* A signature of 1000 to 1030 over `covered`, asked at `now`. */
static const struct {
    apr_int64_t now;
    was_signature_rules_t rules;
    const char *required[4];
    const char *detail; /* NULL: enough */
    const char *name;
} cases[] = {
    {1010, {.max_age = 0}, {NULL}, NULL, "nothing is demanded"},
    {1010, {.max_age = 30}, {"(request-target)", "host"}, NULL, "what is demanded is covered"},
    {1010, {.max_age = 30}, {"(created)", "host", "(request-target)"}, NULL, "in another order"},
    {1010, {.max_age = 30}, {"(expires)"}, "the signature does not cover (expires)", "one is not"},
    {1010, {.max_age = 30}, {"hos"}, "the signature does not cover hos", "a part of a name"},
    {1010, {.max_age = 30}, {"hosts"}, "the signature does not cover hosts", "a longer name"},
    {1010,
     {.max_age = 30},
     {"host", "digest", "(key-id)"},
     "the signature does not cover digest",
     "the first that is not is told"},
    {1010, {.max_age = 29}, {NULL}, "the signature is valid for too long", "a window too long"},
    {999, {.skew = 1}, {NULL}, NULL, "created ahead, by what is tolerated"},
    {998, {.skew = 1}, {NULL}, "the signature was created in the future", "... and by more"},
    {1030, {.skew = 9}, {NULL}, NULL, "the last second"},
    {1031,
     {.skew = 9},
     {NULL},
     "the signature has expired",
     "a second later: no skew of the other end"},
    {1035, {.expired_skew = 5}, {NULL}, NULL, "expired, by what is tolerated"},
    {1036, {.expired_skew = 5}, {NULL}, "the signature has expired", "... and by more"},
    {2000,
     {.max_age = 30},
     {"digest"},
     "the signature does not cover digest",
     "coverage is told before the window"},
    {0, {.skew = 0}, {NULL}, "the signature was created in the future", "at the epoch"},
    {APR_INT64_MAX, {.skew = 0}, {NULL}, "the signature has expired", "at the end of time"},
};

static void test_rules(apr_pool_t *pool)
{
    const was_signature_t signature = {
        .covered = covered, .ncovered = 3, .created = 1000, .expires = 1030};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        was_signature_rules_t rules = cases[i].rules;

        rules.required = cases[i].required;
        const was_error_t *error = was_signature_check(&signature, &rules, cases[i].now, pool);

        is_str(error == NULL ? NULL : error->detail, cases[i].detail, cases[i].name);
        is_str(outcome(error), cases[i].detail == NULL ? "fine" : "UNAUTHENTICATED",
               "... the kind");
    }
}

/* A window that ends before it begins is none, whatever is tolerated. */
static void test_windows(apr_pool_t *pool)
{
    static const char *const none[] = {NULL};
    const was_signature_rules_t rules = {.required = none, .skew = 100, .expired_skew = 100};

    for (apr_int64_t expires = 998; expires <= 1002; expires++) {
        const was_signature_t signature = {.created = 1000, .expires = expires};
        const was_error_t *error = was_signature_check(&signature, &rules, 1000, pool);

        is_str(error == NULL ? NULL : error->detail,
               expires > 1000 ? NULL : "the signature must expire after it was created",
               expires > 1000 ? "a window" : "no window");
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_rules(pool);
    test_windows(pool);
    return done();
}
