/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_spool: files for what does not fit into memory. Owns where they are and that nobody else sees
 * them. Refuses to know what the bytes are.
 */

#include "http/was_spool.h"

#include <apr_file_io.h>
#include <apr_strings.h>

struct was_spool_t {
    apr_file_t *file;
    apr_pool_t *pool;
};

static const was_error_t *spool_failure(apr_pool_t *pool, const char *what, apr_status_t status)
{
    char text[120];
    const was_error_t *error =
        was_error_make(pool, WAS_ERROR_UNAVAILABLE, NULL,
                       "there is no room for the body now; nothing was written, and the request "
                       "can be sent again");

    return was_error_wrap(pool, error, "cannot %s: %s", what,
                          apr_strerror(status, text, sizeof(text)));
}

const was_error_t *was_spool_make(was_spool_t **spool, apr_pool_t *pool)
{
    was_spool_t *made = apr_palloc(pool, sizeof(*made));
    const char *directory;
    apr_status_t status = apr_temp_dir_get(&directory, pool);

    made->pool = pool;
    if (status != APR_SUCCESS) {
        return spool_failure(pool, "find a directory for a spool", status);
    }
    char *name = apr_pstrcat(pool, directory, "/was-spool-XXXXXX", NULL);
    status = apr_file_mktemp(&made->file, name,
                             APR_FOPEN_CREATE | APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_EXCL |
                                 APR_FOPEN_BINARY,
                             pool);
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

    return status == APR_SUCCESS ? NULL : spool_failure(spool->pool, "write to a spool", status);
}

const was_error_t *was_spool_rewind(was_spool_t *spool)
{
    apr_off_t start = 0;
    apr_status_t status = apr_file_seek(spool->file, APR_SET, &start);

    return status == APR_SUCCESS ? NULL : spool_failure(spool->pool, "rewind a spool", status);
}

const was_error_t *was_spool_read(was_spool_t *spool, void *buffer, apr_size_t capacity,
                                  apr_size_t *count)
{
    apr_status_t status = apr_file_read_full(spool->file, buffer, capacity, count);

    return status == APR_SUCCESS || APR_STATUS_IS_EOF(status)
               ? NULL
               : spool_failure(spool->pool, "read a spool", status);
}
