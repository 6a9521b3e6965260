/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_unpack, pws_entry_name_read and pws_manifest_read: the input is an archive, and as other
 * tries a name and a manifest. What an entry and its attribute have lies in the archive, a name
 * that is taken is the one that would be made, and a manifest is of one space.
 */
#include "fuzz.h"

#include "http/was_unpack.h"
#include "pws/pws_manifest.h"

typedef struct bytes_t {
    const uint8_t *data;
    size_t size;
} bytes_t;

static const was_error_t *read_bytes(void *baton, apr_int64_t offset, char *buffer,
                                     apr_size_t capacity, apr_size_t *count)
{
    const bytes_t *bytes = baton;

    REQUIRE(offset >= 0);
    *count = 0;
    if ((size_t)offset < bytes->size) {
        size_t left = bytes->size - (size_t)offset;

        *count = left < capacity ? left : capacity;
        memcpy(buffer, bytes->data + offset, *count);
    }
    return NULL;
}

static void check_name(const char *name, apr_pool_t *pool)
{
    pws_entry_name_t entry;
    const was_error_t *error = pws_entry_name_read(name, &entry, pool);

    if (error != NULL) {
        REQUIRE(error->kind == WAS_ERROR_MALFORMED || error->kind == WAS_ERROR_INVALID_ID);
        return;
    }
    REQUIRE(*name != '/' && strstr(name, "//") == NULL && strncmp(name, "../", 3) != 0 &&
            strstr(name, "/../") == NULL);
    if (entry.kind == PWS_ENTRY_STRAY || entry.kind == PWS_ENTRY_REVOCATION ||
        (entry.kind == PWS_ENTRY_DIRECTORY && entry.space == NULL)) {
        return;
    }
    const char *made = pws_entry_name_make(&entry, pool);
    bool has_suffix = entry.kind == PWS_ENTRY_CONTENT || entry.kind == PWS_ENTRY_CHUNK;
    size_t length = has_suffix ? (size_t)(strrchr(made, '.') - made) : strlen(made);

    REQUIRE(strncmp(made, name, length) == 0);
    REQUIRE(has_suffix ? name[length] == '.' : name[length] == '\0');
}

static void check_attribute(const was_unpack_t *unpack, size_t size, apr_pool_t *pool)
{
    const char *path = was_unpack_attribute(unpack, "user.was.path", pool);

    REQUIRE(path == NULL || strlen(path) <= size);
}

static void check_archive(const was_unpack_source_t *source, size_t size, apr_pool_t *pool)
{
    const was_error_t *error;
    was_unpacked_t entry;
    was_unpack_t *unpack;

    error = was_unpack_make(source, &unpack, pool);
    if (error == NULL) {
        do {
            error = was_unpack_next(unpack, &entry, pool);
            if (error == NULL && entry.name != NULL) {
                REQUIRE(*entry.name != '\0' && strlen(entry.name) <= WAS_UNPACK_NAME_MAX);
                REQUIRE(entry.size >= 0 && entry.offset >= 512);
                REQUIRE((size_t)entry.offset <= size);
                check_name(entry.name, pool);
                check_attribute(unpack, size, pool);
            }
        } while (error == NULL && entry.name != NULL);
    }
    if (error != NULL) {
        fuzz_check_error(error, WAS_ERROR_INVALID_ARCHIVE);
    }
}

static void check_manifest(const was_unpack_source_t *source, size_t size, apr_pool_t *pool)
{
    const char *space = NULL;
    const was_error_t *error = pws_manifest_read(source, 0, (apr_int64_t)size, &space, pool);

    if (error != NULL) {
        fuzz_check_error(error, WAS_ERROR_INVALID_ARCHIVE);
        return;
    }
    REQUIRE(space != NULL && strlen(space) <= 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    bytes_t bytes = {data, size};
    const was_unpack_source_t source = {read_bytes, &bytes};
    char *text = fuzz_text(data, size);

    check_archive(&source, size, pool);
    check_manifest(&source, size, pool);
    check_name(text, pool);
    free(text);
    apr_pool_clear(pool);
    return 0;
}
