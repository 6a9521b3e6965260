/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_origin: the readers of origins.
 * Refuses to normalize: a second spelling is another text, and is told so.
 */

#include "base/was_origin.h"

#include <apr_strings.h>
#include <apr_uri.h>

#include <string.h>

bool was_origin_valid(const char *text)
{
    const char *authority = strstr(text, "://");
    const char *end = text;

    while (*end > ' ' && *end < 0x7f) {
        end++;
    }
    return *end == '\0' && authority != NULL && authority != text && authority[3] != '\0' &&
           strpbrk(authority + 3, "/?#@") == NULL;
}

bool was_origin_canonical(const char *text, apr_pool_t *pool)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789+-._:/[]";
    apr_uri_t uri;

    if (text[strspn(text, characters)] != '\0' || apr_uri_parse(pool, text, &uri) != APR_SUCCESS ||
        uri.scheme == NULL || uri.hostname == NULL || *uri.hostname == '\0' || uri.path != NULL) {
        return false;
    }
    if (uri.port_str == NULL) {
        return true;
    }
    apr_int64_t port = apr_atoi64(uri.port_str);

    return port > 0 && port <= 65535 && port != apr_uri_port_of_scheme(uri.scheme);
}

/* Where a pattern's star stands, before the dot of a domain; NULL where it has none. */
static const char *find_star(const char *pattern)
{
    const char *star = strstr(pattern, "://*.");

    return star != NULL ? star + 3 : NULL;
}

bool was_origin_pattern(const char *text, apr_pool_t *pool)
{
    const char *star = find_star(text);

    if (star == NULL) {
        return strcmp(text, "null") == 0 || was_origin_canonical(text, pool);
    }
    const char *domain = star + 2;
    const char *dot = strchr(domain, '.');

    /* A domain of one label would be everybody's, and an address has none below it. */
    return strchr(domain, '[') == NULL && dot != NULL && dot != domain && dot[1] != '\0' &&
           dot[1] != ':' &&
           was_origin_canonical(apr_pstrcat(pool,
                                            apr_pstrmemdup(pool, text, (apr_size_t)(star - text)),
                                            domain, NULL),
                                pool);
}

bool was_origin_matches(const char *pattern, const char *origin)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    const char *star = find_star(pattern);

    if (star == NULL) {
        return strcmp(pattern, origin) == 0;
    }
    apr_size_t before = (apr_size_t)(star - pattern), behind = strlen(star + 1);
    apr_size_t length = strlen(origin);

    return length > before + behind && strncmp(pattern, origin, before) == 0 &&
           strcmp(star + 1, origin + length - behind) == 0 && origin[before] != '.' &&
           strspn(origin + before, characters) >= length - behind - before;
}
