/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_archive_names: names of entries, both ways. Owns how ids and types are encoded in one, and
 * which suffix a type has. Refuses to know what the entries hold.
 */

#include "pws/pws_archive_names.h"

#include "base/was_ascii.h"
#include "base/was_encoding.h"
#include "base/was_media_type.h"
#include "pws/pws_ids.h"

#include <apr_strings.h>

#include <string.h>

enum { LEVELS = 5 };

/* A media type's essence, and the suffix of its files; `blob` for all others. */
static const char *const suffixes[][2] = {
    {"application/json", "json"},
    {"text/plain", "txt"},
    {"application/octet-stream", "bin"},
    {"image/png", "png"},
    {"image/jpeg", "jpg"},
    {"text/html", "html"},
    {"application/pdf", "pdf"},
    {"text/markdown", "md"},
    {"text/csv", "csv"},
    {"application/xml", "xml"},
    {"text/xml", "xml"},
    {"application/zip", "zip"},
    {"image/svg+xml", "svg"},
    {"application/ld+json", "jsonld"},
    {"audio/mpeg", "mpga"},
    {"image/gif", "gif"},
    {"image/webp", "webp"},
    {"text/css", "css"},
    {"text/javascript", "js"},
    {"text/calendar", "ics"},
    {"text/vcard", "vcf"},
    {"video/mp4", "mp4"},
    {"video/webm", "webm"},
    {"application/gzip", "gz"},
    {"application/wasm", "wasm"},
    {"font/woff2", "woff2"},
};

static const char *suffix_of(const char *type)
{
    for (apr_size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (was_media_type_is(type, suffixes[i][0])) {
            return suffixes[i][1];
        }
    }
    return "blob";
}

/* Percent-encodes all but letters, digits and -_!~*'(). */
static const char *encode_text(const char *text, apr_pool_t *pool)
{
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = apr_palloc(pool, 3 * strlen(text) + 1), *out = encoded;

    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (was_ascii_is_alphanumeric((char)*c) || strchr("-_!~*'()", *c) != NULL) {
            *out++ = (char)*c;
            continue;
        }
        *out++ = '%';
        *out++ = digits[*c >> 4];
        *out++ = digits[*c & 15];
    }
    *out = '\0';
    return encoded;
}

/* The text that a segment's encoding makes; NULL where it is not made so. */
static const char *decode_text(const char *encoded, apr_pool_t *pool)
{
    apr_size_t length = strlen(encoded), count = 0;
    char *text = apr_palloc(pool, length + 1);

    if (!was_percent_decode(encoded, length, text, &count)) {
        return NULL;
    }
    text[count] = '\0';
    return strlen(text) == count && strcmp(encode_text(text, pool), encoded) == 0 ? text : NULL;
}

/* What stands in the directory of a collection. */
static const char *name_in_collection(const pws_entry_name_t *entry, apr_pool_t *pool)
{
    const char *id = entry->resource;

    switch (entry->kind) {
    case PWS_ENTRY_COLLECTION:
        return apr_pstrcat(pool, ".collection.", entry->collection, ".json", NULL);
    case PWS_ENTRY_COLLECTION_POLICY:
        return ".collection.policy.json";
    case PWS_ENTRY_LOG:
        return apr_pstrcat(pool, ".collectionlog.", entry->collection, ".json", NULL);
    case PWS_ENTRY_META:
        return apr_pstrcat(pool, ".meta.", id, ".json", NULL);
    case PWS_ENTRY_POLICY:
        return apr_pstrcat(pool, ".r.", id, ".policy.json", NULL);
    case PWS_ENTRY_CONTENT:
        return apr_pstrcat(pool, "r.", encode_text(id, pool), ".", encode_text(entry->type, pool),
                           ".", suffix_of(entry->type), NULL);
    case PWS_ENTRY_CHUNK:
        return apr_psprintf(pool, ".chunks.%s/r.%" APR_INT64_T_FMT ".%s.%s", encode_text(id, pool),
                            entry->number, encode_text(entry->type, pool), suffix_of(entry->type));
    case PWS_ENTRY_CHUNK_META:
        return apr_psprintf(pool, ".chunks.%s/.meta.%" APR_INT64_T_FMT ".json",
                            encode_text(id, pool), entry->number);
    default: /* a directory */
        return id != NULL ? apr_pstrcat(pool, ".chunks.", encode_text(id, pool), "/", NULL) : "";
    }
}

const char *pws_entry_name_make(const pws_entry_name_t *entry, apr_pool_t *pool)
{
    const char *space = entry->space, *name = "";

    if (entry->kind == PWS_ENTRY_MANIFEST) {
        return "manifest.yml";
    }
    if (space == NULL) {
        return "space/";
    }
    if (entry->kind == PWS_ENTRY_SPACE) {
        name = apr_pstrcat(pool, ".space.", space, ".json", NULL);
    }
    else if (entry->kind == PWS_ENTRY_SPACE_POLICY) {
        name = ".space.policy.json";
    }
    else if (entry->kind == PWS_ENTRY_DELETED_COLLECTION) {
        name = apr_pstrcat(pool, ".collection.", entry->collection, ".json", NULL);
    }
    else if (entry->collection != NULL) {
        name = apr_pstrcat(pool, entry->collection, "/", name_in_collection(entry, pool), NULL);
    }
    return apr_pstrcat(pool, "space/", space, "/", name, NULL);
}

static const was_error_t *bad_name(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_MALFORMED, NULL,
                          "a name in the archive leads elsewhere, or is not what it stands for");
}

/* Splits a name at its slashes: so many segments, of which the first LEVELS are told; that of
 * a directory ends in an empty one. */
static const was_error_t *split_segments(const char *name, char *segments[LEVELS], int *count,
                                         apr_pool_t *pool)
{
    char *segment = apr_pstrdup(pool, name);

    for (const char *c = name; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            return bad_name(pool);
        }
    }
    *count = 0;
    for (char *slash = segment; slash != NULL; segment = slash + 1) {
        slash = strchr(segment, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        bool is_end = slash == NULL && *count > 0;

        if ((*segment == '\0' && !is_end) || strcmp(segment, ".") == 0 ||
            strcmp(segment, "..") == 0) {
            return bad_name(pool);
        }
        if (*count < LEVELS) {
            segments[*count] = segment;
        }
        ++*count;
        if (slash == NULL) {
            break;
        }
    }
    return NULL;
}

/* What stands between a prefix and a suffix; NULL where one is missing, or nothing is between. */
static const char *text_between(const char *name, const char *prefix, const char *suffix,
                                apr_pool_t *pool)
{
    apr_size_t length = strlen(name), before = strlen(prefix), behind = strlen(suffix);

    if (length <= before + behind || strncmp(name, prefix, before) != 0 ||
        strcmp(name + length - behind, suffix) != 0) {
        return NULL;
    }
    return apr_pstrmemdup(pool, name + before, length - before - behind);
}

static const was_error_t *read_resource_id(const char *id, pws_entry_name_t *entry,
                                           apr_pool_t *pool)
{
    entry->resource = id;
    WAS_TRY(pws_check_id(id != NULL ? id : "", pool));
    return pws_is_reserved_resource(id) ? bad_name(pool) : NULL;
}

/* "r.", a name, a type and a suffix, none of which holds a dot: the encoded name. */
static const char *split_content_name(const char *name, const char **type, apr_pool_t *pool)
{
    char *state = NULL, *copy = apr_pstrdup(pool, name);
    bool is_whole = *name == 'r' && name[strlen(name) - 1] != '.' && strstr(name, "..") == NULL;
    const char *r = apr_strtok(copy, ".", &state);
    const char *id = apr_strtok(NULL, ".", &state);
    const char *encoded = apr_strtok(NULL, ".", &state);
    const char *suffix = apr_strtok(NULL, ".", &state);

    if (!is_whole || suffix == NULL || strcmp(r, "r") != 0 ||
        apr_strtok(NULL, ".", &state) != NULL) {
        return NULL;
    }
    *type = decode_text(encoded, pool);
    return *type != NULL && was_media_type_is_sendable(*type) ? id : NULL;
}

static const was_error_t *read_content_name(const char *name, pws_entry_name_t *entry,
                                            apr_pool_t *pool)
{
    const char *id = split_content_name(name, &entry->type, pool);

    if (id == NULL) {
        return bad_name(pool);
    }
    entry->kind = PWS_ENTRY_CONTENT;
    return read_resource_id(decode_text(id, pool), entry, pool);
}

/* The number of a chunk: its digits, and no other way to say it. */
static bool read_number(const char *text, apr_int64_t *number)
{
    apr_size_t length = text != NULL ? strlen(text) : 0;

    if (length == 0 || length > 15 || strspn(text, "0123456789") != length ||
        (*text == '0' && length > 1)) {
        return false;
    }
    *number = apr_atoi64(text);
    return true;
}

/* A file of chunks: one that is not named as it must be is a stray. */
static const was_error_t *read_chunk(const char *directory, const char *name,
                                     pws_entry_name_t *entry, apr_pool_t *pool)
{
    const char *id = text_between(directory, ".chunks.", "", pool);

    if (id == NULL) {
        return NULL;
    }
    WAS_TRY(read_resource_id(decode_text(id, pool), entry, pool));
    if (*name == '\0') {
        entry->kind = PWS_ENTRY_DIRECTORY;
    }
    else if (read_number(text_between(name, ".meta.", ".json", pool), &entry->number)) {
        entry->kind = PWS_ENTRY_CHUNK_META;
    }
    else if (read_number(split_content_name(name, &entry->type, pool), &entry->number)) {
        entry->kind = PWS_ENTRY_CHUNK;
    }
    return NULL;
}

/* A file that names the collection that it is in. */
static const was_error_t *read_own_name(const char *id, pws_entry_kind_t kind,
                                        pws_entry_name_t *entry, apr_pool_t *pool)
{
    entry->kind = kind;
    return strcmp(id, entry->collection) == 0 ? NULL : bad_name(pool);
}

static const was_error_t *read_in_collection(const char *name, pws_entry_name_t *entry,
                                             apr_pool_t *pool)
{
    const char *id;

    if (strcmp(name, ".collection.policy.json") == 0) {
        entry->kind = PWS_ENTRY_COLLECTION_POLICY;
        return NULL;
    }
    if ((id = text_between(name, ".collection.", ".json", pool)) != NULL) {
        return read_own_name(id, PWS_ENTRY_COLLECTION, entry, pool);
    }
    if ((id = text_between(name, ".collectionlog.", ".json", pool)) != NULL) {
        return read_own_name(id, PWS_ENTRY_LOG, entry, pool);
    }
    if ((id = text_between(name, ".meta.", ".json", pool)) != NULL) {
        entry->kind = PWS_ENTRY_META;
        return read_resource_id(id, entry, pool);
    }
    if ((id = text_between(name, ".r.", ".policy.json", pool)) != NULL) {
        entry->kind = PWS_ENTRY_POLICY;
        return read_resource_id(id, entry, pool);
    }
    if (strncmp(name, "r.", 2) == 0) {
        return read_content_name(name, entry, pool);
    }
    entry->kind = *name == '\0' ? PWS_ENTRY_DIRECTORY : PWS_ENTRY_STRAY;
    return NULL;
}

static const was_error_t *read_collection_id(const char *id, pws_entry_name_t *entry,
                                             apr_pool_t *pool)
{
    entry->collection = id;
    WAS_TRY(pws_check_id(id, pool));
    return pws_is_reserved_collection(id) ? bad_name(pool) : NULL;
}

/* A file of the space's own; what is none that we know is a stray. */
static const was_error_t *read_in_space(const char *name, pws_entry_name_t *entry, apr_pool_t *pool)
{
    const char *id;

    if (strcmp(name, ".space.policy.json") == 0) {
        entry->kind = PWS_ENTRY_SPACE_POLICY;
    }
    else if ((id = text_between(name, ".space.", ".json", pool)) != NULL) {
        entry->kind = PWS_ENTRY_SPACE;
        return strcmp(id, entry->space) == 0 ? NULL : bad_name(pool);
    }
    else if ((id = text_between(name, ".collection.", ".json", pool)) != NULL) {
        entry->kind = PWS_ENTRY_DELETED_COLLECTION;
        return read_collection_id(id, entry, pool);
    }
    else if (*name == '\0') {
        entry->kind = PWS_ENTRY_DIRECTORY;
    }
    return NULL;
}

const was_error_t *pws_entry_name_read(const char *name, pws_entry_name_t *entry, apr_pool_t *pool)
{
    char *segments[LEVELS];
    int count;

    *entry = (pws_entry_name_t){.kind = PWS_ENTRY_STRAY};
    WAS_TRY(split_segments(name, segments, &count, pool));
    if (count == 1) {
        entry->kind = strcmp(name, "manifest.yml") == 0 ? PWS_ENTRY_MANIFEST : PWS_ENTRY_STRAY;
        return NULL;
    }
    if (count == 2 && strcmp(segments[0], "revocations") == 0 &&
        text_between(segments[1], "", ".json", pool) != NULL) {
        entry->kind = PWS_ENTRY_REVOCATION;
        return NULL;
    }
    if (strcmp(segments[0], "space") != 0 || count < 3 || count > LEVELS) {
        entry->kind = count == 2 && *segments[1] == '\0' ? PWS_ENTRY_DIRECTORY : PWS_ENTRY_STRAY;
        return NULL;
    }
    entry->space = segments[1];
    WAS_TRY(pws_check_id(entry->space, pool));
    if (count == 3) {
        return read_in_space(segments[2], entry, pool);
    }
    WAS_TRY(read_collection_id(segments[2], entry, pool));
    return count == 4 ? read_in_collection(segments[3], entry, pool)
                      : read_chunk(segments[3], segments[4], entry, pool);
}
