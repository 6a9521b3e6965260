/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CAVAGE_H
#define WAS_CAVAGE_H

#include "auth/was_signature.h"

/*
 * was_cavage: the scheme `Authorization: Signature ...` (HTTP Signatures, draft-cavage-12, as
 * wallets send it): from the field's text to what it says, and whether it is signed so
 * (protocol/classic section 3). What must be covered, and which spellings of the target may be
 * signed, is the protocol's to say.
 */

enum { WAS_CAVAGE_MAX_BYTES = 8192 };

typedef struct was_cavage_t {
    was_signature_t signature; /* what it says; the covered names in the order of their lines */
    const char *key_id;        /* as sent */
} was_cavage_t;

/*
 * Takes the value of the Authorization field apart. NULL means that there was none.
 * Errors: UNAUTHENTICATED, pointer "/authorization": absent, another scheme, a parameter missing,
 * malformed or given twice, more than WAS_CAVAGE_MAX_BYTES, WAS_SIGNATURE_MAX_COVERED or
 * WAS_PARAMETERS_MAX, a name covered twice, a name in parentheses without a meaning, a `keyId` that
 * was_key_resolve refuses, a signature that is not base64 or not of the size that its key makes,
 * times that are not decimal integers of at most 15 digits. Unknown parameters are ignored.
 */
WAS_CHECKED const was_error_t *was_cavage_parse(const char *value, const was_cavage_t **cavage,
                                                apr_pool_t *pool);

/*
 * Checks coverage and window as was_signature_check does, then the signature. The method is signed
 * in lower case.
 * Errors: UNAUTHENTICATED, pointer "/authorization": what was_signature_check refuses, a covered
 * header that the request lacks or whose value holds a control character, a method that is not a
 * token, or no spelling of the target verifies.
 */
WAS_CHECKED const was_error_t *was_cavage_verify(const was_cavage_t *cavage,
                                                 const was_message_t *message,
                                                 const was_signature_rules_t *rules,
                                                 apr_int64_t now, apr_pool_t *pool);

#endif
