/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_AUTH_H
#define PWS_AUTH_H

#include "pws/pws_state.h"

/*
 * pws_auth: the phases of a request of Portable Web Spaces, from who asks to what it may, in the
 * order in which the driver has them run.
 */

/* Sections 4 (steps 2 to 6) and 5: who asks, and with what. Errors: UNSIGNED, UNAUTHENTICATED,
 * MISSING_TYPE. */
WAS_CHECKED const was_error_t *pws_authenticate(was_request_t *request);

/* UNSIGNED, to who makes a space without the token that is asked for, or shows it for something
 * else. */
WAS_CHECKED const was_error_t *pws_token_missing(const was_request_t *request);

/*
 * Sections 4 (steps 7 to 9), 6.4 and 8: the first phase, all that is known before the body. A right
 * that the row lets its statements carry is not asked for here: pws_settle does.
 * Errors: INVALID_ID, UNSIGNED (a space that is to be made, or is not, without the token or with
 * it), NOT_FOUND, EXPIRED, REVOKED, and those of was_db.
 */
WAS_CHECKED const was_error_t *pws_authorize(was_request_t *request);

/* Asks for a right that statements were to carry, and do not, or have not found: by a policy,
 * anybody may read. Nothing where none is open. Errors: those of pws_authorize. */
WAS_CHECKED const was_error_t *pws_authorize_open(was_request_t *request);

/*
 * The second phase, of the rights that the body decides (sections 8.5, 8.6 and 10.2): creating a
 * space, listing, revoking.
 * Errors: NOT_FOUND; INVALID_BODY, INVALID_ID, MISMATCH for a creation.
 */
WAS_CHECKED const was_error_t *pws_authorize_by_body(was_request_t *request);

/*
 * The end of a request whose statements were to carry the right: `error` is what became of it. What
 * did carry it is done; a write that found its space frozen is told so; whatever else was wrong is
 * told to nobody who lacks the right.
 * Errors: those of pws_authorize, FROZEN, or `error`.
 */
WAS_CHECKED const was_error_t *pws_settle(was_request_t *request, const was_error_t *error);

/* Sections 8.5 and 10.1: what bodies say. The first takes the document in the request; see
 * pws_authorize_by_body for who calls when. Errors: INVALID_BODY, INVALID_ID. */
WAS_CHECKED const was_error_t *pws_space_read_creation(was_request_t *request,
                                                       pws_creation_t *creation);
WAS_CHECKED const was_error_t *pws_revocation_read(const was_request_t *request,
                                                   was_zcap_chain_t *chain,
                                                   was_pws_revocation_t *revocation);

#endif
