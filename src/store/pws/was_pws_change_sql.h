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

/* What every kind of record has first: id, position, stamp, generation, what else its validator is
 * made of, content type and writer. */
#define PWS_CHANGE(id, t, local, type, writer) \
    id " AS id, " t ".position, " t ".updated_ms, " t ".updated_counter," \
    " " t ".generation AS record, " local " AS local, " type " AS content_type," \
    " " writer " AS writer"
#define PWS_CHANGE_NOT_LOCAL "NULL::integer"

/* The collection in this life of it, for who holds the right where a controller ($7) is given, and
 * its generation as a scalar, so that each index is read in its order. */
#define PWS_CHANGED_LIFE \
    "WITH life AS MATERIALIZED (SELECT c.generation, c.position, c.updated_ms, c.updated_counter," \
    " c.local, k.position AS highest FROM " PWS_TABLES " WHERE s.space_uuid = $1" \
    " AND ($7::text IS NULL OR s.controller = $7::text AND " PWS_UNREVOKED("$8") ")" \
    " AND " PWS_COLLECTION("$2") " AND " PWS_COUNTER ")"
#define PWS_LIFE "(SELECT h.generation FROM life h)"

/* The resources r that a page may have, and the first ones of them, as many as are asked for. */
#define PWS_CHANGED_HERE \
    "r.space_uuid = $1 AND r.collection_generation = " PWS_LIFE " AND r.position > $3::bigint" \
    " AND (NOT $6::boolean OR " PWS_IS_JSON("r") ")" \
    " AND (NOT $5::boolean OR " PWS_SHOWN("r.collection_generation", "r.resource") ")"
#define PWS_CHANGED_IN_ORDER " ORDER BY r.position LIMIT $4::bigint"
#define PWS_CHANGED_FIRST \
    " FROM was_pws_resources r WHERE " PWS_CHANGED_HERE PWS_CHANGED_IN_ORDER

/* A content that is shown: JSON, and not beyond 1 MiB. And what a resource comes to in a page. */
#define PWS_CHANGED_SHOWN "r.size <= 1048576 AND " PWS_IS_JSON("r")
#define PWS_CHANGED_SIZE \
    "(octet_length(r.resource) + octet_length(r.content_type) + " WAS_SQL_BYTES("r.created_by") \
    " + " WAS_SQL_BYTES("r.writer") " + " WAS_SQL_BYTES("r.epoch") " + " WAS_SQL_BYTES("r.custom") \
    " + CASE WHEN " PWS_CHANGED_SHOWN " THEN r.size ELSE 0 END + $9::bigint)::integer"

/* The first position behind $3 of a record of another kind, which stands in `table`. */
#define PWS_CHANGED_NEXT(table, parent) \
    "(SELECT n.position FROM " table " n WHERE n.space_uuid = $1 AND n." parent " = h.generation" \
    " AND n.position > $3::bigint ORDER BY n.position LIMIT 1)"

/* uuid, collection, position, limit, only what anybody may read?, only JSON resources?, controller
 * or NULL, delegations -> of each record what it has first, of a resource created by, epoch,
 * custom, the stamp of what is noted and its generation, the content, was some of it kept back?; of
 * the collection alone, which has no such content, its position, key and origin of the database,
 * and the first position behind $3 of what is neither. The collection is there wherever it stands,
 * in the order of positions; nothing is without it. */
#define PWS_CHANGES_PAGE(content, resources) \
    PWS_CHANGED_LIFE " (SELECT " \
    PWS_CHANGE("''::text COLLATE \"C\"", "h", "h.local", "NULL::text", "NULL::text") "," \
    " NULL::text AS created_by, NULL::text AS epoch, NULL::text AS custom," \
    " NULL::bigint AS meta_ms, NULL::integer AS meta_counter, NULL::bigint AS meta_generation," \
    " NULL::bytea AS content, NULL::boolean AS kept_back, h.highest, o.feed_key, o.origin_id," \
    " least(" PWS_CHANGED_NEXT("was_pws_tombstones", "parent") ", " \
    PWS_CHANGED_NEXT("was_pws_policies", "parent") ", " \
    PWS_CHANGED_NEXT("was_pws_logs", "collection_generation") ") FROM life h, was_origin o)" \
    " UNION ALL (SELECT " content ", NULL::bigint, NULL::bytea, NULL::text, NULL::bigint" \
    " FROM was_pws_resources r WHERE " PWS_CHANGED_HERE resources PWS_CHANGED_IN_ORDER ")" \
    " ORDER BY position"
#define PWS_CHANGED_RESOURCE(type, writer, created_by, epoch, custom, content, kept_back) \
    PWS_CHANGE("r.resource", "r", PWS_CHANGE_NOT_LOCAL, type, writer) ", " created_by ", " epoch \
    ", " custom ", r.meta_ms, r.meta_counter, r.meta_generation, " content ", " kept_back

/* The same with extra bytes: where the page ends by its bytes is found first, so that no content is
 * looked at for that. */
#define WAS_TEXT_PWS_CHANGES_RESOURCES \
    PWS_CHANGES_PAGE( \
        PWS_CHANGED_RESOURCE("r.content_type", "r.writer", "r.created_by", "r.epoch", "r.custom", \
                             "CASE WHEN " PWS_CHANGED_SHOWN " THEN r.content END", \
                             "NULL::boolean"), \
        " AND r.position <= (SELECT max(q.position) FROM (SELECT l.position, l.size," \
        " sum(l.size) OVER (ORDER BY l.position ROWS UNBOUNDED PRECEDING) AS total" \
        " FROM (SELECT r.position, " PWS_CHANGED_SIZE " AS size" PWS_CHANGED_FIRST ") l) q" \
        " WHERE q.total - q.size <= 262144)")

/* Nothing is summed, which is half of the work for a page of few rows that are short. */
#define PWS_CHANGED_LONG \
    PWS_LONG("r.content_type", "512") " OR " PWS_LONG("r.writer", "1024") \
    " OR " PWS_LONG("r.created_by", "1024") " OR " PWS_LONG("r.epoch", "1024") \
    " OR " PWS_LONG("r.custom", "4096") " OR r.size > 2048 AND " PWS_CHANGED_SHOWN
#define WAS_TEXT_PWS_CHANGES_SHORT \
    PWS_CHANGES_PAGE( \
        PWS_CHANGED_RESOURCE( \
            PWS_SHORT("r.content_type", "512"), PWS_SHORT("r.writer", "1024"), \
            PWS_SHORT("r.created_by", "1024"), PWS_SHORT("r.epoch", "1024"), \
            PWS_SHORT("r.custom", "4096"), \
            "CASE WHEN r.size <= 2048 AND " PWS_IS_JSON("r") " THEN r.content END", \
            "CASE WHEN " PWS_CHANGED_LONG " THEN true END"), \
        "")

/* Of others in this life of the collection: those on the page. */
#define PWS_CHANGED_THERE(t, life) \
    t ".space_uuid = $1 AND " t "." life " = $2::bigint AND " t ".position > $3::bigint" \
    " AND " t ".position <= $8::bigint"
#define PWS_CHANGED_BARE(id, t) PWS_CHANGE(id, t, PWS_CHANGE_NOT_LOCAL, "NULL::text", "NULL::text")

/* What was deleted, and was not made again. Whether a policy has hidden a resource in its life is
 * not known any more; that it had one is. */
#define PWS_CHANGED_TOMBSTONES \
    "SELECT " PWS_CHANGE("t.id", "t", PWS_CHANGE_NOT_LOCAL, "t.content_type", "t.writer") "," \
    " 'r' AS kind, true AS deleted FROM was_pws_tombstones t" \
    " WHERE " PWS_CHANGED_THERE("t", "parent") " AND t.kind = 'r'" \
    " AND (NOT $6::boolean OR " PWS_IS_JSON("t") ")" \
    " AND NOT EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = $1" \
    " AND r.collection_generation = t.parent AND r.resource = t.id)" \
    " AND NOT ($5::boolean AND EXISTS (SELECT 1 FROM was_pws_tombstones p" \
    " WHERE p.space_uuid = $1 AND p.parent = t.parent AND p.kind = 'p' AND p.id = t.id))" \
    " ORDER BY t.position LIMIT $4::bigint"

/* Policies, and what is left of them, which only who has a capability reads. */
#define PWS_CHANGED_POLICIES \
    "SELECT " PWS_CHANGED_BARE("p.resource", "p") ", 'p', false FROM was_pws_policies p" \
    " WHERE " PWS_CHANGED_THERE("p", "parent") " AND NOT $5::boolean AND NOT $6::boolean" \
    " ORDER BY p.position LIMIT $4::bigint"
#define PWS_CHANGED_POLICY_TOMBSTONES \
    "SELECT " PWS_CHANGED_BARE("t.id", "t") ", 'p', true FROM was_pws_tombstones t" \
    " WHERE " PWS_CHANGED_THERE("t", "parent") " AND t.kind = 'p'" \
    " AND NOT $5::boolean AND NOT $6::boolean" \
    " AND NOT EXISTS (SELECT 1 FROM was_pws_policies p WHERE p.space_uuid = $1" \
    " AND p.parent = t.parent AND p.resource = t.id)" \
    " ORDER BY t.position LIMIT $4::bigint"

/* The log of the collection, which whoever reads the collection may read. */
#define PWS_CHANGED_LOG \
    "SELECT " PWS_CHANGED_BARE("''", "l") ", 'l', false FROM was_pws_logs l" \
    " WHERE " PWS_CHANGED_THERE("l", "collection_generation") " AND NOT $6::boolean"

/* uuid, generation of the collection, position, limit, only what anybody may read?, only JSON
 * resources?, extra bytes, the last position that is looked at -> of another record what it has
 * first, its kind, is it deleted?, the bytes up to it. Not beyond a page that is full of
 * resources, so that what many have replaced is passed over once. */
#define WAS_TEXT_PWS_CHANGES_OTHERS \
    WAS_SQL_PAGE("p.id, p.position, p.updated_ms, p.updated_counter, p.record, p.local," \
    " p.content_type, p.writer, p.kind, p.deleted", "position", \
    "octet_length(q.id) + " WAS_SQL_BYTES("q.content_type") " + " WAS_SQL_BYTES("q.writer") \
    " + $7::bigint", \
    "SELECT u.* FROM ((" PWS_CHANGED_TOMBSTONES ") UNION ALL (" PWS_CHANGED_POLICIES ")" \
    " UNION ALL (" PWS_CHANGED_POLICY_TOMBSTONES ") UNION ALL (" PWS_CHANGED_LOG ")) u" \
    " ORDER BY u.position LIMIT $4::bigint")

/* uuids, generations, positions, numbers, each an array -> the numbers of those collections that
 * are not at that position any more */
#define WAS_TEXT_PWS_CHANGED \
    "SELECT w.number FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])" \
    " w (space_uuid, generation, position, number) LEFT JOIN was_pws_counters k" \
    " ON k.space_uuid = w.space_uuid AND k.collection_generation = w.generation" \
    " WHERE k.position IS DISTINCT FROM w.position"

/* clang-format on */

#endif
