/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_encoding: what has the alphabet of an absolute URI. */
#include "tap.h"

#include "base/was_encoding.h"

static const struct {
    const char *text;
    bool absolute;
} uris[] = {
    {"urn:uuid:00000000-0000-4000-8000-000000000001", true},
    {"http://localhost:3002/space/s1/?a=b&c=%20#d", true},
    {"x+y-z.1:-._~:/?#[]@!$&'()*+,;=%", true},
    {"X:y", true},
    {"a:%", true},
    {"", false},
    {":", false},
    {"a", false},
    {"a:", false},
    {":a", false},
    {"1a:b", false},
    {"-a:b", false},
    {"a_b:c", false},
    {"_:b0", false},
    {"/a:b", false},
    {" a:b", false},
    {"a:b ", false},
    {"a:b c", false},
    {"a:b\n", false},
    {"a:b\x7f", false},
    {"a:\"", false},
    {"a:<", false},
    {"a:>", false},
    {"a:\\", false},
    {"a:^", false},
    {"a:`", false},
    {"a:{", false},
    {"a:|", false},
    {"a:}", false},
    {"a:\xc3\xa9", false},
};

static void test_uris(void)
{
    for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        ok(was_uri_absolute(uris[i].text) == uris[i].absolute, "uri: row %d is %s", (int)i + 1,
           uris[i].absolute ? "absolute" : "not absolute");
    }
}

int main(void)
{
    tap_begin();
    test_uris();
    return done();
}
