/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * classic_acl: access lists, which say what resources of a space with private reads anybody may
 * read. Owns the reading of linksets (RFC 9264) and access documents. Only ever adds the right to
 * read, and whatever it does not understand grants nothing.
 */

#include "classic/classic.h"
#include "base/was_media_type.h"

#include <apr_strings.h>

#include <string.h>

/* Whether a value is the string, or an array that holds it. */
static bool holds_text(const json_t *value, const char *text)
{
    const json_t *item;
    apr_size_t i;

    if (json_is_string(value)) {
        return strcmp(json_string_value(value), text) == 0;
    }
    json_array_foreach((json_t *)value, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), text) == 0) {
            return true;
        }
    }
    return false;
}

enum { MAX_ACCESS_DOCUMENTS = 8 };

/* One question, and the memory of what is looked at to answer it: documents are as big as strangers
 * like, up to a limit, so one is gone before the next is read. */
typedef struct inquiry_t {
    was_request_t *request;
    const char *space;
    const char *path;
    apr_pool_t *document; /* of the one that is looked at */
    apr_pool_t *url;      /* of the one that is looked at */
} inquiry_t;

/* The decoded path, within the space, that a URL path names, until the next one is asked for; NULL
 * when it names none. */
static const char *path_in_space(const inquiry_t *inquiry, const char *url)
{
    const was_path_t *path;

    apr_pool_clear(inquiry->url);
    if (url == NULL || url[0] != '/' ||
        was_path_parse(url, was_request_mount(inquiry->request), &path, inquiry->url) != NULL ||
        path->query != NULL || path->nsegments < 3 ||
        strcmp(was_path_segment(path, 0, inquiry->url), "space") != 0 ||
        strcmp(was_path_segment(path, 1, inquiry->url), inquiry->space) != 0) {
        return NULL;
    }
    return was_path_rest(path, 2);
}

/* A JSON document of the space, of the given media type (any for NULL), in the place of the one
 * before; NULL for anything else. */
static const was_error_t *read_document(const inquiry_t *inquiry, const char *path,
                                        const char *type, json_t **document)
{
    const was_classic_key_t key = {inquiry->space, path, NULL};
    was_resource_t resource;

    *document = NULL;
    apr_pool_clear(inquiry->document);
    const was_error_t *error =
        was_classic_resources_get(inquiry->request->db, &key, true, WAS_DOCUMENT_MAX_BYTES,
                                  &resource, NULL, inquiry->document);

    if (error != NULL) {
        return error->kind == WAS_ERROR_NOT_FOUND ? NULL : error;
    }
    if ((type != NULL && !was_media_type_is(resource.type, type)) ||
        resource.size > WAS_DOCUMENT_MAX_BYTES) {
        return NULL;
    }
    error =
        was_json_parse_object(resource.piece, resource.piece_length, document, inquiry->document);
    return error != NULL && error->kind != WAS_ERROR_INVALID_BODY ? error : NULL;
}

/* Whether an anchor is the path, or a container around it. */
static bool encloses_path(const char *anchor, const char *path)
{
    apr_size_t length = strlen(anchor);

    return strncmp(anchor, path, length) == 0 &&
           (path[length] == '\0' || anchor[length - 1] == '/');
}

/* The entry for the resource, or else for the nearest container around it: "/a/b", "/a/", "/". The
 * first of several for one anchor counts. Every anchor is looked at once, however deep the path. */
static const json_t *find_entry(const inquiry_t *inquiry, const json_t *linkset)
{
    const json_t *entry, *nearest = NULL;
    apr_size_t i, longest = 0;

    json_array_foreach((json_t *)linkset, i, entry)
    {
        const char *anchor =
            path_in_space(inquiry, json_string_value(json_object_get(entry, "anchor")));

        if (anchor != NULL && strlen(anchor) > longest && encloses_path(anchor, inquiry->path)) {
            nearest = entry;
            longest = strlen(anchor);
        }
    }
    return nearest;
}

/* A Web Access Control document that lets everybody read exactly this resource. */
static bool wac_grants(const inquiry_t *inquiry, const json_t *document)
{
    const json_t *authorization, *target;
    apr_size_t i, j;

    json_array_foreach(json_object_get(document, "authorization"), i, authorization)
    {
        json_t *targets = json_object_get(authorization, "accessTo");

        if (!holds_text(json_object_get(authorization, "agentClass"),
                        "http://xmlns.com/foaf/0.1/Agent") ||
            !holds_text(json_object_get(authorization, "mode"), "Read")) {
            continue;
        }
        json_array_foreach(targets, j, target)
        {
            const char *named = path_in_space(inquiry, json_string_value(target));

            if (named != NULL && strcmp(named, inquiry->path) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Where the access documents are that the linkset at a path has for the resource. */
static const was_error_t *find_documents(const inquiry_t *inquiry, const char *linkset,
                                         const char *paths[MAX_ACCESS_DOCUMENTS], int *count)
{
    const json_t *entry, *item;
    json_t *document;
    apr_size_t i;

    WAS_TRY(read_document(inquiry, linkset, "application/linkset+json", &document));
    entry = find_entry(inquiry, json_object_get(document, "linkset"));
    json_array_foreach(json_object_get(entry, "acl"), i, item)
    {
        const char *where =
            path_in_space(inquiry, json_string_value(json_object_get(item, "href")));

        if (i >= MAX_ACCESS_DOCUMENTS) {
            break; /* a list of lists is no list */
        }
        if (where != NULL) {
            paths[(*count)++] = apr_pstrdup(inquiry->request->pool, where);
        }
    }
    return NULL;
}

const was_error_t *classic_acl_grants(was_request_t *request, const char *space, const char *link,
                                      const char *path, bool *granted)
{
    inquiry_t inquiry = {.request = request, .space = space, .path = path};
    const char *paths[MAX_ACCESS_DOCUMENTS];
    int count = 0;

    *granted = false;
    apr_pool_create(&inquiry.document, request->pool);
    apr_pool_create(&inquiry.url, request->pool);
    const char *where = path_in_space(&inquiry, link);

    if (where != NULL) {
        WAS_TRY(find_documents(&inquiry, apr_pstrdup(request->pool, where), paths, &count));
    }
    for (int i = 0; i < count && !*granted; i++) {
        json_t *document;

        WAS_TRY(read_document(&inquiry, paths[i], NULL, &document));
        *granted = holds_text(json_object_get(document, "type"), "PublicCanRead") ||
                   wac_grants(&inquiry, document);
    }
    apr_pool_destroy(inquiry.document);
    apr_pool_destroy(inquiry.url);
    return NULL;
}
