/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_path: how a target is taken apart, and every one that has two readings. */
#include "tap.h"

#include "base/was_path.h"

typedef struct part_case_t {
    const char *target;
    const char *mount;
    const char *origin;
    const char *raw;
    const char *query;
    const char *decoded;
    const char *signable;
    const char *segments; /* joined with | */
    const char *name;
} part_case_t;

static const part_case_t part_cases[] = {
    {"/", "", "/", "/", NULL, "/", "/", "", "the root is one empty segment"},
    {"/a", "", "/a", "/a", NULL, "/a", "/a", "a", "one segment"},
    {"/a/", "", "/a/", "/a/", NULL, "/a/", "/a/", "a|", "a trailing slash is an empty segment"},
    {"/space/u//a", "", "/space/u//a", "/space/u//a", NULL, "/space/u//a", "/space/u//a",
     "space|u||a", "classic 9: // is kept"},
    {"//a/b", "", "//a/b", "//a/b", NULL, "//a/b", "//a/b", "|a|b",
     "two leading slashes are no authority"},
    {"/a%2Fb/c", "", "/a%2Fb/c", "/a%2Fb/c", NULL, "/a/b/c", "/a/b/c", "a/b|c",
     "classic 9: %2F is decoded and does not divide"},
    {"/a%20b/%C3%A9", "", "/a%20b/%C3%A9", "/a%20b/%C3%A9", NULL, "/a b/\xc3\xa9", "/a b/\xc3\xa9",
     "a b|\xc3\xa9", "escapes are decoded"},
    {"/a%2520b", "", "/a%2520b", "/a%2520b", NULL, "/a%20b", "/a%20b", "a%20b", "decoded once"},
    {"/\xc3\xa9", "", "/\xc3\xa9", "/\xc3\xa9", NULL, "/\xc3\xa9", "/\xc3\xa9", "\xc3\xa9",
     "raw UTF-8"},
    {"/a+b;c=1", "", "/a+b;c=1", "/a+b;c=1", NULL, "/a+b;c=1", "/a+b;c=1", "a+b;c=1",
     "plus and parameters are literal"},
    {"/a%0Ab", "", "/a%0Ab", "/a%0Ab", NULL, "/a\nb", "/a\nb", "a\nb", "an escaped line break"},
    {"/a?x=1", "", "/a?x=1", "/a", "x=1", "/a", "/a", "a", "a query"},
    {"/a?", "", "/a?", "/a", "", "/a", "/a", "a", "an empty query is not none"},
    {"/a?b?c/../d%zz", "", "/a?b?c/../d%zz", "/a", "b?c/../d%zz", "/a", "/a", "a",
     "a query is left as it came"},
    {"/a%3Fb", "", "/a%3Fb", "/a%3Fb", NULL, "/a?b", "/a?b", "a?b",
     "an escaped question mark begins no query"},
    {"/a%23b", "", "/a%23b", "/a%23b", NULL, "/a#b", "/a#b", "a#b",
     "an escaped number sign begins no fragment"},
    {"/...", "", "/...", "/...", NULL, "/...", "/...", "...", "three dots are a name"},
    {"/.a/b./..c", "", "/.a/b./..c", "/.a/b./..c", NULL, "/.a/b./..c", "/.a/b./..c", ".a|b.|..c",
     "dots in names"},
    {"/%252e%252e/a", "", "/%252e%252e/a", "/%252e%252e/a", NULL, "/%2e%2e/a", "/%2e%2e/a",
     "%2e%2e|a", "dots escaped twice are text"},
    {"http://h:80/a?q", "", "/a?q", "/a", "q", "/a", "/a", "a", "absolute-form"},
    {"HTTPS://h/", "", "/", "/", NULL, "/", "/", "", "absolute-form, upper case"},
    {"/http://h/a", "", "/http://h/a", "/http://h/a", NULL, "/http://h/a", "/http://h/a",
     "http:||h|a", "a URL inside a path"},
    {"/was/space/u", "/was", "/was/space/u", "/was/space/u", NULL, "/space/u", "/was/space/u",
     "space|u", "below a mount"},
    {"/was/", "/was", "/was/", "/was/", NULL, "/", "/was/", "", "the mount's root"},
    {"/w/s/a%20b?x", "/w/s", "/w/s/a%20b?x", "/w/s/a%20b", "x", "/a b", "/w/s/a b", "a b",
     "below a deep mount"},
    {"/a%20m/x", "/a%20m", "/a%20m/x", "/a%20m/x", NULL, "/x", "/a m/x", "x",
     "a mount with an escape"},
};

static const char *join_segments(const was_path_t *path, apr_pool_t *pool)
{
    const char *text = "";

    for (int i = 0; i < path->nsegments; i++) {
        text = apr_pstrcat(pool, text, i > 0 ? "|" : "", was_path_segment(path, i, pool), NULL);
    }
    return text;
}

static void test_parts(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(part_cases) / sizeof(part_cases[0]); i++) {
        const part_case_t *at = &part_cases[i];
        const was_path_t *path = NULL;
        const was_error_t *error = was_path_parse(at->target, at->mount, &path, pool);

        if (!ok(error == NULL, "parse: %s", at->name)) {
            continue;
        }
        is_str(path->target, at->origin, "... the target");
        is_str(path->raw, at->raw, "... the raw path");
        is_str(path->query, at->query, "... the query");
        is_str(path->decoded, at->decoded, "... decoded, below the mount");
        is_int((long long)path->decoded_length, (long long)strlen(at->decoded),
               "... the length of it");
        is_str(path->signable, at->signable, "... decoded, the mount included");
        is_str(join_segments(path, pool), at->segments, "... the segments");
    }
}

typedef struct refusal_case_t {
    const char *target;
    const char *mount;
    const char *outcome;
    const char *name;
} refusal_case_t;

static const refusal_case_t refusal_cases[] = {
    {"", "", "MALFORMED", "an empty target"},
    {"a", "", "MALFORMED", "no leading slash"},
    {"*", "", "MALFORMED", "asterisk-form"},
    {"?x", "", "MALFORMED", "a query alone"},
    {"host:443", "", "MALFORMED", "authority-form"},
    {"http://h", "", "MALFORMED", "absolute-form without a path"},
    {"http://h?q=/a", "", "MALFORMED", "absolute-form with a query only"},
    {"http:///a", "", "MALFORMED", "absolute-form without an authority"},
    {"ftp://h/a", "", "MALFORMED", "another scheme"},
    {"/a#b", "", "MALFORMED", "a fragment"},
    {"/a?x#b", "", "MALFORMED", "a fragment behind a query"},
    {"/a b", "", "MALFORMED", "a raw blank"},
    {"/a\tb", "", "MALFORMED", "a raw tab"},
    {"/a\nb", "", "MALFORMED", "a raw line break"},
    {"/a\x7f", "", "MALFORMED", "a raw DEL"},
    {"/a?x y", "", "MALFORMED", "a raw blank in the query"},
    {"/a%", "", "MALFORMED", "a broken escape: nothing behind"},
    {"/a%4", "", "MALFORMED", "a broken escape: one digit"},
    {"/a%4/b", "", "MALFORMED", "a broken escape: a slash"},
    {"/a%zz", "", "MALFORMED", "a broken escape: no digits"},
    {"/a%00b", "", "MALFORMED", "classic 9: NUL"},
    {"/%ff", "", "MALFORMED", "classic 9: not UTF-8"},
    {"/\xff", "", "MALFORMED", "classic 9: not UTF-8, raw"},
    {"/%c0%af", "", "MALFORMED", "classic 9: overlong UTF-8"},
    {"/%ed%a0%80", "", "MALFORMED", "classic 9: a surrogate"},
    {"/%c3/%a9", "", "MALFORMED", "classic 9: a character divided by a slash"},
    {"/.", "", "MALFORMED", "classic 9: ."},
    {"/..", "", "MALFORMED", "classic 9: .."},
    {"/a/./b", "", "MALFORMED", "classic 9: . inside"},
    {"/a/../b", "", "MALFORMED", "classic 9: .. inside"},
    {"/a/..", "", "MALFORMED", "classic 9: .. at the end"},
    {"/a/../", "", "MALFORMED", "classic 9: .. before a trailing slash"},
    {"/a/..?x", "", "MALFORMED", "classic 9: .. before a query"},
    {"/a//../b", "", "MALFORMED", "classic 9: .. behind an empty segment"},
    {"/a/%2e/b", "", "MALFORMED", "classic 9: . escaped"},
    {"/a/%2E%2e/b", "", "MALFORMED", "classic 9: .. escaped"},
    {"/a/.%2e/b", "", "MALFORMED", "classic 9: .. half escaped"},
    {"/a%2f..%2fb", "", "MALFORMED", "classic 9: .. between escaped slashes"},
    {"/a%2F.", "", "MALFORMED", "classic 9: . behind an escaped slash"},
    {"/..%2fa", "", "MALFORMED", "classic 9: .. before an escaped slash"},
    {"/was/../space", "/was", "MALFORMED", "classic 9: .. right below the mount"},
    {"http://h/../a", "", "MALFORMED", "classic 9: .. in absolute-form"},
    {"/was", "/was", "NOT_FOUND", "the mount itself"},
    {"/was?x", "/was", "NOT_FOUND", "the mount itself with a query"},
    {"/wasp/a", "/was", "NOT_FOUND", "a longer name than the mount's"},
    {"/other/a", "/was", "NOT_FOUND", "beside the mount"},
    {"/w", "/was", "NOT_FOUND", "shorter than the mount"},
    {"/w%61s/a", "/was", "NOT_FOUND", "the mount in another spelling"},
    {"/WAS/a", "/was", "NOT_FOUND", "the mount in another case"},
};

static void check_refusal(const char *target, const char *mount, const char *expected,
                          const char *what, apr_pool_t *pool)
{
    const was_path_t *path = NULL;
    const was_error_t *error = was_path_parse(target, mount, &path, pool);
    char name[200];

    apr_snprintf(name, sizeof(name), "refuse: %s", what);
    is_str(outcome(error), expected, name);
    ok(path == NULL && error != NULL && strcmp(error->pointer, "/target") == 0,
       "... nothing comes out, and the pointer says where");
}

static const char *filled(const char *prefix, char c, apr_size_t length, const char *suffix,
                          apr_pool_t *pool)
{
    char *text = apr_palloc(pool, length + 1);

    memset(text, c, length);
    text[length] = '\0';
    return apr_pstrcat(pool, prefix, text, suffix, NULL);
}

static void test_refusals(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(refusal_cases) / sizeof(refusal_cases[0]); i++) {
        const refusal_case_t *at = &refusal_cases[i];

        check_refusal(at->target, at->mount, at->outcome, at->name, pool);
    }
    check_refusal(filled("/", 'a', 8000, "", pool), "", "TARGET_TOO_LONG",
                  "classic 9: 8001 bytes of path", pool);
    check_refusal(filled("", '/', 4097, "", pool), "", "MALFORMED", "4097 segments", pool);
}

static void test_limits(apr_pool_t *pool)
{
    const was_path_t *path = NULL;

    is_str(outcome(was_path_parse(filled("/", 'a', 7999, "?x", pool), "", &path, pool)), "fine",
           "limit: 8000 bytes of path, the query not counted");
    is_int((long long)path->segments[0].length, 7999, "limit: all of it is there");
    is_str(outcome(was_path_parse(filled("/?", 'a', 9000, "", pool), "", &path, pool)), "fine",
           "limit: a long query is httpd's to refuse");
    is_str(outcome(was_path_parse(filled("", '/', 4096, "", pool), "", &path, pool)), "fine",
           "limit: 4096 segments");
    is_int(path->nsegments, 4096, "limit: all of them are there");
}

static void test_rest(apr_pool_t *pool)
{
    static const struct {
        int index;
        const char *rest;
        const char *name;
    } cases[] = {
        {0, "/space/u/a/b c//d/", "rest: of the first segment"},
        {1, "/u/a/b c//d/", "rest: of the second"},
        {2, "/a/b c//d/", "rest: begins with an escaped slash's segment"},
        {3, "//d/", "rest: of an empty segment"},
        {5, "/", "rest: of the last, empty one"},
    };
    const was_path_t *path = NULL;

    is_str(outcome(was_path_parse("/m/space/u/a%2Fb%20c//d/?q", "/m", &path, pool)), "fine",
           "rest: the path");
    is_int(path->nsegments, 6, "rest: its segments");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_str(was_path_rest(path, cases[i].index), cases[i].rest, cases[i].name);
    }
}

static void test_copies(apr_pool_t *pool)
{
    char target[] = "/a%20b?x";
    const was_path_t *path = NULL;

    is_str(outcome(was_path_parse(target, "", &path, pool)), "fine", "copy: the path");
    memset(target, 'X', sizeof(target) - 1);
    is_str(path->target, "/a%20b?x", "copy: the target is not the caller's memory");
    is_str(path->raw, "/a%20b", "copy: nor the raw path");
    is_str(path->query, "x", "copy: nor the query");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_parts(pool);
    test_refusals(pool);
    test_limits(pool);
    test_rest(pool);
    test_copies(pool);
    return done();
}
