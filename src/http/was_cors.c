/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The CORS protocol. Owns its fields; refuses to know what is asked for, and grants nothing: rights
 * come from signatures, whatever page they are made in.
 */

#include "http/was_cors.h"

#include <string.h>

#define EXPOSED                                                                                    \
    "Accept-Ranges, Allow, Content-Disposition, Content-Length, Content-Range, ETag, "             \
    "Last-Modified, Link, Location, Retry-After, WWW-Authenticate"

#define ALLOWED                                                                                    \
    "Accept, Authorization, Capability-Invocation, Content-Digest, Content-Type, Digest, "         \
    "If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since, Range"

enum { MAX_ASKED_BYTES = 1024 };

/* An answer that turns into a problem passes here twice. */
static void add_vary(const was_request_t *request, const char *name)
{
    apr_table_t *out = request->r->headers_out;

    if (!ap_find_token(request->pool, apr_table_get(out, "Vary"), name)) {
        apr_table_mergen(out, "Vary", name);
    }
}

/* Adds Access-Control-Allow-Origin where the asking page's origin is welcome. */
static bool allow_origin(const was_request_t *request)
{
    const was_config_t *config = request->config;
    apr_table_t *out = request->r->headers_out;
    const char *origin = was_request_field(request, "Origin");
    int i;

    if (config->cors == WAS_CORS_OFF) {
        return false;
    }
    if (config->cors != WAS_CORS_LIST) {
        apr_table_setn(out, "Access-Control-Allow-Origin", "*");
        return true;
    }
    add_vary(request, "Origin");
    for (i = 0; origin != NULL && i < config->origins->nelts; i++) {
        const char *welcome = APR_ARRAY_IDX(config->origins, i, const char *);

        if (strcmp(origin, welcome) == 0) {
            apr_table_setn(out, "Access-Control-Allow-Origin", welcome);
            return true;
        }
    }
    return false;
}

void was_cors_answer(const was_request_t *request)
{
    if (allow_origin(request)) {
        apr_table_setn(request->r->headers_out, "Access-Control-Expose-Headers", EXPOSED);
    }
}

/* A list of field names: what may be sent back as it came. */
static bool is_name_list(const char *text)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_, ";
    apr_size_t length = strlen(text);

    return length > 0 && length <= MAX_ASKED_BYTES && strspn(text, characters) == length;
}

void was_cors_preflight(const was_request_t *request, const char *methods)
{
    apr_table_t *out = request->r->headers_out;
    const char *asked = was_request_field(request, "Access-Control-Request-Headers");

    if (!allow_origin(request)) {
        return;
    }
    apr_table_setn(out, "Access-Control-Allow-Methods", methods);
    /* A signature may cover any field, so a wallet may send any. */
    apr_table_setn(out, "Access-Control-Allow-Headers",
                   asked != NULL && is_name_list(asked) ? asked : ALLOWED);
    apr_table_setn(out, "Access-Control-Max-Age", "7200");
    add_vary(request, "Access-Control-Request-Headers");
}
