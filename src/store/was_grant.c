/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_grant: grants on their way into statements. Owns the form that statements take them in.
 * Refuses to know capabilities and how one is verified.
 */

#include "store/was_grant.h"

#include "base/was_random.h"
#include "store/was_array.h"

was_value_t was_grant_delegations(const char *const *delegations, int ndelegations,
                                  apr_pool_t *pool)
{
    return ndelegations > 0 ? WAS_TEXT(was_array_hashes(delegations, ndelegations, pool))
                            : WAS_TEXT(NULL);
}

void was_grant_values(const was_grant_t *grant, was_value_t values[WAS_GRANT_VALUES],
                      apr_pool_t *pool)
{
    values[0] = WAS_TEXT(grant->space);
    values[1] = WAS_TEXT(grant->controller);
    values[2] = was_grant_delegations(grant->delegations, grant->ndelegations, pool);
    if (grant->is_carried != NULL) {
        *grant->is_carried = true;
    }
}

apr_int64_t was_grant_token(void)
{
    apr_int64_t token;

    was_random_bytes(&token, sizeof(token));
    return token;
}
