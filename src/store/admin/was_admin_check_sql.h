/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ADMIN_CHECK_SQL_H
#define WAS_ADMIN_CHECK_SQL_H

#include "was_admin_sql.h"

/*
 * was_admin_check_sql: the statements that look for what should not be, and count anew; private to
 * was_sql. A look takes the most rows that it may yield -> space, what it is.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

#define CHECK_PARTS(x) \
    "(SELECT coalesce(sum(octet_length(p.bytes)), 0) FROM was_parts p" \
    " WHERE p.space_uuid = " x ".space_uuid COLLATE \"C\" AND p.content = " x ".parts)"

/* Parts behind a first one that is not there: nobody sweeps them. */
#define WAS_TEXT_ADMIN_CHECK_PARTS \
    "SELECT p.space_uuid, p.content::text FROM was_parts p WHERE p.number > 0" \
    " AND NOT EXISTS (SELECT 1 FROM was_parts q WHERE q.space_uuid = p.space_uuid" \
    " AND q.content = p.content AND q.number = 0) GROUP BY 1, 2 LIMIT $1::bigint"

/* Contents that are not as long as their row says. */
#define CHECK_LENGTH(x) \
    "CASE WHEN " x ".parts IS NULL THEN octet_length(" x ".content) IS DISTINCT FROM " x ".size" \
    " ELSE " CHECK_PARTS(x) " <> " x ".size END"
#define WAS_TEXT_ADMIN_CHECK_RESOURCES \
    "SELECT r.space_uuid, r.resource FROM was_pws_resources r WHERE " CHECK_LENGTH("r") \
    " LIMIT $1::bigint"
#define WAS_TEXT_ADMIN_CHECK_CHUNKS \
    "SELECT h.space_uuid, h.chunks::text || ' ' || h.number::text FROM was_pws_chunks h" \
    " WHERE " CHECK_LENGTH("h") " LIMIT $1::bigint"
#define WAS_TEXT_ADMIN_CHECK_CLASSIC \
    "SELECT r.space_uuid, r.path FROM was_resources r WHERE " PARTS_ARE_CLASSIC("r") \
    " AND " CHECK_PARTS("r") " <> r.parts_bytes LIMIT $1::bigint"

/* Terms of a resource that is not there, in a collection that is. */
#define CHECK_COUNTER(x, generation) \
    "EXISTS (SELECT 1 FROM was_pws_counters k WHERE k.space_uuid = " x ".space_uuid" \
    " AND k.collection_generation = " x "." generation ")"
#define CHECK_SWEPT(x, generation) \
    "EXISTS (SELECT 1 FROM was_sweeps w WHERE w.space_uuid = " x ".space_uuid" \
    " AND w.generation = " x "." generation ")"
#define WAS_TEXT_ADMIN_CHECK_TERMS \
    "SELECT t.space_uuid, t.resource FROM was_pws_terms t" \
    " WHERE " CHECK_COUNTER("t", "collection_generation") \
    " AND NOT EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = t.space_uuid" \
    " AND r.collection_generation = t.collection_generation AND r.resource = t.resource)" \
    " LIMIT $1::bigint"

/* Rows of a space, collection or resource that is not there, and is not being swept either. */
#define CHECK_SPACE(x, generation) \
    "EXISTS (SELECT 1 FROM was_pws_spaces s WHERE s.space_uuid = " x ".space_uuid" \
    " AND s.generation = " x "." generation ")"
#define CHECK_LOST(table, generation, name, there) \
    "(SELECT x.space_uuid, '" table " ' || " name " AS what FROM was_" table " x WHERE NOT " there \
    " AND NOT " CHECK_SWEPT("x", generation) " LIMIT $1::bigint)"
#define CHECK_LOST_BELOW(table, name) \
    CHECK_LOST(table, "collection_generation", name, CHECK_COUNTER("x", "collection_generation"))
#define CHECK_LOST_OF(table, generation, name) \
    CHECK_LOST(table, generation, name, CHECK_SPACE("x", generation))
#define CHECK_LOST_OF_EITHER(table, name) \
    CHECK_LOST(table, "parent", name, "(" CHECK_SPACE("x", "parent") \
    " OR " CHECK_COUNTER("x", "parent") ")")
#define WAS_TEXT_ADMIN_CHECK_LOST \
    "SELECT n.space_uuid, n.what FROM (" \
    CHECK_LOST_OF("pws_collections", "space_generation", "x.collection") " UNION ALL " \
    CHECK_LOST_OF("pws_counters", "space_generation", "x.collection_generation::text") \
    " UNION ALL " CHECK_LOST_OF("pws_backends", "space_generation", "x.backend") \
    " UNION ALL " CHECK_LOST_BELOW("pws_resources", "x.resource") \
    " UNION ALL " CHECK_LOST_BELOW("pws_terms", "x.resource") \
    " UNION ALL " CHECK_LOST_BELOW("pws_logs", "x.collection_generation::text") \
    " UNION ALL " CHECK_LOST_OF_EITHER("pws_policies", "x.resource") \
    " UNION ALL " CHECK_LOST_OF_EITHER("pws_tombstones", "x.id") \
    " UNION ALL " \
    CHECK_LOST("pws_chunks", "chunks", "x.chunks::text || ' ' || x.number::text", \
    "EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = x.space_uuid" \
    " AND r.chunks = x.chunks)") ") n LIMIT $1::bigint"

/* Collections without a counter, or with one of another life of their space. */
#define WAS_TEXT_ADMIN_CHECK_COUNTERS \
    "SELECT c.space_uuid, c.collection FROM was_pws_collections c" \
    " WHERE " CHECK_SPACE("c", "space_generation") " AND NOT EXISTS (SELECT 1" \
    " FROM was_pws_counters k WHERE k.space_uuid = c.space_uuid" \
    " AND k.collection_generation = c.generation AND k.space_generation = c.space_generation)" \
    " LIMIT $1::bigint"

/* What has been due for a day: nobody sweeps, or not this. */
#define WAS_TEXT_ADMIN_CHECK_SWEEPS \
    "SELECT w.space_uuid, w.kind FROM was_sweeps w WHERE w.kind <> 'unnamed'" \
    " AND w.since_ms > 0 AND w.since_ms < " PARTS_NOW_MS " - 86400000 LIMIT $1::bigint"

/* after -> the next space of pws */
#define WAS_TEXT_ADMIN_RECOUNT_NEXT \
    "SELECT s.space_uuid FROM was_pws_spaces s WHERE s.space_uuid > $1::text" \
    " ORDER BY s.space_uuid LIMIT 1"

/* uuid: the locks of its writers, behind the space's own */
#define WAS_TEXT_ADMIN_RECOUNT_LOCK \
    "SELECT 1 FROM was_pws_counters k WHERE k.space_uuid = $1" \
    " ORDER BY k.collection_generation FOR UPDATE OF k"

/* uuid -> a row for each that was wrong; behind those locks, in this order: chunks of a resource,
 * collections, the space itself */
#define RECOUNT_CHUNK "(" PWS_ROW " + h.size + octet_length(h.content_type))"
#define WAS_TEXT_ADMIN_RECOUNT_CHUNKS \
    "UPDATE was_pws_resources r SET chunk_bytes = x.bytes FROM (SELECT o.chunks," \
    " coalesce(sum(" RECOUNT_CHUNK "), 0)::bigint AS bytes FROM was_pws_resources o" \
    " LEFT JOIN was_pws_chunks h ON h.space_uuid = $1 AND h.chunks = o.chunks" \
    " WHERE o.space_uuid = $1 AND o.chunks IS NOT NULL GROUP BY o.chunks) x" \
    " WHERE r.space_uuid = $1 AND r.chunks = x.chunks AND r.chunk_bytes <> x.bytes RETURNING 1"
#define WAS_TEXT_ADMIN_RECOUNT_COLLECTIONS \
    "UPDATE was_pws_counters k SET bytes = x.bytes, resources = x.resources FROM (" \
    "SELECT y.generation, sum(y.bytes)::bigint AS bytes, sum(y.one) AS resources FROM (" \
    "SELECT c.generation, 0 AS one, " PWS_COLLECTION_BYTES("c") "::bigint AS bytes" \
    " FROM was_pws_collections c WHERE c.space_uuid = $1 UNION ALL " \
    "SELECT r.collection_generation, 1, " PWS_RESOURCE_BYTES("r") \
    " + " PWS_ROW " * coalesce(c.claims, 0) + r.chunk_bytes FROM was_pws_resources r" \
    " LEFT JOIN was_pws_collections c ON c.space_uuid = $1" \
    " AND c.generation = r.collection_generation WHERE r.space_uuid = $1 UNION ALL " \
    "SELECT l.collection_generation, 0, " PWS_ROW " + octet_length(l.body)" \
    " FROM was_pws_logs l WHERE l.space_uuid = $1 UNION ALL " \
    "SELECT p.parent, 0, " PWS_POLICY_BYTES("p") " FROM was_pws_policies p" \
    " WHERE p.space_uuid = $1 UNION ALL " \
    "SELECT t.parent, 0, " PWS_TOMBSTONE_BYTES("t") " FROM was_pws_tombstones t" \
    " WHERE t.space_uuid = $1) y GROUP BY y.generation) x, was_pws_spaces s" \
    " WHERE s.space_uuid = $1 AND k.space_uuid = $1 AND k.space_generation = s.generation" \
    " AND k.collection_generation = x.generation" \
    " AND (k.bytes, k.resources) <> (x.bytes, x.resources) RETURNING 1"
#define WAS_TEXT_ADMIN_RECOUNT_SPACE \
    "UPDATE was_pws_spaces s SET bytes = x.bytes" \
    " FROM (SELECT sum(y.bytes)::bigint AS bytes FROM (" \
    "SELECT " PWS_ROW " + octet_length(o.space_uuid) + octet_length(o.controller)" \
    " + " PWS_LENGTH("o.name") " + " PWS_LENGTH("o.created_by") " + " PWS_TYPE_BYTES("o.type") \
    "::bigint AS bytes FROM was_pws_spaces o WHERE o.space_uuid = $1 UNION ALL " \
    "SELECT " PWS_POLICY_BYTES("p") " FROM was_pws_spaces o, was_pws_policies p" \
    " WHERE o.space_uuid = $1 AND p.space_uuid = $1 AND p.parent = o.generation UNION ALL " \
    "SELECT " PWS_TOMBSTONE_BYTES("t") " FROM was_pws_spaces o, was_pws_tombstones t" \
    " WHERE o.space_uuid = $1 AND t.space_uuid = $1 AND t.parent = o.generation UNION ALL " \
    "SELECT " PWS_ROW " + octet_length(c.collection) FROM was_pws_spaces o, was_pws_collections c" \
    " WHERE o.space_uuid = $1 AND c.space_uuid = $1 AND c.space_generation = o.generation" \
    " AND NOT EXISTS (SELECT 1 FROM was_pws_tombstones t WHERE t.space_uuid = $1" \
    " AND t.parent = o.generation AND t.kind = 'c' AND t.id = c.collection) UNION ALL " \
    "SELECT " PWS_BACKEND_BYTES("b") " FROM was_pws_spaces o, was_pws_backends b" \
    " WHERE o.space_uuid = $1 AND b.space_uuid = $1 AND b.space_generation = o.generation" \
    " UNION ALL " \
    "SELECT " PWS_ROW " FROM was_pws_revocations v WHERE v.space_uuid = $1) y) x" \
    " WHERE s.space_uuid = $1 AND s.bytes <> x.bytes RETURNING 1"

/* clang-format on */

#endif
