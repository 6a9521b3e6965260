/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_MANIFEST_H
#define PWS_MANIFEST_H

#include "http/was_spool.h"
#include "http/was_unpack.h"
#include "pws/pws_archive_names.h"

/*
 * pws_manifest: the first entry of a space's archive, which lists the others (protocol/pws-next
 * F.4). Written as they come, in their order; read only to know that it is one, since what counts
 * is what is there.
 */

/* Begins one, of the space of this id. Errors: those of was_spool. */
WAS_CHECKED const was_error_t *pws_manifest_begin(was_spool_t *spool, const char *space,
                                                  apr_pool_t *pool);

/* Adds an entry of that space with this name, in the order of the archive. Errors: those of
 * was_spool. */
WAS_CHECKED const was_error_t *pws_manifest_add(was_spool_t *spool, const char *space,
                                                pws_entry_kind_t kind, const char *name,
                                                apr_pool_t *pool);

/* Reads one of so many bytes that stand in the archive behind this offset. `*space` is the one
 * space that it is of. Takes memory for a name, whatever it says. Errors: INVALID_ARCHIVE (no YAML
 * of the kind that is written, aliases, deeper than 16, another version, no space or several), and
 * those of the source. */
WAS_CHECKED const was_error_t *pws_manifest_read(const was_unpack_source_t *source,
                                                 apr_int64_t offset, apr_int64_t size,
                                                 const char **space, apr_pool_t *pool);

#endif
