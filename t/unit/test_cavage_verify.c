/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_cavage: what must be covered, the window, and what a line can hold. */
#include "tap.h"

#include "auth/was_cavage.h"

#include <sodium.h>

#define FINGER "z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX"
#define KEY_ID "did:key:" FINGER "#" FINGER
#define ALL "(created) (expires) (key-id) (request-target)"
#define SIGNED(created, expires)                                                                   \
    "(created): " created "\n(expires): " expires "\n(key-id): " KEY_ID "\n(request-target): "
#define TEXT SIGNED("1000", "1030")

#define NOT_GOOD "the signature does not verify"
#define IN_FUTURE "the signature was created in the future"
#define EXPIRED "the signature has expired"
#define NO_WINDOW "the signature must expire after it was created"
#define TOO_LONG "the signature is valid for too long"
#define NO_TOKEN "the method is not a token"
#define CONTROL "a signed header holds a control character"
#define LACKS(name) "the signature does not cover " name

/* A request and the text that its client signed, written out by hand. */
typedef struct request_t {
    const char *name;
    const char *text;
    const char *detail;  /* of the refusal; NULL: accepted */
    const char *headers; /* what follows has a default, see fill */
    const char *method;
    const char *targets[5];
    const char *fields[5];
    apr_int64_t created;
    apr_int64_t expires;
    apr_int64_t now;
    bool no_target;
} request_t;

static request_t fill(const request_t *given)
{
    request_t request = *given;

    request.headers = given->headers == NULL ? ALL : given->headers;
    request.method = given->method == NULL ? "GET" : given->method;
    if (given->targets[0] == NULL && !given->no_target) {
        request.targets[0] = "/a";
    }
    if (given->expires == 0) {
        request.created = 1000;
        request.expires = 1030;
    }
    request.now = given->now == 0 ? 1010 : given->now;
    return request;
}

static const request_t lines[] = {
    {"all is well", TEXT "get /a", .method = "GET"},
    {"the method is signed in lower case", TEXT "GET /a", .detail = NOT_GOOD, .method = "GET"},
    {"a method that is no token", TEXT "get /a", .detail = NO_TOKEN, .method = "GET /a",
     .targets = {""}},
    {"no method", TEXT " /a", .detail = NO_TOKEN, .method = ""},
    {"no line break at the end", TEXT "get /a\n", .detail = NOT_GOOD},
    {"no blank at the end", TEXT "get /a ", .detail = NOT_GOOD},

    {"the first spelling", TEXT "get /a", .targets = {"/a", "/b", "/c", "/d"}},
    {"the second spelling", TEXT "get /b", .targets = {"/a", "/b", "/c", "/d"}},
    {"the third spelling", TEXT "get /c", .targets = {"/a", "/b", "/c", "/d"}},
    {"never a fourth", TEXT "get /d", .detail = NOT_GOOD, .targets = {"/a", "/b", "/c", "/d"}},
    {"no spelling at all", TEXT "get ", .detail = NOT_GOOD, .no_target = true},
    {"a part of what was signed", TEXT "get /ab", .detail = NOT_GOOD, .targets = {"/a"}},
    {"more than what was signed", TEXT "get /a", .detail = NOT_GOOD, .targets = {"/ab"}},
    {"a spelling with a blank", TEXT "get /a b", .targets = {"/a b"}},
    {"a spelling in UTF-8", TEXT "get /\xc3\xa9", .targets = {"/\xc3\xa9"}},
    {"a target cannot pose as a signed field", TEXT "get /a\nx-b: c", .detail = NOT_GOOD,
     .targets = {"/a\nx-b: c"}},
    {"a target with a carriage return", TEXT "get /a\r", .detail = NOT_GOOD, .targets = {"/a\r"}},
    {"a spelling behind one that is passed over", TEXT "get /a", .targets = {"/\n", "/a"}},

    {"fields are signed", TEXT "get /a\nhost: h:1\nx-e: ", .headers = ALL " host x-e",
     .fields = {"host", "h:1", "x-e", ""}},
    {"lines stand as listed", "host: h:1\n" TEXT "get /a", .headers = "host " ALL,
     .fields = {"host", "h:1"}},
    {"lines stand not otherwise", TEXT "get /a\nhost: h:1", .detail = NOT_GOOD,
     .headers = "host " ALL, .fields = {"host", "h:1"}},
    {"names are signed in lower case", TEXT "get /a\nhost: h", .headers = ALL " HOST",
     .fields = {"host", "h"}},
    {"another value", TEXT "get /a\nhost: h", .detail = NOT_GOOD, .headers = ALL " host",
     .fields = {"host", "i"}},
    {"a field that is signed but not listed", TEXT "get /a\nhost: h", .detail = NOT_GOOD,
     .fields = {"host", "h"}},
    {"a field that the request lacks", TEXT "get /a\nx-missing: ",
     .detail = "the request lacks the signed header x-missing", .headers = ALL " x-missing"},
    {"a tab in a field", TEXT "get /a\nx: a\tb", .headers = ALL " x", .fields = {"x", "a\tb"}},
    {"a field cannot pose as another", TEXT "get /a\nx: a\ny: b", .detail = CONTROL,
     .headers = ALL " x", .fields = {"x", "a\ny: b"}},
};

static const request_t coverage[] = {
    {"target must be covered", "", .detail = LACKS("(request-target)"),
     .headers = "(created) (expires) (key-id)"},
    {"created must be covered", "", .detail = LACKS("(created)"),
     .headers = "(expires) (key-id) (request-target)"},
    {"expires must be covered", "", .detail = LACKS("(expires)"),
     .headers = "(created) (key-id) (request-target)"},
    {"keyId must be covered", "", .detail = LACKS("(key-id)"),
     .headers = "(created) (expires) (request-target)"},
    {"a field named like the target is not the target", "", .detail = LACKS("(request-target)"),
     .headers = "(created) (expires) (key-id) request-target",
     .fields = {"request-target", "get /a"}},
};

static const request_t window[] = {
    {"created now", TEXT "get /a", .now = 1000},
    {"created 300 seconds ahead", SIGNED("1300", "1330") "get /a", .created = 1300, .expires = 1330,
     .now = 1000},
    {"created 301 seconds ahead", SIGNED("1301", "1330") "get /a", .detail = IN_FUTURE,
     .created = 1301, .expires = 1330, .now = 1000},
    {"created in the far future", "", .detail = IN_FUTURE, .created = 999999999999998,
     .expires = 999999999999999},
    {"expires now", TEXT "get /a", .now = 1030},
    {"expired a second ago", TEXT "get /a", .detail = EXPIRED, .now = 1031},
    {"expired long ago", SIGNED("0", "1") "get /a", .detail = EXPIRED, .expires = 1,
     .now = APR_INT64_MAX},
    {"expires as created", SIGNED("1010", "1010") "get /a", .detail = NO_WINDOW, .created = 1010,
     .expires = 1010},
    {"expires before created", SIGNED("1015", "1012") "get /a", .detail = NO_WINDOW,
     .created = 1015, .expires = 1012},
    {"a window of 3600 seconds", SIGNED("1000", "4600") "get /a", .created = 1000, .expires = 4600},
    {"a window of 3601 seconds", SIGNED("1000", "4601") "get /a", .detail = TOO_LONG,
     .created = 1000, .expires = 4601},
    {"created from 0", SIGNED("0", "1030") "get /a", .expires = 1030},
    {"another created is signed", SIGNED("1001", "1030") "get /a", .detail = NOT_GOOD},
    {"another expires is signed", SIGNED("1000", "1031") "get /a", .detail = NOT_GOOD},
};

static const char *authorize(const request_t *request, apr_pool_t *pool)
{
    unsigned char seed[crypto_sign_SEEDBYTES];
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
    unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
    unsigned char signature[crypto_sign_BYTES];
    char text[100];

    memset(seed, 1, sizeof(seed));
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    crypto_sign_detached(signature, NULL, (const unsigned char *)request->text,
                         strlen(request->text), secret_key);
    sodium_bin2base64(text, sizeof(text), signature, sizeof(signature),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return apr_psprintf(pool,
                        "Signature keyId=\"" KEY_ID "\",headers=\"%s\",signature=\"%s\","
                        "created=%" APR_INT64_T_FMT ",expires=%" APR_INT64_T_FMT,
                        request->headers, text, request->created, request->expires);
}

static const char *find_field(void *baton, const char *name)
{
    for (const char *const *pair = baton; *pair != NULL; pair += 2) {
        if (strcmp(pair[0], name) == 0) {
            return pair[1];
        }
    }
    return NULL;
}

static void check(const char *what, const request_t *given, const was_signature_rules_t *rules,
                  apr_pool_t *pool)
{
    request_t request = fill(given);
    was_message_t message = {.method = request.method,
                             .targets = request.targets,
                             .field = find_field,
                             .baton = request.fields};
    const was_cavage_t *cavage = NULL;
    const was_error_t *error = was_cavage_parse(authorize(&request, pool), &cavage, pool);
    char name[200];

    while (request.targets[message.ntargets] != NULL) {
        message.ntargets++;
    }
    if (error == NULL) {
        error = was_cavage_verify(cavage, &message, rules, request.now, pool);
    }
    apr_snprintf(name, sizeof(name), "%s: %s", what, request.name);
    is_str(error == NULL ? NULL : error->detail, request.detail, name);
    if (error != NULL) {
        is_str(outcome(error), "UNAUTHENTICATED", "... the kind");
        is_str(error->pointer, "/authorization", "... the pointer");
    }
}

static void test_classic(apr_pool_t *pool)
{
    static const char *const required[] = {"(request-target)", "(created)", "(expires)", "(key-id)",
                                           NULL};
    const was_signature_rules_t rules = {.required = required, .skew = 300, .max_age = 3600};

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        check("classic 3: line", &lines[i], &rules, pool);
    }
    for (size_t i = 0; i < sizeof(coverage) / sizeof(coverage[0]); i++) {
        check("classic 3", &coverage[i], &rules, pool);
    }
    for (size_t i = 0; i < sizeof(window) / sizeof(window[0]); i++) {
        check("classic 3: window", &window[i], &rules, pool);
    }
}

/* What a protocol may choose otherwise. */
static void test_rules(apr_pool_t *pool)
{
    static const char *const host[] = {"host", NULL};
    static const char *const none[] = {NULL};
    static const char key_line[] = "(key-id): " KEY_ID;
    const struct {
        was_signature_rules_t rules;
        request_t request;
    } cases[] = {
        {{.required = host}, {"a field may be required", TEXT "get /a", .detail = LACKS("host")}},
        {{.required = host},
         {"a required field that is covered", TEXT "get /a\nhost: h", .headers = ALL " host",
          .fields = {"host", "h"}}},
        {{.required = none},
         {"the window may be unlimited", key_line, .headers = "(key-id)",
          .expires = 999999999999999}},
        {{.required = none},
         {"without a target the text is tried once", key_line, .headers = "(key-id)",
          .no_target = true}},
        {{.required = none},
         {"without a target it must verify too", "(key-id): x", .detail = NOT_GOOD,
          .headers = "(key-id)"}},
        {{.required = none, .expired_skew = 20},
         {"tolerance after the end", key_line, .headers = "(key-id)", .now = 1050}},
        {{.required = none, .expired_skew = 20},
         {"no more than the tolerance", key_line, .detail = EXPIRED, .headers = "(key-id)",
          .now = 1051}},
        {{.required = none},
         {"no tolerance ahead", key_line, .detail = IN_FUTURE, .headers = "(key-id)", .now = 999}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check("rules", &cases[i].request, &cases[i].rules, pool);
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    ok(was_crypto_init(), "crypto is ready");
    test_classic(pool);
    test_rules(pool);
    return done();
}
