/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_jcs: the input is a JSON text. What is canonical must mean the same, be its own canonical
 * text, and have its names in the order of their UTF-16, which is written a second time here.
 */
#include "fuzz.h"

#include "base/was_encoding.h"
#include "auth/was_jcs.h"

/* The code units of a name of valid UTF-8; returns how many there are. */
static size_t utf16(const char *name, uint16_t *units)
{
    const unsigned char *at = (const unsigned char *)name;
    size_t count = 0;

    while (*at != '\0') {
        int more = *at < 0xc0 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
        uint32_t point = more == 0 ? *at : *at & (0x3fu >> more);

        for (at++; more > 0; more--) {
            point = point << 6 | (*at++ & 0x3f);
        }
        if (point >= 0x10000) {
            units[count++] = (uint16_t)(0xd800 + ((point - 0x10000) >> 10));
            units[count++] = (uint16_t)(0xdc00 + ((point - 0x10000) & 0x3ff));
        }
        else {
            units[count++] = (uint16_t)point;
        }
    }
    return count;
}

static bool in_order(const char *one, const char *other, apr_pool_t *pool)
{
    uint16_t *a = apr_palloc(pool, 2 * strlen(one) + 2);
    uint16_t *b = apr_palloc(pool, 2 * strlen(other) + 2);
    size_t na = utf16(one, a);
    size_t nb = utf16(other, b);

    for (size_t i = 0; i < na && i < nb; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i];
        }
    }
    return na < nb;
}

/* Jansson keeps members in the order in which they stood in the text. */
static void check_order(const json_t *value, apr_pool_t *pool)
{
    const char *previous = NULL;
    const char *name;
    json_t *member;
    size_t index;

    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, name, member)
        {
            REQUIRE(previous == NULL || in_order(previous, name, pool));
            previous = name;
            check_order(member, pool);
        }
    }
    if (json_is_array(value)) {
        json_array_foreach(value, index, member)
        {
            check_order(member, pool);
        }
    }
}

static bool has_bad_number(const json_t *value)
{
    const json_int_t largest = 9007199254740992;
    json_int_t number = json_integer_value(value);
    const char *name;
    json_t *member;
    size_t index;

    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, name, member)
        {
            if (has_bad_number(member)) {
                return true;
            }
        }
    }
    if (json_is_array(value)) {
        json_array_foreach(value, index, member)
        {
            if (has_bad_number(member)) {
                return true;
            }
        }
    }
    return json_is_real(value) || number > largest || number < -largest;
}

static void check_text(const json_t *value, const char *text, apr_size_t length, apr_pool_t *pool)
{
    const char *again_text = NULL;
    apr_size_t again_length = 0;
    json_t *again = NULL;

    REQUIRE(strlen(text) == length && was_utf8_valid(text, length));
    REQUIRE(was_json_parse(text, length, &again, pool) == NULL && json_equal(value, again));
    check_order(again, pool);
    REQUIRE(was_jcs_text(again, &again_text, &again_length, pool) == NULL);
    REQUIRE(again_length == length && memcmp(again_text, text, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    json_t *value = NULL;
    const char *text = NULL;
    apr_size_t length = 0;
    const was_error_t *error;

    if (was_json_parse((const char *)data, size, &value, pool) == NULL) {
        error = was_jcs_text(value, &text, &length, pool);
        REQUIRE((error != NULL) == has_bad_number(value));
        if (error == NULL) {
            check_text(value, text, length, pool);
        }
        else {
            REQUIRE(text == NULL);
            fuzz_check_error(error, WAS_ERROR_INVALID_BODY);
        }
    }
    apr_pool_clear(pool);
    return 0;
}
