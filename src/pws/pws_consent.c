/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_consent: rights that the body decides: who may make a space, whose spaces are listed, who may
 * revoke. Owns the second phase of authorization. Refuses to act on what it has decided.
 */

#include "pws/pws_auth.h"

#include "http/was_protocol.h"
#include "pws/pws_chain.h"
#include "pws/pws_ids.h"

#include <apr_strings.h>

#include <string.h>

static const was_error_t *consent_missing(const was_request_t *request, const char *detail)
{
    return was_error_make(request->pool, WAS_ERROR_MISMATCH, "#/controller", "%s", detail);
}

/* Section 8.6: whether the controller that a new space names wants it. `target` is the URL whose
 * root may be invoked. */
static const was_error_t *check_consent(const was_request_t *request, const char *controller,
                                        const char *target)
{
    const pws_state_t *state = pws_state(request);

    if (!state->verified) {
        return consent_missing(request, "the signature does not verify");
    }
    if (strcmp(state->chain.root_target, target) != 0) {
        return consent_missing(request, "the capability is not rooted in the URL of this creation");
    }
    const was_error_t *error = pws_chain_verify(request, state);

    if (error != NULL) {
        return consent_missing(request, error->detail);
    }
    if (strcmp(pws_chain_controller(request, state), controller) != 0) {
        return consent_missing(request,
                               "the controller that the body names did not sign or delegate");
    }
    switch (pws_chain_evaluate(request, state)) {
    case WAS_ZCAP_ALLOWED:
        return NULL;
    case WAS_ZCAP_EXPIRED:
        return consent_missing(request, "the capability has expired");
    default:
        return consent_missing(request, "the capability does not allow this creation");
    }
}

/* What the store is to look for among what was revoked. */
static was_pws_consent_t consent_by(const was_request_t *request, const char *scope)
{
    const pws_state_t *state = pws_state(request);

    return (was_pws_consent_t){.scope = scope,
                               .delegations = pws_chain_hashes(&state->chain, request->pool),
                               .ndelegations = state->chain.ndelegations};
}

static const was_error_t *authorize_creation(was_request_t *request, const char *target)
{
    pws_state_t *state = request->state;
    pws_creation_t *creation = apr_pcalloc(request->pool, sizeof(*creation));

    WAS_TRY(pws_space_read_creation(request, creation));
    if (!state->is_onboarding) {
        WAS_TRY(check_consent(request, creation->change.controller, target));
    }
    creation->consent = consent_by(request, request->route->right == WAS_RIGHT_PUT_SPACE
                                                ? creation->id
                                                : creation->change.controller);
    state->creation = creation;
    return NULL;
}

/* Whoever may not is told of a body that could make no space as where none is: that tells nothing.
 * Of one that could, sections 8.1 and 8.6 want him to be refused in another way here than there. */
static const was_error_t *authorize_put(was_request_t *request)
{
    const pws_state_t *state = pws_state(request);
    pws_creation_t creation = {.id = NULL};

    if (!state->is_refused || request->document == NULL) {
        return NULL;
    }
    if (!state->exists) {
        return authorize_creation(request,
                                  pws_url(request, "/space/%s/meta", pws_segment(request, 1)));
    }
    WAS_TRY(pws_space_read_creation(request, &creation));
    return was_error_log(request->pool, WAS_ERROR_NOT_FOUND, "not authorized, or not there");
}

/* Whose spaces are listed; nobody's is no error. */
static void authorize_listing(was_request_t *request)
{
    pws_state_t *state = request->state;

    if (state->verified && strcmp(state->chain.root_target, pws_url(request, "/spaces/")) == 0 &&
        pws_chain_evaluate(request, state) == WAS_ZCAP_ALLOWED) {
        const was_pws_consent_t consent = consent_by(request, pws_chain_controller(request, state));

        state->lister = apr_pmemdup(request->pool, &consent, sizeof(consent));
    }
}

/* Whether the caller may revoke what was delegated in `chain` (NULL: in none that holds): the
 * space's controller, or to whom something was delegated in it. */
static bool may_revoke(const was_request_t *request, const was_zcap_chain_t *chain)
{
    const pws_state_t *state = pws_state(request);
    const char *space_url = pws_url(request, "/space/%s/", pws_segment(request, 1));
    const char *url =
        apr_pstrcat(request->pool, was_request_origin(request), request->path->target, NULL);

    /* Invoked as a root of the URL itself or of the space, by the key that signed. */
    if (state->controller == NULL || !state->verified || state->chain.ndelegations != 0 ||
        strcmp(state->action, "POST") != 0 ||
        !was_zcap_within(space_url, state->chain.root_target) ||
        !was_zcap_within(state->chain.root_target, url)) {
        return false;
    }
    return strcmp(request->caller, state->controller) == 0 ||
           (chain != NULL && was_zcap_is_held(chain, request->caller));
}

static const was_error_t *refuse_revocation(const was_request_t *request)
{
    return was_error_log(request->pool, WAS_ERROR_NOT_FOUND, "not authorized, or not there");
}

/* Who may not learns nothing, not even that the body is wrong. Only a chain that holds makes
 * somebody its holder, or any key could ask by one of its own whether there is a space. */
static const was_error_t *authorize_revocation(was_request_t *request)
{
    pws_state_t *state = request->state;
    was_pws_revocation_t *revocation = apr_pcalloc(request->pool, sizeof(*revocation));
    was_zcap_chain_t chain;
    bool is_worth = state->verified && state->controller != NULL && request->document != NULL;
    const was_error_t *error =
        is_worth ? pws_revocation_read(request, &chain, revocation) : refuse_revocation(request);

    if (!may_revoke(request, error == NULL ? &chain : NULL)) {
        return refuse_revocation(request);
    }
    if (request->document == NULL) {
        return NULL; /* the driver says what is wrong with it */
    }
    WAS_TRY(error);
    state->revocation = revocation;
    return NULL;
}

const was_error_t *pws_authorize_by_body(was_request_t *request)
{
    switch (request->route->right) {
    case WAS_RIGHT_LIST_SPACES:
        authorize_listing(request);
        return NULL;
    case WAS_RIGHT_CREATE_SPACE:
        return request->document != NULL ? authorize_creation(request, pws_url(request, "/spaces/"))
                                         : NULL;
    case WAS_RIGHT_PUT_SPACE:
        return authorize_put(request);
    case WAS_RIGHT_REVOKE:
        return authorize_revocation(request);
    default:
        return was_error_log(request->pool, WAS_ERROR_NOT_FOUND, "a right that no body decides");
    }
}
