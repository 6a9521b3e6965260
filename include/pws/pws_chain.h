/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_CHAIN_H
#define PWS_CHAIN_H

#include "pws/pws_state.h"

/*
 * pws_chain: the capability that a request invokes (protocol/pws sections 6 and 7), before the
 * store is asked.
 */

/* Who controls the root, if the chain is right: who signed a root, or first delegated from it. */
const char *pws_chain_controller(const was_request_t *request, const pws_state_t *state);

/* Whether the chain holds under that controller; what did once does for ever. Errors: those of
 * was_zcap_verify. */
WAS_CHECKED const was_error_t *pws_chain_verify(const was_request_t *request,
                                                const pws_state_t *state);

/* Whether the chain allows what is asked, if that controller is the right one. */
was_zcap_verdict_t pws_chain_evaluate(const was_request_t *request, const pws_state_t *state);

/* Spares the next request the verification. Only for chains of controllers of ours, or strangers
 * could fill the memory. */
void pws_chain_remember(const was_request_t *request, const pws_state_t *state);

/* How the store knows a delegation: SHA-256 of its id, a blank and its delegator, in hexadecimal;
 * and so all of a chain. In the pool. */
const char *pws_chain_hash(const was_zcap_delegation_t *delegation, apr_pool_t *pool);
const char *const *pws_chain_hashes(const was_zcap_chain_t *chain, apr_pool_t *pool);

#endif
