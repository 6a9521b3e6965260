/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ORIGIN_H
#define WAS_ORIGIN_H

#include <apr_pools.h>

#include <stdbool.h>

/* was_origin: web origins as texts. */

/* Whether the text is an origin as browsers send it (RFC 6454 section 6.2): scheme, host, a port
 * that is not the scheme's own, nothing else, in lower case. */
bool was_origin_is(const char *text, apr_pool_t *scratch);

/* Whether it is one of http or https, besides. */
bool was_origin_is_http(const char *text, apr_pool_t *scratch);

#endif
