/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_revocations: what is to be revoked (section 8.5), read from a body and handed to the store.
 * Owns for how long a revocation is remembered. Who may revoke is pws_consent's.
 */

#include "pws/pws.h"

#include "auth/was_crypto.h"
#include "base/was_encoding.h"
#include "pws/pws_auth.h"
#include "pws/pws_chain.h"
#include "pws/pws_ids.h"

#include <string.h>

enum { DAY = 24 * 3600 };

static const was_error_t *bad_capability(const was_request_t *request, const char *detail)
{
    return was_error_make(request->pool, WAS_ERROR_INVALID_BODY, NULL, "%s", detail);
}

/* Whether the URL's last segment is the capability's id, or the SHA-256 of that in hexadecimal, for
 * ids that no URL can carry: too long for one, or with a `/../` in them. */
static bool names_capability(const char *segment, const char *id)
{
    unsigned char digest[WAS_SHA256_BYTES];
    char hash[2 * WAS_SHA256_BYTES + 1];

    was_crypto_sha256(id, strlen(id), digest);
    was_hex_encode(digest, sizeof(digest), hash);
    return strcmp(segment, id) == 0 || strcmp(segment, hash) == 0;
}

/* What the root is in: this space, or, where spaces are made and listed, all of its controller's;
 * NULL for elsewhere. */
static const char *scope_of(const was_request_t *request, const was_zcap_chain_t *chain)
{
    const char *space = pws_segment(request, 1);

    if (was_zcap_within(pws_url(request, "/space/%s/", space), chain->root_target)) {
        return space;
    }
    return strcmp(chain->root_target, pws_url(request, "/spaces/")) == 0
               ? pws_state(request)->controller
               : NULL;
}

/* The capability that the URL names, of this space's controller, by a chain that holds. */
static const was_error_t *check_capability(const was_request_t *request,
                                           const was_zcap_chain_t *chain)
{
    const was_zcap_delegation_t *tail = &chain->delegations[chain->ndelegations - 1];

    if (!names_capability(pws_segment(request, 4), tail->id)) {
        return bad_capability(request, "the capability is not the one that the URL names");
    }
    if (scope_of(request, chain) == NULL) {
        return bad_capability(request, "the capability is not rooted in this space");
    }
    const was_error_t *error =
        was_zcap_verify(chain, pws_state(request)->controller, request->pool);

    if (error != NULL) {
        return bad_capability(request, error->detail);
    }
    /* Nor is it good for anything before: else it could have us remember it for ever. */
    if (apr_time_sec(tail->created) > request->now + WAS_ZCAP_SKEW) {
        return bad_capability(request, "the capability can be revoked when its proof's time is "
                                       "there");
    }
    return NULL;
}

const was_error_t *pws_revocation_read(const was_request_t *request, was_zcap_chain_t *chain,
                                       was_pws_revocation_t *revocation)
{
    const was_error_t *error = was_zcap_expand(request->document, chain, request->pool);

    if (error != NULL) {
        return bad_capability(request, error->detail);
    }
    WAS_TRY(check_capability(request, chain));
    const was_zcap_delegation_t *tail = &chain->delegations[chain->ndelegations - 1];

    revocation->scope = scope_of(request, chain);
    revocation->delegation = pws_chain_hash(tail, request->pool);
    revocation->keep_until = apr_time_sec(was_zcap_end(tail)) + DAY;
    return NULL;
}

const was_error_t *pws_revocations_post(was_request_t *request, was_response_t *response)
{
    const pws_state_t *state = pws_state(request);
    const was_grant_t grant = pws_grant(request);
    const was_pws_revocation_t revocation = {
        .scope = state->revocation->scope,
        .delegation = state->revocation->delegation,
        .keep_until = state->revocation->keep_until,
        .by_controller = strcmp(request->caller, state->controller) == 0,
    };

    response->answer = WAS_ANSWER_NO_CONTENT;
    return was_pws_revocations_add(request->db, &grant, &revocation, request->pool);
}
