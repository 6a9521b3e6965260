/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_USAGE_SQL_H
#define WAS_PWS_USAGE_SQL_H

#include "was_pws_collection_sql.h"

/*
 * was_pws_usage_sql: the statements that tell what spaces and collections are charged; private to
 * was_sql. Above each text: its values in order -> its columns.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* uuid, collection -> bytes that the collection is charged, those of its space, its backend or
 * NULL, the descriptor of that or NULL */
#define WAS_TEXT_PWS_USAGE_GET \
    "SELECT k.bytes, " PWS_SPACE_BYTES ", c.backend, b.descriptor FROM was_pws_spaces s" \
    " JOIN was_pws_collections c ON " PWS_COLLECTION("$2") \
    " JOIN was_pws_counters k ON " PWS_COUNTER \
    " LEFT JOIN was_pws_backends b ON " PWS_BACKEND("c.backend") " WHERE s.space_uuid = $1"

/* uuid, after, limit, only what anybody may read? -> collection, bytes that it is charged, is it to
 * be shown? */
#define WAS_TEXT_PWS_USAGE_LIST \
    "SELECT c.collection, k.bytes, NOT $4::boolean OR " PWS_SHOWN("c.generation", "''") \
    " FROM (SELECT o.* FROM was_pws_collections o WHERE o.space_uuid = $1" \
    " AND o.space_generation = " PWS_SPACE_GENERATION " AND o.collection > $2::text" \
    " ORDER BY o.collection LIMIT $3::bigint) c JOIN was_pws_counters k ON " PWS_COUNTER \
    " ORDER BY c.collection"

/* clang-format on */

#endif
