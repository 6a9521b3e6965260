/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_CHANGE_SQL_H
#define WAS_PWS_CHANGE_SQL_H

#include "was_pws_resource_sql.h"

/*
 * was_pws_change_sql: the statements of the changes of a collection; private to was_sql. Above each
 * text: its values in order -> its columns.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* Whether a content type is JSON, as was_media_type has it. */
#define PWS_ESSENCE(t) "lower(split_part(split_part(" t ".content_type, ';', 1), ' ', 1))"
#define PWS_IS_JSON(t) \
    "(" t ".content_type = 'application/json' OR " PWS_ESSENCE(t) " = 'application/json'" \
    " OR " PWS_ESSENCE(t) " LIKE '_%+json')"

/* What every kind of record has first: id, position, stamp, generation, validator. */
#define PWS_CHANGE(id, t, etag) \
    id " AS id, " t ".position, " t ".updated_ms, " t ".updated_counter," \
    " to_hex(" t ".generation) AS record, " etag " AS etag"

/* The collection in this life of it, and its generation as a scalar, so that each index is read in
 * its order. */
#define PWS_CHANGED_LIFE \
    "WITH life AS MATERIALIZED (SELECT c.generation, c.position, c.updated_ms, c.updated_counter," \
    " c.local, k.position AS highest FROM " PWS_TABLES " WHERE s.space_uuid = $1" \
    " AND " PWS_COLLECTION("$2") " AND " PWS_COUNTER ")"
#define PWS_LIFE "(SELECT h.generation FROM life h)"

/* The resources r that a page may have, and the first ones of them, as many as are asked for. */
#define PWS_CHANGED_HERE \
    "r.space_uuid = $1 AND r.collection_generation = " PWS_LIFE " AND r.position > $3::bigint" \
    " AND (NOT $6::boolean OR " PWS_IS_JSON("r") ")" \
    " AND (NOT $5::boolean OR " PWS_SHOWN("r.collection_generation", "r.resource") ")"
#define PWS_CHANGED_FIRST \
    " FROM was_pws_resources r WHERE " PWS_CHANGED_HERE " ORDER BY r.position LIMIT $4::bigint"

/* A content that is shown: JSON, and not beyond 1 MiB. And what a resource comes to in a page. */
#define PWS_CHANGED_SHOWN "r.size <= 1048576 AND " PWS_IS_JSON("r")
#define PWS_CHANGED_SIZE \
    "(octet_length(r.resource) + octet_length(r.content_type) + " WAS_SQL_BYTES("r.created_by") \
    " + " WAS_SQL_BYTES("r.writer") " + " WAS_SQL_BYTES("r.epoch") " + " WAS_SQL_BYTES("r.custom") \
    " + CASE WHEN " PWS_CHANGED_SHOWN " THEN r.size ELSE 0 END + $7::bigint)::integer"

/* uuid, collection, position, limit, only what anybody may read?, only JSON resources?, extra bytes
 * -> generation and position of the collection, a row of a resource. A row without a resource where
 * there is none; none at all without the collection. Where the page ends by its
 * bytes is found first, so that no content is looked at for that. */
#define WAS_TEXT_PWS_CHANGES_RESOURCES \
    PWS_CHANGED_LIFE " SELECT h.generation, h.highest, y.* FROM life h LEFT JOIN (" \
    "SELECT " PWS_CHANGE("r.resource", "r", PWS_ETAG("r")) ", r.content_type, r.writer," \
    " r.created_by, r.epoch, r.custom, r.meta_ms, r.meta_counter," \
    " to_hex(r.meta_generation) AS meta_generation," \
    " CASE WHEN r.meta_ms IS NOT NULL THEN " PWS_META_ETAG " END AS meta_etag," \
    " CASE WHEN " PWS_CHANGED_SHOWN " THEN r.content END AS content" \
    " FROM was_pws_resources r WHERE " PWS_CHANGED_HERE \
    " AND r.position <= (SELECT max(q.position) FROM (SELECT l.position, l.size," \
    " sum(l.size) OVER (ORDER BY l.position ROWS UNBOUNDED PRECEDING) AS total" \
    " FROM (SELECT r.position, " PWS_CHANGED_SIZE " AS size" PWS_CHANGED_FIRST ") l) q" \
    " WHERE q.total - q.size <= 262144)" \
    " ORDER BY r.position LIMIT $4::bigint) y ON true ORDER BY y.position"

/* What was deleted, and was not made again: not beyond the resources, where the page is full of
 * them, so that what many have replaced is passed over once. Whether a policy has hidden a resource
 * in its life is not known any more; that it had one is. */
#define PWS_CHANGED_TOMBSTONES \
    "SELECT " PWS_CHANGE("t.id", "t", PWS_ETAG("t")) ", t.content_type, t.writer, 'r' AS kind," \
    " true AS deleted FROM was_pws_tombstones t WHERE t.space_uuid = $1" \
    " AND t.parent = " PWS_LIFE " AND t.position > $3::bigint" \
    " AND t.position <= (SELECT e.position FROM ends e) AND t.kind = 'r'" \
    " AND (NOT $6::boolean OR " PWS_IS_JSON("t") ")" \
    " AND NOT EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = $1" \
    " AND r.collection_generation = t.parent AND r.resource = t.id)" \
    " AND NOT ($5::boolean AND EXISTS (SELECT 1 FROM was_pws_tombstones p" \
    " WHERE p.space_uuid = $1 AND p.parent = t.parent AND p.kind = 'p' AND p.id = t.id))" \
    " ORDER BY t.position LIMIT $4::bigint"

/* Policies, and what is left of them, which only who has a capability reads. */
#define PWS_CHANGED_POLICIES \
    "SELECT " PWS_CHANGE("p.resource", "p", PWS_ETAG("p")) ", NULL::text, NULL::text, 'p'," \
    " false FROM was_pws_policies p WHERE p.space_uuid = $1 AND p.parent = " PWS_LIFE \
    " AND p.position > $3::bigint AND NOT $5::boolean AND NOT $6::boolean" \
    " ORDER BY p.position LIMIT $4::bigint"
#define PWS_CHANGED_POLICY_TOMBSTONES \
    "SELECT " PWS_CHANGE("t.id", "t", PWS_ETAG("t")) ", NULL::text, NULL::text, 'p'," \
    " true FROM was_pws_tombstones t WHERE t.space_uuid = $1 AND t.parent = " PWS_LIFE \
    " AND t.position > $3::bigint AND t.position <= (SELECT e.position FROM ends e)" \
    " AND t.kind = 'p' AND NOT $5::boolean AND NOT $6::boolean" \
    " AND NOT EXISTS (SELECT 1 FROM was_pws_policies p WHERE p.space_uuid = $1" \
    " AND p.parent = t.parent AND p.resource = t.id)" \
    " ORDER BY t.position LIMIT $4::bigint"

/* The collection itself, which `life` has. */
#define PWS_CHANGED_COLLECTION \
    "SELECT " PWS_CHANGE("''", "c", PWS_ETAG_OBJECT("c")) ", NULL::text, NULL::text, 'c'," \
    " false FROM life c WHERE c.position > $3::bigint AND NOT $6::boolean"

/* Its log, which whoever reads the collection may read. */
#define PWS_CHANGED_LOG \
    "SELECT " PWS_CHANGE("''", "l", PWS_ETAG("l")) ", NULL::text, NULL::text, 'l', false" \
    " FROM was_pws_logs l WHERE l.space_uuid = $1 AND l.collection_generation = " PWS_LIFE \
    " AND l.position > $3::bigint AND NOT $6::boolean"

/* The same values -> generation and position of the collection, a row of another record, the bytes
 * up to it, key and origin of the database, and up to where these are all that there are. A row
 * without a record where there is none. */
#define WAS_TEXT_PWS_CHANGES_OTHERS \
    PWS_CHANGED_LIFE ", ends AS MATERIALIZED (SELECT CASE WHEN count(*) < $4::bigint" \
    " THEN 9223372036854775807 ELSE max(l.position) END AS position" \
    " FROM (SELECT r.position" PWS_CHANGED_FIRST ") l)" \
    " SELECT h.generation, h.highest, y.*, o.feed_key, o.origin_id, e.position" \
    " FROM was_origin o, ends e, life h LEFT JOIN (" \
    WAS_SQL_PAGE("p.id, p.position, p.updated_ms, p.updated_counter, p.record, p.etag," \
    " p.content_type, p.writer, p.kind, p.deleted", "position", \
    "octet_length(q.id) + " WAS_SQL_BYTES("q.content_type") " + " WAS_SQL_BYTES("q.writer") \
    " + $7::bigint", \
    "SELECT u.* FROM ((" PWS_CHANGED_TOMBSTONES ") UNION ALL (" PWS_CHANGED_POLICIES ")" \
    " UNION ALL (" PWS_CHANGED_POLICY_TOMBSTONES ") UNION ALL (" PWS_CHANGED_COLLECTION ")" \
    " UNION ALL (" PWS_CHANGED_LOG ")) u ORDER BY u.position LIMIT $4::bigint") \
    ") y ON true ORDER BY y.position"

/* uuids, generations, positions, numbers, each an array -> the numbers of those collections that
 * are not at that position any more */
#define WAS_TEXT_PWS_CHANGED \
    "SELECT w.number FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])" \
    " w (space_uuid, generation, position, number) LEFT JOIN was_pws_counters k" \
    " ON k.space_uuid = w.space_uuid AND k.collection_generation = w.generation" \
    " WHERE k.position IS DISTINCT FROM w.position"

/* clang-format on */

#endif
