/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_TAR_H
#define WAS_TAR_H

#include <apr_pools.h>

/*
 * was_tar: what stands between the contents of a tar archive (POSIX ustar; protocol/pws-next F.5),
 * byte for byte: owner and times of nobody and nothing, so that the same contents make the same
 * archive. Knows no contents, and writes nothing itself.
 */

enum { WAS_TAR_BLOCK = 512 };

/* The header of a file of so many bytes, or of a directory, whose name ends in a slash: one block,
 * or three and more where the name or the size needs a pax header. In the pool. */
const char *was_tar_header(const char *name, apr_int64_t size, apr_size_t *length,
                           apr_pool_t *pool);

/* How many zeros stand behind a content of so many bytes. */
apr_size_t was_tar_padding(apr_int64_t size);

/* As many zeros as the end of an archive has, which is no less than any padding. */
enum { WAS_TAR_END = 2 * WAS_TAR_BLOCK };
extern const char was_tar_zeros[WAS_TAR_END];

#endif
