/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_ids: ids and URLs. Owns what an id or a number may look like and which ones are taken.
 * Refuses to know what stands behind one.
 */

#include "pws/pws_ids.h"

#include "auth/was_crypto.h"
#include "store/pws/was_pws_chunks.h"

#include <apr_strings.h>

#include <stdarg.h>
#include <string.h>

const char *pws_segment(const was_request_t *request, int index)
{
    return was_path_segment(request->path, index, request->pool);
}

const was_error_t *pws_check_id(const char *id, apr_pool_t *pool)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~";
    apr_size_t length = strlen(id);

    if (length == 0 || length > PWS_ID_MAX_BYTES || strspn(id, characters) < length ||
        strcmp(id, ".") == 0 || strcmp(id, "..") == 0) {
        return was_error_make(pool, WAS_ERROR_INVALID_ID, "#/id",
                              "an id has 1 to %d characters of A-Z a-z 0-9 - . _ ~",
                              PWS_ID_MAX_BYTES);
    }
    return NULL;
}

/* Behind space, collection, resource and the word. */
enum { CHUNK_SEGMENT = 5, CHUNK_MAX_DIGITS = 10 };

bool pws_names_chunk(const was_request_t *request)
{
    return request->path->nsegments > CHUNK_SEGMENT &&
           request->path->segments[CHUNK_SEGMENT].length > 0;
}

const was_error_t *pws_read_chunk(const was_request_t *request, apr_int64_t *number)
{
    *number = -1;
    if (!pws_names_chunk(request)) {
        return NULL;
    }
    const char *text = pws_segment(request, CHUNK_SEGMENT);
    apr_size_t length = strlen(text), digits = strspn(text, "0123456789");
    bool is_number = length > 0 && digits == length && length <= CHUNK_MAX_DIGITS &&
                     (*text != '0' || length == 1);

    if (!is_number || apr_atoi64(text) > WAS_PWS_CHUNK_MAX) {
        return was_error_make(request->pool, WAS_ERROR_INVALID_ID, NULL,
                              "the index of a chunk is a decimal number up to %d",
                              WAS_PWS_CHUNK_MAX);
    }
    *number = apr_atoi64(text);
    return NULL;
}

const was_error_t *pws_read_new_id(const json_t *body, const char **id, apr_pool_t *pool)
{
    const json_t *member = json_object_get(body, "id");

    if (member == NULL) {
        *id = was_crypto_uuid(pool);
        return NULL;
    }
    *id = json_is_string(member) ? json_string_value(member) : "";
    return pws_check_id(*id, pool);
}

const was_error_t *pws_check_same_id(const json_t *body, const char *id, apr_pool_t *pool)
{
    const json_t *member = json_object_get(body, "id");

    if (member != NULL && !was_json_is_text(member, id)) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/id",
                              "\"id\" must be the one in the URL");
    }
    return NULL;
}

static bool is_reserved_id(const char *id, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(id, *list) == 0) {
            return true;
        }
    }
    return false;
}

bool pws_is_reserved_collection(const char *id)
{
    static const char *const reserved[] = {"meta",   "policy", "backends", "collections",
                                           "export", "import", "linkset",  "query",
                                           "quotas", "zcaps",  "replicas", NULL};

    return is_reserved_id(id, reserved);
}

bool pws_is_reserved_resource(const char *id)
{
    static const char *const reserved[] = {"policy", "backend", "linkset", "meta",
                                           "query",  "quota",   NULL};

    return is_reserved_id(id, reserved);
}

const char *pws_url(const was_request_t *request, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *path = apr_pvsprintf(request->pool, format, arguments);

    va_end(arguments);
    return apr_pstrcat(request->pool, was_request_origin(request), was_request_mount(request), path,
                       NULL);
}

const char *pws_path(const was_request_t *request, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *path = apr_pvsprintf(request->pool, format, arguments);

    va_end(arguments);
    return apr_pstrcat(request->pool, was_request_mount(request), path, NULL);
}
