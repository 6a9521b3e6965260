/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_json_scan: the input is a JSON text, and Jansson's decision is ours. */
#include "fuzz.h"

#include "base/was_encoding.h"
#include "base/was_json_scan.h"

#include <jansson.h>

#include <stdlib.h>

static int depth_of(const json_t *value)
{
    const char *name;
    json_t *member;
    size_t index;
    int deepest = 0;

    json_object_foreach((json_t *)value, name, member)
    {
        int depth = depth_of(member);

        deepest = depth > deepest ? depth : deepest;
    }
    json_array_foreach(value, index, member)
    {
        int depth = depth_of(member);

        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + (json_is_object(value) || json_is_array(value));
}

/* The first byte of a value tells its type. */
static void check_type(const json_t *value, char first)
{
    static const struct {
        json_type type;
        const char *bytes;
    } types[] = {
        {JSON_OBJECT, "{"}, {JSON_ARRAY, "["}, {JSON_STRING, "\""}, {JSON_REAL, "-0123456789"},
        {JSON_TRUE, "t"},   {JSON_FALSE, "f"}, {JSON_NULL, "n"}};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (json_typeof(value) == types[i].type) {
            REQUIRE(first != '\0' && strchr(types[i].bytes, first) != NULL);
            return;
        }
    }
    REQUIRE(false);
}

/* Members are found where a tree has them, and are what they are there. */
static void check_members(was_json_slice_t text, const json_t *tree)
{
    static const char *const names[] = {"a", "jwe", "type", "encrypted_key"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const json_t *member = json_object_get(tree, names[i]);
        was_json_slice_t value = {NULL, 0};
        int count = was_json_scan_member(text, names[i], &value);
        apr_size_t good;

        REQUIRE((count > 0) == (member != NULL));
        if (member != NULL) {
            REQUIRE(was_json_scan(value, &good) == WAS_JSON_SOUND && good == value.length);
            check_type(member, *value.text);
        }
    }
}

/* Counts the members of the whole that are called "jwe". */
static void count_member(void *baton, int depth, const char *name, char first)
{
    REQUIRE(depth >= 1 && depth <= WAS_JSON_SCAN_DEPTH);
    REQUIRE(strlen(name) < WAS_JSON_SCAN_NAME_BYTES);
    REQUIRE(first != '\0' && strchr("{[\"-0123456789tfn", first) != NULL);
    *(int *)baton += depth == 1 && strcmp(name, "jwe") == 0;
}

/* A text that comes in pieces, each in memory of its own, is what it is in one. */
static void check_pieces(was_json_slice_t text, was_json_flaw_t flaw, size_t piece)
{
    apr_pool_t *pool = fuzz_pool();
    int count = 0;
    was_json_scanner_t *scanner = was_json_scanner_make(count_member, &count, pool);
    was_json_slice_t value;
    apr_off_t line, column;

    for (size_t at = 0; at < text.length; at += piece) {
        size_t length = piece < text.length - at ? piece : text.length - at;
        char *copy = malloc(length);

        REQUIRE(copy != NULL);
        memcpy(copy, text.text + at, length);
        was_json_scanner_feed(scanner, copy, length);
        free(copy);
    }
    REQUIRE(was_json_scanner_end(scanner, &line, &column) == flaw && line >= 1 && column >= 1);
    if (flaw == WAS_JSON_SOUND && text.text[strspn(text.text, " \t\r\n")] == '{') {
        REQUIRE(was_json_scan_member(text, "jwe", &value) == count);
    }
    apr_pool_clear(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* without a terminator: the length is all there is */
    char *copy = malloc(size == 0 ? 1 : size);
    apr_size_t good = size + 1;

    REQUIRE(copy != NULL);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    const was_json_slice_t text = {copy, size};
    was_json_flaw_t flaw = was_json_scan(text, &good);
    json_error_t error;
    json_t *tree =
        json_loadb(copy, size, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);

    REQUIRE(good <= size);
    check_pieces(text, flaw, 1 + size % 7);
    /* Jansson takes no NUL in a name. */
    if (tree == NULL && json_error_code(&error) == json_error_null_byte_in_key) {
        REQUIRE(flaw == WAS_JSON_SOUND || good > 0);
    }
    else if (flaw == WAS_JSON_SOUND) {
        REQUIRE(tree != NULL && good == size && depth_of(tree) <= WAS_JSON_SCAN_DEPTH);
        REQUIRE(memchr(copy, 0, size) == NULL && was_utf8_valid(copy, size));
        check_members(text, tree);
    }
    /* Jansson passes over a NUL behind a number or word. */
    else if (tree != NULL && memchr(copy, 0, size) == NULL) {
        REQUIRE(flaw == WAS_JSON_TOO_DEEP && depth_of(tree) > WAS_JSON_SCAN_DEPTH);
    }
    json_decref(tree);
    free(copy);
    return 0;
}
