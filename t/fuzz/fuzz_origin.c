/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_origin: the input is a text. What browsers send is an origin, and has one spelling. */
#include "fuzz.h"

#include "base/was_ascii.h"
#include "base/was_origin.h"

#include <apr_uri.h>

static void check_valid(const char *text)
{
    const char *authority = strstr(text, "://");

    REQUIRE(authority != NULL && authority > text && strcspn(authority + 3, "/?#@") > 0);
    for (const char *at = text; *at != '\0'; at++) {
        REQUIRE(was_ascii_is_printable(*at) && *at != ' ');
    }
}

/* Put together again from its parts, it is the same text. */
static void check_canonical(const char *text, apr_pool_t *pool)
{
    apr_uri_t uri;

    REQUIRE(was_origin_valid(text));
    REQUIRE(apr_uri_parse(pool, text, &uri) == APR_SUCCESS);
    REQUIRE(uri.user == NULL && uri.query == NULL && uri.fragment == NULL && uri.path == NULL);
    REQUIRE(!was_origin_canonical(apr_pstrcat(pool, text, "/", NULL), pool));
    for (const char *at = text; *at != '\0'; at++) {
        REQUIRE(was_ascii_lower(*at) == *at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size);

    if (was_origin_valid(text)) {
        check_valid(text);
    }
    if (was_origin_canonical(text, pool)) {
        check_canonical(text, pool);
        REQUIRE(was_origin_pattern(text, pool) && was_origin_matches(text, text));
    }
    /* A star names what is below its domain, and no more. */
    if (was_origin_pattern(text, pool) && strchr(text, '*') != NULL) {
        char *origin = apr_pstrdup(pool, text);

        REQUIRE(!was_origin_canonical(text, pool) && !was_origin_matches(text, text));
        *strchr(origin, '*') = 'a';
        REQUIRE(was_origin_canonical(origin, pool) && was_origin_matches(text, origin));
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
