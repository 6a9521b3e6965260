/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CUT_H
#define WAS_CUT_H

#include "http/was_request.h"

#include <apr_buckets.h>
#include <util_filter.h>

/*
 * was_cut: the end of an answer that has begun and cannot be made whole, so that the client sees
 * that it is not (RFC 9112 section 8).
 */

/* Appends what keeps the last chunk, which would call the answer complete, from being sent. */
void was_cut_append(const was_request_t *request, apr_bucket_brigade *brigade);

/* Where only the connection's end ends an answer, it must not end as usual: has it reset. What lies
 * between then, such as TLS, closes as usual, too, and is left out. */
void was_cut_reset(conn_rec *connection);

/* Passes the end of an answer down, from `filter` on, whatever it had come to. */
void was_cut_pass(const was_request_t *request, apr_bucket_brigade *brigade, ap_filter_t *filter);

#endif
