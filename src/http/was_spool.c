/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_spool: files for what does not fit into memory. Owns where they are and that nobody else sees
 * them. Refuses to know what the bytes are.
 */

#include "http/was_spool.h"

#include <apr_file_io.h>
#include <apr_mmap.h>
#include <apr_strings.h>

#include <stdlib.h>

/* POSIX's, where nobody names one. */
static const char default_directory[] = "/tmp";

struct was_spool_t {
    apr_file_t *file;
    apr_pool_t *pool;
};

/* This one and no other: one that stands in for it may be a disk that nobody watches, or memory. */
static const char *spool_directory(void)
{
    const char *named = getenv("TMPDIR");

    return named != NULL && *named != '\0' ? named : default_directory;
}

static const was_error_t *spool_failure(apr_pool_t *pool, const char *what, apr_status_t status)
{
    char text[120];
    const was_error_t *error = was_error_make(
        pool, WAS_ERROR_UNAVAILABLE, NULL,
        "there is no room now for what is too long for memory; nothing was written, and "
        "the request can be sent again");

    return was_error_wrap(pool, error, "cannot %s in %s: %s", what, spool_directory(),
                          apr_strerror(status, text, sizeof(text)));
}

const was_error_t *was_spool_make(was_spool_t **spool, apr_pool_t *pool)
{
    was_spool_t *made = apr_palloc(pool, sizeof(*made));
    char *name = apr_pstrcat(pool, spool_directory(), "/was-spool-XXXXXX", NULL);
    apr_status_t status = apr_file_mktemp(&made->file, name,
                                          APR_FOPEN_CREATE | APR_FOPEN_READ | APR_FOPEN_WRITE |
                                              APR_FOPEN_EXCL | APR_FOPEN_BINARY,
                                          pool);

    made->pool = pool;
    if (status == APR_SUCCESS) {
        status = apr_file_remove(name, pool);
    }
    if (status != APR_SUCCESS) {
        return spool_failure(pool, "make a spool", status);
    }
    *spool = made;
    return NULL;
}

const was_error_t *was_spool_write(was_spool_t *spool, const void *bytes, apr_size_t count)
{
    apr_status_t status = apr_file_write_full(spool->file, bytes, count, NULL);

    return status == APR_SUCCESS ? NULL : spool_failure(spool->pool, "write a spool", status);
}

const was_error_t *was_spool_seek(was_spool_t *spool, apr_int64_t offset)
{
    apr_off_t place = offset;
    apr_status_t status = apr_file_seek(spool->file, APR_SET, &place);

    return status == APR_SUCCESS ? NULL : spool_failure(spool->pool, "seek in a spool", status);
}

const was_error_t *was_spool_rewind(was_spool_t *spool)
{
    return was_spool_seek(spool, 0);
}

const was_error_t *was_spool_read(was_spool_t *spool, void *buffer, apr_size_t capacity,
                                  apr_size_t *count)
{
    apr_status_t status = apr_file_read_full(spool->file, buffer, capacity, count);

    return status == APR_SUCCESS || APR_STATUS_IS_EOF(status)
               ? NULL
               : spool_failure(spool->pool, "read a spool", status);
}

const was_error_t *was_spool_length(was_spool_t *spool, apr_int64_t *length)
{
    apr_off_t end = 0;
    apr_status_t status = apr_file_seek(spool->file, APR_END, &end);

    *length = end;
    return status == APR_SUCCESS ? NULL : spool_failure(spool->pool, "measure a spool", status);
}

const was_error_t *was_spool_map(was_spool_t *spool, char **bytes)
{
    apr_status_t status = APR_SUCCESS;
    apr_mmap_t *map = NULL;
    apr_int64_t length;

    WAS_TRY(was_spool_length(spool, &length));
    if (length > 0) {
        status = apr_mmap_create(&map, spool->file, 0, (apr_size_t)length,
                                 APR_MMAP_READ | APR_MMAP_WRITE, spool->pool);
    }
    if (status != APR_SUCCESS) {
        return spool_failure(spool->pool, "map a spool", status);
    }
    *bytes = map != NULL ? map->mm : NULL;
    return NULL;
}

const was_error_t *was_spool_check(apr_pool_t *pool)
{
    was_spool_t *spool;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    const was_error_t *error = was_spool_make(&spool, scratch);
    if (error == NULL) {
        error = was_spool_write(spool, "", 1);
    }
    if (error != NULL) {
        error = was_error_log(pool, WAS_ERROR_UNAVAILABLE, "%s", error->reason);
    }
    apr_pool_destroy(scratch);
    return error;
}
