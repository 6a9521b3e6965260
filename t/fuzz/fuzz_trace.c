/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_trace_id: the input is the value of a traceparent field. What it names stands in it, and
 * nothing but hexadecimal digits gets into a log.
 */
#include "fuzz.h"

#include "http/was_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size);
    const char *id = was_trace_id(text, pool);

    if (id != NULL) {
        REQUIRE(strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32);
        REQUIRE(strspn(id, "0") < 32 && strncmp(text + 3, id, 32) == 0);
        REQUIRE(strncmp(text, "00-", 3) != 0 || strlen(text) == 55);
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
