/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_signature: whether what a signature says is enough.
 * Refuses to know the text that it was read from, the request, and what its key may do.
 */

#include "auth/was_signature.h"

#include <string.h>

bool was_signature_covers(const was_signature_t *signature, const char *name)
{
    for (int i = 0; i < signature->ncovered; i++) {
        if (strcmp(signature->covered[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static const was_error_t *check_coverage(const was_signature_t *signature,
                                         const was_signature_rules_t *rules, apr_pool_t *pool)
{
    for (const char *const *name = rules->required; *name != NULL; name++) {
        if (!was_signature_covers(signature, *name)) {
            return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization",
                                  "the signature does not cover %s", *name);
        }
    }
    return NULL;
}

static const was_error_t *bad_window(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization", "%s", detail);
}

static const was_error_t *check_window(const was_signature_t *signature,
                                       const was_signature_rules_t *rules, apr_int64_t now,
                                       apr_pool_t *pool)
{
    if (signature->created - now > rules->skew) {
        return bad_window("the signature was created in the future", pool);
    }
    if (now - signature->expires > rules->expired_skew) {
        return bad_window("the signature has expired", pool);
    }
    if (signature->expires <= signature->created) {
        return bad_window("the signature must expire after it was created", pool);
    }
    if (rules->max_age > 0 && signature->expires - signature->created > rules->max_age) {
        return bad_window("the signature is valid for too long", pool);
    }
    return NULL;
}

const was_error_t *was_signature_check(const was_signature_t *signature,
                                       const was_signature_rules_t *rules, apr_int64_t now,
                                       apr_pool_t *pool)
{
    WAS_TRY(check_coverage(signature, rules, pool));
    return check_window(signature, rules, now, pool);
}
