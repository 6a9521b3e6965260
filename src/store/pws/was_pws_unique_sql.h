/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_UNIQUE_SQL_H
#define WAS_PWS_UNIQUE_SQL_H

#include "was_pws_sql.h"

/*
 * was_pws_unique_sql: what a collection declares unique, out of its `plaintext` (protocol/pws
 * section 14.5); private to was_sql.
 */
/* clang-format off */

/* The indexes of a plaintext that are unique: name, source. None of NULL. */
#define PWS_UNIQUE(plaintext) \
    "SELECT i ->> 'name' AS name, coalesce(i ->> 'source', 'content') AS source" \
    " FROM json_array_elements(CASE WHEN json_typeof(" plaintext "::json -> 'indexes') = 'array'" \
    " THEN " plaintext "::json -> 'indexes' ELSE '[]' END) i" \
    " WHERE CASE WHEN json_typeof(i) = 'object' THEN i ->> 'unique' = 'true' END"

/* How many they are. A resource is charged a row for each, whether it has the value or not. */
#define PWS_UNIQUE_COUNT(plaintext) \
    "(SELECT count(*)::integer FROM (" PWS_UNIQUE(plaintext) ") u)"

/* clang-format on */

#endif
