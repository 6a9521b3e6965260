/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SWEEP_SQL_H
#define WAS_SWEEP_SQL_H

#include "was_parts_sql.h"

/*
 * was_sweep_sql: the statements that clear away what is left of deleted spaces and collections, and
 * contents in parts that no row names; private to was_sql. All but SWEEP_NEXT take uuid, generation
 * and, where they take a third value, the most rows of a batch; each yields a row for every row
 * that it changed.
 *
 * The row w of was_sweeps says how far a sweep has come: in which table (its stage), and that the
 * range from `first` to `last` of the keys there is what the newest batch has deleted, or is about
 * to. A batch moves the range on and deletes what is in it, in one transaction: whoever goes on
 * after a crash begins behind it, and passes over none of the dead entries that a vacuum has not
 * taken from the index yet. Deleting a range twice does no harm; only moving it needs the lock.
 *
 * What is swept may be a million times as much as others of its kind have, which is what the
 * planner goes by. So nothing is left to its choice: pages are ordered by the key and limited by a
 * value, ranges are values, and rows that more than one index leads to are named by their place.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* The bytes behind which no row of a batch begins. */
#define SWEEP_BYTES "1048576"
#define SWEEP_ROWS "$3::bigint"

#define SWEEP_ROW "w.space_uuid = $1 AND w.generation = $2::bigint"

/* The same, for one at a time: who finds somebody at it changes nothing, and waits for nobody. */
#define SWEEP_TAKEN \
    "w.space_uuid = $1 AND w.generation = (SELECT o.generation FROM was_sweeps o" \
    " WHERE o.space_uuid = $1 AND o.generation = $2::bigint FOR UPDATE SKIP LOCKED)"

/* how many to pass over -> uuid, generation, kind of the oldest one behind them that is due */
#define WAS_TEXT_SWEEP_NEXT \
    "SELECT w.space_uuid, w.generation, w.kind FROM was_sweeps w" \
    " WHERE w.since_ms <= " PARTS_NOW_MS \
    " ORDER BY w.since_ms, w.space_uuid, w.generation LIMIT 1 OFFSET $1::bigint"

/* Where a stage's range begins that is to be moved on. */
#define SWEEP_FROM(stage) "CASE WHEN w.stage = " stage " THEN w.last ELSE '' END"

/* Moves the range on, to the next stage if the one before has come to its end. `page` yields id and
 * bytes of rows in the order of their ids. */
#define SWEEP_MOVE(stage, page) \
    "UPDATE was_sweeps w SET stage = " stage ", first = " SWEEP_FROM(stage) "," \
    " (last, is_last) = (SELECT" \
    " coalesce((max(n.id) FILTER (WHERE n.before < " SWEEP_BYTES "))::text," \
    " " SWEEP_FROM(stage) ")," \
    " count(*) FILTER (WHERE n.before < " SWEEP_BYTES ") = count(*) AND count(*) < " SWEEP_ROWS \
    " FROM (SELECT p.id, sum(p.bytes) OVER (ORDER BY p.id ROWS UNBOUNDED PRECEDING) - p.bytes" \
    " AS before FROM (" page " LIMIT " SWEEP_ROWS ") p) n)" \
    " WHERE " SWEEP_TAKEN " AND (w.stage = " stage " AND NOT w.is_last" \
    " OR w.stage = " stage " - 1 AND w.is_last) RETURNING 1"

/* The range of a stage. */
#define SWEEP_END_OF(stage, which, collation) \
    "(SELECT w." which " FROM was_sweeps w WHERE " SWEEP_ROW " AND w.stage = " stage ")" \
    " COLLATE " collation
#define SWEEP_RANGE(stage, key, collation) \
    key " >= " SWEEP_END_OF(stage, "first", collation) \
    " AND " key " <= " SWEEP_END_OF(stage, "last", collation)

/* Both for a table x of pws, whose rows belong to the generation by the column `parent`. */
#define SWEEP_BELOW(parent) "x.space_uuid = $1 AND x." parent " = $2::bigint"
#define SWEEP_MOVE_BELOW(stage, table, parent, id, bytes) \
    SWEEP_MOVE(stage, "SELECT x." id " AS id, (" bytes ")::bigint AS bytes FROM " table " x" \
    " WHERE " SWEEP_BELOW(parent) " AND x." id " >= (" SWEEP_FROM(stage) ") COLLATE \"C\"" \
    " ORDER BY x." id)
#define SWEEP_PAGE_BELOW(stage, column, table, parent, id) \
    "ARRAY(SELECT x." column " FROM " table " x WHERE " SWEEP_BELOW(parent) \
    " AND " SWEEP_RANGE(stage, "x." id, "\"C\"") " ORDER BY x." id " LIMIT " SWEEP_ROWS ")"
#define SWEEP_DELETE_BELOW(stage, table, parent, id) \
    "DELETE FROM " table " y WHERE y.space_uuid = $1" \
    " AND y.ctid = ANY (" SWEEP_PAGE_BELOW(stage, "ctid", table, parent, id) ") RETURNING 1"

#define SWEEP_LENGTH(text) "coalesce(octet_length(" text "), 0)"

/* The tables below a collection; of its resources the chunks go with them, or are swept by
 * themselves if they are many, */
#define WAS_TEXT_SWEEP_RESOURCES_MOVE \
    SWEEP_MOVE_BELOW("1", "was_pws_resources", "collection_generation", "resource", \
    "CASE WHEN x.parts IS NULL THEN x.size ELSE 0 END + " SWEEP_LENGTH("x.custom") \
    " + CASE WHEN " PWS_FEW_CHUNKS("x") " THEN x.chunk_bytes ELSE 0 END")
#define SWEEP_RESOURCE \
    "r.space_uuid = $1 AND r.ctid = ANY (" \
    SWEEP_PAGE_BELOW("1", "ctid", "was_pws_resources", "collection_generation", "resource") ")"
#define WAS_TEXT_SWEEP_RESOURCES_SPLIT \
    "INSERT INTO was_sweeps (space_uuid, generation, kind, since_ms)" \
    " SELECT r.space_uuid, r.chunks, 'chunks'," \
    " (SELECT w.since_ms FROM was_sweeps w WHERE " SWEEP_ROW ") FROM was_pws_resources r" \
    " WHERE " SWEEP_RESOURCE " AND " PWS_MANY_CHUNKS("r") " ON CONFLICT DO NOTHING"
#define WAS_TEXT_SWEEP_RESOURCES_CHUNKS \
    "DELETE FROM was_pws_chunks y WHERE y.space_uuid = $1 AND y.chunks = ANY (ARRAY(" \
    "SELECT r.chunks FROM was_pws_resources r WHERE " SWEEP_RESOURCE \
    " AND " PWS_FEW_CHUNKS("r") ")) RETURNING 1"
#define WAS_TEXT_SWEEP_RESOURCES \
    SWEEP_DELETE_BELOW("1", "was_pws_resources", "collection_generation", "resource")

/* (of its log there is one row, which is deleted at once) */
#define WAS_TEXT_SWEEP_LOG \
    "DELETE FROM was_pws_logs y WHERE y.space_uuid = $1 AND y.collection_generation = $2::bigint" \
    " RETURNING 1"

/* and those below it or a space. A tombstone's key has two columns; of the first, one letter. */
#define SWEEP_TOMBSTONE "(x.kind, x.id)"
#define SWEEP_SPLIT(id) "(left(" id ", 1), substr(" id ", 2))"
#define SWEEP_TOMBSTONES_FROM "(" SWEEP_FROM("2") ") COLLATE \"C\""
#define WAS_TEXT_SWEEP_TOMBSTONES_MOVE \
    "UPDATE was_sweeps w SET stage = 2, first = " SWEEP_FROM("2") "," \
    " (last, is_last) = (SELECT coalesce(max(p.id), " SWEEP_FROM("2") ")," \
    " count(*) < " SWEEP_ROWS " FROM (SELECT x.kind || x.id AS id FROM was_pws_tombstones x" \
    " WHERE " SWEEP_BELOW("parent") " AND " SWEEP_TOMBSTONE \
    " >= " SWEEP_SPLIT(SWEEP_TOMBSTONES_FROM) \
    " ORDER BY x.kind, x.id LIMIT " SWEEP_ROWS ") p)" \
    " WHERE " SWEEP_TAKEN " AND (w.stage = 2 AND NOT w.is_last OR w.stage = 1 AND w.is_last)" \
    " RETURNING 1"
#define WAS_TEXT_SWEEP_TOMBSTONES \
    "DELETE FROM was_pws_tombstones y WHERE y.space_uuid = $1 AND y.ctid = ANY (ARRAY(" \
    "SELECT x.ctid FROM was_pws_tombstones x WHERE " SWEEP_BELOW("parent") \
    " AND " SWEEP_TOMBSTONE " >= " SWEEP_SPLIT(SWEEP_END_OF("2", "first", "\"C\"")) \
    " AND " SWEEP_TOMBSTONE " <= " SWEEP_SPLIT(SWEEP_END_OF("2", "last", "\"C\"")) \
    " ORDER BY x.kind, x.id LIMIT " SWEEP_ROWS ")) RETURNING 1"
#define WAS_TEXT_SWEEP_POLICIES_MOVE \
    SWEEP_MOVE_BELOW("3", "was_pws_policies", "parent", "resource", SWEEP_LENGTH("x.document"))
#define WAS_TEXT_SWEEP_POLICIES SWEEP_DELETE_BELOW("3", "was_pws_policies", "parent", "resource")
#define WAS_TEXT_SWEEP_BACKENDS_MOVE \
    SWEEP_MOVE_BELOW("4", "was_pws_backends", "space_generation", "backend", \
    SWEEP_LENGTH("x.descriptor"))
#define WAS_TEXT_SWEEP_BACKENDS \
    SWEEP_DELETE_BELOW("4", "was_pws_backends", "space_generation", "backend")

/* Of one term there may be more rows than a batch has: the next one begins with those that are
 * left. */
#define SWEEP_TERM(end) "decode(" end ", 'hex')"
#define WAS_TEXT_SWEEP_TERMS_MOVE \
    "UPDATE was_sweeps w SET stage = 4, first = " SWEEP_FROM("4") "," \
    " (last, is_last) = (SELECT coalesce(max(p.id), " SWEEP_FROM("4") ")," \
    " count(*) < " SWEEP_ROWS " FROM (SELECT encode(x.term, 'hex') COLLATE \"C\" AS id" \
    " FROM was_pws_terms x WHERE " SWEEP_BELOW("collection_generation") \
    " AND x.term >= " SWEEP_TERM(SWEEP_FROM("4")) " ORDER BY x.term LIMIT " SWEEP_ROWS ") p)" \
    " WHERE " SWEEP_TAKEN " AND (w.stage = 4 AND NOT w.is_last OR w.stage = 3 AND w.is_last)" \
    " RETURNING 1"
#define WAS_TEXT_SWEEP_TERMS \
    "DELETE FROM was_pws_terms y WHERE y.space_uuid = $1 AND y.ctid = ANY (ARRAY(" \
    "SELECT x.ctid FROM was_pws_terms x WHERE " SWEEP_BELOW("collection_generation") \
    " AND x.term >= " SWEEP_TERM(SWEEP_END_OF("4", "first", "\"C\"")) \
    " AND x.term <= " SWEEP_TERM(SWEEP_END_OF("4", "last", "\"C\"")) \
    " ORDER BY x.term LIMIT " SWEEP_ROWS ")) RETURNING 1"

/* The collections of a space. Who has begun to write into one holds its counter, and ends first;
 * whoever comes later finds neither counter nor space. Then each that was ever written into is
 * swept by itself. */
#define WAS_TEXT_SWEEP_COLLECTIONS_MOVE \
    SWEEP_MOVE_BELOW("1", "was_pws_collections", "space_generation", "collection", \
    SWEEP_LENGTH("x.custom") " + " SWEEP_LENGTH("x.encryption") \
    " + " SWEEP_LENGTH("x.plaintext") " + " SWEEP_LENGTH("x.revisions"))
#define WAS_TEXT_SWEEP_COLLECTIONS \
    SWEEP_DELETE_BELOW("1", "was_pws_collections", "space_generation", "collection")
#define SWEEP_COUNTERS \
    "k.space_uuid = $1 AND k.collection_generation = ANY (" \
    SWEEP_PAGE_BELOW("1", "generation", "was_pws_collections", "space_generation", "collection") ")"
#define WAS_TEXT_SWEEP_COUNTERS_LOCK \
    "SELECT 1 FROM was_pws_counters k WHERE " SWEEP_COUNTERS " FOR UPDATE OF k"
#define WAS_TEXT_SWEEP_COLLECTIONS_SPLIT \
    "INSERT INTO was_sweeps (space_uuid, generation, kind, since_ms)" \
    " SELECT k.space_uuid, k.collection_generation, 'collection'," \
    " (SELECT w.since_ms FROM was_sweeps w WHERE " SWEEP_ROW ") FROM was_pws_counters k" \
    " WHERE " SWEEP_COUNTERS " AND k.position > 1 ON CONFLICT DO NOTHING"
#define WAS_TEXT_SWEEP_COUNTERS \
    "DELETE FROM was_pws_counters k WHERE " SWEEP_COUNTERS " RETURNING 1"

/* The chunks of a resource, by their numbers; '' stands for the first one. Parts of theirs are
 * found as all are that no row names. */
#define SWEEP_NUMBER(id) "('0' || " id ")::bigint"
#define WAS_TEXT_SWEEP_CHUNKS_MOVE \
    SWEEP_MOVE("1", "SELECT x.number AS id," \
    " CASE WHEN x.parts IS NULL THEN x.size ELSE 0 END AS bytes FROM was_pws_chunks x" \
    " WHERE " SWEEP_BELOW("chunks") " AND x.number >= " SWEEP_NUMBER(SWEEP_FROM("1")) \
    " ORDER BY x.number")
#define WAS_TEXT_SWEEP_CHUNKS \
    "DELETE FROM was_pws_chunks x WHERE " SWEEP_BELOW("chunks") \
    " AND x.number >= " SWEEP_NUMBER(SWEEP_END_OF("1", "first", "\"C\"")) \
    " AND x.number <= " SWEEP_NUMBER(SWEEP_END_OF("1", "last", "\"C\"")) " RETURNING 1"

/* A classic space that is marked as deleted: nobody is its controller, whoever the Python server
 * lets take it over; then its resources, then its row. */
#define SWEEP_CLASSIC \
    "s.space_uuid = $1 AND s.is_deleted AND EXISTS (SELECT 1 FROM was_sweeps w WHERE " SWEEP_ROW
#define SWEEP_MARKED "(SELECT s.is_deleted FROM was_spaces s WHERE s.space_uuid = $1)"
#define WAS_TEXT_SWEEP_CLASSIC_KEEP \
    "UPDATE was_spaces s SET controller = 'deleted'" \
    " WHERE " SWEEP_CLASSIC ") AND s.controller <> 'deleted'"
#define WAS_TEXT_SWEEP_CLASSIC_MOVE \
    SWEEP_MOVE("1", "SELECT r.path AS id, octet_length(r.content)::bigint AS bytes" \
    " FROM was_resources r WHERE r.space_uuid = $1 AND r.path >= " SWEEP_FROM("1") \
    " AND " SWEEP_MARKED " ORDER BY r.path")
#define WAS_TEXT_SWEEP_CLASSIC_RESOURCES \
    "DELETE FROM was_resources r WHERE r.space_uuid = $1" \
    " AND " SWEEP_RANGE("1", "r.path", "\"default\"") \
    " AND " SWEEP_MARKED " RETURNING 1"
#define WAS_TEXT_SWEEP_CLASSIC_SPACE \
    "DELETE FROM was_spaces s WHERE " SWEEP_CLASSIC " AND w.stage = 1 AND w.is_last)"

/* A content in parts, a few at a time, since each is long; not while it is written or read. */
#define SWEEP_PARTS "16"
#define SWEEP_FIRST_PARTS(most) \
    "SELECT p.number FROM was_parts p WHERE p.space_uuid = $1 AND p.content = $2::bigint" \
    " ORDER BY p.number LIMIT " most
#define WAS_TEXT_SWEEP_CONTENT_MOVE \
    "UPDATE was_sweeps w SET stage = 1, is_last = (SELECT count(*) <= " SWEEP_PARTS \
    " FROM (" SWEEP_FIRST_PARTS(SWEEP_PARTS " + 1") ") n) WHERE " SWEEP_TAKEN \
    " AND (w.stage = 1 OR w.since_ms <= " PARTS_NOW_MS ") RETURNING 1"
#define WAS_TEXT_SWEEP_CONTENT \
    "DELETE FROM was_parts y WHERE y.space_uuid = $1 AND y.content = $2::bigint" \
    " AND EXISTS (SELECT 1 FROM was_sweeps w WHERE " SWEEP_ROW " AND w.stage = 1)" \
    " AND y.number = ANY (ARRAY(" SWEEP_FIRST_PARTS(SWEEP_PARTS) ")) RETURNING 1"

/* Contents that no row names and that nobody writes are to be swept when who reads them has had so
 * long to do so. The look goes through all contents, again and again: `first` and `last` of its row
 * are where it has come to.
 *
 * uuid, generation -> where that is; then: behind there, most -> the contents, in their order */
#define WAS_TEXT_SWEEP_UNNAMED_FROM \
    "SELECT coalesce(w.first, ''), coalesce(w.last::bigint, -9223372036854775808)" \
    " FROM was_sweeps w WHERE " SWEEP_ROW
#define WAS_TEXT_SWEEP_UNNAMED_PAGE \
    "SELECT p.space_uuid, p.content FROM was_parts p WHERE p.number = 0" \
    " AND (p.space_uuid, p.content) > ($1, $2::bigint)" \
    " ORDER BY p.space_uuid, p.content LIMIT $3::bigint"

/* behind which, up to which, milliseconds */
#define WAS_TEXT_SWEEP_UNNAMED \
    "INSERT INTO was_sweeps (space_uuid, generation, kind, since_ms)" \
    " SELECT p.space_uuid, p.content, 'content', " PARTS_NOW_MS " + $5::bigint" \
    " FROM was_parts p WHERE p.number = 0 AND (p.space_uuid, p.content) > ($1, $2::bigint)" \
    " AND (p.space_uuid, p.content) <= ($3, $4::bigint) AND NOT EXISTS (SELECT 1" \
    " FROM was_sweeps o WHERE o.space_uuid = p.space_uuid AND o.generation = p.content)" \
    " AND NOT " PARTS_ARE_NAMED("p.space_uuid", "p.space_uuid COLLATE \"default\"", "p.content") \
    " ON CONFLICT DO NOTHING RETURNING 1"

/* uuid, generation, where it has come to, milliseconds: to go on then */
#define WAS_TEXT_SWEEP_UNNAMED_MOVE \
    "UPDATE was_sweeps w SET first = $3::text, last = $4::bigint::text," \
    " since_ms = " PARTS_NOW_MS " + $5::bigint WHERE " SWEEP_TAKEN " RETURNING 1"

/* uuid, generation, the last stage: nothing is left */
#define WAS_TEXT_SWEEP_END \
    "DELETE FROM was_sweeps w WHERE " SWEEP_TAKEN " AND w.stage = $3::bigint AND w.is_last" \
    " RETURNING 1"

/* Revocations that nobody need remember any more. A scope of which there are some; then of a scope
 * so many of them, which a space is charged for no longer. A space that is made meanwhile is
 * charged for what it finds, so those are locked before it is looked for once more. */
#define SWEEP_SECONDS_NOW "floor(date_part('epoch', now()))::bigint"
#define SWEEP_REVOKED_PAGE(what) \
    "SELECT " what " FROM was_pws_revocations v WHERE v.space_uuid = $1::text" \
    " AND v.keep_until < " SWEEP_SECONDS_NOW " ORDER BY v.delegation LIMIT $2::bigint"
#define WAS_TEXT_SWEEP_REVOKED_NEXT \
    "SELECT v.space_uuid FROM was_pws_revocations v" \
    " WHERE v.keep_until + 0 < " SWEEP_SECONDS_NOW " ORDER BY v.keep_until + 0 LIMIT 1"
#define WAS_TEXT_SWEEP_REVOKED_SPACE_LOCK \
    "SELECT 1 FROM was_pws_spaces s WHERE s.space_uuid = $1 FOR UPDATE OF s"
#define WAS_TEXT_SWEEP_REVOKED_LOCK SWEEP_REVOKED_PAGE("1") " FOR UPDATE OF v"
#define WAS_TEXT_SWEEP_REVOKED_DISCHARGE \
    "UPDATE was_pws_spaces s SET bytes = s.bytes - " PWS_ROW \
    " * (SELECT count(*) FROM (" SWEEP_REVOKED_PAGE("1") ") n) WHERE s.space_uuid = $1"
#define WAS_TEXT_SWEEP_REVOKED \
    "DELETE FROM was_pws_revocations y WHERE y.space_uuid = $1" \
    " AND y.ctid = ANY (ARRAY(" SWEEP_REVOKED_PAGE("v.ctid") ")) RETURNING 1"

/* clang-format on */

#endif
