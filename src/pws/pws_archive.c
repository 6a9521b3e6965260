/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_archive: entries until they are sent, and the sending. Owns their order, and where their
 * contents wait. Refuses to know where they come from.
 */

#include "pws/pws_archive.h"

#include "http/was_catalog.h"
#include "http/was_spool.h"
#include "http/was_tar.h"
#include "pws/pws_manifest.h"

#include <apr_strings.h>

#include <string.h>

enum { BLOCK_BYTES = 64 * 1024 };

/* An entry besides its name: what it is, and where its content is. */
typedef struct place_t {
    pws_entry_kind_t kind;
    apr_int64_t size;
    apr_int64_t offset; /* in the spool */
    apr_int64_t mark;   /* of its parts */
    bool is_in_parts;
} place_t;

struct pws_archive_t {
    was_request_t *request;
    const char *space;
    was_catalog_t *catalog;
    was_spool_t *contents;
    apr_int64_t end; /* of them */
};

const was_error_t *pws_archive_make(was_request_t *request, const char *space,
                                    pws_archive_t **archive)
{
    pws_archive_t *made = apr_pcalloc(request->pool, sizeof(*made));

    made->request = request;
    made->space = space;
    WAS_TRY(was_catalog_make(&made->catalog, sizeof(place_t), request->pool));
    WAS_TRY(was_spool_make(&made->contents, request->pool));
    *archive = made;
    return NULL;
}

/* An entry's name as a key: in each directory by code units, so that the slash comes before all. */
static const char *key_of_name(const char *name, apr_pool_t *pool)
{
    char *key = apr_pstrdup(pool, name);

    for (char *slash = key; (slash = strchr(slash, '/')) != NULL;) {
        *slash = '\001';
    }
    return key;
}

static const char *name_of_key(const char *key, apr_pool_t *pool)
{
    char *name = apr_pstrdup(pool, key);

    for (char *slash = name; (slash = strchr(slash, '\001')) != NULL;) {
        *slash = '/';
    }
    return name;
}

static const was_error_t *add_entry(pws_archive_t *archive, const pws_entry_name_t *entry,
                                    const place_t *place, apr_pool_t *pool)
{
    return was_catalog_add(archive->catalog, key_of_name(pws_entry_name_make(entry, pool), pool),
                           place);
}

const was_error_t *pws_archive_add_directory(pws_archive_t *archive, const pws_entry_name_t *entry,
                                             apr_pool_t *pool)
{
    const place_t nothing = {.kind = PWS_ENTRY_DIRECTORY};
    pws_entry_name_t directory = *entry;

    directory.kind = PWS_ENTRY_DIRECTORY;
    return add_entry(archive, &directory, &nothing, pool);
}

static const was_error_t *spool_bytes(pws_archive_t *archive, const char *bytes, apr_size_t count)
{
    archive->end += (apr_int64_t)count;
    return was_spool_write(archive->contents, bytes, count);
}

const was_error_t *pws_archive_add_text(pws_archive_t *archive, const pws_entry_name_t *entry,
                                        const char *text, apr_pool_t *pool)
{
    const place_t place = {
        .kind = entry->kind, .size = (apr_int64_t)strlen(text), .offset = archive->end};

    WAS_TRY(spool_bytes(archive, text, strlen(text)));
    return add_entry(archive, entry, &place, pool);
}

/* A content that stands in its row and came without it. */
static const was_error_t *spool_pieces(pws_archive_t *archive, const was_resource_t *content,
                                       apr_pool_t *pool)
{
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    for (apr_int64_t offset = 0; offset < content->size;) {
        was_read_t read;

        apr_pool_clear(scratch);
        const was_error_t *error =
            was_content_read(archive->request->db, content, offset, WAS_READ_BYTES, &read, scratch);

        if (error != NULL && error->kind == WAS_ERROR_CONFLICT) {
            return was_error_make(archive->request->pool, WAS_ERROR_UNAVAILABLE, NULL,
                                  "a resource was written while it was read; the request can be "
                                  "sent again");
        }
        WAS_TRY(error);
        WAS_TRY(spool_bytes(archive, read.pieces[0].bytes, read.pieces[0].count));
        offset += (apr_int64_t)read.count;
    }
    return NULL;
}

const was_error_t *pws_archive_add_content(pws_archive_t *archive, const pws_entry_name_t *entry,
                                           const was_resource_t *content, apr_pool_t *pool)
{
    const place_t place = {.kind = entry->kind,
                           .size = content->size,
                           .offset = archive->end,
                           .mark = content->mark,
                           .is_in_parts = content->is_in_parts};

    if (!content->is_in_parts) {
        WAS_TRY(content->piece != NULL ? spool_bytes(archive, content->piece, content->piece_length)
                                       : spool_pieces(archive, content, pool));
    }
    return add_entry(archive, entry, &place, pool);
}

static const was_error_t *send_spooled(was_stream_t *stream, was_spool_t *spool, apr_int64_t offset,
                                       apr_int64_t size, apr_pool_t *pool)
{
    char *buffer = apr_palloc(pool, BLOCK_BYTES);
    apr_size_t count = 0;

    WAS_TRY(was_spool_seek(spool, offset));
    for (; size > 0; size -= (apr_int64_t)count) {
        WAS_TRY(was_spool_read(spool, buffer, size < BLOCK_BYTES ? (apr_size_t)size : BLOCK_BYTES,
                               &count));
        if (count == 0) {
            return was_error_log(pool, WAS_ERROR_BROKEN, "a spool has lost its end");
        }
        WAS_TRY(was_stream_write(stream, buffer, count));
    }
    return NULL;
}

static const was_error_t *send_parts(was_stream_t *stream, const pws_archive_t *archive,
                                     const place_t *place, apr_pool_t *pool)
{
    const was_resource_t content = {.size = place->size,
                                    .is_in_parts = true,
                                    .mark = place->mark,
                                    .pieces = {.values = {WAS_TEXT(archive->space)}}};
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    for (apr_int64_t offset = 0; offset < place->size;) {
        was_read_t read;

        apr_pool_clear(scratch);
        WAS_TRY(was_content_read(archive->request->db, &content, offset,
                                 (apr_size_t)(place->size - offset), &read, scratch));
        for (int i = 0; i < read.npieces; i++) {
            WAS_TRY(was_stream_write(stream, read.pieces[i].bytes, read.pieces[i].count));
        }
        offset += (apr_int64_t)read.count;
    }
    return NULL;
}

static const was_error_t *send_header(was_stream_t *stream, const char *name, apr_int64_t size,
                                      apr_pool_t *pool)
{
    apr_size_t length;
    const char *header = was_tar_header(name, size, &length, pool);

    return was_stream_write(stream, header, length);
}

static const was_error_t *send_manifest(was_stream_t *stream, const pws_archive_t *archive,
                                        apr_pool_t *pool)
{
    was_spool_t *spool;
    apr_pool_t *scratch;
    apr_int64_t size;
    place_t place;

    apr_pool_create(&scratch, pool);
    WAS_TRY(was_spool_make(&spool, pool));
    WAS_TRY(pws_manifest_begin(spool, archive->space, pool));
    for (apr_size_t i = 0; i < was_catalog_count(archive->catalog); i++) {
        apr_pool_clear(scratch);
        const char *name = name_of_key(was_catalog_read(archive->catalog, i, &place), scratch);

        WAS_TRY(pws_manifest_add(spool, archive->space, place.kind, name, scratch));
    }
    WAS_TRY(was_spool_length(spool, &size));
    WAS_TRY(send_header(stream, "manifest.yml", size, pool));
    WAS_TRY(send_spooled(stream, spool, 0, size, pool));
    return was_stream_write(stream, was_tar_zeros, was_tar_padding(size));
}

static const was_error_t *produce_entries(was_stream_t *stream, void *baton)
{
    const pws_archive_t *archive = baton;
    apr_pool_t *scratch;
    place_t place;

    apr_pool_create(&scratch, archive->request->pool);
    WAS_TRY(send_manifest(stream, archive, scratch));
    for (apr_size_t i = 0; i < was_catalog_count(archive->catalog); i++) {
        apr_pool_clear(scratch);
        const char *name = name_of_key(was_catalog_read(archive->catalog, i, &place), scratch);

        WAS_TRY(send_header(stream, name, place.size, scratch));
        WAS_TRY(place.is_in_parts
                    ? send_parts(stream, archive, &place, scratch)
                    : send_spooled(stream, archive->contents, place.offset, place.size, scratch));
        WAS_TRY(was_stream_write(stream, was_tar_zeros, was_tar_padding(place.size)));
    }
    return was_stream_write(stream, was_tar_zeros, WAS_TAR_END);
}

const was_error_t *pws_archive_answer(pws_archive_t *archive, was_response_t *response)
{
    WAS_TRY(was_catalog_sort(archive->catalog));
    response->type = "application/x-tar";
    response->disposition = apr_psprintf(archive->request->pool,
                                         "attachment; filename=\"space.%s.tar\"", archive->space);
    response->cache = "no-store";
    response->produce = produce_entries;
    response->baton = archive;
    return NULL;
}
