/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_import_records: the entries of an archive that was looked at, as records. Owns which entries
 * make one record, and which are left out because nothing is there that they are of. Refuses to
 * know tables.
 */

#include "pws/pws_import.h"

#include "pws/pws.h"
#include "pws/pws_ids.h"

#include <apr_strings.h>

#include <string.h>

/* How far the records have come. */
typedef struct walk_t {
    pws_import_t *import;
    apr_size_t index;
    bool is_named;    /* the space's name has been told */
    const char *last; /* key of the content or chunk that was told last */
} walk_t;

/* How much of a key two of one resource have in common: collection, rank and id. */
static apr_size_t length_of_resource(const char *key)
{
    apr_size_t length = 0;

    for (int part = 0; part < 3; part++) {
        length += strcspn(key + length, "\001");
        length += key[length] != '\0';
    }
    return length;
}

static bool is_same_resource(const char *one, const char *other)
{
    apr_size_t length = length_of_resource(one);

    return strncmp(one, other, length) == 0 && length_of_resource(other) == length;
}

/* The item at a place, if it is of this kind and of the same resource. */
static bool peek_item(const pws_import_t *import, apr_size_t index, const char *key,
                      pws_entry_kind_t kind, pws_item_t *item)
{
    return index < was_catalog_count(import->items) &&
           is_same_resource(key, was_catalog_read(import->items, index, item)) &&
           item->kind == kind;
}

/* Whether an item stands first among those of its key. */
static bool is_first(const pws_import_t *import, apr_size_t index)
{
    pws_item_t item;

    return index == 0 || strcmp(was_catalog_read(import->items, index, &item),
                                was_catalog_read(import->items, index - 1, &item)) != 0;
}

static bool is_in_parts(const pws_item_t *item)
{
    return (item->kind == PWS_ENTRY_CONTENT || item->kind == PWS_ENTRY_CHUNK) &&
           item->size > WAS_PIECE_BYTES;
}

static const was_error_t *fill_content(const pws_import_t *import, apr_size_t index,
                                       const pws_item_t *item, was_content_t *content,
                                       apr_pool_t *pool)
{
    WAS_TRY(pws_import_type(import, item, &content->type, pool));
    content->length = (apr_size_t)item->size;
    if (!is_in_parts(item)) {
        return pws_import_bytes(import, item, &content->bytes, pool);
    }
    return was_stow_content(import->stow, index, content, pool);
}

/* The chunks that come with a resource: those that have a content, each number once. */
static const was_error_t *count_chunks(const pws_import_t *import, apr_size_t index,
                                       const char *key, was_pws_incoming_t *record,
                                       apr_pool_t *pool)
{
    pws_item_t item;
    const char *type;

    for (; index < was_catalog_count(import->items); index++) {
        if (!is_same_resource(key, was_catalog_read(import->items, index, &item))) {
            break;
        }
        if (item.kind == PWS_ENTRY_CHUNK && is_first(import, index)) {
            WAS_TRY(pws_import_type(import, &item, &type, pool));
            record->nchunks++;
            record->chunk_bytes += item.size + (apr_int64_t)strlen(type);
        }
    }
    return NULL;
}

/* What is noted of a resource, alone or with its content. `*is_told`: it makes a record. */
static const was_error_t *tell_resource(walk_t *walk, const char *key, const pws_item_t *item,
                                        was_pws_incoming_t *record, bool *is_told, apr_pool_t *pool)
{
    pws_import_t *import = walk->import;
    apr_size_t index = walk->index;
    bool is_deleted = false;
    pws_item_t content = *item;

    record->kind = WAS_PWS_IN_RESOURCE;
    record->is_envelope = true;
    if (item->kind == PWS_ENTRY_META) {
        WAS_TRY(pws_import_read_meta(import, item, &is_deleted, record, pool));
        if (!peek_item(import, ++index, key, PWS_ENTRY_CONTENT, &content)) {
            record->kind = WAS_PWS_IN_DELETED_RESOURCE;
            *is_told = is_deleted;
            return NULL;
        }
    }
    if (!is_first(import, index)) {
        return NULL;
    }
    *is_told = true;
    walk->index = index;
    walk->last = key;
    record->is_envelope = record->is_envelope && content.is_envelope;
    WAS_TRY(count_chunks(import, index + 1, key, record, pool));
    WAS_TRY(fill_content(import, index, &content, &record->content, pool));
    return content.has_terms
               ? pws_import_inspect(import, record->content.type, &content, &record->terms, pool)
               : NULL;
}

/* A chunk of the resource that was told last. */
static const was_error_t *tell_chunk(walk_t *walk, const char *key, const pws_item_t *item,
                                     was_pws_incoming_t *record, bool *is_told, apr_pool_t *pool)
{
    pws_import_t *import = walk->import;
    apr_size_t next = walk->index + 1;
    pws_item_t meta;

    if (walk->last == NULL || !is_same_resource(walk->last, key) ||
        !is_first(import, walk->index)) {
        return NULL;
    }
    *is_told = true;
    record->kind = WAS_PWS_IN_CHUNK;
    record->number = item->number;
    while (peek_item(import, next, key, PWS_ENTRY_CHUNK, &meta) && meta.number == item->number) {
        next++;
    }
    if (peek_item(import, next, key, PWS_ENTRY_CHUNK_META, &meta) && meta.number == item->number) {
        WAS_TRY(pws_import_read_chunk_meta(import, &meta, record, pool));
    }
    return fill_content(import, walk->index, item, &record->content, pool);
}

static const was_error_t *tell_policy(walk_t *walk, const pws_item_t *item,
                                      was_pws_incoming_t *record, bool *is_told, apr_pool_t *pool)
{
    *is_told = true;
    record->kind = item->kind == PWS_ENTRY_SPACE_POLICY        ? WAS_PWS_IN_SPACE_POLICY
                   : item->kind == PWS_ENTRY_COLLECTION_POLICY ? WAS_PWS_IN_COLLECTION_POLICY
                                                               : WAS_PWS_IN_POLICY;
    return pws_import_read_policy(walk->import, item, record, pool);
}

static const was_error_t *tell_deleted(walk_t *walk, const char *collection, const pws_item_t *item,
                                       was_pws_incoming_t *record, apr_pool_t *pool)
{
    record->kind = WAS_PWS_IN_DELETED_COLLECTION;
    record->collection = apr_pcalloc(pool, sizeof(*record->collection));
    record->collection->id = collection;
    return pws_import_read_tombstone(walk->import, item, record, pool);
}

/* A collection, with the log that governs it, which stands next. */
static const was_error_t *tell_collection(walk_t *walk, const char *collection,
                                          const pws_item_t *item, was_pws_incoming_t *record,
                                          apr_pool_t *pool)
{
    const pws_import_t *import = walk->import;
    apr_size_t next = walk->index + 1;
    const char *id, *resource;
    pws_item_t log;

    record->kind = WAS_PWS_IN_COLLECTION;
    WAS_TRY(pws_import_read_collection(import, item, collection, record, pool));
    if (next == was_catalog_count(import->items)) {
        return NULL;
    }
    pws_import_split_key(was_catalog_read(import->items, next, &log), &id, &resource, pool);
    return log.kind == PWS_ENTRY_LOG && strcmp(id, collection) == 0
               ? pws_import_read_log(import, &log, record, pool)
               : NULL;
}

/* The item at hand as a record, or none. */
static const was_error_t *tell_item(walk_t *walk, was_pws_incoming_t *record, bool *is_told,
                                    apr_pool_t *pool)
{
    pws_item_t item;
    const char *key = was_catalog_read(walk->import->items, walk->index, &item);
    const char *collection;

    pws_import_split_key(key, &collection, &record->resource, pool);
    switch (item.kind) {
    case PWS_ENTRY_SPACE:
    case PWS_ENTRY_LOG:
    case PWS_ENTRY_CHUNK_META:
        return NULL;
    case PWS_ENTRY_DELETED_COLLECTION:
        *is_told = true;
        return tell_deleted(walk, collection, &item, record, pool);
    case PWS_ENTRY_COLLECTION:
        *is_told = true;
        return tell_collection(walk, collection, &item, record, pool);
    case PWS_ENTRY_META:
    case PWS_ENTRY_CONTENT:
        return tell_resource(walk, key, &item, record, is_told, pool);
    case PWS_ENTRY_CHUNK:
        return tell_chunk(walk, key, &item, record, is_told, pool);
    default:
        return tell_policy(walk, &item, record, is_told, pool);
    }
}

static const was_error_t *rewind_walk(void *baton)
{
    walk_t *walk = baton;

    *walk = (walk_t){.import = walk->import};
    return NULL;
}

/* Only who needs no delegation names the space. */
static const was_error_t *next_record(void *baton, was_pws_incoming_t *record, bool *ended,
                                      apr_pool_t *pool)
{
    walk_t *walk = baton;
    bool is_told = false;

    if (!walk->is_named) {
        walk->is_named = true;
        if (walk->import->name != NULL && pws_grant(walk->import->request).ndelegations == 0) {
            record->kind = WAS_PWS_IN_NAME;
            record->document = walk->import->name;
            return NULL;
        }
    }
    while (!is_told && walk->index < was_catalog_count(walk->import->items)) {
        *record = (was_pws_incoming_t){.resource = NULL};
        WAS_TRY(tell_item(walk, record, &is_told, pool));
        walk->index++;
    }
    *ended = !is_told;
    return NULL;
}

was_pws_incoming_source_t pws_import_records(pws_import_t *import)
{
    walk_t *walk = apr_pcalloc(import->request->pool, sizeof(*walk));

    walk->import = import;
    return (was_pws_incoming_source_t){rewind_walk, next_record, walk};
}

const was_error_t *pws_import_store_parts(pws_import_t *import)
{
    pws_item_t item;

    import->stow = was_stow_make(import->request->db, pws_segment(import->request, 1),
                                 &import->source, import->request->pool);
    for (apr_size_t i = 0; i < was_catalog_count(import->items); i++) {
        (void)was_catalog_read(import->items, i, &item);
        if (is_in_parts(&item) && is_first(import, i)) {
            WAS_TRY(was_stow_add(import->stow, i, item.offset, item.size));
        }
    }
    return NULL;
}
