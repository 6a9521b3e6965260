/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_authorize: what the caller may. Owns the phases of authorization (section 4, steps 7 to 9),
 * the container rule and the masking: whoever lacks the right gets the answer that an absent target
 * gets. Refuses to know what a route does with its right.
 */

#include "pws/pws_auth.h"

#include "http/was_config.h"
#include "http/was_digests.h"
#include "http/was_protocol.h"
#include "pws/pws_chain.h"
#include "pws/pws_ids.h"
#include "store/was_frozen.h"

#include <apr_strings.h>

#include <string.h>

was_grant_t pws_grant(const was_request_t *request)
{
    pws_state_t *state = request->state;

    return (was_grant_t){.space = pws_segment(request, 1),
                         .controller = state->controller,
                         .delegations = state->delegations,
                         .ndelegations = state->chain.ndelegations,
                         .invoker = request->caller,
                         .quota = request->config->quota,
                         .is_carried = &state->is_carried};
}

static bool tail_targets(const pws_state_t *state, const char *url)
{
    return strcmp(state->chain.delegations[state->chain.ndelegations - 1].target, url) == 0;
}

/* Section 8.1: what a valid chain alone is not enough for. */
static bool passes_container_rule(const was_request_t *request, const pws_state_t *state)
{
    const char *space = pws_segment(request, 1);

    if (state->chain.ndelegations == 0) {
        return true;
    }
    const was_zcap_delegation_t *tail = &state->chain.delegations[state->chain.ndelegations - 1];

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

/* What the capability is worth for the space that the URL names, before the store is asked: so the
 * time that it takes tells nothing of what is there. */
static was_zcap_verdict_t evaluate_capability(const was_request_t *request,
                                              const pws_state_t *state)
{
    const char *space_url = pws_url(request, "/space/%s/", pws_segment(request, 1));

    if (!state->verified || !was_zcap_within(space_url, state->chain.root_target)) {
        return WAS_ZCAP_REFUSED;
    }
    was_zcap_verdict_t verdict = pws_chain_evaluate(request, state);

    return passes_container_rule(request, state) ? verdict : WAS_ZCAP_REFUSED;
}

/* Section 8.2: whether the policy that counts lets anybody read. It is as long as a stranger likes,
 * up to a limit, and read for each request: no tree is made of it. */
static bool anybody_may_read(const char *policy)
{
    static const char word[] = "\"PublicCanRead\"";
    was_json_slice_t type;
    apr_size_t good;

    if (policy == NULL) {
        return false;
    }
    const was_json_slice_t text = {policy, strlen(policy)};

    return was_json_scan(text, &good) == WAS_JSON_SOUND &&
           was_json_scan_member(text, "type", &type) == 1 && type.length == sizeof(word) - 1 &&
           memcmp(type.text, word, type.length) == 0;
}

/* What is asked for, and the objects whose policies count for it. */
static const was_error_t *read_place(const was_request_t *request, was_pws_place_t *place)
{
    bool below = request->path->nsegments > 3;
    const char *collection = below ? pws_segment(request, 2) : NULL;
    const char *resource = below ? pws_segment(request, 3) : NULL;

    *place = (was_pws_place_t){.space = pws_segment(request, 1)};
    if (collection != NULL && !pws_is_reserved_collection(collection)) {
        place->collection = collection;
        if (*resource != '\0' && !pws_is_reserved_resource(resource)) {
            place->resource = resource;
        }
    }
    return pws_read_chunk(request, &place->chunk);
}

static const was_error_t *refuse_access(const was_request_t *request)
{
    return was_error_log(request->pool, WAS_ERROR_NOT_FOUND, "not authorized, or not there");
}

/* Steps 8 and 9, with what the store says. */
static const was_error_t *decide_access(was_request_t *request, pws_state_t *state,
                                        was_zcap_verdict_t verdict,
                                        const was_pws_authorization_t *authorization)
{
    if (verdict != WAS_ZCAP_REFUSED &&
        (!authorization->exists ||
         strcmp(authorization->space.controller, pws_chain_controller(request, state)) != 0)) {
        verdict = WAS_ZCAP_REFUSED;
    }
    if (verdict == WAS_ZCAP_ALLOWED && !authorization->revoked) {
        pws_chain_remember(request, state);
        return NULL;
    }
    if (request->route->right == WAS_RIGHT_READ && anybody_may_read(authorization->policy)) {
        state->is_public = true;
        return NULL;
    }
    if (verdict == WAS_ZCAP_ALLOWED) {
        return was_error_make(request->pool, WAS_ERROR_REVOKED, NULL, "the capability was revoked");
    }
    if (verdict == WAS_ZCAP_EXPIRED && !authorization->revoked) {
        return was_error_make(request->pool, WAS_ERROR_EXPIRED, NULL, "the capability has expired");
    }
    return refuse_access(request);
}

/* Asks the store, in one read, for all that decides, and for what the row lets come along. */
static const was_error_t *read_authorization(was_request_t *request, pws_state_t *state,
                                             was_zcap_verdict_t verdict,
                                             was_pws_authorization_t *authorization)
{
    was_pws_place_t place;
    was_resource_t *resource = apr_pcalloc(request->pool, sizeof(*resource));
    bool is_content = request->route->fetch == WAS_FETCH_RESOURCE;
    bool is_allowed = verdict == WAS_ZCAP_ALLOWED;
    was_pws_wanted_t wanted = {
        .controller = is_allowed ? pws_chain_controller(request, state) : NULL,
        .want = was_digests_piece(request),
        .resource = is_content ? resource : NULL,
    };
    bool fetches = is_content || (is_allowed && request->route->fetch == WAS_FETCH_SPACE);

    WAS_TRY(read_place(request, &place));
    WAS_TRY(was_pws_spaces_authorize(request->db, &place, state->delegations,
                                     state->chain.ndelegations, fetches ? &wanted : NULL,
                                     authorization, request->pool));
    state->resource = fetches && wanted.found ? resource : NULL;
    state->exists = authorization->exists;
    state->space = authorization->space;
    state->controller = authorization->space.controller;
    return NULL;
}

static const was_error_t *check_ids(const was_request_t *request)
{
    int last = request->route->right == WAS_RIGHT_REVOKE ? 1 : request->path->nsegments - 1;
    apr_int64_t chunk;

    for (int i = 1; i <= last; i++) {
        if (request->path->segments[i].length > 0) {
            WAS_TRY(pws_check_id(pws_segment(request, i), request->pool));
        }
    }
    return pws_read_chunk(request, &chunk);
}

/* A token is for spaces that are not there, and those are for who shows it. */
static const was_error_t *check_token(const was_request_t *request, const pws_state_t *state)
{
    bool is_asked = !state->exists && was_token_is_asked(request->config->token);

    return state->is_onboarding == is_asked ? NULL : pws_token_missing(request);
}

/* Whether the right is one to change something; a query is sent by POST, too. */
static bool asks_for_write(const was_request_t *request)
{
    return request->route->right != WAS_RIGHT_READ && strcmp(request->route->method, "GET") != 0;
}

/* The first phase with the store's word. */
static const was_error_t *authorize_now(was_request_t *request, pws_state_t *state,
                                        was_zcap_verdict_t verdict)
{
    was_pws_authorization_t authorization;

    WAS_TRY(read_authorization(request, state, verdict, &authorization));
    if (request->route->right == WAS_RIGHT_REVOKE) {
        return NULL; /* the second phase decides */
    }
    const was_error_t *error = decide_access(request, state, verdict, &authorization);

    state->may_write = error == NULL && asks_for_write(request);
    state->frozen = state->may_write ? authorization.frozen : WAS_FROZEN_NOT;
    if (request->route->right == WAS_RIGHT_PUT_SPACE) {
        WAS_TRY(check_token(request, state));
        /* The same: whoever may not is told what is wrong with his body as where no space is. */
        state->is_refused = error != NULL;
        return NULL;
    }
    return error;
}

const was_error_t *pws_authorize(was_request_t *request)
{
    pws_state_t *state = request->state;

    WAS_TRY(check_ids(request));
    state->delegations = pws_chain_hashes(&state->chain, request->pool);
    was_zcap_verdict_t verdict = evaluate_capability(request, state);

    if (verdict == WAS_ZCAP_ALLOWED && request->may_carry) {
        state->is_pending = true;
        state->controller = pws_chain_controller(request, state);
        return NULL;
    }
    return authorize_now(request, state, verdict);
}

/* What a write that found no row is told where the space is frozen. Its statements look at that,
 * and nothing else that they may have failed by counts then. */
static const was_error_t *tell_frozen(const was_request_t *request, const pws_state_t *state,
                                      const was_error_t *error)
{
    switch (error->kind) {
    case WAS_ERROR_NOT_FOUND:
    case WAS_ERROR_CONFLICT:
    case WAS_ERROR_PRECONDITION:
    case WAS_ERROR_QUOTA:
        return state->frozen != WAS_FROZEN_NOT ? was_frozen_refusal(state->frozen, request->pool)
                                               : error;
    default:
        return error;
    }
}

/* The end of a write whose right was there before: the space may have been frozen since, or given
 * away. */
static const was_error_t *settle_write(was_request_t *request, pws_state_t *state,
                                       const was_error_t *error)
{
    if (error->kind == WAS_ERROR_NOT_FOUND && state->frozen == WAS_FROZEN_NOT) {
        WAS_TRY(authorize_now(request, state, WAS_ZCAP_ALLOWED));
    }
    return tell_frozen(request, state, error);
}

const was_error_t *pws_authorize_open(was_request_t *request)
{
    pws_state_t *state = request->state;

    if (!state->is_pending) {
        return NULL;
    }
    state->is_pending = false;
    return authorize_now(request, state, WAS_ZCAP_ALLOWED);
}

const was_error_t *pws_settle(was_request_t *request, const was_error_t *error)
{
    pws_state_t *state = request->state;

    if (state == NULL) {
        return error;
    }
    if (!state->is_pending) {
        return error != NULL && state->may_write ? settle_write(request, state, error) : error;
    }
    if (error == NULL && state->is_carried) {
        pws_chain_remember(request, state);
        return NULL;
    }
    /* Of a database that is not there nobody learns anything. */
    if (error != NULL &&
        (error->kind == WAS_ERROR_UNAVAILABLE || error->kind == WAS_ERROR_UNCERTAIN)) {
        return error;
    }
    WAS_TRY(pws_authorize_open(request));
    /* Without an error, statements that the right has not gone into are a defect of ours. */
    return error != NULL ? tell_frozen(request, state, error)
                         : was_error_log(request->pool, WAS_ERROR_BROKEN,
                                         "nothing carried the right that the request stands on");
}
