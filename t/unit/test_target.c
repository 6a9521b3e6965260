/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_target: a target is parsed once for each mount, and what httpd might read differently is kept
 * from it. httpd is the fuzz targets' stand-in.
 */
#include "../fuzz/request.h"
#include "tap.h"

#include "http/was_target.h"

static request_rec *make_request(const char *target, apr_pool_t *pool)
{
    request_rec *r = fuzz_request(NULL, pool)->r;

    r->unparsed_uri = apr_pstrdup(pool, target);
    r->uri = apr_pstrdup(pool, "/httpd");
    return r;
}

static void test_once(apr_pool_t *pool)
{
    request_rec *r = make_request("/was/a%20b", pool);
    const was_path_t *first = NULL, *second = NULL, *other = NULL;

    is_str(outcome(was_target_parse(r, "/was", &first)), "fine", "once: the first time");
    is_str(outcome(was_target_parse(r, "/was", &second)), "fine", "once: the second");
    ok(first == second && first != NULL, "... is the first's");
    is_str(outcome(was_target_parse(r, "", &other)), "fine", "once: below another mount");
    is_str(other->decoded, "/was/a b", "... it is another path");
    is_str(first->decoded, "/a b", "... beside the first");
    r = make_request("/was/a/../b", pool);
    const was_error_t *refusal = was_target_parse(r, "/was", &first);
    is_str(outcome(refusal), "MALFORMED", "once: a refusal");
    ok(was_target_parse(r, "/was", &first) == refusal, "... is kept too");
    is_str(outcome(was_target_parse(make_request("/was/c", pool), "/was", &first)), "fine",
           "once: another request");
    is_str(first->decoded, "/c", "... has its own");
}

static const struct {
    const char *target;
    const char *uri; /* what httpd sees */
    const char *name;
} cases[] = {
    {"/was/a", "/httpd", "a plain target"},
    {"/was/a%20b", "/httpd", "an escape"},
    {"/was/a.txt", "/httpd", "a dot in a name"},
    {"/was/a/../b", "/was/", "a dot segment"},
    {"/was/a%2F..%2Fb", "/was/", "a dot segment between escapes"},
    {"/was/%00", "/was/", "NUL"},
    {"/was/%zz", "/was/", "a broken escape"},
    {"/deep/er/%zz", "/deep/er/", "below another mount"},
    {"/was/../deep/er/a", "/was/", "out of the mount"},
    {"/elsewhere/%zz", "/httpd", "below no mount of ours"},
    {"/wasp/%zz", "/httpd", "a longer name than the mount's"},
};

static void test_kept(apr_pool_t *pool)
{
    static const was_config_t near = {.mount = "/was"}, deep = {.mount = "/deep/er"};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        request_rec *r = make_request(cases[i].target, pool);
        was_server_t *server = was_config_server(r->server);

        server->mounts = apr_array_make(pool, 2, sizeof(const was_config_t *));
        APR_ARRAY_PUSH(server->mounts, const was_config_t *) = &near;
        APR_ARRAY_PUSH(server->mounts, const was_config_t *) = &deep;
        was_target_keep(r);
        is_str(r->uri, cases[i].uri, cases[i].name);
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_once(pool);
    test_kept(pool);
    return done();
}
