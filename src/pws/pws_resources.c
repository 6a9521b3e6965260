/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_resources: resources of collections (section 12), and what is noted beside them. Bytes are
 * the client's: stored and returned as they came, JSON included. Refuses to know who may.
 */

#include "pws/pws.h"

#include "auth/was_crypto.h"
#include "base/was_json_scan.h"
#include "base/was_media_type.h"
#include "http/was_body.h"
#include "pws/pws_documents.h"
#include "pws/pws_envelope.h"
#include "pws/pws_ids.h"
#include "pws/pws_multipart.h"
#include "store/pws/was_pws_collections.h"
#include "store/pws/was_pws_resources.h"

#include <apr_strings.h>
#include <string.h>

enum { NOTE_MAX_BYTES = 1024 };

static was_pws_key_t key_of_resource(const was_request_t *request, const char *resource)
{
    return (was_pws_key_t){.space = pws_segment(request, 1),
                           .collection = pws_segment(request, 2),
                           .resource = resource};
}

const was_error_t *pws_content_get(was_request_t *request, was_response_t *response)
{
    const was_resource_t *content = pws_state(request)->resource;

    if (content == NULL) {
        return was_pws_resources_absent(request->pool);
    }
    response->resource = content;
    response->type = was_media_type_of_stored(content->type);
    response->etag = content->etag;
    response->modified = content->modified;
    response->cache = "private, no-cache"; /* for the caller alone to keep */
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

const was_error_t *pws_read_type(const was_request_t *request, const char **type)
{
    *type = was_request_field(request, "Content-Type");
    if (*type == NULL || **type == '\0') {
        return was_error_make(request->pool, WAS_ERROR_MISSING_TYPE, NULL,
                              "what is to be stored needs a Content-Type");
    }
    if (!was_media_type_is_sendable(*type)) {
        return was_error_make(request->pool, WAS_ERROR_INVALID_BODY, NULL,
                              "a Content-Type has at most %d printable ASCII characters",
                              WAS_MEDIA_TYPE_MAX_BYTES);
    }
    return NULL;
}

/* JSON must be JSON, and tells whether it is an envelope, and by what it is to be found: what came
 * as such was looked at while it came, what came in a form is in memory. */
static const was_error_t *inspect_content(const was_request_t *request,
                                          const was_content_t *content, was_pws_notes_t *notes,
                                          was_pws_terms_t *terms)
{
    pws_inspection_t *inspection = pws_state(request)->inspection;
    bool is_envelope;

    notes->is_envelope = false;
    *terms = (was_pws_terms_t){.count = 0};
    if (!was_media_type_holds_json(content->type)) {
        return NULL;
    }
    if (inspection == NULL && content->bytes != NULL) {
        inspection = pws_inspection_make(request->pool);
        pws_inspection_feed(inspection, content->bytes, content->length);
    }
    if (inspection == NULL) {
        return was_error_log(request->pool, WAS_ERROR_BROKEN, "nobody looked at a content");
    }
    WAS_TRY(pws_inspection_end(inspection, &is_envelope, terms, request->pool));
    notes->is_envelope = is_envelope && (was_media_type_is_json(content->type) ||
                                         was_media_type_is(content->type, "application/jose+json"));
    return NULL;
}

/* Content, notes and terms of a write, from the body or the one file in it. */
static const was_error_t *read_content(const was_request_t *request, was_content_t *content,
                                       was_pws_notes_t *notes, was_pws_terms_t *terms)
{
    const char *type;

    WAS_TRY(pws_read_type(request, &type));
    WAS_TRY(read_note(request, "Key-Epoch", &notes->epoch));
    WAS_TRY(read_note(request, "Writer-Id", &notes->writer));
    was_body_content(request->body, type, content);
    if (pws_is_multipart(type)) {
        WAS_TRY(pws_multipart_file(request, content));
    }
    return inspect_content(request, content, notes, terms);
}

const was_error_t *pws_content_admit(was_request_t *request, was_place_t *place)
{
    const char *type = was_request_field(request, "Content-Type");
    /* Of one that is to be made, an empty name. */
    const was_pws_key_t key = key_of_resource(request, pws_segment(request, 3));
    static const was_conditions_t none = {.unmodified_since = -1};
    bool is_new = *key.resource == '\0';
    was_grant_t grant = pws_grant(request);

    if (pws_names_chunk(request)) {
        return pws_chunk_admit(request, place);
    }
    if (type != NULL && pws_is_multipart(type)) {
        return pws_multipart_too_long(request->pool);
    }
    grant.is_carried = NULL; /* what is asked here writes nothing */
    place->space = key.space;
    return was_pws_resources_room(request->db, &grant, &key, is_new ? &none : &request->conditions,
                                  &place->room, request->pool);
}

/* When it was written: the content, and what is noted beside it. The older revision has one time
 * for both. */
static void describe_writes(const was_request_t *request, const was_pws_meta_t *meta,
                            was_document_t *document)
{
    json_t *root = was_document_root(document);

    if (pws_is_september(request)) {
        pws_document_time(document, root, "updatedAt",
                          meta->generation != NULL && meta->noted.time > meta->stamp.time
                              ? meta->noted.time
                              : meta->stamp.time,
                          request->pool);
        return;
    }
    pws_document_stamp(document, root, &meta->stamp, request->pool);
    if (meta->generation != NULL) {
        json_t *noted = was_document_object(document, root, "meta");

        pws_document_stamp(document, noted, &meta->noted, request->pool);
        was_document_text(document, noted, "generation", meta->generation);
    }
}

/* What a write came to (pws-next A.5). The older revision says nothing of it. */
static void answer_write(const was_request_t *request, was_response_t *response,
                         const was_pws_meta_t *meta, bool created)
{
    was_document_t *document = was_document_make(request->pool);
    json_t *root = was_document_root(document);

    response->etag = meta->etag;
    response->answer = WAS_ANSWER_NO_CONTENT;
    if (pws_is_september(request)) {
        return;
    }
    was_document_text(document, root, "contentType", meta->type);
    was_document_integer(document, root, "size", meta->size);
    describe_writes(request, meta, document);
    if (created) {
        pws_document_time(document, root, "createdAt", meta->created, request->pool);
        was_document_text(document, root, "createdBy", meta->created_by);
    }
    pws_answer_document(response, document);
    response->answer = created ? WAS_ANSWER_CREATED : WAS_ANSWER_OK;
    response->cache = "no-store";
}

const was_error_t *pws_resources_post(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    const was_validators_t any = {.any = true};
    const was_conditions_t absent = {.none_match = &any, .unmodified_since = -1};
    const was_pws_key_t key = key_of_resource(request, was_crypto_uuid(request->pool));
    was_document_t *document = was_document_make(request->pool);
    json_t *root = was_document_root(document);
    was_pws_notes_t notes;
    was_content_t content;
    was_pws_write_t write = {&content, &notes, &absent, {.count = 0}};
    was_pws_meta_t meta;
    bool created;

    WAS_TRY(read_content(request, &content, &notes, &write.terms));
    WAS_TRY(
        was_pws_resources_put(request->db, &grant, &key, &write, &meta, &created, request->pool));
    response->etag = meta.etag;
    was_document_text(document, root, "id", key.resource);
    was_document_text(
        document, root, "url",
        pws_path(request, "/space/%s/%s/%s", key.space, key.collection, key.resource));
    was_document_text(document, root, "content-type", content.type);
    pws_answer_document(response, document);
    response->cache = "no-store";
    response->answer = WAS_ANSWER_CREATED;
    response->location =
        pws_url(request, "/space/%s/%s/%s", key.space, key.collection, key.resource);
    return NULL;
}

const was_error_t *pws_resource_put(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    const was_pws_key_t key = key_of_resource(request, pws_segment(request, 3));
    was_pws_notes_t notes;
    was_content_t content;
    was_pws_write_t write = {&content, &notes, &request->conditions, {.count = 0}};
    was_pws_meta_t meta;
    bool created;

    WAS_TRY(read_content(request, &content, &notes, &write.terms));
    WAS_TRY(
        was_pws_resources_put(request->db, &grant, &key, &write, &meta, &created, request->pool));
    answer_write(request, response, &meta, created);
    return NULL;
}

const was_error_t *pws_resource_delete(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    const was_pws_key_t key = key_of_resource(request, pws_segment(request, 3));
    const char *writer;

    WAS_TRY(read_note(request, "Writer-Id", &writer));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return was_pws_resources_delete(request->db, &grant, &key, &request->conditions, writer,
                                    request->pool);
}

/* Adds the name that a client noted in the clear. What is noted and cannot be read names nothing
 * here; who asks for it alone is told. */
static void add_noted_name(const was_request_t *request, was_document_t *document, json_t *item,
                           const char *custom)
{
    const was_json_slice_t text = {custom, custom != NULL ? strlen(custom) : 0};
    was_json_slice_t value;
    apr_size_t good;

    if (custom != NULL && was_json_scan(text, &good) == WAS_JSON_SOUND &&
        was_json_scan_member(text, "jwe", &value) == 0 &&
        was_json_scan_member(text, "name", &value) > 0 && *value.text == '"') {
        was_document_json(document, item, "name",
                          apr_pstrmemdup(request->pool, value.text, value.length));
    }
}

static void add_resource(const was_request_t *request, was_document_t *document, json_t *item,
                         const void *entries, int index)
{
    const was_pws_entry_t *entry = &((const was_pws_entry_t *)entries)[index];

    was_document_text(document, item, "id", entry->id);
    was_document_text(document, item, "url",
                      pws_path(request, "/space/%s/%s/%s", pws_segment(request, 1),
                               pws_segment(request, 2), entry->id));
    was_document_text(document, item, "contentType", entry->type);
    add_noted_name(request, document, item, entry->custom);
    was_document_text(document, item, "epoch", entry->epoch);
    was_document_text(document, item, "writerId", entry->writer);
}

static const char *id_of_resource(const void *entries, int index)
{
    return ((const was_pws_entry_t *)entries)[index].id;
}

const was_error_t *pws_resources_get(was_request_t *request, was_response_t *response)
{
    const char *space = pws_segment(request, 1), *id = pws_segment(request, 2);
    pws_listing_t listing = {.path = pws_path(request, "/space/%s/%s/", space, id),
                             .add = add_resource,
                             .id = id_of_resource};
    was_document_t *document = was_document_make(request->pool);
    json_t *root = was_document_root(document);
    was_pws_collection_t collection;
    const was_pws_entry_t *entries;
    was_page_t page;

    WAS_TRY(pws_read_page(request, listing.path, &page));
    page.only_public = pws_state(request)->is_public;
    WAS_TRY(was_pws_collections_get(request->db, space, id, &collection, request->pool));
    WAS_TRY(was_pws_resources_list(request->db, space, id, &page, &entries, &listing.found,
                                   request->pool));
    listing.entries = entries;
    was_document_text(document, root, "id", id);
    was_document_text(document, root, "name", collection.name != NULL ? collection.name : id);
    was_document_add_text(document, was_document_list(document, root, "type"), "Collection");
    pws_answer_listing(request, response, document, &page, &listing);
    return NULL;
}

const was_error_t *pws_resource_meta_get(was_request_t *request, was_response_t *response)
{
    const was_pws_key_t key = key_of_resource(request, pws_segment(request, 3));
    was_document_t *document = was_document_make(request->pool);
    json_t *root = was_document_root(document);
    was_pws_meta_t meta;

    WAS_TRY(was_pws_resources_get_meta(request->db, &key, &meta, request->pool));
    was_document_text(document, root, "contentType", meta.type);
    was_document_integer(document, root, "size", meta.size);
    pws_document_time(document, root, "createdAt", meta.created, request->pool);
    describe_writes(request, &meta, document);
    was_document_text(document, root, "createdBy", meta.created_by);
    was_document_json(document, root, "custom", meta.custom);
    was_document_text(document, root, "epoch", meta.epoch);
    was_document_text(document, root, "writerId", meta.writer);
    pws_answer_document(response, document);
    response->etag = meta.etag;
    return NULL;
}

const was_error_t *pws_resource_meta_put(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    const was_pws_key_t key = key_of_resource(request, pws_segment(request, 3));
    const json_t *body = request->document;
    was_pws_notes_t notes = {.epoch = NULL};
    was_pws_meta_write_t write = {.notes = &notes, .conditions = &request->conditions};
    was_pws_meta_t meta;

    WAS_TRY(pws_read_custom(body, &write.custom, &notes.is_envelope, request->pool));
    WAS_TRY(was_json_string(body, "epoch", NOTE_MAX_BYTES, &notes.epoch, request->pool));
    write.keeps_writer = !pws_is_september(request);
    if (!write.keeps_writer) {
        WAS_TRY(was_json_string(body, "writerId", NOTE_MAX_BYTES, &notes.writer, request->pool));
    }
    WAS_TRY(was_pws_resources_put_meta(request->db, &grant, &key, &write, &meta, request->pool));
    answer_write(request, response, &meta, false);
    return NULL;
}
