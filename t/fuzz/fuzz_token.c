/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_token: the input is what a file holds. What is taken is one line of printable characters, is
 * shown by who writes it behind Bearer, and by nothing else that is near. */
#include "fuzz.h"

#include "base/was_ascii.h"
#include "http/was_token.h"

static void check_token(const was_token_t *token, const char *text, apr_pool_t *pool)
{
    size_t length = strcspn(text, "\r\n");
    char *line = apr_pstrndup(pool, text, length);

    REQUIRE(length >= WAS_TOKEN_MIN_BYTES && length <= WAS_TOKEN_MAX_BYTES);
    REQUIRE(strlen(text) - length <= 2);
    for (size_t i = 0; i < length; i++) {
        REQUIRE(was_ascii_is_printable(line[i]) && line[i] != ' ' && line[i] != ',');
    }
    REQUIRE(was_token_is_asked(token));
    REQUIRE(was_token_is_shown(token, apr_pstrcat(pool, "Bearer ", line, NULL)));
    REQUIRE(was_token_is_shown(token, apr_pstrcat(pool, "bearer   ", line, NULL)));
    REQUIRE(!was_token_is_shown(token, apr_pstrcat(pool, "Bearer", line, NULL)));
    REQUIRE(!was_token_is_shown(token, apr_pstrcat(pool, "Bearer ", line, "=", NULL)));
    REQUIRE(!was_token_is_shown(token, line));
    line[length - 1] ^= 1;
    REQUIRE(!was_token_is_shown(token, apr_pstrcat(pool, "Bearer ", line, NULL)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size);
    const was_token_t *token = was_token_make(text, size, pool);

    REQUIRE(!was_token_is_shown(token, NULL) && !was_token_is_shown(NULL, text));
    if (token != NULL) {
        REQUIRE(strlen(text) == size);
        check_token(token, text, pool);
    }
    /* What somebody shows may be anything. */
    REQUIRE(!was_token_is_shown(&was_token_off, text));
    REQUIRE(!was_token_is_bearer(text) || strlen(text) >= strlen("Bearer"));
    free(text);
    apr_pool_clear(pool);
    return 0;
}
