/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* pws_authenticate: what a request may cost before anybody has proven anything. A real request, and
 * what of it differs; how often a signature is checked and a capability unpacked, counted. */
#include "zcap.h"

#include "auth/was_cavage.h"
#include "auth/was_invocation.h"
#include "base/was_ascii.h"

static int verifications;
static int unpackings;

static const was_error_t *count_verify(const was_cavage_t *cavage, const was_message_t *message,
                                       const was_signature_rules_t *rules, apr_int64_t now,
                                       apr_pool_t *pool)
{
    verifications++;
    return was_cavage_verify(cavage, message, rules, now, pool);
}

static const was_error_t *count_decode(const char *text, json_t **capability, apr_pool_t *pool)
{
    unpackings++;
    return was_invocation_decode(text, capability, pool);
}

/* The room itself. */
#define was_cavage_verify count_verify
#define was_invocation_decode count_decode
#include "../../src/pws/pws_authenticate.c"
#undef was_cavage_verify
#undef was_invocation_decode

static const json_t *vector; /* whose request it is */
static const char *spoiled;  /* a field that has another value */
static const char *spoiled_to;

const char *was_request_field(const was_request_t *request, const char *name)
{
    char *lower = apr_pstrdup(request->pool, name);

    for (char *at = lower; *at != '\0'; at++) {
        *at = was_ascii_lower(*at);
    }
    return strcmp(lower, spoiled) == 0
               ? spoiled_to
               : json_string_value(json_object_get(json_object_get(vector, "headers"), lower));
}

void was_request_answer_field(const was_request_t *request, const char *name, const char *value)
{
    (void)request, (void)name, (void)value;
}

const char *was_request_origin(const was_request_t *request)
{
    return apr_pstrcat(request->pool, "http://", was_request_field(request, "host"), NULL);
}

void was_request_set_caller(was_request_t *request, const was_signature_t *signature)
{
    request->signature = signature;
    request->caller = signature->signer.did;
}

apr_int64_t was_config_skew(const was_config_t *config)
{
    (void)config;
    return 300;
}

apr_int64_t was_config_max_age(const was_config_t *config)
{
    (void)config;
    return 3600;
}

/* A capability that is a few letters, and text without end when it is unpacked. */
#define DAMAGED "zcap capability=\"H4sI\",action=\"GET\""

static const struct {
    const char *name;
    const char *field; /* that has another value; "": none */
    const char *value; /* "~": its own, with a bit of the signature turned */
    apr_int64_t later; /* seconds after the request was signed */
    const char *outcome;
    bool verified;
    int verifications, unpackings;
} cases[] = {
    {"a good one", "", NULL, 10, "fine", true, 1, 1},
    {"a bad signature", "authorization", "~", 10, "fine", false, 1, 0},
    {"another capability than was signed", "capability-invocation", DAMAGED, 10, "fine", false, 1,
     0},
    {"another host than was signed", "host", "example.com", 10, "fine", false, 1, 0},
    {"an expired signature", "", NULL, 10000, "UNAUTHENTICATED", false, 1, 0},
    {"a signature of tomorrow", "", NULL, -1000, "UNAUTHENTICATED", false, 1, 0},
    {"no signature", "authorization", NULL, 10, "UNAUTHENTICATED", false, 0, 0},
    {"no capability", "capability-invocation", NULL, 10, "UNAUTHENTICATED", false, 0, 0},
    {"no parameters", "capability-invocation", "zcap x", 10, "UNAUTHENTICATED", false, 0, 0},
};

/* The value of Authorization, wrong by a bit. */
static const char *turn_bit(const char *authorization, apr_pool_t *pool)
{
    char *text = apr_pstrdup(pool, authorization);
    char *at = strstr(text, "signature=\"") + strlen("signature=\"");

    *at = *at == 'A' ? 'B' : 'A';
    return text;
}

static void check_case(size_t i, const was_path_t *path, apr_pool_t *pool)
{
    const json_t *parameters = json_object_get(vector, "signatureParams");
    const char *created = json_string_value(json_object_get(parameters, "created"));
    static const was_route_t route = {.right = WAS_RIGHT_READ};
    was_request_t request = {.pool = pool,
                             .route = &route,
                             .method = "GET",
                             .path = path,
                             .now = apr_atoi64(created) + cases[i].later};

    spoiled = "";
    spoiled_to = cases[i].value;
    if (spoiled_to != NULL && strcmp(spoiled_to, "~") == 0) {
        spoiled_to = turn_bit(was_request_field(&request, "authorization"), pool);
    }
    spoiled = cases[i].field;
    verifications = unpackings = 0;
    is_str(outcome(pws_authenticate(&request)), cases[i].outcome, cases[i].name);
    is_int(pws_state(&request)->verified, cases[i].verified, "... whether it is proven");
    is_int(verifications, cases[i].verifications, "... signatures checked");
    is_int(unpackings, cases[i].unpackings, "... capabilities unpacked");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    const was_path_t *path = NULL;

    ok(was_crypto_init(), "crypto is ready");
    vector = load_vector("05-delegated-GET-jcs-space-rooted.explained.json", pool);
    const char *line = json_string_value(json_object_get(vector, "requestLine"));
    const char *target = strchr(line, '/');

    ok(was_path_parse(apr_pstrmemdup(pool, target, strcspn(target, " ")), "", &path, pool) == NULL,
       "a path");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_case(i, path, pool);
    }
    return done();
}
