/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CORS_H
#define WAS_CORS_H

#include "http/was_request.h"

/*
 * was_cors: what a page of another origin may see (Fetch standard, CORS protocol). Requests carry
 * signatures, not cookies, so credentials are never allowed and any origin may be.
 */

/* Adds the fields that every answer has; once. */
void was_cors_answer(const was_request_t *request);

/* Adds those that a preflight asks for besides. They are the same for every target, so that a page
 * gets to read why a request is refused. */
void was_cors_preflight(const was_request_t *request);

#endif
