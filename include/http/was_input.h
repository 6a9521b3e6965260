/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_INPUT_H
#define WAS_INPUT_H

#include <http_protocol.h>
#include <util_filter.h>

/*
 * was_input: reading a request's body through httpd's filters, so that what they refuse stays ours
 * to answer. Knows no limits and no meaning.
 */

/* Registers what guards the answer; once, with the hooks. */
void was_input_register(void);

/* Keeps httpd from answering while a body is read. `*refused`, which must live as long, becomes the
 * status that it would have answered, 0 until then. To be taken off with ap_remove_output_filter,
 * and put on once for a whole body: what httpd makes for a filter stays until the request ends. */
ap_filter_t *was_input_guard(request_rec *r, int *refused);

/* The next bytes, under a guard. Whatever is no success is the end: APR_ENOSPC for a body beyond
 * LimitRequestBody, a timeout, APR_EGENERAL when httpd has refused, and what filters give. */
apr_status_t was_input_read(request_rec *r, apr_bucket_brigade *brigade, const int *refused);

/*
 * Reads what is left of a body, and not much more than so many bytes, for a client that would not
 * read the answer before it has sent. httpd's own way to do so takes a stream of HTTP/2 for a
 * connection that is to end, and reads nothing: then the stream is reset behind the answer, and
 * some clients take that for a failure.
 */
void was_input_drain(request_rec *r, apr_off_t most);

#endif
