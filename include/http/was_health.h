/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_HEALTH_H
#define WAS_HEALTH_H

#include "http/was_respond.h"

/*
 * was_health: whether we can serve, for who watches. The same for every protocol.
 */

/* 200 `{"status":"ok"}`, whatever the database does: httpd and this module are there. Errors:
 * none. */
WAS_CHECKED const was_error_t *was_health_live(was_request_t *request, was_response_t *response);

/* 200 `{"status":"ok"}` when the database answers. Errors: those of was_db. */
WAS_CHECKED const was_error_t *was_health_get(was_request_t *request, was_response_t *response);

#endif
