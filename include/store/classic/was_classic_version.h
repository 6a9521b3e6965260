/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CLASSIC_VERSION_H
#define WAS_CLASSIC_VERSION_H

#include "store/was_rows.h"

/*
 * was_classic_version: the validator and the time of a classic row (protocol/classic section 8), of
 * when we last wrote it, its transaction, and the one that we noted then: three columns as they
 * are, from `column` on. To put the same together in SQL takes a read a fifth of its time.
 */

/* Without quotes; what CLASSIC_ETAG is in SQL. */
const char *was_classic_version_etag(const was_rows_t *rows, int row, int column, apr_pool_t *pool);

/* Unix seconds; -1 when somebody else wrote the row after us. What CLASSIC_MODIFIED is in SQL. */
apr_int64_t was_classic_version_modified(const was_rows_t *rows, int row, int column);

#endif
