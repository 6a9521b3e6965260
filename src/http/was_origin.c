/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_origin: web origins. Owns how one is written. Refuses to know whose it is and what it may.
 */
#include "http/was_origin.h"

#include <apr_strings.h>
#include <apr_uri.h>

#include <string.h>

bool was_origin_is(const char *text, apr_pool_t *scratch)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789+-._:/[]";
    apr_uri_t uri;

    if (text[strspn(text, characters)] != '\0' ||
        apr_uri_parse(scratch, text, &uri) != APR_SUCCESS || uri.scheme == NULL ||
        uri.hostname == NULL || *uri.hostname == '\0' || uri.path != NULL) {
        return false;
    }
    if (uri.port_str == NULL) {
        return true;
    }
    apr_int64_t port = apr_atoi64(uri.port_str);
    return port > 0 && port <= 65535 && port != apr_uri_port_of_scheme(uri.scheme);
}

bool was_origin_is_http(const char *text, apr_pool_t *scratch)
{
    return was_origin_is(text, scratch) &&
           (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0);
}
