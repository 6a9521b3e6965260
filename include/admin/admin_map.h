/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef ADMIN_MAP_H
#define ADMIN_MAP_H

#include "base/was_error.h"

#include <stdbool.h>

/*
 * admin_map: a text file for httpd's RewriteMap (txt): lines of a key, a blank and a value.
 */

/* Whether a line can have the word as its key or value. */
bool admin_map_takes(const char *word);

/* Gives the key this value, in a line of its own at the end; the file must be there. Whoever reads
 * it meanwhile sees all of the old one or all of the new one, and who else changes it so waits.
 * Errors: UNAVAILABLE (the file, or its directory, cannot be read or written). */
WAS_CHECKED const was_error_t *admin_map_set(const char *path, const char *key, const char *value,
                                             apr_pool_t *pool);

#endif
