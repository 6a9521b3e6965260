/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_token: a token in a file, and whether somebody shows it. Owns what such a file must be.
 * Refuses to know what the token is good for, and to keep it.
 */

#include "http/was_token.h"

#include "auth/was_crypto.h"
#include "base/was_ascii.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include <string.h>
#include <strings.h>

struct was_token_t {
    bool is_asked;
    unsigned char digest[WAS_SHA256_BYTES];
};

const was_token_t was_token_off = {.is_asked = false};

/* More than a file may have, so that one that is too long is seen to be. */
enum { FILE_BYTES = WAS_TOKEN_MAX_BYTES + 3 };

static const char *say_of_file(const char *path, const char *what, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "WASOnboardingToken: ", path, " ", what, NULL);
}

static const char *say_reason(const char *path, apr_status_t status, apr_pool_t *pool)
{
    char reason[128];

    return say_of_file(
        path,
        apr_pstrcat(pool, "cannot be read: ", apr_strerror(status, reason, sizeof(reason)), NULL),
        pool);
}

/* The length of what stands before the end of the line, which is the file's, too. */
static apr_size_t length_of_line(const char *bytes, apr_size_t length)
{
    if (length > 0 && bytes[length - 1] == '\n') {
        length--;
        if (length > 0 && bytes[length - 1] == '\r') {
            length--;
        }
    }
    return length;
}

static bool is_token(const char *bytes, apr_size_t length)
{
    apr_size_t letters = 0;

    if (length > WAS_TOKEN_MAX_BYTES) {
        return false;
    }
    while (letters < length && (was_ascii_is_alphanumeric(bytes[letters]) ||
                                (bytes[letters] != '\0' && strchr("-._~+/", bytes[letters])))) {
        letters++;
    }
    for (apr_size_t i = letters; i < length; i++) {
        if (bytes[i] != '=') {
            return false;
        }
    }
    return letters >= WAS_TOKEN_MIN_BYTES;
}

/* Before it is opened: what is no ordinary file could keep us waiting. */
static const char *check_file_kind(const char *path, apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_PROT, pool);

    if (status != APR_SUCCESS && status != APR_INCOMPLETE) {
        return say_reason(path, status, pool);
    }
    if (info.filetype != APR_REG) {
        return say_of_file(path, "is no ordinary file", pool);
    }
    return (info.protection & APR_FPROT_WREAD) != 0
               ? say_of_file(path, "may be read by everybody, who could then show what it holds",
                             pool)
               : NULL;
}

/* What stands in the file, as far as there is room for. */
static const char *read_file_bytes(const char *path, char bytes[FILE_BYTES], apr_size_t *length,
                                   apr_pool_t *pool)
{
    apr_file_t *file;
    apr_status_t status =
        apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool);

    if (status != APR_SUCCESS) {
        return say_reason(path, status, pool);
    }
    status = apr_file_read_full(file, bytes, FILE_BYTES, length);
    apr_file_close(file);
    return status == APR_SUCCESS || status == APR_EOF ? NULL : say_reason(path, status, pool);
}

const was_token_t *was_token_make(const char *bytes, apr_size_t length, apr_pool_t *pool)
{
    was_token_t *token = apr_pcalloc(pool, sizeof(*token));

    length = length_of_line(bytes, length);
    if (!is_token(bytes, length)) {
        return NULL;
    }
    was_crypto_sha256(bytes, length, token->digest);
    token->is_asked = true;
    return token;
}

const char *was_token_read(const char *path, const was_token_t **token, apr_pool_t *pool)
{
    char bytes[FILE_BYTES];
    apr_size_t length = 0;
    const char *complaint = check_file_kind(path, pool);

    if (complaint == NULL) {
        complaint = read_file_bytes(path, bytes, &length, pool);
    }
    if (complaint != NULL) {
        return complaint;
    }
    const was_token_t *made = was_token_make(bytes, length, pool);

    if (made == NULL) {
        return say_of_file(
            path,
            apr_psprintf(pool,
                         "must hold a token of %d to %d characters of A-Z a-z 0-9 - . _ ~ "
                         "+ / (and then = as often as it likes), in one line and nothing "
                         "else",
                         WAS_TOKEN_MIN_BYTES, WAS_TOKEN_MAX_BYTES),
            pool);
    }
    *token = made;
    return NULL;
}

bool was_token_is_asked(const was_token_t *token)
{
    return token != NULL && token->is_asked;
}

/* What a Bearer's Authorization shows, perhaps nothing; NULL when it is none. */
static const char *shown_by(const char *authorization)
{
    static const char scheme[] = "Bearer";
    const apr_size_t length = sizeof(scheme) - 1;

    if (authorization == NULL || strncasecmp(authorization, scheme, length) != 0 ||
        strchr(" ", authorization[length]) == NULL) {
        return NULL;
    }
    return authorization + length + strspn(authorization + length, " ");
}

bool was_token_is_bearer(const char *authorization)
{
    return shown_by(authorization) != NULL;
}

bool was_token_is_shown(const was_token_t *token, const char *authorization)
{
    const char *shown = shown_by(authorization);
    unsigned char digest[WAS_SHA256_BYTES];

    if (shown == NULL || !was_token_is_asked(token)) {
        return false;
    }
    was_crypto_sha256(shown, strlen(shown), digest);
    return was_crypto_equal(digest, token->digest, sizeof(digest));
}
