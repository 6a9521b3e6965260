/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * What every noun of the protocol needs: ids, URLs, times, pages, the pieces of JSON documents.
 * Refuses to know any noun.
 */

#include "pws/pws.h"
#include "base/was_encoding.h"

#include <apr_strings.h>

#include <stdarg.h>
#include <stdlib.h>
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

static bool is_one_of(const char *id, const char *const *list)
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
                                           "quotas", "zcaps",  NULL};

    return is_one_of(id, reserved);
}

bool pws_is_reserved_resource(const char *id)
{
    static const char *const reserved[] = {"policy", "backend", "linkset", "meta",
                                           "query",  "quota",   NULL};

    return is_one_of(id, reserved);
}

const char *pws_url(const was_request_t *request, const char *format, ...)
{
    va_list arguments;
    const char *path;

    va_start(arguments, format);
    path = apr_pvsprintf(request->pool, format, arguments);
    va_end(arguments);
    return apr_pstrcat(request->pool, was_request_origin(request), was_request_mount(request), path,
                       NULL);
}

const char *pws_path(const was_request_t *request, const char *format, ...)
{
    va_list arguments;
    const char *path;

    va_start(arguments, format);
    path = apr_pvsprintf(request->pool, format, arguments);
    va_end(arguments);
    return apr_pstrcat(request->pool, was_request_mount(request), path, NULL);
}

was_grant_t pws_grant(const was_request_t *request)
{
    const pws_state_t *state = pws_state(request);
    was_grant_t grant = {
        .space = pws_segment(request, 1),
        .controller = state->controller,
        .links = state->links,
        .invoker = request->caller,
    };

    return grant;
}

const was_error_t *pws_read_object(const was_request_t *request, json_t **object)
{
    *object = request->document;
    return NULL;
}

const was_error_t *pws_check_controller(const char *controller, apr_pool_t *pool)
{
    was_key_t key;

    if (controller == NULL || strchr(controller, '#') != NULL ||
        was_key_resolve(controller, &key, pool) != NULL) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/controller",
                              "the controller must be a did:key of an Ed25519 key");
    }
    return NULL;
}

json_t *pws_time(apr_time_t time, apr_pool_t *pool)
{
    apr_time_exp_t parts;

    apr_time_exp_gmt(&parts, time);
    return json_string(apr_psprintf(
        pool, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
        parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_usec / 1000));
}

void pws_set_string(json_t *object, const char *name, const char *value)
{
    if (value != NULL) {
        json_object_set_new(object, name, json_string(value));
    }
}

void pws_set_json(json_t *object, const char *name, const char *text)
{
    if (text != NULL) {
        json_object_set_new(object, name, json_loads(text, JSON_DECODE_ANY, NULL));
    }
}

void pws_answer_json(was_request_t *request, was_response_t *response, json_t *json)
{
    response->json = was_json_own(json, request->pool);
    response->type = "application/json";
    response->cache = "private, no-cache";
}

/* The raw value of a query parameter; NULL when there is none. */
static const char *parameter(const was_request_t *request, const char *name)
{
    const char *query = request->path->query;
    apr_size_t length = strlen(name);
    char *pair, *state = NULL;

    if (query == NULL) {
        return NULL;
    }
    for (pair = apr_strtok(apr_pstrdup(request->pool, query), "&", &state); pair != NULL;
         pair = apr_strtok(NULL, "&", &state)) {
        if (strncmp(pair, name, length) == 0 && pair[length] == '=') {
            return pair + length + 1;
        }
    }
    return NULL;
}

static const was_error_t *bad_cursor(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_INVALID_CURSOR, NULL,
                          "the cursor is none that a listing gave out");
}

const was_error_t *pws_read_page(const was_request_t *request, pws_page_t *page)
{
    const char *limit = parameter(request, "limit");
    const char *cursor = parameter(request, "cursor");
    unsigned char after[PWS_ID_MAX_BYTES + 1];
    apr_size_t count;
    char *end;

    page->after = "";
    page->limit = PWS_PAGE;
    if (limit != NULL) {
        apr_int64_t number = apr_strtoi64(limit, &end, 10);

        if (*limit >= '1' && *limit <= '9' && *end == '\0') {
            page->limit = number < PWS_PAGE_MAX ? (int)number : PWS_PAGE_MAX;
        }
    }
    if (cursor != NULL) {
        if (!was_base64_decode(cursor, strlen(cursor), after, PWS_ID_MAX_BYTES, &count)) {
            return bad_cursor(request->pool);
        }
        after[count] = '\0';
        page->after = apr_pstrmemdup(request->pool, (char *)after, count);
        if (strlen(page->after) != count || pws_check_id(page->after, request->pool) != NULL) {
            return bad_cursor(request->pool);
        }
    }
    return NULL;
}

const char *pws_next_page(const was_request_t *request, const pws_page_t *page, const char *path,
                          const char *last)
{
    apr_size_t length = strlen(last);
    char *cursor = apr_palloc(request->pool, (4 * length + 2) / 3 + 1);

    was_base64url_encode((const unsigned char *)last, length, cursor);
    return apr_psprintf(request->pool, "%s?limit=%d&cursor=%s", path, page->limit, cursor);
}

bool pws_is_envelope(const json_t *value)
{
    const json_t *jwe = json_object_get(value, "jwe");

    return json_is_object(jwe) && json_is_string(json_object_get(jwe, "ciphertext")) &&
           (json_is_array(json_object_get(jwe, "recipients")) ||
            json_is_string(json_object_get(jwe, "encrypted_key")) ||
            json_is_string(json_object_get(jwe, "protected")));
}

/* A plaintext `custom`: a name, tags that are strings, and whatever else. */
static bool is_plain_custom(const json_t *custom)
{
    const json_t *name = json_object_get(custom, "name");
    const json_t *tags = json_object_get(custom, "tags");
    const json_t *tag;
    const char *key;

    if ((name != NULL && !json_is_string(name)) || (tags != NULL && !json_is_object(tags))) {
        return false;
    }
    json_object_foreach((json_t *)tags, key, tag)
    {
        if (!json_is_string(tag)) {
            return false;
        }
    }
    return true;
}

const was_error_t *pws_read_custom(const json_t *body, const char **text, bool *is_envelope,
                                   apr_pool_t *pool)
{
    const json_t *custom = json_object_get(body, "custom");
    apr_size_t length;

    *text = NULL;
    *is_envelope = true; /* clearing is allowed everywhere */
    if (custom == NULL || (json_is_object(custom) && json_object_size(custom) == 0)) {
        return NULL;
    }
    if (!json_is_object(custom) || !is_plain_custom(custom)) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/custom",
                              "\"custom\" must be an object; its name a string, its tags strings");
    }
    *is_envelope = pws_is_envelope(custom);
    *text = was_json_text(custom, &length, pool);
    if (length > PWS_CUSTOM_MAX_BYTES) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/custom",
                              "\"custom\" has at most %d bytes", PWS_CUSTOM_MAX_BYTES);
    }
    return NULL;
}
