/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PARTS_SQL_H
#define WAS_PARTS_SQL_H

/*
 * was_parts_sql: the statements of contents in parts; private to was_sql. Above each text: its
 * values in order -> its columns.
 *
 * A content in parts has a random mark, which the row of its resource, or of its chunk, names;
 * parts themselves know neither. Until a row does, a row of was_sweeps says when the parts are to
 * be swept, if the upload does not go on: its lease, in stage 0. What no row names any more gets
 * such a row from whoever sweeps (SWEEP_UNNAMED), also when the Python server has replaced or
 * deleted it.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

#define PARTS_NOW_MS "floor(date_part('epoch', statement_timestamp()) * 1000)::bigint"

/* WAS_PART_BYTES */
#define PARTS_BYTES "524288"

/* The content stands in parts, if its row of the classic protocol says so: a write of the Python
 * server leaves the mark, and another content. */
#define PARTS_ARE_CLASSIC(r) "(" r ".parts IS NOT NULL AND " r ".content = int8send(" r ".parts))"

/* Some row names the content; of a column `space`, those of the classic protocol compare as theirs
 * does. */
#define PARTS_ARE_NAMED(space, classic_space, mark) \
    "(EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = " space \
    " AND r.parts = " mark ")" \
    " OR EXISTS (SELECT 1 FROM was_pws_chunks h WHERE h.space_uuid = " space \
    " AND h.parts = " mark ")" \
    " OR EXISTS (SELECT 1 FROM was_resources r WHERE r.space_uuid = " classic_space \
    " AND r.parts = " mark " AND " PARTS_ARE_CLASSIC("r") "))"

/* The lease of the content; nobody has begun to sweep it. */
#define PARTS_LEASED(mark) \
    "w.space_uuid = $1 AND w.generation = " mark "::bigint AND w.kind = 'content' AND w.stage = 0"

/* All parts of a content of so many bytes are there, and nobody else's yet; true without a mark. */
#define PARTS_ARE_WHOLE(mark, size) \
    "(" mark "::bigint IS NULL OR (SELECT count(*) = (" size "::bigint + " PARTS_BYTES " - 1)" \
    " / " PARTS_BYTES " AND sum(octet_length(p.bytes)) = " size "::bigint FROM was_parts p" \
    " WHERE p.space_uuid = $1 AND p.content = " mark "::bigint)" \
    " AND EXISTS (SELECT 1 FROM was_sweeps w WHERE " PARTS_LEASED(mark) "))"

/* uuid, mark, milliseconds -> a row, unless it is too late. What is not on disk yet when PostgreSQL
 * crashes is missed by PARTS_ARE_WHOLE, so that no upload waits for the disk but at its end. */
#define WAS_TEXT_PARTS_LEASE \
    "INSERT INTO was_sweeps AS w (space_uuid, generation, kind, since_ms)" \
    " SELECT $1, $2::bigint, 'content', " PARTS_NOW_MS " + $3::bigint" \
    " WHERE set_config('synchronous_commit', 'off', true) = 'off'" \
    " ON CONFLICT (space_uuid, generation) DO UPDATE SET since_ms = EXCLUDED.since_ms" \
    " WHERE w.kind = 'content' AND w.stage = 0 RETURNING 1"

/* uuid, mark, number, bytes; the same part may come again */
#define WAS_TEXT_PARTS_PUT \
    "INSERT INTO was_parts (space_uuid, content, number, bytes)" \
    " SELECT w.space_uuid, w.generation, $3::bigint, $4::bytea" \
    " FROM was_sweeps w WHERE " PARTS_LEASED("$2") " ON CONFLICT DO NOTHING"

/* uuid, mark: before the row that will name it is written, so that nobody begins to sweep it */
#define WAS_TEXT_PARTS_LOCK \
    "SELECT 1 FROM was_sweeps w WHERE " PARTS_LEASED("$2") " FOR UPDATE OF w"

/* uuid, mark, size -> are all of them there? */
#define WAS_TEXT_PARTS_WHOLE "SELECT " PARTS_ARE_WHOLE("$2", "$3")

/* uuid, mark: behind that row: the lease ends */
#define WAS_TEXT_PARTS_NAME \
    "DELETE FROM was_sweeps w WHERE " PARTS_LEASED("$2") \
    " AND " PARTS_ARE_NAMED("$1", "$1", "$2::bigint")

/* uuid, mark: the upload was given up */
#define WAS_TEXT_PARTS_DROP \
    "UPDATE was_sweeps w SET since_ms = 0 WHERE " PARTS_LEASED("$2")

/* uuid, mark, milliseconds: a reader is at it. Only what no row names any more has a row here, and
 * that is written anew when half of its time is over. */
#define WAS_TEXT_PARTS_HOLD \
    "UPDATE was_sweeps w SET since_ms = " PARTS_NOW_MS " + $3::bigint WHERE " PARTS_LEASED("$2") \
    " AND w.since_ms < " PARTS_NOW_MS " + $3::bigint / 2"

/* uuid, mark, first, how many -> bytes of each */
#define WAS_TEXT_PARTS_GET \
    "SELECT p.bytes FROM was_parts p WHERE p.space_uuid = $1 AND p.content = $2::bigint" \
    " AND p.number >= $3::bigint AND p.number < $3::bigint + $4::bigint ORDER BY p.number"

/* clang-format on */

#endif
