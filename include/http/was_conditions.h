/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CONDITIONS_H
#define WAS_CONDITIONS_H

#include "http/was_request.h"

/*
 * was_conditions: the preconditions of a write (RFC 9110 section 13), read from the request for the
 * statement that decides them. Conditions of reads are httpd's (ap_meets_conditions).
 */

/*
 * If-Match, If-None-Match and If-Unmodified-Since. A weak validator never matches an If-Match
 * (section 13.1.1); one that is not of our making matches nothing.
 * Errors: MALFORMED, pointer "/precondition": a list that is not one of entity tags or `*`.
 */
WAS_CHECKED const was_error_t *was_conditions_read(const was_request_t *request,
                                                   was_conditions_t *conditions);

#endif
