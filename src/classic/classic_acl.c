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

/* The decoded path, within the space, that a URL path names; NULL when it names none. */
static const char *path_in_space(was_request_t *request, const char *space, const char *url)
{
    const was_path_t *path;

    if (url == NULL || url[0] != '/' ||
        was_path_parse(url, was_request_mount(request), &path, request->pool) != NULL ||
        path->query != NULL || path->nsegments < 3 ||
        strcmp(was_path_segment(path, 0, request->pool), "space") != 0 ||
        strcmp(was_path_segment(path, 1, request->pool), space) != 0) {
        return NULL;
    }
    return was_path_rest(path, 2);
}

/* A JSON document of the space, of the given media type (any for NULL); NULL for anything else. */
static const was_error_t *read_document(was_request_t *request, const char *space, const char *path,
                                        const char *type, json_t **document)
{
    const was_classic_key_t key = {space, path, NULL};
    was_resource_t resource;
    const was_error_t *error = was_classic_resources_get(
        request->db, &key, true, WAS_DOCUMENT_MAX_BYTES, &resource, NULL, request->pool);

    *document = NULL;
    if (error != NULL) {
        return error->kind == WAS_ERROR_NOT_FOUND ? NULL : error;
    }
    if (type != NULL && !was_media_type_is(resource.type, type)) {
        return NULL;
    }
    if (resource.size <= WAS_DOCUMENT_MAX_BYTES &&
        was_json_parse_object(resource.piece, resource.piece_length, document, request->pool) !=
            NULL) {
        *document = NULL;
    }
    return NULL;
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
static const json_t *find_entry(was_request_t *request, const char *space, const json_t *linkset,
                                const char *path)
{
    const json_t *entry, *nearest = NULL;
    apr_size_t i, longest = 0;

    json_array_foreach((json_t *)linkset, i, entry)
    {
        const char *anchor =
            path_in_space(request, space, json_string_value(json_object_get(entry, "anchor")));

        if (anchor != NULL && strlen(anchor) > longest && encloses_path(anchor, path)) {
            nearest = entry;
            longest = strlen(anchor);
        }
    }
    return nearest;
}

/* A Web Access Control document that lets everybody read exactly this resource. */
static bool wac_grants(was_request_t *request, const char *space, const json_t *document,
                       const char *path)
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
            const char *named = path_in_space(request, space, json_string_value(target));

            if (named != NULL && strcmp(named, path) == 0) {
                return true;
            }
        }
    }
    return false;
}

const was_error_t *classic_acl_grants(was_request_t *request, const char *space, const char *link,
                                      const char *path, bool *granted)
{
    const char *where = path_in_space(request, space, link);
    const json_t *entry, *item;
    json_t *document;
    apr_size_t i;

    *granted = false;
    if (where == NULL) {
        return NULL;
    }
    WAS_TRY(read_document(request, space, where, "application/linkset+json", &document));
    entry = find_entry(request, space, json_object_get(document, "linkset"), path);
    json_array_foreach(json_object_get(entry, "acl"), i, item)
    {
        where = path_in_space(request, space, json_string_value(json_object_get(item, "href")));
        if (where == NULL || i >= 8) {
            continue; /* a list of lists is no list */
        }
        WAS_TRY(read_document(request, space, where, NULL, &document));
        if (holds_text(json_object_get(document, "type"), "PublicCanRead") ||
            wac_grants(request, space, document, path)) {
            *granted = true;
            break;
        }
    }
    return NULL;
}
