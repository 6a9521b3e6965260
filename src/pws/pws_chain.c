/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_chain: the capability that a request invokes, as far as it can be looked at without the
 * store. Owns what has to be known of a request to evaluate it. Refuses to know whether its
 * controller is the one that the store has.
 */

#include "pws/pws_chain.h"

#include "auth/was_crypto.h"
#include "base/was_encoding.h"

#include <apr_strings.h>

#include <string.h>

const char *pws_chain_hash(const was_zcap_delegation_t *delegation, apr_pool_t *pool)
{
    const char *text = apr_pstrcat(pool, delegation->id, " ", delegation->delegator, NULL);
    unsigned char digest[WAS_SHA256_BYTES];
    char *hash = apr_palloc(pool, 2 * WAS_SHA256_BYTES + 1);

    was_crypto_sha256(text, strlen(text), digest);
    was_hex_encode(digest, WAS_SHA256_BYTES, hash);
    return hash;
}

const char *const *pws_chain_hashes(const was_zcap_chain_t *chain, apr_pool_t *pool)
{
    const char **hashes =
        apr_pcalloc(pool, sizeof(*hashes) * ((apr_size_t)chain->ndelegations + 1));

    for (int i = 0; i < chain->ndelegations; i++) {
        hashes[i] = pws_chain_hash(&chain->delegations[i], pool);
    }
    return hashes;
}

const char *pws_chain_controller(const was_request_t *request, const pws_state_t *state)
{
    return state->chain.ndelegations > 0 ? state->chain.delegations[0].delegator : request->caller;
}

const was_error_t *pws_chain_verify(const was_request_t *request, const pws_state_t *state)
{
    if (state->chain.ndelegations == 0 || state->chain_verified) {
        return NULL;
    }
    return was_zcap_verify(&state->chain, state->chain.delegations[0].delegator, request->pool);
}

void pws_chain_remember(const was_request_t *request, const pws_state_t *state)
{
    if (state->chain.ndelegations > 0 && !state->chain_verified) {
        was_verified_add(request->verified, state->capability, &state->chain);
    }
}

was_zcap_verdict_t pws_chain_evaluate(const was_request_t *request, const pws_state_t *state)
{
    bool acts = state->verified && (strcmp(state->action, request->method) == 0 ||
                                    (request->is_head && strcmp(state->action, "GET") == 0));
    was_zcap_use_t use = {
        .action = state->action,
        .invoker = request->caller,
        .now = request->now,
        .root_controller = pws_chain_controller(request, state),
    };

    if (!acts || pws_chain_verify(request, state) != NULL) {
        return WAS_ZCAP_REFUSED;
    }
    use.url = apr_pstrcat(request->pool, was_request_origin(request), request->path->target, NULL);
    use.created = request->signature->created;
    return was_zcap_allows(&state->chain, &use);
}
