/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_json_scan, was_decimal: what is JSON, as a table; that Jansson decides the same of each row
 * and of each of their beginnings; and members that are found without a tree. */
#include "tap.h"

#include "base/was_json_scan.h"

#include <jansson.h>

#define TEXT(literal) literal, sizeof(literal) - 1

typedef struct scan_case_t {
    const char *text;
    apr_size_t length;
    was_json_flaw_t flaw;
    int good; /* bytes before the flaw */
    const char *name;
} scan_case_t;

#define HUNDRED_ZEROS                                                                              \
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"  \
    "000000000"
/* Half way between the largest double and 2^1024, less its last digit, which is 2. */
#define ALMOST_HALF_WAY                                                                            \
    "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"   \
    "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"   \
    "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"   \
    "34271155969950809304288017790417449779"

static const scan_case_t scan_cases[] = {
    /* values */
    {TEXT("{}"), WAS_JSON_SOUND, 2, "an empty object"},
    {TEXT("[]"), WAS_JSON_SOUND, 2, "an empty array"},
    {TEXT("null"), WAS_JSON_SOUND, 4, "null alone"},
    {TEXT("true"), WAS_JSON_SOUND, 4, "true alone"},
    {TEXT("false"), WAS_JSON_SOUND, 5, "false alone"},
    {TEXT("\"\""), WAS_JSON_SOUND, 2, "an empty string alone"},
    {TEXT(" \t\r\n[ \t\r\n1 , 2 ] \t\r\n"), WAS_JSON_SOUND, 20, "white space everywhere"},
    {TEXT("{ \"a\" : [ { } , { \"b\" : null } ] , \"\" : 0 }"), WAS_JSON_SOUND, 43, "a mixture"},
    {TEXT("{\"a\":1,\"a\":2}"), WAS_JSON_SOUND, 13, "a name twice"},
    {TEXT("{\"\":0}"), WAS_JSON_SOUND, 6, "an empty name"},
    {TEXT("[[],[[]],{},[{}]]"), WAS_JSON_SOUND, 17, "empty ones in others"},
    {TEXT(""), WAS_JSON_TOO_EARLY, 0, "no text"},
    {TEXT(" "), WAS_JSON_TOO_EARLY, 1, "white space alone"},
    {TEXT("\xef\xbb\xbf{}"), WAS_JSON_MALFORMED, 0, "a byte order mark"},
    {TEXT("[1\f]"), WAS_JSON_MALFORMED, 2, "a form feed for a blank"},
    {TEXT("[1\xc2\xa0]"), WAS_JSON_MALFORMED, 2, "a no-break space for a blank"},
    {TEXT("\0[]"), WAS_JSON_MALFORMED, 0, "a NUL before the value"},
    {TEXT("[]\0"), WAS_JSON_TRAILING, 2, "a NUL behind the value"},
    {TEXT("123\0"), WAS_JSON_TRAILING, 3, "a NUL behind a number"},
    {TEXT("[true\0]"), WAS_JSON_MALFORMED, 5, "a NUL behind a word"},
    {TEXT("[]]"), WAS_JSON_TRAILING, 2, "a bracket too many"},
    {TEXT("{}{}"), WAS_JSON_TRAILING, 2, "two values"},
    {TEXT("1 2"), WAS_JSON_TRAILING, 2, "two numbers"},
    {TEXT("{},"), WAS_JSON_TRAILING, 2, "a comma behind the value"},
    {TEXT("[] //"), WAS_JSON_TRAILING, 3, "a comment behind the value"},
    {TEXT("/**/[]"), WAS_JSON_MALFORMED, 0, "a comment before it"},
    {TEXT("]"), WAS_JSON_MALFORMED, 0, "a closing bracket alone"},
    {TEXT(","), WAS_JSON_MALFORMED, 0, "a comma alone"},
    {TEXT("'a'"), WAS_JSON_MALFORMED, 0, "single quotes"},
    /* words */
    {TEXT("nul"), WAS_JSON_MALFORMED, 0, "a word that ends early"},
    {TEXT("nullx"), WAS_JSON_TRAILING, 4, "a word that goes on"},
    {TEXT("[True]"), WAS_JSON_MALFORMED, 1, "a capital letter"},
    {TEXT("[NaN]"), WAS_JSON_MALFORMED, 1, "NaN"},
    {TEXT("[-Infinity]"), WAS_JSON_MALFORMED, 2, "minus infinity"},
    {TEXT("[undefined]"), WAS_JSON_MALFORMED, 1, "undefined"},
    {TEXT("[true false]"), WAS_JSON_MALFORMED, 6, "words without a comma"},
    /* arrays and objects */
    {TEXT("["), WAS_JSON_TOO_EARLY, 1, "an array that does not begin"},
    {TEXT("[1"), WAS_JSON_TOO_EARLY, 2, "an array that does not end"},
    {TEXT("[1,"), WAS_JSON_TOO_EARLY, 3, "an array that ends with a comma"},
    {TEXT("[1,]"), WAS_JSON_MALFORMED, 3, "a comma and no element"},
    {TEXT("[,1]"), WAS_JSON_MALFORMED, 1, "a comma before the first element"},
    {TEXT("[1,,2]"), WAS_JSON_MALFORMED, 3, "two commas"},
    {TEXT("[1;2]"), WAS_JSON_MALFORMED, 2, "a semicolon"},
    {TEXT("[\"a\":1]"), WAS_JSON_MALFORMED, 4, "a colon in an array"},
    {TEXT("[1}"), WAS_JSON_MALFORMED, 2, "an array that ends like an object"},
    {TEXT("{\"a\":1]"), WAS_JSON_MALFORMED, 6, "an object that ends like an array"},
    {TEXT("[{]}"), WAS_JSON_MALFORMED, 2, "brackets that cross"},
    {TEXT("{"), WAS_JSON_TOO_EARLY, 1, "an object that does not begin"},
    {TEXT("{\"a\""), WAS_JSON_TOO_EARLY, 4, "a name and no colon"},
    {TEXT("{\"a\":"), WAS_JSON_TOO_EARLY, 5, "a colon and no value"},
    {TEXT("{\"a\":1"), WAS_JSON_TOO_EARLY, 6, "an object that does not end"},
    {TEXT("{\"a\":1,"), WAS_JSON_TOO_EARLY, 7, "an object that ends with a comma"},
    {TEXT("{\"a\":1,}"), WAS_JSON_MALFORMED, 7, "a comma and no name"},
    {TEXT("{,\"a\":1}"), WAS_JSON_MALFORMED, 1, "a comma before the first name"},
    {TEXT("{\"a\" 1}"), WAS_JSON_MALFORMED, 5, "no colon"},
    {TEXT("{\"a\"::1}"), WAS_JSON_MALFORMED, 5, "two colons"},
    {TEXT("{\"a\",1}"), WAS_JSON_MALFORMED, 4, "a comma for a colon"},
    {TEXT("{a:1}"), WAS_JSON_MALFORMED, 1, "a name without quotes"},
    {TEXT("{1:1}"), WAS_JSON_MALFORMED, 1, "a number for a name"},
    {TEXT("{[]:1}"), WAS_JSON_MALFORMED, 1, "an array for a name"},
    {TEXT("{\"a\":1 \"b\":2}"), WAS_JSON_MALFORMED, 7, "members without a comma"},
    /* strings */
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), WAS_JSON_SOUND, 18, "all short escapes"},
    {TEXT("\"\\u00e9\\u00E9\""), WAS_JSON_SOUND, 14, "escapes in either case"},
    {TEXT("\"\x7f\""), WAS_JSON_SOUND, 3, "DEL"},
    {TEXT("\"\xc2\x80\xdf\xbf\""), WAS_JSON_SOUND, 6, "the first and last of two bytes"},
    {TEXT("\"\xe0\xa0\x80\xef\xbf\xbf\""), WAS_JSON_SOUND, 8, "the first and last of three"},
    {TEXT("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""), WAS_JSON_SOUND, 10, "of four"},
    {TEXT("\"\\ud800\\udc00\\uDBFF\\uDFFF\""), WAS_JSON_SOUND, 26, "the first and last pair"},
    {TEXT("\"\\u0000\""), WAS_JSON_SOUND, 8, "an escaped NUL"},
    {TEXT("{\"a\":\"\\u0000\"}"), WAS_JSON_SOUND, 14, "an escaped NUL in a member"},
    {TEXT("{\"a\\u0000\":1}"), WAS_JSON_SOUND, 13, "an escaped NUL in a name"},
    {TEXT("\"a"), WAS_JSON_TOO_EARLY, 2, "a string that does not end"},
    {TEXT("\"\\"), WAS_JSON_TOO_EARLY, 2, "a string that ends with a backslash"},
    {TEXT("\"\\u00"), WAS_JSON_MALFORMED, 1, "a string that ends in an escape"},
    {TEXT("\"\\u00g0\""), WAS_JSON_MALFORMED, 1, "an escape that is not hexadecimal"},
    {TEXT("\"\\x41\""), WAS_JSON_MALFORMED, 1, "an escape of another language"},
    {TEXT("\"\\U0041\""), WAS_JSON_MALFORMED, 1, "a capital U"},
    {TEXT("\"\\\0\""), WAS_JSON_MALFORMED, 1, "an escaped raw NUL"},
    {TEXT("\"a\0b\""), WAS_JSON_MALFORMED, 2, "a raw NUL"},
    {TEXT("\"a\nb\""), WAS_JSON_MALFORMED, 2, "a raw line break"},
    {TEXT("\"a\tb\""), WAS_JSON_MALFORMED, 2, "a raw tabulator"},
    {TEXT("\"\x1f\""), WAS_JSON_MALFORMED, 1, "the last control character"},
    {TEXT("\"\\ud800\""), WAS_JSON_MALFORMED, 1, "the high half of a pair alone"},
    {TEXT("\"\\udc00\""), WAS_JSON_MALFORMED, 1, "the low half alone"},
    {TEXT("\"\\ud800x\""), WAS_JSON_MALFORMED, 1, "a high half and a letter"},
    {TEXT("\"\\ud800\\n\""), WAS_JSON_MALFORMED, 1, "a high half and another escape"},
    {TEXT("\"\\ud800\\ud800\""), WAS_JSON_MALFORMED, 1, "two high halves"},
    {TEXT("\"\\ud800\\u0041\""), WAS_JSON_MALFORMED, 1, "a high half and a whole"},
    {TEXT("\"\\ud800\\u"), WAS_JSON_MALFORMED, 1, "a pair that ends early"},
    {TEXT("{\"\\udead\":1}"), WAS_JSON_MALFORMED, 2, "a half in a name"},
    {TEXT("\"\xff\""), WAS_JSON_NOT_UTF8, 1, "a byte of no character"},
    {TEXT("\"\x80\""), WAS_JSON_NOT_UTF8, 1, "a byte of a character's end"},
    {TEXT("\"\xc3\""), WAS_JSON_NOT_UTF8, 1, "a character that ends early"},
    {TEXT("\"\xc3"), WAS_JSON_NOT_UTF8, 1, "with the text"},
    {TEXT("\"\xc0\xaf\""), WAS_JSON_NOT_UTF8, 1, "an overlong form of two bytes"},
    {TEXT("\"\xe0\x80\xaf\""), WAS_JSON_NOT_UTF8, 1, "of three"},
    {TEXT("\"\xf0\x80\x80\xaf\""), WAS_JSON_NOT_UTF8, 1, "of four"},
    {TEXT("\"\xed\xa0\x80\""), WAS_JSON_NOT_UTF8, 1, "a surrogate as it is"},
    {TEXT("\"\xf4\x90\x80\x80\""), WAS_JSON_NOT_UTF8, 1, "beyond U+10FFFF"},
    {TEXT("{\"\xff\":1}"), WAS_JSON_NOT_UTF8, 2, "not UTF-8 in a name"},
    /* numbers */
    {TEXT("[0,-0,1,-1,10]"), WAS_JSON_SOUND, 14, "whole numbers"},
    {TEXT("[0.5,-0.5,1.0,0e1,0E+1,1e-1,1.5e3]"), WAS_JSON_SOUND, 34, "others"},
    {TEXT("1" HUNDRED_ZEROS), WAS_JSON_SOUND, 101, "a hundred digits"},
    {TEXT("9223372036854775808"), WAS_JSON_SOUND, 19, "beyond 64 bits"},
    {TEXT("1e308"), WAS_JSON_SOUND, 5, "within a double"},
    {TEXT("1e309"), WAS_JSON_OUT_OF_RANGE, 5, "beyond a double"},
    {TEXT("[-1e309]"), WAS_JSON_OUT_OF_RANGE, 7, "beyond a double, below zero"},
    {TEXT("1.7976931348623157e308"), WAS_JSON_SOUND, 22, "the largest double"},
    {TEXT("1.7976931348623159e308"), WAS_JSON_OUT_OF_RANGE, 22, "one digit more"},
    {TEXT(ALMOST_HALF_WAY "1"), WAS_JSON_SOUND, 309, "what rounds down to it"},
    {TEXT(ALMOST_HALF_WAY "2"), WAS_JSON_OUT_OF_RANGE, 309, "what rounds up"},
    {TEXT(ALMOST_HALF_WAY "1.9999"), WAS_JSON_SOUND, 314, "what rounds down, with a fraction"},
    {TEXT("0." ALMOST_HALF_WAY "1e309"), WAS_JSON_SOUND, 315, "as a fraction, down"},
    {TEXT("0." ALMOST_HALF_WAY "2e309"), WAS_JSON_OUT_OF_RANGE, 315, "as a fraction, up"},
    {TEXT("0.0" ALMOST_HALF_WAY "2e310"), WAS_JSON_OUT_OF_RANGE, 316, "further down, up"},
    {TEXT("1" HUNDRED_ZEROS "e208"), WAS_JSON_SOUND, 105, "digits and an exponent, within"},
    {TEXT("1" HUNDRED_ZEROS "e209"), WAS_JSON_OUT_OF_RANGE, 105, "the same, beyond"},
    {TEXT("0." HUNDRED_ZEROS "1e409"), WAS_JSON_SOUND, 107, "zeros make up for an exponent"},
    {TEXT("0." HUNDRED_ZEROS "1e410"), WAS_JSON_OUT_OF_RANGE, 107, "but not for this one"},
    {TEXT("1e-999"), WAS_JSON_SOUND, 6, "nearer to zero than any double"},
    {TEXT("1e-99999999999999999999999"), WAS_JSON_SOUND, 26, "much nearer"},
    {TEXT("0e99999999999999999999999"), WAS_JSON_SOUND, 25, "zero, whatever its exponent"},
    {TEXT("0.000e999"), WAS_JSON_SOUND, 9, "zero with a fraction"},
    {TEXT("1e99999999999999999999999"), WAS_JSON_OUT_OF_RANGE, 25, "an endless exponent"},
    {TEXT("1e0000000000000000000000001"), WAS_JSON_SOUND, 27, "zeros before an exponent"},
    {TEXT("-"), WAS_JSON_TOO_EARLY, 1, "a minus alone"},
    {TEXT("[-]"), WAS_JSON_MALFORMED, 2, "a minus without a number"},
    {TEXT("--1"), WAS_JSON_MALFORMED, 1, "two of them"},
    {TEXT("+1"), WAS_JSON_MALFORMED, 0, "a plus"},
    {TEXT("[01]"), WAS_JSON_MALFORMED, 2, "a leading zero"},
    {TEXT("-01"), WAS_JSON_TRAILING, 2, "a leading zero behind a minus"},
    {TEXT("[1.]"), WAS_JSON_MALFORMED, 3, "a point and no fraction"},
    {TEXT("[.5]"), WAS_JSON_MALFORMED, 1, "a fraction alone"},
    {TEXT("[-.5]"), WAS_JSON_MALFORMED, 2, "a minus and a fraction"},
    {TEXT("[1e]"), WAS_JSON_MALFORMED, 3, "an exponent without digits"},
    {TEXT("[1e+]"), WAS_JSON_MALFORMED, 4, "an exponent of a sign"},
    {TEXT("[1.e1]"), WAS_JSON_MALFORMED, 3, "a point before an exponent"},
    {TEXT("[1e1.5]"), WAS_JSON_MALFORMED, 4, "a fraction in an exponent"},
    {TEXT("[1.2.3]"), WAS_JSON_MALFORMED, 4, "two points"},
    {TEXT("[0x10]"), WAS_JSON_MALFORMED, 2, "hexadecimal"},
    {TEXT("[1_000]"), WAS_JSON_MALFORMED, 2, "an underscore"},
    {TEXT("[1e1e1]"), WAS_JSON_MALFORMED, 4, "two exponents"},
};

/* Without a terminator, in memory of its own: what is read beyond it is found by a sanitizer. */
static was_json_slice_t copy_of(const char *text, apr_size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);

    if (copy == NULL) {
        abort();
    }
    memcpy(copy, text, length);
    return (was_json_slice_t){copy, length};
}

/* It takes no NUL in a name, and passes over one behind a number or word. */
static bool jansson_agrees(was_json_slice_t text, was_json_flaw_t flaw)
{
    json_error_t error;
    json_t *value = json_loadb(text.text, text.length,
                               JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);
    bool takes = value != NULL;

    json_decref(value);
    return takes == (flaw == WAS_JSON_SOUND) ||
           (!takes && json_error_code(&error) == json_error_null_byte_in_key) ||
           (takes && memchr(text.text, 0, text.length) != NULL);
}

static void test_scan(void)
{
    for (size_t i = 0; i < sizeof(scan_cases) / sizeof(scan_cases[0]); i++) {
        const scan_case_t *at = &scan_cases[i];
        was_json_slice_t text = copy_of(at->text, at->length);
        apr_size_t good = 0;
        was_json_flaw_t flaw = was_json_scan(text, &good);

        ok(flaw == at->flaw && good == (apr_size_t)at->good, "scan: %s: %d at %d", at->name, flaw,
           (int)good);
        ok(jansson_agrees(text, flaw), "Jansson says the same: %s", at->name);
        free((char *)text.text);
    }
}

static void test_beginnings(void)
{
    int differ = 0;

    for (size_t i = 0; i < sizeof(scan_cases) / sizeof(scan_cases[0]); i++) {
        for (apr_size_t length = 0; length < scan_cases[i].length; length++) {
            was_json_slice_t text = copy_of(scan_cases[i].text, length);
            apr_size_t good;

            differ += !jansson_agrees(text, was_json_scan(text, &good));
            free((char *)text.text);
        }
    }
    is_int(differ, 0, "Jansson says the same of every beginning of every row");
}

/* What a scanner says of a text that comes in pieces of a length: the members that it has found,
 * the flaw and its place. */
static void note_member(void *baton, int depth, const char *name, char first)
{
    char **noted = baton;
    apr_size_t length = strlen(*noted);

    snprintf(*noted + length, 1000 - length, "%d %s %c;", depth, name, first);
}

static char *say_in_pieces(was_json_slice_t text, apr_size_t piece, apr_pool_t *pool)
{
    char *noted = apr_pcalloc(pool, 1000);
    was_json_scanner_t *scanner = was_json_scanner_make(note_member, &noted, pool);
    apr_off_t line, column;

    for (apr_size_t at = 0; at < text.length; at += piece) {
        apr_size_t count = piece < text.length - at ? piece : text.length - at;
        was_json_slice_t copy = copy_of(text.text + at, count);

        was_json_scanner_feed(scanner, copy.text, count);
        free((char *)copy.text);
    }
    was_json_flaw_t flaw = was_json_scanner_end(scanner, &line, &column);

    return apr_psprintf(pool, "%s %d %d:%d", noted, flaw, (int)line, (int)column);
}

static void test_pieces(apr_pool_t *pool)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"{\"a\":1,\"b\":{\"c\":[{\"d\":\"x\"}]},\"e\":null}",
         "1 a 1;1 b {;2 c [;4 d \";1 e n; 0 1:39"},
        {"[{\"\\u006awe\":-1}]", "2 jwe -; 0 1:18"},
        {"{\"\":[]}", "1  [; 0 1:8"},
        {"{\n \"a\" :\n\n 1 }\n", "1 a 1; 0 5:1"},
        {"{\"\xc3\xa9\":1,\n\"\xc3\xa9\xc3\xa9\":x}", "1   1; 1 2:6"},
        {"\"\\ud83d\\ude00\\ud83d\"", " 1 1:14"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_str(say_in_pieces((was_json_slice_t){cases[i].text, strlen(cases[i].text)}, 1, pool),
               cases[i].said, "pieces: members and place");
    }
    for (size_t i = 0; i < sizeof(scan_cases) / sizeof(scan_cases[0]); i++) {
        was_json_slice_t text = {scan_cases[i].text, scan_cases[i].length};
        const char *whole = say_in_pieces(text, 1000, pool);
        int differ = 0;

        for (apr_size_t piece = 1; piece < 9; piece++) {
            differ += strcmp(say_in_pieces(text, piece, pool), whole) != 0;
        }
        ok(differ == 0, "pieces: of any length, %s: %s", scan_cases[i].name, whole);
    }
}

static void test_long_name(apr_pool_t *pool)
{
    for (int length = WAS_JSON_SCAN_NAME_BYTES - 2; length < WAS_JSON_SCAN_NAME_BYTES + 2;
         length++) {
        char name[64] = "";

        memset(name, 'a', (size_t)length);
        const char *text = apr_psprintf(pool, "{\"%s\":1}", name);
        bool is_told = strstr(say_in_pieces((was_json_slice_t){text, strlen(text)}, 1, pool),
                              apr_psprintf(pool, "1 %s 1;", name)) != NULL;

        ok(is_told == (length < WAS_JSON_SCAN_NAME_BYTES), "pieces: a name of %d", length);
    }
}

static char *nest(const char *open, const char *close, int depth, apr_pool_t *pool)
{
    apr_size_t opened = strlen(open), closed = strlen(close);
    char *text = apr_pcalloc(pool, (apr_size_t)depth * (opened + closed) + 1), *to = text;

    for (int i = 0; i < depth; i++, to += opened) {
        memcpy(to, open, opened);
    }
    for (int i = 0; i < depth; i++, to += closed) {
        memcpy(to, close, closed);
    }
    return text;
}

static void test_nesting(apr_pool_t *pool)
{
    static const struct {
        const char *open, *close;
        int depth;
        was_json_flaw_t flaw;
        const char *name;
    } cases[] = {
        {"[", "]", 512, WAS_JSON_SOUND, "512 arrays"},
        {"[", "]", 513, WAS_JSON_TOO_DEEP, "513 arrays"},
        {"[{\"a\":", "}]", 255, WAS_JSON_MALFORMED, "arrays and objects, and nothing in them"},
        {"[1,[", "],2]", 256, WAS_JSON_SOUND, "512 that hold more"},
        {"[1,[", "],2]", 257, WAS_JSON_TOO_DEEP, "514 that hold more"},
        {"[", "", 512, WAS_JSON_TOO_EARLY, "512 that do not end"},
        {"[", "", 1000000, WAS_JSON_TOO_DEEP, "a million that do not end"},
        {"{\"a\":", "", 1000000, WAS_JSON_TOO_DEEP, "a million objects"},
        {"", "]", 1000000, WAS_JSON_MALFORMED, "a million that did not begin"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = nest(cases[i].open, cases[i].close, cases[i].depth, pool);
        apr_size_t good;

        is_int(was_json_scan((was_json_slice_t){text, strlen(text)}, &good), cases[i].flaw,
               cases[i].name);
    }
}

static const struct {
    const char *text;
    const char *member;
    int count;
    const char *value; /* the last one's text */
} members[] = {
    {"{\"jwe\":{}}", "jwe", 1, "{}"},
    {" { \"a\" : 1 , \"jwe\" : [ 1, {\"jwe\":2} ] , \"b\" : 3 } ", "jwe", 1, "[ 1, {\"jwe\":2} ]"},
    {"{\"jwe\":1,\"jwe\":{}}", "jwe", 2, "{}"},
    {"{\"jwe\":{},\"\\u006awe\":1}", "jwe", 2, "1"},
    {"{\"\\u006a\\u0077\\u0065\":true }", "jwe", 1, "true"},
    {"{\"\\u006Awe\":\"x\"}", "jwe", 1, "\"x\""},
    {"{\"jw\":1,\"jwee\":2,\"Jwe\":3,\"\\njwe\":4,\"jwe\\u0020\":5}", "jwe", 0, ""},
    {"{\"a\":\"\\\"jwe\\\":1\",\"b\":\"{\\\\\"}", "jwe", 0, ""},
    {"{\"a\":{\"jwe\":1},\"b\":[{\"jwe\":2}]}", "jwe", 0, ""},
    {"{\"a\\\\\":1,\"jwe\":\"]}\\\"\"}", "jwe", 1, "\"]}\\\"\""},
    {"{\"\":1}", "jwe", 0, ""},
    {"{}", "jwe", 0, ""},
    {"[\"jwe\"]", "jwe", 0, ""},
    {"\"jwe\"", "jwe", 0, ""},
    {"17", "jwe", 0, ""},
    {"{\"encrypted_key\":-1.5e3}", "encrypted_key", 1, "-1.5e3"},
};

static void test_member(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        was_json_slice_t text = copy_of(members[i].text, strlen(members[i].text));
        was_json_slice_t value = {"", 0};
        apr_size_t good;

        is_int(was_json_scan(text, &good), WAS_JSON_SOUND, "member: of a sound text");
        is_int(was_json_scan_member(text, members[i].member, &value), members[i].count,
               apr_pstrcat(pool, "member: how often: ", members[i].text, NULL));
        is_str(apr_pstrmemdup(pool, value.text, value.length), members[i].value,
               "member: the last one's value");
        free((char *)text.text);
    }
}

/* Each byte, at each place of strings of each length around the words that are looked at. */
static void test_places(void)
{
    char text[40];
    int wrong = 0;

    for (size_t length = 1; length < 30; length++) {
        for (size_t place = 0; place < length; place++) {
            for (int byte = 0; byte < 256; byte++) {
                apr_size_t good = 0;

                memset(text, 'x', sizeof(text));
                text[0] = text[length + 1] = '"';
                text[place + 1] = (char)byte;
                was_json_flaw_t flaw = was_json_scan((was_json_slice_t){text, length + 2}, &good);
                bool is_plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';

                wrong += is_plain != (flaw == WAS_JSON_SOUND);
                wrong += byte < 0x20 && (flaw != WAS_JSON_MALFORMED || good != place + 1);
                wrong += byte >= 0x80 && (flaw != WAS_JSON_NOT_UTF8 || good != place + 1);
            }
        }
    }
    is_int(wrong, 0, "strings: a byte means the same wherever it stands");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    json_object_seed(0);
    test_scan();
    test_beginnings();
    test_pieces(pool);
    test_long_name(pool);
    test_nesting(pool);
    test_member(pool);
    test_places();
    status = done();
    apr_pool_destroy(pool);
    return status;
}
