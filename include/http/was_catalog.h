/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CATALOG_H
#define WAS_CATALOG_H

#include "base/was_error.h"

/*
 * was_catalog: keys with a value each, however many, put into their order. All of it is in unnamed
 * files (was_spool), so that it takes no memory that grows. Knows nothing of what the keys name.
 *
 * Every function fails with UNAVAILABLE alone: there is no room, or no file can be made.
 */
typedef struct was_catalog_t was_catalog_t;

/* An empty one, whose values have so many bytes each. */
WAS_CHECKED const was_error_t *was_catalog_make(was_catalog_t **catalog, apr_size_t value_bytes,
                                                apr_pool_t *pool);

/* Adds a text and its value, both copied; a key may be there already. */
WAS_CHECKED const was_error_t *was_catalog_add(was_catalog_t *catalog, const char *key,
                                               const void *value);

/* All have been added: puts them into the order of the keys' bytes; of the same key, into that in
 * which they came. */
WAS_CHECKED const was_error_t *was_catalog_sort(was_catalog_t *catalog);

apr_size_t was_catalog_count(const was_catalog_t *catalog);

/* Of a sorted one: the key of this place, which lives as long as the catalog, and its value,
 * copied. */
const char *was_catalog_read(const was_catalog_t *catalog, apr_size_t index, void *value);

#endif
