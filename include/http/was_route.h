/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ROUTE_H
#define WAS_ROUTE_H

#include "http/was_protocol.h"

/*
 * was_route: the one driver that every request goes through:
 *
 *   target -> path -> row -> method -> authenticate -> what must be known before the body
 *   -> authorize -> replay guard -> body -> document -> authorize by the body -> preconditions
 *   -> handler -> respond
 *
 * A handler is called with a parsed request whose right was decided as its row demands, and returns
 * an error or a response value. It cannot answer without the driver, nor before it.
 */

/* Answers the request by the protocol's table. The return value is a handler's. */
int was_route_handle(request_rec *r, const was_protocol_t *protocol);

#endif
