/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_BODY_H
#define WAS_BODY_H

#include "http/was_request.h"

/*
 * was_body: a request's body on its way in, gathered by was_gather. Digested on the way when a
 * digest came along: one that the signature covers, or a field of RFC 9530.
 */

/*
 * What can be refused before anything is read: an announced length over the limit
 * (LimitRequestBody, or `max` when smaller, 0 for no bound of the route's own; and
 * WAS_CONTENT_MAX_BYTES where contents stand in their rows), a Content-Encoding,
 * a Content-Range, a Transfer-Encoding other than one `chunked`.
 * Errors: TOO_LARGE, UNSUPPORTED, MALFORMED.
 */
WAS_CHECKED const was_error_t *was_body_check(const was_request_t *request, apr_int64_t max);

/* The longest content that is taken where the request is; APR_INT64_MAX where nothing bounds it. */
apr_int64_t was_body_most(const was_request_t *request);

/*
 * Reads the whole body, however it is framed.
 * Errors: TOO_LARGE, INCOMPLETE (it stopped short), TIMEOUT, UNAUTHENTICATED (a covered `digest` or
 * `content-digest` does not match, or is of no known algorithm), MALFORMED (a `Content-Digest` or
 * `Repr-Digest` that no signature covers does not match; those of other algorithms are ignored),
 * and those of was_gather.
 */
WAS_CHECKED const was_error_t *was_body_read(was_request_t *request, apr_int64_t max);

/* A text that came inside another body, as one; copied. */
const was_body_t *was_body_of_text(const char *text, apr_size_t length, apr_pool_t *pool);

/* The length in bytes; 0 for no body. */
apr_int64_t was_body_length(const was_body_t *body);

/* The bytes, where they are in memory; else NULL. */
const char *was_body_bytes(const was_body_t *body);

/* Some of one that is not in parts; see was_gather_read. */
WAS_CHECKED const was_error_t *was_body_piece(const was_body_t *body, apr_int64_t offset,
                                              char *buffer, apr_size_t capacity, apr_size_t *count);

/* The body as a content to store, of the given type. */
void was_body_content(const was_body_t *body, const char *type, was_content_t *content);

/* Due when a request has failed: what the body left in the database is swept, unless it belongs to
 * a row by now. */
void was_body_drop(const was_request_t *request);

/* Takes a body that nobody read off the connection, where the next request would begin with it; or,
 * when it is long, makes httpd close the connection after the answer. */
void was_body_discard(const was_request_t *request);

#endif
