/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_MULTIPART_H
#define PWS_MULTIPART_H

#include "http/was_request.h"

/* pws_multipart: a file that comes in a form (RFC 7578; protocol/pws section 12.1). */

/* Whether a media type is a form's. */
bool pws_is_multipart(const char *type);

/* UNSUPPORTED: a form that does not fit into memory (WAS_PIECE_BYTES). */
WAS_CHECKED const was_error_t *pws_multipart_too_long(apr_pool_t *pool);

/*
 * Makes the form's one part with a filename the content: its bytes and its type. Other parts are
 * not looked at.
 * Errors: INVALID_BODY (malformed, no such part, several), and pws_multipart_too_long.
 */
WAS_CHECKED const was_error_t *pws_multipart_file(const was_request_t *request,
                                                  was_content_t *content);

#endif
