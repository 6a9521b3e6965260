/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ORIGIN_H
#define WAS_ORIGIN_H

#include <apr_pools.h>

#include <stdbool.h>

/*
 * was_origin: web origins as text, `scheme://host[:port]`. A rule for each question: whether a
 * document may name such an origin, whether a text is byte for byte what browsers send, whether it
 * may stand in a list, and what that names then. Knows neither requests nor configuration.
 */

/*
 * Whether a text names an origin in any spelling: something, `://`, and an authority without user,
 * all of it printable ASCII without blanks; no path (not even a slash), query or fragment.
 */
bool was_origin_valid(const char *text);

/*
 * Whether it is the one text that browsers send for its origin (RFC 6454 section 6.2): in lower
 * case, with a host, and a port of 1 to 65535 only if that is not the scheme's own.
 */
bool was_origin_canonical(const char *text, apr_pool_t *pool);

/*
 * Whether it names origins that may be listed: a canonical one; `null`, which is what pages without
 * one of their own send; or a canonical one whose host begins with `*.`, before a domain of two
 * labels at the least.
 */
bool was_origin_pattern(const char *text, apr_pool_t *pool);

/* Whether such a pattern names `origin`, any text: a star stands for one label or more, so that the
 * domain itself is not named. */
bool was_origin_matches(const char *pattern, const char *origin);

#endif
