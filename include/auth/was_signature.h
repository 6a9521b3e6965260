/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SIGNATURE_H
#define WAS_SIGNATURE_H

#include "auth/was_key.h"

#include <apr_time.h>

/*
 * was_signature: `Authorization: Signature ...` (HTTP Signatures, draft-cavage-12, as wallets send
 * it) to a proven key. Works on plain structs and takes the time as an argument; knows neither
 * request_rec nor rights. What must be covered, and which spellings of the target may be signed,
 * is the protocol's to say.
 */

enum { WAS_SIGNATURE_MAX_HEADERS = 64, WAS_SIGNATURE_MAX_BYTES = 8192 };

typedef struct was_signature_t {
    const char *key_id;         /* as sent */
    was_key_t signer;           /* resolved from key_id; nothing is proven before _verify */
    const char *const *headers; /* the covered names, lower case, in order */
    int nheaders;
    apr_int64_t created; /* Unix seconds */
    apr_int64_t expires;
    unsigned char value[WAS_KEY_MAX_SIGNATURE_BYTES];
    apr_size_t value_bytes;
} was_signature_t;

/* What was signed, if the signature is good. */
typedef struct was_message_t {
    const char *method; /* as received; signed in lower case */
    /* Spellings of the target, tried in order; at most 3 are tried. One that holds a control
     * character is passed over: decoded line breaks would let it pose as other lines. */
    const char *const *targets;
    int ntargets;
    /* The value of a header field, given its lower-case name: trimmed, several joined with ", ";
     * NULL when the request has none. */
    const char *(*field)(void *baton, const char *name);
    void *baton;
} was_message_t;

typedef struct was_signature_rules_t {
    const char *const *required; /* names that must be covered, NULL-terminated */
    apr_int64_t skew;            /* seconds that `created` may be ahead of now */
    apr_int64_t expired_skew;    /* seconds that `expires` may lie behind now */
    apr_int64_t max_age;         /* longest `created`..`expires`, seconds; 0: any */
} was_signature_rules_t;

/*
 * Takes the value of the Authorization field apart (protocol/classic section 3). NULL means that
 * there was none.
 * Errors: UNAUTHENTICATED, pointer "/authorization": absent, another scheme, a parameter missing,
 * malformed or given twice, more than WAS_SIGNATURE_MAX_BYTES, _MAX_HEADERS or WAS_PARAMETERS_MAX,
 * a name covered twice, a name in parentheses without a meaning, a `keyId` that was_key_resolve
 * refuses, a signature that is not base64 of 64 bytes, times that are not decimal integers of at
 * most 15 digits. Unknown parameters are ignored.
 */
const was_error_t *was_signature_parse(const char *value, const was_signature_t **signature,
                                       apr_pool_t *pool);

/* Whether a name (lower case) is covered. */
bool was_signature_covers(const was_signature_t *signature, const char *name);

/*
 * Checks coverage, then the window at `now` (Unix seconds): all but the signature itself.
 * Errors: as of was_signature_verify, which checks this too.
 */
const was_error_t *was_signature_check(const was_signature_t *signature,
                                       const was_signature_rules_t *rules, apr_int64_t now,
                                       apr_pool_t *pool);

/*
 * Checks coverage, then the window at `now` (Unix seconds, not negative), then the signature.
 * Errors: UNAUTHENTICATED, pointer "/authorization": a required name that is not covered, a covered
 * header that the request lacks or whose value holds a control character, a method that is not a
 * token, created ahead of the clock, expired, expires not after created,
 * a window longer than allowed, or no spelling of the target verifies.
 */
const was_error_t *was_signature_verify(const was_signature_t *signature,
                                        const was_message_t *message,
                                        const was_signature_rules_t *rules, apr_int64_t now,
                                        apr_pool_t *pool);

#endif
