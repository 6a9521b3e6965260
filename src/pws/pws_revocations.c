/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_revocations: what is to be revoked (section 8.5), read from a body and handed to the store.
 * Owns for how long a revocation is remembered. Who may revoke is pws_consent's.
 */

#include "pws/pws.h"

#include "pws/pws_auth.h"
#include "pws/pws_chain.h"
#include "pws/pws_ids.h"
#include "store/pws/was_pws_revocations.h"

#include <string.h>

enum { DAY = 24 * 3600 };

static const was_error_t *bad_capability(const was_request_t *request, const char *detail)
{
    return was_error_make(request->pool, WAS_ERROR_INVALID_BODY, NULL, "%s", detail);
}

/* The capability that the URL names, rooted in this space, by a chain that holds. */
static const was_error_t *check_capability(const was_request_t *request,
                                           const was_zcap_chain_t *chain)
{
    const char *root = pws_url(request, "/space/%s/", pws_segment(request, 1));

    if (strcmp(chain->delegations[chain->ndelegations - 1].id, pws_segment(request, 4)) != 0) {
        return bad_capability(request, "the capability is not the one that the URL names");
    }
    if (strcmp(chain->root_target, root) != 0) {
        return bad_capability(request, "the capability is not rooted in this space");
    }
    const was_error_t *error =
        was_zcap_verify(chain, pws_state(request)->controller, request->pool);

    return error != NULL ? bad_capability(request, error->detail) : NULL;
}

const was_error_t *pws_revocation_read(const was_request_t *request, was_zcap_chain_t *chain,
                                       pws_revocation_t *revocation)
{
    const was_error_t *error = was_zcap_expand(request->document, chain, request->pool);

    if (error != NULL) {
        return bad_capability(request, error->detail);
    }
    WAS_TRY(check_capability(request, chain));
    const was_zcap_delegation_t *tail = &chain->delegations[chain->ndelegations - 1];

    revocation->delegation = pws_chain_hash(tail, request->pool);
    revocation->keep_until = apr_time_sec(tail->expires) + DAY;
    return NULL;
}

const was_error_t *pws_revocations_post(was_request_t *request, was_response_t *response)
{
    const pws_state_t *state = pws_state(request);
    const was_grant_t grant = pws_grant(request);
    const was_pws_revocation_t revocation = {
        .delegation = state->revocation->delegation,
        .keep_until = state->revocation->keep_until,
        .by_controller = strcmp(request->caller, state->controller) == 0,
    };

    response->answer = WAS_ANSWER_NO_CONTENT;
    return was_pws_revocations_add(request->db, &grant, &revocation, request->pool);
}
