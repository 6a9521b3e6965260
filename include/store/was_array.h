/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ARRAY_H
#define WAS_ARRAY_H

#include <apr_pools.h>

/*
 * was_array: lists as PostgreSQL writes arrays (its manual, section 8.15.2), for values that a
 * statement takes as text[] or bytea[]. Private to the store.
 */

/* Of texts, whatever is in them; in the pool. */
const char *was_array_texts(const char *const *texts, int count, apr_pool_t *pool);

/* Of bytes that are given in hexadecimal digits. */
const char *was_array_hashes(const char *const *hashes, int count, apr_pool_t *pool);

#endif
