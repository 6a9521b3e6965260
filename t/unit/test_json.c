/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_json: what is refused before and by parsing, what the client is told, who owns the values. */
#include "tap.h"

#include "base/was_json.h"

/* Texts with their length, because some hold NULs. */
#define TEXT(literal) literal, sizeof(literal) - 1

typedef struct parse_case_t {
    const char *text;
    apr_size_t length;
    const char *outcome;
    const char *name;
} parse_case_t;

static const parse_case_t parse_cases[] = {
    {TEXT("{}"), "fine", "an object"},
    {TEXT("[]"), "fine", "an array"},
    {TEXT("null"), "fine", "a value of any type: null"},
    {TEXT("\"x\""), "fine", "a value of any type: a string"},
    {TEXT("-1.5e3"), "fine", "a value of any type: a number"},
    {TEXT(" \t\r\n{ } \n"), "fine", "white space around"},
    {TEXT("\"\\u00e9\\ud83d\\ude00\""), "fine", "escapes, a surrogate pair"},
    {TEXT("\"\xc3\xa9\""), "fine", "UTF-8"},
    {TEXT("{\"a\":1,\"A\":2}"), "fine", "names that differ in case"},
    {TEXT("{\"a\":{\"b\":1},\"b\":1}"), "fine", "one name in two objects"},
    {TEXT(""), "INVALID_BODY", "an empty text"},
    {TEXT(" "), "INVALID_BODY", "white space alone"},
    {TEXT("{"), "INVALID_BODY", "an object that does not end"},
    {TEXT("[1"), "INVALID_BODY", "an array that does not end"},
    {TEXT("\"x"), "INVALID_BODY", "a string that does not end"},
    {TEXT("\"x\\"), "INVALID_BODY", "a string that ends with a backslash"},
    {TEXT("{}x"), "INVALID_BODY", "text behind the value"},
    {TEXT("{}{}"), "INVALID_BODY", "two values"},
    {TEXT("{}\0"), "INVALID_BODY", "a NUL behind the value"},
    {TEXT("\0{}"), "INVALID_BODY", "a NUL before the value"},
    {TEXT("123\0"), "INVALID_BODY", "a NUL behind a number"},
    {TEXT("[true\0]"), "INVALID_BODY", "a NUL behind a word"},
    {TEXT("[1\0,2]"), "INVALID_BODY", "a NUL between two numbers"},
    {TEXT("{\"a\":null\0}"), "INVALID_BODY", "a NUL behind a member"},
    {TEXT("{\"a\":-1.5e3\0}"), "INVALID_BODY", "a NUL behind an exponent"},
    {TEXT("[1,]"), "INVALID_BODY", "a trailing comma"},
    {TEXT("{a:1}"), "INVALID_BODY", "a name without quotes"},
    {TEXT("{'a':1}"), "INVALID_BODY", "single quotes"},
    {TEXT("[01]"), "INVALID_BODY", "a leading zero"},
    {TEXT("NaN"), "INVALID_BODY", "NaN"},
    {TEXT("TRUE"), "INVALID_BODY", "upper case"},
    {TEXT("/**/{}"), "INVALID_BODY", "a comment"},
    {TEXT("]"), "INVALID_BODY", "a closing bracket alone"},
    {TEXT("{\"a\":1,\"a\":2}"), "INVALID_BODY", "classic 9: a name twice"},
    {TEXT("{\"a\":1,\"\\u0061\":2}"), "INVALID_BODY", "classic 9: a name twice, once escaped"},
    {TEXT("[{\"x\":{\"a\":1,\"a\":1}}]"), "INVALID_BODY", "classic 9: a name twice, further down"},
    {TEXT("\"\\u0000\""), "INVALID_BODY", "an escaped NUL in a string"},
    {TEXT("{\"\\u0000\":1}"), "INVALID_BODY", "an escaped NUL in a name"},
    {TEXT("\"a\0b\""), "INVALID_BODY", "a raw NUL in a string"},
    {TEXT("\"a\nb\""), "INVALID_BODY", "a raw line break in a string"},
    {TEXT("\"\xff\""), "INVALID_BODY", "not UTF-8"},
    {TEXT("\"\xc0\xaf\""), "INVALID_BODY", "overlong UTF-8"},
    {TEXT("\"\xed\xa0\x80\""), "INVALID_BODY", "a surrogate in UTF-8"},
    {TEXT("\"\\ud800\""), "INVALID_BODY", "half a surrogate pair"},
    {TEXT("\xef\xbb\xbf{}"), "INVALID_BODY", "a byte order mark"},
    {TEXT("\xff\xfe{\0}\0"), "INVALID_BODY", "UTF-16"},
    {TEXT("9223372036854775807"), "fine", "the largest integer"},
    {TEXT("9223372036854775808"), "INVALID_BODY", "an integer beyond 64 bits"},
    {TEXT("1e999"), "INVALID_BODY", "a real beyond a double"},
};

static void test_parse(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(parse_cases) / sizeof(parse_cases[0]); i++) {
        const parse_case_t *at = &parse_cases[i];
        json_t *value = NULL;
        const was_error_t *error = was_json_parse(at->text, at->length, &value, pool);
        char name[200];

        apr_snprintf(name, sizeof(name), "parse: %s", at->name);
        is_str(outcome(error), at->outcome, name);
        ok((error == NULL) == (value != NULL), "parse: a value only without an error: %s",
           at->name);
    }
}

static char *repeat(const char *unit, int times, apr_pool_t *pool)
{
    apr_size_t length = strlen(unit);
    char *text = apr_palloc(pool, length * (apr_size_t)times + 1);

    for (int i = 0; i < times; i++) {
        memcpy(text + length * (apr_size_t)i, unit, length);
    }
    text[length * (apr_size_t)times] = '\0';
    return text;
}

static const char *nest(const char *open, const char *core, const char *close, int depth,
                        apr_pool_t *pool)
{
    return apr_pstrcat(pool, repeat(open, depth, pool), core, repeat(close, depth, pool), NULL);
}

static void test_depth(apr_pool_t *pool)
{
    const struct {
        const char *text;
        const char *outcome;
        const char *name;
    } cases[] = {
        {nest("[", "", "]", 32, pool), "fine", "32 arrays"},
        {nest("[", "", "]", 33, pool), "INVALID_BODY", "33 arrays"},
        {nest("{\"a\":", "1", "}", 32, pool), "fine", "32 objects"},
        {nest("{\"a\":", "1", "}", 33, pool), "INVALID_BODY", "33 objects"},
        {nest("[{\"a\":", "1", "}]", 16, pool), "fine", "32 of both"},
        {nest("[{\"a\":", "[]", "}]", 16, pool), "INVALID_BODY", "33 of both"},
        {nest("[", "\"[[[[{{{{\\\"[[\\\\\"", "]", 32, pool), "fine", "brackets in a string"},
        {nest("[", "\"\\\\\",[]", "]", 32, pool), "INVALID_BODY", "a string of one backslash"},
        {nest("[", "\"\\\"\",[]", "]", 32, pool), "INVALID_BODY", "a string of one quote"},
        {apr_pstrcat(pool, "[", repeat("[],", 999, pool), "[]]", NULL), "fine", "many, not deep"},
        {repeat("[", 1000000, pool), "INVALID_BODY", "a million brackets"},
        {repeat("{\"a\":", 1000000, pool), "INVALID_BODY", "a million objects"},
        {apr_pstrcat(pool, "[", repeat("{},", 4094, pool), "[]]", NULL), "fine", "4096 in all"},
        {apr_pstrcat(pool, "[", repeat("[],", 4095, pool), "{}]", NULL), "INVALID_BODY",
         "4097 in all"},
        {apr_pstrcat(pool, "[\"", repeat("[{", 9000, pool), "\"]", NULL), "fine",
         "any number in a string"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *value;
        char name[200];

        apr_snprintf(name, sizeof(name), "classic 9: depth 32: %s", cases[i].name);
        is_str(outcome(was_json_parse(cases[i].text, strlen(cases[i].text), &value, pool)),
               cases[i].outcome, name);
    }
}

static void test_details(apr_pool_t *pool)
{
    const struct {
        const char *text;
        const char *detail;
    } cases[] = {
        {"", "the JSON is not accepted: the text is empty (line 1, column 1)"},
        {"{\n\"a\": \"<b>\x1b\"}", "the JSON is not accepted: malformed (line 2, column 9)"},
        {"<script>", "the JSON is not accepted: malformed (line 1, column 1)"},
        {"{\"<b>\":1,\n\"<b>\":2}",
         "the JSON is not accepted: a name occurs twice in one object (line 2, column 5)"},
        {"[1", "the JSON is not accepted: the text ends too early (line 1, column 2)"},
        {"[] <b>", "the JSON is not accepted: there is text after the value (line 1, column 4)"},
        {"[\"\xff\"]", "the JSON is not accepted: not UTF-8 (line 1, column 2)"},
        {"[\"\\u0000\"]", "the JSON is not accepted: a NUL in a string (line 1, column 9)"},
        {"[1e999]", "the JSON is not accepted: a number is out of range (line 1, column 6)"},
        {apr_pstrcat(pool, "[\"\xc3\xa9\",\n", repeat("[", 33, pool), NULL),
         "the JSON is not accepted: nested too deeply (line 2, column 32)"},
        {apr_pstrcat(pool, "]]]", repeat("[", 33, pool), NULL),
         "the JSON is not accepted: nested too deeply (line 1, column 36)"},
        {apr_pstrcat(pool, "[\"\xc3\xa9\",", repeat("[", 33, pool), NULL),
         "the JSON is not accepted: nested too deeply (line 1, column 37)"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *value;
        const was_error_t *error =
            was_json_parse(cases[i].text, strlen(cases[i].text), &value, pool);

        is_str(error == NULL ? NULL : error->detail, cases[i].detail,
               "detail: the place in our words, nothing of the text");
    }
}

static void test_parse_object(apr_pool_t *pool)
{
    static const struct {
        const char *text;
        const char *outcome;
    } cases[] = {
        {"{\"a\":1}", "fine"},      {"[]", "INVALID_BODY"},      {"null", "INVALID_BODY"},
        {"\"{}\"", "INVALID_BODY"}, {"{\"a\":", "INVALID_BODY"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *object = NULL;
        char name[200];

        apr_snprintf(name, sizeof(name), "object: %s", cases[i].text);
        is_str(outcome(was_json_parse_object(cases[i].text, strlen(cases[i].text), &object, pool)),
               cases[i].outcome, name);
        ok((object != NULL) == (strcmp(cases[i].outcome, "fine") == 0),
           "object: it comes out only when fine: %s", cases[i].text);
    }
}

static void test_string(apr_pool_t *pool)
{
    static const char text[] = "{\"name\":\"abcd\",\"null\":null,\"empty\":\"\",\"number\":1,"
                               "\"list\":[\"a\"],\"utf8\":\"\xc3\xa9\xc3\xa9\"}";
    static const struct {
        const char *member;
        apr_size_t max;
        const char *outcome;
        const char *value;
        const char *name;
    } cases[] = {
        {"name", 4, "fine", "abcd", "string: as long as allowed"},
        {"name", 3, "INVALID_BODY", "before", "string: one byte too long"},
        {"utf8", 4, "fine", "\xc3\xa9\xc3\xa9", "string: bytes are counted"},
        {"utf8", 3, "INVALID_BODY", "before", "string: not characters"},
        {"absent", 4, "fine", NULL, "string: absent is NULL"},
        {"null", 4, "fine", NULL, "string: null is as good as absent"},
        {"empty", 4, "INVALID_BODY", "before", "string: empty"},
        {"number", 4, "INVALID_BODY", "before", "string: a number"},
        {"list", 4, "INVALID_BODY", "before", "string: an array"},
    };
    json_t *object = NULL;
    const was_error_t *error = was_json_parse_object(text, sizeof(text) - 1, &object, pool);
    const char *value;

    is_str(outcome(error), "fine", "string: the object");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        value = "before";
        error = was_json_string(object, cases[i].member, cases[i].max, &value, pool);
        is_str(outcome(error), cases[i].outcome, cases[i].name);
        is_str(value, cases[i].value, "string: what comes out, untouched by a failure");
    }
    error = was_json_string(object, "empty", 9, &value, pool);
    is_str(error->pointer, "#/empty", "string: the pointer names the member");
    is_str(error->detail, "empty must be a string of 1 to 9 bytes", "string: the detail");
}

static void test_ownership(apr_pool_t *pool)
{
    json_t *value = json_object();
    json_t *parsed = NULL;
    apr_pool_t *inner;

    apr_pool_create(&inner, pool);
    ok(was_json_own(json_incref(value), inner) == value && value->refcount == 2,
       "own: the value is returned, its reference kept");
    apr_pool_destroy(inner);
    ok(value->refcount == 1, "own: the reference goes with the pool");
    json_decref(value);
    ok(was_json_own(NULL, pool) == NULL, "own: of nothing is nothing");
    apr_pool_create(&inner, pool);
    if (was_json_parse("{\"a\":[1]}", 9, &parsed, inner) != NULL) {
        ok(false, "own: parse");
        return;
    }
    json_incref(parsed);
    apr_pool_destroy(inner);
    ok(parsed->refcount == 1, "own: a parsed value is the pool's");
    json_decref(parsed);
}

static void test_text(apr_pool_t *pool)
{
    json_t *object = was_json_own(json_object(), pool);
    json_t *array = was_json_own(json_array(), pool);
    apr_size_t length = 0;
    const char *text;

    json_object_set_new(object, "z", json_integer(1));
    json_object_set_new(object, "a", json_string("\xc3\xa9/\n"));
    json_object_set_new(object, "m", json_null());
    text = was_json_text(object, &length, pool);
    is_str(text, "{\"z\":1,\"a\":\"\xc3\xa9/\\n\",\"m\":null}",
           "text: compact, in the order of setting");
    is_int((long long)length, (long long)strlen(text), "text: the length");
    is_str(was_json_text(json_true(), NULL, pool), "true",
           "text: of any type, the length not asked for");
    json_array_append(array, array);
    json_array_append_new(array, json_pack("[o]", json_incref(array)));
    is_str(was_json_text(array, NULL, pool), NULL, "text: of a value that contains itself");
    json_array_clear(array);
}

static const struct {
    const char *text;
    const char *object; /* NULL: none */
} only_objects[] = {
    {"{\"a\":1}", "{\"a\":1}"},
    {"[{\"a\":1}]", "{\"a\":1}"},
    {"{}", "{}"},
    {"[]", NULL},
    {"[{},{}]", NULL},
    {"[[{}]]", NULL},
    {"[1]", NULL},
    {"\"{}\"", NULL},
    {"null", NULL},
};

static void test_only_object(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(only_objects) / sizeof(only_objects[0]); i++) {
        const char *text = only_objects[i].text;
        json_t *value = NULL;

        is_str(outcome(was_json_parse(text, strlen(text), &value, pool)), "fine",
               "only object: a value to begin with");
        const json_t *object = was_json_only_object(value);

        is_str(object == NULL ? NULL : was_json_text(object, NULL, pool), only_objects[i].object,
               apr_pstrcat(pool, "only object: ", text, NULL));
    }
    ok(was_json_only_object(NULL) == NULL, "only object: of nothing");
}

static const struct {
    const char *value; /* JSON; NULL: no value at all */
    const char *text;
    bool good;
} texts[] = {
    {"\"edv\"", "edv", true},  {"\"edv\"", "ed", false},    {"\"edv\"", "edvs", false},
    {"\"Edv\"", "edv", false}, {"[\"edv\"]", "edv", false}, {"1", "1", false},
    {"null", "null", false},   {"\"\"", "", true},          {NULL, "edv", false},
};

static void test_is_text(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *given = texts[i].value;
        json_t *value = NULL;

        is_str(given == NULL ? "fine" : outcome(was_json_parse(given, strlen(given), &value, pool)),
               "fine", "is text: a value to begin with");
        ok(was_json_is_text(value, texts[i].text) == texts[i].good, "is text: %s is %s'%s'",
           given == NULL ? "nothing" : given, texts[i].good ? "" : "not ", texts[i].text);
    }
}

/* What is only kept: any JSON, however big its numbers, but no bottomless nesting. */
static const struct {
    const char *text;
    bool good;
    const char *name;
} contents[] = {
    {"{\"n\":123456789012345678901234567890}", true, "an integer beyond 64 bits"},
    {"{\"a\":1,\"a\":2}", true, "a name twice"},
    {"\"\\u0000\"", true, "a NUL in a string"},
    {"3", true, "a number"},
    {"{\"a\":", false, "a text that ends early"},
    {"{} x", false, "text behind the value"},
    {"\"\xff\"", false, "a byte that is not UTF-8"},
    {"", false, "nothing"},
};

static const char *nested(int depth, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, 2 * (size_t)depth + 1);

    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    text[2 * depth] = '\0';
    return text;
}

static void test_content(apr_pool_t *pool)
{
    const char *deepest = nested(WAS_JSON_SCAN_DEPTH, pool);
    const char *deeper = nested(WAS_JSON_SCAN_DEPTH + 1, pool);

    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        const was_error_t *error =
            was_json_check_content(contents[i].text, strlen(contents[i].text), pool);

        ok((error == NULL) == contents[i].good, "content: %s", contents[i].name);
    }
    ok(was_json_check_content(deepest, strlen(deepest), pool) == NULL, "content: deepest");
    ok(was_json_check_content(deeper, strlen(deeper), pool) != NULL, "content: deeper");
}

/* The number of allocations that Jansson still gets; negative for all that it wants. */
static int allocations_left = -1;

static void *allocate_some(size_t size)
{
    if (allocations_left == 0) {
        return NULL;
    }
    allocations_left -= allocations_left > 0;
    return malloc(size);
}

/* Whichever allocation fails: a text that is fine is never called malformed, and one that is not
 * is refused for what is wrong with it. */
static const struct {
    const char *text;
    const char *outcome; /* with memory */
} scarce[] = {
    {"{\"a\":[1,2.5,\"x\",{\"b\":null}],\"c\":{}}", "fine"},
    {"[[],[[]],{},\"\\u00e9\",9223]", "fine"},
    {"{\"a\":[1,2.5,\"x\",{\"b\":nul}],\"c\":{}}", "INVALID_BODY"},
    {"{\"a\":1,\"a\":2}", "INVALID_BODY"},
};

static void test_scarce_memory(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(scarce) / sizeof(scarce[0]); i++) {
        const char *with_memory = scarce[i].outcome, *got = "";
        int tries = 0, in_vain = 0, wrong = 0;

        do {
            json_t *value = NULL;

            json_set_alloc_funcs(allocate_some, free);
            allocations_left = tries++;
            got = outcome(was_json_parse(scarce[i].text, strlen(scarce[i].text), &value, pool));
            json_set_alloc_funcs(malloc, free);
            in_vain += strcmp(got, "UNAVAILABLE") == 0;
            wrong += strcmp(got, "UNAVAILABLE") != 0 && strcmp(got, with_memory) != 0;
        } while (allocations_left == 0 && tries < 1000);
        is_str(got, with_memory, "scarce memory: in the end there is enough");
        ok(tries > 3 && wrong == 0, "scarce memory: %d tries, %d in vain: %s", tries, in_vain,
           scarce[i].text);
        ok(in_vain > 0 || strcmp(with_memory, "fine") != 0,
           "scarce memory: it is called what it is");
    }
}

static const struct {
    const char *text;
    const char *value; /* NULL: none */
    const char *name;
} member_texts[] = {
    {"{\"a\":1.50}", "1.50", "a number as it stands"},
    {" { \"a\" :\t[ 1 ,\n{ \"z\" : 2 , \"a\" : 3 } ] } ", "[1,{\"z\":2,\"a\":3}]",
     "without white space"},
    {"{\"a\":\" \\\" \\\\\" , \"b\": 1}", "\" \\\" \\\\\"", "but for that in a string"},
    {"{\"a\": \"\\u00e9\\/ \xc3\xa9\" }", "\"\\u00e9\\/ \xc3\xa9\"", "escapes as they stand"},
    {"{\"\\u0061\": true }", "true", "by an escaped name"},
    {"{\"b\":{\"a\":1}}", NULL, "not a member's member"},
    {"{}", NULL, "of nothing"},
};

static void test_member_text(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(member_texts) / sizeof(member_texts[0]); i++) {
        const char *text = member_texts[i].text;
        json_t *object = NULL;

        ok(was_json_parse_object(text, strlen(text), &object, pool) == NULL, "member text: a text");
        is_str(was_json_member_text(text, strlen(text), "a", pool), member_texts[i].value,
               member_texts[i].name);
    }
}

static const struct {
    const char *text;
    const char *rest;
    const char *name;
} lesser_texts[] = {
    {"{\"a\":1,\"b\":2}", "{\"b\":2}", "the first one"},
    {"{\"b\":[2,3],\"a\":{\"a\":[1]}}", "{\"b\":[2,3]}", "the last one"},
    {"{\"b\":\",\",\"a\":\"\\\"}\",\"c\":3}", "{\"b\":\",\",\"c\":3}", "one in between"},
    {"{\"a\":1}", "{}", "the only one"},
    {"{\"b\":\"\",\"\\u0061\":true}", "{\"b\":\"\"}", "one of an escaped name"},
    {"{\"b\":{\"a\":1}}", "{\"b\":{\"a\":1}}", "not a member's member"},
    {"{}", "{}", "of nothing"},
};

static void test_text_without(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(lesser_texts) / sizeof(lesser_texts[0]); i++) {
        is_str(was_json_text_without(lesser_texts[i].text, "a", pool), lesser_texts[i].rest,
               lesser_texts[i].name);
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    was_json_init();
    test_parse(pool);
    test_depth(pool);
    test_details(pool);
    test_parse_object(pool);
    test_string(pool);
    test_ownership(pool);
    test_text(pool);
    test_only_object(pool);
    test_is_text(pool);
    test_member_text(pool);
    test_text_without(pool);
    test_content(pool);
    test_scarce_memory(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
