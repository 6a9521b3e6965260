/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_unpack: libarchive, asked for tar and nothing else. Owns what an entry may be. Refuses to
 * know what its name means.
 */

#include "http/was_unpack.h"

#include <apr_strings.h>

#include <archive.h>
#include <archive_entry.h>

#include <string.h>

enum { BLOCK_BYTES = 64 * 1024, BLOCK = 512, KIND_OFFSET = 156 };

struct was_unpack_t {
    struct archive *archive;
    struct archive_entry *entry; /* the last one */
    was_unpack_source_t source;
    apr_int64_t offset; /* of what libarchive gets next */
    apr_int64_t end;    /* of the last entry, padded */
    char *block;
    const was_error_t *error; /* of the source, seen inside libarchive */
};

static apr_status_t free_archive(void *data)
{
    archive_read_free(data);
    return APR_SUCCESS;
}

static la_ssize_t read_block(struct archive *archive, void *data, const void **bytes)
{
    was_unpack_t *unpack = data;
    apr_size_t count = 0;

    unpack->error = unpack->source.read(unpack->source.baton, unpack->offset, unpack->block,
                                        BLOCK_BYTES, &count);
    if (unpack->error != NULL) {
        archive_set_error(archive, -1, "the source failed");
        return -1;
    }
    unpack->offset += (apr_int64_t)count;
    *bytes = unpack->block;
    return (la_ssize_t)count;
}

/* Contents are passed over, not read. */
static la_int64_t skip_bytes(struct archive *archive, void *data, la_int64_t count)
{
    was_unpack_t *unpack = data;
    apr_size_t found = 0;
    char last;

    (void)archive;
    if (count <= 0) {
        return 0;
    }
    /* Only what is there: else a content that is cut would be as good as whole. */
    unpack->error =
        unpack->source.read(unpack->source.baton, unpack->offset + count - 1, &last, 1, &found);
    if (unpack->error != NULL || found == 0) {
        return 0;
    }
    unpack->offset += count;
    return count;
}

const was_error_t *was_unpack_refuse(apr_pool_t *pool, const char *what)
{
    return was_error_make(pool, WAS_ERROR_INVALID_ARCHIVE, NULL, "the archive is refused: %s",
                          what);
}

static const was_error_t *explain_failure(const was_unpack_t *unpack, apr_pool_t *pool)
{
    if (unpack->error != NULL) {
        return unpack->error;
    }
    const char *reason = archive_error_string(unpack->archive);

    return was_error_wrap(pool, was_unpack_refuse(pool, "it is no tar, or is damaged"),
                          "libarchive: %s", reason != NULL ? reason : "no reason");
}

const was_error_t *was_unpack_make(const was_unpack_source_t *source, was_unpack_t **unpack,
                                   apr_pool_t *pool)
{
    was_unpack_t *made = apr_pcalloc(pool, sizeof(*made));

    made->source = *source;
    made->block = apr_palloc(pool, BLOCK_BYTES);
    made->archive = archive_read_new();
    if (made->archive == NULL) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "libarchive: no memory");
    }
    apr_pool_cleanup_register(pool, made->archive, free_archive, apr_pool_cleanup_null);
    if (archive_read_support_format_tar(made->archive) != ARCHIVE_OK ||
        archive_read_set_read_callback(made->archive, read_block) != ARCHIVE_OK ||
        archive_read_set_skip_callback(made->archive, skip_bytes) != ARCHIVE_OK ||
        archive_read_set_callback_data(made->archive, made) != ARCHIVE_OK ||
        archive_read_open1(made->archive) != ARCHIVE_OK) {
        return explain_failure(made, pool);
    }
    *unpack = made;
    return NULL;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80) {
            return false;
        }
    }
    return true;
}

/* The name as it is, or, where libarchive knows it to be UTF-8 alone, so. */
static const char *name_of(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);

    return name != NULL ? name : archive_entry_pathname_utf8(entry);
}

/* What an entry must not be. */
static const char *flaw_of(struct archive_entry *entry)
{
    const char *name = name_of(entry);
    bool is_directory = archive_entry_filetype(entry) == AE_IFDIR;

    if (name == NULL || *name == '\0' || strlen(name) > WAS_UNPACK_NAME_MAX - 1) {
        return "a name that is empty, too long or in no known encoding";
    }
    if (archive_entry_hardlink(entry) != NULL || archive_entry_symlink(entry) != NULL ||
        (!is_directory && archive_entry_filetype(entry) != AE_IFREG)) {
        return "what is neither a file nor a directory";
    }
    if (archive_entry_sparse_count(entry) > 0) {
        return "a file with holes";
    }
    if (!archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0 ||
        (is_directory && archive_entry_size(entry) > 0)) {
        return "a size that cannot be";
    }
    return !is_directory && name[strlen(name) - 1] == '/' ? "a file with a directory's name" : NULL;
}

/* An entry ends where the next one begins, so that all of its content stands where it says; one
 * with holes has another length. */
static const was_error_t *check_last(const was_unpack_t *unpack, apr_pool_t *pool)
{
    return unpack->end == 0 || archive_read_header_position(unpack->archive) == unpack->end
               ? NULL
               : was_unpack_refuse(pool, "an entry has another length than it says");
}

/* That the block before a content says that it is one of an ordinary file or a directory: what else
 * there is, libarchive may take for either. */
static const was_error_t *check_kind(const was_unpack_t *unpack, apr_int64_t offset,
                                     apr_pool_t *pool)
{
    apr_size_t count = 0;
    char kind = 'x';

    if (offset >= BLOCK) {
        WAS_TRY(unpack->source.read(unpack->source.baton, offset - BLOCK + KIND_OFFSET, &kind, 1,
                                    &count));
    }
    return kind == '0' || kind == '5' || kind == '\0'
               ? NULL
               : was_unpack_refuse(pool, "what is neither a file nor a directory");
}

/* The end is one that the archive says: two blocks of zeros, and not just that nothing comes. */
static const was_error_t *check_end(const was_unpack_t *unpack, apr_pool_t *pool)
{
    return archive_filter_bytes(unpack->archive, 0) > archive_read_header_position(unpack->archive)
               ? NULL
               : was_unpack_refuse(pool, "it has no end");
}

const was_error_t *was_unpack_next(was_unpack_t *unpack, was_unpacked_t *entry, apr_pool_t *pool)
{
    struct archive_entry *found = NULL;
    int code = archive_read_next_header(unpack->archive, &found);

    *entry = (was_unpacked_t){.name = NULL};
    if (code == ARCHIVE_EOF || code == ARCHIVE_OK || code == ARCHIVE_WARN) {
        WAS_TRY(check_last(unpack, pool));
    }
    if (code == ARCHIVE_EOF) {
        return check_end(unpack, pool);
    }
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
        return explain_failure(unpack, pool);
    }
    unpack->entry = found;
    const char *flaw = flaw_of(found);

    if (flaw != NULL) {
        return was_unpack_refuse(pool, flaw);
    }
    const char *name = name_of(found);

    /* It warns of names outside the locale's charset, which do no harm; else of what is not as it
     * says. */
    if (code == ARCHIVE_WARN && is_ascii(name)) {
        return explain_failure(unpack, pool);
    }
    bool is_open = archive_entry_filetype(found) == AE_IFDIR && name[strlen(name) - 1] != '/';

    entry->name = apr_pstrcat(pool, name, is_open ? "/" : "", NULL);
    entry->size = archive_entry_size(found);
    entry->offset = archive_filter_bytes(unpack->archive, 0);
    if (entry->size > APR_INT64_MAX / 2) {
        return was_unpack_refuse(pool, "a size that cannot be");
    }
    unpack->end = entry->offset + (entry->size + BLOCK - 1) / BLOCK * BLOCK;
    return check_kind(unpack, entry->offset, pool);
}

const char *was_unpack_attribute(const was_unpack_t *unpack, const char *name, apr_pool_t *pool)
{
    const char *found;
    const void *value;
    size_t length;

    archive_entry_xattr_reset(unpack->entry);
    while (archive_entry_xattr_next(unpack->entry, &found, &value, &length) == ARCHIVE_OK) {
        if (strcmp(found, name) == 0) {
            return memchr(value, '\0', length) == NULL ? apr_pstrmemdup(pool, value, length) : NULL;
        }
    }
    return NULL;
}
