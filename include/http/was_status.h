/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_STATUS_H
#define WAS_STATUS_H

#include "http/was_metrics.h"
#include "http/was_protocol.h"

#include <httpd.h>

/*
 * was_status: what this httpd has done and is doing, as numbers, for whoever operates it. All
 * children and virtual hosts together; no name, path or DID of a client is in any of it.
 */

/*
 * Readies the numbers, for the routes of these protocols. Once for each configuration, in the
 * parent; children call was_slots_take. False when the system has no memory to share.
 */
bool was_status_open(const was_protocol_t *const *protocols, int count, const server_rec *server,
                     apr_pool_t *scratch);

/* Says which row of its protocol's table a request was for; nobody need say so. */
void was_status_note(request_rec *r, const was_protocol_t *protocol, const was_route_t *row);

/* Counts a request of this protocol that was answered, as the access log does: for httpd's hook
 * log_transaction. One that found no row counts as its protocol's `none`. */
void was_status_count(request_rec *r, const was_protocol_t *protocol);

/* All that is known, an array of was_family_t in the pool. Counters never go back while httpd runs,
 * restarts included, unless the module has been replaced by another version. */
apr_array_header_t *was_status_list(apr_pool_t *pool);

/*
 * Answers requests for the handler `was-status`; for httpd's hook of handlers. 200 for GET and
 * HEAD, 405 for others: text, or JSON where the path ends with /json or Accept likes it better.
 */
int was_status_handle(request_rec *r);

/* Has mod_status show what is known on its page; with the hooks. */
void was_status_register(void);

#endif
