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

/* What every kind of record has first: kind, id, is it deleted?, position, stamp, generation,
 * validator. */
#define PWS_CHANGE(kind, id, deleted, t, etag) \
    "'" kind "' AS kind, " id " AS id, " deleted " AS deleted, " t ".position," \
    " " t ".updated_ms, " t ".updated_counter, to_hex(" t ".generation) AS generation," \
    " " etag " AS etag"
/* And what resources have besides: type, created by, writer, epoch, custom, stamp, generation and
 * validator of what is noted, content. */
#define PWS_NO_NOTES \
    "NULL::text, NULL::text, NULL::bigint, NULL::integer, NULL::text, NULL::text, NULL::bytea"

/* The collection's generation as a scalar, so that each index is read in its order. */
#define PWS_LIFE "(SELECT h.generation FROM life h)"

/* What is behind the position, at most so many: the resources. A content beyond 1 MiB is none. */
#define PWS_CHANGED_RESOURCES \
    "SELECT " PWS_CHANGE("r", "r.resource", "false", "r", PWS_ETAG("r")) ", r.content_type," \
    " r.created_by, r.writer, r.epoch, r.custom, r.meta_ms, r.meta_counter," \
    " to_hex(r.meta_generation) AS meta_generation," \
    " CASE WHEN r.meta_ms IS NOT NULL THEN " PWS_META_ETAG " END AS meta_etag," \
    " CASE WHEN r.size <= 1048576 AND " PWS_IS_JSON("r") " THEN r.content END AS content" \
    " FROM was_pws_resources r WHERE r.space_uuid = $1" \
    " AND r.collection_generation = " PWS_LIFE " AND r.position > $3::bigint" \
    " AND (NOT $6::boolean OR " PWS_IS_JSON("r") ")" \
    " AND (NOT $5::boolean OR " PWS_SHOWN("r.collection_generation", "r.resource") ")" \
    " ORDER BY r.position LIMIT $4::bigint"

/* What was deleted, and was not made again: not beyond the resources, where the page is full of
 * them, so that what many have replaced is passed over once. Whether a policy has hidden a resource
 * in its life is not known any more; that it had one is. */
#define PWS_CHANGED_TOMBSTONES \
    "SELECT " PWS_CHANGE("t", "t.id", "true", "t", PWS_ETAG("t")) ", t.content_type," \
    " NULL::text, t.writer, " PWS_NO_NOTES \
    " FROM was_pws_tombstones t WHERE t.space_uuid = $1 AND t.parent = " PWS_GENERATION("$2") \
    " AND t.position > $3::bigint AND t.position <= (SELECT CASE WHEN count(*) < $4::bigint" \
    " THEN 9223372036854775807 ELSE max(l.position) END FROM live l) AND t.kind = 'r'" \
    " AND (NOT $6::boolean OR " PWS_IS_JSON("t") ")" \
    " AND NOT EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = $1" \
    " AND r.collection_generation = t.parent AND r.resource = t.id)" \
    " AND NOT ($5::boolean AND EXISTS (SELECT 1 FROM was_pws_tombstones p" \
    " WHERE p.space_uuid = $1 AND p.parent = t.parent AND p.kind = 'p' AND p.id = t.id))" \
    " ORDER BY t.position LIMIT $4::bigint"

/* Policies, and what is left of them, which only who has a capability reads. */
#define PWS_CHANGED_POLICIES \
    "SELECT " PWS_CHANGE("p", "p.resource", "false", "p", PWS_ETAG("p")) ", NULL::text," \
    " NULL::text, NULL::text, " PWS_NO_NOTES \
    " FROM was_pws_policies p WHERE p.space_uuid = $1 AND p.parent = " PWS_GENERATION("$2") \
    " AND p.position > $3::bigint AND NOT $5::boolean AND NOT $6::boolean" \
    " ORDER BY p.position LIMIT $4::bigint"
#define PWS_CHANGED_POLICY_TOMBSTONES \
    "SELECT " PWS_CHANGE("p", "t.id", "true", "t", PWS_ETAG("t")) ", NULL::text," \
    " NULL::text, NULL::text, " PWS_NO_NOTES \
    " FROM was_pws_tombstones t WHERE t.space_uuid = $1 AND t.parent = " PWS_GENERATION("$2") \
    " AND t.position > $3::bigint AND t.position <= (SELECT CASE WHEN count(*) < $4::bigint" \
    " THEN 9223372036854775807 ELSE max(l.position) END FROM live l) AND t.kind = 'p'" \
    " AND NOT $5::boolean AND NOT $6::boolean" \
    " AND NOT EXISTS (SELECT 1 FROM was_pws_policies p WHERE p.space_uuid = $1" \
    " AND p.parent = t.parent AND p.resource = t.id)" \
    " ORDER BY t.position LIMIT $4::bigint"

/* The collection itself, which `life` has. */
#define PWS_CHANGED_COLLECTION \
    "SELECT " PWS_CHANGE("c", "''", "false", "c", PWS_ETAG_OBJECT("c")) ", NULL::text," \
    " NULL::text, NULL::text, " PWS_NO_NOTES \
    " FROM life c WHERE c.position > $3::bigint AND NOT $6::boolean"

/* uuid, collection, position, limit, only what anybody may read?, only JSON resources?, extra bytes
 * -> key of the database, its origin, generation and position of the collection, a row of
 * was_pws_change_t, bytes so far. A row without a change where there is none; none at all without
 * the collection. One statement, so that all is of one moment. */
#define WAS_TEXT_PWS_CHANGES \
    "WITH life AS MATERIALIZED (SELECT c.generation, c.position, c.updated_ms, c.updated_counter," \
    " c.local, k.position AS highest FROM " PWS_TABLES " WHERE s.space_uuid = $1" \
    " AND " PWS_COLLECTION("$2") " AND " PWS_COUNTER ")," \
    " live AS MATERIALIZED (" PWS_CHANGED_RESOURCES ")" \
    " SELECT o.feed_key, o.origin_id, h.generation, h.highest, y.* FROM was_origin o, life h" \
    " LEFT JOIN (" \
    WAS_SQL_PAGE("p.kind, p.id, p.deleted, p.position AS at, p.updated_ms, p.updated_counter," \
    " p.generation AS record, p.etag, p.content_type, p.created_by, p.writer, p.epoch, p.custom," \
    " p.meta_ms, p.meta_counter, p.meta_generation, p.meta_etag, p.content", "position", \
    "octet_length(q.id) + " WAS_SQL_BYTES("q.content_type") " + " WAS_SQL_BYTES("q.created_by") \
    " + " WAS_SQL_BYTES("q.writer") " + " WAS_SQL_BYTES("q.epoch") \
    " + " WAS_SQL_BYTES("q.custom") " + " WAS_SQL_BYTES("q.content") " + $7::bigint", \
    "SELECT u.* FROM (SELECT l.* FROM live l" \
    " UNION ALL (" PWS_CHANGED_TOMBSTONES ") UNION ALL (" PWS_CHANGED_POLICIES ")" \
    " UNION ALL (" PWS_CHANGED_POLICY_TOMBSTONES ") UNION ALL (" PWS_CHANGED_COLLECTION ")) u" \
    " ORDER BY u.position LIMIT $4::bigint") \
    ") y ON true ORDER BY y.at"

/* uuids, generations, positions, numbers, each an array -> the numbers of those collections that
 * are not at that position any more */
#define WAS_TEXT_PWS_CHANGED \
    "SELECT w.number FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])" \
    " w (space_uuid, generation, position, number) LEFT JOIN was_pws_counters k" \
    " ON k.space_uuid = w.space_uuid AND k.collection_generation = w.generation" \
    " WHERE k.position IS DISTINCT FROM w.position"

/* clang-format on */

#endif
