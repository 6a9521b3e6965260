/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * admin_map: the table that a front httpd's RewriteMap reads: a line for a space, its id and its
 * cell. Owns how a line is changed while httpd and others of us read and write the file. Refuses to
 * know which cells there are.
 */

#include "admin/admin_map.h"

#include <apr_file_io.h>
#include <apr_strings.h>

#include <ctype.h>
#include <string.h>

enum { LINE_BYTES = 2048 };

static const was_error_t *file_error(const char *path, apr_status_t status, apr_pool_t *pool)
{
    char text[120];

    return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "%s: %s", path,
                         apr_strerror(status, text, sizeof(text)));
}

/* Whether the line is about the key: what stands before the first blank. */
static bool is_of(const char *line, const char *key)
{
    apr_size_t length = strlen(key);

    return strncmp(line, key, length) == 0 && isspace((unsigned char)line[length]);
}

/* All lines of the old file but the key's, and that behind them. */
static apr_status_t write_lines(apr_file_t *old, apr_file_t *new, const char *key,
                                const char *value)
{
    char line[LINE_BYTES];
    bool begins = true, keeps = true, is_ended = true;
    apr_status_t status = APR_SUCCESS;

    while (status == APR_SUCCESS && old != NULL &&
           apr_file_gets(line, sizeof(line), old) == APR_SUCCESS) {
        keeps = begins ? !is_of(line, key) : keeps;
        begins = strchr(line, '\n') != NULL;
        if (keeps) {
            is_ended = begins;
            status = apr_file_puts(line, new);
        }
    }
    if (status == APR_SUCCESS) {
        status = apr_file_printf(new, "%s%s %s\n", is_ended ? "" : "\n", key, value) > 0
                     ? apr_file_sync(new)
                     : APR_EGENERAL;
    }
    return status;
}

static apr_status_t replace_file(const char *path, const char *key, const char *value,
                                 apr_pool_t *pool)
{
    const char *next = apr_pstrcat(pool, path, ".new", NULL);
    apr_file_t *old = NULL, *new;
    apr_finfo_t info = {.protection = APR_FPROT_OS_DEFAULT};
    apr_status_t status = apr_file_open(&old, path, APR_READ | APR_BUFFERED, 0, pool);

    if (status == APR_SUCCESS) {
        status = apr_file_info_get(&info, APR_FINFO_PROT, old);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    status = apr_file_open(&new, next, APR_WRITE | APR_CREATE | APR_TRUNCATE | APR_BUFFERED,
                           info.protection, pool);
    if (status == APR_SUCCESS) {
        status = write_lines(old, new, key, value);
        apr_status_t closed = apr_file_close(new);

        status = status == APR_SUCCESS ? closed : status;
    }
    apr_file_close(old);
    /* Whoever reads it finds the old one or the new one, whole. */
    return status == APR_SUCCESS ? apr_file_rename(next, path, pool) : status;
}

const was_error_t *admin_map_set(const char *path, const char *key, const char *value,
                                 apr_pool_t *pool)
{
    const char *turn = apr_pstrcat(pool, path, ".lock", NULL);
    apr_file_t *lock;
    apr_status_t status =
        apr_file_open(&lock, turn, APR_WRITE | APR_CREATE, APR_FPROT_OS_DEFAULT, pool);

    if (status == APR_SUCCESS) {
        status = apr_file_lock(lock, APR_FLOCK_EXCLUSIVE);
    }
    if (status != APR_SUCCESS) {
        return file_error(turn, status, pool);
    }
    status = replace_file(path, key, value, pool);
    apr_file_close(lock);
    return status == APR_SUCCESS ? NULL : file_error(path, status, pool);
}

bool admin_map_takes(const char *word)
{
    for (const char *at = word; *at != '\0'; at++) {
        if (isspace((unsigned char)*at) || iscntrl((unsigned char)*at)) {
            return false;
        }
    }
    return *word != '\0' && *word != '#' && strlen(word) < LINE_BYTES / 4;
}
