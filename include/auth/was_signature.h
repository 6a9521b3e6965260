/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SIGNATURE_H
#define WAS_SIGNATURE_H

#include "auth/was_key.h"

/*
 * was_signature: what a request's signature says, whichever scheme carries it: whose key, when, and
 * over what; and whether that is enough for a protocol. A scheme (was_cavage) reads it off a header
 * field and verifies it. Works on plain structs and takes the time as an argument; knows neither
 * request_rec nor rights.
 */

enum { WAS_SIGNATURE_MAX_COVERED = 64 };

/*
 * `covered` holds the names of header fields in lower case, and for what else was signed these
 * names, whatever the scheme calls it: "(request-target)", "(created)", "(expires)" and "(key-id)"
 * for method and target, the ends of the window, and the name of the key as it was sent.
 */
typedef struct was_signature_t {
    was_key_t signer; /* nothing is proven before the scheme has verified it */
    const char *const *covered;
    int ncovered;
    apr_int64_t created; /* Unix seconds */
    apr_int64_t expires;
    unsigned char value[WAS_KEY_MAX_SIGNATURE_BYTES]; /* the signature itself; one that comes */
    apr_size_t value_bytes;                           /* again is the same, however it is spelled */
} was_signature_t;

/* What a scheme asks a request for, to know what was signed. */
typedef struct was_message_t {
    const char *method; /* as received */
    /* Spellings of the target, tried in order; at most 3 are tried. One that holds a control
     * character is passed over: decoded line breaks would let it pose as other lines. */
    const char *const *targets;
    int ntargets;
    /* The value of a header field, given its lower-case name: trimmed, several joined with ", ";
     * NULL when the request has none. */
    const char *(*field)(void *baton, const char *name);
    void *baton;
} was_message_t;

/* What a protocol demands of a signature. */
typedef struct was_signature_rules_t {
    const char *const *required; /* names that must be covered, NULL-terminated */
    apr_int64_t skew;            /* seconds that `created` may be ahead of now */
    apr_int64_t expired_skew;    /* seconds that `expires` may lie behind now */
    apr_int64_t max_age;         /* longest `created`..`expires`, seconds; 0: any */
} was_signature_rules_t;

/* Whether a name (lower case) is covered. */
bool was_signature_covers(const was_signature_t *signature, const char *name);

/*
 * Checks coverage, then the window at `now` (Unix seconds, not negative): all but the signature
 * itself, which its scheme verifies.
 * Errors: UNAUTHENTICATED, pointer "/authorization": a required name that is not covered, created
 * ahead of the clock, expired, expires not after created, a window longer than allowed.
 */
WAS_CHECKED const was_error_t *was_signature_check(const was_signature_t *signature,
                                                   const was_signature_rules_t *rules,
                                                   apr_int64_t now, apr_pool_t *pool);

#endif
