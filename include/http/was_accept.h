/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ACCEPT_H
#define WAS_ACCEPT_H

#include <apr_pools.h>

#include <stdbool.h>

/* was_accept: what a client would rather have (RFC 9110 section 12.5.1). */

/* Whether a type/subtype stands in the Accept field (or NULL) by name, and JSON is not liked
 * better. */
bool was_accept_prefers(const char *accept, const char *type, apr_pool_t *pool);

#endif
