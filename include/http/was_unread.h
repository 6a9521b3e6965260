/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_UNREAD_H
#define WAS_UNREAD_H

#include "http/was_protocol.h"

/*
 * was_unread: requests that httpd has refused while it read them, before any location was found and
 * any hook of ours was called. A page could not read httpd's own answer, which has no CORS, and a
 * wallet would look for a problem document in vain.
 */

/* Registers the filter that keeps httpd's page back. */
void was_unread_register(void);

/* Whether this request, whose error httpd is about to tell, was refused so and would have been for
 * a location of ours, as far as that is known by now: its path is as it came ("/" where its line is
 * too long), and its server that of the address and port, since no name was looked at. If so, its
 * configuration is that location's. False for what an ErrorDocument with a path makes of it. */
bool was_unread_is_ours(request_rec *r);

/* Answers such a request with a problem document: 400, 408, 414, or 431 (RFC 6585 section 5) where
 * httpd says 400; the connection is closed. httpd's own page goes nowhere. */
void was_unread_answer(request_rec *r, const was_protocol_t *protocol);

#endif
