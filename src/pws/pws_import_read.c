/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_import_read: what the JSON entries of an archive say. Owns which of their members count, and
 * what each must be. Refuses to know what becomes of it.
 */

#include "pws/pws_import.h"

#include "base/was_media_type.h"
#include "base/was_time.h"
#include "http/was_body.h"
#include "pws/pws.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "pws/pws_log.h"

#include <apr_strings.h>

#include <string.h>

enum { NOTE_BYTES = 1024 };

const was_error_t *pws_import_bytes(const pws_import_t *import, const pws_item_t *item,
                                    const char **bytes, apr_pool_t *pool)
{
    char *buffer = apr_palloc(pool, (apr_size_t)item->size + 1);
    apr_size_t held = 0, count = 1;

    while (held < (apr_size_t)item->size && count > 0) {
        WAS_TRY(import->source.read(import->source.baton, item->offset + (apr_int64_t)held,
                                    buffer + held, (apr_size_t)item->size - held, &count));
        held += count;
    }
    buffer[held] = '\0';
    *bytes = buffer;
    return held == (apr_size_t)item->size ? NULL : was_unpack_refuse(pool, "an entry is cut");
}

const was_error_t *pws_import_type(const pws_import_t *import, const pws_item_t *item,
                                   const char **type, apr_pool_t *pool)
{
    char buffer[WAS_MEDIA_TYPE_MAX_BYTES + 1];
    apr_size_t count;

    WAS_TRY(was_spool_seek(import->types, item->type));
    WAS_TRY(was_spool_read(import->types, buffer, sizeof(buffer), &count));
    *type = apr_pstrmemdup(pool, buffer, strnlen(buffer, count));
    return NULL;
}

/* What a reader of documents says of one in an archive. */
static const was_error_t *refuse_document(const was_error_t *error, apr_pool_t *pool)
{
    if (error == NULL || error->kind == WAS_ERROR_UNAVAILABLE || error->kind == WAS_ERROR_BROKEN) {
        return error;
    }
    return was_unpack_refuse(pool, error->detail != NULL ? error->detail : "a document in it");
}

static const was_error_t *read_object(const pws_import_t *import, const pws_item_t *item,
                                      json_t **object, const char **text, apr_pool_t *pool)
{
    if (item->size > (item->kind == PWS_ENTRY_LOG ? PWS_IMPORT_LOG_MAX : PWS_IMPORT_TEXT_MAX)) {
        return was_unpack_refuse(pool, "a document in it is too long");
    }
    WAS_TRY(pws_import_bytes(import, item, text, pool));
    return refuse_document(was_json_parse_object(*text, (apr_size_t)item->size, object, pool),
                           pool);
}

const was_error_t *pws_import_object(const pws_import_t *import, const pws_item_t *item,
                                     json_t **object, apr_pool_t *pool)
{
    const char *text;

    return read_object(import, item, object, &text, pool);
}

/* A generation as we show them: up to 16 digits; 0 for whatever else. */
static apr_int64_t read_generation(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    apr_size_t length = text != NULL ? strlen(text) : 0;
    apr_uint64_t value = 0;

    if (length == 0 || length > 16 || *text == '0' || strspn(text, "0123456789abcdef") != length) {
        return 0;
    }
    for (; *text != '\0'; text++) {
        value = value * 16 + (apr_uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
    }
    return (apr_int64_t)value;
}

/* A date that stamps can have; 0 for whatever else. */
static apr_time_t read_created(const json_t *object)
{
    const char *text = json_string_value(json_object_get(object, "createdAt"));
    apr_time_t time;

    return text != NULL && was_time_parse(text, &time) && time > 0 ? time : 0;
}

static bool is_deleted_object(const json_t *object)
{
    return json_object_get(object, "deleted") != NULL;
}

/* Whether two lists hold the same texts. */
static bool is_same_set(const json_t *one, const json_t *other)
{
    for (int turn = 0; turn < 2; turn++) {
        for (apr_size_t i = 0; i < json_array_size(one); i++) {
            const char *text = json_string_value(json_array_get(one, i));

            if (text != NULL && !pws_list_holds(other, text)) {
                return false;
            }
        }
        const json_t *swapped = one;

        one = other;
        other = swapped;
    }
    return true;
}

/* Texts that name "Space" are a type; whatever else is as good as none. */
static bool is_type(const json_t *type)
{
    for (apr_size_t i = 0; i < json_array_size(type); i++) {
        if (json_string_length(json_array_get(type, i)) == 0) {
            return false;
        }
    }
    return pws_list_holds(type, "Space");
}

static const was_error_t *check_space_type(const pws_import_t *import, const json_t *type,
                                           apr_pool_t *pool)
{
    was_pws_space_t space;
    json_t *own;

    if (!is_type(type)) {
        return NULL;
    }
    WAS_TRY(was_pws_spaces_get(import->request->db, pws_segment(import->request, 1), &space, pool));
    const char *text = apr_pstrcat(pool, "{\"type\":", space.type, "}", NULL);

    if (was_json_parse_object(text, strlen(text), &own, pool) != NULL) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "a stored type: no JSON");
    }
    return is_same_set(type, json_object_get(own, "type"))
               ? NULL
               : was_unpack_refuse(pool, "its space is of another type than this one");
}

/* One that is no JSON object is as good as none. */
const was_error_t *pws_import_read_space(pws_import_t *import, const pws_item_t *item,
                                         apr_pool_t *pool)
{
    json_t *object;
    const char *text;
    const was_error_t *error = read_object(import, item, &object, &text, pool);

    if (error != NULL) {
        return error->kind == WAS_ERROR_INVALID_ARCHIVE ? NULL : error;
    }
    if (json_string_length(json_object_get(object, "name")) <= PWS_NAME_MAX_BYTES) {
        import->name =
            apr_pstrdup(import->request->pool, json_string_value(json_object_get(object, "name")));
    }
    if (import->name != NULL && *import->name == '\0') {
        import->name = NULL;
    }
    import->has_space = true;
    return check_space_type(import, json_object_get(object, "type"), pool);
}

const was_error_t *pws_import_read_collection(const pws_import_t *import, const pws_item_t *item,
                                              const char *id, was_pws_incoming_t *record,
                                              apr_pool_t *pool)
{
    was_request_t shown = *import->request;
    const char *text;

    WAS_TRY(read_object(import, item, &shown.document, &text, pool));
    const json_t *named = json_object_get(shown.document, "id");

    if (is_deleted_object(shown.document) || (named != NULL && !was_json_is_text(named, id))) {
        return was_unpack_refuse(pool, "a collection's document is of another, or of none");
    }
    /* Its contents come along, so that they are here from now on. */
    (void)json_object_del(shown.document, "backend");
    shown.pool = pool;
    shown.body = was_body_of_text(text, (apr_size_t)item->size, pool);
    record->collection = apr_pcalloc(pool, sizeof(*record->collection));
    record->collection->id = id;
    WAS_TRY(refuse_document(pws_collection_read(&shown, record->collection), pool));
    record->generation = read_generation(shown.document, "_generation");
    record->created = read_created(shown.document);
    return NULL;
}

const was_error_t *pws_import_read_log(const pws_import_t *import, const pws_item_t *item,
                                       was_pws_incoming_t *record, apr_pool_t *pool)
{
    was_pws_log_t *log = apr_pcalloc(pool, sizeof(*log));
    const char *text;
    json_t *object;

    WAS_TRY(read_object(import, item, &object, &text, pool));
    const json_t *body = json_object_get(object, "body");

    if (!json_is_string(body) || json_string_length(body) > WAS_LINES_MAX_BYTES) {
        return was_unpack_refuse(pool, "a log has no body, or one beyond 1 MiB");
    }
    WAS_TRY(refuse_document(
        pws_log_read(json_string_value(body), json_string_length(body), log, pool), pool));
    record->log = log;
    record->log_generation = read_generation(object, "generation");
    return NULL;
}

const was_error_t *pws_import_read_tombstone(const pws_import_t *import, const pws_item_t *item,
                                             was_pws_incoming_t *record, apr_pool_t *pool)
{
    json_t *object;
    const char *text;

    WAS_TRY(read_object(import, item, &object, &text, pool));
    if (!json_is_true(json_object_get(object, "deleted"))) {
        return was_unpack_refuse(pool, "a collection has no directory, and was not deleted");
    }
    record->generation = read_generation(object, "_generation");
    return NULL;
}

const was_error_t *pws_import_read_meta(const pws_import_t *import, const pws_item_t *item,
                                        bool *is_deleted, was_pws_incoming_t *record,
                                        apr_pool_t *pool)
{
    json_t *object;
    const char *text;

    WAS_TRY(read_object(import, item, &object, &text, pool));
    const json_t *noted = json_object_get(object, "meta");

    *is_deleted = is_deleted_object(object);
    WAS_TRY(refuse_document(pws_read_custom(object, &record->custom, &record->is_envelope, pool),
                            pool));
    WAS_TRY(
        refuse_document(was_json_string(object, "epoch", NOTE_BYTES, &record->epoch, pool), pool));
    WAS_TRY(refuse_document(was_json_string(object, "writerId", NOTE_BYTES, &record->writer, pool),
                            pool));
    record->generation = read_generation(object, "generation");
    record->created = read_created(object);
    record->is_noted = json_is_object(noted) || record->custom != NULL;
    record->noted_generation = read_generation(noted, "generation");
    if (*is_deleted) {
        const char *type = json_string_value(json_object_get(object, "contentType"));

        record->content.type = type != NULL && was_media_type_is_sendable(type) ? type : NULL;
    }
    return NULL;
}

const was_error_t *pws_import_read_policy(const pws_import_t *import, const pws_item_t *item,
                                          was_pws_incoming_t *record, apr_pool_t *pool)
{
    static const char *const managed[] = {"updatedAt", "updatedAtCounter", "originId",
                                          "_generation"};
    json_t *object;
    const char *text;

    WAS_TRY(read_object(import, item, &object, &text, pool));
    if (is_deleted_object(object) || json_string_length(json_object_get(object, "type")) == 0) {
        return was_unpack_refuse(pool, "a policy without a type");
    }
    record->generation = read_generation(object, "_generation");
    for (apr_size_t i = 0; i < sizeof(managed) / sizeof(managed[0]); i++) {
        (void)json_object_del(object, managed[i]);
    }
    record->document = was_json_text(object, NULL, pool);
    return record->document != NULL
               ? NULL
               : was_error_log(pool, WAS_ERROR_UNAVAILABLE, "no memory for a policy");
}

const was_error_t *pws_import_read_chunk_meta(const pws_import_t *import, const pws_item_t *item,
                                              was_pws_incoming_t *record, apr_pool_t *pool)
{
    json_t *object;
    const char *text;

    WAS_TRY(read_object(import, item, &object, &text, pool));
    record->generation = read_generation(object, "generation");
    record->created = read_created(object);
    return NULL;
}
