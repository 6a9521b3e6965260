/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * classic_export: a space as a tar archive (section 7), written while it is sent. Owns the names of
 * its entries and where the archive keeps what a file system has no place for. Refuses to hold more
 * than one piece of one resource in memory, and a database connection while the client takes its
 * time.
 *
 * The archive is pax: a directory named after the uuid, and a file for each resource. The exact
 * path, the media type (where desktops keep it) and the space's own members are extended
 * attributes, so that a restore needs nothing else.
 */

#include "classic/classic.h"

#include "http/was_spool.h"

#include <apr_strings.h>

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <locale.h>
#include <string.h>

enum { PAGE = 200, BLOCK_BYTES = 64 * 1024, TRIES = 5, SEGMENT_BYTES = 250 };

typedef struct export_t {
    was_request_t *request;
    const was_classic_space_t *space;
    was_stream_t *stream;
    struct archive *archive;
    locale_t locale;          /* of UTF-8; 0 where the system has none */
    const was_error_t *error; /* of the stream, seen inside libarchive */
} export_t;

static la_ssize_t send_block(struct archive *archive, void *data, const void *bytes, size_t length)
{
    export_t *export = data;

    export->error = was_stream_write(export->stream, bytes, length);
    if (export->error != NULL) {
        archive_set_error(archive, EIO, "the client went away");
        return -1;
    }
    return (la_ssize_t)length;
}

static const was_error_t *export_failure(const export_t *export)
{
    if (export->error != NULL) {
        return export->error;
    }
    return was_error_log(export->request->pool, WAS_ERROR_BROKEN, "libarchive: %s",
                         archive_error_string(export->archive));
}

static void set_attribute(struct archive_entry *entry, const char *name, const char *value)
{
    if (value != NULL) {
        archive_entry_xattr_add_entry(entry, name, value, strlen(value));
    }
}

/* libarchive takes names for text of the thread's locale, and httpd's is that of ASCII: what it has
 * no letters for would be noted as bytes of no charset, which is what a warning is about. */
static const was_error_t *write_head(export_t *export, struct archive_entry *entry)
{
    locale_t before = uselocale(export->locale);
    int code = archive_write_header(export->archive, entry);

    (void)uselocale(before);
    archive_entry_free(entry);
    return code == ARCHIVE_OK || code == ARCHIVE_WARN ? NULL : export_failure(export);
}

static const was_error_t *write_bytes(export_t *export, const void *bytes, apr_size_t length)
{
    return archive_write_data(export->archive, bytes, length) == (la_ssize_t)length
               ? NULL
               : export_failure(export);
}

static const was_error_t *write_directory(export_t *export)
{
    const was_classic_space_t *space = export->space;
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, apr_pstrcat(export->request->pool, space->uuid, "/", NULL));
    archive_entry_set_filetype(entry, AE_IFDIR);
    archive_entry_set_perm(entry, 0755);
    archive_entry_set_mtime(entry, space->modified > 0 ? space->modified : 0, 0);
    set_attribute(entry, "user.was.id", space->id);
    set_attribute(entry, "user.was.controller", space->controller);
    set_attribute(entry, "user.was.name", space->name);
    set_attribute(entry, "user.was.link", space->link);
    return write_head(export, entry);
}

/* Whether `c` begins a dot segment, which only another server can have stored. */
static bool is_dot_segment(const char *c)
{
    apr_size_t length = strcspn(c, "/");

    return *c == '.' && (length == 1 || (length == 2 && c[1] == '.'));
}

/* A name that grows. */
typedef struct name_t {
    char *end;
    apr_size_t segment; /* bytes since the last slash */
} name_t;

/* Adds what must not be torn apart; a segment that no file system would take is cut before it. */
static void add_unit(name_t *name, const char *bytes, apr_size_t count)
{
    if (name->segment + count >= SEGMENT_BYTES) {
        *name->end++ = '%';
        *name->end++ = '/';
        name->segment = 0;
    }
    memcpy(name->end, bytes, count);
    name->end += count;
    name->segment += count;
}

static apr_size_t character_length(const char *c)
{
    apr_size_t length = 1;

    while (((unsigned char)c[length] & 0xc0) == 0x80) {
        length++;
    }
    return length;
}

/*
 * The resource's path as a name that no tar program bends: an empty segment, which tar would drop
 * or take for a directory's end, becomes "%", a segment of dots, which would lead elsewhere, "%2E"
 * or "%2E%2E", a long one several, each but the last with a "%" at its end, and a '%' becomes
 * "%25", so that names stay distinct.
 */
const char *classic_entry_name(const char *uuid, const char *path, apr_pool_t *pool)
{
    /* Every byte may grow to three, and what a cut adds stands for hundreds. */
    char *text = apr_palloc(pool, strlen(uuid) + 4 * strlen(path) + 2);
    name_t name = {text + strlen(uuid), 0};

    memcpy(text, uuid, strlen(uuid));
    for (const char *c = path; *c != '\0';) {
        apr_size_t length = character_length(c);

        if (*c != '/') {
            add_unit(&name, *c == '%' ? "%25" : c, *c == '%' ? 3 : length);
            c += length;
            continue;
        }
        *name.end++ = *c++;
        name.segment = 0;
        if (*c == '/' || *c == '\0') {
            add_unit(&name, "%", 1);
        }
        for (bool is_dots = is_dot_segment(c); is_dots && *c == '.'; c++) {
            add_unit(&name, "%2E", 3);
        }
    }
    *name.end = '\0';
    return text;
}

static const was_error_t *write_entry(export_t *export, const was_resource_t *resource,
                                      apr_pool_t *pool)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry,
                               classic_entry_name(export->space->uuid, resource->path, pool));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, resource->size);
    archive_entry_set_mtime(entry, resource->modified > 0 ? resource->modified : 0, 0);
    set_attribute(entry, "user.mime_type", resource->type);
    set_attribute(entry, "user.was.path", resource->path);
    return write_head(export, entry);
}

/* Copies what stands in a row and does not fit into one piece to a file, since the entry's size
 * must hold even if the resource changes meanwhile. CONFLICT when it did. */
static const was_error_t *spool_resource(export_t *export, const was_resource_t *resource,
                                         was_spool_t *spool, apr_pool_t *pool)
{
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    for (apr_int64_t offset = 0; offset < resource->size;) {
        was_read_t read;

        apr_pool_clear(scratch);
        WAS_TRY(was_content_read(export->request->db, resource, offset, WAS_READ_BYTES, &read,
                                 scratch));
        WAS_TRY(was_spool_write(spool, read.pieces[0].bytes, read.pieces[0].count));
        offset += (apr_int64_t)read.count;
    }
    return NULL;
}

/* Parts belong to one version, whatever becomes of its row. */
static const was_error_t *write_whole(export_t *export, const was_resource_t *resource,
                                      apr_pool_t *pool)
{
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    WAS_TRY(write_entry(export, resource, pool));
    for (apr_int64_t offset = 0; offset < resource->size;) {
        was_read_t read;

        apr_pool_clear(scratch);
        WAS_TRY(was_content_read(export->request->db, resource, offset,
                                 (apr_size_t)(resource->size - offset), &read, scratch));
        for (int i = 0; i < read.npieces; i++) {
            WAS_TRY(write_bytes(export, read.pieces[i].bytes, read.pieces[i].count));
        }
        offset += (apr_int64_t)read.count;
    }
    return NULL;
}

static const was_error_t *write_spooled(export_t *export, was_spool_t *spool, apr_pool_t *pool)
{
    char *buffer = apr_palloc(pool, BLOCK_BYTES);
    apr_size_t count;

    WAS_TRY(was_spool_rewind(spool));
    do {
        count = 0;
        WAS_TRY(was_spool_read(spool, buffer, BLOCK_BYTES, &count));
        if (count > 0) {
            WAS_TRY(write_bytes(export, buffer, count));
        }
    } while (count > 0);
    return NULL;
}

static const was_error_t *write_big(export_t *export, const was_resource_t *resource,
                                    apr_pool_t *pool)
{
    was_spool_t *spool;

    WAS_TRY(was_spool_make(&spool, pool));
    WAS_TRY(spool_resource(export, resource, spool, pool));
    WAS_TRY(write_entry(export, resource, pool));
    return write_spooled(export, spool, pool);
}

/* One resource as it is now; one that is gone meanwhile is left out. */
static const was_error_t *export_resource(export_t *export, const char *path, apr_pool_t *pool)
{
    was_request_t *request = export->request;
    const was_classic_key_t key = {export->space->uuid, path, request->caller};

    for (int tries = 0; tries < TRIES; tries++) {
        was_resource_t resource;
        const was_error_t *error = was_classic_resources_get(
            request->db, &key, false, WAS_PIECE_BYTES, &resource, NULL, pool);
        if (error != NULL) {
            return error->kind == WAS_ERROR_NOT_FOUND ? NULL : error;
        }
        if (resource.is_in_parts) {
            error = write_whole(export, &resource, pool);
            /* It is an entry by now. */
            return error == NULL || error->kind != WAS_ERROR_CONFLICT
                       ? error
                       : was_error_wrap(pool, error, "parts of a resource are missing");
        }
        if (resource.piece_length == (apr_size_t)resource.size) {
            WAS_TRY(write_entry(export, &resource, pool));
            return write_bytes(export, resource.piece, resource.piece_length);
        }
        error = write_big(export, &resource, pool);
        if (error == NULL || error->kind != WAS_ERROR_CONFLICT) {
            return error;
        }
    }
    return was_error_make(request->pool, WAS_ERROR_UNAVAILABLE, NULL,
                          "a resource is written faster than it can be read; the request can be "
                          "sent again");
}

static const was_error_t *export_resources(export_t *export)
{
    const was_request_t *request = export->request;
    apr_pool_t *pages[2], *scratch;
    was_page_t wanted = {.after = "", .limit = PAGE};
    was_found_t found;
    int turn = 0;

    /* Two pools, since the next page is asked for by the last path of this one. */
    apr_pool_create(&pages[0], request->pool);
    apr_pool_create(&pages[1], request->pool);
    apr_pool_create(&scratch, request->pool);
    do {
        const was_resource_t *page;

        apr_pool_clear(pages[turn]);
        WAS_TRY(was_classic_resources_list(request->db, export->space->uuid, &wanted, &page, &found,
                                           pages[turn]));
        for (int i = 0; i < found.count; i++) {
            apr_pool_clear(scratch);
            WAS_TRY(export_resource(export, page[i].path, scratch));
            wanted.after = page[i].path;
        }
        /* Or what is gone with its space would look like the end. */
        apr_pool_clear(scratch);
        WAS_TRY(was_classic_spaces_recheck(request->db, export->space, request->caller, scratch));
        turn = !turn;
    } while (found.more);
    return NULL;
}

static const was_error_t *write_archive(export_t *export)
{
    if (archive_write_set_format_pax(export->archive) != ARCHIVE_OK ||
        /* One spelling of attributes, the one that GNU tar reads. */
        archive_write_set_format_option(export->archive, "pax", "xattrheader", "SCHILY") !=
            ARCHIVE_OK ||
        archive_write_set_bytes_per_block(export->archive, BLOCK_BYTES) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(export->archive, 1) != ARCHIVE_OK ||
        archive_write_open(export->archive, export, NULL, send_block, NULL) != ARCHIVE_OK) {
        return export_failure(export);
    }
    WAS_TRY(write_directory(export));
    WAS_TRY(export_resources(export));
    return archive_write_close(export->archive) == ARCHIVE_OK ? NULL : export_failure(export);
}

static const was_error_t *produce_archive(was_stream_t *stream, void *baton)
{
    export_t *export = baton;

    export->stream = stream;
    export->archive = archive_write_new();
    if (export->archive == NULL) {
        return was_error_log(export->request->pool, WAS_ERROR_BROKEN, "libarchive: no memory");
    }
    export->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    const was_error_t *error = write_archive(export);
    if (export->locale != (locale_t)0) {
        freelocale(export->locale);
    }
    if (error != NULL) {
        /* Or freeing it would end the archive as if it were complete. */
        archive_write_fail(export->archive);
    }
    archive_write_free(export->archive);
    return error;
}

void classic_export(was_request_t *request, const was_classic_space_t *space,
                    was_response_t *response)
{
    export_t *export = apr_pcalloc(request->pool, sizeof(*export));

    export->request = request;
    export->space = space;
    response->type = "application/x-tar";
    response->disposition =
        apr_psprintf(request->pool, "attachment; filename=\"space.%s.tar\"", space->uuid);
    response->cache = "no-store";
    response->produce = produce_archive;
    response->baton = export;
}
