/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PROOF_H
#define WAS_PROOF_H

#include "auth/was_key.h"
#include "base/was_json.h"

/*
 * was_proof: whether a capability's delegation proof was made by the key that it names. Both suites
 * of protocol/pws section 7: eddsa-jcs-2022 and Ed25519Signature2020. Knows neither the chain nor
 * whether that key may delegate.
 */

/*
 * Verifies the one capabilityDelegation proof of `capability` (an object, or an array of one) and
 * resolves its verificationMethod.
 * Errors: INVALID_BODY (no proof, several, of an unknown suite, malformed, members or contexts that
 * the suite does not allow), UNAUTHENTICATED (the key cannot be resolved, or the signature does not
 * verify), BROKEN (out of memory).
 */
WAS_CHECKED const was_error_t *was_proof_verify(const json_t *capability, was_key_t *delegator,
                                                apr_pool_t *pool);

#endif
