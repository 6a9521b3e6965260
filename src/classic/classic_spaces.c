/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * classic_spaces: spaces, and what stands beside them at the server's root. Owns the documents that
 * describe a space on the wire. Refuses to know who may: the store's statements decide it.
 */

#include "classic/classic.h"
#include "auth/was_did.h"

#include "http/was_accept.h"
#include "http/was_cell.h"

#include <apr_strings.h>

#include <string.h>

enum {
    NAME_MAX_BYTES = 1024,
    LINK_MAX_BYTES = WAS_PATH_MAX_BYTES,
    LIST_PAGE = 500,
    LIST_EXTRA_BYTES = 40
};

static const char *const private_cache = "private, no-cache";

static const char *below_mount(const was_request_t *request, const char *path)
{
    return apr_pstrcat(request->pool, was_request_mount(request), path, NULL);
}

const was_error_t *classic_root_get(was_request_t *request, was_response_t *response)
{
    response->json =
        was_json_own(json_pack("{s:s, s:s, s:s}", "name", "Wallet Attached Storage", "type",
                               "WalletAttachedStorage", "spaces", below_mount(request, "/spaces/")),
                     request->pool);
    response->type = "application/json";
    return NULL;
}

const was_error_t *classic_spaces_redirect(was_request_t *request, was_response_t *response)
{
    const was_path_t *path = request->path;

    response->answer = WAS_ANSWER_MOVED;
    response->location = apr_pstrcat(request->pool, path->raw, "/", path->query != NULL ? "?" : "",
                                     path->query, NULL);
    return NULL;
}

/* A page as a list, which is the pool's; NULL when it cannot be built. */
static json_t *build_list(const was_classic_space_t *page, int count, apr_pool_t *pool)
{
    json_t *list = was_json_own(json_array(), pool);

    for (int i = 0; i < count; i++) {
        json_t *entry =
            json_pack("{s:s*, s:s*}", "id", page[i].id, "controller", page[i].controller);

        if (json_array_append_new(list, entry) != 0) {
            return NULL;
        }
    }
    return list;
}

/* A list that does not fit into one page, on its way out. */
typedef struct listing_t {
    was_request_t *request;
    const was_classic_space_t *page;
    was_found_t found;
} listing_t;

static const was_error_t *read_list_page(listing_t *listing, const char *after, apr_pool_t *pool)
{
    const was_page_t page = {.after = after, .limit = LIST_PAGE, .extra = LIST_EXTRA_BYTES};

    return was_classic_spaces_list(listing->request->db, listing->request->caller, &page,
                                   &listing->page, &listing->found, pool);
}

static const was_error_t *write_page(was_stream_t *stream, const listing_t *listing, bool first,
                                     apr_pool_t *pool)
{
    const json_t *list = build_list(listing->page, listing->found.count, pool);
    apr_size_t length = 0;
    const char *text = list != NULL ? was_json_text(list, &length, pool) : NULL;

    if (text == NULL) {
        return was_error_log(listing->request->pool, WAS_ERROR_BROKEN, "a list cannot be written");
    }
    /* Without its brackets, since the pages are one list. */
    WAS_TRY(was_stream_write(stream, first ? "[" : ",", 1));
    return was_stream_write(stream, text + 1, length - 2);
}

static const was_error_t *produce_list(was_stream_t *stream, void *baton)
{
    listing_t *listing = baton;
    was_request_t *request = listing->request;
    apr_pool_t *pages[2];
    const was_error_t *error = NULL;
    int turn = 0;
    bool first = true;

    /* Two pools, since the next page is asked for by the last uuid of this one. */
    apr_pool_create(&pages[0], request->pool);
    apr_pool_create(&pages[1], request->pool);
    while (error == NULL && listing->found.count > 0) {
        error = write_page(stream, listing, first, pages[turn]);
        first = false;
        if (error == NULL && listing->found.more) {
            turn = !turn;
            error =
                read_list_page(listing, listing->page[listing->found.count - 1].uuid, pages[turn]);
            apr_pool_clear(pages[!turn]);
        }
        else {
            listing->found.count = 0;
        }
    }
    return error != NULL ? error : was_stream_write(stream, "]", 1);
}

const was_error_t *classic_spaces_get(was_request_t *request, was_response_t *response)
{
    listing_t *listing = apr_pcalloc(request->pool, sizeof(*listing));

    listing->request = request;
    WAS_TRY(read_list_page(listing, "", request->pool));
    response->type = "application/json";
    response->cache = private_cache;
    if (listing->found.more) {
        response->produce = produce_list;
        response->baton = listing;
        return NULL;
    }
    response->json = build_list(listing->page, listing->found.count, request->pool);
    return NULL;
}

/* name and link: given counts, null clears. */
static const was_error_t *read_extras(const json_t *body, was_classic_space_change_t *change,
                                      apr_pool_t *pool)
{
    change->sets_name = json_object_get(body, "name") != NULL;
    change->sets_link = json_object_get(body, "link") != NULL;
    WAS_TRY(was_json_string(body, "name", NAME_MAX_BYTES, &change->name, pool));
    WAS_TRY(was_json_string(body, "link", LINK_MAX_BYTES, &change->link, pool));
    if (change->link != NULL && change->link[0] != '/') {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/link",
                              "\"link\" must be the path of a resource in the space");
    }
    if (json_is_null(json_object_get(body, "id"))) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/id", "\"id\" must be a string");
    }
    return was_json_string(body, "id", WAS_DID_MAX_BYTES, &change->id, pool);
}

/* The `controller` member as a DID; NULL when there is none. */
static const was_error_t *read_controller(const json_t *body, const char **did, apr_pool_t *pool)
{
    const char *text;

    *did = NULL;
    /* A DID URL repeats the DID's key behind the '#'. */
    WAS_TRY(was_json_string(body, "controller", 2 * WAS_DID_MAX_BYTES, &text, pool));
    return text != NULL ? was_did_of_controller(text, did, pool) : NULL;
}

static const char *default_id(const char *uuid, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "urn:uuid:", uuid, NULL);
}

static const was_error_t *read_uuid(const was_request_t *request, const char **uuid)
{
    apr_pool_t *pool = request->pool;

    WAS_TRY(was_json_string(request->document, "uuid", CLASSIC_UUID_MAX_BYTES, uuid, pool));
    if (*uuid == NULL) {
        *uuid = was_cell_uuid(request->config->cell, pool);
    }
    const was_error_t *error = classic_check_uuid(*uuid, pool);

    if (error != NULL) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/uuid", "%s", error->detail);
    }
    return was_cell_check(request->config->cell, *uuid, "#/uuid", "PUT the space's own URL", pool);
}

const was_error_t *classic_spaces_post(was_request_t *request, was_response_t *response)
{
    was_classic_space_change_t change = {.most = request->config->max_spaces};
    apr_pool_t *pool = request->pool;
    const json_t *body = request->document;
    const char *uuid;

    if (body != NULL) {
        WAS_TRY(read_controller(body, &change.controller, pool));
        WAS_TRY(read_extras(body, &change, pool));
    }
    WAS_TRY(read_uuid(request, &uuid));
    if (change.controller != NULL && strcmp(change.controller, request->caller) != 0) {
        return was_error_make(pool, WAS_ERROR_FORBIDDEN, "/authorization",
                              "a space can be made only for the signer");
    }
    change.controller = request->caller;
    change.id = change.id != NULL ? change.id : default_id(uuid, pool);
    WAS_TRY(was_classic_spaces_create(request->db, uuid, &change, &response->etag, pool));
    response->answer = WAS_ANSWER_CREATED;
    response->location = below_mount(request, apr_pstrcat(pool, "/space/", uuid, NULL));
    return NULL;
}

const was_error_t *classic_space_put(was_request_t *request, was_response_t *response)
{
    was_classic_space_change_t change = {.most = request->config->max_spaces};
    apr_pool_t *pool = request->pool;
    const json_t *body = request->document;
    const char *uuid;

    WAS_TRY(classic_space_uuid(request, &uuid));
    WAS_TRY(read_controller(body, &change.controller, pool));
    WAS_TRY(read_extras(body, &change, pool));
    if (change.controller == NULL) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/controller",
                              "a space needs a \"controller\"");
    }
    change.id = change.id != NULL ? change.id : default_id(uuid, pool);
    WAS_TRY(was_classic_spaces_put(request->db, uuid, request->caller, &change,
                                   &request->conditions, &response->etag, pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}

const was_error_t *classic_space_get(was_request_t *request, was_response_t *response)
{
    was_classic_space_t *space = apr_pcalloc(request->pool, sizeof(*space));
    const char *uuid;

    WAS_TRY(classic_space_uuid(request, &uuid));
    WAS_TRY(was_classic_spaces_get(request->db, uuid, request->caller, space, request->pool));
    response->varies_by_accept = true;
    if (was_accept_prefers(was_request_field(request, "Accept"), "application/x-tar",
                           request->pool)) {
        classic_export(request, space, response);
        return NULL;
    }
    response->json =
        was_json_own(json_pack("{s:s*, s:s*, s:s*, s:s*}", "id", space->id, "controller",
                               space->controller, "name", space->name, "link", space->link),
                     request->pool);
    response->type = "application/json";
    response->etag = space->etag;
    response->modified = space->modified;
    response->cache = private_cache;
    return NULL;
}

const was_error_t *classic_space_delete(was_request_t *request, was_response_t *response)
{
    const char *uuid;

    WAS_TRY(classic_space_uuid(request, &uuid));
    WAS_TRY(was_classic_spaces_delete(request->db, uuid, request->caller, &request->conditions,
                                      request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}
