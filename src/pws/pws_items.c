/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Resources of collections (section 12), and what is noted beside them. Bytes are the client's:
 * stored and returned as they came, JSON included. Refuses to know who may.
 */

#include "pws/pws.h"
#include "base/was_media_type.h"

#include <apr_strings.h>

#include <string.h>

enum { NOTE_MAX_BYTES = 1024 };

static was_item_key_t key_of(const was_request_t *request, const char *resource)
{
    const char *collection = pws_segment(request, 2);
    was_item_key_t key = {
        .space = pws_segment(request, 1),
        .collection = collection,
        .path = apr_pstrcat(request->pool, "/", collection, "/", resource, NULL),
    };

    return key;
}

const was_error_t *pws_item_get(was_request_t *request, was_response_t *response)
{
    was_resource_t *resource = pws_state(request)->resource;
    was_item_key_t key = key_of(request, pws_segment(request, 3));

    if (resource == NULL) { /* read by a policy */
        resource = apr_pcalloc(request->pool, sizeof(*resource));
        WAS_TRY(was_items_get(request->db, &key, request->is_head ? 0 : WAS_PIECE_BYTES, resource,
                              request->pool));
    }
    response->resource = resource;
    response->space = key.space;
    response->type = resource->type;
    response->etag = resource->etag;
    response->modified = resource->modified;
    response->cache = "private, no-cache";
    return NULL;
}

/* A note that comes as a header field. */
static const was_error_t *read_note(const was_request_t *request, const char *name,
                                    const char **note)
{
    *note = was_request_field(request, name);
    if (*note != NULL && (**note == '\0' || strlen(*note) > NOTE_MAX_BYTES)) {
        return was_error_make(request->pool, WAS_ERROR_INVALID_BODY, NULL,
                              "%s must have 1 to %d bytes", name, NOTE_MAX_BYTES);
    }
    return NULL;
}

static const was_error_t *read_type(const was_request_t *request, const char **type)
{
    *type = was_request_field(request, "Content-Type");
    if (*type == NULL || **type == '\0') {
        return was_error_make(request->pool, WAS_ERROR_MISSING_TYPE, NULL,
                              "a resource needs a Content-Type");
    }
    if (!was_media_type_is_sendable(*type)) {
        return was_error_make(request->pool, WAS_ERROR_INVALID_BODY, NULL,
                              "a Content-Type has at most %d printable ASCII characters",
                              WAS_MEDIA_TYPE_MAX_BYTES);
    }
    return NULL;
}

/* JSON must be JSON, and tells whether it is an envelope. What waits in a file is too long to be
 * looked at in memory, and is taken as it says it is. */
static const was_error_t *inspect(const was_request_t *request, const was_content_t *content,
                                  was_item_notes_t *notes)
{
    json_t *value;

    notes->is_envelope = false;
    if (!was_media_type_holds_json(content->type) || content->source != NULL) {
        return NULL;
    }
    WAS_TRY(was_json_parse_content(content->bytes, content->length, &value, request->pool));
    notes->is_envelope = was_media_type_is_json(content->type) && pws_is_envelope(value);
    return NULL;
}

/* Content and notes of a write, from the body or the one file in it. */
static const was_error_t *read_content(const was_request_t *request, was_content_t *content,
                                       was_item_notes_t *notes)
{
    const char *type;

    WAS_TRY(read_type(request, &type));
    WAS_TRY(read_note(request, "Key-Epoch", &notes->epoch));
    WAS_TRY(read_note(request, "Writer-Id", &notes->writer));
    was_body_content(request->body, type, content);
    content->quota = request->config->quota;
    if (pws_is_multipart(type)) {
        WAS_TRY(pws_multipart_file(request, content));
    }
    return inspect(request, content, notes);
}

const was_error_t *pws_items_post(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);
    const was_validators_t any = {.any = true};
    const was_conditions_t conditions = {.none_match = &any, .unmodified_since = -1};
    was_item_notes_t notes;
    was_content_t content;
    was_item_key_t key;
    const char *id = was_crypto_uuid(request->pool);
    const char *url;

    WAS_TRY(read_content(request, &content, &notes));
    key = key_of(request, id);
    WAS_TRY(was_items_put(request->db, &grant, &key, &content, &notes, &conditions, &response->etag,
                          request->pool));
    url = pws_path(request, "/space/%s%s", key.space, key.path);
    pws_answer_json(
        request, response,
        json_pack("{s:s, s:s, s:s}", "id", id, "url", url, "content-type", content.type));
    response->cache = "no-store";
    response->answer = WAS_ANSWER_CREATED;
    response->location = pws_url(request, "/space/%s%s", key.space, key.path);
    return NULL;
}

const was_error_t *pws_item_put(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);
    was_item_key_t key = key_of(request, pws_segment(request, 3));
    was_item_notes_t notes;
    was_content_t content;

    WAS_TRY(read_content(request, &content, &notes));
    WAS_TRY(was_items_put(request->db, &grant, &key, &content, &notes, &request->conditions,
                          &response->etag, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}

const was_error_t *pws_item_delete(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);
    was_item_key_t key = key_of(request, pws_segment(request, 3));

    WAS_TRY(was_items_delete(request->db, &grant, &key, &request->conditions, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}

static json_t *entry_of(const was_request_t *request, const was_item_t *item)
{
    json_t *entry = json_pack("{s:s, s:s, s:s}", "id", item->id, "url",
                              pws_path(request, "/space/%s/%s/%s", pws_segment(request, 1),
                                       pws_segment(request, 2), item->id),
                              "contentType", item->type);

    pws_set_string(entry, "name", item->name);
    pws_set_string(entry, "epoch", item->epoch);
    pws_set_string(entry, "writerId", item->writer);
    return entry;
}

const was_error_t *pws_items_get(was_request_t *request, was_response_t *response)
{
    const char *space = pws_segment(request, 1), *id = pws_segment(request, 2);
    const char *path = pws_path(request, "/space/%s/%s/", space, id);
    json_t *items;
    was_collection_t collection;
    const was_item_t *list;
    int count, shown, i;
    pws_page_t page;
    json_t *document;

    WAS_TRY(pws_read_page(request, &page));
    WAS_TRY(was_collections_get(request->db, space, id, &collection, request->pool));
    WAS_TRY(was_items_list(request->db, space, id, page.after, page.limit + 1, &list, &count,
                           request->pool));
    items = json_array();
    shown = count > page.limit ? page.limit : count;
    for (i = 0; i < shown; i++) {
        json_array_append_new(items, entry_of(request, &list[i]));
    }
    document = json_pack("{s:s, s:s, s:s, s:[s], s:i, s:o}", "id", id, "url", path, "name",
                         collection.name != NULL ? collection.name : id, "type", "Collection",
                         "totalItems", shown, "items", items);
    if (count > shown) {
        pws_set_string(document, "next", pws_next_page(request, &page, path, list[shown - 1].id));
    }
    pws_answer_json(request, response, document);
    return NULL;
}

const was_error_t *pws_item_meta_get(was_request_t *request, was_response_t *response)
{
    was_item_key_t key = key_of(request, pws_segment(request, 3));
    was_item_meta_t meta;
    json_t *document;

    WAS_TRY(was_items_get_meta(request->db, &key, &meta, request->pool));
    document = json_pack("{s:s, s:I}", "contentType", meta.type, "size", (json_int_t)meta.size);
    json_object_set_new(document, "createdAt", pws_time(meta.created, request->pool));
    json_object_set_new(document, "updatedAt", pws_time(meta.updated, request->pool));
    pws_set_string(document, "createdBy", meta.created_by);
    pws_set_json(document, "custom", meta.custom);
    pws_set_string(document, "epoch", meta.epoch);
    pws_set_string(document, "writerId", meta.writer);
    pws_answer_json(request, response, document);
    response->etag = meta.etag;
    return NULL;
}

const was_error_t *pws_item_meta_put(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);
    was_item_key_t key = key_of(request, pws_segment(request, 3));
    was_item_notes_t notes = {0};
    const char *custom;
    json_t *body;

    WAS_TRY(pws_read_object(request, &body));
    WAS_TRY(pws_read_custom(body, &custom, &notes.is_envelope, request->pool));
    WAS_TRY(was_json_string(body, "epoch", NOTE_MAX_BYTES, &notes.epoch, request->pool));
    WAS_TRY(was_json_string(body, "writerId", NOTE_MAX_BYTES, &notes.writer, request->pool));
    WAS_TRY(was_items_put_meta(request->db, &grant, &key, custom, &notes, &request->conditions,
                               &response->etag, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}
