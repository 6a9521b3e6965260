/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CLASSIC_SQL_H
#define WAS_CLASSIC_SQL_H

#include "../was_frozen_sql.h"
#include "../was_limit_sql.h"
#include "../was_page_sql.h"
#include "../was_parts_sql.h"

/*
 * was_classic_sql: the statements on the Python server's two tables; private to was_sql. Above each
 * text: its values in order -> its columns.
 *
 * A version's validator is made of when the row was last written by us and of its xmin. The xmin
 * changes with every write, also of a server that knows nothing of our columns; the time keeps a
 * validator from coming back when a row is deleted and made again, or when transaction ids restart
 * in a restored database. The same comparison tells whether `revised` can be trusted as the time of
 * the last change: only if the transaction that wrote the row is the one that we noted in it.
 *
 * Times become numbers by date_part, in doubles, which hold them to the microsecond until 2106;
 * extract would compute in numerics, at several times the cost. In UTC, so that no setting of the
 * session has a say in it, and the number is the same on whatever node makes it.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

#define CLASSIC_EPOCH(t) "date_part('epoch', " t ".revised AT TIME ZONE 'UTC')"

#define CLASSIC_ETAG_OF(t, transaction) \
    "(to_hex((" CLASSIC_EPOCH(t) " * 1000000)::bigint) || '-' ||" \
    " to_hex(" transaction "::text::bigint))"
#define CLASSIC_ETAG(t) CLASSIC_ETAG_OF(t, t ".xmin")

/* The same of a row that this statement writes, of which a partitioned table tells no xmin. */
#define CLASSIC_ETAG_WRITTEN(t) CLASSIC_ETAG_OF(t, t ".written::xid")

/* Unix seconds of the last change; NULL when somebody else wrote the row after us. */
#define CLASSIC_MODIFIED(t) \
    "(CASE WHEN " t ".written::xid = " t ".xmin" \
    " THEN floor(" CLASSIC_EPOCH(t) ")::bigint END)"

/* What both are made of, for who reads a row as it is (was_classic_version). */
#define CLASSIC_VERSION(t) t ".revised, " t ".xmin, " t ".written"
#define CLASSIC_WRITTEN(t) t ".revised, " t ".written"

/* The caller controls the space s: its DID is stored plain, or as the DID URL of its key (what
 * follows "did:key:" again, behind a '#'). A NULL caller controls nothing. */
#define CLASSIC_CALLER(caller) \
    "coalesce(s.controller IN (" caller ", " caller " || '#' || substr(" caller ", 9)), false)"

/* A space whose deletion has begun is none: only its rows are not all gone yet. */
#define CLASSIC_SPACE "s.space_uuid = $1 AND NOT s.is_deleted"

/* The space that a write is about, under the caller's control; the operator may have it kept as it
 * is. */
#define CLASSIC_OWN_SPACE \
    CLASSIC_SPACE " AND NOT s.is_frozen AND " CLASSIC_CALLER("$2::text")

/* Preconditions (RFC 9110 section 13.1) of the row t: arrays of validators, `{*}` for any, NULL for
 * no condition; Unix seconds for If-Unmodified-Since, which a row without a known time ignores. */
#define CLASSIC_CONDITIONS(t, match, none_match, since) \
    "(" match "::text[] IS NULL OR " match "::text[] = '{*}'" \
    " OR " CLASSIC_ETAG(t) " = ANY (" match "::text[]))" \
    " AND (" none_match "::text[] IS NULL OR NOT (" none_match "::text[] = '{*}'" \
    " OR " CLASSIC_ETAG(t) " = ANY (" none_match "::text[])))" \
    " AND (" since "::bigint IS NULL OR " t ".written::xid <> " t ".xmin" \
    " OR floor(" CLASSIC_EPOCH(t) ") <= " since "::bigint)"

/* Not now(), the time when the transaction began, which may have waited for its content; and never
 * before that of the row t, for which the statement may have waited while another one wrote it.
 * What an INSERT that finds its row sets is what it would have inserted. */
#define CLASSIC_TIME "statement_timestamp()"
#define CLASSIC_LATER(time, t) "revised = greatest(" time ", " t ".revised)"
#define CLASSIC_NOW(t) CLASSIC_LATER(CLASSIC_TIME, t) ", written = pg_current_xact_id()"
#define CLASSIC_INSERTED(t) CLASSIC_LATER("EXCLUDED.revised", t) ", written = EXCLUDED.written"

/* How long the content of the row r is; where it stands in parts, the row says so. */
#define CLASSIC_LENGTH(r) \
    "(CASE WHEN " PARTS_ARE_CLASSIC(r) " THEN " r ".parts_bytes" \
    " ELSE octet_length(" r ".content) END)::bigint"

/* What is charged (docs/operating.md, Limits of storage): so many bytes for a row, and what it
 * holds. */
#define CLASSIC_ROW "400"
#define CLASSIC_RESOURCE_BYTES(path, length, type) \
    "(" CLASSIC_ROW " + octet_length(" path ") + " length " + octet_length(" type "))::bigint"
#define CLASSIC_STORED_BYTES CLASSIC_RESOURCE_BYTES("o.path", CLASSIC_LENGTH("o"), "o.content_type")
#define CLASSIC_SPACE_BYTES \
    "(" CLASSIC_ROW " + octet_length(s.space_uuid) + octet_length(s.space_id)" \
    " + octet_length(s.controller) + coalesce(octet_length(s.name), 0)" \
    " + coalesce(octet_length(s.link), 0))"

/* What the space s is charged in all. */
#define CLASSIC_USED \
    "(" CLASSIC_SPACE_BYTES " + (SELECT coalesce(sum(" CLASSIC_STORED_BYTES "), 0)" \
    " FROM was_resources o WHERE o.space_uuid = $1))::bigint"

/* No quota, or: a resource fits beside all else in the space s, or is charged no more than what it
 * replaces. Exact for who holds the space's lock. */
#define CLASSIC_FITS(length, quota) \
    "(" quota "::bigint IS NULL" \
    " OR " CLASSIC_RESOURCE_BYTES("$3::text", length, "$4::text") " <= greatest(" \
    "(SELECT " CLASSIC_STORED_BYTES " FROM was_resources o" \
    " WHERE o.space_uuid = $1 AND o.path = $3::text)," \
    " " quota "::bigint - " CLASSIC_SPACE_BYTES " - (SELECT coalesce(sum(" CLASSIC_STORED_BYTES \
    "), 0) FROM was_resources o WHERE o.space_uuid = $1 AND o.path <> $3::text)))"

#define CLASSIC_SET_SPACE(now) \
    " SET controller = $3::text," \
    " name = CASE WHEN $4::boolean THEN $5::text ELSE s.name END," \
    " link = CASE WHEN $6::boolean THEN $7::text ELSE s.link END, " now \
    " WHERE " CLASSIC_OWN_SPACE " AND " CLASSIC_CONDITIONS("s", "$8", "$9", "$10")

/* uuid -> space_id, controller, name, link, version */
#define WAS_TEXT_SPACE_GET \
    "SELECT s.space_id, s.controller, s.name, s.link, " CLASSIC_VERSION("s") \
    " FROM was_spaces s WHERE " CLASSIC_SPACE

/* uuid, caller -> the caller's?, is its deletion under way?, is it kept as it is? */
#define WAS_TEXT_SPACE_OWNER \
    "SELECT " CLASSIC_CALLER("$2::text") ", s.is_deleted," \
    " " WAS_SQL_FROZEN_LATELY("s") " FROM was_spaces s" \
    " WHERE s.space_uuid = $1"

/* caller, after, limit, extra bytes -> uuid, space_id, controller, bytes so far */
#define WAS_TEXT_SPACE_LIST \
    WAS_SQL_PAGE("p.space_uuid, p.space_id, p.controller", "space_uuid", \
    "octet_length(q.space_uuid) + octet_length(q.space_id) + octet_length(q.controller)" \
    " + $4::bigint", \
    "(SELECT s.space_uuid, s.space_id, s.controller FROM was_spaces s" \
    " WHERE s.controller = $1::text AND s.space_uuid > $2::text" \
    " ORDER BY s.space_uuid LIMIT $3::bigint)" \
    " UNION ALL" \
    " (SELECT s.space_uuid, s.space_id, s.controller FROM was_spaces s" \
    " WHERE s.controller = $1::text || '#' || substr($1::text, 9)" \
    " AND s.space_uuid > $2::text" \
    " ORDER BY s.space_uuid LIMIT $3::bigint)" \
    " ORDER BY 1 LIMIT $3::bigint")

/* uuid, caller, controller, set name?, name, set link?, link, 3 conditions, for the creation only:
 * space_id -> validator */
#define WAS_TEXT_SPACE_PUT \
    "INSERT INTO was_spaces AS s (space_uuid, controller, space_id, name, link, revised)" \
    " VALUES ($1, $3::text, $11::text, $5::text, $7::text, " CLASSIC_TIME ")" \
    " ON CONFLICT (space_uuid) DO UPDATE" CLASSIC_SET_SPACE(CLASSIC_INSERTED("s")) \
    " RETURNING " CLASSIC_ETAG_WRITTEN("s")

/* the same, most instead of space_id. Who gives a space away needs room for it at the other end; a
 * space that is kept needs none. */
#define WAS_TEXT_SPACE_UPDATE \
    "UPDATE was_spaces s" CLASSIC_SET_SPACE(CLASSIC_NOW("s")) \
    " AND (" CLASSIC_CALLER("$3::text") " OR " WAS_SQL_FEWER("$3::text", "$11") ")" \
    " RETURNING " CLASSIC_ETAG_WRITTEN("s")

/* uuid, controller, space_id, name, link, most -> validator */
#define WAS_TEXT_SPACE_INSERT \
    "INSERT INTO was_spaces AS s (space_uuid, controller, space_id, name, link)" \
    " SELECT $1, $2::text, $3::text, $4::text, $5::text WHERE " WAS_SQL_FEWER("$2::text", "$6") \
    " ON CONFLICT DO NOTHING RETURNING " CLASSIC_ETAG_WRITTEN("s")

/* uuid, 3 conditions -> is the space as they demand? */
#define WAS_TEXT_SPACE_CONDITIONS \
    "SELECT " CLASSIC_CONDITIONS("s", "$2", "$3", "$4") " FROM was_spaces s WHERE " CLASSIC_SPACE

/* uuid, caller, 3 conditions -> a row: the space is deleted. Until its row is gone it is marked,
 * and its controller is one that nobody is, so that the Python server lets nobody write there. */
#define WAS_TEXT_SPACE_MARK \
    "UPDATE was_spaces s SET is_deleted = true, controller = 'deleted'," \
    " written = pg_current_xact_id() WHERE " CLASSIC_OWN_SPACE \
    " AND " CLASSIC_CONDITIONS("s", "$3", "$4", "$5") " RETURNING 1"

/* What this transaction has marked. */
#define CLASSIC_MARKED \
    "s.space_uuid = $1 AND s.is_deleted AND s.written = pg_current_xact_id()"

/* uuid: of that, what can go at once. The foreign key takes along what is in the space, so it
 * must be little: at most a thousand resources, of 64 MiB in all. */
#define WAS_TEXT_SPACE_DELETE \
    "DELETE FROM was_spaces s WHERE " CLASSIC_MARKED \
    " AND (SELECT count(*) <= 1000 AND coalesce(sum(n.length), 0) <= 67108864 FROM" \
    " (SELECT octet_length(r.content) AS length FROM was_resources r WHERE r.space_uuid = $1" \
    " LIMIT 1001) n)"

/* uuid -> a row: what did not is to be swept */
#define WAS_TEXT_SPACE_SWEEP \
    "INSERT INTO was_sweeps (space_uuid, generation, kind, since_ms)" \
    " SELECT s.space_uuid, 0, 'classic'," \
    " floor(date_part('epoch', statement_timestamp()) * 1000)::bigint FROM was_spaces s" \
    " WHERE " CLASSIC_MARKED " ON CONFLICT DO NOTHING RETURNING 1"

/* uuid: one writer at a time under a quota. Not against the Python server's inserts. */
#define WAS_TEXT_SPACE_LOCK \
    "SELECT 1 FROM was_spaces s WHERE s.space_uuid = $1 FOR NO KEY UPDATE"

/* uuid, caller, path, anyone?, length, the DID URL of the caller's key -> link, controller, type,
 * length, version, content, the mark of its parts, their bytes and their digest: only for anyone,
 * or the controller. Whether it stands in parts is for who has read the content to say. Where
 * nobody asks, a comparison with NULL would make the join one on nothing, which Citus refuses; one
 * with an array does not. */
#define WAS_TEXT_RESOURCE_GET \
    "SELECT s.link, s.controller, r.content_type, octet_length(r.content)," \
    " " CLASSIC_VERSION("r") "," \
    " CASE WHEN octet_length(r.content) <= $5::bigint THEN r.content END, r.parts," \
    " r.parts_bytes, r.parts_digest FROM was_spaces s" \
    " LEFT JOIN was_resources r ON r.space_uuid = $1 AND r.path = $3::text" \
    " AND ($4::boolean OR s.controller = ANY (ARRAY[$2::text, $6::text]))" \
    " WHERE " CLASSIC_SPACE

/* uuid, path, validator, first byte counted from 1, length -> bytes */
#define WAS_TEXT_RESOURCE_PIECE \
    "SELECT substring(r.content FROM $4::bigint::integer FOR $5::bigint::integer)" \
    " FROM was_resources r" \
    " WHERE r.space_uuid = $1 AND r.path = $2 AND " CLASSIC_ETAG("r") " = $3::text"

/* uuid, after, limit, extra bytes -> path, type, size, validator, seconds, bytes so far */
#define WAS_TEXT_RESOURCE_LIST \
    WAS_SQL_PAGE("p.path, p.content_type, p.length, p.etag, p.modified", "path", \
    "octet_length(q.path) + octet_length(q.content_type) + $4::bigint", \
    "SELECT r.path, r.content_type, " CLASSIC_LENGTH("r") " AS length," \
    " " CLASSIC_ETAG("r") " AS etag, " CLASSIC_MODIFIED("r") " AS modified" \
    " FROM was_resources r WHERE r.space_uuid = $1 AND r.path > $2::text" \
    " AND (SELECT NOT s.is_deleted FROM was_spaces s WHERE s.space_uuid = $1)" \
    " ORDER BY r.path LIMIT $3::bigint")

/* uuid, caller, path, quota or NULL, 3 conditions -> the caller's?, bytes that the space is
 * charged, the most that a content may have there (both NULL without a quota), is the resource as
 * the conditions demand? (NULL where there is none), is the space kept as it is? */
#define WAS_TEXT_RESOURCE_ROOM \
    "SELECT " CLASSIC_CALLER("$2::text") ", u.bytes," \
    " greatest(0, $4::bigint - u.bytes) + coalesce(" CLASSIC_LENGTH("r") ", 0)," \
    " CASE WHEN r.path IS NOT NULL THEN " CLASSIC_CONDITIONS("r", "$5", "$6", "$7") " END," \
    " " WAS_SQL_FROZEN("s") " FROM was_spaces s" \
    " LEFT JOIN was_resources r ON r.space_uuid = $1 AND r.path = $3::text" \
    " CROSS JOIN LATERAL (SELECT CASE WHEN $4::bigint IS NOT NULL THEN " CLASSIC_USED \
    " END AS bytes) u WHERE " CLASSIC_SPACE

/* A resource's row, from a content that is a value or the staged upload. */
#define CLASSIC_INSERT_RESOURCE(content, parts, size, digest) \
    "INSERT INTO was_resources AS r (space_uuid, path, content, content_type, revised, parts," \
    " parts_bytes, parts_digest) SELECT s.space_uuid, $3::text, " content ", $4::text," \
    " " CLASSIC_TIME ", " parts ", " size "::bigint, " digest " FROM was_spaces s"
#define CLASSIC_OVER_RESOURCE \
    " ON CONFLICT (space_uuid, path) DO UPDATE" \
    " SET content = EXCLUDED.content, content_type = EXCLUDED.content_type," \
    " " CLASSIC_INSERTED("r") "," \
    " parts = EXCLUDED.parts, parts_bytes = EXCLUDED.parts_bytes," \
    " parts_digest = EXCLUDED.parts_digest"
#define CLASSIC_PUT_RESOURCE(content, parts, digest, room) \
    CLASSIC_INSERT_RESOURCE(content, parts, "$9", digest) \
    " WHERE " CLASSIC_OWN_SPACE " AND " room CLASSIC_OVER_RESOURCE \
    " WHERE " CLASSIC_CONDITIONS("r", "$5", "$6", "$7") \
    " RETURNING " CLASSIC_WRITTEN("r")
#define CLASSIC_REPLACE_RESOURCE(content, parts, digest, room) \
    "UPDATE was_resources r SET content = " content ", content_type = $4::text," \
    " " CLASSIC_NOW("r") "," \
    " parts = " parts ", parts_bytes = $9::bigint, parts_digest = " digest \
    " FROM was_spaces s WHERE " CLASSIC_OWN_SPACE \
    " AND r.space_uuid = $1 AND r.path = $3::text" \
    " AND " CLASSIC_CONDITIONS("r", "$5", "$6", "$7") \
    " AND " room \
    " RETURNING " CLASSIC_WRITTEN("r")
#define CLASSIC_STAGED "(SELECT u.content FROM pg_temp.was_upload u)"
#define CLASSIC_WITHIN CLASSIC_FITS("$9::bigint", "$8")
#define CLASSIC_UNBOUNDED "$8::bigint IS NULL"

/* In parts, the content is its mark. Looking for them has statements of its own, since the others
 * would get ready for it, too. */
#define CLASSIC_MARK "$10::bigint"
#define CLASSIC_WHOLE " AND " PARTS_ARE_WHOLE("$10", "$9")

#define CLASSIC_IN_ROW(write, content, room) write(content, "NULL::bigint", "NULL::bytea", room)
#define CLASSIC_IN_PARTS(write) \
    write("int8send(" CLASSIC_MARK ")", CLASSIC_MARK, "$11::bytea", CLASSIC_WITHIN CLASSIC_WHOLE)

/* uuid, caller, path, type, size, content, the DID URL of the caller's key -> CLASSIC_WRITTEN. The
 * usual write, without conditions and quota: getting ready for them is a fifth of what it costs. */
#define WAS_TEXT_RESOURCE_PUT \
    CLASSIC_INSERT_RESOURCE("$6::bytea", "NULL::bigint", "$5", "NULL::bytea") \
    " WHERE " CLASSIC_SPACE " AND NOT s.is_frozen" \
    " AND (s.controller = $2::text OR s.controller = $7::text)" CLASSIC_OVER_RESOURCE \
    " RETURNING " CLASSIC_WRITTEN("r")

/* uuid, caller, path, type, 3 conditions, quota or NULL, size, and unless it is staged: content, or
 * the mark of its parts and their digest -> CLASSIC_WRITTEN. What demands a version that is there
 * must not insert, so it has statements of its own. So have writes of a value without a quota:
 * getting ready to look for room is a sixth of what they cost. */
#define WAS_TEXT_RESOURCE_PUT_IF \
    CLASSIC_IN_ROW(CLASSIC_PUT_RESOURCE, "$10::bytea", CLASSIC_UNBOUNDED)
#define WAS_TEXT_RESOURCE_PUT_WITHIN \
    CLASSIC_IN_ROW(CLASSIC_PUT_RESOURCE, "$10::bytea", CLASSIC_WITHIN)
#define WAS_TEXT_RESOURCE_PUT_STAGED \
    CLASSIC_IN_ROW(CLASSIC_PUT_RESOURCE, CLASSIC_STAGED, CLASSIC_WITHIN)
#define WAS_TEXT_RESOURCE_PUT_PARTS CLASSIC_IN_PARTS(CLASSIC_PUT_RESOURCE)
#define WAS_TEXT_RESOURCE_REPLACE \
    CLASSIC_IN_ROW(CLASSIC_REPLACE_RESOURCE, "$10::bytea", CLASSIC_UNBOUNDED)
#define WAS_TEXT_RESOURCE_REPLACE_WITHIN \
    CLASSIC_IN_ROW(CLASSIC_REPLACE_RESOURCE, "$10::bytea", CLASSIC_WITHIN)
#define WAS_TEXT_RESOURCE_REPLACE_STAGED \
    CLASSIC_IN_ROW(CLASSIC_REPLACE_RESOURCE, CLASSIC_STAGED, CLASSIC_WITHIN)
#define WAS_TEXT_RESOURCE_REPLACE_PARTS CLASSIC_IN_PARTS(CLASSIC_REPLACE_RESOURCE)

/* uuid, path, 3 conditions -> bytes that the space is charged, is the resource as the conditions
 * demand? (NULL where there is none) */
#define WAS_TEXT_RESOURCE_USAGE \
    "SELECT " CLASSIC_USED "," \
    " (SELECT " CLASSIC_CONDITIONS("r", "$3", "$4", "$5") " FROM was_resources r" \
    " WHERE r.space_uuid = $1 AND r.path = $2::text)" \
    " FROM was_spaces s WHERE s.space_uuid = $1"

/* uuid, caller, path, 3 conditions -> a row */
#define WAS_TEXT_RESOURCE_DELETE \
    "DELETE FROM was_resources r USING was_spaces s WHERE " CLASSIC_OWN_SPACE \
    " AND r.space_uuid = $1 AND r.path = $3::text" \
    " AND " CLASSIC_CONDITIONS("r", "$4", "$5", "$6") " RETURNING 1"

/* uuid, caller, path -> the caller's?, is there a resource?, is the space kept as it is? */
#define WAS_TEXT_RESOURCE_OWNER \
    "SELECT " CLASSIC_CALLER("$2::text") ", r.path IS NOT NULL," \
    " " WAS_SQL_FROZEN_LATELY("s") " FROM was_spaces s" \
    " LEFT JOIN was_resources r ON r.space_uuid = $1 AND r.path = $3::text" \
    " WHERE " CLASSIC_SPACE

/* clang-format on */

#endif
