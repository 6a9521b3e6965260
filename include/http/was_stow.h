/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_STOW_H
#define WAS_STOW_H

#include "http/was_unpack.h"
#include "store/was_content.h"

/*
 * was_stow: contents of an archive that are longer than WAS_PIECE_BYTES, put into parts before the
 * transaction that will name them, so that this has them at hand. Each is known by a number of the
 * caller's. Knows no entry and no table.
 */
typedef struct was_stow_t was_stow_t;

/* An empty one; all of it belongs to this space (which is kept, not copied). */
was_stow_t *was_stow_make(was_db_t *db, const char *space, const was_unpack_source_t *source,
                          apr_pool_t *pool);

/* Stores what the archive has from this byte on. Errors: those of the source and of
 * was_parts_write, INVALID_ARCHIVE (it is cut). */
WAS_CHECKED const was_error_t *was_stow_add(was_stow_t *stow, apr_size_t number, apr_int64_t offset,
                                            apr_int64_t size);

/* Makes what was added under this number the content's: parts and their digest. Errors: BROKEN
 * (nothing was). */
WAS_CHECKED const was_error_t *was_stow_content(const was_stow_t *stow, apr_size_t number,
                                                was_content_t *content, apr_pool_t *pool);

/* Those that no row has named are swept. */
void was_stow_drop(const was_stow_t *stow);

#endif
