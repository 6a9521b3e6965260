/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_documents: the pieces that documents are made of and read from. Owns times, pages and what a
 * client may note as `custom`. Refuses to know any noun.
 */

#include "pws/pws_documents.h"

#include "base/was_encoding.h"
#include "pws/pws_ids.h"

#include <apr_strings.h>

#include <stdlib.h>
#include <string.h>

/* Of an item in a listing: its names and punctuation. */
enum { ITEM_BYTES = 80 };

bool pws_is_september(const was_request_t *request)
{
    return was_config_revision(request->config) == WAS_REVISION_2026_09;
}

void pws_answer_document(was_response_t *response, const was_document_t *document)
{
    response->json = was_document_finish(document);
    response->text = was_document_render(document);
    response->type = "application/json";
    response->cache = "private, no-cache";
}

void pws_answer_text(was_response_t *response, const char *text)
{
    response->text = text;
    response->type = "application/json";
    response->cache = "private, no-cache";
}

/* Digits with zeros in front. */
static void put_digits(char *to, int count, int number)
{
    while (count > 0) {
        to[--count] = (char)('0' + number % 10);
        number /= 10;
    }
}

/* Of a page of changes there are hundreds: without a formatter, which took longer than the rest. */
const char *pws_time_text(apr_time_t time, apr_pool_t *pool)
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    char *text = apr_pmemdup(pool, form, sizeof(form));
    apr_time_exp_t parts;

    apr_time_exp_gmt(&parts, time);
    put_digits(text, 4, parts.tm_year + 1900);
    put_digits(text + 5, 2, parts.tm_mon + 1);
    put_digits(text + 8, 2, parts.tm_mday);
    put_digits(text + 11, 2, parts.tm_hour);
    put_digits(text + 14, 2, parts.tm_min);
    put_digits(text + 17, 2, parts.tm_sec);
    put_digits(text + 20, 3, parts.tm_usec / 1000);
    return text;
}

void pws_document_time(was_document_t *document, json_t *object, const char *name, apr_time_t time,
                       apr_pool_t *pool)
{
    was_document_text(document, object, name, pws_time_text(time, pool));
}

void pws_document_stamp(was_document_t *document, json_t *object, const was_pws_stamp_t *stamp,
                        apr_pool_t *pool)
{
    pws_document_time(document, object, "updatedAt", stamp->time, pool);
    was_document_integer(document, object, "updatedAtCounter", stamp->counter);
    was_document_text(document, object, "originId", stamp->origin);
}

const was_error_t *pws_check_stored(const char *text, apr_pool_t *pool)
{
    apr_size_t good;

    return was_json_scan((was_json_slice_t){text, strlen(text)}, &good) == WAS_JSON_SOUND &&
                   text[strspn(text, " \t\r\n")] == '{'
               ? NULL
               : was_error_log(pool, WAS_ERROR_BROKEN, "a stored document: no JSON object");
}

const was_error_t *pws_bad_member(apr_pool_t *pool, const char *name, const char *what)
{
    return was_error_make(pool, WAS_ERROR_INVALID_BODY, apr_pstrcat(pool, "#/", name, NULL),
                          "\"%s\" must be %s", name, what);
}

bool pws_list_holds(const json_t *list, const char *text)
{
    for (apr_size_t i = 0; i < json_array_size(list); i++) {
        if (was_json_is_text(json_array_get(list, i), text)) {
            return true;
        }
    }
    return false;
}

const char *pws_query_parameter(const was_request_t *request, const char *name)
{
    apr_size_t length = strlen(name);
    char *state = NULL;

    if (request->path->query == NULL) {
        return NULL;
    }
    for (char *pair = apr_strtok(apr_pstrdup(request->pool, request->path->query), "&", &state);
         pair != NULL; pair = apr_strtok(NULL, "&", &state)) {
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

/* Section 13.1: what is no number of a page's documents asks for the usual one. */
static int limit_of_number(double number)
{
    return number >= PWS_PAGE_MAX ? PWS_PAGE_MAX : number >= 1 ? (int)number : PWS_PAGE;
}

int pws_limit_of_text(const char *text)
{
    if (text == NULL || *text == '\0' || text[strspn(text, "0123456789")] != '\0') {
        return PWS_PAGE;
    }
    text += strspn(text, "0");
    return strlen(text) > 4 ? PWS_PAGE_MAX : limit_of_number((double)apr_atoi64(text));
}

int pws_limit_of_member(const json_t *value)
{
    return json_is_string(value)   ? pws_limit_of_text(json_string_value(value))
           : json_is_number(value) ? limit_of_number(json_number_value(value))
                                   : PWS_PAGE;
}

const was_error_t *pws_read_cursor(const char *cursor, const char **after, apr_pool_t *pool)
{
    unsigned char bytes[PWS_ID_MAX_BYTES + 1];
    apr_size_t count;

    if (!was_base64_decode(cursor, strlen(cursor), bytes, PWS_ID_MAX_BYTES, &count)) {
        return bad_cursor(pool);
    }
    bytes[count] = '\0';
    *after = apr_pstrmemdup(pool, (char *)bytes, count);
    return strlen(*after) != count || pws_check_id(*after, pool) != NULL ? bad_cursor(pool) : NULL;
}

const was_error_t *pws_read_page(const was_request_t *request, const char *path, was_page_t *page)
{
    const char *limit = pws_query_parameter(request, "limit");
    const char *cursor = pws_query_parameter(request, "cursor");

    /* An item's URL is the listing's and its id. */
    *page = (was_page_t){.after = "",
                         .limit = PWS_PAGE,
                         .extra = (int)strlen(path) + ITEM_BYTES,
                         .only_public = false};
    if (limit != NULL) {
        char *end;
        apr_int64_t number = apr_strtoi64(limit, &end, 10);

        if (*limit >= '1' && *limit <= '9' && *end == '\0') {
            page->limit = number < PWS_PAGE_MAX ? (int)number : PWS_PAGE_MAX;
        }
    }
    return cursor != NULL ? pws_read_cursor(cursor, &page->after, request->pool) : NULL;
}

bool pws_includes(const was_request_t *request, const char *section)
{
    const char *include = pws_query_parameter(request, "include");
    char *state = NULL;

    if (include == NULL) {
        return false;
    }
    for (char *name = apr_strtok(apr_pstrdup(request->pool, include), ",", &state); name != NULL;
         name = apr_strtok(NULL, ",", &state)) {
        if (strcmp(name, section) == 0) {
            return true;
        }
    }
    return false;
}

const char *pws_cursor_text(const char *last, apr_pool_t *pool)
{
    apr_size_t length = strlen(last);
    char *cursor = apr_palloc(pool, (4 * length + 2) / 3 + 1);

    was_base64url_encode((const unsigned char *)last, length, cursor);
    return cursor;
}

const char *pws_next_page(const was_request_t *request, const was_page_t *page, const char *path,
                          const char *last)
{
    return apr_psprintf(request->pool, "%s?limit=%d&cursor=%s%s", path, page->limit,
                        pws_cursor_text(last, request->pool),
                        page->with_deleted ? "&include=deleted" : "");
}

void pws_answer_listing(const was_request_t *request, was_response_t *response,
                        was_document_t *document, const was_page_t *page,
                        const pws_listing_t *listing)
{
    json_t *root = was_document_root(document);

    was_document_text(document, root, "url", listing->path);
    if (listing->found.total >= 0) {
        was_document_integer(document, root, "totalItems", listing->found.total);
    }
    json_t *items = was_document_list(document, root, "items");

    for (int i = 0; i < listing->found.count; i++) {
        listing->add(request, document, was_document_add_object(document, items), listing->entries,
                     i);
    }
    if (listing->found.more) {
        was_document_text(document, root, "next",
                          pws_next_page(request, page, listing->path,
                                        listing->id(listing->entries, listing->found.count - 1)));
    }
    pws_answer_document(response, document);
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
    json_t *tags = json_object_get(custom, "tags");
    const json_t *tag;
    const char *key;

    if ((name != NULL && !json_is_string(name)) || (tags != NULL && !json_is_object(tags))) {
        return false;
    }
    json_object_foreach(tags, key, tag)
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
    if (json_string_length(json_object_get(custom, "name")) > PWS_NAME_MAX_BYTES) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/custom/name",
                              "a name has at most %d bytes", PWS_NAME_MAX_BYTES);
    }
    *is_envelope = pws_is_envelope(custom);
    *text = was_json_text(custom, &length, pool);
    if (*text == NULL || length > PWS_CUSTOM_MAX_BYTES) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/custom",
                              "\"custom\" has at most %d bytes", PWS_CUSTOM_MAX_BYTES);
    }
    return NULL;
}
