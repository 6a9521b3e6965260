/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * classic_import: what an export wrote, into a space (section 7). Owns what an entry must say, and
 * the order: all of the archive is there and was looked at before anything is stored, contents that
 * are too long for memory go into parts, and the rest is one transaction, which waits for nobody.
 * Refuses to know what a tar header looks like.
 *
 * Every file says its path and its type in extended attributes, and bears the name that its path
 * has in an export. So no name leads elsewhere, and two spellings of one path are none.
 */

#include "classic/classic.h"

#include "base/was_document.h"
#include "base/was_encoding.h"
#include "base/was_media_type.h"
#include "http/was_catalog.h"
#include "http/was_stow.h"
#include "store/classic/was_classic_import.h"

#include <apr_strings.h>

#include <string.h>

enum { ENTRIES_MAX = 1000000, NAME_MAX_BYTES = 1024 };

typedef struct import_t {
    was_request_t *request;
    was_unpack_source_t source;
    was_classic_import_t wanted;
    was_unpack_t *unpack; /* how far the archive was read */
    apr_pool_t *walk;     /* of that */
    const char *uuid;     /* that the archive names its directory after; in `walk` */
    apr_size_t number;    /* of the last file, from 1 */
    was_stow_t *stow;     /* by those numbers */
} import_t;

/* A file of the archive. */
typedef struct file_t {
    const char *path; /* NULL: there is no more */
    const char *type;
    apr_int64_t size;
    apr_int64_t offset;
} file_t;

static const was_error_t *read_archive(void *baton, apr_int64_t offset, char *buffer,
                                       apr_size_t capacity, apr_size_t *count)
{
    const was_request_t *request = baton;

    return was_body_piece(request->body, offset, buffer, capacity, count);
}

/* The text of an attribute that the database can hold, or NULL. */
static const char *read_attribute(const import_t *import, const char *name, apr_size_t most,
                                  apr_pool_t *pool)
{
    const char *text = was_unpack_attribute(import->unpack, name, pool);
    apr_size_t length = text != NULL ? strlen(text) : 0;

    return length > 0 && length <= most && was_utf8_valid(text, length) ? text : NULL;
}

/* From the beginning: the first entry is the directory, which has the members of the space. */
static const was_error_t *begin_walk(void *baton)
{
    import_t *import = baton;
    apr_pool_t *pool = import->walk;
    was_unpacked_t entry;

    apr_pool_clear(pool);
    import->number = 0;
    WAS_TRY(was_unpack_make(&import->source, &import->unpack, pool));
    WAS_TRY(was_unpack_next(import->unpack, &entry, pool));
    apr_size_t length = entry.name != NULL ? strcspn(entry.name, "/") : 0;

    import->uuid = length > 0 ? apr_pstrmemdup(pool, entry.name, length) : "";
    if (length == 0 || strcmp(entry.name + length, "/") != 0 ||
        classic_check_uuid(import->uuid, pool) != NULL) {
        return was_unpack_refuse(import->request->pool,
                                 "it does not begin with the directory of a space");
    }
    import->wanted.name = read_attribute(import, "user.was.name", NAME_MAX_BYTES, pool);
    import->wanted.link = read_attribute(import, "user.was.link", WAS_PATH_MAX_BYTES, pool);
    if (import->wanted.link != NULL && *import->wanted.link != '/') {
        import->wanted.link = NULL;
    }
    return NULL;
}

/* In the name of a path with a dot segment, its dots are escaped: no URL leads there. */
static bool is_named_so(const import_t *import, const char *name, const char *path,
                        apr_pool_t *pool)
{
    if (path == NULL || *path != '/') {
        return false;
    }
    const char *due = classic_entry_name(import->uuid, path, pool);

    return strcmp(name, due) == 0 && strstr(due, "%2E") == NULL;
}

/* The next file; directories say nothing. */
static const was_error_t *next_file(import_t *import, file_t *file, apr_pool_t *pool)
{
    apr_pool_t *kept = import->request->pool;
    apr_size_t length = strlen(import->uuid);
    was_unpacked_t entry;

    *file = (file_t){.path = NULL};
    do {
        WAS_TRY(was_unpack_next(import->unpack, &entry, pool));
        if (entry.name == NULL) {
            return NULL;
        }
        if (strncmp(entry.name, import->uuid, length) != 0 || entry.name[length] != '/') {
            return was_unpack_refuse(kept, "an entry is outside its directory");
        }
    } while (entry.name[strlen(entry.name) - 1] == '/');
    *file = (file_t){read_attribute(import, "user.was.path", WAS_PATH_MAX_BYTES, pool),
                     was_unpack_attribute(import->unpack, "user.mime_type", pool), entry.size,
                     entry.offset};
    if (!is_named_so(import, entry.name, file->path, pool)) {
        return was_unpack_refuse(kept, "a file does not say its path, or has another one's name");
    }
    file->type = was_media_type_of_stored(file->type != NULL ? file->type : "");
    return ++import->number <= ENTRIES_MAX
               ? NULL
               : was_unpack_refuse(kept, "it has more than 1,000,000 files");
}

static const was_error_t *compare_paths(was_catalog_t *paths, apr_pool_t *pool)
{
    const char *last = NULL;
    bool unused;

    WAS_TRY(was_catalog_sort(paths));
    for (apr_size_t i = 0; i < was_catalog_count(paths); i++) {
        const char *path = was_catalog_read(paths, i, &unused);

        if (last != NULL && strcmp(last, path) == 0) {
            return was_unpack_refuse(pool, "two of its files have one path");
        }
        last = path;
    }
    return NULL;
}

/* All of it, before anything is stored. */
static const was_error_t *check_files(import_t *import)
{
    apr_pool_t *pool = import->request->pool, *scratch;
    apr_int64_t quota = import->wanted.quota, bytes = 0;
    const was_room_t room = {.quota = quota, .bytes = quota};
    const bool unused = false;
    was_catalog_t *paths;
    file_t file;

    apr_pool_create(&scratch, pool);
    WAS_TRY(was_catalog_make(&paths, sizeof(unused), pool));
    WAS_TRY(begin_walk(import));
    do {
        apr_pool_clear(scratch);
        WAS_TRY(next_file(import, &file, scratch));
        bytes += file.size;
        if (file.path != NULL) {
            WAS_TRY(was_catalog_add(paths, file.path, &unused));
        }
    } while (file.path != NULL);
    WAS_TRY(compare_paths(paths, pool));
    return was_limit_check(&room, bytes, pool);
}

static const was_error_t *stow_files(import_t *import)
{
    apr_pool_t *scratch;
    file_t file;

    apr_pool_create(&scratch, import->request->pool);
    WAS_TRY(begin_walk(import));
    do {
        apr_pool_clear(scratch);
        WAS_TRY(next_file(import, &file, scratch));
        if (file.size > WAS_PIECE_BYTES) {
            WAS_TRY(was_stow_add(import->stow, import->number, file.offset, file.size));
        }
    } while (file.path != NULL);
    return NULL;
}

static const was_error_t *hold_content(const import_t *import, const file_t *file,
                                       was_content_t *content, apr_pool_t *pool)
{
    char *bytes = apr_palloc(pool, (apr_size_t)file->size + 1);
    apr_size_t held = 0, count = 1;

    while (held < (apr_size_t)file->size && count > 0) {
        WAS_TRY(read_archive(import->request, file->offset + (apr_int64_t)held, bytes + held,
                             (apr_size_t)file->size - held, &count));
        held += count;
    }
    content->bytes = bytes;
    return held == (apr_size_t)file->size
               ? NULL
               : was_unpack_refuse(import->request->pool, "an entry is cut");
}

static const was_error_t *next_incoming(void *baton, was_classic_incoming_t *incoming,
                                        apr_pool_t *pool)
{
    import_t *import = baton;
    was_content_t *content = &incoming->content;
    file_t file;

    WAS_TRY(next_file(import, &file, pool));
    incoming->path = file.path;
    content->type = file.type;
    content->length = (apr_size_t)file.size;
    if (file.path == NULL) {
        return NULL;
    }
    return file.size > WAS_PIECE_BYTES
               ? was_stow_content(import->stow, import->number, content, pool)
               : hold_content(import, &file, content, pool);
}

static const was_error_t *store_files(import_t *import)
{
    was_request_t *request = import->request;

    WAS_TRY(check_files(import));
    import->stow = was_stow_make(request->db, import->wanted.space, &import->source, request->pool);
    const was_error_t *error = stow_files(import);

    if (error == NULL) {
        error = was_classic_import(request->db, &import->wanted, request->pool);
    }
    was_stow_drop(import->stow);
    return error;
}

static void answer_counted(const import_t *import, was_response_t *response)
{
    was_document_t *document = was_document_make(import->request->pool);
    json_t *root = was_document_root(document);

    was_document_integer(document, root, "resourcesCreated", import->wanted.created);
    was_document_integer(document, root, "resourcesSkipped", import->wanted.skipped);
    response->json = was_document_finish(document);
    response->type = "application/json";
    response->cache = "no-store";
}

const was_error_t *classic_space_post(was_request_t *request, was_response_t *response)
{
    const char *type = was_request_field(request, "Content-Type");
    import_t *import = apr_pcalloc(request->pool, sizeof(*import));
    was_classic_space_t space;

    import->request = request;
    import->source = (was_unpack_source_t){read_archive, request};
    import->wanted =
        (was_classic_import_t){.caller = request->caller,
                               .quota = request->config->quota,
                               .in_parts = was_config_in_parts(request->config, request->db),
                               .conditions = &request->conditions,
                               .rewind = begin_walk,
                               .next = next_incoming,
                               .baton = import};
    WAS_TRY(classic_space_uuid(request, &import->wanted.space));
    WAS_TRY(was_classic_spaces_get(request->db, import->wanted.space, request->caller, &space,
                                   request->pool));
    if (type == NULL || !was_media_type_is(type, "application/x-tar")) {
        return was_error_make(request->pool, WAS_ERROR_UNSUPPORTED, "/body",
                              "an archive is of the type application/x-tar");
    }
    apr_pool_create(&import->walk, request->pool);
    WAS_TRY(store_files(import));
    answer_counted(import, response);
    return NULL;
}
