/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_json: the input is a JSON text. */
#include "fuzz.h"

#include "base/was_encoding.h"
#include "base/was_json.h"

static int depth_of(const json_t *value)
{
    const char *name;
    json_t *member;
    size_t index;
    int deepest = 0;

    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, name, member)
        {
            int depth = depth_of(member);

            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    if (json_is_array(value)) {
        json_array_foreach(value, index, member)
        {
            int depth = depth_of(member);

            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    return 0;
}

/* What was accepted has a text that means the same. */
static void check_value(const json_t *value, apr_pool_t *pool)
{
    apr_size_t length = 0;
    const char *text = was_json_text(value, &length, pool);
    const char *member = NULL;
    json_t *again = NULL;

    REQUIRE(depth_of(value) <= WAS_JSON_MAX_DEPTH);
    REQUIRE(text != NULL && strlen(text) == length && was_utf8_valid(text, length));
    REQUIRE(was_json_parse(text, length, &again, pool) == NULL);
    REQUIRE(json_equal(value, again));
    if (json_is_object(value) && was_json_string(value, "id", 8, &member, pool) == NULL) {
        REQUIRE(member == NULL || (strlen(member) >= 1 && strlen(member) <= 8));
    }
}

/* A text that is only to be kept may be any that is understood, and more. */
static void check_content(const char *text, size_t size, bool understood, apr_pool_t *pool)
{
    const was_error_t *error = was_json_check_content(text, size, pool);

    if (error != NULL) {
        REQUIRE(!understood);
        fuzz_check_error(error, WAS_ERROR_INVALID_BODY);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = malloc(size == 0 ? 1 : size);
    json_t *value = NULL;
    const was_error_t *error;

    /* without a terminator: the length is all there is */
    REQUIRE(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    error = was_json_parse(text, size, &value, pool);
    check_content(text, size, error == NULL, pool);
    free(text);
    if (error == NULL) {
        check_value(value, pool);
    }
    else {
        REQUIRE(value == NULL);
        fuzz_check_error(error, WAS_ERROR_INVALID_BODY);
    }
    apr_pool_clear(pool);
    return 0;
}
