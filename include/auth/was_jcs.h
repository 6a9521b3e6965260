/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_JCS_H
#define WAS_JCS_H

#include "base/was_json.h"

/*
 * was_jcs: the canonical text of a JSON value (RFC 8785), for what is signed as JSON. Knows no
 * proof.
 */

/*
 * Members sorted by their names' UTF-16 code units, no white space, minimal escapes. Integers as
 * they are; the text lives in the pool and is NUL-terminated.
 * Errors: INVALID_BODY (a number that is not an integer of at most 2^53 in magnitude: documents
 * that are signed here hold none, and formatting them as ECMAScript does is not worth the risk).
 */
WAS_CHECKED const was_error_t *was_jcs_text(const json_t *value, const char **text,
                                            apr_size_t *length, apr_pool_t *pool);

#endif
