/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Who asks, and what they hold. Owns the order of checks of section 4, the container rule and the
 * masking: whoever lacks the right gets the answer that an absent target gets. Refuses to know what
 * a route does.
 */

#include "pws/pws.h"
#include "auth/was_cavage.h"
#include "auth/was_invocation.h"

#include <apr_strings.h>

#include <string.h>

static const char *const covered[] = {
    "(key-id)", "(created)", "(expires)", "(request-target)", "host", "capability-invocation",
    NULL};
static const char *const covered_with_body[] = {
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

static const char *field(void *baton, const char *name)
{
    return was_request_field(baton, name);
}

static bool is_read(const was_request_t *request)
{
    return request->is_head || strcmp(request->method, "GET") == 0;
}

static bool has_body(const was_request_t *request)
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

/* The chain that the Capability-Invocation names. */
static const was_error_t *read_chain(const was_request_t *request, const char *value,
                                     pws_state_t *state)
{
    const was_zcap_chain_t *known;
    was_invocation_t invocation;
    json_t *capability;

    WAS_TRY(was_invocation_parse(value, &invocation, request->pool));
    state->action = invocation.action;
    if (invocation.root_id != NULL) {
        state->chain.root_id = invocation.root_id;
        state->chain.root_target = was_zcap_root_target(invocation.root_id, request->pool);
        return NULL;
    }
    state->capability = invocation.capability;
    known = was_verified_find(request->verified, invocation.capability, request->pool);
    if (known != NULL) {
        state->chain = *known;
        state->chain_verified = true;
        return NULL;
    }
    WAS_TRY(was_invocation_decode(invocation.capability, &capability, request->pool));
    return was_zcap_expand(capability, &state->chain, request->pool);
}

/* Steps 4 to 6: everything that is wrong with the headers themselves. */
static const was_error_t *read_headers(was_request_t *request, pws_state_t *state,
                                       const was_cavage_t **cavage)
{
    bool typed = was_request_field(request, "Content-Type") != NULL;
    const was_signature_rules_t rules = {
        .required = typed ? covered_with_body : covered,
        .skew = was_config_skew(request->config),
        .expired_skew = was_config_skew(request->config),
        .max_age = was_config_max_age(request->config),
    };
    const char *authorization = was_request_field(request, "Authorization");
    const char *invocation = was_request_field(request, "Capability-Invocation");
    const was_error_t *error;

    if (authorization == NULL || invocation == NULL) {
        return bad_header(request, "Authorization and Capability-Invocation come together");
    }
    WAS_TRY(was_cavage_parse(authorization, cavage, request->pool));
    error = read_chain(request, invocation, state);
    if (error != NULL) {
        return bad_header(request, error->detail);
    }
    if (!typed && has_body(request)) {
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

const was_error_t *pws_authenticate(was_request_t *request)
{
    pws_state_t *state = apr_pcalloc(request->pool, sizeof(*state));
    const was_signature_rules_t rules = {.required = covered,
                                         .skew = was_config_skew(request->config),
                                         .expired_skew = was_config_skew(request->config)};
    const char *targets[] = {request->path->target};
    const was_message_t message = {.method = request->method,
                                   .targets = targets,
                                   .ntargets = 1,
                                   .field = field,
                                   .baton = request};
    const was_cavage_t *cavage;

    request->state = state;
    if (was_request_field(request, "Authorization") == NULL &&
        was_request_field(request, "Capability-Invocation") == NULL) {
        if (is_read(request)) {
            return NULL; /* a policy may still let anybody read */
        }
        return was_error_make(request->pool, WAS_ERROR_UNSIGNED, NULL,
                              "this needs a signature and a capability");
    }
    WAS_TRY(read_headers(request, state, &cavage));
    state->is_signed = true;
    /* A signature that does not verify is no error of its own: what it asks for is refused like
     * what nobody may, or granted by a policy. */
    if (was_cavage_verify(cavage, &message, &rules, request->now, request->pool) == NULL) {
        state->verified = true;
        was_request_set_caller(request, &cavage->signature);
    }
    return NULL;
}

/* A text as an element of an array literal. */
static const char *quoted(const char *text, apr_pool_t *pool)
{
    char *copy = apr_palloc(pool, 2 * strlen(text) + 3), *to = copy;

    *to++ = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    *to++ = '"';
    *to = '\0';
    return copy;
}

/* An array literal of "id delegator" for every link. */
static const char *links_of(const was_zcap_chain_t *chain, apr_pool_t *pool)
{
    const char *list = "";
    int i;

    if (chain->ndelegations == 0) {
        return NULL;
    }
    for (i = 0; i < chain->ndelegations; i++) {
        const char *link =
            apr_pstrcat(pool, chain->delegations[i].id, " ", chain->delegations[i].delegator, NULL);

        list = apr_pstrcat(pool, list, i > 0 ? "," : "", quoted(link, pool), NULL);
    }
    return apr_pstrcat(pool, "{", list, "}", NULL);
}

/* Who controls the root, if the chain is right: who signed a root, or first delegated from it. */
static const char *claimed_controller(const was_request_t *request, const pws_state_t *state)
{
    return state->chain.ndelegations > 0 ? state->chain.delegations[0].delegator : request->caller;
}

/* Whether the chain holds under its claimed controller. What did once does for ever. */
static const was_error_t *verify_chain(const was_request_t *request, const pws_state_t *state)
{
    if (state->chain.ndelegations == 0 || state->chain_verified) {
        return NULL;
    }
    return was_zcap_verify(&state->chain, state->chain.delegations[0].delegator, request->pool);
}

/* Only chains of controllers of ours are remembered, or strangers could fill the memory. */
static void remember(const was_request_t *request, const pws_state_t *state)
{
    if (state->chain.ndelegations > 0 && !state->chain_verified) {
        was_verified_add(request->verified, state->capability, &state->chain);
    }
}

/* Whether the chain allows what is asked, if its claimed controller is the right one. */
static was_zcap_verdict_t judge(const was_request_t *request, const pws_state_t *state)
{
    bool acts = state->verified && (strcmp(state->action, request->method) == 0 ||
                                    (request->is_head && strcmp(state->action, "GET") == 0));
    was_zcap_use_t use = {
        .action = state->action,
        .invoker = request->caller,
        .now = request->now,
        .root_controller = claimed_controller(request, state),
    };

    if (!acts || verify_chain(request, state) != NULL) {
        return WAS_ZCAP_REFUSED;
    }
    use.url = apr_pstrcat(request->pool, was_request_origin(request), request->path->target, NULL);
    use.created = request->signature->created;
    return was_zcap_allows(&state->chain, &use);
}

static bool tail_targets(const pws_state_t *state, const char *url)
{
    return strcmp(state->chain.delegations[state->chain.ndelegations - 1].target, url) == 0;
}

/* Section 8.1: what a valid chain alone is not enough for. */
static bool container_rule(const was_request_t *request, const pws_state_t *state)
{
    const char *space = pws_segment(request, 1);
    const was_zcap_delegation_t *tail;

    if (state->chain.ndelegations == 0) {
        return true;
    }
    tail = &state->chain.delegations[state->chain.ndelegations - 1];
    switch (request->route->right) {
    case WAS_RIGHT_PUT_SPACE:
    case WAS_RIGHT_CONTROLLER_ONLY:
        return false;
    case WAS_RIGHT_DELETE_SPACE:
        return tail_targets(state, pws_url(request, "/space/%s/", space)) && tail->nactions == 1 &&
               strcmp(tail->actions[0], "DELETE") == 0;
    case WAS_RIGHT_PUT_COLLECTION:
        return tail_targets(state, pws_url(request, "/space/%s/", space)) ||
               tail_targets(state,
                            pws_url(request, "/space/%s/%s/", space, pws_segment(request, 2)));
    default:
        return true;
    }
}

/* Section 8.2: whether the policy that counts lets anybody read. */
static bool anybody_may_read(const was_request_t *request, const char *policy)
{
    json_t *document;

    return policy != NULL &&
           was_json_parse_object(policy, strlen(policy), &document, request->pool) == NULL &&
           json_is_string(json_object_get(document, "type")) &&
           strcmp(json_string_value(json_object_get(document, "type")), "PublicCanRead") == 0;
}

/* The objects whose policies count for what is read. */
static was_policy_key_t policy_key(const was_request_t *request)
{
    const was_path_t *path = request->path;
    was_policy_key_t key = {NULL, NULL};
    const char *collection = path->nsegments > 3 ? pws_segment(request, 2) : NULL;
    const char *resource = path->nsegments > 3 ? pws_segment(request, 3) : NULL;

    if (collection != NULL && !pws_is_reserved_collection(collection)) {
        key.collection = collection;
        if (*resource != '\0' && !pws_is_reserved_resource(resource)) {
            key.path = apr_pstrcat(request->pool, "/", collection, "/", resource, NULL);
        }
    }
    return key;
}

static const was_error_t *refuse(const was_request_t *request)
{
    return was_error_log(request->pool, WAS_ERROR_NOT_FOUND, "not authorized, or not there");
}

/* What the capability is worth for the space that the URL names, before the store is asked: so the
 * time that it takes tells nothing of what is there. */
static was_zcap_verdict_t appraise(const was_request_t *request, const pws_state_t *state)
{
    const char *space_url = pws_url(request, "/space/%s/", pws_segment(request, 1));
    was_zcap_verdict_t verdict;

    if (!state->is_signed || !was_zcap_within(space_url, state->chain.root_target)) {
        return WAS_ZCAP_REFUSED;
    }
    verdict = judge(request, state);
    return container_rule(request, state) ? verdict : WAS_ZCAP_REFUSED;
}

/* Steps 8 and 9, with what the store says. */
static const was_error_t *decide(was_request_t *request, const pws_state_t *state,
                                 was_zcap_verdict_t verdict, const was_standing_t *standing)
{
    if (verdict != WAS_ZCAP_REFUSED &&
        (standing->controller == NULL ||
         strcmp(standing->controller, claimed_controller(request, state)) != 0)) {
        verdict = WAS_ZCAP_REFUSED;
    }
    if (verdict == WAS_ZCAP_ALLOWED && !standing->revoked) {
        remember(request, state);
        return NULL;
    }
    if (request->route->right == WAS_RIGHT_READ && anybody_may_read(request, standing->policy)) {
        return NULL;
    }
    if (verdict == WAS_ZCAP_ALLOWED) {
        return was_error_make(request->pool, WAS_ERROR_REVOKED, NULL, "the capability was revoked");
    }
    if (verdict == WAS_ZCAP_EXPIRED && !standing->revoked) {
        return was_error_make(request->pool, WAS_ERROR_EXPIRED, NULL, "the capability has expired");
    }
    return refuse(request);
}

/* Asks the store, in one look, for all that decides, and for the resource that a read is about. */
static const was_error_t *look(was_request_t *request, pws_state_t *state,
                               was_zcap_verdict_t verdict, was_standing_t *standing)
{
    was_policy_key_t key = policy_key(request);
    was_resource_t *resource = apr_pcalloc(request->pool, sizeof(*resource));
    was_wanted_t wanted = {
        .controller = claimed_controller(request, state),
        .want = request->is_head ? 0 : WAS_PIECE_BYTES,
        .resource = resource,
    };
    bool brings = verdict == WAS_ZCAP_ALLOWED && request->route->fetch == WAS_FETCH_RESOURCE;

    WAS_TRY(was_policies_look(request->db, pws_segment(request, 1), state->links, &key,
                              brings ? &wanted : NULL, standing, request->pool));
    state->resource = brings && wanted.found ? resource : NULL;
    return NULL;
}

static const was_error_t *check_ids(const was_request_t *request)
{
    int last = request->route->right == WAS_RIGHT_REVOKE ? 1 : request->path->nsegments - 1;
    int i;

    for (i = 1; i <= last; i++) {
        if (request->path->segments[i].length > 0) {
            WAS_TRY(pws_check_id(pws_segment(request, i), request->pool));
        }
    }
    return NULL;
}

const was_error_t *pws_authorize(was_request_t *request)
{
    pws_state_t *state = request->state;
    was_zcap_verdict_t verdict;
    was_standing_t standing;

    WAS_TRY(check_ids(request));
    if (request->route->right == WAS_RIGHT_LIST_SPACES ||
        request->route->right == WAS_RIGHT_CREATE_SPACE) {
        return NULL; /* decided by the handler: there is no space yet */
    }
    state->links = links_of(&state->chain, request->pool);
    verdict = appraise(request, state);
    WAS_TRY(look(request, state, verdict, &standing));
    state->exists = standing.controller != NULL;
    state->controller = standing.controller;
    if (request->route->right == WAS_RIGHT_REVOKE ||
        (request->route->right == WAS_RIGHT_PUT_SPACE && !state->exists)) {
        return NULL; /* decided by the handler, by what the body says */
    }
    return decide(request, state, verdict, &standing);
}

const was_error_t *pws_authorize_by_body(was_request_t *request)
{
    const was_zcap_chain_t none = {0};

    /* Who may not revoke learns nothing, not even that the body is no document. What a document
     * says is decided by the handlers. */
    if (request->route->right == WAS_RIGHT_REVOKE && request->document == NULL &&
        !pws_may_revoke(request, &none)) {
        return refuse(request);
    }
    return NULL;
}

static const was_error_t *mismatch(const was_request_t *request, const char *detail)
{
    return was_error_make(request->pool, WAS_ERROR_MISMATCH, "#/controller", "%s", detail);
}

const was_error_t *pws_consent(const was_request_t *request, const char *controller,
                               const char *target)
{
    const pws_state_t *state = pws_state(request);
    const was_error_t *error;

    if (!state->verified) {
        return mismatch(request, "the signature does not verify");
    }
    if (strcmp(state->chain.root_target, target) != 0) {
        return mismatch(request, "the capability is not rooted in the URL of this creation");
    }
    error = verify_chain(request, state);
    if (error != NULL) {
        return mismatch(request, error->detail);
    }
    if (strcmp(claimed_controller(request, state), controller) != 0) {
        return mismatch(request, "the controller that the body names did not sign or delegate");
    }
    switch (judge(request, state)) {
    case WAS_ZCAP_ALLOWED:
        return NULL;
    case WAS_ZCAP_EXPIRED:
        return mismatch(request, "the capability has expired");
    default:
        return mismatch(request, "the capability does not allow this creation");
    }
}

const char *pws_lister(const was_request_t *request)
{
    const pws_state_t *state = pws_state(request);

    if (!state->verified || strcmp(state->chain.root_target, pws_url(request, "/spaces/")) != 0) {
        return NULL;
    }
    return judge(request, state) == WAS_ZCAP_ALLOWED ? claimed_controller(request, state) : NULL;
}
