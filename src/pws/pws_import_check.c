/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_import_check: an archive, before anything of it is stored. Owns what must hold of its
 * entries, one by one and beside each other. Refuses to know what becomes of them.
 */

#include "pws/pws_import.h"

#include "base/was_media_type.h"
#include "http/was_protocol.h"
#include "pws/pws_envelope.h"
#include "pws/pws_ids.h"
#include "pws/pws_manifest.h"

#include <apr_strings.h>

#include <string.h>

enum { BLOCK_BYTES = 64 * 1024 };

/* The order of what is below a collection; in that of a resource, a digit more. */
static const char *rank_of(const pws_entry_name_t *entry, apr_pool_t *pool)
{
    switch (entry->kind) {
    case PWS_ENTRY_DELETED_COLLECTION:
    case PWS_ENTRY_SPACE:
        return "\0010";
    case PWS_ENTRY_COLLECTION:
        return "\0011";
    case PWS_ENTRY_LOG:
        return "\0012";
    case PWS_ENTRY_COLLECTION_POLICY:
    case PWS_ENTRY_SPACE_POLICY:
        return "\0013";
    case PWS_ENTRY_META:
        return apr_pstrcat(pool, "\0014\001", entry->resource, "\0010", NULL);
    case PWS_ENTRY_CONTENT:
        return apr_pstrcat(pool, "\0014\001", entry->resource, "\0011", NULL);
    case PWS_ENTRY_CHUNK:
        return apr_psprintf(pool, "\0014\001%s\0012%015" APR_INT64_T_FMT "0", entry->resource,
                            entry->number);
    case PWS_ENTRY_CHUNK_META:
        return apr_psprintf(pool, "\0014\001%s\0012%015" APR_INT64_T_FMT "1", entry->resource,
                            entry->number);
    default:
        return apr_pstrcat(pool, "\0014\001", entry->resource, "\0013", NULL);
    }
}

void pws_import_split_key(const char *key, const char **collection, const char **resource,
                          apr_pool_t *pool)
{
    apr_size_t length = strcspn(key, "\001");
    const char *rank = key + length + 1;

    *collection = apr_pstrmemdup(pool, key, length);
    *resource =
        rank[1] == '\001' ? apr_pstrmemdup(pool, rank + 2, strcspn(rank + 2, "\001")) : NULL;
}

/* Content that is to be JSON is, may be an envelope, and may say by what it is to be found. */
const was_error_t *pws_import_inspect(const pws_import_t *import, const char *type,
                                      pws_item_t *item, was_pws_terms_t *terms, apr_pool_t *pool)
{
    pws_inspection_t *inspection = pws_inspection_make(pool);
    char *block = apr_palloc(pool, BLOCK_BYTES);
    bool is_envelope;
    apr_size_t count = 1;

    for (apr_int64_t done = 0; done < item->size && count > 0; done += (apr_int64_t)count) {
        apr_int64_t left = item->size - done;

        WAS_TRY(import->source.read(import->source.baton, item->offset + done, block,
                                    left < BLOCK_BYTES ? (apr_size_t)left : BLOCK_BYTES, &count));
        pws_inspection_feed(inspection, block, count);
    }
    if (pws_inspection_end(inspection, &is_envelope, terms, pool) != NULL) {
        return was_unpack_refuse(pool, "a content of a JSON type is no JSON, or its \"indexed\" is "
                                       "not accepted");
    }
    item->is_envelope = is_envelope && (was_media_type_is_json(type) ||
                                        was_media_type_is(type, "application/jose+json"));
    item->has_terms = terms->count > 0;
    return NULL;
}

static const was_error_t *add_item(pws_import_t *import, const pws_entry_name_t *entry,
                                   const was_unpacked_t *found, apr_pool_t *pool)
{
    pws_item_t item = {.kind = entry->kind,
                       .size = found->size,
                       .offset = found->offset,
                       .number = entry->number,
                       .type = import->types_end};
    was_pws_terms_t terms;

    if (entry->type != NULL) {
        apr_size_t length = strlen(entry->type) + 1;

        WAS_TRY(was_spool_write(import->types, entry->type, length));
        import->types_end += (apr_int64_t)length;
        import->bytes += found->size;
    }
    if (item.kind == PWS_ENTRY_CONTENT && was_media_type_holds_json(entry->type)) {
        WAS_TRY(pws_import_inspect(import, entry->type, &item, &terms, pool));
    }
    const char *key = apr_pstrcat(pool, entry->collection != NULL ? entry->collection : "",
                                  rank_of(entry, pool), NULL);

    return was_catalog_add(import->items, key, &item);
}

static const was_error_t *add_revocation(pws_import_t *import, const was_unpacked_t *found,
                                         apr_pool_t *pool)
{
    const pws_item_t item = {
        .kind = PWS_ENTRY_REVOCATION, .size = found->size, .offset = found->offset};
    json_t *capability;

    if (import->revocations->nelts == PWS_IMPORT_REVOCATIONS_MAX) {
        return was_unpack_refuse(pool, "it has more than 1000 revocations");
    }
    APR_ARRAY_PUSH(import->revocations, pws_item_t) = item;
    return pws_import_read_revocation(import, &item, &capability, pool);
}

/* Names without the slash at the end of directories, and each slash before all other characters, so
 * that a directory's entries follow it. */
static const was_error_t *note_name(pws_import_t *import, const char *name, apr_pool_t *pool)
{
    apr_size_t length = strlen(name);
    bool is_directory = name[length - 1] == '/';
    char *key = apr_pstrmemdup(pool, name, length - is_directory);

    for (char *slash = key; (slash = strchr(slash, '/')) != NULL;) {
        *slash = '\001';
    }
    return was_catalog_add(import->names, key, &is_directory);
}

static const was_error_t *take_unpacked(pws_import_t *import, const was_unpacked_t *found,
                                        apr_pool_t *pool)
{
    pws_entry_name_t entry;

    if (++import->entries > PWS_IMPORT_ENTRIES_MAX) {
        return was_unpack_refuse(pool, "it has more than 1,000,000 entries");
    }
    if (strlen(found->name) > PWS_IMPORT_NAME_MAX ||
        pws_entry_name_read(found->name, &entry, pool) != NULL) {
        return was_unpack_refuse(pool, "a name in it is none that an entry may have");
    }
    WAS_TRY(note_name(import, found->name, pool));
    if ((entry.kind == PWS_ENTRY_MANIFEST) != (import->entries == 1)) {
        return was_unpack_refuse(pool, "its manifest is not the first entry, or there are two");
    }
    if (entry.kind == PWS_ENTRY_MANIFEST) {
        return pws_manifest_read(&import->source, found->offset, found->size, &import->space,
                                 import->request->pool);
    }
    if (entry.space != NULL && strcmp(entry.space, import->space) != 0) {
        return was_unpack_refuse(pool, "it has entries of another space");
    }
    if (entry.kind == PWS_ENTRY_REVOCATION) {
        return add_revocation(import, found, pool);
    }
    return entry.kind == PWS_ENTRY_STRAY || entry.kind == PWS_ENTRY_DIRECTORY
               ? NULL
               : add_item(import, &entry, found, pool);
}

static const was_error_t *take_all_unpacked(pws_import_t *import)
{
    was_unpack_t *unpack;
    was_unpacked_t found;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, import->request->pool);
    WAS_TRY(was_unpack_make(&import->source, &unpack, import->request->pool));
    do {
        apr_pool_clear(scratch);
        WAS_TRY(was_unpack_next(unpack, &found, scratch));
        if (found.name != NULL) {
            WAS_TRY(take_unpacked(import, &found, scratch));
        }
    } while (found.name != NULL);
    apr_pool_destroy(scratch);
    return import->space != NULL && was_catalog_count(import->items) > 0
               ? NULL
               : was_unpack_refuse(import->request->pool, "nothing of a space is in it");
}

/* No name twice, and nothing below what is a file. */
static const was_error_t *compare_entries(pws_import_t *import)
{
    const char *last = NULL;
    bool was_directory = false, is_directory;

    WAS_TRY(was_catalog_sort(import->names));
    for (apr_size_t i = 0; i < was_catalog_count(import->names); i++) {
        const char *key = was_catalog_read(import->names, i, &is_directory);
        apr_size_t length = last != NULL ? strlen(last) : 0;
        bool is_same = last != NULL && strcmp(last, key) == 0;
        bool is_below = last != NULL && strncmp(last, key, length) == 0 && key[length] == '\001';

        if ((is_same && !(is_directory && was_directory)) || (is_below && !was_directory)) {
            return was_unpack_refuse(import->request->pool, "two of its entries have one name");
        }
        last = key;
        was_directory = is_directory;
    }
    return NULL;
}

/* What the items before it say of the collection at hand. */
typedef struct checked_t {
    const char *id;
    bool has_tombstone, has_object, is_encrypted, is_plaintext, is_sealed;
    char deleted[PWS_ID_MAX_BYTES + 1]; /* the last resource of which there is no more than that */
} checked_t;

static const was_error_t *check_envelope(const checked_t *checked, bool is_envelope,
                                         apr_pool_t *pool)
{
    return !checked->is_encrypted || is_envelope
               ? NULL
               : was_error_make(pool, WAS_ERROR_NOT_ENCRYPTED, NULL,
                                "a collection of the archive takes encrypted envelopes only");
}

static const was_error_t *check_collection(pws_import_t *import, const pws_item_t *item,
                                           checked_t *checked, apr_pool_t *pool)
{
    was_pws_incoming_t record = {.resource = NULL};

    if (item->kind == PWS_ENTRY_DELETED_COLLECTION) {
        checked->has_tombstone = true;
        return pws_import_read_tombstone(import, item, &record, pool);
    }
    checked->has_object = true;
    import->unattested++;
    WAS_TRY(pws_import_read_collection(import, item, checked->id, &record, pool));
    checked->is_encrypted = record.collection->encryption != NULL;
    checked->is_plaintext = record.collection->plaintext != NULL;
    checked->is_sealed = record.collection->is_sealed;
    return NULL;
}

static const was_error_t *check_log(const pws_import_t *import, const pws_item_t *item,
                                    checked_t *checked, apr_pool_t *pool)
{
    was_pws_incoming_t record = {.resource = NULL};

    if (checked->is_encrypted || checked->is_plaintext || !checked->is_sealed) {
        return was_unpack_refuse(pool, "a collection says beside its log what it takes, or has a "
                                       "custom that is no envelope");
    }
    checked->is_encrypted = true;
    return pws_import_read_log(import, item, &record, pool);
}

static const was_error_t *check_meta(const pws_import_t *import, const pws_item_t *item,
                                     const char *resource, checked_t *checked, apr_pool_t *pool)
{
    was_pws_incoming_t record = {.resource = NULL};
    bool is_deleted;

    WAS_TRY(pws_import_read_meta(import, item, &is_deleted, &record, pool));
    if (is_deleted) {
        apr_cpystrn(checked->deleted, resource, sizeof(checked->deleted));
    }
    return check_envelope(checked, record.is_envelope, import->request->pool);
}

static const was_error_t *check_item(pws_import_t *import, const pws_item_t *item,
                                     const char *resource, checked_t *checked, apr_pool_t *pool)
{
    was_pws_incoming_t record = {.resource = NULL};

    switch (item->kind) {
    case PWS_ENTRY_SPACE:
        return pws_import_read_space(import, item, pool);
    case PWS_ENTRY_DELETED_COLLECTION:
    case PWS_ENTRY_COLLECTION:
        return check_collection(import, item, checked, pool);
    case PWS_ENTRY_LOG:
        return check_log(import, item, checked, pool);
    case PWS_ENTRY_META:
        return check_meta(import, item, resource, checked, pool);
    case PWS_ENTRY_CHUNK_META:
        return pws_import_read_chunk_meta(import, item, &record, pool);
    case PWS_ENTRY_CONTENT:
        import->unattested++;
        return check_envelope(checked, item->is_envelope, import->request->pool);
    case PWS_ENTRY_CHUNK:
        return NULL;
    default:
        return pws_import_read_policy(import, item, &record, pool);
    }
}

/* That an item may stand beside those before it. */
static const was_error_t *compare_item(const pws_item_t *item, const char *resource,
                                       const checked_t *checked, apr_pool_t *pool)
{
    bool is_tombstone = item->kind == PWS_ENTRY_DELETED_COLLECTION;

    if (*checked->id != '\0' && is_tombstone != checked->has_tombstone) {
        return was_unpack_refuse(pool, "a collection in it is deleted and is there");
    }
    if (*checked->id != '\0' && !is_tombstone && !checked->has_object) {
        return was_unpack_refuse(pool, "a collection in it has no document");
    }
    return resource != NULL && item->kind != PWS_ENTRY_META &&
                   strcmp(resource, checked->deleted) == 0
               ? was_unpack_refuse(pool, "a resource in it is deleted and is there")
               : NULL;
}

static const was_error_t *check_items(pws_import_t *import)
{
    checked_t checked = {.id = ""};
    apr_pool_t *own, *scratch;
    pws_item_t item;

    apr_pool_create(&own, import->request->pool);
    apr_pool_create(&scratch, import->request->pool);
    WAS_TRY(was_catalog_sort(import->items));
    for (apr_size_t i = 0; i < was_catalog_count(import->items); i++) {
        const char *key = was_catalog_read(import->items, i, &item);
        const char *collection, *resource;

        apr_pool_clear(scratch);
        pws_import_split_key(key, &collection, &resource, scratch);
        if (strcmp(collection, checked.id) != 0) {
            apr_pool_clear(own);
            checked = (checked_t){.id = apr_pstrdup(own, collection)};
        }
        WAS_TRY(check_item(import, &item, resource, &checked, scratch));
        WAS_TRY(compare_item(&item, resource, &checked, import->request->pool));
    }
    return NULL;
}

const was_error_t *pws_import_check(pws_import_t *import)
{
    apr_pool_t *pool = import->request->pool;
    const was_room_t room = {.quota = import->request->config->quota,
                             .bytes = import->request->config->quota};

    WAS_TRY(was_catalog_make(&import->items, sizeof(pws_item_t), pool));
    WAS_TRY(was_catalog_make(&import->names, sizeof(bool), pool));
    WAS_TRY(was_spool_make(&import->types, pool));
    import->revocations = apr_array_make(pool, 1, sizeof(pws_item_t));
    WAS_TRY(take_all_unpacked(import));
    WAS_TRY(compare_entries(import));
    WAS_TRY(check_items(import));
    return was_limit_check(&room, import->bytes, pool);
}
