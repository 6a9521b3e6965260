/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_authenticate: who asks, and what they hold. Owns what a signature must cover and everything
 * that can be wrong with the headers themselves (section 4, steps 2 to 6). Refuses to know what the
 * caller may.
 */

#include "pws/pws_auth.h"

#include "auth/was_cavage.h"
#include "auth/was_invocation.h"
#include "http/was_config.h"
#include "http/was_protocol.h"

#include <apr_strings.h>

#include <string.h>

static const char *const covered_fields[] = {
    "(key-id)", "(created)", "(expires)", "(request-target)", "host", "capability-invocation",
    NULL};
static const char *const covered_fields_with_body[] = {
    "(key-id)",     "(created)", "(expires)", "(request-target)", "host", "capability-invocation",
    "content-type", "digest",    NULL};

const pws_state_t *pws_state(const was_request_t *request)
{
    return request->state;
}

static const was_error_t *bad_header(const was_request_t *request, const char *detail)
{
    return was_error_make(request->pool, WAS_ERROR_UNAUTHENTICATED, "/authorization", "%s", detail);
}

static const char *read_field(void *baton, const char *name)
{
    return was_request_field(baton, name);
}

static bool is_safe_method(const was_request_t *request)
{
    return request->is_head || strcmp(request->method, "GET") == 0;
}

static bool announces_body(const was_request_t *request)
{
    const char *length = was_request_field(request, "Content-Length");

    return was_request_field(request, "Transfer-Encoding") != NULL ||
           (length != NULL && strcmp(length, "0") != 0);
}

/* What a Host must be: that of the public origin. */
static bool host_is_ours(const was_request_t *request)
{
    const char *origin = was_request_origin(request);
    const char *host = was_request_field(request, "Host");
    const char *authority = strstr(origin, "://");

    return host != NULL && authority != NULL && strcmp(authority + 3, host) == 0;
}

/* What the Capability-Invocation names, as far as it can be read without unpacking anything. */
static const was_error_t *read_invocation(const was_request_t *request, const char *value,
                                          pws_state_t *state)
{
    was_invocation_t invocation;

    WAS_TRY(was_invocation_parse(value, &invocation, request->pool));
    state->action = invocation.action;
    state->capability = invocation.capability;
    if (invocation.root_id != NULL) {
        state->chain.root_id = invocation.root_id;
        state->chain.root_target = was_zcap_root_target(invocation.root_id, request->pool);
    }
    return NULL;
}

/* The chain of a capability that was sent along. */
static const was_error_t *read_chain(const was_request_t *request, pws_state_t *state)
{
    const was_zcap_chain_t *known =
        was_verified_find(request->verified, state->capability, request->pool);
    json_t *capability;

    if (known != NULL) {
        state->chain = *known;
        state->chain_verified = true;
        return NULL;
    }
    WAS_TRY(was_invocation_decode(state->capability, &capability, request->pool));
    return was_zcap_expand(capability, &state->chain, request->pool);
}

/* Whether the signature is good, and by these rules in time. */
static bool is_proven(was_request_t *request, const was_cavage_t *cavage,
                      const was_signature_rules_t *rules)
{
    const char *targets[] = {request->path->target};
    const was_message_t message = {.method = request->method,
                                   .targets = targets,
                                   .ntargets = 1,
                                   .field = read_field,
                                   .baton = request};

    return was_cavage_verify(cavage, &message, rules, request->now, request->pool) == NULL;
}

/* Steps 4 to 6: everything that is wrong with the headers themselves. */
static const was_error_t *read_headers(was_request_t *request, pws_state_t *state,
                                       const was_cavage_t **cavage)
{
    bool typed = was_request_field(request, "Content-Type") != NULL;
    const was_signature_rules_t rules = {
        .required = typed ? covered_fields_with_body : covered_fields,
        .skew = was_config_skew(request->config),
        .expired_skew = was_config_skew(request->config),
        .max_age = was_config_max_age(request->config),
    };
    const char *authorization = was_request_field(request, "Authorization");
    const char *invocation = was_request_field(request, "Capability-Invocation");

    if (authorization == NULL) {
        return bad_header(request, "a Capability-Invocation needs an Authorization");
    }
    if (invocation == NULL) {
        return bad_header(request, "this is Portable Web Spaces: an Authorization needs a "
                                   "Capability-Invocation; the classic protocol, which has none, "
                                   "is not spoken here");
    }
    WAS_TRY(was_cavage_parse(authorization, cavage, request->pool));
    const was_error_t *error = read_invocation(request, invocation, state);

    state->verified = error == NULL && is_proven(request, *cavage, &rules);
    /* A few letters may unpack to a lot: not for somebody who has proven nothing. */
    if (state->verified && state->capability != NULL) {
        error = read_chain(request, state);
    }
    if (error != NULL) {
        return bad_header(request, error->detail);
    }
    if (!typed && announces_body(request)) {
        return was_error_make(request->pool, WAS_ERROR_MISSING_TYPE, NULL,
                              "a body needs a Content-Type");
    }
    if (typed && was_request_field(request, "Digest") == NULL) {
        return bad_header(request, "a body needs a Digest");
    }
    if (!host_is_ours(request)) {
        return bad_header(request, "the Host is not the one of this server");
    }
    return was_signature_check(&(*cavage)->signature, &rules, request->now, request->pool);
}

/* Whether the request can make a space, and has to show the token of who may. */
static bool is_token_asked(const was_request_t *request)
{
    was_right_t right = request->route->right;

    return (right == WAS_RIGHT_CREATE_SPACE || right == WAS_RIGHT_PUT_SPACE) &&
           was_token_is_asked(request->config->token);
}

/* pws-next E.2: who shows the token signs nothing. Where the space may be there already, who shows
 * none is told so when it is known. */
static const was_error_t *read_token(const was_request_t *request, pws_state_t *state)
{
    const char *authorization = was_request_field(request, "Authorization");
    bool is_bearer = was_token_is_bearer(authorization) &&
                     was_request_field(request, "Capability-Invocation") == NULL;

    state->is_onboarding = is_bearer && was_token_is_shown(request->config->token, authorization);
    if (!state->is_onboarding && (is_bearer || request->route->right == WAS_RIGHT_CREATE_SPACE)) {
        return pws_token_missing(request);
    }
    if (state->is_onboarding && announces_body(request) &&
        was_request_field(request, "Content-Type") == NULL) {
        return was_error_make(request->pool, WAS_ERROR_MISSING_TYPE, NULL,
                              "a body needs a Content-Type");
    }
    return NULL;
}

const was_error_t *pws_token_missing(const was_request_t *request)
{
    was_request_answer_field(request, "WWW-Authenticate", "Bearer, Signature");
    return was_error_make(request->pool, WAS_ERROR_UNSIGNED, NULL,
                          "to make a space here, show this server's onboarding token; to update "
                          "one, sign as its controller");
}

const was_error_t *pws_authenticate(was_request_t *request)
{
    pws_state_t *state = apr_pcalloc(request->pool, sizeof(*state));
    const was_cavage_t *cavage;

    request->state = state;
    if (is_token_asked(request)) {
        WAS_TRY(read_token(request, state));
        if (state->is_onboarding) {
            return NULL;
        }
    }
    if (was_request_field(request, "Authorization") == NULL &&
        was_request_field(request, "Capability-Invocation") == NULL) {
        if (is_safe_method(request)) {
            return NULL; /* a policy may still let anybody read */
        }
        return was_error_make(request->pool, WAS_ERROR_UNSIGNED, NULL,
                              "this needs a signature and a capability");
    }
    WAS_TRY(read_headers(request, state, &cavage));
    /* A signature that does not verify is no error of its own: what it asks for is refused like
     * what nobody may, or granted by a policy. */
    if (state->verified) {
        was_request_set_caller(request, &cavage->signature);
    }
    return NULL;
}
