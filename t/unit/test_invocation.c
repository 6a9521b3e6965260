/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_invocation: protocol/pws section 5.1, what the field may say and how a capability travels. */
#include "zcap.h"

#include "auth/was_invocation.h"

#include <zlib.h>

#define POINTER "/capability-invocation"
#define ROOT "id=\"" ROOT_ID "\""
#define GET "action=\"GET\""

#define MALFORMED "the parameters of the invocation are malformed"
#define TWICE "a parameter of the invocation is given twice"
#define EITHER "the invocation must have either an id or a capability"
#define LACKS "the invocation lacks a parameter, or it is empty"
#define NO_ROOT "only a root capability can be invoked by its id"
#define SCHEME "the scheme of the invocation must be zcap"

static const struct {
    const char *name;
    const char *value;
    const char *detail; /* NULL: fine, and then: */
    const char *root_id;
    const char *capability;
    const char *action;
} fields[] = {
    {"a root", "zcap " ROOT "," GET, NULL, ROOT_ID, NULL, "GET"},
    {"a capability", "zcap capability=\"H4sI-_09az\"," GET, NULL, NULL, "H4sI-_09az", "GET"},
    {"the other order", "zcap " GET ",capability=\"H4sI\"", NULL, NULL, "H4sI", "GET"},
    {"blanks around the comma", "zcap " ROOT " ,\t " GET, NULL, ROOT_ID, NULL, "GET"},
    {"blanks behind the scheme", "zcap   " ROOT "," GET, NULL, ROOT_ID, NULL, "GET"},
    {"the scheme in upper case", "ZCAP " ROOT "," GET, NULL, ROOT_ID, NULL, "GET"},
    {"values without quotes", "zcap capability=H4sI,action=PUT", NULL, NULL, "H4sI", "PUT"},
    {"unknown parameters", "zcap x=y," ROOT ",Z=\" =,\"," GET, NULL, ROOT_ID, NULL, "GET"},
    {"the root with lower-case hex", "zcap id=\"urn:zcap:root:http%3a%2f%2fa%2f\"," GET, NULL,
     "urn:zcap:root:http%3a%2f%2fa%2f", NULL, "GET"},
    {"16 parameters", "zcap a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1,m=1,n=1," ROOT "," GET,
     NULL, ROOT_ID, NULL, "GET"},

    {"absent", NULL, "the request invokes no capability", NULL, NULL, NULL},
    {"empty", "", SCHEME, NULL, NULL, NULL},
    {"another scheme", "Signature " ROOT "," GET, SCHEME, NULL, NULL, NULL},
    {"a longer scheme", "zcaps " ROOT "," GET, SCHEME, NULL, NULL, NULL},
    {"no scheme", ROOT "," GET, SCHEME, NULL, NULL, NULL},
    {"a blank before the scheme", " zcap " ROOT "," GET, SCHEME, NULL, NULL, NULL},
    {"the scheme alone", "zcap", SCHEME, NULL, NULL, NULL},
    {"no parameters", "zcap ", MALFORMED, NULL, NULL, NULL},
    {"a comma at the end", "zcap " ROOT "," GET ",", MALFORMED, NULL, NULL, NULL},
    {"a comma at the beginning", "zcap ," ROOT "," GET, MALFORMED, NULL, NULL, NULL},
    {"two commas", "zcap " ROOT ",," GET, MALFORMED, NULL, NULL, NULL},
    {"a semicolon", "zcap " ROOT ";" GET, MALFORMED, NULL, NULL, NULL},
    {"a blank for the comma", "zcap " ROOT " " GET, MALFORMED, NULL, NULL, NULL},
    {"a blank at the end", "zcap " ROOT "," GET " ", MALFORMED, NULL, NULL, NULL},
    {"more behind the quotes", "zcap " ROOT "," GET "x", MALFORMED, NULL, NULL, NULL},
    {"blanks around the equals sign", "zcap " ROOT ",action = \"GET\"", MALFORMED, NULL, NULL,
     NULL},
    {"no equals sign", "zcap " ROOT ",action", MALFORMED, NULL, NULL, NULL},
    {"no value", "zcap " ROOT ",action=", MALFORMED, NULL, NULL, NULL},
    {"no name", "zcap " ROOT ",=\"GET\"", MALFORMED, NULL, NULL, NULL},
    {"quotes that do not end", "zcap " ROOT ",action=\"GET", MALFORMED, NULL, NULL, NULL},
    {"quotes that only begin", "zcap " ROOT ",action=\"", MALFORMED, NULL, NULL, NULL},
    {"a backslash", "zcap " ROOT ",action=\"G\\ET\"", MALFORMED, NULL, NULL, NULL},
    {"a tab in a value", "zcap " ROOT ",action=\"G\tET\"", MALFORMED, NULL, NULL, NULL},
    {"DEL in a value", "zcap " ROOT ",action=\"G\x7f\"", MALFORMED, NULL, NULL, NULL},
    {"UTF-8 in a value", "zcap " ROOT ",action=\"\xc3\xa9\"", MALFORMED, NULL, NULL, NULL},
    {"the action twice", "zcap " ROOT "," GET ",action=\"PUT\"", TWICE, NULL, NULL, NULL},
    {"the id twice", "zcap " ROOT "," ROOT "," GET, TWICE, NULL, NULL, NULL},
    {"twice in another case", "zcap " ROOT "," GET ",ACTION=\"PUT\"", TWICE, NULL, NULL, NULL},
    {"an unknown parameter twice", "zcap x=1," ROOT "," GET ",x=1", TWICE, NULL, NULL, NULL},
    {"17 parameters",
     "zcap a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1,m=1,n=1,o=1," ROOT "," GET,
     "the invocation has too many parameters", NULL, NULL, NULL},
    {"both", "zcap " ROOT ",capability=\"H4sI\"," GET, EITHER, NULL, NULL, NULL},
    {"both, one empty", "zcap " ROOT ",capability=\"\"," GET, EITHER, NULL, NULL, NULL},
    {"neither", "zcap " GET, EITHER, NULL, NULL, NULL},
    {"names are as they are written", "zcap ID=\"" ROOT_ID "\"," GET, EITHER, NULL, NULL, NULL},
    {"an empty capability", "zcap capability=\"\"," GET, LACKS, NULL, NULL, NULL},
    {"an empty id", "zcap id=\"\"," GET, LACKS, NULL, NULL, NULL},
    {"an empty action", "zcap " ROOT ",action=\"\"", LACKS, NULL, NULL, NULL},
    {"no action", "zcap " ROOT, LACKS, NULL, NULL, NULL},
    {"an id that is no root's", "zcap id=\"" ZCAP_ID("1") "\"," GET, NO_ROOT, NULL, NULL, NULL},
    {"a root that is not encoded", "zcap id=\"urn:zcap:root:" ROOT_URL "\"," GET, NO_ROOT, NULL,
     NULL, NULL},
};

static void test_fields(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        was_invocation_t got = {NULL, NULL, NULL};
        const was_error_t *error = was_invocation_parse(fields[i].value, &got, pool);

        is_str(outcome(error), fields[i].detail == NULL ? "fine" : "MALFORMED",
               apr_pstrcat(pool, "pws 5.1: ", fields[i].name, NULL));
        is_str(error == NULL ? NULL : error->detail, fields[i].detail, "... the detail");
        is_str(error == NULL ? POINTER : error->pointer, POINTER, "... the pointer");
        is_str(got.root_id, fields[i].root_id, "... the root");
        is_str(got.capability, fields[i].capability, "... the capability");
        is_str(got.action, fields[i].action, "... the action");
    }
}

/* Bytes that grow: what is sent instead of text. */
typedef struct bytes_t {
    unsigned char *bytes;
    size_t count;
} bytes_t;

/* `window`: 31 for gzip, 15 for zlib, -15 for bare deflate. */
static bytes_t deflated(const char *text, size_t length, int level, int window, apr_pool_t *pool)
{
    z_stream stream = {.next_in = (z_const Bytef *)text, .avail_in = (uInt)length};
    bytes_t packed;

    if (deflateInit2(&stream, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        printf("Bail out! zlib does not start\n");
        exit(1);
    }
    packed.count = deflateBound(&stream, stream.avail_in);
    packed.bytes = apr_palloc(pool, packed.count);
    stream.next_out = packed.bytes;
    stream.avail_out = (uInt)packed.count;
    deflate(&stream, Z_FINISH);
    packed.count -= stream.avail_out;
    deflateEnd(&stream);
    return packed;
}

static bytes_t gzip(const char *text, int level, apr_pool_t *pool)
{
    return deflated(text, strlen(text), level, 31, pool);
}

static bytes_t join(bytes_t one, bytes_t other, apr_pool_t *pool)
{
    bytes_t both = {apr_palloc(pool, one.count + other.count + 1), one.count + other.count};

    memcpy(both.bytes, one.bytes, one.count);
    memcpy(both.bytes + one.count, other.bytes, other.count);
    return both;
}

static char *encode(bytes_t packed, int variant, apr_pool_t *pool)
{
    size_t size = sodium_base64_encoded_len(packed.count, variant);

    return sodium_bin2base64(apr_palloc(pool, size), size, packed.bytes, packed.count, variant);
}

static char *base64url(bytes_t packed, apr_pool_t *pool)
{
    return encode(packed, sodium_base64_VARIANT_URLSAFE_NO_PADDING, pool);
}

#define NO_BASE64 "the capability is not base64url without padding"
#define NO_GZIP "the capability is not gzip, damaged or too large"
#define BEHIND "something follows the gzip member of the capability"
#define NO_JSON "the capability is not what it should be: "

static void check(const char *text, const char *detail, const char *name, apr_pool_t *pool)
{
    json_t *value = NULL;
    const was_error_t *error = was_invocation_decode(text, &value, pool);

    is_str(outcome(error), detail == NULL ? "fine" : "MALFORMED", name);
    is_str(error == NULL ? NULL : error->detail, detail, "... the detail");
    is_str(error == NULL ? POINTER : error->pointer, POINTER, "... the pointer");
    ok((error == NULL) == json_is_object(value), "... an object only without an error");
}

static void test_gzip(apr_pool_t *pool)
{
    static const char text[] = "{\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}";
    bytes_t good = gzip(text, 9, pool);
    bytes_t none = {(unsigned char *)"", 0};
    bytes_t named = {(unsigned char *)"\x1f\x8b\x08\x08\0\0\0\0\0\x03n\0", 12};
    bytes_t body = {good.bytes + 10, good.count - 10};
    bytes_t bad = join(good, none, pool);

    check(base64url(good, pool), NULL, "gzip: compressed", pool);
    check(base64url(gzip(text, 0, pool), pool), NULL, "gzip: stored", pool);
    check(base64url(join(named, body, pool), pool), NULL, "gzip: a header with a name", pool);
    check(base64url(deflated(text, strlen(text), 9, 15, pool), pool), NO_GZIP, "zlib", pool);
    check(base64url(deflated(text, strlen(text), 9, -15, pool), pool), NO_GZIP, "deflate", pool);
    check(base64url((bytes_t){(unsigned char *)text, strlen(text)}, pool), NO_GZIP, "bare JSON",
          pool);
    check("", NO_GZIP, "nothing", pool);

    check(base64url(join(good, good, pool), pool), BEHIND, "gzip: two members", pool);
    check(base64url(join(good, (bytes_t){(unsigned char *)"", 1}, pool), pool), BEHIND,
          "gzip: a byte behind", pool);
    for (size_t count = 0; count < good.count; count++) {
        check(base64url((bytes_t){good.bytes, count}, pool), NO_GZIP, "gzip: cut short", pool);
    }
    for (size_t at = good.count - 8; at < good.count; at++) {
        bad.bytes[at] ^= 1;
        check(base64url(bad, pool), NO_GZIP, "gzip: a wrong check or length", pool);
        bad.bytes[at] ^= 1;
    }
    check(base64url(bad, pool), NULL, "gzip: and right again", pool);
}

static void test_base64(apr_pool_t *pool)
{
    /* Its gzip holds bytes for which the alphabets differ, and is no multiple of three. */
    bytes_t good = gzip("{\"key\":[\"?>~\",\"\xc3\xbf\xc3\xbe\",\"zzzzyyyy\",123456789]}", 9, pool);
    const char *url = base64url(good, pool);

    ok(strpbrk(url, "-_") != NULL && good.count % 3 != 0, "base64: a text that can be miswritten");
    check(url, NULL, "base64url", pool);
    check(encode(good, sodium_base64_VARIANT_URLSAFE, pool), NO_BASE64, "base64: padding", pool);
    check(encode(good, sodium_base64_VARIANT_ORIGINAL_NO_PADDING, pool), NO_BASE64,
          "base64: the standard alphabet", pool);
    check(apr_pstrcat(pool, url, " ", NULL), NO_BASE64, "base64: a blank", pool);
    check(apr_pstrcat(pool, url, "\n", NULL), NO_BASE64, "base64: a line break", pool);
}

static void test_json(apr_pool_t *pool)
{
    static const struct {
        const char *text;
        const char *detail;
        const char *name;
    } cases[] = {
        {"{}", NULL, "an empty object"},
        {" {\"a\": 1.5} ", NULL, "any JSON"},
        {"[]", NO_JSON "the JSON must be an object", "an array"},
        {"\"x\"", NO_JSON "the JSON must be an object", "a string"},
        {"", NO_JSON "the JSON is not accepted: the text is empty (line 1, column 1)", "nothing"},
        {"{", NO_JSON "the JSON is not accepted: the text ends too early (line 1, column 1)",
         "JSON that does not end"},
        {"{\"a\":1,\"a\":2}",
         NO_JSON "the JSON is not accepted: a name occurs twice in one object (line 1, column 10)",
         "a name twice"},
        {"{}x",
         NO_JSON "the JSON is not accepted: there is text after the value (line 1, column 3)",
         "text behind the object"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(base64url(gzip(cases[i].text, 9, pool), pool), cases[i].detail, cases[i].name, pool);
    }
}

/* Padded with blanks, or with a string of letters that do not compress. */
static const char *object_of_size(size_t size, bool is_empty, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, size + 1);
    unsigned char seed[randombytes_SEEDBYTES] = {0};

    memset(text, ' ', size);
    if (!is_empty) {
        randombytes_buf_deterministic(text, size, seed);
        for (size_t i = 0; i < size; i++) {
            text[i] = (char)('A' + ((unsigned char)text[i] & 15));
        }
        memcpy(text + size - 2, "\"}", 2);
    }
    memcpy(text, is_empty ? "{}" : "{\"a\":\"", is_empty ? 2 : 6);
    text[size] = '\0';
    return text;
}

/* The limit is on what comes out, however small what goes in is, and however large. */
static void test_limits(apr_pool_t *pool)
{
    for (int level = 0; level <= 9; level += 9) {
        check(base64url(gzip(object_of_size(WAS_ZCAP_MAX_BYTES, false, pool), level, pool), pool),
              NULL, apr_psprintf(pool, "64 KiB, level %d", level), pool);
        check(
            base64url(gzip(object_of_size(WAS_ZCAP_MAX_BYTES + 1, false, pool), level, pool), pool),
            NO_GZIP, apr_psprintf(pool, "64 KiB and a byte, level %d", level), pool);
    }
    check(base64url(gzip(object_of_size(50 << 20, true, pool), 9, pool), pool), NO_GZIP,
          "50 MiB in 50 KiB", pool);
    check(base64url(gzip(object_of_size(1 << 20, true, pool), 0, pool), pool),
          "the capability is too large", "1 MiB in 1 MiB", pool);
}

/* And it grows with what goes in: the longest text that its gzip may stand for. */
static void test_ratio(apr_pool_t *pool)
{
    size_t size = 100;

    while (gzip(object_of_size(size + 1, true, pool), 9, pool).count * WAS_INVOCATION_MAX_RATIO >
           size) {
        size++;
    }
    ok(size < 1000, "%d blanks are as many as their gzip may stand for", (int)size);
    check(base64url(gzip(object_of_size(size, true, pool), 9, pool), pool), NULL, "so many", pool);
    check(base64url(gzip(object_of_size(size + 1, true, pool), 9, pool), pool), NO_GZIP, "one more",
          pool);
    check(base64url(gzip(object_of_size(WAS_ZCAP_MAX_BYTES, true, pool), 9, pool), pool), NO_GZIP,
          "64 KiB of blanks", pool);
}

/* From the field of a real request to the capability that its client meant. */
static void test_requests(apr_pool_t *pool)
{
    static const char *const files[] = {
        "05-delegated-GET-jcs-space-rooted", "06-delegated-GET-jcs-target-rooted",
        "07-delegated-PUT-jcs-chain2-attenuated", "08-delegated-GET-Ed25519Signature2020"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const json_t *request =
            load_vector(apr_pstrcat(pool, files[i], ".explained.json", NULL), pool);
        const json_t *headers = json_object_get(request, "headers");
        was_invocation_t invocation = {NULL, NULL, NULL};
        json_t *capability = NULL;

        is_str(outcome(was_invocation_parse(text_of(headers, "capability-invocation"), &invocation,
                                            pool)),
               "fine", files[i]);
        is_str(invocation.action, i == 2 ? "PUT" : "GET", "... the action");
        is_str(outcome(was_invocation_decode(invocation.capability, &capability, pool)), "fine",
               "... decodes");
        ok(json_equal(capability, json_object_get(request, "capability")), "... to what was meant");
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    ok(was_crypto_init(), "crypto is ready");
    test_fields(pool);
    test_gzip(pool);
    test_base64(pool);
    test_json(pool);
    test_limits(pool);
    test_ratio(pool);
    test_requests(pool);
    status = done();
    apr_pool_destroy(pool);
    return status;
}
