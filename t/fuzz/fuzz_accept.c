/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_accept_prefers: the input is the value of an Accept field. What is preferred stands there by
 * its name, and an entry that is as good as it can be decides, whatever stands beside it.
 */
#include "request.h"

#include "http/was_accept.h"

static const char tar[] = "application/x-tar";

static bool prefers(const char *accept, apr_pool_t *pool)
{
    return was_accept_prefers(accept, tar, pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size), *rest = text;
    const char *accept = fuzz_line(&rest);

    if (prefers(accept, pool)) {
        REQUIRE(strcasestr(accept, tar) != NULL);
    }
    REQUIRE(prefers(apr_pstrcat(pool, tar, ",", NULL), pool));
    REQUIRE(!prefers(apr_pstrcat(pool, tar, ";q=0, ", "application/json", NULL), pool));
    /* The first entry of a name counts. */
    REQUIRE(!prefers(apr_pstrcat(pool, tar, ";q=0,", accept, NULL), pool));
    REQUIRE(
        !prefers(apr_pstrcat(pool, tar, ";q=0.5,application/json;q=0.501,", accept, NULL), pool));
    free(text);
    apr_pool_clear(pool);
    return 0;
}
