/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_media_type: the essence without its parameters, JSON, and what can be sent back. */
#include "tap.h"

#include "base/was_media_type.h"

static const struct {
    const char *type;
    const char *essence;
    bool good;
} essences[] = {
    {"text/plain", "text/plain", true},
    {"Text/PLAIN", "text/plain", true},
    {"text/plain;charset=utf-8", "text/plain", true},
    {"text/plain ; charset=utf-8", "text/plain", true},
    {"text/plain\t; charset=utf-8", "text/plain", true},
    {"text/plain;", "text/plain", true},
    {"text/plain, text/html", "text/plain", false},
    {"text/plai", "text/plain", false},
    {"text/plainx", "text/plain", false},
    {" text/plain", "text/plain", false},
    {"text /plain", "text/plain", false},
    {";text/plain", "text/plain", false},
    {"", "text/plain", false},
    {"text/\xd0lain", "text/plain", false},
    {"multipart/form-data; boundary=x", "multipart/form-data", true},
    {"multipart/form-database", "multipart/form-data", false},
};

static const struct {
    const char *type;
    bool plain; /* application/json itself */
    bool json;
} jsons[] = {
    {"application/json", true, true},
    {"APPLICATION/JSON;charset=utf-8", true, true},
    {"application/json ", true, true},
    {"application/json5", false, false},
    {"application/jsonl", false, false},
    {"text/json", false, false},
    {"application/ld+json", false, true},
    {"application/ld+JSON; profile=\"x\"", false, true},
    {"application/vnd.x+json;a=b", false, true},
    {"application/ld+jsonx", false, false},
    {"application/ld; a=+json", false, false},
    {"+json", false, false},
    {"json", false, false},
    {"", false, false},
};

static void test_essences(void)
{
    for (size_t i = 0; i < sizeof(essences) / sizeof(essences[0]); i++) {
        ok(was_media_type_is(essences[i].type, essences[i].essence) == essences[i].good,
           "'%s' is %s%s", essences[i].type, essences[i].good ? "" : "not ", essences[i].essence);
    }
    for (size_t i = 0; i < sizeof(jsons) / sizeof(jsons[0]); i++) {
        ok(was_media_type_is_json(jsons[i].type) == jsons[i].plain, "'%s' is %sapplication/json",
           jsons[i].type, jsons[i].plain ? "" : "not ");
        ok(was_media_type_holds_json(jsons[i].type) == jsons[i].json, "... and holds %s",
           jsons[i].json ? "JSON" : "no JSON");
    }
}

static void test_sendable(apr_pool_t *pool)
{
    char text[] = "a/b; c";
    char *longest = apr_pcalloc(pool, WAS_MEDIA_TYPE_MAX_BYTES + 2);

    for (int byte = 1; byte < 256; byte++) {
        bool printable = byte >= 0x20 && byte <= 0x7e;

        text[3] = (char)byte;
        if (was_media_type_is_sendable(text) != printable) {
            ok(false, "sendable: a text with the byte %d", byte);
        }
    }
    ok(!was_media_type_is_sendable(""), "sendable: not an empty text");
    ok(was_media_type_is_sendable("any text at all"), "sendable: whatever its grammar");
    memset(longest, 'a', WAS_MEDIA_TYPE_MAX_BYTES);
    ok(was_media_type_is_sendable(longest), "sendable: 512 bytes");
    longest[WAS_MEDIA_TYPE_MAX_BYTES] = 'a';
    ok(!was_media_type_is_sendable(longest), "sendable: not 513 bytes");
    ok(was_media_type_of_stored(longest) == was_media_type_unknown, "stored: what is not sendable");
    ok(strcmp(was_media_type_of_stored("a/b; c"), "a/b; c") == 0, "stored: what is");
}

static void test_one(void)
{
    static const struct {
        const char *type;
        bool one;
    } types[] = {
        {"", true},
        {"a/b", true},
        {"a/b; c=d; e=\"f\"", true},
        {"a/b; c=\"d, e\"", true},
        {"a/b; c=\"\\\", d\"", true},
        {"a/b; c=\"\"; d=\",\"", true},
        {"a/b; c=\"d", true},
        {"a/b; c=\"d\\", true},
        {"a/b, c/d", false},
        {",", false},
        {"a/b,", false},
        {", a/b", false},
        {"a/b; c=\"d, e\", f/g", false},
        {"a/b; c=\"\\\\\", f/g", false},
        {"a/b; c=\"d, e/f", false},
        {"a/b; c=\"\", d/e; f=\"\"", false},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        ok(was_media_type_is_one(types[i].type) == types[i].one, "<%s> is %s", types[i].type,
           types[i].one ? "one" : "several");
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_essences();
    test_sendable(pool);
    test_one();
    return done();
}
