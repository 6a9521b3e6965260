/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_INVOCATION_H
#define WAS_INVOCATION_H

#include "auth/was_zcap.h"

/*
 * was_invocation: the Capability-Invocation field and the capability that it carries, from text to
 * JSON (protocol/pws section 5.1). Knows neither what a capability says nor whether it holds.
 */

/* What the field says. Texts are in the pool. */
typedef struct was_invocation_t {
    const char *root_id;    /* of a root that is invoked directly; else NULL */
    const char *capability; /* base64url of a gzipped capability; else NULL */
    const char *action;
} was_invocation_t;

/*
 * Takes the value of the field apart: `zcap id="..."` or `zcap capability="..."`, and
 * `action="..."`. NULL means that there was none. Unknown parameters are ignored.
 * Errors: MALFORMED, pointer "/capability-invocation": absent, another scheme, a parameter missing,
 * malformed, empty or given twice, more than WAS_PARAMETERS_MAX, both or neither of `id`
 * and `capability`, an `id` that was_zcap_root_target refuses.
 */
WAS_CHECKED const was_error_t *was_invocation_parse(const char *value, was_invocation_t *invocation,
                                                    apr_pool_t *pool);

/* How much longer a capability may be than it was packed; the longest chains come to six or seven
 * times. */
enum { WAS_INVOCATION_MAX_RATIO = 16 };

/*
 * base64url without padding, one gzip member and nothing behind it, one JSON object of at most
 * WAS_ZCAP_MAX_BYTES, and at most WAS_INVOCATION_MAX_RATIO times the gzip's.
 * Errors: MALFORMED, pointer "/capability-invocation"; BROKEN (out of memory).
 */
WAS_CHECKED const was_error_t *was_invocation_decode(const char *text, json_t **capability,
                                                     apr_pool_t *pool);

#endif
