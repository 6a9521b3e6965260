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
