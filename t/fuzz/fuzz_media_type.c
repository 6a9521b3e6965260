/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_media_type: the input is a text. Parameters and case change nothing of what it is. */
#include "fuzz.h"

#include "base/was_ascii.h"
#include "base/was_media_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size);
    char *essence = apr_pstrmemdup(pool, text, strcspn(text, "; \t"));
    const char *more = apr_pstrcat(pool, essence, ";a=+json", NULL);

    REQUIRE(was_media_type_is(text, essence) && was_media_type_is(more, essence));
    REQUIRE(was_media_type_is_json(text) == was_media_type_is_json(more));
    REQUIRE(was_media_type_holds_json(text) == was_media_type_holds_json(more));
    REQUIRE(!was_media_type_is_json(text) || was_media_type_holds_json(text));
    for (char *at = essence; *at != '\0'; at++) {
        *at = was_ascii_lower(*at);
    }
    REQUIRE(was_media_type_is(text, essence));
    REQUIRE(was_media_type_is_json(text) == (strcmp(essence, "application/json") == 0));
    if (was_media_type_is_sendable(text)) {
        REQUIRE(strlen(text) >= 1 && strlen(text) <= WAS_MEDIA_TYPE_MAX_BYTES);
        REQUIRE(strpbrk(text, "\r\n\t\x7f") == NULL);
    }
    /* What was joined is never one. */
    REQUIRE(strchr(text, '"') != NULL ||
            !was_media_type_is_one(apr_pstrcat(pool, text, ", ", text, NULL)));
    REQUIRE(was_media_type_is_one(text) || strchr(text, ',') != NULL);
    free(text);
    apr_pool_clear(pool);
    return 0;
}
