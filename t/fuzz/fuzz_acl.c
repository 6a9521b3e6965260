/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * classic_acl: the input is lines: a space's link, the path that is asked for, and the resources of
 * the space: a path, a media type and a document each. The store is this target. A grant must rest
 * on what the documents say; protocol/classic section 5 in other words is at the bottom of it.
 */
#include "request.h"

#include "classic/classic.h"
#include "base/was_encoding.h"

enum { MOST_RESOURCES = 16, MOST_READS = 9 };

static was_resource_t resources[MOST_RESOURCES];
static int nresources;
static int reads;
static const char *asked;
/* A document that was read beside the linkset says that everybody may read what is asked for. */
static bool offered;

static bool holds(const json_t *value, const char *text)
{
    const json_t *item;
    size_t index;

    if (json_is_string(value)) {
        return strcmp(json_string_value(value), text) == 0;
    }
    json_array_foreach((json_t *)value, index, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), text) == 0) {
            return true;
        }
    }
    return false;
}

static bool names_asked(const json_t *urls, apr_pool_t *pool)
{
    const json_t *url;
    const was_path_t *path;
    size_t index;

    json_array_foreach((json_t *)urls, index, url)
    {
        if (json_is_string(url) &&
            was_path_parse(json_string_value(url), "", &path, pool) == NULL &&
            path->nsegments > 2 && strcmp(was_path_rest(path, 2), asked) == 0) {
            return true;
        }
    }
    return false;
}

static bool offers(const was_resource_t *resource, apr_pool_t *pool)
{
    const json_t *rule;
    json_t *document = NULL;
    size_t index;

    if (was_json_parse_object(resource->piece, resource->piece_length, &document, pool) != NULL) {
        return false;
    }
    if (holds(json_object_get(document, "type"), "PublicCanRead")) {
        return true;
    }
    json_array_foreach(json_object_get(document, "authorization"), index, rule)
    {
        if (holds(json_object_get(rule, "agentClass"), "http://xmlns.com/foaf/0.1/Agent") &&
            holds(json_object_get(rule, "mode"), "Read") &&
            names_asked(json_object_get(rule, "accessTo"), pool)) {
            return true;
        }
    }
    return false;
}

const was_error_t *was_classic_resources_get(was_db_t *db, const was_classic_key_t *key,
                                             bool anyone, apr_size_t want, was_resource_t *resource,
                                             const char **link, apr_pool_t *pool)
{
    REQUIRE(db == NULL && anyone && want == WAS_DOCUMENT_MAX_BYTES && link == NULL);
    REQUIRE(strcmp(key->space, "s") == 0 && key->caller == NULL && key->path[0] == '/');
    REQUIRE(was_utf8_valid(key->path, strlen(key->path)) && ++reads <= MOST_READS);
    for (int i = 0; i < nresources; i++) {
        if (strcmp(resources[i].path, key->path) == 0) {
            *resource = resources[i];
            offered = offered || (reads > 1 && offers(resource, pool));
            return NULL;
        }
    }
    return was_error_make(pool, WAS_ERROR_NOT_FOUND, "/resource", "not there");
}

static bool ask(const was_protocol_t *protocol, const char *link, const char *path,
                apr_pool_t *pool)
{
    was_request_t *request = fuzz_request(protocol, pool);
    bool granted = true;

    reads = 0;
    offered = false;
    asked = path;
    REQUIRE(classic_acl_grants(request, "s", link, path, &granted) == NULL);
    REQUIRE(!granted || (offered && reads >= 2));
    return granted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const was_protocol_t protocol = {.name = "classic"};
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size), *rest = text;
    const char *link = fuzz_line(&rest), *path = fuzz_line(&rest);

    nresources = 0;
    while (nresources < MOST_RESOURCES && rest != NULL) {
        was_resource_t *resource = &resources[nresources];
        const char *type;

        memset(resource, 0, sizeof(*resource));
        resource->path = fuzz_line(&rest);
        type = fuzz_line(&rest);
        resource->piece = fuzz_line(&rest);
        if (resource->piece != NULL) {
            resource->type = type;
            resource->piece_length = strlen(resource->piece);
            resource->size = (apr_int64_t)resource->piece_length;
            nresources++;
        }
    }
    /* A path is one that was_path_parse made. */
    if (path != NULL && path[0] == '/' && ask(&protocol, link, path, pool)) {
        /* It grants by the list that the link names, and by nothing else. */
        REQUIRE(!ask(&protocol, "/space/other/list", path, pool));
        REQUIRE(!ask(&protocol, NULL, path, pool));
        nresources = 0;
        REQUIRE(!ask(&protocol, link, path, pool));
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
