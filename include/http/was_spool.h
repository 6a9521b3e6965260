/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SPOOL_H
#define WAS_SPOOL_H

#include "base/was_error.h"

/*
 * was_spool: a file without a name, for what does not fit into memory. Whatever happens to us, it
 * goes when its pool goes. Written first, then rewound and read, or read at places of it.
 *
 * Every function fails with UNAVAILABLE alone: there is no room, or no file can be made; the reason
 * names the directory and says why.
 */
typedef struct was_spool_t was_spool_t;

/* In the directory that the environment's TMPDIR names, /tmp where it names none; nowhere else. */
WAS_CHECKED const was_error_t *was_spool_make(was_spool_t **spool, apr_pool_t *pool);

WAS_CHECKED const was_error_t *was_spool_write(was_spool_t *spool, const void *bytes,
                                               apr_size_t count);

WAS_CHECKED const was_error_t *was_spool_rewind(was_spool_t *spool);

/* Up to `capacity` bytes; `*count` is 0 at the end. */
WAS_CHECKED const was_error_t *was_spool_read(was_spool_t *spool, void *buffer, apr_size_t capacity,
                                              apr_size_t *count);

/* From here on it is read, or written, at this byte of it. */
WAS_CHECKED const was_error_t *was_spool_seek(was_spool_t *spool, apr_int64_t offset);

/* How many bytes have been written; what comes next is written behind them. */
WAS_CHECKED const was_error_t *was_spool_length(was_spool_t *spool, apr_int64_t *length);

/* All of what was written, as memory that is the file's: what is changed there is changed in the
 * file. NULL for nothing. It lives as long as the spool, of which nothing more is written. */
WAS_CHECKED const was_error_t *was_spool_map(was_spool_t *spool, char **bytes);

/* Whether this process can make one and write it. For when httpd starts: later it may not. */
WAS_CHECKED const was_error_t *was_spool_check(apr_pool_t *pool);

#endif
