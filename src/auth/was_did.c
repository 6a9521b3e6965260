/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_did: decentralized identifiers as text.
 * Refuses to know what any method makes of its id: was_key resolves the one that we resolve.
 */

#include "auth/was_did.h"

#include "base/was_ascii.h"

#include <apr_strings.h>

#include <string.h>

static bool is_id_character(char c)
{
    return was_ascii_is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
}

/* The bytes of a %-escape at `at`, or 0. */
static apr_size_t escape_length(const char *at)
{
    return at[0] == '%' && was_ascii_hex_value(at[1]) >= 0 && was_ascii_hex_value(at[2]) >= 0 ? 3
                                                                                              : 0;
}

/* DID Core section 3.1: the length of the DID that `text` begins with, 0 if there is none. */
static apr_size_t did_length(const char *text)
{
    if (strncmp(text, "did:", 4) != 0) {
        return 0;
    }
    const char *method = text + 4;
    const char *at = method;

    while (was_ascii_is_lower(*at) || was_ascii_is_digit(*at)) {
        at++;
    }
    if (at == method || *at != ':') {
        return 0;
    }
    while (*at == ':' || is_id_character(*at) || escape_length(at) > 0) {
        at += *at == '%' ? 3 : 1;
    }
    /* What the method makes of its colons is its own affair, but the last one names nothing. */
    return at[-1] == ':' ? 0 : (apr_size_t)(at - text);
}

/* RFC 3986 section 3.5; an empty one names nothing. */
static bool is_fragment(const char *text)
{
    const char *at = text;

    while (*at != '\0') {
        apr_size_t escaped = escape_length(at);

        if (escaped == 0 && !is_id_character(*at) && strchr("~!$&'()*+,;=:@/?", *at) == NULL) {
            return false;
        }
        at += escaped > 0 ? escaped : 1;
    }
    return at > text;
}

bool was_did_valid(const char *text)
{
    apr_size_t length = did_length(text);

    return length > 0 && length <= WAS_DID_MAX_BYTES && text[length] == '\0';
}

const was_error_t *was_did_of_controller(const char *text, const char **did, apr_pool_t *pool)
{
    apr_size_t length = did_length(text);

    if (length == 0 || length > WAS_DID_MAX_BYTES ||
        (text[length] != '\0' && (text[length] != '#' || !is_fragment(text + length + 1)))) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/controller",
                              "the controller must be a DID of at most %d bytes",
                              WAS_DID_MAX_BYTES);
    }
    *did = apr_pstrmemdup(pool, text, length);
    return NULL;
}
