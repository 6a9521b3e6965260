/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_accept: whether a client would rather have a type than JSON. */
#include "tap.h"

#include "http/was_accept.h"

static const struct {
    const char *accept;
    bool prefers;
    const char *name;
} cases[] = {
    {NULL, false, "no field"},
    {"", false, "an empty field"},
    {"application/x-tar", true, "the type"},
    {"APPLICATION/X-TAR", true, "the type in capitals"},
    {"application/x-tar2", false, "a longer name"},
    {"application/x-ta", false, "a shorter name"},
    {"application/*", false, "a range is no name"},
    {"*/*", false, "nor is anything"},
    {"application/json", false, "JSON"},
    {"application/x-tar, application/json", true, "as much as JSON"},
    {"application/json, application/x-tar", true, "in either order"},
    {"application/x-tar;q=0.5, application/json", false, "less than JSON"},
    {"application/x-tar;q=0.5, application/json;q=0.4", true, "more than JSON"},
    {"application/x-tar;q=0.5, application/json;q=0.501", false, "less by a thousandth"},
    {"application/x-tar;q=0.5, */*", false, "less than anything, which JSON is"},
    {"application/x-tar;q=0.5, */*;q=0.4", true, "more than anything"},
    {"application/x-tar;q=0.5, */*, application/*;q=0.1", true, "the narrower range counts"},
    {"application/x-tar;q=0.5, */*, application/json;q=0.1", true, "the name counts more"},
    {"application/x-tar;q=0", false, "not at all"},
    {"application/x-tar;q=0.000", false, "not at all, with digits"},
    {"application/x-tar;q=0, application/x-tar", false, "the first of a name counts"},
    {"application/x-tar; v=1 ; q=1, application/json", true, "other parameters"},
    {"text/html,,application/x-tar", true, "empty elements"},
};

int main(void)
{
    apr_pool_t *pool = tap_begin();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(was_accept_prefers(cases[i].accept, "application/x-tar", pool) == cases[i].prefers, "%s",
           cases[i].name);
    }
    return done();
}
