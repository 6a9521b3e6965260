/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_UNPACK_H
#define WAS_UNPACK_H

#include "base/was_error.h"

#include <stdbool.h>

/*
 * was_unpack: a tar archive that somebody has sent, entry by entry (POSIX ustar and pax, GNU's long
 * names; nothing is decompressed). Takes memory for one name, whatever the archive says; what is
 * neither a file nor a directory, or lies about itself, is refused. Knows no body and no protocol.
 */

/* Where the archive is: up to `capacity` bytes from this one of it; `*count` is 0 at its end. */
typedef struct was_unpack_source_t {
    const was_error_t *(*read)(void *baton, apr_int64_t offset, char *buffer, apr_size_t capacity,
                               apr_size_t *count);
    void *baton;
} was_unpack_source_t;

enum { WAS_UNPACK_NAME_MAX = 32 * 1024 };

typedef struct was_unpacked_t {
    const char *name; /* of 1 to WAS_UNPACK_NAME_MAX bytes; a directory's ends in a slash */
    apr_int64_t size;
    apr_int64_t offset; /* of its content in the archive, where all of it stands */
} was_unpacked_t;

typedef struct was_unpack_t was_unpack_t;

/* From the beginning; it goes with the pool. Errors: UNAVAILABLE (no memory). */
WAS_CHECKED const was_error_t *was_unpack_make(const was_unpack_source_t *source,
                                               was_unpack_t **unpack, apr_pool_t *pool);

/* The next entry; its name is NULL at the end, which the archive must have. Lives in the pool.
 * Errors: INVALID_ARCHIVE, and those of the source. */
WAS_CHECKED const was_error_t *was_unpack_next(was_unpack_t *unpack, was_unpacked_t *entry,
                                               apr_pool_t *pool);

/* An extended attribute of the entry that came last, before the next one is asked for: a text in
 * the pool, or NULL where it has none, or one with a NUL. */
const char *was_unpack_attribute(const was_unpack_t *unpack, const char *name, apr_pool_t *pool);

/* INVALID_ARCHIVE: `what` is wrong with it. */
WAS_CHECKED const was_error_t *was_unpack_refuse(apr_pool_t *pool, const char *what);

#endif
