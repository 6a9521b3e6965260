/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_cors: the CORS protocol. Owns its fields; refuses to know what is asked for, and grants
 * nothing: rights come from signatures, whatever page they are made in.
 */

#include "http/was_cors.h"

#include "base/was_origin.h"

#include <string.h>

#define EXPOSED                                                                                    \
    "Accept-Ranges, Allow, Content-Digest, Content-Disposition, Content-Length, Content-Range, "   \
    "Date, ETag, Last-Modified, Link, Location, Preference-Applied, Repr-Digest, Retry-After, "    \
    "WWW-Authenticate, X-Request-Id"

#define ALLOWED                                                                                    \
    "Accept, Authorization, Capability-Invocation, Content-Digest, Content-Type, Digest, "         \
    "If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since, Prefer, Range, "             \
    "Repr-Digest, Want-Content-Digest, Want-Repr-Digest"

/* Those of any target: a page may read that one is not served here. */
#define ANY_METHOD "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

enum { MAX_ASKED_BYTES = 1024 };

/* The origins that may see the answer, as a field: "*", the asking page's, or NULL for none. */
static const char *allowed_origin(const was_request_t *request)
{
    const was_config_t *config = request->config;

    if (config->cors == WAS_CORS_OFF) {
        return NULL;
    }
    if (config->cors != WAS_CORS_LIST) {
        return "*";
    }
    const char *origin = was_request_field(request, "Origin");
    for (int i = 0; origin != NULL && i < config->origins->nelts; i++) {
        if (was_origin_matches(APR_ARRAY_IDX(config->origins, i, const char *), origin)) {
            return origin;
        }
    }
    return NULL;
}

void was_cors_answer(const was_request_t *request)
{
    apr_table_t *out = request->r->headers_out;
    const char *allowed = allowed_origin(request);

    if (request->config->cors == WAS_CORS_LIST) {
        apr_table_mergen(out, "Vary", "Origin");
    }
    if (allowed != NULL) {
        apr_table_setn(out, "Access-Control-Allow-Origin", allowed);
        apr_table_setn(out, "Access-Control-Expose-Headers", EXPOSED);
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

void was_cors_preflight(const was_request_t *request)
{
    if (allowed_origin(request) == NULL) {
        return;
    }
    apr_table_t *out = request->r->headers_out;
    const char *asked = was_request_field(request, "Access-Control-Request-Headers");
    apr_table_setn(out, "Access-Control-Allow-Methods", ANY_METHOD);
    /* A signature may cover any field, so a wallet may send any. */
    apr_table_setn(out, "Access-Control-Allow-Headers",
                   asked != NULL && is_name_list(asked) ? asked : ALLOWED);
    apr_table_setn(out, "Access-Control-Max-Age", "7200");
    apr_table_mergen(out, "Vary", "Access-Control-Request-Headers");
}
