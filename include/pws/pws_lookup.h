/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_LOOKUP_H
#define PWS_LOOKUP_H

#include "http/was_respond.h"

/*
 * pws_lookup: the query of a collection by a blinded index (protocol/pws section 13.4).
 */

enum { PWS_LOOKUP_MAX_GROUPS = 64, PWS_LOOKUP_MAX_TERMS = 256 };

/* Answers the query that the body is. One that is found and has more than WAS_PIECE_BYTES is read
 * from the store while it is sent, alone on its page. Errors: INVALID_BODY, INVALID_CURSOR, and
 * those of was_pws_terms. */
WAS_CHECKED const was_error_t *pws_lookup_post(was_request_t *request, was_response_t *response);

#endif
