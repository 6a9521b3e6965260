/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_jcs: the examples of RFC 8785 that hold no reals, and its rules for each kind of value. */
#include "tap.h"

#include "auth/was_jcs.h"

static const struct {
    const char *json;
    const char *text; /* NULL: refused */
    const char *name;
} cases[] = {
    {"{\"peach\":\"This sorting order\",\"p\\u00e9ch\\u00e9\":\"is wrong according to French\","
     "\"p\\u00eache\":\"but canonicalization MUST\",\"sin\":\"ignore locale\"}",
     "{\"peach\":\"This sorting order\",\"p\xc3\xa9"
     "ch\xc3\xa9\":\"is wrong according to French\",\"p\xc3\xaa"
     "che\":\"but canonicalization MUST\",\"sin\":\"ignore locale\"}",
     "RFC 8785, testdata french"},
    {"{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet "
     "With "
     "Dagesh\",\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
     "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
     "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"Latin "
     "Small Letter O With Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\",\"\xf0\x9f\x98\x80\":\"Emoji: "
     "Grinning Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}",
     "RFC 8785 section 3.2.3"},
    {"[56,{\"d\":true,\"10\":null,\"1\":[]}]", "[56,{\"1\":[],\"10\":null,\"d\":true}]",
     "RFC 8785, testdata arrays"},
    {"{\"1\":{\"f\":{\"f\":\"hi\",\"F\":5},\"\\n\":56},\"10\":{},\"\":\"empty\",\"a\":{},"
     "\"111\":[{\"e\":\"yes\",\"E\":\"no\"}],\"A\":{}}",
     "{\"\":\"empty\",\"1\":{\"\\n\":56,\"f\":{\"F\":5,\"f\":\"hi\"}},\"10\":{},"
     "\"111\":[{\"E\":\"no\",\"e\":\"yes\"}],\"A\":{},\"a\":{}}",
     "RFC 8785, testdata structures"},
    {"{\"Unnormalized Unicode\":\"A\\u030a\"}", "{\"Unnormalized Unicode\":\"A\xcc\x8a\"}",
     "RFC 8785, testdata unicode"},
    {"\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"",
     "\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"", "RFC 8785 section 3.2.2"},

    {"\"\\u0001\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u001f\"",
     "\"\\u0001\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u001f\"", "controls"},
    {"\" !\\\"#/\\\\~\\u007f\\u0080\"", "\" !\\\"#/\\\\~\x7f\xc2\x80\"",
     "what is no control is raw, a slash and DEL too"},
    {"\"\\u2028\\u2029\\ufeff\\ufffd\"", "\"\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xef\xbf\xbd\"",
     "separators are raw"},
    {"\"\\ud83d\\ude00\\u00e9\"", "\"\xf0\x9f\x98\x80\xc3\xa9\"", "escapes become UTF-8"},
    {"\"\"", "\"\"", "an empty string"},
    {"\"\\n\"", "\"\\n\"", "an escape alone"},
    {"\"\\n\\n\"", "\"\\n\\n\"", "escapes side by side"},
    {" [ true , false , null , { } , [ ] ] ", "[true,false,null,{},[]]", "no white space"},

    {"[0,-0,1,-1,10,123456789]", "[0,0,1,-1,10,123456789]", "integers"},
    {"[9007199254740992,-9007199254740992]", "[9007199254740992,-9007199254740992]",
     "the largest integers"},
    {"9007199254740993", NULL, "an integer beyond 2^53"},
    {"-9007199254740993", NULL, "an integer beyond -2^53"},
    {"-9223372036854775808", NULL, "the least integer of 64 bits"},
    {"1.5", NULL, "a real"},
    {"1.0", NULL, "a real that is an integer"},
    {"1e2", NULL, "an exponent"},
    {"{\"a\":[{\"b\":1.5}]}", NULL, "a real further down"},

    {"{\"b\":1,\"a\":2,\"ab\":3,\"\":4,\"B\":5}", "{\"\":4,\"B\":5,\"a\":2,\"ab\":3,\"b\":1}",
     "names sort by code units, a shorter one first"},
    {"{\"\\ue000\":1,\"\\ud800\\udc00\":2,\"\\ud7ff\":3}",
     "{\"\xed\x9f\xbf\":3,\"\xf0\x90\x80\x80\":2,\"\xee\x80\x80\":1}",
     "surrogates sort before U+E000"},
    {"{\"\\uffff\":1,\"\\udbff\\udfff\":2,\"\\uef00\":3}",
     "{\"\xf4\x8f\xbf\xbf\":2,\"\xee\xbc\x80\":3,\"\xef\xbf\xbf\":1}",
     "the last surrogates sort before U+EF00 and U+FFFF"},
    {"{\"a\\uffee\":1,\"a\\ud83d\\ude00\":2,\"a\":3,\"a\\u00ff\":4}",
     "{\"a\":3,\"a\xc3\xbf\":4,\"a\xf0\x9f\x98\x80\":2,\"a\xef\xbf\xae\":1}",
     "surrogates behind an equal beginning"},
    {"{\"\\ud83d\\ude01\":1,\"\\ud83d\\ude00\":2}",
     "{\"\xf0\x9f\x98\x80\":2,\"\xf0\x9f\x98\x81\":1}", "two pairs of surrogates"},
    {"{\"\\ud840\\udc00\":1,\"\\ud83d\\ude00\":2}",
     "{\"\xf0\x9f\x98\x80\":2,\"\xf0\xa0\x80\x80\":1}", "two planes"},
    {"{\"\\ufb33\":1,\"\\ue9b3\":2}", "{\"\xee\xa6\xb3\":2,\"\xef\xac\xb3\":1}",
     "two of the private use and behind"},
};

static void test_cases(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *value = NULL;
        const char *text = NULL;
        apr_size_t length = 0;
        const was_error_t *error =
            was_json_parse(cases[i].json, strlen(cases[i].json), &value, pool);

        if (error == NULL) {
            error = was_jcs_text(value, &text, &length, pool);
        }
        is_str(text, cases[i].text, cases[i].name);
        is_str(outcome(error), cases[i].text == NULL ? "INVALID_BODY" : "fine", "... outcome");
        ok(text == NULL || strlen(text) == length, "... length");
    }
}

/* What does not fit into the first buffer, at every remainder of its size. */
static void test_growth(apr_pool_t *pool)
{
    int good = 0;

    for (size_t size = 1000; size < 1060; size++) {
        char *long_text = apr_palloc(pool, size + 1);
        json_t *value;
        const char *text = NULL;
        apr_size_t length = 0;

        memset(long_text, 'x', size);
        long_text[size] = '\0';
        value = was_json_own(json_pack("[s,s]", long_text, "y"), pool);
        good += was_jcs_text(value, &text, &length, pool) == NULL && length == size + 8 &&
                text[length] == '\0' && strcmp(text + size + 2, "\",\"y\"]") == 0 &&
                strspn(text + 2, "x") == size;
    }
    is_int(good, 60, "texts longer than the first buffer");
}

/* A name for every BMP boundary and beyond: each pair in the order of its UTF-16. */
static void test_order(apr_pool_t *pool)
{
    static const char *const sorted[] = {"",
                                         "\x01",
                                         "A",
                                         "A\x01",
                                         "AA",
                                         "A\xc2\x80",
                                         "a",
                                         "\x7f",
                                         "\xc2\x80",
                                         "\xdf\xbf",
                                         "\xe0\xa0\x80",
                                         "\xed\x9f\xbf",
                                         "\xf0\x90\x80\x80",
                                         "\xf0\x90\x80\x80z",
                                         "\xf0\x9f\xbf\xbf",
                                         "\xf3\xb0\x80\x80",
                                         "\xf4\x8f\xbf\xbf",
                                         "\xee\x80\x80",
                                         "\xee\xbf\xbf",
                                         "\xef\x80\x80",
                                         "\xef\xbf\xbf",
                                         "\xef\xbf\xbfz"};
    const int count = sizeof(sorted) / sizeof(sorted[0]);
    int good = 0;

    for (int i = 0; i < count; i++) {
        for (int j = i + 1; j < count; j++) {
            json_t *value = was_json_own(json_pack("{s:i,s:i}", sorted[j], 2, sorted[i], 1), pool);
            const char *text = NULL;
            apr_size_t length;

            good += was_jcs_text(value, &text, &length, pool) == NULL &&
                    strstr(text, ":1,") != NULL && strstr(text, ":2}") != NULL;
        }
    }
    is_int(good, count * (count - 1) / 2, "names sort by UTF-16 code units, every pair of them");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    test_cases(pool);
    test_growth(pool);
    test_order(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
